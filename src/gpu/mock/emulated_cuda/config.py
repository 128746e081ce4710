"""What the device looks like, read from the environment once."""

from __future__ import annotations

import os
from dataclasses import dataclass

from .workspaces import workspace_bytes

# As the `spaces` package reports an H200 slice (spaces/zero/configs.json, release 0.51.3).
DEFAULT_VRAM_BYTES = 74_625_056_768


@dataclass(frozen=True)
class Config:
    """The emulated card.

    Attributes:
        vram_bytes: memory of the slice; more than that is out of memory.
        name: as `torch.cuda.get_device_name()` tells it.
        capability: compute capability, major and minor.
        sm_count: multiprocessors, for code that sizes its work by them.
        meter_dir: folder of the meter's files, None for no meter outside this process.
        slice_prefix: how UUIDs of slices begin, where a process has a GPU only while it was granted one;
            None where every process has it.
        card_bytes: memory of the whole card as it reports itself; None where that is the slice's.
        whole_prefix: how UUIDs begin for a call that holds a whole card, None where there is no such call.
        whole_bytes: memory of such a call.
        workspace_bytes: scratch memory of one cuBLAS handle.
        weightless: nothing has bytes behind it, and nothing is computed.
    """

    vram_bytes: int
    name: str
    capability: tuple[int, int]
    sm_count: int
    meter_dir: str | None
    slice_prefix: str | None
    card_bytes: int | None
    whole_prefix: str | None
    whole_bytes: int
    workspace_bytes: int
    weightless: bool


def read_config(environment: os._Environ[str] | dict[str, str]) -> Config:
    """Reads the device's description; raises ValueError for a value that is not a number."""
    major, _, minor = environment.get("ZEROGPU_EMULATED_CAPABILITY", "9.0").partition(".")
    capability = (int(major), int(minor or 0))
    return Config(
        vram_bytes=int(environment.get("ZEROGPU_EMULATED_VRAM_BYTES", DEFAULT_VRAM_BYTES)),
        name=environment.get("ZEROGPU_EMULATED_GPU_NAME", "NVIDIA H200"),
        capability=capability,
        sm_count=int(environment.get("ZEROGPU_EMULATED_SM_COUNT", "60")),
        meter_dir=environment.get("ZEROGPU_METER_DIR") or None,
        slice_prefix=environment.get("ZEROGPU_EMULATED_SLICE_PREFIX") or None,
        card_bytes=int(environment.get("ZEROGPU_EMULATED_CARD_BYTES", "0")) or None,
        whole_prefix=environment.get("ZEROGPU_EMULATED_WHOLE_PREFIX") or None,
        whole_bytes=int(environment.get("ZEROGPU_EMULATED_WHOLE_BYTES", "0")),
        workspace_bytes=workspace_bytes(capability, environment),
        weightless=environment.get("ZEROGPU_WEIGHTLESS") == "1",
    )
