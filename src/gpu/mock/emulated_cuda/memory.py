"""PyTorch's memory counters, read off the meter.

The device has no caching allocator: what is allocated is reserved as well, and nothing is split.
`memory_stats()` and `memory_summary()` are PyTorch's own, over the nested counters given here.
"""

from __future__ import annotations

from typing import Any

import torch

from .driver import Driver
from .errors import invalid_device
from .meter import Meter

# As PyTorch words it: the device's index is printed as a character, and ends the text.
NO_ALLOCATOR = "Invalid device argument "

POOLS = ("all", "large_pool", "small_pool")
BYTES = ("allocated_bytes", "reserved_bytes", "active_bytes", "requested_bytes")
COUNTS = ("allocation", "segment", "active")
NOTHING = ("inactive_split", "inactive_split_bytes")


def nested_stats(meter: Meter) -> dict[str, Any]:
    """Counters in the shape of `torch._C._cuda_memoryStats`."""
    if meter.collect:
        meter.collect()
    by_bytes = _counter(
        meter.allocated_bytes,
        meter.peak_bytes,
        meter.allocated_bytes + meter.freed_bytes,
        meter.freed_bytes,
    )
    live = meter.allocation_count - meter.free_count
    by_count = _counter(live, meter.peak_count, meter.allocation_count, meter.free_count)
    nothing = _counter(0, 0, 0, 0)
    stats: dict[str, Any] = {}
    for names, counter in ((BYTES, by_bytes), (COUNTS, by_count), (NOTHING, nothing)):
        for name in names:
            # One pool is as good as the other here: everything is reported as large blocks.
            stats[name] = {"all": counter, "large_pool": counter, "small_pool": nothing}
    stats.update(
        oversize_allocations=nothing,
        oversize_segments=nothing,
        num_alloc_retries=0,
        num_ooms=meter.refused_count,
        num_sync_all_streams=0,
        num_device_alloc=meter.allocation_count,
        num_device_free=meter.free_count,
        max_split_size=-1,
    )
    return stats


def _counter(current: int, peak: int, allocated: int, freed: int) -> dict[str, int]:
    return {"current": current, "peak": peak, "allocated": allocated, "freed": freed}


def memory_bindings(driver: Driver, meter: Meter) -> dict[str, Any]:
    """`torch._C._cuda_*` of the caching allocator. It exists once CUDA was initialised."""

    def admit(index: Any, name: str) -> None:
        if not isinstance(index, int):
            raise RuntimeError(f"invalid argument to {name}")
        if not driver.initialised:
            raise RuntimeError(NO_ALLOCATOR)
        if index:
            raise invalid_device(index)

    def stats(index: Any) -> dict[str, Any]:
        admit(index, "memory_allocated")
        return nested_stats(meter)

    def reset_peak(index: Any) -> None:
        admit(index, "reset_peak_memory_stats")
        meter.reset_peak()

    def reset_accumulated(index: Any) -> None:
        admit(index, "reset_accumulated_memory_stats")
        meter.reset_accumulated()

    def set_fraction(fraction: float, index: Any) -> None:
        admit(index, "set_memory_fraction")
        meter.limit_bytes = int(meter.capacity_bytes * fraction)

    def fraction(index: Any) -> float:
        admit(index, "get_memory_fraction")
        return meter.limit_bytes / meter.capacity_bytes

    def refuse_raw(*_: Any) -> int:
        driver.require()
        raise RuntimeError("the emulated CUDA device has no raw allocations: make a tensor")

    return {
        "_cuda_memoryStats": stats,
        "_cuda_resetPeakMemoryStats": reset_peak,
        "_cuda_resetAccumulatedMemoryStats": reset_accumulated,
        "_cuda_setMemoryFraction": set_fraction,
        "_cuda_getMemoryFraction": fraction,
        "_cuda_memorySnapshot": lambda *_: {"segments": [], "device_traces": []},
        "_cuda_record_memory_history": lambda *_, **__: driver.require(),
        "_cuda_emptyCache": lambda: None,
        "_cuda_hostMemoryStats": dict,
        "_cuda_resetPeakHostMemoryStats": lambda: None,
        "_cuda_resetAccumulatedHostMemoryStats": lambda: None,
        "_cuda_cudaCachingAllocator_raw_alloc": refuse_raw,
        "_cuda_cudaCachingAllocator_raw_delete": refuse_raw,
    }


def replace_accelerator_bindings(driver: Driver, meter: Meter) -> None:
    """`torch.accelerator.memory` asks C++ directly; releases without it have none of the names."""
    for name, value in {
        "_accelerator_isAllocatorInitialized": lambda: driver.initialised,
        "_accelerator_emptyCache": lambda: None,
        "_accelerator_emptyHostCache": lambda: None,
        "_accelerator_getDeviceStats": lambda index: nested_stats(meter),
        "_accelerator_resetAccumulatedStats": lambda index: meter.reset_accumulated(),
        "_accelerator_resetPeakStats": lambda index: meter.reset_peak(),
        "_accelerator_getMemoryInfo": lambda index: meter.free_and_total(),
    }.items():
        if hasattr(torch._C, name):
            setattr(torch._C, name, value)
