"""Weights on the CPU: tensors that a module makes there have no memory either.

A model that is built from its configuration makes its weights by `torch.empty` and its like. Large
floating-point ones have no values from the start. What the program computes from data of its own is
computed as always.
"""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor
from torch.utils._device import _device_constructors

from .backing import Unknowns
from .marks import is_unknown

# Smaller ones are made for real, on the CPU as on the device.
MOST_REAL_ELEMENTS = 64 * 2**10
FACTORIES = ("empty", "zeros", "ones", "full", "rand", "randn")


def replace_factories(unknowns: Unknowns) -> None:
    """Has PyTorch's factories give large floating-point tensors of the CPU without memory."""
    make_empty = torch.empty
    # `with torch.device(...)` knows PyTorch's factories from a list that it makes at its first use.
    _device_constructors()
    for name in FACTORIES:
        setattr(torch, name, _factory(getattr(torch, name), make_empty, unknowns, name == "full"))
    torch.Tensor.__deepcopy__ = _deep_copier(torch.Tensor.__deepcopy__)
    torch.nn.Parameter.__deepcopy__ = _deep_copier(torch.nn.Parameter.__deepcopy__)
    torch.Tensor.new_tensor = _from_data(torch.Tensor.new_tensor)
    pin = torch.Tensor.pin_memory
    is_pinned = torch.Tensor.is_pinned

    def pin_memory(self: Tensor, device: Any = None) -> Tensor:
        return self if is_unknown(self) and not self.is_cuda else pin(self, device)

    torch.Tensor.pin_memory = pin_memory
    torch.Tensor.is_pinned = lambda self, device=None: is_unknown(self) or is_pinned(self, device)


def _factory(
    make: Callable[..., Any], make_empty: Callable[..., Any], unknowns: Unknowns, has_value: bool
) -> Callable[..., Any]:
    def factory(*args: Any, **kwargs: Any) -> Any:
        size = kwargs.get("size")
        if size is None:
            sizes = args[:1] if has_value else args
            size = sizes[0] if len(sizes) == 1 and not isinstance(sizes[0], int) else sizes
        if _count(size) <= MOST_REAL_ELEMENTS or kwargs.get("out") is not None:
            return make(*args, **kwargs)
        options = {name: kwargs[name] for name in ("dtype", "device", "layout") if name in kwargs}
        probe = make_empty(0, **options)
        is_float = probe.dtype.is_floating_point or probe.dtype.is_complex
        # A device of another kind, or CUDA itself: that one decides.
        if probe.is_cuda or not _is_on_host(probe) or not is_float or probe.layout is not torch.strided:
            return make(*args, **kwargs)
        shape = make_empty(
            size, dtype=probe.dtype, device="meta", memory_format=kwargs.get("memory_format")
        ) if kwargs.get("memory_format") else make_empty(size, dtype=probe.dtype, device="meta")
        tensor = unknowns.tensor(
            False, shape.dtype, shape.size(), shape.stride(), shape.untyped_storage().nbytes()
        )
        # In the app's main process `spaces` emulates the device over tensors of the CPU.
        if probe.device.type == "cuda":
            tensor = tensor.to("cuda")
        return tensor.requires_grad_() if kwargs.get("requires_grad") else tensor

    factory.__name__ = make.__name__
    factory.__doc__ = make.__doc__
    return factory


def _from_data(new_tensor: Callable[..., Any]) -> Callable[..., Any]:
    """`Tensor.new_tensor`: its C++ side tells the device by the key, and ours stands for none."""

    def from_data(
        self: Tensor, data: Any, *, dtype: Any = None, device: Any = None, requires_grad: bool = False
    ) -> Any:
        if not is_unknown(self):
            return new_tensor(self, data, dtype=dtype, device=device, requires_grad=requires_grad)
        return torch.tensor(
            data, dtype=dtype or self.dtype, device=device or self.device, requires_grad=requires_grad
        )

    return from_data


def _count(size: Any) -> int:
    count = 1
    try:
        for length in size:
            count *= int(length)
    except TypeError:
        return 0
    return count


def _is_on_host(probe: Tensor) -> bool:
    return torch._C._dispatch_keys(probe).has(torch._C.DispatchKey.CPU)


def _deep_copier(deep_copy: Callable[..., Any]) -> Callable[..., Any]:
    """A copy of a tensor without values has none, and takes no memory of the host."""

    def __deepcopy__(self: Tensor, memo: dict[int, Any]) -> Any:
        if id(self) in memo or not is_unknown(self) or not self.is_leaf:
            return deep_copy(self, memo)
        with torch.no_grad():
            fresh = self.detach().clone()
        if isinstance(self, torch.nn.Parameter):
            fresh = type(self)(fresh, self.requires_grad) if type(self) is torch.nn.Parameter else fresh
        else:
            fresh.requires_grad_(self.requires_grad)
        if self.__dict__:
            fresh.__dict__ = copy.deepcopy(self.__dict__, memo)
        if self.grad is not None:
            fresh.grad = copy.deepcopy(self.grad, memo)
        memo[id(self)] = fresh
        return fresh

    return __deepcopy__
