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
from .tables import Slots, Table, function, library_path, machine_code, surprise, thrower

# c10::DeviceType
CPU_TYPE = 0
CUDA_TYPE = 1
# c10::Device of the CPU: the type in one byte and the index, -1, in the next.
CPU_DEVICE = 0xFF00
# C10_COMPILE_TIME_MAX_GPUS
MOST_CARDS = 120
# There is one where NVIDIA's driver runs.
CARD_FILE = "/dev/nvidiactl"

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


def guard_table() -> Table:
    """A checked copy of the table of the CPU's guard; raises UnsupportedTorch when it is not as declared."""
    table = Table(_registry()[CPU_TYPE] or 0, Slots("c10/core/impl/DeviceGuardImplInterface.h"))
    table.check(
        {
            "type": (ctypes.c_uint8, (CPU_TYPE,)),
            "getDevice": (ctypes.c_uint16, (CPU_DEVICE,)),
            "deviceCount": (ctypes.c_uint8, (1,)),
        }
    )
    return table


def install_guard(driver: Driver, table: Table) -> None:
    """Puts a guard for CUDA into the registry: a copy of the CPU's that answers `cuda:0`.

    Args:
        table: the answer of `guard_table`.
    """
    slots = table.slots
    code = CODE[platform.machine()]
    stream = device = machine_code(code["answer"])
    nothing = machine_code(code["return"])
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
    _registry()[CUDA_TYPE] = ctypes.addressof(guard)


def hooks_table() -> Table:
    """A checked copy of the table of the CUDA hooks; raises UnsupportedTorch when it is not as declared."""
    table = Table(_hooks_address(), hook_slots())
    table.check(
        {
            "hasCUDA": (ctypes.c_uint8, (0, 1)),
            "hasCUDART": (ctypes.c_uint8, (int(torch.version.cuda is not None),)),
            "hasROCM": (ctypes.c_uint8, (0,)),
            # No device is -1; where this machine has a real card, it is that one.
            "current_device": (ctypes.c_int8, (-1, 0) if os.path.exists(CARD_FILE) else (-1,)),
            "getNumGPUs": (ctypes.c_int8, range(MOST_CARDS + 1)),
        }
    )
    return table


def install_hooks(driver: Driver, table: Table) -> None:
    """Makes CUDA the accelerator that PyTorch finds: autograd and torch.accelerator ask for it.

    Args:
        table: the answer of `hooks_table`.
    """
    slots = table.slots
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
    _P.from_address(_hooks_address()).value = table.address


def _registry() -> ctypes.Array[_P]:
    """The device guards by c10::DeviceType."""
    try:
        return (_P * 32).in_dll(ctypes.CDLL(library_path("libc10.so")), GUARD_TABLE_SYMBOL)
    except (OSError, ValueError) as error:
        raise surprise(str(error)) from None


def _hooks_address() -> int:
    try:
        get_hooks = getattr(ctypes.CDLL(library_path("libtorch_cpu.so")), HOOKS_SYMBOL)
    except (OSError, AttributeError) as error:
        raise surprise(str(error)) from None
    get_hooks.restype = _P
    return int(get_hooks() or 0)


def hook_slots() -> Slots:
    """Functions of the CUDA hooks, which had no base class before PyTorch 2.3."""
    base = "ATen/detail/AcceleratorHooksInterface.h"
    has_base = os.path.exists(os.path.join(os.path.dirname(torch.__file__), "include", base))
    return Slots("ATen/detail/CUDAHooksInterface.h", Slots(base) if has_base else None)
