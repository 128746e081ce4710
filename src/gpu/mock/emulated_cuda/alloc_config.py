"""Settings of PyTorch's caching allocator: PYTORCH_CUDA_ALLOC_CONF and its newer name PYTORCH_ALLOC_CONF.

Names, limits and words follow c10/cuda/CUDAAllocatorConfig.cpp of PyTorch 2.8 and the page "CUDA semantics" of its
documentation (Optimizing memory usage with PYTORCH_CUDA_ALLOC_CONF).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

VARIABLES = ("PYTORCH_ALLOC_CONF", "PYTORCH_CUDA_ALLOC_CONF")
MIB = 2**20
LARGE_SEGMENT = 20 * MIB
# Intervals of roundup_power2_divisions: from 1 MiB to 64 GiB, one for each power of two.
FIRST_POWER = 20
INTERVALS = 16
# They choose how memory is mapped, registered or captured, none of which changes what is counted here.
WITHOUT_EFFECT = (
    "backend",
    "release_lock_on_cudamalloc",
    "pinned_use_cuda_host_register",
    "pinned_num_register_threads",
    "pinned_use_background_threads",
    "pinned_reserve_segment_size_mb",
    "graph_capture_record_stream_reuse",
    "per_process_memory_fraction",
    "throw_on_cudamalloc_oom",
    "large_segment_size_mb",
)


@dataclass(frozen=True)
class AllocatorConfig:
    """What the settings say.

    Attributes:
        max_split_size: bytes; blocks that large are not split. None: no limit.
        max_non_split_rounding: bytes that such a block may be larger than what was asked for.
        divisions: steps between two powers of two to which a size is rounded, for each interval.
        gc_threshold: share of the allowed memory above which unused blocks are returned; 0: never.
        expandable_segments: whether one segment grows instead of many being made.
        text: the settings as they were given.
    """

    max_split_size: int | None = None
    max_non_split_rounding: int = LARGE_SEGMENT
    divisions: tuple[int, ...] = field(default=(0,) * INTERVALS)
    gc_threshold: float = 0.0
    expandable_segments: bool = False
    text: str = ""

    def round_size(self, size_bytes: int) -> int:
        """Bytes of the block that a request takes."""
        if size_bytes < 512:
            return 512
        if any(self.divisions):
            interval = min(max(0, size_bytes.bit_length() - 1 - FIRST_POWER), INTERVALS - 1)
            divisions = self.divisions[interval]
            if divisions > 1 and size_bytes > 512 * divisions:
                return _round_up_to_division(size_bytes, divisions)
        return -(-size_bytes // 512) * 512


def _round_up_to_division(size_bytes: int, divisions: int) -> int:
    floor = 1 << (size_bytes.bit_length() - 1)
    if size_bytes == floor:
        return size_bytes
    step = floor >> (divisions.bit_length() - 1)
    if step == 0:
        return floor << 1
    return -(-size_bytes // step) * step


def settings_in(environment: Mapping[str, str]) -> str:
    """What the environment says; the newer name first."""
    return next((environment[name] for name in VARIABLES if name in environment), "")


def parse_allocator_config(text: str) -> AllocatorConfig:
    """Reads `name:value,name:[key:value,…]`; raises RuntimeError where PyTorch does."""
    config = AllocatorConfig(text=text)
    # Commas within brackets belong to a value.
    for setting in re.findall(r"(?:[^,\[]|\[[^\]]*\])+", text.replace(" ", "")):
        name, _, value = setting.partition(":")
        config = replace(config, **_setting(name, value))
    return config


def _setting(name: str, value: str) -> dict[str, Any]:
    if name == "max_split_size_mb":
        megabytes = _number(name, value)
        if megabytes <= LARGE_SEGMENT // MIB:
            raise RuntimeError(
                f"CachingAllocator option max_split_size_mb too small, must be > {LARGE_SEGMENT // MIB}"
            )
        return {"max_split_size": megabytes * MIB}
    if name == "max_non_split_rounding_mb":
        megabytes = _number(name, value)
        if megabytes <= LARGE_SEGMENT // MIB:
            raise RuntimeError(
                f"CachingAllocator option max_non_split_rounding_mb too small, must be > {LARGE_SEGMENT // MIB}"
            )
        return {"max_non_split_rounding": megabytes * MIB}
    if name == "garbage_collection_threshold":
        return {"gc_threshold": _threshold(value)}
    if name == "roundup_power2_divisions":
        return {"divisions": _divisions(value)}
    if name == "expandable_segments":
        if value not in ("True", "False"):
            raise RuntimeError("Expected a single True/False argument for expandable_segments")
        return {"expandable_segments": value == "True"}
    if name in WITHOUT_EFFECT:
        return {}
    raise RuntimeError(f"Unrecognized CachingAllocator option: {name}")


def _number(name: str, value: str) -> int:
    if not value.isdigit():
        raise RuntimeError(f"Error, expecting {name} value")
    return int(value)


def _threshold(value: str) -> float:
    try:
        threshold = float(value)
    except ValueError:
        raise RuntimeError("Error, expecting garbage_collection_threshold value") from None
    if threshold <= 0:
        raise RuntimeError("garbage_collect_threshold too small, set it 0.0~1.0")
    if threshold >= 1:
        raise RuntimeError("garbage_collect_threshold too big, set it 0.0~1.0")
    return threshold


def _divisions(value: str) -> tuple[int, ...]:
    if not value.startswith("["):
        return (_power_of_two(value, "For roundups, the divisions has to be power of 2"),) * INTERVALS
    steps = [0] * INTERVALS
    following = 0
    for pair in value.strip("[]").split(","):
        interval, _, count = pair.partition(":")
        divisions = _power_of_two(count, "For roundups, the divisions has to be power of 2 or 0 to disable roundup")
        if interval == ">":
            steps[following:] = [divisions] * (INTERVALS - following)
            continue
        megabytes = _power_of_two(interval, "For roundups, the intervals have to be power of 2")
        index = min(max(0, megabytes.bit_length() - 1), INTERVALS - 1)
        # The first pair holds for all smaller sizes as well; a gap between two pairs is not rounded.
        first = 0 if following == 0 else index
        steps[first : index + 1] = [divisions] * (index + 1 - first)
        following = index + 1
    return tuple(steps)


def _power_of_two(text: str, complaint: str) -> int:
    if not text.isdigit():
        raise RuntimeError("Error parsing roundup_power2_divisions value")
    number = int(text)
    if number & (number - 1):
        raise RuntimeError(complaint)
    return number
