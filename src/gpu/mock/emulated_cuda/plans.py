"""What has to be known of an operator before it can run, worked out once per operator."""

from __future__ import annotations

from typing import Any

import torch

from .asserts import ASSERTIONS, Assertion
from .redispatch import redispatcher
from .refusals import REFUSALS, WITHOUT_CUDA, Refusal

# Operators with a CPU operand by right: index tensors, lengths, single values.
MIXED_BY_RIGHT = (
    "aten::copy_",
    "aten::_copy_from",
    "aten::_to_copy",
    "aten::index",
    "aten::index_put",
    "aten::_index_put_impl_",
    "aten::_unsafe_index",
    "aten::_pack_padded_sequence",
    "aten::_pad_packed_sequence",
    "aten::_ctc_loss",
    "aten::tensor_split",
    "aten::set_",
    "aten::_foreach_copy_",
)

# What cuBLAS computes: the first of them in a thread takes its workspace.
PRODUCTS = tuple(
    f"aten::{name}"
    for name in (
        "linear",
        "matmul",
        "mm",
        "bmm",
        "addmm",
        "addmm_",
        "_addmm_activation",
        "addbmm",
        "baddbmm",
        "baddbmm_",
        "mv",
        "addmv",
        "addmv_",
        "dot",
        "vdot",
        "_int_mm",
        "_scaled_mm",
        "_scaled_dot_product_attention_math",
    )
)

# They return their operand's memory and their schema does not say so.
HIDDEN_VIEWS = ("aten::_unsafe_view", "aten::_reshape_alias")


class Plan:
    """Facts of one operator overload."""

    __slots__ = (
        "assertion",
        "base",
        "draws_random",
        "generator_index",
        "is_foreign",
        "is_plain",
        "is_picky",
        "is_product",
        "is_view",
        "lacks_cuda",
        "may_mix",
        "name",
        "out_names",
        "redispatch",
        "refusal",
        "returns_list",
        "takes_numbers",
        "tensor_at",
        "writes_first",
    )

    def __init__(self, operator: Any) -> None:
        schema = operator._schema
        self.name = operator.name()
        base = self.name.partition(".")[0]
        # Without namespace and overload.
        self.base = base.rpartition("::")[2]
        returns = [result.alias_info for result in schema.returns]
        # `squeeze_` and its like change the tensor's own shape, and none of its memory.
        self.is_view = (
            base in HIDDEN_VIEWS
            or torch.Tag.inplace_view in operator.tags
            or any(alias and not alias.is_write for alias in returns)
        )
        # Another package's: its integers are quantised weights.
        self.is_foreign = not base.startswith(("aten::", "prims::", "prim::"))
        self.may_mix = base in MIXED_BY_RIGHT
        self.is_product = base in PRODUCTS
        self.refusal: Refusal | None = REFUSALS.get(self.base)
        # What its kernel asserts of values that the CPU's refuses before anything is computed.
        self.assertion: Assertion | None = ASSERTIONS.get(self.base)
        self.lacks_cuda = self.base in WITHOUT_CUDA
        # Whether CUDA refuses some calls that the CPU computes.
        self.is_picky = self.refusal is not None or self.lacks_cuda or self.base == "_int_mm"
        names = [argument.name for argument in schema.arguments]
        self.draws_random = "generator" in names
        # Position among the arguments that may be given by position; None when by name only.
        self.generator_index = next(
            (
                index
                for index, argument in enumerate(schema.arguments)
                if argument.name == "generator" and not argument.kwarg_only
            ),
            None,
        )
        self.out_names = tuple(
            argument.name
            for argument in schema.arguments
            if argument.is_out or (argument.alias_info and argument.alias_info.is_write)
        )
        self.returns_list = [str(result.type) for result in schema.returns] == ["List[Tensor]"]
        # Straight to the kernel of a key, past the Python layers of `OpOverload`.
        self.redispatch = redispatcher(operator)
        # A tensor made from a number (`x + 1`) reaches a kernel as that number. Some operators take
        # it back so; for the others, found out at the first call, it is made a tensor again.
        self.takes_numbers = True
        self.tensor_at = tuple("Tensor" in str(argument.type) for argument in schema.arguments)
        self.writes_first = self.out_names == (names[0],) if names else False
        self.is_plain = (
            not self.is_view
            and not self.draws_random
            and not self.may_mix
            and (not self.out_names or self.writes_first)
            and all(_is_plain_type(str(argument.type)) for argument in schema.arguments)
            and [str(result.type) for result in schema.returns] == ["Tensor"]
        )


# Neither lists of tensors nor devices: what the short way through a kernel understands.
PLAIN_TYPES = (
    "Tensor",
    "number",
    "int",
    "float",
    "bool",
    "str",
    "List[int]",
    "List[float]",
    "List[bool]",
)


def _is_plain_type(name: str) -> bool:
    bare = name[len("Optional[") : -1] if name.startswith("Optional[") else name
    return bare in PLAIN_TYPES


_plans: dict[Any, Plan] = {}


def plan_of(operator: Any) -> Plan:
    """The plan of an operator overload."""
    plan = _plans.get(operator)
    if plan is None:
        plan = _plans[operator] = Plan(operator)
    return plan


def cuda_index(device: torch.device | None) -> int | None:
    """Index of a CUDA device; None for another device."""
    if device is None or device.type != "cuda":
        return None
    return device.index or 0
