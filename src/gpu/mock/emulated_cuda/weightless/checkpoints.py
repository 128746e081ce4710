"""`torch.load` of checkpoints whose weights are not read.

A file that `torch.save` writes is a zip archive: a pickle that says what there is, and a member for each
storage (torch/serialization.py). The pickle is read, the members are not, but those of small integers.
"""

from __future__ import annotations

import os
import pickle
import threading
import zipfile
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from .executor import WeightlessKernels
from .headers import MOST_READ_BYTES

# A file in another format, and one that is not a file, is PyTorch's; one above this would be read in full.
MOST_LEGACY_BYTES = 256 * 2**20


def replace_load(kernels: WeightlessKernels) -> None:
    """Has `torch.load` read no weights."""
    load = torch.load
    loading = threading.local()
    rebuild = torch._utils._rebuild_tensor

    def rebuild_tensor(storage: Any, offset: int, size: Any, stride: Any) -> Tensor:
        bare = storage._untyped_storage
        if getattr(loading, "unknown", None) is None or bare not in loading.unknown:
            return rebuild(storage, offset, size, stride)
        return kernels.unknowns.over(bare, False, storage.dtype, size, stride, offset)

    def weightless_load(
        f: Any,
        map_location: Any = None,
        pickle_module: Any = None,
        *,
        weights_only: bool | None = None,
        mmap: bool | None = None,
        **options: Any,
    ) -> Any:
        if not is_archive(f):
            refuse_large(f)
            return load(
                f, map_location, pickle_module, weights_only=weights_only, mmap=mmap, **options
            )
        loading.unknown = unknown = Storages()
        try:
            found = read_archive(kernels, f, unknown, weights_only is not False, pickle_module)
        finally:
            loading.unknown = None
        was_on_device = unknown.locations and all(place.startswith("cuda") for place in unknown.locations)
        return moved(found, "cuda" if map_location is None and was_on_device else map_location)

    torch._utils._rebuild_tensor = rebuild_tensor
    torch.load = weightless_load


class Storages:
    """Storages without values, by identity."""

    def __init__(self) -> None:
        self._kept: dict[int, Any] = {}
        # Where they and all others were when they were saved.
        self.locations: set[str] = set()

    def add(self, storage: torch.UntypedStorage) -> None:
        """Counts a storage as one of them."""
        self._kept[storage._cdata] = storage

    def __contains__(self, storage: torch.UntypedStorage) -> bool:
        return storage._cdata in self._kept


def is_archive(file: Any) -> bool:
    """Whether it is a path of an archive that `torch.save` has written, and no compiled program."""
    if not isinstance(file, (str, os.PathLike)) or not zipfile.is_zipfile(file):
        return False
    with zipfile.ZipFile(file) as archive:
        names = archive.namelist()
    return any(name.endswith("/data.pkl") for name in names) and not any(
        name.endswith("/constants.pkl") for name in names
    )


def refuse_large(file: Any) -> None:
    """A pickle of before PyTorch 1.6 has its weights within: a large one is not read."""
    if not isinstance(file, (str, os.PathLike)) or not os.path.isfile(file):
        return
    size = os.path.getsize(file)
    if size > MOST_LEGACY_BYTES:
        raise RuntimeError(
            f"the weightless device does not read {os.fspath(file)} ({size >> 20} MiB): it is no archive of"
            " torch.save, so that what is in it can't be told without reading all of it. Use safetensors."
        )


def read_archive(
    kernels: WeightlessKernels, file: Any, unknown: Storages, weights_only: bool, pickle_module: Any
) -> Any:
    """What the pickle describes; its tensors are of the CPU."""
    with zipfile.ZipFile(file) as archive:
        name = next(name for name in archive.namelist() if name.endswith("/data.pkl"))
        folder = name.removesuffix("data.pkl")
        made: dict[str, Any] = {}

        def storage_of(described: Any) -> Any:
            _, kind, key, location, count = described
            unknown.locations.add(location)
            if key not in made:
                made[key] = make_storage(kernels, archive, f"{folder}data/{key}", kind, count, unknown)
            return made[key]

        with archive.open(name) as text:
            if weights_only:
                from torch import _weights_only_unpickler as safe

                unpickler: Any = safe.Unpickler(text, encoding="utf-8")
            else:
                unpickler = unpickler_of(pickle_module or pickle)(text, encoding="utf-8")
            unpickler.persistent_load = storage_of
            return unpickler.load()


def unpickler_of(pickle_module: Any) -> Any:
    """An unpickler that knows the old names of storages' types, as `torch.load` has it."""

    class Unpickler(pickle_module.Unpickler):
        def find_class(self, module: str, name: str) -> Any:
            if module == "torch" and name.endswith("Storage"):
                return torch.serialization.StorageType(name)
            return super().find_class(module, name)

    return Unpickler


def make_storage(
    kernels: WeightlessKernels,
    archive: zipfile.ZipFile,
    member: str,
    kind: Any,
    count: int,
    unknown: Storages,
) -> Any:
    """One storage; with its values where they are small integers."""
    dtype: torch.dtype = torch.uint8 if kind is torch.UntypedStorage else kind.dtype
    size = count * torch._utils._element_size(dtype)
    is_float = dtype.is_floating_point or dtype.is_complex
    if size <= MOST_READ_BYTES and not is_float:
        bare = torch.UntypedStorage(size)
        if size:
            values = torch.frombuffer(bytearray(archive.read(member)), dtype=torch.uint8)
            torch.empty(0, dtype=torch.uint8, device="cpu").set_(bare).copy_(values)
    else:
        bare = kernels.unknowns.host_storage(size)
        unknown.add(bare)
    return torch.storage.TypedStorage(wrap_storage=bare, dtype=dtype, _internal=True)


def moved(value: Any, where: Any) -> Any:
    """The tensors of what was loaded, where `map_location` wants them."""
    if where is None or callable(where) or isinstance(where, dict):
        return value
    return each_tensor(value, lambda tensor: tensor.to(where))


def each_tensor(value: Any, change: Callable[[Tensor], Tensor]) -> Any:
    """A nest of dictionaries, lists and tuples with its tensors changed."""
    if isinstance(value, Tensor):
        return change(value)
    if isinstance(value, dict):
        for name, item in value.items():
            value[name] = each_tensor(item, change)
        return value
    if isinstance(value, list):
        return [each_tensor(item, change) for item in value]
    if type(value) is tuple:
        return tuple(each_tensor(item, change) for item in value)
    return value
