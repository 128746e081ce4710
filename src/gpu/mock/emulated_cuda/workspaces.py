"""Scratch memory of NVIDIA's libraries, which PyTorch takes from the same allocator.

cuBLAS: one workspace per handle (thread) and stream, taken at the first matrix product and kept until
`torch._C._cuda_clearCublasWorkspaces()`. Its size is that of CUBLAS_WORKSPACE_CONFIG, else 32 MiB on Hopper (compute
capability 9.0) and 2 x 4096 KiB + 8 x 16 KiB elsewhere (PyTorch 2.8, aten/src/ATen/cuda/CublasHandlePool.cpp).
"""

from __future__ import annotations

import re
import threading
from collections.abc import Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .blocks import Piece
    from .meter import Meter

VARIABLE = "CUBLAS_WORKSPACE_CONFIG"
KIB = 1024
ON_HOPPER = 8 * 4096 * KIB
ELSEWHERE = 2 * 4096 * KIB + 8 * 16 * KIB
HOPPER = (9, 0)


def workspace_bytes(capability: tuple[int, int], environment: Mapping[str, str]) -> int:
    """Size of one cuBLAS workspace; a value that can't be read counts as none, as in PyTorch."""
    default = ON_HOPPER if capability == HOPPER else ELSEWHERE
    given = environment.get(VARIABLE)
    if given is None:
        return default
    pairs = re.findall(r":(\d+):(\d+)", given)
    return sum(int(size) * KIB * int(count) for size, count in pairs) if pairs else default


class Workspaces:
    """cuBLAS workspaces of this process, by handle and stream."""

    def __init__(self, size_bytes: int, meter: Meter) -> None:
        self.size_bytes = size_bytes
        self._meter = meter
        self._held: dict[tuple[int, int], Piece] = {}
        self._thread = threading.local()
        # Handles of threads that have ended: the next thread takes one, with its workspaces.
        self._idle: list[int] = []
        self._handles = 0

    @property
    def held_bytes(self) -> int:
        """Bytes of all workspaces."""
        return sum(piece.size for piece in list(self._held.values()))

    def before_product(self) -> bool:
        """Takes the workspace of the calling thread and its stream; False when there is no room."""
        try:
            handle = self._thread.handle
        except AttributeError:
            handle = self._thread.handle = _Handle(self._idle, self._next_handle())
        stream = 0 if self._meter.stream is None else self._meter.stream()
        key = (handle.index, stream)
        if key in self._held or self.size_bytes == 0:
            return True
        piece = self._meter.allocate(self.size_bytes)
        if piece is None:
            return False
        self._held[key] = piece
        return True

    def _next_handle(self) -> int:
        if self._idle:
            return self._idle.pop()
        self._handles += 1
        return self._handles

    def clear(self) -> None:
        """As `torch._C._cuda_clearCublasWorkspaces`."""
        while self._held:
            self._meter.free(self._held.popitem()[1])


class _Handle:
    """A thread's cuBLAS handle; it is idle again when the thread ends."""

    __slots__ = ("_idle", "index")

    def __init__(self, idle: list[int], index: int) -> None:
        self._idle = idle
        self.index = index

    def __del__(self) -> None:
        self._idle.append(self.index)
