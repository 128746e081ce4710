"""Streams, events and graphs. Work on the device is done when the call returns: nothing overlaps."""

from __future__ import annotations

import time
from typing import Any

from .storage import CUDA


class Stream:
    """`torch.cuda.Stream`: all work is in order already."""

    def __init__(self, device: Any = None, priority: int = 0, **_: Any) -> None:
        self.device = CUDA
        self.device_index = 0
        self.priority = priority
        self.cuda_stream = 0
        self.stream_id = 0

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

    def record(self, stream: Any = None) -> None:
        """Takes the time."""
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

    def query(self) -> bool:
        """Whether the work before it is done: always."""
        return True


class CUDAGraph:
    """`torch.cuda.CUDAGraph`: refused, since no stream can be captured."""

    def __init__(self, *_: Any, **__: Any) -> None:
        raise RuntimeError(
            "CUDA graphs are not available on the emulated device: "
            "work is done at once, there is no stream to capture"
        )
