"""Tensors on the device, and the same bytes as CPU tensors."""

from __future__ import annotations

import torch

from .dlpack import dlpack_tensor
from .driver import Driver
from .redispatch import CPU_KEYS, redispatcher
from .storage import Storages, block_of

aten = torch.ops.aten

class Tensors:
    """Turns CPU results into CUDA tensors and CUDA operands into CPU tensors."""

    def __init__(self, driver: Driver, storages: Storages) -> None:
        self.storages = storages
        self._keep: list[object] = []
        # By whether PyTorch tracks their versions: as the seed, so what is made of it.
        self._tracked: dict[torch.dtype, torch.Tensor] = {}
        self._untracked: dict[torch.dtype, torch.Tensor] = {}
        driver.at_start(self._start)
        self.set_memory = redispatcher(aten.set_.source_Storage_storage_offset)
        self.alias = redispatcher(aten.alias.default)
        self._view_as = redispatcher(aten.view.dtype)

    def _start(self) -> None:
        """Makes the tensors from which all others come. PyTorch marks CUDA as initialised on the way."""
        if self._tracked:
            return
        initialising = torch.cuda._tls
        initialising.is_initializing = True
        try:
            for untracked, seeds in ((False, self._tracked), (True, self._untracked)):
                with torch.inference_mode(untracked):
                    seeds[torch.uint8], keep = dlpack_tensor(0, 0, None)
                self._keep.append(keep)
        finally:
            del initialising.is_initializing

    def seed_of(self, dtype: torch.dtype, untracked: bool) -> torch.Tensor:
        """The seed of a tensor that is, or is not, what PyTorch calls an inference tensor.

        One made in inference mode has no version counter and stays so. Mixed up, `parameter.data = x`
        gives a tensor that PyTorch believes to have one.
        """
        seeds = self._untracked if untracked else self._tracked
        seed = seeds.get(dtype)
        if seed is None:
            with torch.inference_mode(untracked):
                seed = self._view_as(CPU_KEYS, seeds[torch.uint8], dtype)
            seeds[dtype] = seed
        return seed

    def wrap(
        self,
        storage: torch.UntypedStorage,
        dtype: torch.dtype,
        offset: int,
        size: torch.Size,
        stride: tuple[int, ...],
        untracked: bool,
    ) -> torch.Tensor:
        """A CUDA tensor over a CUDA storage; offset in elements."""
        empty = self.alias(CPU_KEYS, self.seed_of(dtype, untracked))
        return self.set_memory(CPU_KEYS, empty, storage, offset, size, stride)

    def to_device(self, host: torch.Tensor) -> torch.Tensor:
        """The CUDA tensor that takes over a fresh CPU result's memory."""
        dtype = host.dtype
        storage, block = self.storages.adopt_block(host.untyped_storage())
        untracked = torch.is_inference_mode_enabled()
        seed = (self._untracked if untracked else self._tracked).get(dtype)
        if seed is None:
            seed = self.seed_of(dtype, untracked)
        size, stride, offset = host.size(), host.stride(), host.storage_offset()
        tensor = self.set_memory(CPU_KEYS, self.alias(CPU_KEYS, seed), storage, offset, size, stride)
        if dtype.is_complex or host.is_neg():
            return with_bits_of(host, tensor)
        block.whole, block.size, block.stride, block.offset = host, size, stride, offset
        return tensor

    def over(self, operand: torch.Tensor, result: torch.Tensor) -> torch.Tensor:
        """An operand's own memory came back under another shape: as a CUDA tensor."""
        return self.wrap(
            operand.untyped_storage(),
            result.dtype,
            result.storage_offset(),
            result.size(),
            result.stride(),
            operand.is_inference(),
        )

    def to_host(self, tensor: torch.Tensor) -> torch.Tensor:
        """The CPU tensor over the same bytes, valid while the CUDA tensor lives."""
        flat = block_of(tensor.untyped_storage()).flat(tensor.dtype)
        view = flat.as_strided(tensor.size(), tensor.stride(), tensor.storage_offset())
        return with_bits_of(tensor, view)

    def replace_storage(self, tensor: torch.Tensor, host: torch.Tensor) -> None:
        """Gives an existing CUDA tensor the memory and shape of a CPU tensor."""
        storage = self.storages.adopt(host.untyped_storage())
        self.set_memory(
            CPU_KEYS, tensor, storage, host.storage_offset(), host.size(), host.stride()
        )

    def reshape(self, tensor: torch.Tensor, like: torch.Tensor) -> None:
        """Gives a CUDA tensor another shape over the same memory."""
        self.set_memory(
            CPU_KEYS,
            tensor,
            tensor.untyped_storage(),
            like.storage_offset(),
            like.size(),
            like.stride(),
        )


def with_bits_of(source: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
    """Conjugation and negation may be pending as bits of the tensor, not of its memory."""
    if source.dtype.is_complex and source.is_conj():
        target = torch._conj(target)
    if source.is_neg():
        target = torch._neg_view(target)
    return target
