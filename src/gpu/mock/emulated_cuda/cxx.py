"""The two C++ objects that PyTorch asks about the CUDA device, taught to answer for ours.

A CPU build has no device guard for CUDA, and its CUDA hooks say that there is none; a CUDA build's
look for a driver. Both are plain objects with a table of virtual functions: here they get a copy of
their table in which some entries are ours. Which entry is which is read from the headers that come
with PyTorch, since the order differs between versions.
"""

from __future__ import annotations

import ctypes
import mmap
import os
import platform
import re
from typing import Any

import torch

# DeviceType::CUDA, and c10::Device(CUDA, 0) as it travels in a register: type, then index.
CUDA_TYPE = 1
CUDA_DEVICE = 0x0001

GUARD_TABLE_SYMBOL = "_ZN3c104impl26device_guard_impl_registryE"
CPU_ALLOCATOR_SYMBOL = "_ZN3c1015GetCPUAllocatorEv"
HOOKS_SYMBOL = "_ZN2at6detail12getCUDAHooksEv"

# c10::Stream is two words: the device, and the stream's id (0, the default stream). A ctypes
# callback can return one word only, so this one function is machine code: load both, return.
RETURN_DEFAULT_STREAM = {
    "x86_64": bytes.fromhex("b801000000 31d2 c3"),
    "aarch64": bytes.fromhex("200080d2 010080d2 c0035fd6"),
}

_P = ctypes.c_void_p
_kept: list[Any] = []


def install_guard() -> None:
    """Puts a guard for CUDA into the registry: a copy of the CPU's that answers `cuda:0`."""
    library = ctypes.CDLL(_library("libc10.so"))
    registry = (_P * 32).in_dll(library, GUARD_TABLE_SYMBOL)
    slots = _virtual_functions("c10/core/impl/DeviceGuardImplInterface.h", destructor_last=True)
    table = _copy_of_table(registry[0], len(slots) + 2)
    entries = {
        "type": _function(ctypes.c_uint8, lambda self: CUDA_TYPE),
        "exchangeDevice": _function(ctypes.c_uint16, lambda self, _: CUDA_DEVICE, ctypes.c_uint16),
        "getDevice": _function(ctypes.c_uint16, lambda self: CUDA_DEVICE),
        "setDevice": _function(None, lambda self, _: None, ctypes.c_uint16),
        "uncheckedSetDevice": _function(None, lambda self, _: None, ctypes.c_uint16),
        "deviceCount": _function(ctypes.c_int8, lambda self: 1),
        "record": _function(None, lambda *_: None, _P, _P, ctypes.c_int8, ctypes.c_int),
        "block": _function(None, lambda *_: None, _P, _P),
        "queryEvent": _function(ctypes.c_bool, lambda *_: True, _P),
        "queryStream": _function(ctypes.c_bool, lambda *_: True, _P),
        "synchronizeStream": _function(None, lambda *_: None, _P),
        "synchronizeEvent": _function(None, lambda *_: None, _P),
        "synchronizeDevice": _function(None, lambda *_: None, ctypes.c_int8),
    }
    stream = _default_stream_function()
    for name in ("getStream", "getDefaultStream", "getStreamFromGlobalPool", "getNewStream"):
        entries[name] = stream
    entries["exchangeStream"] = stream
    _fill(table, slots, entries)
    guard = (_P * 1)(ctypes.addressof(table))
    _kept.extend([table, guard])
    registry[CUDA_TYPE] = ctypes.addressof(guard)


def install_hooks() -> None:
    """Makes CUDA the accelerator that PyTorch finds: autograd and torch.accelerator ask for it."""
    library = ctypes.CDLL(_library("libtorch_cpu.so"))
    get_hooks = getattr(library, HOOKS_SYMBOL)
    get_hooks.restype = _P
    hooks = ctypes.cast(get_hooks(), ctypes.POINTER(_P))
    slots = _virtual_functions("ATen/detail/AcceleratorHooksInterface.h")
    slots += [
        name
        for name in _virtual_functions("ATen/detail/CUDAHooksInterface.h", destructor_first=False)
        if name not in slots
    ]
    table = _copy_of_table(ctypes.addressof(hooks.contents), len(slots))
    device = ctypes.c_int8
    # All of the device's memory is host memory: pinned memory is what the host's allocator gives.
    get_allocator = getattr(ctypes.CDLL(_library("libc10.so")), CPU_ALLOCATOR_SYMBOL)
    get_allocator.restype = _P
    cpu_allocator = get_allocator()
    _fill(
        table,
        slots,
        {
            "isBuilt": _function(ctypes.c_bool, lambda self: True),
            "isAvailable": _function(ctypes.c_bool, lambda self: True),
            "hasCUDA": _function(ctypes.c_bool, lambda self: True),
            "hasPrimaryContext": _function(ctypes.c_bool, lambda self, _: True, device),
            "init": _function(None, lambda self: None),
            "initCUDA": _function(None, lambda self: None),
            "deviceCount": _function(device, lambda self: 1),
            "getNumGPUs": _function(ctypes.c_int, lambda self: 1),
            "setCurrentDevice": _function(None, lambda self, _: None, device),
            "getCurrentDevice": _function(device, lambda self: 0),
            "current_device": _function(device, lambda self: 0),
            "exchangeDevice": _function(device, lambda self, _: 0, device),
            "maybeExchangeDevice": _function(device, lambda self, _: 0, device),
            "getPinnedMemoryAllocator": _function(_P, lambda self: cpu_allocator),
            "isPinnedPtr": _function(ctypes.c_bool, lambda self, _: False, _P),
            "deviceSynchronize": _function(None, lambda self, _: None, device),
        },
    )
    _kept.append(table)
    hooks[0] = ctypes.addressof(table)


def _virtual_functions(
    header: str, destructor_first: bool = True, destructor_last: bool = False
) -> list[str]:
    """Names of a class's new virtual functions in the order of its table (Itanium C++ ABI).

    A destructor takes two entries where it is declared.
    """
    path = os.path.join(os.path.dirname(torch.__file__), "include", header)
    with open(path, encoding="utf-8") as file:
        text = re.sub(r"//[^\n]*|/\*.*?\*/", "", file.read(), flags=re.DOTALL)
    # A later class of the same file derives from this one: its functions have no `virtual`.
    names = []
    for match in re.finditer(r"\bvirtual\s+[^;{]*?(~?\w+)\s*\(", text):
        name = match.group(1)
        names += [f"{name}#1", name] if name.startswith("~") else [name]
    assert destructor_first or destructor_last or not any(n.startswith("~") for n in names)
    return names


def _copy_of_table(object_address: int, count: int) -> Any:
    source = ctypes.cast(
        ctypes.cast(object_address, ctypes.POINTER(_P))[0], ctypes.POINTER(_P)
    )
    return (_P * count)(*[source[index] for index in range(count)])


def _fill(table: Any, slots: list[str], entries: dict[str, Any]) -> None:
    for index, name in enumerate(slots):
        if name in entries:
            table[index] = ctypes.cast(entries[name], _P).value


def _function(result: Any, body: Any, *arguments: Any) -> Any:
    function = ctypes.CFUNCTYPE(result, _P, *arguments)(body)
    _kept.append(function)
    return function


def _default_stream_function() -> Any:
    code = RETURN_DEFAULT_STREAM[platform.machine()]
    page = mmap.mmap(-1, mmap.PAGESIZE, prot=mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC)
    page.write(code)
    _kept.append(page)
    return _P(ctypes.addressof(ctypes.c_char.from_buffer(page)))


def _library(name: str) -> str:
    return os.path.join(os.path.dirname(torch.__file__), "lib", name)
