"""PyTorch's memory counters, snapshots and settings, read off the meter.

`memory_stats()`, `memory_summary()` and `_snapshot()` are PyTorch's own, over what is given here.
"""

from __future__ import annotations

import sys
from typing import Any

import torch

from .driver import Driver
from .errors import invalid_device
from .history import History
from .meter import Meter
from .tally import Tally

# As PyTorch words it: the device's index is printed as a character, and ends the text.
NO_ALLOCATOR = "Invalid device argument "

# Name in `memory_stats()` to that of a tally.
COUNTERS = {
    "allocation": "count",
    "allocated_bytes": "allocated",
    "segment": "segments",
    "reserved_bytes": "reserved",
    "inactive_split": "split",
    "inactive_split_bytes": "split_bytes",
    "requested_bytes": "requested",
}
# Active is what is allocated, and what waits for another stream.
ACTIVE = {"active": ("count", "waiting"), "active_bytes": ("allocated", "waiting_bytes")}


def nested_stats(meter: Meter) -> dict[str, Any]:
    """Counters in the shape of `torch._C._cuda_memoryStats`."""
    with meter.locked():
        cache = meter.cache
        pools = {"all": cache.all, "large_pool": cache.large, "small_pool": cache.small}
        stats: dict[str, Any] = {
            name: {pool: getattr(tally, counter).nested() for pool, tally in pools.items()}
            for name, counter in COUNTERS.items()
        }
        for name, (live, waiting) in ACTIVE.items():
            stats[name] = {pool: _active(tally, live, waiting) for pool, tally in pools.items()}
        stats.update(
            oversize_allocations=cache.oversize.count.nested(),
            oversize_segments=cache.oversize.segments.nested(),
            num_alloc_retries=cache.retries,
            num_ooms=cache.refused,
            num_sync_all_streams=cache.synchronisations,
            num_device_alloc=cache.device_allocations,
            num_device_free=cache.device_frees,
            max_split_size=cache.config.max_split_size or -1,
        )
    return stats


def _active(tally: Tally, live: str, waiting: str) -> dict[str, int]:
    counter = getattr(tally, live).nested()
    current = counter["current"] + getattr(tally, waiting).current
    return {
        "current": current,
        "peak": max(counter["peak"], current),
        "allocated": counter["allocated"],
        "freed": counter["allocated"] - current,
    }


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
        meter.allow(fraction)

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
        "_cuda_emptyCache": lambda: meter.empty_cache(),
        "_cuda_clearCublasWorkspaces": lambda: meter.workspaces.clear(),
        "_cuda_cudaCachingAllocator_set_allocator_settings": lambda text: meter.configure(text),
        "_cuda_hostMemoryStats": dict,
        "_cuda_resetPeakHostMemoryStats": lambda: None,
        "_cuda_resetAccumulatedHostMemoryStats": lambda: None,
        "_cuda_cudaCachingAllocator_raw_alloc": refuse_raw,
        "_cuda_cudaCachingAllocator_raw_delete": refuse_raw,
        **history_bindings(driver, meter.history),
    }


def history_bindings(driver: Driver, history: History) -> dict[str, Any]:
    """Recording and snapshots; what their arguments are differs between releases."""

    def record(
        enabled: Any = "all",
        context: str | None = "all",
        stacks: str = "all",
        max_entries: int = sys.maxsize,
        clear_history: bool = False,
        *_: Any,
        **__: Any,
    ) -> None:
        driver.require()
        history.record(enabled or None, context, max_entries, clear_history)

    def record_legacy(
        enabled: bool,
        record_context: bool = True,
        max_entries: int = 1,
        alloc_trace: bool = False,
        record_context_cpp: bool = False,
        clear_history: bool = False,
        *_: Any,
        **__: Any,
    ) -> None:
        driver.require()
        mode = None if not enabled else "all" if alloc_trace else "state"
        history.record(mode, "all" if record_context else None, max_entries, clear_history)

    def snapshot(pool: Any = None) -> dict[str, Any]:
        # The third of a triple says whether traces are wanted.
        return history.snapshot(with_trace=not (isinstance(pool, tuple) and len(pool) > 2 and not pool[2]))

    return {
        "_cuda_memorySnapshot": snapshot,
        "_cuda_record_memory_history": record,
        "_cuda_record_memory_history_legacy": record_legacy,
    }


def replace_accelerator_bindings(driver: Driver, meter: Meter) -> None:
    """`torch.accelerator.memory` asks C++ directly; releases without it have none of the names."""

    def synchronize(index: int) -> None:
        driver.require()
        driver.context.wait()

    def memory_info(index: int) -> tuple[int, int]:
        driver.context.wait()
        return meter.free_and_total()

    for name, value in {
        "_accelerator_synchronizeDevice": synchronize,
        "_accelerator_isAllocatorInitialized": lambda: driver.initialised,
        "_accelerator_emptyCache": lambda: meter.empty_cache(),
        "_accelerator_emptyHostCache": lambda: None,
        "_accelerator_getDeviceStats": lambda index: nested_stats(meter),
        "_accelerator_resetAccumulatedStats": lambda index: meter.reset_accumulated(),
        "_accelerator_resetPeakStats": lambda index: meter.reset_peak(),
        "_accelerator_getMemoryInfo": memory_info,
        "_accelerator_setAllocatorSettings": lambda text: meter.configure(text),
    }.items():
        if hasattr(torch._C, name):
            setattr(torch._C, name, value)
