"""What happened to memory, and where: `torch.cuda.memory._record_memory_history` and `_snapshot`.

Events and snapshots have the shape that `torch.cuda._memory_viz` reads (PyTorch 2.8,
torch/csrc/cuda/memory_snapshot.cpp, and the page "Understanding CUDA Memory Usage"). Stacks are the Python frames above
the device's own.
"""

from __future__ import annotations

import os
import sys
import time
from collections import deque
from types import CodeType, FrameType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .blocks import Piece
    from .meter import Meter

OURS = os.path.dirname(os.path.abspath(__file__)) + os.sep
NO_LIMIT = sys.maxsize
# Events without which a trace shows only what is live.
OF_FREEING = ("free_requested", "free_completed", "segment_free", "segment_unmap")

Stack = tuple[tuple[CodeType, int], ...]


class History:
    """Records events while it is switched on."""

    def __init__(self, meter: Meter) -> None:
        self._meter = meter
        self._events: deque[tuple[str, int, int, int, int, Stack]] = deque()
        self._keeps_trace = False
        self._context = "none"

    def record(self, enabled: str | None, context: str | None, max_entries: int, clear: bool) -> None:
        """Switches recording.

        Args:
            enabled: "all" for a trace, "state" for the stacks of live blocks alone, None to end it.
            context: for what stacks are taken: "all", "alloc", "state" or None.
            max_entries: of the trace; the oldest go first.
            clear: forgets what was recorded.
        """
        with self._meter.locked():
            if clear:
                self._events.clear()
            self._events = deque(self._events, maxlen=None if max_entries >= NO_LIMIT else max_entries)
            self._keeps_trace = enabled == "all"
            self._context = (context or "none") if enabled else "none"
            self._meter.cache.watch = self._note if enabled else None

    def out_of_memory(self, size_bytes: int, free_bytes: int) -> None:
        """Notes an allocation that failed."""
        if self._meter.cache.watch is not None and self._keeps_trace:
            self._events.append(("oom", free_bytes, size_bytes, 0, _now(), _python_stack()))

    def _note(self, action: str, address: int, size: int, stream: int, piece: Piece | None) -> Any:
        wants_stack = self._context == "all" or (self._context != "none" and action not in OF_FREEING)
        stack = _python_stack() if wants_stack else ()
        if piece is not None and action == "alloc":
            piece.stack = stack
        if self._keeps_trace:
            self._events.append((action, address, size, stream, _now(), stack))
        return stack

    def snapshot(self, with_trace: bool = True) -> dict[str, Any]:
        """In the shape of `torch._C._cuda_memorySnapshot`."""
        with self._meter.locked():
            segments = self._segments()
            events = [_event(*event) for event in self._events] if with_trace else []
        return {
            "segments": segments,
            "device_traces": [events],
            "allocator_settings": self._settings(),
            "external_annotations": [],
        }

    def _segments(self) -> list[dict[str, Any]]:
        cache = self._meter.cache
        found = []
        for address in sorted(cache.heads):
            segment = cache.heads[address]
            run: list[Piece] = []
            for piece in cache.in_order(segment):
                if piece.mapped:
                    run.append(piece)
                elif run:
                    found.append(_segment(run))
                    run = []
            if run:
                found.append(_segment(run))
        return found

    def _settings(self) -> dict[str, Any]:
        config = self._meter.cache.config
        return {
            "PYTORCH_CUDA_ALLOC_CONF": config.text,
            "max_split_size": config.max_split_size or -1,
            "garbage_collection_threshold": config.gc_threshold,
            "expandable_segments": config.expandable_segments,
            "pinned_num_register_threads": 1,
            "release_lock_on_malloc": False,
            "pinned_use_host_register": False,
            "roundup_power2_divisions": {str(2**at): count for at, count in enumerate(config.divisions)},
        }


def _segment(pieces: list[Piece]) -> dict[str, Any]:
    first = pieces[0]
    taken = [piece for piece in pieces if piece.taken]
    return {
        "device": 0,
        "address": first.address,
        "total_size": sum(piece.size for piece in pieces),
        "allocated_size": sum(piece.size for piece in taken if not piece.waits),
        "active_size": sum(piece.size for piece in taken),
        "requested_size": sum(piece.requested for piece in taken),
        "stream": first.pool.stream,
        "segment_type": "small" if first.pool.is_small else "large",
        "segment_pool_id": (0, 0),
        "is_expandable": first.segment.expandable,
        "frames": _frames(first.segment.stack),
        "blocks": [
            {
                "address": piece.address,
                "size": piece.size,
                "requested_size": piece.requested if piece.taken else 0,
                "state": _state(piece),
                "frames": _frames(piece.stack),
            }
            for piece in pieces
        ],
    }


def _state(piece: Piece) -> str:
    if not piece.taken:
        return "inactive"
    return "active_pending_free" if piece.waits else "active_allocated"


def _event(action: str, address: int, size: int, stream: int, time_us: int, stack: Stack) -> dict[str, Any]:
    place = "device_free" if action == "oom" else "addr"
    return {
        "action": action,
        place: address,
        "size": size,
        "stream": stream,
        "time_us": time_us,
        "frames": _frames(stack),
        "compile_context": "N/A",
        "user_metadata": "",
    }


def _frames(stack: Any) -> list[dict[str, Any]]:
    return [{"name": code.co_name, "filename": code.co_filename, "line": line} for code, line in stack or ()]


def _python_stack() -> Stack:
    """Frames of the program, the innermost first."""
    frame: FrameType | None = sys._getframe(1)
    while frame is not None and frame.f_code.co_filename.startswith(OURS):
        frame = frame.f_back
    stack = []
    while frame is not None:
        stack.append((frame.f_code, frame.f_lineno or 0))
        frame = frame.f_back
    return tuple(stack)


def _now() -> int:
    return time.time_ns() // 1000
