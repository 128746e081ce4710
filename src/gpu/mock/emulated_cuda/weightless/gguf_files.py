"""Files of GGUF, of which only the header is read: names, types and shapes of the blocks.

The header says all but the values (ggml's docs/gguf.md). Quantised blocks stay what they are in the file:
bytes that the Space's own packages unpack on the device.
"""

from __future__ import annotations

import importlib.util
import struct
from typing import Any

import torch

from .executor import WeightlessKernels
from .hollow import LEAST_BYTES, hollow, receive_hollow

MAGIC = b"GGUF"
# Bytes of a value by its type's number; 8 is a string, 9 an array.
WIDTHS = {0: 1, 1: 1, 2: 2, 3: 2, 4: 4, 5: 4, 6: 4, 7: 1, 10: 8, 11: 8, 12: 8}
STRING, ARRAY = 8, 9
VERSIONS = (2, 3)


class TooShort(Exception):
    """The header goes on beyond the bytes that are there."""


class Reader:
    """Walks through a header."""

    def __init__(self, start: bytes) -> None:
        self._start = start
        self.at = 0

    def number(self, form: str) -> int:
        """The next number."""
        size = struct.calcsize(form)
        if self.at + size > len(self._start):
            raise TooShort
        (value,) = struct.unpack_from(form, self._start, self.at)
        self.at += size
        return int(value)

    def skip(self, size: int) -> None:
        """Goes on by so many bytes."""
        self.at += size
        if self.at > len(self._start):
            raise TooShort

    def string(self) -> None:
        """The next string."""
        self.skip(self.number("<Q"))

    def value(self, kind: int) -> None:
        """The next value of metadata."""
        if kind == STRING:
            self.string()
        elif kind == ARRAY:
            of, count = self.number("<I"), self.number("<Q")
            if of in WIDTHS:
                self.skip(count * WIDTHS[of])
                return
            for _ in range(count):
                self.value(of)
        elif kind in WIDTHS:
            self.skip(WIDTHS[kind])
        else:
            raise ValueError(f"a value of type {kind}")


def header_length(start: bytes) -> int:
    """Bytes before the data, padding left out; raises TooShort, and ValueError for another format."""
    if start[:4] != MAGIC:
        raise ValueError("no GGUF file: it begins with other bytes")
    reader = Reader(start)
    reader.skip(4)
    version = reader.number("<I")
    if version not in VERSIONS:
        raise ValueError(f"GGUF of version {version}")
    tensors, entries = reader.number("<Q"), reader.number("<Q")
    for _ in range(entries):
        reader.string()
        reader.value(reader.number("<I"))
    for _ in range(tensors):
        reader.string()
        reader.skip(8 * reader.number("<I"))
        reader.skip(12)
    return reader.at


def read_no_blocks(package: Any, kernels: WeightlessKernels) -> None:
    """Has gguf's reader and its dequantisation touch no large tensor; for the package itself (0.19.0)."""
    receive_hollow(kernels.unknowns)
    build = package.GGUFReader._build_tensors
    dequantize = package.dequantize

    def build_tensors(reader: Any, *args: Any) -> None:
        build(reader, *args)
        reader.tensors = [
            tensor._replace(data=hollow(kernels.unknowns, tensor.data.shape, tensor.data.dtype))
            if tensor.n_bytes > LEAST_BYTES
            else tensor
            for tensor in reader.tensors
        ]

    def dequantize_none(data: Any, kind: Any) -> Any:
        if data.nbytes <= LEAST_BYTES:
            return dequantize(data, kind)
        block, size = package.GGML_QUANT_SIZES[kind]
        plain = {"F32": "float32", "F16": "float16"}.get(kind.name)
        if plain is not None:
            return data.view(plain)
        shape = (*data.shape[:-1], data.shape[-1] // size * block)
        return hollow(kernels.unknowns, shape, "float32")

    package.GGUFReader._build_tensors = build_tensors
    package.dequantize = dequantize_none


def read_no_mapped_blocks(reader: Any, kernels: WeightlessKernels) -> None:
    """The same for transformers' own reader; for transformers/integrations/gguf/reader.py (5.23.0)."""
    lazy = getattr(reader, "LazyGgufTensor", None)
    types = getattr(reader, "_TORCH_DTYPE", None)
    if lazy is None or types is None:
        return
    read = lazy.__getitem__

    def read_none(self: Any, index: Any) -> Any:
        if self.data.nbytes <= LEAST_BYTES:
            return read(self, index)
        dtype = types.get(self.ggml_type, torch.uint8)
        shape = torch.empty(self.shape, dtype=dtype, device="meta")
        return kernels.unknowns.tensor(
            False, dtype, shape.size(), shape.stride(), shape.untyped_storage().nbytes()
        )

    lazy.__getitem__ = read_none


def miss_kernels(module: Any, kernels: WeightlessKernels) -> None:
    """Says what is missing where a card would multiply by blocks; for transformers/integrations/gguf/kernels.py."""
    get = getattr(module, "get_gguf_kernel", None)
    if get is None:
        return

    def get_gguf_kernel() -> Any:
        if importlib.util.find_spec("kernels") is not None:
            kernels.lacks.add("GGUF by the package kernels (its weights are unpacked here, and packed on a card)")
        return get()

    module.get_gguf_kernel = get_gguf_kernel
