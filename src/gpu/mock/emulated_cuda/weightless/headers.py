"""Files of safetensors, of which only the header is read: names, types and shapes.

The header says everything but the values (safetensors' README, "Format": eight bytes with its length, then
JSON, then the data). A floating-point tensor has no values here anyway. Integers and booleans steer programs:
up to `MOST_READ_BYTES` they are read from the file.
"""

from __future__ import annotations

import json
import os
from typing import Any

import torch
from torch import Tensor

from .executor import WeightlessKernels

# Names in a header to types; a release of PyTorch lacks those that it does not know.
DTYPES = {
    name: getattr(torch, attribute)
    for name, attribute in {
        "F64": "float64",
        "F32": "float32",
        "F16": "float16",
        "BF16": "bfloat16",
        "I64": "int64",
        "I32": "int32",
        "I16": "int16",
        "I8": "int8",
        "U64": "uint64",
        "U32": "uint32",
        "U16": "uint16",
        "U8": "uint8",
        "BOOL": "bool",
        "C64": "complex64",
        "F8_E4M3": "float8_e4m3fn",
        "F8_E5M2": "float8_e5m2",
        "F8_E8M0": "float8_e8m0fnu",
    }.items()
    if hasattr(torch, attribute)
}
# As safetensors has it.
MOST_HEADER_BYTES = 100_000_000
MOST_READ_BYTES = 2**20
# Without their values such integers are quantised weights; larger ones steer programs.
QUANTISED = (torch.int8, torch.uint8)
# How bitsandbytes' 4-bit layers are described: JSON as integers (bitsandbytes 0.50.2, functional.py, QuantState).
DESCRIBED = ".quant_state.bitsandbytes__"


class Entry:
    """What a header says of one tensor."""

    __slots__ = ("begin", "dtype", "end", "kind", "shape")

    def __init__(self, described: dict[str, Any]) -> None:
        self.kind: str = described["dtype"]
        self.shape: list[int] = list(described["shape"])
        self.begin, self.end = described["data_offsets"]
        self.dtype: torch.dtype | None = DTYPES.get(self.kind)


def read_header(path: str | os.PathLike[str]) -> tuple[dict[str, Any], int]:
    """The header as JSON has it, and where the data begin; raises ValueError for another format."""
    with open(path, "rb") as file:
        length = int.from_bytes(file.read(8), "little")
        if not 2 <= length <= MOST_HEADER_BYTES:
            raise ValueError(f"{os.fspath(path)} is no safetensors file: its header would have {length} bytes")
        text = file.read(length)
    if len(text) < length:
        raise ValueError(f"{os.fspath(path)} ends within its header")
    return json.loads(text), 8 + length


def reader_of(kernels: WeightlessKernels, real: Any, error: type[Exception]) -> Any:
    """The class that takes the place of `safetensors.safe_open`.

    Args:
        real: safetensors' own, for other frameworks than PyTorch
        error: safetensors' error, for what is wrong with a file
    """

    class HeaderOnly:
        """`safetensors.safe_open` that reads no weights."""

        def __new__(cls, filename: Any, framework: str = "pt", *args: Any, **kwargs: Any) -> Any:
            if framework not in ("pt", "torch", "pytorch"):
                return real(filename, framework, *args, **kwargs)
            return super().__new__(cls)

        def __init__(self, filename: Any, framework: str = "pt", device: Any = "cpu", **_: Any) -> None:
            if not os.path.exists(filename):
                raise FileNotFoundError(f"No such file or directory: {os.fspath(filename)}")
            try:
                header, self._start = read_header(filename)
            except ValueError as problem:
                raise error(str(problem)) from None
            self._path = os.fspath(filename)
            self._device = torch.device(f"cuda:{device}" if isinstance(device, int) else device)
            self._metadata = header.pop("__metadata__", None)
            self._entries = {name: Entry(described) for name, described in header.items()}

        def __enter__(self) -> HeaderOnly:
            return self

        def __exit__(self, *_: Any) -> None:
            pass

        def metadata(self) -> dict[str, str] | None:
            """What the file says of itself."""
            return self._metadata

        def keys(self) -> list[str]:
            """Names of the tensors."""
            return list(self._entries)

        def offset_keys(self) -> list[str]:
            """Names of the tensors, in the order of the file."""
            return sorted(self._entries, key=lambda name: self._entries[name].begin)

        def get_tensor(self, name: str) -> Tensor:
            """A tensor without values."""
            entry = self._entry(name)
            tensor = tensor_of(kernels, self._path, self._start, entry)
            return tensor if self._device.type == "cpu" else tensor.to(self._device)

        def get_tensors(self, names: Any = None) -> dict[str, Tensor]:
            """All of them."""
            return {name: self.get_tensor(name) for name in (names or self.keys())}

        def get_slice(self, name: str) -> Slice:
            """A part of one, to be said by its index."""
            return Slice(self._entry(name), lambda: self.get_tensor(name))

        def _entry(self, name: str) -> Entry:
            entry = self._entries.get(name)
            if entry is None:
                raise error(f"File does not contain tensor {name}")
            if entry.dtype is None:
                raise error(f"the weightless device knows no type {entry.kind} ({name} in {self._path})")
            return entry

    HeaderOnly.__name__ = "safe_open"
    return HeaderOnly


class Slice:
    """`safetensors.PySafeSlice`."""

    def __init__(self, entry: Entry, read: Any) -> None:
        self._entry = entry
        self._read = read

    def get_shape(self) -> list[int]:
        """Shape of the whole tensor."""
        return list(self._entry.shape)

    def get_dtype(self) -> str:
        """Its type, as the header names it."""
        return self._entry.kind

    def __getitem__(self, index: Any) -> Tensor:
        whole: Tensor = self._read()
        # What has been cut out is a tensor of its own, as there.
        return whole if index is Ellipsis else whole[index].contiguous()


def tensor_of(kernels: WeightlessKernels, path: str, start: int, entry: Entry) -> Tensor:
    """A tensor of the CPU as a header describes it; small integers with the file's values."""
    dtype = entry.dtype
    assert dtype is not None
    size_bytes = entry.end - entry.begin
    is_float = dtype.is_floating_point or dtype.is_complex
    begin, end = start + entry.begin, start + entry.end
    if not size_bytes:
        return torch.empty(entry.shape, dtype=dtype, device="cpu")
    is_read = not is_float and size_bytes <= MOST_READ_BYTES
    if is_read and (dtype not in QUANTISED or file_has_data(path, begin, end)):
        return read_values(kernels, path, begin, size_bytes, dtype).reshape(entry.shape)
    shape = torch.empty(entry.shape, dtype=dtype, device="meta")
    return kernels.unknowns.tensor(False, dtype, shape.size(), shape.stride(), size_bytes)


def read_values(
    kernels: WeightlessKernels, path: str, start: int, size_bytes: int, dtype: torch.dtype
) -> Tensor:
    """Values out of a file; zeros, and counted, where the file has a hole."""
    with open(path, "rb") as file:
        if not has_data(file.fileno(), start, start + size_bytes):
            kernels.policy.count("safetensors")
        file.seek(start)
        values = bytearray(file.read(size_bytes).ljust(size_bytes, b"\0"))
    return torch.frombuffer(values, dtype=dtype)


def file_has_data(path: str, start: int, end: int) -> bool:
    """The same of a file that is not open."""
    with open(path, "rb") as file:
        return has_data(file.fileno(), start, end)


def has_data(descriptor: int, start: int, end: int) -> bool:
    """Whether a file has something in all of a range, and no hole."""
    seek_hole = getattr(os, "SEEK_HOLE", None)
    if seek_hole is None:
        return True
    try:
        return os.lseek(descriptor, start, seek_hole) >= end
    except OSError:
        return False
