"""`UntypedStorage.resize_` on the device: other memory behind the same storage.

FSDP and offloading free a parameter's memory so (`resize_(0)`) and allocate it again, while tensors go on
pointing to the storage. A storage without an allocator of its own, as the device's are, can't be resized
by PyTorch: its pointer and size are written in place. Where they stand is found by looking, on a storage
whose values are known; where that is not plain to see, resizing is refused.
"""

from __future__ import annotations

import ctypes
from typing import Any

import torch

from .storage import Storages, block_of

# Words of a StorageImpl among which pointer and size are looked for.
IMPL_WORDS = 16


class Resizer:
    """Resizes storages of the device."""

    def __init__(self, storages: Storages) -> None:
        self._storages = storages
        self._places: tuple[int, int] | None = None

    def resize(self, storage: Any, size_bytes: int) -> None:
        """Gives a storage that many bytes; what fits of the old ones stays, as on CUDA."""
        if size_bytes == storage.nbytes():
            return
        if not self._storages.objects_last:
            raise RuntimeError("storages of the emulated device can't be resized with PyTorch 2.1")
        block = block_of(storage)
        if block.piece is None and storage.nbytes():
            raise RuntimeError("Trying to resize storage that is not resizable")
        pointer_at, size_at = self._find_places()
        fresh = self._storages.block(size_bytes)
        kept = min(size_bytes, storage.nbytes())
        if kept:
            ctypes.memmove(fresh.pointer, block.pointer, kept)
        block.take_over(fresh)
        words = _words(storage)
        words[pointer_at] = block.pointer
        words[size_at] = size_bytes

    def _find_places(self) -> tuple[int, int]:
        if self._places is None:
            candidates = []
            for size_bytes in (12345 * 16, 54321 * 16):
                storage = self._storages.allocate(size_bytes)
                words = _words(storage)
                candidates.append(
                    (
                        {i for i in range(IMPL_WORDS) if words[i] == storage.data_ptr()},
                        {i for i in range(IMPL_WORDS) if words[i] == size_bytes},
                    )
                )
            pointers = candidates[0][0] & candidates[1][0]
            sizes = candidates[0][1] & candidates[1][1]
            if len(pointers) != 1 or len(sizes) != 1:
                raise RuntimeError("storages of this PyTorch can't be resized on the emulated device")
            self._places = (pointers.pop(), sizes.pop())
        return self._places

    def replace_methods(self) -> None:
        """`UntypedStorage.resize_` of both kinds of devices."""
        resize_on_host = torch._C.StorageBase.resize_

        def resize_(storage: Any, size_bytes: int) -> Any:
            if storage.device.type != "cuda" or not _is_ours(storage):
                return resize_on_host(storage, size_bytes)
            self.resize(storage, int(size_bytes))
            return storage

        torch.UntypedStorage.resize_ = resize_
        torch.UntypedStorage.resizable = lambda storage: True


def _is_ours(storage: Any) -> bool:
    # In the app's main process a storage of the host may say that it is on the device.
    return torch._C.StorageBase.device.__get__(storage).type == "cuda"


def _words(storage: Any) -> Any:
    return ctypes.cast(storage._cdata, ctypes.POINTER(ctypes.c_uint64))
