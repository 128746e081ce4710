"""Streams, events and graphs. Work on the device is done when the call returns: nothing overlaps."""

from __future__ import annotations

import time
from typing import Any

import torch

from .driver import Driver
from .errors import runtime_without_driver
from .storage import CUDA

_drivers: list[Driver] = []


def require_runtime(driver: Driver) -> None:
    """For calls that go to CUDA's runtime, past PyTorch's initialisation: its own error without a driver."""
    if not driver.initialised:
        if not driver.is_present():
            raise runtime_without_driver()
        driver.require()


def stream_classes(driver: Driver) -> dict[str, type]:
    """The classes by their name in `torch.cuda`."""
    _drivers.append(driver)
    return {
        "Stream": Stream,
        "ExternalStream": ExternalStream,
        "Event": Event,
        "CUDAGraph": CUDAGraph,
    }


class Stream:
    """`torch.cuda.Stream`: all work is in order already."""

    def __init__(self, device: Any = None, priority: int = 0, **_: Any) -> None:
        for driver in _drivers:
            require_runtime(driver)
        self.device = CUDA
        self.device_index = 0
        self.priority = priority
        self.cuda_stream = 0
        self.stream_id = 0
        self.device_type = 1

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Stream)

    def __hash__(self) -> int:
        return hash((self.cuda_stream, self.device))

    def __repr__(self) -> str:
        return f"<torch.cuda.Stream device={self.device} cuda_stream={self.cuda_stream:#x}>"

    def __enter__(self) -> Stream:
        return self

    def __exit__(self, *_: Any) -> None:
        pass

    def synchronize(self) -> None:
        """Nothing is outstanding."""

    def wait_stream(self, stream: Any) -> None:
        """Nothing is outstanding there either."""

    def wait_event(self, event: Any) -> None:
        """An event that was recorded has happened."""

    def record_event(self, event: Event | None = None) -> Event:
        """Records now."""
        event = event or Event()
        event.record(self)
        return event

    def query(self) -> bool:
        """Whether all work is done: always."""
        return True


class Event:
    """`torch.cuda.Event`: a moment on the clock."""

    def __init__(
        self, enable_timing: bool = False, blocking: bool = False, interprocess: bool = False
    ) -> None:
        self.enable_timing = enable_timing
        self.cuda_event = 0
        self.device = CUDA
        self._seconds: float | None = None

    def __repr__(self) -> str:
        if self._seconds is None:
            return "<torch.cuda.Event uninitialized>"
        return "<torch.cuda.Event 0x0>"

    def record(self, stream: Any = None) -> None:
        """Takes the time; without a stream on the current one, which initialises CUDA."""
        if stream is None:
            torch.cuda.current_stream()
        self._seconds = time.perf_counter()

    def elapsed_time(self, end: Event) -> float:
        """Milliseconds between two recorded events."""
        if not (self.enable_timing and end.enable_timing):
            raise ValueError(
                "Both events must be created with argument 'enable_timing=True'."
            )
        if self._seconds is None or end._seconds is None:
            raise ValueError("Both events must be recorded before calculating elapsed time.")
        return (end._seconds - self._seconds) * 1e3

    def synchronize(self) -> None:
        """What was recorded has happened."""

    def wait(self, stream: Any = None) -> None:
        """What was recorded has happened."""
        if stream is None:
            torch.cuda.current_stream()

    def query(self) -> bool:
        """Whether the work before it is done: always."""
        return True


class ExternalStream(Stream):
    """`torch.cuda.ExternalStream`: the one stream that there is."""

    def __init__(self, stream_ptr: int, device: Any = None, **_: Any) -> None:
        super().__init__(device)


class CUDAGraph:
    """`torch.cuda.CUDAGraph`: refused, since no stream can be captured."""

    def __init__(self, *_: Any, **__: Any) -> None:
        for driver in _drivers:
            require_runtime(driver)
        raise RuntimeError(
            "CUDA graphs are not available on the emulated device: "
            "work is done at once, there is no stream to capture"
        )
