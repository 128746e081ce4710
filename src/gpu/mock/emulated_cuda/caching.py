"""A model of PyTorch's caching allocator: which blocks it splits, keeps and returns.

What it does is described in c10/cuda/CUDACachingAllocator.cpp (PyTorch 2.8) and in the page "CUDA semantics": requests
are rounded up to 512 bytes; those up to 1 MiB come from segments of 2 MiB, others from segments of 20 MiB, from 10 MiB
on from a segment of their own size; the smallest free block that is large enough is taken, and split where the rest is
worth it; a freed block is merged with its free neighbours and kept. Addresses are made up: nothing is read or written
there.
"""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Callable, Iterator

from .alloc_config import AllocatorConfig
from .blocks import (
    ADDRESS_BITS,
    ADDRESS_MASK,
    FIRST_ADDRESS,
    SEGMENT_STEP,
    SMALL_REQUEST,
    Piece,
    Pool,
    Segment,
    growing,
    segment_size,
)
from .counters import MOST_MERGED, UNCOUNTED, Counters
from .tally import Tally

NO_LIMIT = 1 << 62


class CachingAllocator(Counters):
    """The memory of one process on one device.

    It is not safe for threads: its owner holds a lock.

    Attributes:
        room: bytes of the device that this process may reserve.
        allocated: bytes of live blocks; its highest is `allocated_peak`.
        reserved: bytes of all segments.
        allowed: bytes that `set_per_process_memory_fraction` allows; None where it was not called.
        watch: is called with every event (see history.py); None while none is recorded.
    """

    def __init__(self, config: AllocatorConfig, room: int) -> None:
        super().__init__()
        self.config = config
        self.room = room
        self.allowed: int | None = None
        self.allocated = 0
        self.allocated_peak = 0
        self.reserved = 0
        self.oversize = Tally()
        self.retries = 0
        self.refused = 0
        self.device_allocations = 0
        self.device_frees = 0
        self.synchronisations = 0
        self.pools: dict[int, tuple[Pool, Pool]] = {}
        self.pieces: dict[int, Piece] = {}
        self.heads: dict[int, Segment] = {}
        self.waiting: list[Piece] = []
        self.watch: Callable[[str, int, int, int, Piece | None], object] | None = None
        self._next_address = FIRST_ADDRESS
        self.apply(config)

    def apply(self, config: AllocatorConfig) -> None:
        """Takes other settings from now on."""
        self.config = config
        self._rounds = any(config.divisions)
        self._max_split = config.max_split_size or NO_LIMIT
        self._is_plain = config.max_split_size is None and not config.expandable_segments and config.gc_threshold == 0
        for pools in self.pools.values():
            self._set_split(pools[1])

    def pools_of(self, stream: int) -> tuple[Pool, Pool]:
        """Pools of small and large blocks of a stream."""
        pools = self.pools.get(stream)
        if pools is None:
            pools = self.pools[stream] = (Pool(stream, True), Pool(stream, False))
            self._set_split(pools[1])
        return pools

    def _set_split(self, large: Pool) -> None:
        large.split_above = 512 if self.config.expandable_segments else SMALL_REQUEST + 512

    def allocate(self, requested: int, stream: int = 0) -> Piece | None:
        """A block of at least that many bytes; None when the device has no room."""
        if self.waiting:
            self.finish_waiting()
        size = self.config.round_size(requested) if self._rounds else ((requested + 511) & -512 or 512)
        pools = self.pools.get(stream) or self.pools_of(stream)
        pool = pools[0] if size <= SMALL_REQUEST else pools[1]
        free = pool.free
        if self._is_plain:
            index = bisect_left(free, size << ADDRESS_BITS)
            piece = self.pieces[free.pop(index) & ADDRESS_MASK] if index < len(free) else None
        else:
            piece = self._find_with_rules(pool, size)
        if piece is None:
            piece = self._make_room(pool, size)
            if piece is None:
                self.refused += 1
                return None
        self._take(piece, size, requested, pool)
        if self.watch is not None:
            self.watch("alloc", piece.address, piece.requested, stream, piece)
        return piece

    def _take(self, piece: Piece, size: int, requested: int, pool: Pool) -> None:
        """Splits a free block where its rest is worth it, and counts."""
        rest = piece.size - size
        after = piece.after
        was_split = after is not None or piece.before is not None
        if rest >= pool.split_above and size < self._max_split:
            tail = Piece(piece.address + size, rest, pool, piece.segment, piece, after)
            if after is not None:
                after.before = tail
            piece.after = tail
            piece.size = size
            self.pieces[tail.address] = tail
            insort(pool.free, rest << ADDRESS_BITS | tail.address)
            blocks, change = (0, -size) if was_split else (1, rest)
        else:
            size = piece.size
            blocks, change = (-1, -size) if was_split else (0, 0)
        if change and not piece.segment.expandable:
            self._parts.append(change << 4 | blocks + MOST_MERGED << 1 | pool.is_small)
        piece.taken = True
        piece.requested = requested
        self._sizes.append(size)
        self._requests.append(requested)
        self.allocated += size
        if self.allocated > self.allocated_peak:
            self.allocated_peak = self.allocated
        if len(self._sizes) >= UNCOUNTED:
            self._count()
        if size >= self._max_split:
            self.oversize.count.add(1)

    def free(self, piece: Piece) -> None:
        """Gives a block back; one that other streams use waits for them."""
        size = piece.size
        self._sizes.append(-size)
        self._requests.append(-piece.requested)
        self.allocated -= size
        if size >= self._max_split:
            self.oversize.count.add(-1)
        if self.watch is not None:
            self.watch("free_requested", piece.address, piece.requested, piece.pool.stream, piece)
        if piece.streams:
            piece.waits = True
            self.waiting.append(piece)
            self.add("waiting", 1, piece.pool.is_small)
            self.add("waiting_bytes", size, piece.pool.is_small)
            return
        self._keep(piece)

    def finish_waiting(self) -> None:
        """The work of other streams is done: at once, on this device."""
        for piece in self.waiting:
            piece.streams = None
            piece.waits = False
            self.add("waiting", -1, piece.pool.is_small)
            self.add("waiting_bytes", -piece.size, piece.pool.is_small)
            self._keep(piece)
        self.waiting.clear()

    def _keep(self, piece: Piece) -> None:
        """A block becomes free: merged with its free neighbours."""
        if self.watch is not None:
            self.watch("free_completed", piece.address, piece.requested, piece.pool.stream, piece)
        pool = piece.pool
        pieces, free = self.pieces, pool.free
        freed = gained = piece.size
        merged = 0
        before = piece.before
        if before is not None and not before.taken and before.mapped:
            del free[bisect_left(free, before.size << ADDRESS_BITS | before.address)]
            del pieces[piece.address]
            before.size += freed
            before.after = after = piece.after
            if after is not None:
                after.before = before
            piece = before
            merged = 1
        after = piece.after
        if after is not None and not after.taken and after.mapped:
            del free[bisect_left(free, after.size << ADDRESS_BITS | after.address)]
            del pieces[after.address]
            piece.size += after.size
            piece.after = beyond = after.after
            if beyond is not None:
                beyond.before = piece
            merged += 1
        piece.taken = False
        if piece.age:
            piece.age = 0
        if piece.stack is not None:
            piece.stack = None
        insort(free, piece.size << ADDRESS_BITS | piece.address)
        if piece.segment.expandable:
            return
        blocks = -merged
        if piece.after is not None or piece.before is not None:
            blocks += 1
        elif merged:
            gained = freed - piece.size
        else:
            return
        self._parts.append(gained << 4 | blocks + MOST_MERGED << 1 | pool.is_small)

    def _find_with_rules(self, pool: Pool, size: int) -> Piece | None:
        """The best block under settings other than the usual."""
        config, free, pieces = self.config, pool.free, self.pieces
        if self.allowed is not None and config.gc_threshold > 0:
            for key in free:
                pieces[key & ADDRESS_MASK].age += 1
        index = bisect_left(free, size << ADDRESS_BITS)
        if index < len(free) and not config.expandable_segments:
            while index < len(free) and pieces[free[index] & ADDRESS_MASK].segment.expandable:
                index += 1
        elif index < len(free) and pieces[free[index] & ADDRESS_MASK].segment.expandable:
            # The best fit counts what a block may grow by.
            while index + 1 < len(free):
                here, there = pieces[free[index] & ADDRESS_MASK], pieces[free[index + 1] & ADDRESS_MASK]
                if growing(there) >= growing(here):
                    break
                index += 1
        if index >= len(free):
            return None
        found = free[index] >> ADDRESS_BITS
        if size < self._max_split <= found:
            return None
        if size >= self._max_split and found >= size + config.max_non_split_rounding:
            return None
        return pieces[free.pop(index) & ADDRESS_MASK]

    def _make_room(self, pool: Pool, size: int) -> Piece | None:
        """A block from the driver; where that fails, after returning what is not used."""
        from . import reclaim

        if self.allowed is not None and self.config.gc_threshold > 0:
            reclaim.collect_garbage(self)
        piece = self._reserve(pool, size)
        if piece is None and reclaim.release_large_enough(self, pool, size):
            piece = self._reserve(pool, size)
        if piece is None:
            reclaim.release_cached(self)
            self.retries += 1
            piece = self._reserve(pool, size)
        return piece

    def _reserve(self, pool: Pool, size: int) -> Piece | None:
        """A new segment, or more of an expandable one."""
        if self.config.expandable_segments:
            from . import expandable

            return expandable.grow(self, pool, size)
        bytes_ = segment_size(size)
        if not self.has_room(bytes_):
            return None
        stack = self.watch("segment_alloc", self._next_address, bytes_, pool.stream, None) if self.watch else None
        segment = Segment(self.reserve_addresses(bytes_), bytes_, False, stack)
        piece = Piece(segment.address, bytes_, pool, segment, None, None)
        self.pieces[piece.address] = piece
        self.heads[piece.address] = segment
        self.device_allocations += 1
        self.add("segments", 1, pool.is_small)
        self.reserve(bytes_, pool)
        if bytes_ >= self._max_split:
            self.oversize.segments.add(1)
        return piece

    def reserve(self, change: int, pool: Pool) -> None:
        """Counts memory that came from the driver, or went back."""
        self.reserved += change
        self.add("reserved", change, pool.is_small)

    def has_room(self, size: int) -> bool:
        """Whether the driver gives that much more."""
        reserved = self.reserved + size
        return reserved <= self.room and (self.allowed is None or reserved <= self.allowed)

    def reserve_addresses(self, size: int) -> int:
        """An address range that nothing else has had."""
        address = self._next_address
        self._next_address += -(-size // SEGMENT_STEP) * SEGMENT_STEP
        return address

    def release(self, piece: Piece) -> None:
        """Returns a free segment to the driver; its block is out of the pool already."""
        pool = piece.pool
        if self.watch is not None:
            self.watch("segment_free", piece.address, piece.size, pool.stream, None)
        del self.pieces[piece.address]
        del self.heads[piece.address]
        self.device_frees += 1
        self.add("segments", -1, pool.is_small)
        self.reserve(-piece.size, pool)
        if piece.size >= self._max_split:
            self.oversize.segments.add(-1)

    def in_order(self, segment: Segment) -> Iterator[Piece]:
        """Blocks of a segment, by address."""
        piece: Piece | None = self.pieces[segment.address]
        while piece is not None:
            yield piece
            piece = piece.after
