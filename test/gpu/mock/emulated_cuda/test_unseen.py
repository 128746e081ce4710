"""Weights, tensors and generators that one worker changes and another reads: see test/run/python."""

import sys
import types
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[3] / "run/python"))

from processes import lines_of

import torch  # noqa: F401 - loaded once, before the Spaces' processes are forked

HEAD = "import spaces\nimport torch\n\ntorch.set_num_threads(1)\n"

PIPELINE = HEAD + """
class Outer(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.inner = torch.nn.Linear(2, 2)

class Adapted(torch.nn.Module):
    def __init__(self, base):
        super().__init__()
        self.base = base
        self.extra = torch.nn.Linear(2, 2)

from package_of_others import Pipeline

pipe = Pipeline(Outer())
"""
PACKAGE = """
class Pipeline:
    def __init__(self, unet):
        self.unet = unet
        self.scheduler = object()
        self.calls = 0
        self._step = 0

    def load_lora_weights(self, wrap):
        self.unet.inner = wrap(self.unet.inner)

    def __call__(self):
        self.calls += 1
        self._step += 1
        return type(self.unet.inner).__name__
"""


# Without a file: none of the Space's modules.
sys.modules["package_of_others"] = types.ModuleType("package_of_others")
exec(PACKAGE, vars(sys.modules["package_of_others"]))


class UnseenTensors(unittest.TestCase):
    def assert_place(self, app, calls, words):
        found = lines_of({"app.py": app}, calls)["lines"]
        number = [n for n, line in enumerate(app.splitlines(), 1) if words in line]
        self.assertEqual([line.partition(": silently wrong")[0] for line in found], [f"app.py:{number[0]}"], found)

    def assert_silent(self, app, calls):
        self.assertEqual(lines_of({"app.py": app}, calls)["lines"], [])

    def test_weights_that_one_function_loads(self):
        app = HEAD + """
net = torch.nn.Linear(2, 2)

@spaces.GPU
def tune():
    net.load_state_dict({k: v + 1 for k, v in net.state_dict().items()})

@spaces.GPU
def run():
    with torch.inference_mode():
        return net(torch.zeros(1, 2)).sum().item() > 1e9
"""
        self.assert_place(app, [("run", "b"), ("tune", "a"), ("run", "b")], "net.load_state_dict")
        self.assert_silent(app, [("run", "b"), ("run", "b"), ("run", "c")])

    def test_steps_of_an_optimizer(self):
        app = HEAD + """
net = torch.nn.Linear(2, 1)

@spaces.GPU
def train():
    optimizer = torch.optim.SGD(net.parameters(), lr=0.1)  # here
    net(torch.ones(1, 2)).sum().backward()
    optimizer.step()

@spaces.GPU
def run():
    return net(torch.ones(1, 2)).item() > 1e9
"""
        self.assert_place(app, [("train", "a"), ("run", "b")], "# here")

    def test_an_adapter_that_one_function_loads_into_a_packages_pipeline(self):
        app = PIPELINE + """
@spaces.GPU
def set_style():
    pipe.load_lora_weights(Adapted)

@spaces.GPU
def run():
    return pipe()
"""
        self.assert_silent(app, [("run", "b"), ("run", "c"), ("run", "b")])
        self.assert_place(app, [("run", "b"), ("set_style", "a"), ("run", "b")], "pipe.load_lora_weights")

    def test_an_attribute_of_a_packages_pipeline(self):
        app = PIPELINE + """
@spaces.GPU
def faster():
    pipe.scheduler = "fast"

@spaces.GPU
def run():
    return pipe()
"""
        self.assert_place(app, [("faster", "a"), ("run", "b")], 'pipe.scheduler = "fast"')

    def test_a_tensor(self):
        app = HEAD + """
embedding = torch.zeros(3)

@spaces.GPU
def learn():
    embedding.add_(1)

@spaces.GPU
def run():
    return embedding.sum().item()
"""
        self.assert_place(app, [("learn", "a"), ("run", "b")], "embedding.add_(1)")

    def test_the_seed_of_a_generator(self):
        app = HEAD + """
generator = torch.Generator()
generator.manual_seed(1)

@spaces.GPU
def seed(value):
    generator.manual_seed(value)

@spaces.GPU
def run():
    return torch.rand(1, generator=generator).item()
"""
        self.assert_place(app, [("seed", "a", 5), ("run", "b")], "generator.manual_seed(value)")
        # What is drawn leaves no seed behind.
        self.assert_silent(app, [("run", "a"), ("run", "b"), ("run", "a")])

    def test_a_model_that_both_load_is_silent(self):
        app = HEAD + """
net = None

def get_net():
    global net
    if net is None:
        net = torch.nn.Linear(2, 2).eval()
    return net

@spaces.GPU
def first():
    return get_net()(torch.zeros(1, 2)).shape[0]

@spaces.GPU
def second():
    return get_net()(torch.zeros(1, 2)).shape[0]
"""
        self.assert_silent(app, [("first", "a"), ("second", "b"), ("first", "c"), ("second", "b")])


if __name__ == "__main__":
    unittest.main()
