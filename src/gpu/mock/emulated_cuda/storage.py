"""Storages on the device: CUDA's tag over host memory."""

from __future__ import annotations

from typing import Any

import torch

from .blocks import Piece
from .by_memory import found_by_memory, release_ended, storage_for
from .errors import out_of_memory
from .meter import Meter
from .preserve import preserver

CUDA = torch.device("cuda", 0)
CPU = torch.device("cpu")

_from_pointer = torch._C._construct_storage_from_data_pointer


class Block:
    """Owner of one storage's host memory, kept alive by the CUDA storage that it hangs on.

    PyTorch keeps a storage's Python object for as long as its C++ side lives: when that goes, the
    block goes, the memory is freed, and the meter gets its bytes back.
    """

    __slots__ = ("host", "meter", "offset", "piece", "pointer", "size", "stride", "views", "whole")

    def __init__(self, host: torch.UntypedStorage, meter: Meter) -> None:
        self.meter = meter
        self.piece: Piece | None = None
        size_bytes = host.nbytes()
        if size_bytes:
            self.count(size_bytes, meter)
        self.host = host
        self.pointer = host.data_ptr()
        # One flat CPU tensor per dtype: an operand is one as_strided away.
        self.views: dict[torch.dtype, torch.Tensor] = {}
        # The CPU tensor that the memory came with: most operands have its very shape.
        self.whole: torch.Tensor | None = None
        self.size: torch.Size | None = None
        self.stride: tuple[int, ...] = ()
        self.offset = 0

    def count(self, size_bytes: int, meter: Meter) -> None:
        """Takes the block's bytes from the slice; raises torch.OutOfMemoryError without room."""
        piece = meter.allocate(size_bytes)
        if piece is None:
            raise out_of_memory(size_bytes, meter)
        self.piece = piece

    def __del__(self) -> None:
        if self.piece is not None:
            self.meter.free(self.piece)

    def take_over(self, other: Block) -> None:
        """Has the other's memory from now on; its own is given back."""
        self.piece, other.piece = other.piece, self.piece
        self.host, other.host = other.host, self.host
        self.pointer = self.host.data_ptr()
        self.views = {}
        self.whole = None

    def flat(self, dtype: torch.dtype) -> torch.Tensor:
        """All of the memory as a one-dimensional CPU tensor that does not own it."""
        view = self.views.get(dtype)
        if view is None:
            size_bytes = self.host.nbytes()
            # Over the pointer and not over `host`: an operator must never resize what the CUDA
            # storage points to. Without an allocator it refuses to.
            storage = _from_pointer(self.pointer, CPU, size_bytes)
            view = torch.empty(0, dtype=dtype)
            view.set_(storage, 0, (size_bytes // view.element_size(),), (1,))
            self.views[dtype] = view
        return view


class Storages:
    """Makes CUDA storages and finds the blocks behind them."""

    def __init__(self, meter: Meter) -> None:
        self.meter = meter
        self._preserve = preserver()
        self.objects_last = objects_last()
        if not self.objects_last:
            meter.collect = release_ended

    def adopt(self, host: torch.UntypedStorage) -> torch.UntypedStorage:
        """A CUDA storage over the memory of a CPU storage, which belongs to it from now on."""
        return self.adopt_block(host)[0]

    def adopt_block(self, host: torch.UntypedStorage) -> tuple[torch.UntypedStorage, Block]:
        """The same, with its block."""
        block = Block(host, self.meter)
        if not self.objects_last and block.pointer:
            return storage_for(block), block
        storage = _from_pointer(block.pointer, CUDA, host.nbytes())
        storage._zerogpu_block = block
        self.keep_attributes(storage)
        return storage, block

    def keep_attributes(self, storage: torch.UntypedStorage) -> None:
        """To be called once for a storage on which something hangs."""
        if self._preserve is not None:
            self._preserve(storage)

    def block(self, size_bytes: int) -> Block:
        """A block without a storage; raises torch.OutOfMemoryError before any memory is touched."""
        self.admit(size_bytes)
        return Block(torch.UntypedStorage(size_bytes), self.meter)

    def admit(self, size_bytes: int) -> None:
        """Raises torch.OutOfMemoryError where there can't be room, before the host gives any."""
        if self.meter.fits(size_bytes):
            return
        # Counted as refused, after what is cached was returned.
        piece = self.meter.allocate(size_bytes)
        if piece is None:
            raise out_of_memory(size_bytes, self.meter)
        self.meter.free(piece)

    def allocate(self, size_bytes: int) -> torch.UntypedStorage:
        """Uninitialised device memory; raises torch.OutOfMemoryError before any is touched."""
        self.admit(size_bytes)
        return self.adopt(torch.UntypedStorage(size_bytes))


def objects_last() -> bool:
    """Whether a storage keeps the attributes of its Python object."""
    tensor = torch.empty(1)
    tensor.untyped_storage()._zerogpu_trial = True
    return hasattr(tensor.untyped_storage(), "_zerogpu_trial")


def block_of(storage: Any) -> Block:
    """The block behind a CUDA storage."""
    try:
        return storage._zerogpu_block
    except AttributeError:
        return found_by_memory(storage.data_ptr()) or borrow(storage)


def borrow(storage: Any) -> Block:
    """A block for a storage that C++ has made over a part of another one's memory.

    Its bytes are host memory like all of the device's, counted where they belong already.
    """
    block = Block.__new__(Block)
    block.piece = None
    block.host = storage
    block.pointer = storage.data_ptr()
    block.views = {}
    block.whole = None
    # Hung on the storage it would keep alive what keeps it alive.
    return block
