"""Where a tensor without values lives: an address, a size, and nothing behind it."""

from __future__ import annotations

from typing import Any

import torch

from ..redispatch import CPU_KEYS
from ..storage import CPU, Storages
from ..tensors import Tensors
from .marks import mark
from .reserve import Reservation

# Values are kept up to these sizes. Integers and booleans steer a program: lengths, masks, tokens.
# Larger ones are quantised weights. Small floating-point tensors are schedules, positions, latents.
MOST_INTEGER_BYTES = 64 * 2**20
MOST_FLOAT_BYTES = 256 * 2**10

_from_pointer = torch._C._construct_storage_from_data_pointer


class NoBytes:
    """Stands where a storage's memory would: the same two questions, and the address goes back at the end."""

    __slots__ = ("_pointer", "_reservation", "_size_bytes")

    def __init__(self, reservation: Reservation, size_bytes: int) -> None:
        self._reservation = reservation
        self._size_bytes = size_bytes
        self._pointer = reservation.take(size_bytes) if size_bytes else 0

    def nbytes(self) -> int:
        """The storage's size."""
        return self._size_bytes

    def data_ptr(self) -> int:
        """The storage's address; 0 without a size."""
        return self._pointer

    def __del__(self) -> None:
        if self._pointer:
            self._reservation.give_back(self._pointer, self._size_bytes)


def keeps_values(size_bytes: int, dtype: torch.dtype) -> bool:
    """Whether a tensor whose values can be known is computed for real."""
    is_float = dtype.is_floating_point or dtype.is_complex
    return size_bytes <= (MOST_FLOAT_BYTES if is_float else MOST_INTEGER_BYTES)


class Unknowns:
    """Makes tensors without values, on the device and on the CPU."""

    def __init__(self, storages: Storages, tensors: Tensors) -> None:
        self.reservation = Reservation()
        self._storages = storages
        self._tensors = tensors
        self._seeds: dict[tuple[bool, bool, torch.dtype], torch.Tensor] = {}

    def device_storage(self, size_bytes: int) -> torch.UntypedStorage:
        """A storage of the device, on its meter; raises torch.OutOfMemoryError."""
        backing: Any = NoBytes(self.reservation, size_bytes)
        return self._storages.adopt(backing)

    def host_storage(self, size_bytes: int) -> torch.UntypedStorage:
        """A storage of the CPU."""
        backing = NoBytes(self.reservation, size_bytes)
        storage = _from_pointer(backing.data_ptr(), CPU, size_bytes)
        storage._zerogpu_backing = backing
        self._storages.keep_attributes(storage)
        return storage

    def tensor(
        self,
        on_device: bool,
        dtype: torch.dtype,
        size: Any,
        stride: Any,
        storage_bytes: int,
        offset: int = 0,
    ) -> torch.Tensor:
        """A tensor with a storage of its own; offset in elements."""
        storage = self.device_storage(storage_bytes) if on_device else self.host_storage(storage_bytes)
        return self.over(storage, on_device, dtype, size, stride, offset)

    def over(
        self,
        storage: torch.UntypedStorage,
        on_device: bool,
        dtype: torch.dtype,
        size: Any,
        stride: Any,
        offset: int,
    ) -> torch.Tensor:
        """A tensor over a storage that has no values."""
        untracked = torch.is_inference_mode_enabled()
        seed = self._seeds.get((on_device, untracked, dtype))
        if seed is None:
            seed = self._seed(on_device, untracked, dtype)
        empty = self._tensors.alias(CPU_KEYS, seed)
        return self._tensors.set_memory(CPU_KEYS, empty, storage, offset, size, stride)

    def _seed(self, on_device: bool, untracked: bool, dtype: torch.dtype) -> torch.Tensor:
        """An empty tensor with the mark; those made of it have the mark too."""
        with torch.inference_mode(untracked):
            if on_device:
                seed = self._tensors.alias(CPU_KEYS, self._tensors.seed_of(dtype, untracked))
            else:
                seed = torch.empty(0, dtype=dtype, device="cpu")
        self._seeds[on_device, untracked, dtype] = mark(seed)
        return seed
