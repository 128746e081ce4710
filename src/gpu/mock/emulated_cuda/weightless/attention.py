"""Which attention kernel CUDA chooses, and what memory it takes.

Fused kernels never hold the matrix of scores: FlashAttention and the memory-efficient kernel give the
output and one number a row. What each of them takes is in ../attention.py.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from ..attention import efficient_lacks, flash_lacks

# at::SDPBackend
MATH, FLASH, EFFICIENT = 0, 1, 2
ALIGNED = 8

aten = torch.ops.aten


def choose_backend(
    query: Tensor,
    key: Tensor,
    value: Tensor,
    attn_mask: Tensor | None = None,
    dropout_p: float = 0.0,
    is_causal: bool = False,
    *,
    scale: float | None = None,
    enable_gqa: bool = False,
) -> int:
    """The number of the kernel, as `_fused_sdp_choice` gives it."""
    if not all(tensor.is_cuda and tensor.dim() == 4 for tensor in (query, key, value)):
        return MATH
    operands = (query, key, value, attn_mask, dropout_p, is_causal, enable_gqa)
    if torch.backends.cuda.flash_sdp_enabled() and flash_lacks(*operands) is None:
        return FLASH
    may_be_efficient = (
        torch.backends.cuda.mem_efficient_sdp_enabled()
        and efficient_lacks(*operands) is None
        and not (attn_mask is not None and attn_mask.requires_grad)
    )
    return EFFICIENT if may_be_efficient else MATH


def attention_kernel(written_out: Callable[..., Any]) -> Callable[..., Any]:
    """`scaled_dot_product_attention` for tensors without values, above and below autograd."""

    def attention(
        query: Tensor,
        key: Tensor,
        value: Tensor,
        attn_mask: Tensor | None = None,
        dropout_p: float = 0.0,
        is_causal: bool = False,
        *,
        scale: float | None = None,
        enable_gqa: bool = False,
    ) -> Any:
        backend = choose_backend(
            query, key, value, attn_mask, dropout_p, is_causal, scale=scale, enable_gqa=enable_gqa
        )
        if backend == FLASH:
            return _flash(query, key, value, dropout_p, is_causal, scale)
        if backend == EFFICIENT:
            bias = None if attn_mask is None else _bias(attn_mask, query, key)
            needs_rows = torch.is_grad_enabled() and any(
                tensor.requires_grad for tensor in (query, key, value)
            )
            return aten._scaled_dot_product_efficient_attention(
                query, key, value, bias, needs_rows, dropout_p, is_causal, scale=scale
            )[0]
        return written_out(
            query, key, value, attn_mask, dropout_p, is_causal, scale=scale, enable_gqa=enable_gqa
        )

    return attention


def _flash(
    query: Tensor, key: Tensor, value: Tensor, dropout_p: float, is_causal: bool, scale: float | None
) -> Tensor:
    length = query.size(-1)
    missing = -length % ALIGNED
    if missing:
        scale = length**-0.5 if scale is None else scale
        query, key, value = (
            torch.nn.functional.pad(tensor, (0, missing)) for tensor in (query, key, value)
        )
    output = aten._scaled_dot_product_flash_attention(
        query, key, value, dropout_p, is_causal, False, scale=scale
    )[0]
    return output[..., :length] if missing else output


def _bias(mask: Tensor, query: Tensor, key: Tensor) -> Tensor:
    """The mask as the kernel takes it: a number for each score, in the query's type."""
    bias = mask.to(query.dtype) if mask.dtype is torch.bool else mask
    return bias.expand(query.size(0), query.size(1), query.size(2), key.size(2))
