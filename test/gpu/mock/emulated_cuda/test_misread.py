"""Packed tensors outside a GPU function are zeros, as on ZeroGPU, and the log names the line."""

import io
import os
import tempfile
import threading
import unittest
from contextlib import redirect_stderr

os.environ["ZEROGPU_OFFLOAD_DIR"] = os.path.join(tempfile.mkdtemp(), "tensors")

from attempts import attempt
from main_process import become_worker

import spaces
import torch

import emulated_cuda

emulated_cuda.watch_misreads(spaces)

weight = torch.full((4,), 3.0, device="cuda")
net = torch.nn.Linear(4, 1).to("cuda")
on_cpu = torch.ones(4)

from spaces.zero import torch as torch_of_spaces

torch_of_spaces.pack()


def in_handler(*actions):
    """What each action answers in a handler's thread, and the lines of the log."""
    answers = []
    log = io.StringIO()

    def run():
        for action in actions:
            answers.append(action())

    with redirect_stderr(log):
        thread = threading.Thread(target=run)
        thread.start()
        thread.join()
    return answers, log.getvalue().splitlines()


@unittest.skipUnless(
    hasattr(torch.library.Library, "fallback"), "this PyTorch takes no kernel for a whole key"
)
class Misreads(unittest.TestCase):
    def assert_reported(self, *actions):
        for action in actions:
            def outcome():
                answers, lines = in_handler(action)
                return lines

            kind, lines = attempt(outcome)
            self.assertEqual((kind, len(lines)), ("ok", 1), (action.__code__.co_firstlineno, lines))
            place = f"{os.path.relpath(__file__)}:{action.__code__.co_firstlineno}: silently wrong"
            self.assertIn(place, lines[0])

    def test_every_way_to_read_is_reported(self):
        self.assert_reported(
            lambda: weight.tolist(),
            lambda: weight.sum().item(),
            lambda: weight.numpy(),
            lambda: weight.cpu().tolist(),
            lambda: weight + 1,
            lambda: on_cpu * weight,
            lambda: weight[0].item(),
            lambda: weight.detach().clone(),
            lambda: weight.view(2, 2).t().contiguous(),
            lambda: net(torch.ones(1, 4)),
            lambda: torch.stack([weight, on_cpu]),
            lambda: repr(weight),
            lambda: net.state_dict()["weight"].mean(),
        )

    def test_the_result_stays_as_it_was(self):
        def read():
            return in_handler(
                lambda: [str(weight.device), weight.tolist(), net(torch.ones(1, 4)).item()]
            )[0]

        self.assertEqual(attempt(read), ("ok", [["cpu", [0.0] * 4, 0.0]]))

    def test_once_per_place(self):
        def thrice():
            return in_handler(
                *[lambda: weight.sum()] * 3,
                lambda: weight.mean(),
            )[1]

        self.assertEqual(len(attempt(thrice)[1]), 2)

    def test_what_reads_nothing_is_not_reported(self):
        def look():
            return in_handler(
                lambda: [weight.shape, weight.dtype, weight.device, weight.requires_grad],
                lambda: torch.empty_like(weight),
                lambda: weight.view(2, 2).shape,
                lambda: [name for name, _ in net.named_parameters()],
                lambda: on_cpu.sum(),
            )[1]

        self.assertEqual(attempt(look), ("ok", []))

    def test_an_argument_arrives_without_its_data(self):
        from multiprocessing.reduction import ForkingPickler

        def send():
            return in_handler(lambda: len(ForkingPickler.dumps((net, on_cpu))))[1]

        (line,) = attempt(send)[1]
        self.assertIn("test_misread.py:", line)
        self.assertIn("passed to a GPU function", line)

    def test_a_worker_reads_what_was_packed(self):
        def read():
            become_worker()
            log = io.StringIO()
            with redirect_stderr(log):
                answer = [weight.tolist(), weight.cpu().numpy().tolist()]
            return [answer, log.getvalue()]

        self.assertEqual(attempt(read), ("ok", [[[3.0] * 4, [3.0] * 4], ""]))


if __name__ == "__main__":
    unittest.main()
