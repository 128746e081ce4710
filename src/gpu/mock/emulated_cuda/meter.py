"""The VRAM meter: what this process takes of the slice, as CUDA's caching allocator would take it.

A storage is counted once, when it is made, and given back when it is collected; views share their
storage and are never counted. Other processes read the meter through a small shared file.
"""

from __future__ import annotations

import mmap
import os
import threading
from collections import deque
from collections.abc import Callable

from .alloc_config import AllocatorConfig, parse_allocator_config
from .blocks import Piece
from .caching import CachingAllocator
from .history import History
from .workspaces import Workspaces

# What the card lacks once PyTorch runs on it (spaces 0.51.3, spaces/zero/torch/static.py).
CONTEXT_BYTES = 309_002_240

VERSION = 1
ALLOCATED = 1
PROCESS_PEAK = 2
CALL_PEAK = 3
FILE_BYTES = 32


class Meter:
    """Bytes taken on the device by this process, with their peaks.

    Attributes:
        capacity_bytes: memory of the slice.
        limit_bytes: that, or what `set_per_process_memory_fraction` leaves of it.
        card_bytes: memory of the whole card, as it reports itself; None where that is the slice's.
        cache: the allocator's state.
        free: gives a block back; may be called from anywhere, collections included.
    """

    def __init__(
        self,
        limit_bytes: int,
        directory: str | None,
        card_bytes: int | None = None,
        config: AllocatorConfig | None = None,
        workspace_bytes: int = 0,
    ) -> None:
        self.capacity_bytes = limit_bytes
        # As the card reports itself, whatever part of it this process may use.
        self.card_bytes = card_bytes
        self.cache = CachingAllocator(config or AllocatorConfig(), max(0, limit_bytes - CONTEXT_BYTES))
        self.workspaces = Workspaces(workspace_bytes, self)
        self.history = History(self)
        # Gives back what has ended unnoticed, where that is possible (PyTorch 2.1).
        self.collect: Callable[[], None] | None = None
        # Which stream the calling thread works on; None while all are on the default one.
        self.stream: Callable[[], int] | None = None
        self._directory = directory
        # Four 64-bit numbers in the machine's order; every machine we run on is little-endian.
        self._file: memoryview | None = None
        self._lock = threading.Lock()
        # A collection may end a storage anywhere, also within `allocate` on the same thread: what it
        # gives back waits here for the holder of the lock.
        self._ended: deque[Piece] = deque()
        if directory is None:
            # Without a watcher outside, what is read here is settled first.
            self.free: Callable[[Piece], None] = self._ended.append
        else:
            self.free = self._free_now
        os.register_at_fork(after_in_child=self._after_fork)

    @property
    def limit_bytes(self) -> int:
        """Bytes that may be reserved, the context's included."""
        allowed = self.cache.allowed
        return self.capacity_bytes if allowed is None else min(allowed, self.capacity_bytes)

    @property
    def allocated_bytes(self) -> int:
        """Bytes of live blocks."""
        self.settle()
        return self.cache.allocated

    @property
    def peak_bytes(self) -> int:
        """The most that was allocated at once."""
        return self.cache.allocated_peak

    @property
    def reserved_bytes(self) -> int:
        """Bytes of all segments."""
        self.settle()
        return self.cache.reserved

    @property
    def reserved_peak_bytes(self) -> int:
        """The most that was reserved at once."""
        return self.cache.all.reserved.peak

    @property
    def allocation_count(self) -> int:
        """Blocks that were handed out."""
        return self.cache.all.count.added

    def configure(self, text: str) -> None:
        """Takes settings of the allocator; raises RuntimeError with PyTorch's words."""
        config = parse_allocator_config(text)
        with self._lock:
            self.cache.apply(config)

    def grow(self, capacity_bytes: int) -> None:
        """The process was granted another share of the card than it was made for."""
        self.capacity_bytes = capacity_bytes
        self.cache.room = max(0, capacity_bytes - CONTEXT_BYTES)

    def allow(self, fraction: float) -> None:
        """As `set_per_process_memory_fraction`: of the memory that the process sees."""
        self.cache.allowed = int(self.capacity_bytes * fraction)

    def free_and_total(self) -> tuple[int, int]:
        """As `cudaMemGetInfo`: without what is reserved and what PyTorch's own start takes."""
        self.settle()
        total = self.card_bytes or self.capacity_bytes
        return max(0, total - CONTEXT_BYTES - self.reserved_bytes), total

    def fits(self, size_bytes: int) -> bool:
        """Whether that much might be allocated now; False is certain."""
        if self.cache.allocated + size_bytes <= self.cache.room:
            return True
        return self.allocated_bytes + size_bytes <= self.cache.room

    def allocate(self, size_bytes: int) -> Piece | None:
        """Takes a block; None when the slice has no room. Nothing may be asked for zero bytes."""
        if self.collect:
            self.fits(size_bytes)
        stream = 0 if self.stream is None else self.stream()
        with self._lock:
            if self._ended:
                self._free_ended()
            piece = self.cache.allocate(size_bytes, stream)
            if self._directory is not None:
                self._publish()
        if self._ended and self._directory is not None:
            self.settle()
        return piece

    def _free_now(self, piece: Piece) -> None:
        """`free` of a process that is watched; may be called from anywhere, collections included."""
        self._ended.append(piece)
        # Whoever holds the lock looks once more after releasing it.
        while self._ended and self._lock.acquire(False):
            try:
                self._free_ended()
                if self._directory is not None:
                    self._publish()
            finally:
                self._lock.release()

    def _free_ended(self) -> None:
        ended, free = self._ended, self.cache.free
        while ended:
            free(ended.popleft())

    def settle(self) -> None:
        """Frees what has ended and was not freed yet."""
        if self.collect:
            self.collect()
        while self._ended and self._lock.acquire(False):
            try:
                self._free_ended()
                if self._directory is not None:
                    self._publish()
            finally:
                self._lock.release()

    def use_on(self, piece: Piece, stream: int) -> None:
        """As `record_stream`: the block is not reused before that stream's work is done."""
        if stream != piece.pool.stream:
            with self._lock:
                piece.streams = (piece.streams or set()) | {stream}

    def empty_cache(self) -> None:
        """Returns what is reserved and not used."""
        from .reclaim import release_cached

        self.settle()
        with self._lock:
            release_cached(self.cache)

    def locked(self) -> threading.Lock:
        """For those that read the allocator's state."""
        self.settle()
        return self._lock

    def reset_peak(self) -> None:
        """Resets the process's peaks."""
        with self.locked():
            cache = self.cache
            for tally in (cache.all, cache.small, cache.large, cache.oversize):
                tally.reset_peaks()
            cache.allocated_peak = cache.allocated
            self._publish()

    def reset_accumulated(self) -> None:
        """Resets the totals; what is live stays counted."""
        with self.locked():
            cache = self.cache
            for tally in (cache.all, cache.small, cache.large, cache.oversize):
                tally.reset_sums()
            cache.retries = cache.refused = 0

    def _publish(self) -> None:
        if self._directory is None:
            return
        if self._file is None:
            self._file = self._open()
            if self._file is None:
                return
        fields, total = self._file, self.cache
        fields[ALLOCATED] = total.allocated
        fields[PROCESS_PEAK] = total.allocated_peak
        # The allocator sets the call's peak back when a call begins: read it, never keep it.
        if total.allocated > fields[CALL_PEAK]:
            fields[CALL_PEAK] = total.allocated

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
            # The folder is gone or full: the device continues without being watched.
            self._directory = None
            return None

    def _after_fork(self) -> None:
        # The parent's file is the parent's; a lock held by another thread stays held in the child.
        self._lock = threading.Lock()
        self._file = None
