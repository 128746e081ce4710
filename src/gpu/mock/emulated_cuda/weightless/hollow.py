"""NumPy arrays without values: an address of the reservation, a shape and a type.

What a package reads with NumPy and gives to PyTorch passes through without its bytes being touched: copies and
arithmetic give another such array, `torch.from_numpy` a tensor without values.
"""

from __future__ import annotations

import ctypes
from typing import Any

import numpy
import torch
from torch import Tensor

from .backing import NoBytes, Unknowns

# A smaller array is read for real.
LEAST_BYTES = 256 * 2**10


class Hollow(numpy.ndarray):
    """An array whose bytes nobody has written; views of it are ordinary views."""

    # The storage's stand-in, of a view that of the whole; and what makes another.
    unknowns: Unknowns
    backing: Any

    def __array_finalize__(self, whole: Any) -> None:
        if whole is not None:
            self.unknowns = getattr(whole, "unknowns", None)  # type: ignore[assignment]
            self.backing = getattr(whole, "backing", None)

    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, **options: Any) -> Any:
        """Arithmetic, comparisons: the shape and type of the result, from one element each."""
        if method != "__call__" or options.get("out") is not None:
            return NotImplemented
        shape = numpy.broadcast_shapes(*[numpy.shape(value) for value in inputs])
        ones = [_one_of(value) for value in inputs]
        result = getattr(ufunc, method)(*ones, **options)
        return hollow(self.unknowns, shape, numpy.asarray(result).dtype)

    def __array_function__(self, function: Any, types: Any, args: Any, options: Any) -> Any:
        if function is numpy.copy:
            return self.copy()
        return super().__array_function__(function, types, args, options)

    def copy(self, order: Any = "C") -> Hollow:
        """Another of its kind."""
        return hollow(self.unknowns, self.shape, self.dtype)

    def astype(self, dtype: Any, *_: Any, **__: Any) -> Hollow:
        """The same shape in another type."""
        return hollow(self.unknowns, self.shape, numpy.dtype(dtype))


def _one_of(value: Any) -> Any:
    if isinstance(value, (bool, int, float, complex)):
        # Python's numbers take the other operand's type.
        return value
    array = numpy.asarray(value)
    return array if array.ndim == 0 else numpy.ones((1,), array.dtype)


def hollow(unknowns: Unknowns, shape: Any, dtype: Any) -> Hollow:
    """An array of that shape and type."""
    dtype = numpy.dtype(dtype)
    size_bytes = int(numpy.prod(shape, dtype=numpy.int64)) * dtype.itemsize
    backing = NoBytes(unknowns.reservation, size_bytes)
    if not size_bytes:
        array = numpy.empty(shape, dtype).view(Hollow)
    else:
        buffer = (ctypes.c_char * size_bytes).from_address(backing.data_ptr())
        array = numpy.ndarray(shape, dtype, buffer=buffer).view(Hollow)
    array.unknowns = unknowns
    array.backing = backing
    return array


def receive_hollow(unknowns: Unknowns) -> None:
    """Has `torch.from_numpy` give a tensor without values for such an array."""
    from_numpy = torch.from_numpy

    def receive(array: Any) -> Tensor:
        if not isinstance(array, Hollow) or not array.size:
            return from_numpy(array)
        dtype = from_numpy(numpy.empty(0, array.dtype)).dtype
        shape = torch.empty(array.shape, dtype=dtype, device="meta")
        return unknowns.tensor(False, dtype, shape.size(), shape.stride(), shape.untyped_storage().nbytes())

    torch.from_numpy = receive
