"""The model of the caching allocator, without PyTorch: its rules, and what holds for any order of requests."""

import random
import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[4] / "src/gpu/mock"))

from emulated_cuda.alloc_config import AllocatorConfig, parse_allocator_config, settings_in
from emulated_cuda.caching import CachingAllocator, Piece
from emulated_cuda.reclaim import release_cached
from emulated_cuda.workspaces import workspace_bytes

MIB = 2**20
ROOM = 4096 * MIB
SEEDS = 25
STEPS = 400


def allocator(settings: str = "", room: int = ROOM) -> CachingAllocator:
    return CachingAllocator(parse_allocator_config(settings), room)


def taken(cache: CachingAllocator, size: int, stream: int = 0) -> Piece:
    piece = cache.allocate(size, stream)
    assert piece is not None
    return piece


class Rules(unittest.TestCase):
    """Figures that PyTorch's documentation and source give."""

    def test_sizes_of_blocks_and_segments(self) -> None:
        for requested, block, segment in (
            (1, 512, 2 * MIB),
            (513, 1024, 2 * MIB),
            (MIB, MIB, 2 * MIB),
            (MIB + 1, MIB + 512, 20 * MIB),
            (10 * MIB - 512, 10 * MIB - 512, 20 * MIB),
            # A rest of at most 1 MiB stays with its block.
            (11 * MIB, 12 * MIB, 12 * MIB),
            (10 * MIB, 10 * MIB, 10 * MIB),
            (33 * MIB + 5, 34 * MIB, 34 * MIB),
        ):
            cache = allocator()
            self.assertEqual(taken(cache, requested).size, block, requested)
            self.assertEqual(cache.all.allocated.current, block)
            self.assertEqual(cache.all.reserved.current, segment)
            self.assertEqual(cache.all.requested.current, requested)

    def test_the_smallest_block_that_fits_is_reused(self) -> None:
        cache = allocator()
        large, small = taken(cache, 40 * MIB), taken(cache, 30 * MIB)
        cache.free(large)
        cache.free(small)
        self.assertEqual(taken(cache, 25 * MIB).address, small.address)
        self.assertEqual(taken(cache, 40 * MIB).address, large.address)
        self.assertEqual(cache.all.reserved.current, 70 * MIB)

    def test_free_neighbours_become_one_block(self) -> None:
        cache = allocator()
        pieces = [taken(cache, 4 * MIB) for _ in range(5)]
        self.assertEqual(cache.all.reserved.current, 20 * MIB)
        for index in (0, 2, 4):
            cache.free(pieces[index])
        self.assertEqual((cache.all.split.current, cache.all.split_bytes.current), (3, 12 * MIB))
        # Two free blocks of 4 MiB, apart: 8 MiB need another segment.
        taken(cache, 8 * MIB)
        self.assertEqual(cache.all.reserved.current, 40 * MIB)
        cache.free(pieces[1])
        self.assertEqual(cache.all.split.current, 3)
        self.assertEqual(taken(cache, 11 * MIB).address, pieces[0].address)

    def test_cached_segments_are_returned_before_an_allocation_fails(self) -> None:
        cache = allocator(room=100 * MIB)
        cache.free(taken(cache, 60 * MIB))
        kept = taken(cache, 30 * MIB)
        self.assertEqual(cache.all.reserved.current, 60 * MIB)
        self.assertIsNone(cache.allocate(80 * MIB))
        self.assertEqual((cache.retries, cache.refused), (1, 1))
        cache.free(kept)
        self.assertIsNotNone(cache.allocate(80 * MIB))
        self.assertEqual((cache.all.reserved.current, cache.retries), (80 * MIB, 2))

    def test_fragments_are_not_enough(self) -> None:
        cache = allocator(room=100 * MIB)
        pieces = [taken(cache, 5 * MIB) for _ in range(20)]
        for piece in pieces[::2]:
            cache.free(piece)
        self.assertEqual(cache.all.allocated.current, 50 * MIB)
        self.assertIsNone(cache.allocate(20 * MIB))
        growing = allocator("expandable_segments:True", room=100 * MIB)
        pieces = [taken(growing, 5 * MIB) for _ in range(20)]
        for piece in pieces[:10]:
            growing.free(piece)
        self.assertIsNotNone(growing.allocate(50 * MIB))

    def test_streams_do_not_share_blocks(self) -> None:
        cache = allocator()
        piece = taken(cache, 30 * MIB)
        cache.free(piece)
        self.assertNotEqual(taken(cache, 30 * MIB, stream=7).address, piece.address)
        self.assertEqual(cache.all.reserved.current, 60 * MIB)

    def test_a_block_that_another_stream_uses_waits(self) -> None:
        cache = allocator()
        piece = taken(cache, 30 * MIB)
        piece.streams = {7}
        cache.free(piece)
        self.assertTrue(piece.waits)
        self.assertEqual((cache.all.allocated.current, cache.all.waiting_bytes.current), (0, 30 * MIB))
        self.assertEqual(taken(cache, 30 * MIB).address, piece.address)
        self.assertEqual(cache.all.waiting.current, 0)


class Settings(unittest.TestCase):
    """PYTORCH_CUDA_ALLOC_CONF."""

    def test_blocks_above_the_limit_stay_whole(self) -> None:
        cache = allocator("max_split_size_mb:64")
        cache.free(taken(cache, 100 * MIB))
        # Neither for a smaller request nor for one that leaves 20 MiB or more.
        self.assertEqual(taken(cache, 30 * MIB).size, 30 * MIB)
        self.assertEqual(taken(cache, 70 * MIB).size, 70 * MIB)
        self.assertEqual(taken(cache, 90 * MIB).size, 100 * MIB)
        self.assertEqual(cache.all.reserved.current, 200 * MIB)
        self.assertEqual((cache.oversize.count.current, cache.oversize.segments.current), (2, 2))

    def test_oversize_blocks_are_returned_first(self) -> None:
        cache = allocator("max_split_size_mb:64", room=250 * MIB)
        small, large = taken(cache, 30 * MIB), taken(cache, 200 * MIB)
        cache.free(small)
        cache.free(large)
        self.assertIsNotNone(cache.allocate(100 * MIB))
        # The small block is still cached: no retry emptied everything.
        self.assertEqual((cache.all.reserved.current, cache.retries), (130 * MIB, 0))

    def test_sizes_between_powers_of_two(self) -> None:
        # The documentation's example: 1200 with four divisions is 1280, not a multiple of 512.
        self.assertEqual(parse_allocator_config("roundup_power2_divisions:4").round_size(1200 * MIB), 1280 * MIB)
        listed = parse_allocator_config("roundup_power2_divisions:[256:1,512:2,1024:4,>:8]")
        self.assertEqual([listed.divisions[at] for at in (0, 8, 9, 10, 11, 15)], [1, 1, 2, 4, 8, 8])
        self.assertEqual(listed.round_size(100 * MIB + 1), 100 * MIB + 512)
        self.assertEqual(listed.round_size(600 * MIB), 768 * MIB)
        self.assertEqual(listed.round_size(2100 * MIB), 2304 * MIB)

    def test_unused_segments_go_above_the_threshold(self) -> None:
        cache = allocator("garbage_collection_threshold:0.5")
        cache.allowed = 200 * MIB
        cache.free(taken(cache, 60 * MIB))
        kept = [taken(cache, 45 * MIB), taken(cache, 50 * MIB)]
        self.assertEqual(len(kept), 2)
        taken(cache, 40 * MIB)
        self.assertLessEqual(cache.all.reserved.current, 150 * MIB)

    def test_an_expandable_segment_grows_and_shrinks_in_steps(self) -> None:
        cache = allocator("expandable_segments:True")
        first, second = taken(cache, 30 * MIB), taken(cache, 8 * MIB)
        self.assertEqual((cache.all.reserved.current, len(cache.heads)), (40 * MIB, 1))
        self.assertEqual(second.address, first.address + first.size)
        cache.free(first)
        release_cached(cache)
        # Only whole steps of 20 MiB are returned.
        self.assertEqual(cache.all.reserved.current, 20 * MIB)
        taken(cache, 28 * MIB)
        self.assertEqual((cache.all.reserved.current, len(cache.heads)), (40 * MIB, 1))

    def test_what_pytorch_refuses(self) -> None:
        for text, words in (
            ("max_split_size_mb:20", "too small, must be > 20"),
            ("max_split_size_mb:x", "expecting max_split_size_mb value"),
            ("garbage_collection_threshold:1.5", "too big, set it 0.0~1.0"),
            ("garbage_collection_threshold:0", "too small, set it 0.0~1.0"),
            ("roundup_power2_divisions:3", "has to be power of 2"),
            ("expandable_segments:yes", "Expected a single True/False argument"),
            ("nonsense:1", "Unrecognized CachingAllocator option: nonsense"),
        ):
            with self.assertRaisesRegex(RuntimeError, words):
                parse_allocator_config(text)

    def test_where_settings_come_from(self) -> None:
        self.assertEqual(settings_in({}), "")
        both = {"PYTORCH_CUDA_ALLOC_CONF": "expandable_segments:True", "PYTORCH_ALLOC_CONF": "max_split_size_mb:32"}
        self.assertEqual(settings_in(both), "max_split_size_mb:32")

    def test_sizes_of_cublas_workspaces(self) -> None:
        self.assertEqual(workspace_bytes((8, 0), {}), 8_519_680)
        self.assertEqual(workspace_bytes((9, 0), {}), 33_554_432)
        self.assertEqual(workspace_bytes((12, 0), {}), 8_519_680)
        self.assertEqual(workspace_bytes((9, 0), {"CUBLAS_WORKSPACE_CONFIG": ":16:8"}), 131_072)


class Properties(unittest.TestCase):
    """For any order of requests, under any settings."""

    def check(self, cache: CachingAllocator, live: list[Piece]) -> None:
        pieces = {piece.address: piece for segment in cache.heads.values() for piece in cache.in_order(segment)}
        self.assertEqual(pieces, cache.pieces)
        for segment in cache.heads.values():
            at = segment.address
            for piece in cache.in_order(segment):
                self.assertEqual(piece.address, at)
                at += piece.size
                if piece.after is not None:
                    self.assertIs(piece.after.before, piece)
                    # Neighbours of one kind would have been merged.
                    self.assertTrue(
                        piece.taken or piece.after.taken or piece.mapped != piece.after.mapped, "two free neighbours"
                    )
            self.assertEqual(at, segment.address + segment.size)
        self.assertEqual(
            {piece.address for piece in pieces.values() if piece.taken},
            {piece.address for piece in [*live, *cache.waiting]},
        )
        free = {key for pools in cache.pools.values() for pool in pools for key in pool.free}
        self.assertEqual(
            free, {piece.size << 48 | piece.address for piece in pieces.values() if piece.mapped and not piece.taken}
        )
        total, small, large = cache.all, cache.small, cache.large
        allocated, reserved = total.allocated.current, total.reserved.current
        self.assertEqual((allocated, reserved), (cache.allocated, cache.reserved))
        self.assertEqual(allocated, sum(piece.size for piece in live))
        self.assertEqual(total.requested.current, sum(piece.requested for piece in live))
        self.assertEqual(total.count.current, len(live))
        self.assertEqual(total.allocated.peak, cache.allocated_peak)
        self.assertEqual(reserved, sum(piece.size for piece in pieces.values() if piece.mapped))
        self.assertLessEqual(total.requested.current, allocated)
        self.assertLessEqual(allocated, reserved)
        self.assertLessEqual(reserved, cache.room)
        parts = [
            piece for piece in pieces.values() if not piece.taken and piece.is_split and not piece.segment.expandable
        ]
        self.assertEqual(
            (total.split.current, total.split_bytes.current), (len(parts), sum(piece.size for piece in parts))
        )
        for of_all, *of_pools in zip(total.counters(), small.counters(), large.counters()):
            self.assertEqual(of_all.current, sum(counter.current for counter in of_pools))
            self.assertGreaterEqual(of_all.peak, of_all.current)
            self.assertGreaterEqual(of_all.added, of_all.current)

    def test_any_order(self) -> None:
        for settings in (
            "",
            "expandable_segments:True",
            "max_split_size_mb:64",
            "roundup_power2_divisions:4",
            "max_split_size_mb:32,garbage_collection_threshold:0.6",
        ):
            for seed in range(SEEDS):
                with self.subTest(settings=settings, seed=seed):
                    self.run_one(settings, random.Random(seed))

    def run_one(self, settings: str, draw: random.Random) -> None:
        cache = allocator(settings, room=draw.choice([200, 1000, 4000]) * MIB)
        if "garbage" in settings:
            cache.allowed = cache.room
        live: list[Piece] = []
        for step in range(STEPS):
            action = draw.random()
            if action < 0.55 or not live:
                size = int(2 ** draw.uniform(0, 27))
                piece = cache.allocate(size, stream=draw.choice([0, 0, 0, 3]))
                if piece is not None:
                    self.assertGreaterEqual(piece.size, size)
                    live.append(piece)
            elif action < 0.97:
                piece = live.pop(draw.randrange(len(live)))
                if draw.random() < 0.1:
                    piece.streams = {9}
                cache.free(piece)
            else:
                release_cached(cache)
            if step % 20 == 0:
                self.check(cache, live)
        for piece in live:
            cache.free(piece)
        release_cached(cache)
        self.check(cache, [])
        self.assertEqual((cache.all.reserved.current, cache.all.segments.current), (0, 0))
        self.assertFalse([piece for piece in cache.pieces.values() if piece.mapped])


if __name__ == "__main__":
    unittest.main()
