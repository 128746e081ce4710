"""What an operator costs: arithmetic, traffic of the GPU's memory, and which kind of kernel does it."""

from __future__ import annotations

from math import prod
from typing import Any

import torch
from torch import Tensor

from ..plans import Plan
from .infer import NEW, Output

# Kinds of kernels, which come differently near to a card's highest rates.
PRODUCT, CONVOLUTION, ATTENTION, TRAFFIC, TRANSFER = range(5)
KINDS = ("matrix products", "convolutions", "attention", "other kernels", "transfers")

# Rates of a card, by the type of the operands.
HALF, TF32, SINGLE, EIGHTH = range(4)
_HALVES = (torch.float16, torch.bfloat16)
_EIGHTHS = tuple(
    getattr(torch, name)
    for name in ("int8", "uint8", "float8_e4m3fn", "float8_e5m2")
    if hasattr(torch, name)
)

# Reads of these are as large as what comes out, whatever the size of the table.
_LOOKS_UP = ("embedding", "index", "index_select", "gather", "_unsafe_index", "take", "masked_select")
# They write what they were given.
_FILLS = ("fill_", "zero_", "copy_", "normal_", "uniform_", "randn", "rand", "zeros", "ones", "full", "arange")
# No kernel runs.
_FREE = ("empty", "empty_like", "empty_strided", "new_empty", "new_empty_strided", "resize_", "set_")
_SOFTENED = {"_scaled_dot_product_attention_math": ATTENTION}


class Cost:
    """What one call of an operator asks of the GPU.

    Attributes:
        kind: which kernel.
        rate: which of a card's rates its arithmetic has.
        operations: multiplications and additions, each counted.
        traffic: bytes read and written, each operand once.
    """

    __slots__ = ("kind", "operations", "rate", "traffic")

    def __init__(self, kind: int, rate: int, operations: float, traffic: float) -> None:
        self.kind = kind
        self.rate = rate
        self.operations = operations
        self.traffic = traffic


def cost_of(plan: Plan, args: tuple[Any, ...], operands: list[Tensor], outputs: Any) -> Cost | None:
    """The cost of a call; None where no kernel runs.

    Args:
        operands: its tensors
        outputs: what `Outcome` says of its results
    """
    base = plan.base
    if base in _FREE or plan.is_view:
        return None
    written = _written_bytes(outputs)
    if base in _LOOKS_UP:
        return Cost(TRAFFIC, SINGLE, 0, 2 * written)
    if base in _FILLS and operands and plan.out_names:
        return Cost(TRAFFIC, SINGLE, 0, sum(bytes_in(operand) for operand in operands))
    read = sum(bytes_in(operand) for operand in operands)
    if plan.out_names and not written:
        written = bytes_in(operands[0]) if operands else 0
    traffic = read + written
    known = _arithmetic(base, args, outputs)
    if known is None:
        return Cost(TRAFFIC, SINGLE, 0, traffic)
    kind, operations, of = known
    return Cost(kind, rate_of(of, kind), operations, traffic)


def _arithmetic(base: str, args: tuple[Any, ...], outputs: Any) -> tuple[int, float, Tensor] | None:
    """Kind, operations and an operand of the deciding type; None for what memory alone decides."""
    if base in ("mm", "bmm", "_int_mm", "_scaled_mm", "matmul", "linear", "mv", "dot"):
        left, right = args[0], args[1]
        inner = left.size(-1)
        count = _elements(outputs) or left.numel() // max(inner, 1)
        return PRODUCT, 2.0 * count * inner, right if left.dtype is right.dtype else left
    if base == "_weight_int4pack_mm":
        return PRODUCT, 2.0 * _elements(outputs) * args[0].size(-1), args[0]
    if base in ("addmm", "addmm_", "baddbmm", "baddbmm_", "_addmm_activation", "addmv", "addbmm"):
        return PRODUCT, 2.0 * _elements(outputs) * args[1].size(-1), args[1]
    if base in ("convolution", "_convolution", "cudnn_convolution", "conv2d", "conv3d", "conv1d"):
        data, weight = args[0], args[1]
        transposed = len(args) > 6 and args[6] is True
        # Each element (of what goes in, where it is transposed) meets one filter.
        count = data.numel() if transposed else _elements(outputs)
        return CONVOLUTION, 2.0 * count * prod(weight.size()[1:]), weight
    if base == "convolution_backward":
        grad, weight = args[0], args[2]
        wanted = args[-1] if isinstance(args[-1], (list, tuple)) else (True, True, True)
        return CONVOLUTION, 2.0 * sum(wanted[:2]) * grad.numel() * prod(weight.size()[1:]), weight
    if "scaled_dot_product" in base:
        backward = "backward" in base
        query, key, value = args[1:4] if backward else args[:3]
        # Two products over all pairs; five on the way back (FlashAttention's paper, appendix B.4).
        per_pair = query.size(-1) + value.size(-1)
        pairs = prod(query.size()[:-1]) * key.size(-2)
        causal = 0.5 if _is_causal(base, args) else 1.0
        return ATTENTION, 2.0 * pairs * per_pair * causal * (2.5 if backward else 1.0), query
    return None


def _is_causal(base: str, args: tuple[Any, ...]) -> bool:
    position = {
        "_scaled_dot_product_flash_attention": 4,
        "_scaled_dot_product_efficient_attention": 6,
        "_scaled_dot_product_attention_math": 5,
    }.get(base)
    return position is not None and len(args) > position and args[position] is True


def rate_of(tensor: Tensor, kind: int) -> int:
    """Which of a card's rates: cuDNN takes TF32 for fp32 unless told otherwise, cuBLAS only when told."""
    if tensor.dtype in _HALVES:
        return HALF
    if tensor.dtype in _EIGHTHS:
        return EIGHTH
    if tensor.dtype is torch.float32:
        told = (
            torch.backends.cudnn.allow_tf32
            if kind == CONVOLUTION
            else torch.backends.cuda.matmul.allow_tf32
        )
        return TF32 if told else SINGLE
    return SINGLE


def bytes_in(tensor: Tensor) -> int:
    """Bytes that a kernel reads of a tensor: what is repeated (stride 0) is there once."""
    count = 1
    for length, stride in zip(tensor.size(), tensor.stride()):
        if stride:
            count *= length
    return count * tensor.element_size()


def _written_bytes(outputs: Any) -> int:
    if isinstance(outputs, Output):
        return prod(outputs.size) * outputs.dtype.itemsize if outputs.kind == NEW else 0
    return sum(_written_bytes(output) for output in outputs)


def _elements(outputs: Any) -> int:
    first = outputs
    while isinstance(first, (list, tuple)):
        if not first:
            return 0
        first = first[0]
    return prod(first.size) if isinstance(first, Output) and first.kind == NEW else 0
