"""Installs the device once for a test process, with a slice of 4 GiB."""

import os
import sys
import unittest
from pathlib import Path

VRAM_BYTES = 4 * 2**30
os.environ["ZEROGPU_EMULATED_VRAM_BYTES"] = str(VRAM_BYTES)
sys.path.insert(0, str(Path(__file__).resolve().parents[4] / "src/gpu/mock"))

import torch

import emulated_cuda

emulated_cuda.install(torch)


class DeviceTest(unittest.TestCase):
    """Comparisons between the device and plain CPU tensors."""

    def setUp(self) -> None:
        torch.manual_seed(0)

    def assert_same(self, on_device: torch.Tensor, on_cpu: torch.Tensor) -> None:
        """Same numbers, and the first of them really on the device."""
        self.assertEqual(on_device.device, torch.device("cuda", 0))
        torch.testing.assert_close(on_device.detach().cpu(), on_cpu.detach())
