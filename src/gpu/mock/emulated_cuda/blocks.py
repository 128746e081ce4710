"""Blocks, segments and pools of the caching allocator: what each of them is, and how large a segment becomes.

The sizes are those of c10/cuda/CUDACachingAllocator.cpp (PyTorch 2.8).
"""

from __future__ import annotations

MIB = 2**20
SMALL_REQUEST = MIB
SMALL_SEGMENT = 2 * MIB
LARGE_SEGMENT = 20 * MIB
OWN_SEGMENT = 10 * MIB
SEGMENT_STEP = 2 * MIB
FIRST_ADDRESS = 0x7F0000000000
ADDRESS_BITS = 48
ADDRESS_MASK = (1 << ADDRESS_BITS) - 1


class _Rare:
    """What few blocks have: kept off the others, which are made with every operator.

    Attributes:
        mapped: whether there is memory at its addresses; False within expandable segments alone.
        streams: streams that `record_stream` named.
        waits: freed, and not usable before those streams are done.
        age: searches of the pool since it was freed.
        stack: where it was made, while history is recorded.
    """

    mapped = True
    streams: set[int] | None = None
    waits = False
    age = 0
    stack: object = None


class Piece(_Rare):
    """A block of a segment, taken or free; what `allocate` hands out.

    `taken` blocks are in use or wait for another stream: they are neither merged nor handed out.
    """

    __slots__ = ("address", "after", "before", "pool", "requested", "segment", "size", "taken")

    def __init__(
        self, address: int, size: int, pool: Pool, segment: Segment, before: Piece | None, after: Piece | None
    ) -> None:
        self.address = address
        self.size = size
        self.pool = pool
        self.segment = segment
        self.before = before
        self.after = after
        self.requested = 0
        self.taken = False

    @property
    def is_split(self) -> bool:
        """Whether it is a part of its segment."""
        return self.before is not None or self.after is not None


class Segment:
    """Memory that came from the driver at once, or that grows (`expandable`)."""

    __slots__ = ("address", "expandable", "size", "stack")

    def __init__(self, address: int, size: int, expandable: bool, stack: object) -> None:
        self.address = address
        self.size = size
        self.expandable = expandable
        self.stack = stack


class Pool:
    """Free blocks of one stream: small or large ones, ordered by size and address."""

    __slots__ = ("free", "is_small", "segment_step", "split_above", "stream", "unmapped")

    def __init__(self, stream: int, is_small: bool) -> None:
        self.stream = stream
        self.is_small = is_small
        # The smallest rest that becomes a block of its own.
        self.split_above = 512 if is_small else SMALL_REQUEST + 512
        self.segment_step = SMALL_SEGMENT if is_small else LARGE_SEGMENT
        # size << 48 | address: numbers are found and moved faster than objects.
        self.free: list[int] = []
        # Addresses of parts of expandable segments that have no memory.
        self.unmapped: list[int] = []


def segment_size(size: int) -> int:
    """Bytes that are asked of the driver for a block of that size."""
    if size <= SMALL_REQUEST:
        return SMALL_SEGMENT
    if size < OWN_SEGMENT:
        return LARGE_SEGMENT
    return -(-size // SEGMENT_STEP) * SEGMENT_STEP


def growing(piece: Piece) -> int:
    after = piece.after
    return piece.size + (after.size if after is not None and not after.mapped else 0)
