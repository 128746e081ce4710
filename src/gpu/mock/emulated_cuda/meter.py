"""The VRAM meter: how many bytes of the slice are taken, exactly.

A storage is counted once, when it is made, and given back when it is collected; views share their
storage and are never counted. Other processes read the meter through a small shared file.
"""

from __future__ import annotations

import mmap
import os
import threading
from collections.abc import Callable

# CUDA's caching allocator hands out multiples of this, and counts so.
BLOCK_BYTES = 512

# What the card lacks once PyTorch runs on it (spaces 0.51.3, spaces/zero/torch/static.py).
CONTEXT_BYTES = 309_002_240

VERSION = 1
ALLOCATED = 1
PROCESS_PEAK = 2
CALL_PEAK = 3
FILE_BYTES = 32


class Meter:
    """Bytes allocated on the device by this process, with their peaks."""

    def __init__(
        self, limit_bytes: int, directory: str | None, card_bytes: int | None = None
    ) -> None:
        self.capacity_bytes = limit_bytes
        # As the card reports itself, whatever part of it this process may use.
        self.card_bytes = card_bytes
        # Below the capacity after set_per_process_memory_fraction.
        self.limit_bytes = limit_bytes
        self.allocated_bytes = 0
        self.peak_bytes = 0
        # Since the start, or since `reset_accumulated`.
        self.freed_bytes = 0
        self.allocation_count = 0
        self.free_count = 0
        self.peak_count = 0
        self.refused_count = 0
        # Gives back what has ended unnoticed, where that is possible (PyTorch 2.1).
        self.collect: Callable[[], None] | None = None
        self._directory = directory
        # Four 64-bit numbers in the machine's order; every machine we run on is little-endian.
        self._file: memoryview | None = None
        # Re-entrant: a collection inside `allocate` may run `free` on the same thread.
        self._lock = threading.RLock()
        os.register_at_fork(after_in_child=self._after_fork)

    def grow(self, capacity_bytes: int) -> None:
        """The process was granted another share of the card than it was made for."""
        self.capacity_bytes = self.limit_bytes = capacity_bytes

    def free_and_total(self) -> tuple[int, int]:
        """As `cudaMemGetInfo`: of the card, and without what PyTorch's own start takes of it."""
        if self.collect:
            self.collect()
        if self.card_bytes is None:
            return self.limit_bytes - self.allocated_bytes, self.limit_bytes
        return max(0, self.card_bytes - CONTEXT_BYTES - self.allocated_bytes), self.card_bytes

    def fits(self, size_bytes: int) -> bool:
        """Whether that much could be allocated now."""
        if self.allocated_bytes + rounded(size_bytes) > self.limit_bytes and self.collect:
            self.collect()
        return self.allocated_bytes + rounded(size_bytes) <= self.limit_bytes

    def allocate(self, size_bytes: int) -> int:
        """Takes bytes; returns how many are counted, or -1 when the slice has no room."""
        counted = rounded(size_bytes)
        if self.collect:
            self.fits(size_bytes)
        with self._lock:
            if self.allocated_bytes + counted > self.limit_bytes:
                self.refused_count += 1
                return -1
            self.allocated_bytes += counted
            self.allocation_count += 1
            if self.allocated_bytes > self.peak_bytes:
                self.peak_bytes = self.allocated_bytes
            live = self.allocation_count - self.free_count
            if live > self.peak_count:
                self.peak_count = live
            self._publish()
        return counted

    def free(self, counted_bytes: int) -> None:
        """Gives back what `allocate` counted."""
        with self._lock:
            self.allocated_bytes -= counted_bytes
            self.freed_bytes += counted_bytes
            self.free_count += 1
            self._publish()

    def reset_peak(self) -> None:
        """Resets the process's peaks."""
        with self._lock:
            self.peak_bytes = self.allocated_bytes
            self.peak_count = self.allocation_count - self.free_count
            self._publish()

    def reset_accumulated(self) -> None:
        """Resets the totals; what is live stays counted."""
        with self._lock:
            self.allocation_count -= self.free_count
            self.free_count = 0
            self.freed_bytes = 0
            self.refused_count = 0

    def _publish(self) -> None:
        if self._directory is None:
            return
        if self._file is None:
            self._file = self._open()
            if self._file is None:
                return
        fields = self._file
        fields[ALLOCATED] = self.allocated_bytes
        fields[PROCESS_PEAK] = self.peak_bytes
        # The allocator sets the call's peak back when a call begins: read it, never keep it.
        if self.allocated_bytes > fields[CALL_PEAK]:
            fields[CALL_PEAK] = self.allocated_bytes

    def _open(self) -> memoryview | None:
        path = os.path.join(self._directory or "", str(os.getpid()))
        try:
            descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_TRUNC, 0o600)
            try:
                os.ftruncate(descriptor, FILE_BYTES)
                fields = memoryview(mmap.mmap(descriptor, FILE_BYTES)).cast("Q")
                fields[0] = VERSION
                return fields
            finally:
                os.close(descriptor)
        except OSError:
            # The folder is gone or full: the device goes on without being watched.
            self._directory = None
            return None

    def _after_fork(self) -> None:
        # The parent's file is the parent's; a lock held by another thread stays held in the child.
        self._lock = threading.RLock()
        self._file = None


def rounded(size_bytes: int) -> int:
    """Bytes as the caching allocator counts them."""
    return -(-size_bytes // BLOCK_BYTES) * BLOCK_BYTES
