"""An app's main process as `zerogpu run` makes it, without the run: hooks, `spaces`, and no GPU.

Importing this module installs the device for a process that has no slice yet.
"""

import os
import sys
from pathlib import Path

SLICE = "GPU-e3010a7e-0000-4000-8000-000000000000"
ROOT = Path(__file__).resolve().parents[4]

os.environ.pop("CUDA_VISIBLE_DEVICES", None)
os.environ.update(
    ZEROGPU_EMULATED_VRAM_BYTES=str(4 * 2**30),
    ZEROGPU_EMULATED_SLICE_PREFIX=SLICE[:24],
    SPACES_ZERO_GPU="1",
    SPACES_ZERO_DEVICE_API_URL="http://127.0.0.1:9",
)
sys.path[:0] = [str(ROOT / "src/run/python"), str(ROOT / "src/gpu/mock")]

import zerogpu_hooks

zerogpu_hooks.install()

import torch


def become_worker():
    """What `spaces` does in a worker before it calls the function."""
    from spaces.zero import torch as torch_of_spaces

    torch_of_spaces.unpatch()
    torch_of_spaces.init(SLICE)
    torch_of_spaces.move()


CUDA_ERROR = "AcceleratorError" if hasattr(torch, "AcceleratorError") else "RuntimeError"
