"""Installs the weightless device once for a test process, with an H200's slice."""

import os
import resource
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[4]
os.environ["ZEROGPU_EMULATED_VRAM_BYTES"] = str(74_625_056_768)
os.environ["ZEROGPU_WEIGHTLESS"] = "1"
sys.path[:0] = [str(ROOT / "src/gpu/mock"), str(ROOT / "src/run/python")]

import zerogpu_hooks

zerogpu_hooks.install()

import torch  # noqa: F401 (the hook installs the device)


def kernels():
    """The executor of the device, with what it has counted."""
    return sys.modules["emulated_cuda.install"]._installed[1]


def resident_bytes() -> int:
    """The most memory that this process has had."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
