"""The emulated card: what it says about itself."""

from __future__ import annotations

from typing import Any

from .config import Config
from .meter import Meter
from .streams import wait_for_device


class DeviceProperties:
    """What `torch.cuda.get_device_properties()` returns."""

    def __init__(self, config: Config) -> None:
        self.name = config.name
        self.major, self.minor = config.capability
        self.total_memory = config.card_bytes or config.vram_bytes
        self.multi_processor_count = config.sm_count
        self.warp_size = 32
        self.is_integrated = 0
        self.is_multi_gpu_board = 0
        self.max_threads_per_multi_processor = 2048
        self.max_threads_per_block = 1024
        self.shared_memory_per_block = 49_152
        self.shared_memory_per_block_optin = 232_448
        self.shared_memory_per_multiprocessor = 233_472
        self.regs_per_multiprocessor = 65_536
        self.L2_cache_size = 60 * 2**20
        self.gcnArchName = ""
        self.uuid = "00000000-0000-0000-0000-000000000000"

    def __repr__(self) -> str:
        return (
            f"_CudaDeviceProperties(name='{self.name}', major={self.major}, minor={self.minor}, "
            f"total_memory={self.total_memory // 2**20}MB, "
            f"multi_processor_count={self.multi_processor_count})"
        )


class Runtime:
    """`torch.cuda.cudart()`: the few functions of CUDA's runtime that PyTorch binds."""

    class cudaError:
        """Result codes."""

        success = 0

    def __init__(self, meter: Meter) -> None:
        self._meter = meter

    def cudaMemGetInfo(self, device: int) -> tuple[int, int]:
        """Free and total bytes."""
        wait_for_device()
        return self._meter.free_and_total()

    def cudaGetErrorString(self, code: Any) -> str:
        """A word for a result."""
        return "no error" if not code else "unknown error"

    def __getattr__(self, name: str) -> Any:
        if name.startswith("cuda"):
            return lambda *args: 0
        raise AttributeError(name)


