"""Which CUDA calls work in a Space's main process, outside GPU functions: asks the real `spaces`.

Usage: python main-process-cuda.py [--check FILE | --write FILE]

Needs a Python with `spaces`, `gradio` and a CUDA build of PyTorch, on a machine without an NVIDIA
driver: the main process of a Space sees none either. Each expression runs in a fork of its own, three
times: before `import spaces`, after it in the main thread, and after it in another thread.

`--check` compares with the table that `zerogpu check` reads, and exits with 1 where they differ.
"""

import datetime
import json
import os
import re
import sys
import tempfile
import threading

os.environ["SPACES_ZERO_GPU"] = "1"
os.environ["SPACES_ZERO_DEVICE_API_URL"] = "http://127.0.0.1:9"
os.environ["ZEROGPU_OFFLOAD_DIR"] = tempfile.mkdtemp()

#: Names whose call needs arguments, or whose fault shows only when the result is used.
ARGUMENTS = {
    "torch.cuda.set_device": "0",
    "torch.cuda.device": "0",
    "torch.cuda.manual_seed": "0",
    "torch.cuda.manual_seed_all": "0",
    "torch.cuda.set_rng_state": "torch.zeros(16, dtype=torch.uint8)",
    "torch.cuda.set_rng_state_all": "[torch.zeros(16, dtype=torch.uint8)]",
    "torch.cuda.set_per_process_memory_fraction": "0.5",
    "torch.cuda.set_stream": "None",
    "torch.cuda.can_device_access_peer": "0, 0",
    "torch.cuda.caching_allocator_alloc": "1024",
    "torch.cuda.set_sync_debug_mode": "0",
    "torch.cuda.StreamContext": "None",
    "torch.cuda.stream": "None",
    "torch.cuda.ExternalStream": "0",
    "torch.cuda.FloatTensor": "2",
    "torch.cuda.HalfTensor": "2",
    "torch.cuda.BFloat16Tensor": "2",
    "torch.cuda.LongTensor": "2",
    "torch.cuda.BoolTensor": "2",
    "torch.cuda.ByteTensor": "2",
    "torch.cuda.IntTensor": "2",
    "torch.cuda.DoubleTensor": "2",
}

#: What stands in for a use that is not a bare call of a name in torch.cuda.
EXPRESSIONS = {
    'torch.Generator("cuda")': 'torch.Generator("cuda")',
    'torch.Generator(device="cuda")': 'torch.Generator(device="cuda")',
    "torch.Generator()": "torch.Generator()",
    "torch.manual_seed": "torch.manual_seed(0)",
    "torch.seed": "torch.seed()",
    'torch.set_default_device("cuda")': 'torch.set_default_device("cuda"), torch.nn.Linear(2, 2)',
    'with torch.device("cuda")': 'torch.device("cuda").__enter__(), torch.ones(2)',
    'with torch.device("cuda"): torch.nn':
        'torch.device("cuda").__enter__(), torch.nn.Linear(2, 2)',
    'torch.nn(device="cuda")': 'torch.nn.Linear(2, 2, device="cuda")',
    'torch.rand(device="cuda")': 'torch.rand(2, device="cuda")',
    'torch.set_default_device("cuda"): torch.ones':
        'torch.set_default_device("cuda"), torch.ones(2)',
    'torch.set_default_tensor_type':
        'torch.set_default_tensor_type("torch.cuda.FloatTensor"), torch.ones(2)',
    "torch.Tensor.cuda()+": "torch.ones(2).cuda() + 1",
    "torch.Tensor.cuda().item": "torch.ones(2).cuda().sum().item()",
    'torch.load(map_location="cuda")': 'torch.load(weights("pt"), map_location="cuda")',
    'torch.jit.load(map_location="cuda")':
        'torch.jit.load(weights("jit"), map_location="cuda")',
    'safetensors.torch.load_file(device="cuda")':
        '__import__("safetensors.torch").torch.load_file(weights("st"), device="cuda")',
    'safetensors.safe_open(device="cuda")':
        '__import__("safetensors").safe_open(weights("st"), "pt", device="cuda").get_tensor("a")',
    "torch.cuda.amp.GradScaler": "torch.cuda.amp.GradScaler()",
    "torch.cuda.amp.autocast": "torch.cuda.amp.autocast().__enter__()",
    "torch.cuda.Event.record": "torch.cuda.Event().record()",
    "torch.Tensor.pin_memory": "torch.ones(2).pin_memory()",
    "torch.accelerator.current_device_index": "torch.accelerator.current_device_index()",
    "torch.accelerator.current_stream": "torch.accelerator.current_stream()",
    "torch.accelerator.synchronize": "torch.accelerator.synchronize()",
    "torch.accelerator.set_device_index": "torch.accelerator.set_device_index(0)",
    "torch.accelerator.is_available": "torch.accelerator.is_available()",
    "torch.accelerator.device_count": "torch.accelerator.device_count()",
    "torch.accelerator.current_accelerator": "torch.accelerator.current_accelerator()",
    'torch.amp.GradScaler("cuda")': 'torch.amp.GradScaler("cuda")',
    'torch.amp.autocast("cuda")': 'torch.amp.autocast("cuda").__enter__()',
    "torch.backends.cudnn.version": "torch.backends.cudnn.version()",
    "torch.backends.cudnn.is_available": "torch.backends.cudnn.is_available()",
    "torch.backends.cuda.is_built": "torch.backends.cuda.is_built()",
    "torch.backends.cuda.enable_flash_sdp": "torch.backends.cuda.enable_flash_sdp(True)",
    "torch.backends.cuda.cufft_plan_cache": "torch.backends.cuda.cufft_plan_cache.max_size",
    "torch.random.fork_rng": "torch.random.fork_rng().__enter__()",
    'torch.zeros(device="cuda")': 'torch.zeros(2, device="cuda")',
    ".cuda()": "torch.ones(2).cuda()",
    '.to("cuda")': 'torch.ones(2).to("cuda")',
    'torch.randn(generator=torch.Generator("cuda"))':
        'torch.randn(2, generator=torch.Generator("cuda"), device="cuda")',
}


UNRELATED = r"TypeError|AttributeError: 'NoneType'|ModuleNotFoundError|KeyError"

PLACES = ("before", "start", "thread")


def names():
    """Callables of torch.cuda, public and documented there, by the name that code uses."""
    import torch

    skip = {"classproperty", "lru_cache", "namedtuple", "cast", "Any", "Callable", "Optional", "Union"}
    for name in sorted(set(dir(torch.cuda))):
        value = getattr(torch.cuda, name)
        if name.startswith("_") or name in skip or not callable(value) or "Storage" in name:
            continue
        if isinstance(value, type) and issubclass(value, BaseException):
            continue
        if getattr(value, "__module__", "").startswith(("torch", "spaces", "__main__")):
            yield f"torch.cuda.{name}"


def weights(kind):
    """A file with one small tensor of the CPU, as a checkpoint, a script or safetensors."""
    import torch
    from safetensors.torch import save_file

    path = os.path.join(os.environ["ZEROGPU_OFFLOAD_DIR"], f"weights.{kind}")
    if kind == "pt":
        torch.save({"a": torch.ones(2)}, path)
    elif kind == "jit":
        torch.jit.save(torch.jit.script(torch.nn.Linear(2, 2)), path)
    else:
        save_file({"a": torch.ones(2)}, path)
    return path


def in_fork(work):
    """What `work` returns in a fork of this process, by JSON; `None` when the process ended."""
    read, write = os.pipe()
    pid = os.fork()
    if pid == 0:
        os.close(read)
        sys.stderr = sys.stdout = open(os.devnull, "w")  # noqa: SIM115 (open until the fork ends)
        with os.fdopen(write, "w") as pipe:
            json.dump(work(), pipe)
        os._exit(0)
    os.close(write)
    with os.fdopen(read) as pipe:
        text = pipe.read()
    os.waitpid(pid, 0)
    return json.loads(text) if text else None


def outcome(code, place):
    """`None` when it works, else the exception in one line: what the app's log ends with."""
    import torch

    said = None

    def evaluate():
        nonlocal said
        try:
            eval(code, {"torch": torch, "weights": weights})
        except BaseException as error:
            first = str(error).strip().splitlines()[:1]
            said = f"{type(error).__name__}: {first[0] if first else ''}"

    def work():
        if place == "thread":
            thread = threading.Thread(target=evaluate)
            thread.start()
            thread.join()
        else:
            evaluate()
        if said is None and place == "before" and in_fork(torch.cuda._is_in_bad_fork):
            return IMPORT_FAILS
        return said

    return in_fork(work)


#: What works, and makes `import spaces` raise afterwards.
IMPORT_FAILS = "import spaces: CUDA has been initialized before importing the `spaces` package."


def outcomes(place):
    """By name: what it raises there."""
    import torch  # noqa: F401

    if place != "before":
        import spaces  # noqa: F401
    codes = {
        **{name: f"{name}({ARGUMENTS.get(name, '')})" for name in names()},
        **EXPRESSIONS,
    }
    return {name: outcome(code, place) for name, code in codes.items()}


def table():
    """The page: what is refused where, by name of the error, and what works everywhere."""
    from importlib.metadata import version

    import torch

    found = {place: in_fork(lambda place=place: outcomes(place)) for place in PLACES}
    errors, refused, allowed = {}, {}, []
    for name in found["start"]:
        row = [found[place][name] for place in PLACES]
        # A call that lacks an argument or a package says nothing of CUDA.
        if any(re.match(UNRELATED, error or "") for error in row):
            continue
        if not any(row):
            allowed.append(name)
            continue
        refused[name] = [short(error, errors) for error in row]
    source = f"spaces {version('spaces')}, PyTorch {torch.__version__}, no NVIDIA driver"
    date = datetime.date.today().isoformat()
    columns = list(PLACES)
    page = {"source": source, "date": date, "columns": columns, "errors": errors}
    return {**page, "refused": refused, "allowed": allowed}


SHORT = {
    "init": "Low-level CUDA init",
    "driver": "Found no NVIDIA driver",
    "deserialize": "Attempting to deserialize",
    "driver-version": "driver version is insufficient",
    "device-argument": "Invalid device argument",
    "reset": "invalid argument to reset_",
    "exchange": "invalid argument to exchangeDevice",
    "import": "import spaces",
    "device-index": "device_index",
}


def short(error, errors):
    """The key of an error's words, which are kept once."""
    if error is None:
        return None
    for key, pattern in SHORT.items():
        if re.search(pattern, error):
            errors.setdefault(key, re.split(r"(?<=\.) ", error)[0])
            return key
    raise SystemExit(f"an error without a name: {error}")


def differences(known, found):
    """Calls that one table refuses and the other allows, place by place."""
    for name in [*found["refused"], *found["allowed"]]:
        if name not in known["refused"] and name not in known["allowed"]:
            continue
        nothing = [None] * len(PLACES)
        before, after = (page["refused"].get(name, nothing) for page in (known, found))
        for place, old, new in zip(PLACES, before, after, strict=True):
            if (old is None) != (new is None):
                yield f"{name}, {place}: table {old}, {found['source']} {new}"


def main():
    page = table()
    action, *rest = sys.argv[1:] or ["--print"]
    if action == "--check":
        with open(rest[0]) as file:
            wrong = list(differences(json.load(file), page))
        count = len(page["refused"]) + len(page["allowed"])
        print("\n".join(wrong) or f"{count} calls agree with {page['source']}")
        sys.exit(1 if wrong else 0)
    text = json.dumps(page, indent=2)
    if action == "--write":
        with open(rest[0], "w") as file:
            file.write(f"{text}\n")
    else:
        print(text)


main()
