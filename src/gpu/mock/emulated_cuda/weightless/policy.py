"""What is answered when a program asks for a value that was never computed.

Integers, booleans and Python's numbers steer programs, so they must be there. Each rule below is
deterministic, and each use is counted with the line of the program that asked.

| asked | answered |
|---|---|
| an index (`argmax`, `max(dim)`, `multinomial`) | one in the middle of the dimension, never an end-of-sequence token |
| `topk` | consecutive indices, each row going on where the last one ended: experts get equal shares |
| `sort`, `argsort` | the order that is there |
| `x == x`, `x != x` | true, false: a value is neither NaN nor infinite |
| another comparison | false; `!=` is true |
| `torch.equal` | whether shape and type are equal: tied weights stay tied |
| a number (`item()`, `float()`), a cast to integers or booleans | 1 |
| `nonzero`, a mask without values | all |
| other integers and booleans | 0, false |
"""

from __future__ import annotations

import sys
from collections import Counter
from typing import Any

import torch

from ..misread import app_line

# Places that are kept for one operator.
MOST_PLACES = 8

_ORDERED = ("sort", "argsort", "msort")
_ONE_INDEX = ("argmax", "argmin", "max", "min", "median", "nanmedian", "mode", "kthvalue", "multinomial")
_CASTS = ("_to_copy", "to", "copy_", "copy", "round", "trunc", "floor", "ceil")
_TRUE = ("ne", "ne_", "isfinite", "all", "isclose")
_CONTRARY = ("ne", "ne_")
_EQUAL = ("eq", "eq_", "ge", "ge_", "le", "le_")


class Policy:
    """Gives values, and counts how often each operator asked for one."""

    def __init__(self) -> None:
        self.counts: Counter[str] = Counter()
        self.places: dict[str, set[tuple[str, int]]] = {}
        # Token ids that end a sequence, as generation has said them.
        self.ends_of_sequence: set[int] = set()

    def count(self, operator: str) -> None:
        """Notes one use, with the line of the program."""
        self.counts[operator] += 1
        places = self.places.setdefault(operator, set())
        if len(places) < MOST_PLACES:
            place = app_line(sys._getframe(1))
            if place is not None:
                places.add(place)

    def number(self, dtype: torch.dtype) -> Any:
        """Python's number for one element."""
        if dtype is torch.bool:
            return True
        if dtype.is_complex:
            return 1 + 0j
        return 1.0 if dtype.is_floating_point else 1

    def index(self, length: int) -> int:
        """An index into a dimension of that length."""
        if length <= 0:
            return 0
        start = length * 3 // 8
        for step in range(length):
            candidate = (start + step) % length
            if candidate not in self.ends_of_sequence:
                return candidate
        return start

    def values(self, base: str, shape: torch.Size, dtype: torch.dtype, args: tuple[Any, ...]) -> torch.Tensor:
        """An operator's integer or boolean result, on the CPU.

        Args:
            base: the operator's name without namespace and overload
            args: its operands, of whatever device
        """
        if dtype is torch.bool:
            return torch.full(shape, _truth(base, args), dtype=dtype)
        if base in _CASTS:
            return torch.ones(shape, dtype=dtype)
        if base == "topk":
            return _spread(shape, _length(args[0], args[2] if len(args) > 2 else -1)).to(dtype)
        if base in _ORDERED:
            return _order(shape, _dimension(base, args)).to(dtype)
        if base == "multinomial":
            return self._draws(shape, args[0].size(-1)).to(dtype)
        if base in _ONE_INDEX:
            return torch.full(shape, self.index(_reduced_length(base, args)), dtype=dtype)
        return torch.zeros(shape, dtype=dtype)

    def _draws(self, shape: torch.Size, length: int) -> torch.Tensor:
        """Different ones, as drawing without putting back gives."""
        count = shape[-1] if len(shape) else 1
        first = self.index(length)
        allowed = [(first + step) % length for step in range(length) if step < 4 * count]
        chosen = [index for index in allowed if index not in self.ends_of_sequence][:count]
        chosen += [first] * (count - len(chosen))
        return torch.tensor(chosen).expand(shape)


def _truth(base: str, args: tuple[Any, ...]) -> bool:
    same = len(args) > 1 and args[0] is args[1]
    if base in _CONTRARY:
        return not same
    if base in _EQUAL:
        return same
    return base in _TRUE or base in _CASTS


def _spread(shape: torch.Size, length: int) -> torch.Tensor:
    count = 1
    for size in shape:
        count *= size
    return (torch.arange(count) % max(length, 1)).reshape(shape)


def _order(shape: torch.Size, dimension: int) -> torch.Tensor:
    if not len(shape):
        return torch.zeros(shape, dtype=torch.int64)
    along = [1] * len(shape)
    along[dimension] = shape[dimension]
    return torch.arange(shape[dimension]).reshape(along).expand(shape)


def _dimension(base: str, args: tuple[Any, ...]) -> int:
    if base == "msort":
        return 0
    numbers = [value for value in args[1:] if type(value) is int]
    return numbers[0] if numbers else -1


def _reduced_length(base: str, args: tuple[Any, ...]) -> int:
    numbers = [value for value in args[1:] if type(value) is int]
    if base == "kthvalue":
        numbers = numbers[1:] or [-1]
    return _length(args[0], numbers[0]) if numbers else int(args[0].numel())


def _length(tensor: torch.Tensor, dimension: int) -> int:
    return tensor.size(dimension) if tensor.dim() else 1



def ends_of_sequence_of(criteria: Any) -> set[int]:
    """Token ids that transformers' `EosTokenCriteria` was made with."""
    value = criteria
    if isinstance(value, torch.Tensor):
        value = value.tolist()
    if isinstance(value, int):
        return {value}
    return {int(item) for item in value or ()}
