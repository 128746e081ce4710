"""The two C++ objects that PyTorch asks about the CUDA device, made to answer for ours.

A CPU build has no device guard for CUDA, and its CUDA hooks say that there is none; a CUDA build's
look for a driver. Both are plain objects with a table of virtual functions: here they get a copy of
their table in which some entries are ours.
"""

from __future__ import annotations

import ctypes
import os
import platform
from typing import Any

import torch

from .driver import NO_DRIVER, Driver
from .errors import WITHOUT_DRIVER
from .tables import Slots, Table, function, library_path, machine_code, thrower

# c10::DeviceType
CPU_TYPE = 0
CUDA_TYPE = 1

GUARD_TABLE_SYMBOL = "_ZN3c104impl26device_guard_impl_registryE"
CPU_ALLOCATOR_SYMBOL = "_ZN3c1015GetCPUAllocatorEv"
HOOKS_SYMBOL = "_ZN2at6detail12getCUDAHooksEv"

# Machine code, for two reasons. c10::Stream is two words, the device and the stream's id (0, the default
# stream), and a ctypes callback can return one only. And a guard is left while a Python exception is on
# its way through C++: a callback would run Python then, and lose it.
CODE = {
    # mov eax, 1; xor edx, edx; ret. The first word alone is DeviceType::CUDA, and the device cuda:0.
    "x86_64": {"answer": bytes.fromhex("b801000000 31d2 c3"), "return": b"\xc3"},
    # mov x0, 1; mov x1, 0; ret
    "aarch64": {
        "answer": bytes.fromhex("200080d2 010080d2 c0035fd6"),
        "return": bytes.fromhex("c0035fd6"),
    },
}

NEW_STREAMS = ("getDefaultStream", "getStreamFromGlobalPool", "getNewStream")

_P = ctypes.c_void_p
_kept: list[Any] = []


def install_guard(driver: Driver) -> None:
    """Puts a guard for CUDA into the registry: a copy of the CPU's that answers `cuda:0`."""
    library = ctypes.CDLL(library_path("libc10.so"))
    registry = (_P * 32).in_dll(library, GUARD_TABLE_SYMBOL)
    slots = Slots("c10/core/impl/DeviceGuardImplInterface.h")
    table = Table(registry[CPU_TYPE] or 0, slots)
    table.check({"type": (ctypes.c_uint8, (CPU_TYPE,)), "deviceCount": (ctypes.c_uint8, (1,))})
    code = CODE[platform.machine()]
    stream = device = machine_code(code["answer"])
    nothing = machine_code(code["return"])
    for name in ("exchangeDevice", "getDevice", "setDevice"):
        slots.index(name)
    table.fill(
        {
            "type": device,
            "exchangeDevice": device,
            "getDevice": device,
            "setDevice": nothing,
            "uncheckedSetDevice": nothing,
            "record": nothing,
            "block": nothing,
            "synchronizeStream": nothing,
            "synchronizeEvent": nothing,
            "synchronizeDevice": nothing,
            "queryEvent": device,
            "queryStream": device,
            "deviceCount": function(ctypes.c_int8, lambda self: driver.visible()),
            **dict.fromkeys(("getStream", "exchangeStream", *NEW_STREAMS), stream),
        }
    )
    if not driver.is_present():
        refuse = thrower(WITHOUT_DRIVER)
        table.fill({name: refuse for name in NEW_STREAMS if name in slots.may_throw})
        driver.at_start(lambda: table.fill(dict.fromkeys(NEW_STREAMS, stream)))
    guard = (_P * 1)(table.address)
    _kept.append(guard)
    registry[CUDA_TYPE] = ctypes.addressof(guard)


def install_hooks(driver: Driver) -> None:
    """Makes CUDA the accelerator that PyTorch finds: autograd and torch.accelerator ask for it."""
    library = ctypes.CDLL(library_path("libtorch_cpu.so"))
    get_hooks = getattr(library, HOOKS_SYMBOL)
    get_hooks.restype = _P
    hooks = ctypes.cast(get_hooks(), ctypes.POINTER(_P))
    slots = hook_slots()
    table = Table(ctypes.addressof(hooks.contents), slots)
    table.check({"hasCUDA": (ctypes.c_uint8, (0, 1)), "hasROCM": (ctypes.c_uint8, (0,))})
    device = ctypes.c_int8
    # All of the device's memory is host memory: pinned memory is what the host's allocator gives.
    get_allocator = getattr(ctypes.CDLL(library_path("libc10.so")), CPU_ALLOCATOR_SYMBOL)
    get_allocator.restype = _P
    cpu_allocator = get_allocator()
    table.fill(
        {
            "isBuilt": function(ctypes.c_bool, lambda self: True),
            "isAvailable": function(ctypes.c_bool, lambda self: driver.visible() > 0),
            "hasCUDA": function(ctypes.c_bool, lambda self: driver.visible() > 0),
            "hasPrimaryContext": function(
                ctypes.c_bool, lambda self, _: driver.initialised, device
            ),
            "deviceCount": function(device, lambda self: driver.visible()),
            "getNumGPUs": function(ctypes.c_int, lambda self: driver.visible()),
            "setCurrentDevice": function(None, lambda self, _: None, device),
            "getCurrentDevice": function(device, lambda self: 0),
            "current_device": function(device, lambda self: 0),
            "exchangeDevice": function(device, lambda self, _: 0, device),
            "maybeExchangeDevice": function(device, lambda self, _: 0, device),
            "isPinnedPtr": function(ctypes.c_bool, lambda self, _: False, _P),
            "deviceSynchronize": function(None, lambda self, _: None, device),
        }
    )
    alive = {
        "init": function(None, lambda self: None),
        "initCUDA": function(None, lambda self: None),
        "getPinnedMemoryAllocator": function(_P, lambda self: cpu_allocator),
    }
    if driver.is_present():
        table.fill(alive)
    else:
        refuse = thrower(NO_DRIVER)
        table.fill({name: refuse for name in alive if name in slots.may_throw})
        driver.at_start(lambda: table.fill(alive))
    hooks[0] = table.address


def hook_slots() -> Slots:
    """Functions of the CUDA hooks, which had no base class before PyTorch 2.3."""
    base = "ATen/detail/AcceleratorHooksInterface.h"
    has_base = os.path.exists(os.path.join(os.path.dirname(torch.__file__), "include", base))
    return Slots("ATen/detail/CUDAHooksInterface.h", Slots(base) if has_base else None)
