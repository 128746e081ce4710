"""Streams, events and graphs. Work on the device is done when the call returns: nothing overlaps.

Memory is kept by stream, as CUDA's caching allocator keeps it: a block of one is not reused on another.
"""

from __future__ import annotations

import itertools
import threading
import time
from typing import Any

import torch

from .driver import Driver
from .errors import runtime_without_driver
from .storage import CUDA

_drivers: list[Driver] = []

# PyTorch hands its streams out in turn, so many of each priority (c10/cuda/CUDAStream.cpp).
STREAMS = 32
# Where the streams of each priority begin among the identifiers, and where CUDA has them in memory.
PRIORITIES = {0: 1, -1: 1 + STREAMS}
FIRST_POINTER = 0x5500_0000_0000

_turns = {priority: itertools.count() for priority in PRIORITIES}


class _Current(threading.local):
    """The calling thread's stream; 0 is the default one."""

    stream_id = 0


_current = _Current()


def current_stream_id() -> int:
    """The stream on which the calling thread works."""
    return _current.stream_id


def set_current_stream(stream_id: int) -> None:
    """Has the calling thread work on a stream."""
    _current.stream_id = stream_id


def require_runtime(driver: Driver) -> None:
    """For calls that go to CUDA's runtime, past PyTorch's initialisation: its own error without a driver."""
    if not driver.initialised:
        if not driver.is_present():
            raise runtime_without_driver()
        driver.require()


def wait_for_device() -> None:
    """Nothing is outstanding; what has failed on the device is reported."""
    for driver in _drivers:
        driver.context.wait()


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

    def __init__(
        self, device: Any = None, priority: int = 0, stream_id: int | None = None, **_: Any
    ) -> None:
        for driver in _drivers:
            require_runtime(driver)
        self.device = CUDA
        self.device_index = 0
        self.priority = priority
        if stream_id is None:
            kind = -1 if priority < 0 else 0
            stream_id = PRIORITIES[kind] + next(_turns[kind]) % STREAMS
        self.stream_id = stream_id
        self.cuda_stream = FIRST_POINTER + 64 * stream_id if stream_id else 0
        self.device_type = 1
        self._outer: list[int] = []

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Stream) and other.stream_id == self.stream_id

    def __hash__(self) -> int:
        return hash((self.cuda_stream, self.device))

    def __repr__(self) -> str:
        return f"<torch.cuda.Stream device={self.device} cuda_stream={self.cuda_stream:#x}>"

    def __enter__(self) -> Stream:
        self._outer.append(current_stream_id())
        torch.cuda.set_stream(self)
        return self

    def __exit__(self, *_: Any) -> None:
        torch.cuda.set_stream(Stream(stream_id=self._outer.pop()))

    def synchronize(self) -> None:
        """Nothing is outstanding."""
        wait_for_device()

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
        wait_for_device()
        return True


def external_id(pointer: int) -> int:
    """Identifier of a stream that a pointer names: that of ours, else the pointer."""
    index, rest = divmod(pointer - FIRST_POINTER, 64)
    return index if rest == 0 and 0 < index <= 2 * STREAMS else pointer


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
        for driver in _drivers:
            driver.context.launch("record", ())
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
        wait_for_device()

    def wait(self, stream: Any = None) -> None:
        """What was recorded has happened."""
        if stream is None:
            torch.cuda.current_stream()

    def query(self) -> bool:
        """Whether the work before it is done: always."""
        wait_for_device()
        return True


class ExternalStream(Stream):
    """`torch.cuda.ExternalStream`: a stream that is known by its pointer."""

    def __init__(self, stream_ptr: int, device: Any = None, **_: Any) -> None:
        super().__init__(device, stream_id=external_id(stream_ptr))
        self.cuda_stream = stream_ptr


class CUDAGraph:
    """`torch.cuda.CUDAGraph`: refused, since no stream can be captured."""

    def __init__(self, *_: Any, **__: Any) -> None:
        for driver in _drivers:
            require_runtime(driver)
        raise RuntimeError(
            "CUDA graphs are not available on the emulated device: "
            "work is done at once, there is no stream to capture"
        )
