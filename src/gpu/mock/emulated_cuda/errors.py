"""PyTorch's own words for what goes wrong on a card."""

from __future__ import annotations

import torch

from .alloc_config import VARIABLES
from .blocks import segment_size
from .meter import CONTEXT_BYTES, Meter

# What CUDA's runtime answers on a machine without a driver.
WITHOUT_DRIVER = "CUDA error: CUDA driver version is insufficient for CUDA runtime version"

OutOfMemoryError: type[RuntimeError] = getattr(
    torch, "OutOfMemoryError", torch.cuda.OutOfMemoryError
)


SETTINGS_PAGE = "https://pytorch.org/docs/stable/notes/cuda.html#environment-variables"
# Its older name stands in messages up to PyTorch 2.9.
SETTINGS = VARIABLES[0 if hasattr(torch._C, "_accelerator_setAllocatorSettings") else 1]


def out_of_memory(size_bytes: int, meter: Meter) -> RuntimeError:
    """PyTorch's own error of an allocation that does not fit, with its figures (2.8 and 2.13)."""
    used = meter.reserved_bytes + CONTEXT_BYTES
    free = max(0, meter.capacity_bytes - used)
    allowed = meter.cache.allowed
    meter.history.out_of_memory(size_bytes, free)
    tried = segment_size(meter.cache.config.round_size(size_bytes))
    return OutOfMemoryError(
        f"CUDA out of memory. Tried to allocate {amount(tried)}. "
        f"GPU 0 has a total capacity of {amount(meter.capacity_bytes)} of which {amount(free)} is free. "
        f"Including non-PyTorch memory, this process has {amount(used)} memory in use. "
        + ("" if allowed is None else f"{amount(allowed)} allowed; ")
        + f"Of the allocated memory {amount(meter.allocated_bytes)} is allocated by PyTorch, "
        f"and {amount(meter.reserved_bytes - meter.allocated_bytes)} is reserved by PyTorch but unallocated. "
        f"If reserved but unallocated memory is large try setting {SETTINGS}=expandable_segments:True "
        "to avoid fragmentation.  See documentation for Memory Management  "
        f"({SETTINGS_PAGE})"
    )


def invalid_device(index: int) -> RuntimeError:
    """The error of using a card that is not there: one slice is one visible device."""
    return cuda_error(
        "CUDA error: invalid device ordinal\n"
        f"cuda:{index} was asked for; a ZeroGPU worker sees one device, cuda:0."
    )


def runtime_without_driver() -> RuntimeError:
    """The error of CUDA's runtime on a machine without a driver."""
    return cuda_error(WITHOUT_DRIVER)


def cuda_error(message: str) -> RuntimeError:
    """An error of CUDA's runtime, in the class that PyTorch has for it."""
    # PyTorch 2.8 and newer have a class for it.
    error = getattr(torch, "AcceleratorError", RuntimeError)
    try:
        return error(message)
    except TypeError:
        return RuntimeError(message)


def mixed_devices(operator: str) -> RuntimeError:
    """The error of an operator whose operands are on different devices."""
    return RuntimeError(
        "Expected all tensors to be on the same device, but found at least two devices, "
        f"cuda:0 and cpu! (when checking arguments of {operator})"
    )


def amount(size_bytes: int) -> str:
    """Bytes as PyTorch's messages have them: 12.00 MiB."""
    for unit, size in (("GiB", 2**30), ("MiB", 2**20), ("KiB", 2**10)):
        # The next unit begins above, not at, a whole one.
        if size_bytes > size or unit == "GiB" and size_bytes == size:
            return f"{size_bytes / size:.2f} {unit}"
    return f"{size_bytes} bytes"


def no_sparse_tensors() -> NotImplementedError:
    """A sparse tensor has several memories and none of its own."""
    return NotImplementedError(
        "the emulated CUDA device has dense tensors alone: make sparse ones on the CPU"
    )
