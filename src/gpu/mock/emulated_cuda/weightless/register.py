"""Puts the weightless kernels into PyTorch's dispatcher, under the key of tensors without values."""

from __future__ import annotations

import functools
import warnings
from typing import Any

import torch

from ..composites import register_composites, written_out
from ..plans import plan_of
from ..register import overload_of
from .attention import attention_kernel
from .executor import WeightlessKernels
from .marks import KEY_NAME
from .special import WeightlessSpecial

_has_kernel = torch._C._dispatch_has_kernel_for_dispatch_key

# What a composite kernel of is better left in its parts.
IN_PARTS = ("is_pinned", "_pin_memory", "_has_same_storage_numel")


def register_marked(
    kernels: WeightlessKernels, special: WeightlessSpecial
) -> list[torch.library.Library]:
    """Registers everything; the libraries must be kept."""
    everything = torch.library.Library("_", "IMPL")
    aten = torch.library.Library("aten", "IMPL")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        everything.fallback(kernels.run_unknown, KEY_NAME)
        # Operators of other packages without derivatives: PyTorch has no such fallback for this key.
        everything.fallback(torch.library.fallthrough_kernel, f"Autograd{KEY_NAME}")
        table = special.marked_table()
        for name, kernel in table.items():
            if overload_of(name) is not None:
                aten.impl(name, kernel, KEY_NAME)
        for name in _names_with_composites(set(table)):
            operator = overload_of(name)
            aten.impl(name, functools.partial(kernels.run_unknown, operator), KEY_NAME)
        register_composites(kernels.run_unknown, aten, _as_it_is, KEY_NAME, attention_kernel(written_out))
    return [everything, aten]


def _as_it_is(kernel: Any) -> Any:
    return kernel


def _names_with_composites(taken: set[str]) -> list[str]:
    """Operators whose composite kernel would win over the fallback."""
    names = []
    for qualified in torch._C._dispatch_get_all_op_names():
        name = qualified.removeprefix("aten::")
        if name == qualified or name in taken or name.partition(".")[0] in IN_PARTS:
            continue
        if not (
            _has_kernel(qualified, "CompositeExplicitAutogradNonFunctional")
            or _has_kernel(qualified, "CompositeExplicitAutograd")
        ):
            continue
        operator = overload_of(name)
        if operator is None or plan_of(operator).is_view:
            continue
        names.append(name)
    return names
