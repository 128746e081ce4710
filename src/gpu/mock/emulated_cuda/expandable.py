"""Expandable segments: one address range of a pool, which gets memory as it is needed.

Memory is mapped in steps of 2 MiB (small blocks) or 20 MiB (large blocks), and unmapped in such steps
(PyTorch 2.8, `ExpandableSegment` in c10/cuda/CUDACachingAllocator.cpp).
"""

from __future__ import annotations

from bisect import bisect_left, insort
from typing import TYPE_CHECKING

from .blocks import ADDRESS_BITS, Piece, Pool, Segment

if TYPE_CHECKING:
    from .caching import CachingAllocator

# Of the device's memory: a segment may have holes, so its addresses span more than the device has.
ADDRESS_SHARE = 9, 8


def grow(allocator: CachingAllocator, pool: Pool, size: int) -> Piece | None:
    """A free block of at least that size, taken out of its pool; None when the device has no room."""
    found = _candidate(allocator, pool, size)
    piece = found if found.mapped else _map(allocator, found, min(found.size, size))
    while piece is not None and piece.size < size:
        following = piece.after
        piece = None if following is None else _map(allocator, following, min(size - piece.size, following.size))
    if piece is None:
        return None
    del pool.free[bisect_left(pool.free, piece.size << ADDRESS_BITS | piece.address)]
    return piece


def shrink(allocator: CachingAllocator, piece: Piece) -> None:
    """Unmaps the whole steps within a free block."""
    pool, segment = piece.pool, piece.segment
    step = pool.segment_step
    start = segment.address + -(-(piece.address - segment.address) // step) * step
    end = segment.address + (piece.address + piece.size - segment.address) // step * step
    if end <= start:
        return
    del pool.free[bisect_left(pool.free, piece.size << ADDRESS_BITS | piece.address)]
    if start > piece.address:
        head, piece = piece, _cut(allocator, piece, start - piece.address)
        insort(pool.free, head.size << ADDRESS_BITS | head.address)
    if piece.address + piece.size > end:
        tail = _cut(allocator, piece, end - piece.address)
        insort(pool.free, tail.size << ADDRESS_BITS | tail.address)
    if allocator.watch is not None:
        allocator.watch("segment_unmap", piece.address, piece.size, pool.stream, None)
    piece.mapped = False
    allocator.reserve(-piece.size, pool)
    allocator.device_frees += 1
    for neighbour in (piece.before, piece.after):
        if neighbour is not None and not neighbour.mapped:
            del pool.unmapped[bisect_left(pool.unmapped, neighbour.address)]
            piece = _join(allocator, piece, neighbour)
    insort(pool.unmapped, piece.address)
    if not piece.is_split:
        pool.unmapped.remove(piece.address)
        del allocator.pieces[piece.address]
        del allocator.heads[segment.address]


def _candidate(allocator: CachingAllocator, pool: Pool, size: int) -> Piece:
    """The lowest place with room for the addresses: free, without memory, or both in turn."""
    for address in pool.unmapped:
        piece = allocator.pieces[address]
        if piece.before is not None and not piece.before.taken:
            piece = piece.before
        room = 0
        following: Piece | None = piece
        while room < size and following is not None and not following.taken:
            room += following.size
            following = following.after
        if room >= size:
            return piece
    span = allocator.room * ADDRESS_SHARE[0] // ADDRESS_SHARE[1] // pool.segment_step * pool.segment_step
    span = max(span, -(-size // pool.segment_step) * pool.segment_step)
    segment = Segment(allocator.reserve_addresses(span), span, True, None)
    piece = Piece(segment.address, span, pool, segment, None, None)
    piece.mapped = False
    allocator.pieces[piece.address] = piece
    allocator.heads[piece.address] = segment
    insort(pool.unmapped, piece.address)
    return piece


def _map(allocator: CachingAllocator, piece: Piece, size: int) -> Piece | None:
    """Gives the beginning of an unmapped block memory, merges it with what is free around it."""
    pool = piece.pool
    # An unmapped block begins and ends at a step.
    size = -(-size // pool.segment_step) * pool.segment_step
    if not allocator.has_room(size):
        return None
    del pool.unmapped[bisect_left(pool.unmapped, piece.address)]
    if size < piece.size:
        insort(pool.unmapped, _cut(allocator, piece, size).address)
    piece.mapped = True
    if allocator.watch is not None:
        piece.segment.stack = allocator.watch("segment_map", piece.address, size, pool.stream, None)
    allocator.reserve(size, pool)
    allocator.device_allocations += 1
    for neighbour in (piece.before, piece.after):
        if neighbour is not None and neighbour.mapped and not neighbour.taken:
            del pool.free[bisect_left(pool.free, neighbour.size << ADDRESS_BITS | neighbour.address)]
            piece = _join(allocator, piece, neighbour)
    insort(pool.free, piece.size << ADDRESS_BITS | piece.address)
    return piece


def _cut(allocator: CachingAllocator, piece: Piece, size: int) -> Piece:
    """Ends a block at a size; the rest becomes a block like it."""
    tail = Piece(piece.address + size, piece.size - size, piece.pool, piece.segment, piece, piece.after)
    tail.mapped = piece.mapped
    if piece.after is not None:
        piece.after.before = tail
    piece.after = tail
    piece.size = size
    allocator.pieces[tail.address] = tail
    return tail


def _join(allocator: CachingAllocator, one: Piece, other: Piece) -> Piece:
    """Two neighbours as one block: the first of them."""
    first, second = (one, other) if one.address < other.address else (other, one)
    first.size += second.size
    first.after = second.after
    if second.after is not None:
        second.after.before = first
    del allocator.pieces[second.address]
    return first

