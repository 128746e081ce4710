"""Calls an operator's CPU kernel, or the composite kernel that stands for it, on tensors of any device."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch

# `spaces` puts another class in place of `torch.device` in the app's main process.
DEVICE = type(torch.empty(0).device)
CPU_KEYS = torch._C.DispatchKeySet(torch._C.DispatchKey.CPU)

# What a device without a kernel of its own gets, in the dispatcher's order.
STAND_INS = (
    "CPU",
    "CompositeExplicitAutogradNonFunctional",
    "CompositeExplicitAutograd",
    "CompositeImplicitAutograd",
)


def redispatcher(operator: Any) -> Callable[..., Any]:
    """A function of (keys, *args, **kwargs) that calls the kernel past the dispatcher.

    PyTorch 2.4 and newer redispatch. Older ones call the kernel of one named key, and end the process
    when an operator has none for it: most views have a composite kernel alone.
    """
    handle = getattr(operator, "_handle", None)
    if handle is not None:
        return handle.redispatch_boxed
    name = operator.name()
    for key_name in STAND_INS:
        if torch._C._dispatch_has_kernel_for_dispatch_key(name, key_name):
            key = getattr(torch._C.DispatchKey, key_name)
            call = operator._op_dk
            return lambda keys, *args, **kwargs: call(key, *args, **kwargs)
    return lambda keys, *args, **kwargs: operator(*args, **kwargs)
