"""What the CUDA kernels of a PyTorch release refuse and the CPU's compute, for each operator and type.

    LD_PRELOAD=… PYTHON survey.py kernels RECORDING.json      a CUDA build, on the stand-in that build.sh makes
    PYTHON survey.py emulated RECORDING.json                  the emulated device, held against a recording
    [--samples N] [--only NAME ...] [--dtype NAME ...]

Each operator of PyTorch's own database runs on samples of each type that the CPU computes, and in half precision. A
recording has the outcome of each sample on `cuda` where CUDA refuses one: `null`, or the type and first line of the
exception; "?" for a sample that the CPU refuses too. The types that a kernel takes are looked up on the host, before
anything is launched, and the stand-in launches nothing: refusals of types are PyTorch's own, whatever else fails there
is not written down. `emulated` prints what differs, and ends with 1 when something does.

Operators run in child processes, a slice at a time; one that crashes or hangs is left out, and named on stderr.
"""

from __future__ import annotations

import argparse
import itertools
import json
import os
import queue
import re
import subprocess
import sys
import threading
import warnings
from pathlib import Path

HERE = Path(__file__).resolve().parent
QUESTION_SECONDS = 20

# What refuses a type. All else is the stand-in's: a library without a device, results that nothing has computed.
REFUSAL = re.compile(
    r"not implemented for|Could not run 'aten::[^_]|Could not run 'aten::_histogram|Tensor is not supported|"
    r"doesn't handle types|Low precision|of float, double, cfloat"
)


def load(kind):
    """torch and its operator database; on the emulated device, with that installed."""
    warnings.simplefilter("ignore")
    os.environ.setdefault("ZEROGPU_EMULATED_VRAM_BYTES", str(8 * 2**30))
    import torch
    from torch.testing._internal.common_methods_invocations import op_db

    if kind == "emulated":
        sys.path.insert(0, str(HERE.parents[2] / "src/gpu/mock"))
        import emulated_cuda

        emulated_cuda.install(torch)
    return torch, op_db


def moved(torch, value, cast):
    """A sample's argument on the device; single precision is cast where a type is given."""
    if isinstance(value, torch.Tensor):
        copy = value.detach().clone()
        copy = copy.to(cast) if cast and copy.dtype is torch.float32 else copy
        return copy.to("cuda").requires_grad_(value.requires_grad)
    if type(value) in (list, tuple):
        return type(value)(moved(torch, item, cast) for item in value)
    if isinstance(value, dict):
        return {name: moved(torch, item, cast) for name, item in value.items()}
    if isinstance(value, torch.device) or value == "cpu":
        return "cuda"
    return value


def tensors_in(torch, value):
    if isinstance(value, torch.Tensor):
        return [value]
    if isinstance(value, (list, tuple)):
        return [tensor for item in value for tensor in tensors_in(torch, item)]
    return []


def call(torch, op, value, args, kwargs):
    """Runs the operator, and its gradient where there is one."""
    torch.manual_seed(0)
    result = op(value, *args, **kwargs)
    outputs = [each for each in tensors_in(torch, result) if each.requires_grad]
    inputs = [each for each in tensors_in(torch, [value, args, *kwargs.values()]) if each.requires_grad]
    if outputs and inputs:
        grads = [torch.ones_like(each) for each in outputs]
        torch.autograd.grad(outputs, inputs, grads, allow_unused=True)


def first_line(error):
    lines = str(error).strip().splitlines()
    words = (lines[0] if lines else "").partition(" with arguments from")[0]
    return f"{type(error).__name__}: {words}"


def outcomes(torch, op, dtype, limit):
    """The outcome of each sample."""
    backward = op.supports_autograd and dtype in op.supported_backward_dtypes("cpu")
    found = []
    # The emulated device computes in single precision what the CPU cannot in half.
    is_cast = dtype not in op.supported_dtypes("cpu")
    source = torch.float32 if is_cast else dtype
    for sample in itertools.islice(op.sample_inputs("cpu", source, requires_grad=backward), limit):
        try:
            call(torch, op, sample.input, sample.args, sample.kwargs)
        except Exception:
            found.append("?")
            continue
        cast = dtype if is_cast else None
        args = [moved(torch, value, cast) for value in (sample.input, *sample.args)]
        kwargs = moved(torch, sample.kwargs, cast)
        try:
            call(torch, op, args[0], args[1:], kwargs)
            found.append(None)
        except Exception as error:
            found.append(first_line(error) if REFUSAL.search(str(error)) else None)
    return found


def name_of(op):
    return f"{op.name}.{op.variant_test_name}" if op.variant_test_name else op.name


def serve(kind, limit):
    """In a child: loads PyTorch once and forks; what crashes is forked again."""
    torch, op_db = load(kind)
    # The database initialises CUDA. There is no driver here whose state a fork could spoil.
    torch.cuda._is_in_bad_fork = lambda: False
    while True:
        pid = os.fork()
        if pid == 0:
            work(torch, op_db, limit)
            os._exit(0)
        _, status = os.waitpid(pid, 0)
        if status == 0:
            return
        print("\n[]", flush=True)


def work(torch, op_db, limit):
    """In a fork: questions on stdin, one line of JSON an answer."""
    operators = {name_of(op): op for op in op_db}
    for line in sys.stdin:
        name, dtype = json.loads(line)
        try:
            found = outcomes(torch, operators[name], getattr(torch, dtype), limit)
        except Exception as error:
            found = []
            print(f"{name} {dtype}: samples: {first_line(error)[:150]}", file=sys.stderr)
        print("\n" + json.dumps([name, dtype, found]), flush=True)


def ask(kind, limit, questions):
    """All answers; children that crash or hang lose the question at hand alone."""
    waiting = list(questions)
    while waiting:
        child = subprocess.Popen(
            [sys.executable, "-B", __file__, kind, "-", "--work", "--samples", str(limit)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        )
        lines = queue.Queue()

        def read(stream=child.stdout, into=lines):
            for line in stream:
                if line.startswith("["):
                    into.put(line)
            into.put(None)

        threading.Thread(target=read, daemon=True).start()
        for count in range(len(waiting)):
            question = waiting.pop(0)
            try:
                child.stdin.write(json.dumps(question) + "\n")
                child.stdin.flush()
                line = lines.get(timeout=QUESTION_SECONDS + (60 if count == 0 else 0))
            except (queue.Empty, BrokenPipeError):
                line = None
            if line is None:
                print(f"{question}: no answer", file=sys.stderr)
                break
            answer = json.loads(line)
            if answer:
                yield answer
            else:
                print(f"{question}: crashed", file=sys.stderr)
        child.kill()
        child.wait()


def half(torch, op):
    """Half precision, where the CPU has it not and single precision can be cast."""
    return {torch.float16} if torch.float32 in op.supported_dtypes("cpu") else set()


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("kind", choices=["kernels", "emulated"])
    parser.add_argument("recording")
    parser.add_argument("--samples", type=int, default=3)
    parser.add_argument("--only", nargs="*", default=[])
    parser.add_argument("--dtype", nargs="*", default=[])
    parser.add_argument("--work", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.work:
        return serve(options.kind, options.samples)
    if options.kind == "emulated":
        return compare(json.loads(Path(options.recording).read_text()), options)
    torch, op_db = load("list")
    questions = [
        (name_of(op), str(dtype)[6:])
        for op in op_db
        for dtype in sorted({*op.supported_dtypes("cpu"), *half(torch, op)}, key=str)
        if is_wanted(options, name_of(op), str(dtype)[6:])
    ]
    refused = {}
    for name, dtype, found in ask(options.kind, options.samples, questions):
        if any(line not in (None, "?") for line in found):
            refused.setdefault(name, {})[dtype] = found
    recording = {"torch": torch.__version__, "samples": options.samples, "refused": refused}
    Path(options.recording).write_text(json.dumps(recording, indent=1) + "\n")
    return 0


def is_wanted(options, name, dtype):
    return (not options.only or name in options.only) and (not options.dtype or dtype in options.dtype)


def compare(recording, options):
    """Asks the emulated device what the recording has a refusal for."""
    refused = recording["refused"]
    questions = [(name, dtype) for name in refused for dtype in refused[name] if is_wanted(options, name, dtype)]
    answers, differences = 0, 0
    for name, dtype, found in ask("emulated", recording["samples"], questions):
        for index, (wanted, got) in enumerate(zip(refused[name][dtype], found)):
            answers += 1
            if wanted != got and "?" not in (wanted, got):
                differences += 1
                print(f"{name} {dtype} [{index}]\n  CUDA      {wanted}\n  emulated  {got}")
    print(f"{answers} samples of {len(questions)} questions, {differences} differ")
    return 1 if differences or answers == 0 else 0


if __name__ == "__main__":
    sys.exit(main())
