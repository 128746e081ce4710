"""What comes out of an operator, without computing it: shapes, types, and whose memory.

PyTorch's own `meta` kernels answer, once for each operator and shapes of its operands.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from ..kernels import call_with_numbers
from ..plans import Plan
from ..redispatch import DEVICE

META = torch.device("meta")

# What an output is: a new tensor, an operand itself, an operand's memory in another shape, or no tensor.
NEW, SAME, OVER, VALUE = range(4)
# Stands where a cost will be.
UNASKED = object()
# So many different calls are remembered; a program that continues beyond them starts over.
MOST_REMEMBERED = 50_000


class Output:
    """One output of one operator."""

    __slots__ = ("dtype", "kind", "offset", "operand", "size", "storage_bytes", "stride", "value")

    def __init__(self, kind: int, result: Any, operand: int = -1) -> None:
        self.kind = kind
        self.operand = operand
        self.value = result
        if kind in (NEW, OVER):
            self.value = None
            self.dtype: torch.dtype = result.dtype
            self.size = result.size()
            self.stride = result.stride()
            self.offset = result.storage_offset()
            self.storage_bytes = result.untyped_storage().nbytes()


class Outcome:
    """What an operator gives for operands of these shapes.

    Attributes:
        outputs: an `Output`, or a list or tuple of such.
        reshaped: operands whose shape the operator has changed, with their new one (`out=`).
        cost: what it asks of the GPU, once that was worked out; see costs.py.
    """

    __slots__ = ("cost", "outputs", "reshaped")

    def __init__(self, outputs: Any, reshaped: list[tuple[int, Output]]) -> None:
        self.outputs = outputs
        self.reshaped = reshaped
        self.cost: Any = UNASKED


def key_of(value: Any) -> Any:
    """What decides an outcome, of one argument: all but a number's fraction."""
    if isinstance(value, Tensor):
        return value.dtype, value.size(), value.stride(), value.storage_offset(), value.is_cuda
    kind = type(value)
    if kind is list or kind is tuple:
        return tuple([key_of(item) if type(item) is not float else item for item in value])
    if kind is float:
        return float
    if isinstance(value, torch.Generator):
        return None
    return kind, value


class Inference:
    """Asks the meta kernels, and remembers."""

    def __init__(self) -> None:
        self._remembered: dict[Any, Outcome] = {}

    def outcome(
        self, plan: Plan, operator: Any, args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> Outcome:
        """The outcome; raises what the meta kernel raises: NotImplementedError where there is none."""
        key: Any = (operator, tuple([key_of(value) for value in args]))
        if kwargs:
            key = (key, tuple([(name, key_of(value)) for name, value in kwargs.items()]))
        outcome = self._remembered.get(key)
        if outcome is None:
            outcome = _ask(plan, operator, args, kwargs)
            if len(self._remembered) >= MOST_REMEMBERED:
                self._remembered.clear()
            self._remembered[key] = outcome
        return outcome


def operands_of(args: tuple[Any, ...], kwargs: dict[str, Any]) -> list[Tensor]:
    """All tensors among an operator's arguments, in order."""
    found: list[Tensor] = []
    for value in (*args, *kwargs.values()):
        if isinstance(value, Tensor):
            found.append(value)
        elif type(value) is list or type(value) is tuple:
            found.extend(item for item in value if isinstance(item, Tensor))
    return found


class Stand:
    """Tensors that stand in for an operator's operands, and what its results are in terms of them."""

    def __init__(self, device: torch.device, make: Callable[[Tensor], Tensor]) -> None:
        self._device = device
        self._make = make
        self.tensors: list[Tensor] = []

    def enter(self, value: Any) -> Any:
        """An argument as the operator gets it."""
        if isinstance(value, Tensor):
            self.tensors.append(self._make(value))
            return self.tensors[-1]
        kind = type(value)
        if kind is DEVICE:
            return self._device
        if kind is list or kind is tuple:
            return kind([self.enter(item) for item in value])
        if isinstance(value, torch.Generator):
            return None
        return value

    def leave(self, value: Any) -> Any:
        """A result as an `Output`, or several as a list of them."""
        if isinstance(value, Tensor):
            for index, tensor in enumerate(self.tensors):
                if value is tensor:
                    return Output(SAME, None, index)
            memory = value.untyped_storage()._cdata
            for index, tensor in enumerate(self.tensors):
                if tensor.untyped_storage()._cdata == memory:
                    return Output(OVER, value, index)
            return Output(NEW, value)
        if isinstance(value, (list, tuple)):
            return [self.leave(item) for item in value]
        return Output(VALUE, value)


def _ask(plan: Plan, operator: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Outcome:
    metas = Stand(META, _meta_of)
    meta_args = [metas.enter(value) for value in args]
    meta_kwargs = {name: metas.enter(value) for name, value in kwargs.items()}
    if meta_kwargs.get("pin_memory"):
        meta_kwargs["pin_memory"] = False
    before = [(meta.size(), meta.stride()) for meta in metas.tensors]
    try:
        result = call_with_numbers(plan, operator, meta_args, meta_kwargs)
    except AttributeError as error:
        # Some meta kernels take only tensors of FakeTensorMode.
        raise NotImplementedError(str(error)) from error
    reshaped = [
        (index, Output(NEW, meta))
        for index, meta in enumerate(metas.tensors)
        if (meta.size(), meta.stride()) != before[index]
    ]
    return Outcome(metas.leave(result), reshaped)


def _meta_of(tensor: Tensor) -> Tensor:
    return torch.empty_strided(tensor.size(), tensor.stride(), dtype=tensor.dtype, device=META)
