"""Operators whose shapes PyTorch's meta kernels don't say.

Most depend on values: masks and indices that are known are used, others count in full.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from ..plans import Plan
from ..storage import block_of
from .infer import NEW, VALUE, Outcome, Output
from .marks import is_unknown
from .policy import Policy

META = torch.device("meta")
INDEXED = ("index", "index_put", "index_put_", "_index_put_impl_", "_unsafe_index", "_unsafe_index_put")
_MASKS = (torch.bool, torch.uint8)


class DynamicShapes:
    """Works out the shapes that PyTorch's meta kernels can't."""

    def __init__(self, policy: Policy) -> None:
        self._policy = policy

    def with_real_indices(
        self, plan: Plan, args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> tuple[tuple[Any, ...], dict[str, Any]]:
        """The arguments of an indexing operator, each mask replaced by the indices that it stands for."""
        if plan.base not in INDEXED or len(args) < 2:
            return args, kwargs
        indices: list[Any] = []
        for index in args[1]:
            if isinstance(index, Tensor) and index.dtype in _MASKS:
                indices.extend(self._places(plan, index))
            else:
                indices.append(index)
        return (args[0], indices, *args[2:]), kwargs

    def outcome(self, plan: Plan, args: tuple[Any, ...]) -> Outcome | None:
        """The outcome of such an operator; None for every other one."""
        if plan.base == "_weight_int4pack_mm":
            # Its meta kernel wants tensors of FakeTensorMode. The packed weight has eight rows a tile.
            rows, tiles = args[0].size(0), args[1].size(0)
            return _new(torch.empty((rows, 8 * tiles), dtype=args[0].dtype, device=META))
        if plan.base == "nonzero":
            return _new(torch.empty((args[0].numel(), args[0].dim()), dtype=torch.int64, device=META))
        if plan.base == "masked_select":
            mask = args[1].expand(torch.broadcast_shapes(args[0].size(), args[1].size()))
            count = mask.numel() if is_unknown(args[1]) else int(host_of(mask).sum())
            return _new(torch.empty(count, dtype=args[0].dtype, device=META))
        if plan.base == "equal":
            self._policy.count("equal")
            # Asked of tied weights that a checkpoint has twice (transformers): they are the same there.
            same = args[0].dtype is args[1].dtype and args[0].size() == args[1].size()
            return Outcome(Output(VALUE, same), [])
        if plan.base in ("_unique", "_unique2", "unique_consecutive"):
            count = args[0].numel()
            values = torch.empty(count, dtype=args[0].dtype, device=META)
            places = torch.empty(args[0].size(), dtype=torch.int64, device=META)
            counts = torch.empty(count, dtype=torch.int64, device=META)
            outputs = (values, places) if plan.base == "_unique" else (values, places, counts)
            return Outcome([Output(NEW, output) for output in outputs], [])
        return None

    def _places(self, plan: Plan, mask: Tensor) -> tuple[Tensor, ...]:
        if not is_unknown(mask):
            return host_of(mask).nonzero().unbind(1)
        self._policy.count(plan.base)
        return tuple(torch.zeros(mask.numel(), dtype=torch.int64) for _ in range(mask.dim()))


def host_of(tensor: Tensor) -> Tensor:
    """The values of a tensor that has some, as a CPU tensor."""
    if not tensor.is_cuda:
        return tensor
    flat = block_of(tensor.untyped_storage()).flat(tensor.dtype)
    return flat.as_strided(tensor.size(), tensor.stride(), tensor.storage_offset())


def _new(meta: Tensor) -> Outcome:
    return Outcome(Output(NEW, meta), [])
