"""Returns cached segments to the driver: `empty_cache`, before an allocation fails, and by threshold."""

from __future__ import annotations

from bisect import bisect_left
from typing import TYPE_CHECKING

from .blocks import ADDRESS_BITS, ADDRESS_MASK, Piece, Pool

if TYPE_CHECKING:
    from .caching import CachingAllocator


def release_cached(allocator: CachingAllocator) -> None:
    """Returns every segment that is free as a whole, and the free parts of expandable ones."""
    from . import expandable

    allocator.synchronisations += 1
    allocator.finish_waiting()
    for small, large in list(allocator.pools.values()):
        for pool in (large, small):
            growing = []
            for key in list(pool.free):
                piece = allocator.pieces[key & ADDRESS_MASK]
                if piece.segment.expandable:
                    growing.append(piece)
                elif not piece.is_split:
                    _release(allocator, pool, key)
            for piece in growing:
                expandable.shrink(allocator, piece)


def release_large_enough(allocator: CachingAllocator, pool: Pool, size: int) -> bool:
    """Returns oversize blocks until enough is free; only where a size limit keeps them whole."""
    limit = allocator.config.max_split_size
    if limit is None:
        return False
    wanted = max(size, limit)
    index = bisect_left(pool.free, wanted << ADDRESS_BITS)
    if index < len(pool.free):
        _release(allocator, pool, pool.free[index])
        return True
    released = 0
    for key in reversed(list(pool.free)):
        if released >= wanted or key >> ADDRESS_BITS < limit:
            break
        if not allocator.pieces[key & ADDRESS_MASK].is_split:
            released += key >> ADDRESS_BITS
            _release(allocator, pool, key)
    return released >= wanted


def collect_garbage(allocator: CachingAllocator) -> None:
    """Returns large segments that were not used for long, above `garbage_collection_threshold`."""
    if allocator.allowed is None:
        return
    threshold = allocator.config.gc_threshold * allocator.allowed
    excess = allocator.reserved - threshold
    whole: list[tuple[Pool, Piece]] = [
        (large, piece)
        for _, large in allocator.pools.values()
        for piece in (allocator.pieces[key & ADDRESS_MASK] for key in large.free)
        if not piece.is_split and not piece.segment.expandable
    ]
    total_age = sum(piece.age for _, piece in whole)
    released = True
    while excess > 0 and released and whole:
        oldest = total_age / len(whole)
        released = False
        for entry in list(whole):
            pool, piece = entry
            if excess > 0 and piece.age >= oldest:
                released = True
                excess -= piece.size
                total_age -= piece.age
                whole.remove(entry)
                _release(allocator, pool, piece.size << ADDRESS_BITS | piece.address)


def _release(allocator: CachingAllocator, pool: Pool, key: int) -> None:
    del pool.free[bisect_left(pool.free, key)]
    allocator.release(allocator.pieces[key & ADDRESS_MASK])
