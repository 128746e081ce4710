"""PyTorch's memory counters, read off the meter.

The device has no caching allocator: what is allocated is reserved as well, and nothing is split.
`memory_stats()` and `memory_summary()` are PyTorch's own, over the nested counters given here.
"""

from __future__ import annotations

from typing import Any, Callable

import torch

from .meter import Meter

POOLS = ("all", "large_pool", "small_pool")
BYTES = ("allocated_bytes", "reserved_bytes", "active_bytes", "requested_bytes")
COUNTS = ("allocation", "segment", "active")
NOTHING = ("inactive_split", "inactive_split_bytes")


def nested_stats(meter: Meter) -> dict[str, Any]:
    """Counters in the shape of `torch._C._cuda_memoryStats`."""
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
            # One pool is as good as the other here: the whole is told as that of large blocks.
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


def cuda_functions(meter: Meter, check: Callable[[Any], int]) -> dict[str, Any]:
    """What takes the place of functions of `torch.cuda`; `check` refuses a wrong device."""

    def allocated(device: Any = None) -> int:
        check(device)
        return meter.allocated_bytes

    def peak(device: Any = None) -> int:
        check(device)
        return meter.peak_bytes

    def reset_peak(device: Any = None) -> None:
        check(device)
        meter.reset_peak()

    def reset_accumulated(device: Any = None) -> None:
        check(device)
        meter.reset_accumulated()

    def stats(device: Any = None) -> dict[str, Any]:
        check(device)
        return nested_stats(meter)

    def info(device: Any = None) -> tuple[int, int]:
        check(device)
        return meter.limit_bytes - meter.allocated_bytes, meter.limit_bytes

    def set_fraction(fraction: float, device: Any = None) -> None:
        check(device)
        if not 0 <= fraction <= 1:
            raise ValueError(f"Invalid fraction value: {fraction}. Allowed range: 0~1")
        meter.limit_bytes = int(meter.capacity_bytes * fraction)

    return {
        "memory_allocated": allocated,
        "max_memory_allocated": peak,
        "memory_reserved": allocated,
        "max_memory_reserved": peak,
        "memory_cached": allocated,
        "max_memory_cached": peak,
        "reset_peak_memory_stats": reset_peak,
        "reset_max_memory_allocated": reset_peak,
        "reset_max_memory_cached": reset_peak,
        "reset_accumulated_memory_stats": reset_accumulated,
        "memory_stats_as_nested_dict": stats,
        "memory_snapshot": lambda *_, **__: [],
        "mem_get_info": info,
        "empty_cache": lambda: None,
        "set_per_process_memory_fraction": set_fraction,
    }


def replace_accelerator_bindings(meter: Meter) -> None:
    """`torch.accelerator.memory` asks C++ directly; releases without it have none of the names."""
    for name, value in {
        "_accelerator_isAllocatorInitialized": lambda: True,
        "_accelerator_emptyCache": lambda: None,
        "_accelerator_emptyHostCache": lambda: None,
        "_accelerator_getDeviceStats": lambda index: nested_stats(meter),
        "_accelerator_resetAccumulatedStats": lambda index: meter.reset_accumulated(),
        "_accelerator_resetPeakStats": lambda index: meter.reset_peak(),
        "_accelerator_getMemoryInfo": lambda index: (
            meter.limit_bytes - meter.allocated_bytes,
            meter.limit_bytes,
        ),
    }.items():
        if hasattr(torch._C, name):
            setattr(torch._C, name, value)
