"""PyTorch's own operator database on the emulated device, against the CPU.

    PYTHON test/gpu/mock/opinfo/run.py [--dtype float32 ...] [--only NAME ...] [--samples N] [--json]

Every operator of `op_db` runs on its sample inputs twice: on plain CPU tensors and on the same numbers
on `cuda`. Same result, same exception type, or it is a failure. With `--backward` the gradients are
compared as well. Expected failures stand in expected.json with a reason each; exit code 1 when an
operator fails that is not expected to, or passes although it is.

PYTHON needs torch, numpy and expecttest. Operators run in processes of their own, a slice at a time,
so that one that crashes is reported like one that fails.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import time
import warnings
from pathlib import Path

HERE = Path(__file__).resolve().parent
DTYPES = ("float32", "float16", "bfloat16", "int64", "bool", "complex64")
SLICE = 24
SLICE_SECONDS = 600


def load_database():
    """The database with the device installed; slow, so only in worker processes."""
    os.environ.setdefault("ZEROGPU_EMULATED_VRAM_BYTES", str(8 * 2**30))
    sys.path.insert(0, str(HERE.parents[3] / "src/gpu/mock"))
    warnings.simplefilter("ignore")
    import torch

    # Before the device comes: the database asks what CUDA there is when it is imported.
    from torch.testing._internal.common_methods_invocations import op_db

    import emulated_cuda

    emulated_cuda.install(torch)
    return torch, op_db


def moved(torch, value, device):
    """A sample's argument with its tensors copied to a device, their gradient flags kept."""
    if isinstance(value, torch.Tensor):
        flat = value.detach()
        if flat.layout != torch.strided:
            return flat.clone().to(device).requires_grad_(value.requires_grad)
        copy = torch.empty_strided(flat.size(), flat.stride(), dtype=flat.dtype).copy_(flat)
        return copy.to(device).requires_grad_(value.requires_grad)
    if isinstance(value, (list, tuple)) and type(value) in (list, tuple):
        return type(value)(moved(torch, item, device) for item in value)
    if isinstance(value, dict):
        return {name: moved(torch, item, device) for name, item in value.items()}
    if isinstance(value, torch.device):
        return torch.device(device)
    if value == "cpu" and isinstance(value, str):
        return device
    return value


def tensors_in(torch, value):
    """All tensors of a result, in order."""
    if isinstance(value, torch.Tensor):
        return [value]
    if isinstance(value, (list, tuple)):
        return [tensor for item in value for tensor in tensors_in(torch, item)]
    return []


def outcome(torch, op, sample, device, backward):
    """Result tensors on the CPU (and gradients), or the exception."""
    args = [moved(torch, value, device) for value in (sample.input, *sample.args)]
    kwargs = moved(torch, sample.kwargs, device)
    torch.manual_seed(0)
    try:
        result = sample.output_process_fn_grad(op(*args, **kwargs))
        tensors = tensors_in(torch, result)
        grads = []
        if backward:
            outputs = [t for t in tensors if t.requires_grad]
            inputs = [t for t in tensors_in(torch, [args, list(kwargs.values())]) if t.requires_grad]
            if outputs and inputs:
                total = sum(t.abs().double().sum() if t.is_complex() else t.double().sum() for t in outputs)
                grads = torch.autograd.grad(total, inputs, allow_unused=True)
        places = [tensor.device.type for tensor in tensors]
        values = [tensor.detach().cpu() for tensor in tensors]
        values += [grad.cpu() for grad in grads if grad is not None]
        return values, places, None
    except Exception as error:
        return None, None, error


# Uninitialised or random results have a shape and a device, but no numbers to compare.
NO_NUMBERS = ("empty", "rand", "bernoulli", "multinomial", "normal", "dropout", "uniform",
              "exponential", "cauchy", "geometric", "log_normal", "resize", "svd_lowrank",
              "pca_lowrank", "rrelu", "new_empty", "fractional_max_pool")


def check(torch, op, dtype, backward, limit):
    """One operator with one dtype: None, or what went wrong."""
    checked = 0
    for sample in op.sample_inputs("cpu", dtype, requires_grad=backward):
        expected, _, refusal = outcome(torch, op, sample, "cpu", backward)
        actual, places, error = outcome(torch, op, sample, "cuda", backward)
        if refusal is not None:
            if error is None:
                return f"works on cuda, but the CPU says {type(refusal).__name__}"
            continue
        if error is not None:
            return f"{type(error).__name__}: {str(error).strip().splitlines()[0] if str(error) else ''}"
        if any(place not in ("cuda", "cpu") for place in places):
            return f"results on {places}"
        if not any(name in op.name for name in NO_NUMBERS):
            try:
                torch.testing.assert_close(
                    actual, expected, equal_nan=True, rtol=1e-3, atol=1e-3, check_stride=False
                )
            except AssertionError as error:
                return f"other numbers: {str(error).strip().splitlines()[0]}"
        checked += 1
        if checked >= limit:
            break
    return None


def work(names, dtype_name, backward, limit):
    """In a worker process: one line of JSON an operator."""
    torch, op_db = load_database()
    dtype = getattr(torch, dtype_name)
    for op in op_db:
        full_name = f"{op.name}.{op.variant_test_name}" if op.variant_test_name else op.name
        if full_name not in names:
            continue
        print(json.dumps({"begin": full_name}), flush=True)
        started = time.monotonic()
        try:
            problem = check(torch, op, dtype, backward, limit)
        except Exception as error:
            problem = f"sample inputs: {type(error).__name__}: {error}"[:200]
        seconds = time.monotonic() - started
        print(json.dumps({"name": full_name, "problem": problem, "seconds": seconds}), flush=True)


def list_names(dtype_name, backward):
    """Operators that support the dtype on the CPU and, as the database has it, on CUDA."""
    torch, op_db = load_database()
    dtype = getattr(torch, dtype_name)
    names = []
    for op in op_db:
        supported = op.supported_backward_dtypes("cpu") if backward else op.supported_dtypes("cpu")
        if dtype in supported and dtype in op.dtypesIfCUDA and (not backward or op.supports_autograd):
            names.append(f"{op.name}.{op.variant_test_name}" if op.variant_test_name else op.name)
    print(json.dumps(names))


def child(*args):
    """This script again, as a worker."""
    command = [sys.executable, "-B", __file__, *args]
    return subprocess.run(command, capture_output=True, text=True, timeout=SLICE_SECONDS)


def run_kind(dtype_name, backward, only, limit):
    """All operators of one dtype; a list of (name, problem)."""
    flag = ["--backward"] if backward else []
    listed = child("--list", "--dtype", dtype_name, *flag)
    if listed.returncode != 0:
        raise SystemExit(listed.stderr)
    names = json.loads(listed.stdout.splitlines()[-1])
    if only:
        names = [name for name in names if name in only]
    results = {}
    waiting = [names[start : start + SLICE] for start in range(0, len(names), SLICE)]
    while waiting:
        part = waiting.pop(0)
        try:
            done = child("--work", json.dumps(part), "--dtype", dtype_name, "--samples", str(limit), *flag)
            output, code = done.stdout, done.returncode
        except subprocess.TimeoutExpired as late:
            output, code = (late.stdout or b"").decode(), "too long"
        begun = None
        for line in output.splitlines():
            if not line.startswith("{"):
                continue
            row = json.loads(line)
            begun = row.get("begin", begun)
            if "name" in row:
                results[row["name"]] = row["problem"]
                begun = None
        if code != 0 and begun is not None:
            results[begun] = f"the process ended with {code}"
        rest = [name for name in part if name not in results]
        if rest and rest != part:
            waiting.insert(0, rest)
        elif rest:
            results.update({name: f"the process ended with {code}" for name in rest})
    return results


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--dtype", nargs="*", default=list(DTYPES))
    parser.add_argument("--backward", action="store_true", help="gradients in float32, nothing else")
    parser.add_argument("--only", nargs="*", default=[])
    parser.add_argument("--samples", type=int, default=6)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--list", action="store_true", help=argparse.SUPPRESS)
    parser.add_argument("--work", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.list:
        return list_names(options.dtype[0], options.backward)
    if options.work:
        return work(set(json.loads(options.work)), options.dtype[0], options.backward, options.samples)

    expected = json.loads((HERE / "expected.json").read_text())
    kinds = [("float32", True)] if options.backward else [(name, False) for name in options.dtype]
    wrong = 0
    for dtype_name, backward in kinds:
        kind = f"{dtype_name} backward" if backward else dtype_name
        results = run_kind(dtype_name, backward, options.only, options.samples)
        known = {name for name, entry in expected.items() if kind in entry["kinds"]}
        failed = {name: problem for name, problem in results.items() if problem}
        unexpected = {name: problem for name, problem in failed.items() if name not in known}
        cured = [name for name in known & set(results) if name not in failed]
        wrong += len(unexpected) + len(cured)
        if options.json:
            print(json.dumps({"kind": kind, "operators": len(results), "failed": failed, "cured": cured}))
            continue
        print(f"{kind}: {len(results) - len(failed)} of {len(results)} operators")
        for name, problem in sorted(unexpected.items()):
            print(f"  FAILED {name}: {problem[:160]}")
        for name in cured:
            print(f"  passes now, strike it from expected.json: {name}")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
