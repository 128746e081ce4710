"""`spaces` packs the tensors on `cuda` when an app starts, and a worker unpacks them: without values, neither.

Packing writes each tensor to disk and unpacking reads it, gigabytes for a model. A tensor without values is
kept out of the file; in the worker it comes to the device at the same point of the start, with its size on
the meter.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from .executor import WeightlessKernels
from .marks import is_unknown

Callback = Callable[[int], Any]


def pack_without_values(packing: Any, kernels: WeightlessKernels) -> None:
    """Replaces both functions of `spaces.zero.torch.packing`."""
    pack = packing.pack_tensors
    unpack = packing.pack_to_cuda

    def pack_tensors(
        tensors: set[Tensor],
        fakes: dict[Tensor, list[Tensor]],
        offload_dir: str,
        callback: Callback | None = None,
    ) -> Any:
        empty = [tensor for tensor in tensors if is_unknown(tensor)]
        known = {tensor for tensor in tensors if not is_unknown(tensor)}
        done = pack(known, {tensor: fakes[tensor] for tensor in known}, offload_dir, callback)
        done.without_values = [(_shape_of(tensor), fakes[tensor]) for tensor in empty]
        for tensor in empty:
            done.total_size += _bytes_of(tensor)
            if callback is not None:
                callback(_bytes_of(tensor))
        return done

    def pack_to_cuda(done: Any, callback: Callback | None = None) -> None:
        kernels.driver.require()
        unpack(done, callback)
        for shape, fakes in getattr(done, "without_values", ()):
            tensor = kernels.unknowns.tensor(
                True, shape.dtype, shape.size(), shape.stride(), shape.untyped_storage().nbytes()
            )
            for fake in fakes:
                fake.data = tensor
            if callback is not None:
                callback(_bytes_of(shape))

    packing.pack_tensors = pack_tensors
    packing.pack_to_cuda = pack_to_cuda


def _shape_of(tensor: Tensor) -> Tensor:
    # `spaces` gives its tensors a class of their own in the app's main process; a shape is enough.
    with torch._C.DisableTorchFunction():
        return torch.empty_strided(tensor.size(), tensor.stride(), dtype=tensor.dtype, device="meta")


def _bytes_of(tensor: Tensor) -> int:
    return tensor.numel() * tensor.element_size()
