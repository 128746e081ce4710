"""Puts the kernels into PyTorch's dispatcher under CUDA's key."""

from __future__ import annotations

import functools
import warnings
from typing import Any

import torch

from .composites import register_composites
from .hermetic import with_lasting_objects
from .kernels import Kernels
from .plans import plan_of
from .rng import refuse_on_cpu
from .special import SpecialKernels

# With a composite kernel that would win over the fallback, although the CPU has a better one.
WHOLE_ON_CPU = (
    "convolution",
    "convolution_backward",
    "convolution_overrideable",
    "convolution_backward_overrideable",
    "_convolution",
)

_has_kernel = torch._C._dispatch_has_kernel_for_dispatch_key


def register(kernels: Kernels, special: SpecialKernels) -> list[torch.library.Library]:
    """Registers everything; the libraries must be kept, or their kernels go."""
    everything = torch.library.Library("_", "IMPL")
    aten = torch.library.Library("aten", "IMPL")
    with warnings.catch_warnings():
        # "Overriding a previously registered kernel": that is what we are here for.
        warnings.simplefilter("ignore")
        has_fallback = hasattr(everything, "fallback")
        covered = with_lasting_objects(is_needed=not has_fallback)
        if has_fallback:
            everything.fallback(kernels.run, "CUDA")
        table = special.table()
        for name, kernel in table.items():
            if _is_operator(name):
                aten.impl(name, covered(kernel), "CUDA")
        for name in _names_to_override(set(table), everywhere=not has_fallback):
            operator = overload_of(name)
            if operator is not None:
                aten.impl(name, covered(functools.partial(kernels.run, operator)), "CUDA")
        register_composites(kernels.run, aten, covered)
        refuse_on_cpu(aten)
    return [everything, aten]


def _names_to_override(taken: set[str], everywhere: bool) -> list[str]:
    """Operators where another kernel would win over the fallback.

    `everywhere` adds all that the CPU has a kernel for: older releases than PyTorch 2.6 know no fallback.

    A structured operator's functional form has a composite kernel that allocates for the device and
    then calls the device's own kernel, which there is none of. A CUDA build has CUDA's kernels.
    """
    names = [name for name in WHOLE_ON_CPU if _is_operator(name)]
    for qualified in torch._C._dispatch_get_all_op_names():
        if not qualified.startswith("aten::"):
            continue
        name = qualified[len("aten::") :]
        if name in taken or name in names:
            continue
        on_cuda = _has_kernel(qualified, "CUDA")
        if not (
            on_cuda
            or _has_kernel(qualified, "CompositeExplicitAutogradNonFunctional")
            # Written out for devices without a kernel, with other roundings than the CPU's own.
            or (_has_kernel(qualified, "CPU") and _has_kernel(qualified, "CompositeExplicitAutograd"))
            or (everywhere and _has_kernel(qualified, "CPU"))
        ):
            continue
        operator = overload_of(name)
        # A view's composite kernel only changes the shape: right as it is.
        if operator is None or (plan_of(operator).is_view and not on_cuda and not everywhere):
            continue
        names.append(name)
    return names


def _is_operator(name: str) -> bool:
    return overload_of(name) is not None


def overload_of(name: str) -> Any:
    """The operator of that name in `aten`, with its overload after a dot; None when there is none."""
    packet, _, overload = name.partition(".")
    try:
        return getattr(getattr(torch.ops.aten, packet), overload or "default")
    except AttributeError:
        return None
