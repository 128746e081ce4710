"""What is behind `cuda` in this process: describes it, or measures one row on it. Prints JSON.

    python bench/estimate/card.py                    the device
    python bench/estimate/card.py ROW CALLS          a row, with so many timed calls

`on_card.py` starts it, a process a row. Whether the device is zerogpu's emulated one is read from the process, not from
a flag, and is part of everything that is printed.
"""

from __future__ import annotations

import json
import platform
import statistics
import sys
import time
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, version
from typing import Any

import torch
from torch.utils._python_dispatch import TorchDispatchMode

PACKAGES = ("torch", "transformers", "diffusers")
# From so many values on, a tensor gets its random values on the device: drawing billions on the CPU takes minutes.
DRAWN_LATER = 2**20
SPREAD = 0.02


def is_emulated() -> bool:
    """Whether zerogpu's emulated device took the place of CUDA."""
    install = sys.modules.get("emulated_cuda.install")
    return install is not None and bool(install._installed)


def release_of(package: str) -> str | None:
    """Its version, None where it is not installed."""
    try:
        return version(package)
    except PackageNotFoundError:
        return None


def describe() -> dict[str, Any]:
    """The device, and the software that is measured with it; `device` is "real", "emulated" or "none"."""
    result: dict[str, Any] = {
        "device": "none",
        "python": platform.python_version(),
        "cuda": torch.version.cuda,
        "packages": {package: release_of(package) for package in PACKAGES},
    }
    if not torch.cuda.is_available():
        return result
    free, total = torch.cuda.mem_get_info()
    major, minor = torch.cuda.get_device_capability()
    return {
        **result,
        "device": "emulated" if is_emulated() else "real",
        "name": torch.cuda.get_device_name(),
        "capability": f"{major}.{minor}",
        "freeBytes": free,
        "totalBytes": total,
    }


class DrawLater(TorchDispatchMode):
    """Large tensors on the CPU keep what their memory has, in place of random values.

    A page that was never written takes no memory, so a model that is made in single precision and then cast takes
    the host what the cast one does.
    """

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        if func in (torch.ops.aten.uniform_.default, torch.ops.aten.normal_.default):
            tensor = args[0]
            if tensor.device.type == "cpu" and tensor.numel() >= DRAWN_LATER:
                return tensor
        return func(*args, **(kwargs or {}))


def modules_of(subject: Any) -> Iterator[torch.nn.Module]:
    """A model, or the models of a pipeline."""
    parts = [subject] if isinstance(subject, torch.nn.Module) else subject.components.values()
    return (part for part in parts if isinstance(part, torch.nn.Module))


def draw(subject: Any) -> None:
    """Gives large parameters random values, in place: that takes no memory beside them."""
    torch.manual_seed(0)
    with torch.no_grad():
        for module in modules_of(subject):
            for parameter in module.parameters():
                if parameter.numel() >= DRAWN_LATER and parameter.is_floating_point():
                    parameter.normal_(0, SPREAD)


def seconds_of(call: Any) -> float:
    """A call, from an idle device to an idle device."""
    torch.cuda.synchronize()
    began = time.perf_counter()
    call()
    torch.cuda.synchronize()
    return time.perf_counter() - began


def measure(row: dict[str, Any], calls: int) -> dict[str, Any]:
    """A row by the device's own counters, in the order in which row.py estimates it. Times are seconds."""
    from rows import RUNS

    run = RUNS[row["run"]]
    with DrawLater():
        subject = run.build(row)
    draw(subject)
    call = run.call(subject, row)
    torch.cuda.synchronize()
    loaded = torch.cuda.memory_allocated()
    torch.cuda.reset_peak_memory_stats()
    if row.get("warm"):
        call()
        torch.cuda.synchronize()
        torch.cuda.reset_peak_memory_stats()
    if row.get("call", True):
        call()
        torch.cuda.synchronize()
    result: dict[str, Any] = {
        "loadedBytes": loaded,
        "peakBytes": torch.cuda.max_memory_allocated(),
        "reservedBytes": torch.cuda.max_memory_reserved(),
    }
    if "seconds" in row:
        # The calls above were the warm-up.
        times = [seconds_of(call) / row.get("per", 1) for _ in range(calls)]
        result |= {"seconds": statistics.median(times), "allSeconds": times}
    return result


def main() -> None:
    if len(sys.argv) == 1:
        print(json.dumps(describe()))
        return
    row, calls = json.loads(sys.argv[1]), int(sys.argv[2])
    try:
        result = measure(row, calls)
    except torch.cuda.OutOfMemoryError as error:
        result = {"outOfMemory": ". ".join(str(error).split(". ")[:3])}
    print(json.dumps({"device": "emulated" if is_emulated() else "real", **result}))


if __name__ == "__main__":
    main()
