"""Kernels in Python on PyTorch releases that give them objects of their own.

Before PyTorch 2.4, tensors and storages in such a kernel are separate Python objects for each call,
whose attributes are lost with them: a block of device memory would be freed under its tensor. One flag of
the thread, in libc10, decides; PyTorch sets it before a kernel and restores it afterwards.
"""

from __future__ import annotations

import ctypes
import functools
from collections.abc import Callable
from typing import Any

from .tables import library_path

SET_STATE_SYMBOL = "_ZN3c104impl19HermeticPyObjectTLS9set_stateEb"

Kernel = Callable[..., Any]


def with_lasting_objects(is_needed: bool) -> Callable[[Kernel], Kernel]:
    """What has to be done to a kernel before it is registered."""
    if not is_needed:
        return lambda kernel: kernel
    set_state = getattr(ctypes.PyDLL(library_path("libc10.so")), SET_STATE_SYMBOL)
    set_state.argtypes = [ctypes.c_bool]
    set_state.restype = None

    def covered(kernel: Kernel) -> Kernel:
        @functools.wraps(kernel, assigned=())
        def run(*args: Any, **kwargs: Any) -> Any:
            set_state(False)
            return kernel(*args, **kwargs)

        return run

    return covered
