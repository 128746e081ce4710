"""CUDA tensors over host memory by DLPack, which lets a producer claim any device for a pointer."""

from __future__ import annotations

import ctypes
from typing import Any

import torch

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


def dlpack_tensor(
    pointer: int, size_bytes: int, deleter: Any
) -> tuple[torch.Tensor, Any]:
    """A tensor of bytes with CUDA's dispatch key, and what must live as long as its memory.

    Args:
        deleter: a C function that gets the address of the description when the memory is released; the
            description is the second part of the answer. None: there is none.
    """
    new_capsule = ctypes.pythonapi.PyCapsule_New
    new_capsule.restype = ctypes.py_object
    new_capsule.argtypes = [ctypes.c_void_p, ctypes.c_char_p, ctypes.c_void_p]
    shape = (ctypes.c_int64 * 1)(size_bytes)
    strides = (ctypes.c_int64 * 1)(1)
    managed = _DLManagedTensor()
    managed.deleter = ctypes.cast(deleter, ctypes.c_void_p) if deleter else None
    tensor = managed.dl_tensor
    tensor.data = pointer or ctypes.addressof(shape)
    tensor.device = _DLDevice(DLPACK_CUDA, 0)
    tensor.ndim = 1
    tensor.dtype = _DLDataType(DLPACK_UINT, 8, 1)
    tensor.shape = shape
    tensor.strides = strides
    # ctypes keeps arrays for a pointer field only while the structure lives: so do we.
    managed.kept = (shape, strides)
    capsule = new_capsule(ctypes.addressof(managed), b"dltensor", None)
    return torch._C._from_dlpack(capsule), managed
