"""Counters of the caching allocator, of both pools together and of each: what `memory_stats()` shows."""

from __future__ import annotations

from itertools import compress

from .blocks import SMALL_REQUEST
from .tally import Tally

# So many allocations are counted at once, at most.
UNCOUNTED = 4096
# A change of the free parts of segments is noted as one number, since a tuple for each would wake the
# collector: bytes << 4 | (blocks + MOST_MERGED) << 1 | whether they are small.
MOST_MERGED = 3


class Counters:
    """Changes are noted in lists, and counted many at a time: that costs a fraction."""

    def __init__(self) -> None:
        self._tallies = (Tally(), Tally(), Tally())
        # Changes that are not counted yet.
        self._sizes: list[int] = []
        self._requests: list[int] = []
        self._parts: list[int] = []

    @property
    def all(self) -> Tally:
        """Counters of both pools together."""
        self._count()
        return self._tallies[0]

    @property
    def small(self) -> Tally:
        """Counters of blocks up to 1 MiB."""
        self._count()
        return self._tallies[1]

    @property
    def large(self) -> Tally:
        """Counters of larger blocks."""
        self._count()
        return self._tallies[2]

    def _count(self) -> None:
        """Follows the changes since the last time."""
        if not self._sizes and not self._parts:
            return
        sizes, requests, parts = self._sizes, self._requests, self._parts
        self._sizes, self._requests, self._parts = [], [], []
        is_small = [-SMALL_REQUEST <= size <= SMALL_REQUEST for size in sizes]
        is_large = [not small for small in is_small]
        for tally, chosen in zip(self._tallies, (None, is_small, is_large)):
            changes = sizes if chosen is None else list(compress(sizes, chosen))
            tally.allocated.follow(changes)
            tally.count.follow([1 if size > 0 else -1 for size in changes])
            tally.requested.follow(requests if chosen is None else list(compress(requests, chosen)))
        in_small = [part & 1 for part in parts]
        in_large = [1 - small for small in in_small]
        blocks = [(part >> 1 & 7) - MOST_MERGED for part in parts]
        sizes = [part >> 4 for part in parts]
        for tally, of_kind in zip(self._tallies, (None, in_small, in_large)):
            tally.split.follow(blocks if of_kind is None else list(compress(blocks, of_kind)))
            tally.split_bytes.follow(sizes if of_kind is None else list(compress(sizes, of_kind)))

    def add(self, name: str, change: int, is_small: bool) -> None:
        """Changes one counter; for what does not happen with every allocation."""
        for tally in (self._tallies[0], self._tallies[1 if is_small else 2]):
            getattr(tally, name).add(change)
