"""Tensors on the device, and the same bytes as CPU tensors."""

from __future__ import annotations

import ctypes

import torch

from .driver import Driver
from .storage import Storages, block_of

aten = torch.ops.aten

# Kernels that only change a tensor's shape are the CPU's own, run on the CUDA tensor itself.
CPU_KEYS = torch._C.DispatchKeySet(torch._C.DispatchKey.CPU)

DLPACK_CUDA = 2
DLPACK_UINT = 1


class _DLDevice(ctypes.Structure):
    _fields_ = [("device_type", ctypes.c_int32), ("device_id", ctypes.c_int32)]


class _DLDataType(ctypes.Structure):
    _fields_ = [("code", ctypes.c_uint8), ("bits", ctypes.c_uint8), ("lanes", ctypes.c_uint16)]


class _DLTensor(ctypes.Structure):
    _fields_ = [
        ("data", ctypes.c_void_p),
        ("device", _DLDevice),
        ("ndim", ctypes.c_int32),
        ("dtype", _DLDataType),
        ("shape", ctypes.POINTER(ctypes.c_int64)),
        ("strides", ctypes.POINTER(ctypes.c_int64)),
        ("byte_offset", ctypes.c_uint64),
    ]


class _DLManagedTensor(ctypes.Structure):
    _fields_ = [
        ("dl_tensor", _DLTensor),
        ("manager_ctx", ctypes.c_void_p),
        ("deleter", ctypes.c_void_p),
    ]


class Tensors:
    """Turns CPU results into CUDA tensors and CUDA operands into CPU tensors."""

    def __init__(self, driver: Driver, storages: Storages) -> None:
        self.storages = storages
        self._keep: list[object] = []
        self._seeds: dict[torch.dtype, torch.Tensor] = {}
        driver.at_start(self._start)
        self._set = aten.set_.source_Storage_storage_offset._handle.redispatch_boxed
        self._alias = aten.alias.default._handle.redispatch_boxed

    def _start(self) -> None:
        """Makes the tensor from which all others come. PyTorch marks CUDA as initialised on the way."""
        if self._seeds:
            return
        initialising = torch.cuda._tls
        initialising.is_initializing = True
        try:
            self._seeds[torch.uint8] = self._first_cuda_tensor()
        finally:
            del initialising.is_initializing

    def _first_cuda_tensor(self) -> torch.Tensor:
        """An empty tensor with CUDA's dispatch key: DLPack may claim any device for a pointer."""
        new_capsule = ctypes.pythonapi.PyCapsule_New
        new_capsule.restype = ctypes.py_object
        new_capsule.argtypes = [ctypes.c_void_p, ctypes.c_char_p, ctypes.c_void_p]
        shape = (ctypes.c_int64 * 1)(0)
        strides = (ctypes.c_int64 * 1)(1)
        managed = _DLManagedTensor()
        tensor = managed.dl_tensor
        tensor.data = ctypes.addressof(shape)
        tensor.device = _DLDevice(DLPACK_CUDA, 0)
        tensor.ndim = 1
        tensor.dtype = _DLDataType(DLPACK_UINT, 8, 1)
        tensor.shape = shape
        tensor.strides = strides
        self._keep += [managed, shape, strides]
        capsule = new_capsule(ctypes.addressof(managed), b"dltensor", None)
        return torch._C._from_dlpack(capsule)

    def _seed_of(self, dtype: torch.dtype) -> torch.Tensor:
        seed = self._seeds.get(dtype)
        if seed is None:
            seed = aten.view.dtype.redispatch(CPU_KEYS, self._seeds[torch.uint8], dtype)
            self._seeds[dtype] = seed
        return seed

    def wrap(
        self,
        storage: torch.UntypedStorage,
        dtype: torch.dtype,
        offset: int,
        size: torch.Size,
        stride: tuple[int, ...],
    ) -> torch.Tensor:
        """A CUDA tensor over a CUDA storage; offset in elements."""
        empty = self._alias(CPU_KEYS, self._seed_of(dtype))
        return self._set(CPU_KEYS, empty, storage, offset, size, stride)

    def to_device(self, host: torch.Tensor) -> torch.Tensor:
        """The CUDA tensor that takes over a fresh CPU result's memory."""
        dtype = host.dtype
        storage = self.storages.adopt(host.untyped_storage())
        seed = self._seeds.get(dtype)
        if seed is None:
            seed = self._seed_of(dtype)
        block = storage._zerogpu_block
        size, stride, offset = host.size(), host.stride(), host.storage_offset()
        tensor = self._set(CPU_KEYS, self._alias(CPU_KEYS, seed), storage, offset, size, stride)
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
        )

    def to_host(self, tensor: torch.Tensor) -> torch.Tensor:
        """The CPU tensor over the same bytes, valid while the CUDA tensor lives."""
        flat = block_of(tensor.untyped_storage()).flat(tensor.dtype)
        view = flat.as_strided(tensor.size(), tensor.stride(), tensor.storage_offset())
        return with_bits_of(tensor, view)

    def replace_storage(self, tensor: torch.Tensor, host: torch.Tensor) -> None:
        """Gives an existing CUDA tensor the memory and shape of a CPU tensor."""
        storage = self.storages.adopt(host.untyped_storage())
        self._set(
            CPU_KEYS, tensor, storage, host.storage_offset(), host.size(), host.stride()
        )

    def reshape(self, tensor: torch.Tensor, like: torch.Tensor) -> None:
        """Gives a CUDA tensor another shape over the same memory."""
        self._set(
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
