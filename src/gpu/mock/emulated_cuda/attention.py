"""Which operands CUDA's attention kernels take: PyTorch's own conditions, for dense tensors.

They are those of aten/src/ATen/native/transformers/cuda/sdp_utils.cpp (PyTorch 2.13: `can_use_flash_attention` and
its two siblings), for cards of compute capability 8.0 and newer. Two things follow from them: a call that fails because
a program has switched off the matrix products, and the kernel that the weightless device counts memory for.
"""

from __future__ import annotations

import warnings
from typing import Any

import torch
from torch import Tensor

NO_KERNEL = "No available kernel. Aborting execution."
NO_BACKEND = (
    "No viable backend for scaled_dot_product_attention was found. This is likely due to turning off both the "
    "math kernel and the fused kernels."
)
HALF = (torch.float16, torch.bfloat16)
LARGEST_FLASH_HEAD = 256
# cuDNN 9.11 and newer take twice as much on compute capability 9.0 alone.
LARGEST_CUDNN_HEAD = 128


def check_backends(
    query: Tensor,
    key: Tensor,
    value: Tensor,
    attn_mask: Tensor | None = None,
    dropout_p: float = 0.0,
    is_causal: bool = False,
    *,
    scale: float | None = None,
    enable_gqa: bool = False,
) -> None:
    """Raises RuntimeError where no backend that is switched on takes these operands."""
    if torch._C._get_math_sdp_enabled():
        return
    backends = {
        "Memory efficient": (torch._C._get_mem_efficient_sdp_enabled(), efficient_lacks),
        "Flash": (torch._C._get_flash_sdp_enabled(), flash_lacks),
        "cuDNN": (_cudnn_enabled(), _cudnn_lacks),
    }
    if not any(enabled for enabled, _ in backends.values()):
        raise RuntimeError(NO_BACKEND)
    if query.dim() < 3 or not query.dtype == key.dtype == value.dtype:
        # PyTorch's own check of the operands has its own words.
        return
    reasons: dict[str, str] = {}
    for name, (enabled, lacks) in backends.items():
        reason = (
            lacks(query, key, value, attn_mask, dropout_p, is_causal, enable_gqa)
            if enabled
            else f"{name} attention has been runtime disabled."
        )
        if reason is None:
            return
        reasons[name] = reason
    for name, reason in reasons.items():
        what = f"{name} attention kernel" if name != "Memory efficient" else "Memory efficient kernel"
        warnings.warn(f"{what} not used because:", stacklevel=4)
        warnings.warn(reason, stacklevel=4)
    raise RuntimeError(NO_KERNEL)


def _cudnn_enabled() -> bool:
    # PyTorch 2.1 has no such backend.
    return bool(getattr(torch._C, "_get_cudnn_sdp_enabled", lambda: False)())


def flash_lacks(
    query: Tensor, key: Tensor, value: Tensor, mask: Any, _dropout: float, causal: bool, gqa: bool
) -> str | None:
    """Why FlashAttention does not take these operands, in PyTorch's words; None when it does."""
    if reason := _common_lacks(query, key, value, gqa, singleton_may=True):
        return reason
    if mask is not None:
        return "Flash Attention does not support non-null attn_mask."
    head = query.size(-1)
    if not head == key.size(-1) == value.size(-1) or head > LARGEST_FLASH_HEAD:
        return (
            "Flash attention requires q,k,v to have the same last dimension and to be less than or equal to 256. "
            f"Got Query.size(-1): {head}, Key.size(-1): {key.size(-1)}, Value.size(-1): {value.size(-1)} instead."
        )
    if causal and query.size(-2) != key.size(-2):
        return (
            "Flash attention does not support the is_causal flag when seqlen_q != seqlen_k. "
            f"Got seqlen_q: {query.size(-2)} seqlen_k: {key.size(-2)}."
        )
    return _type_lacks(query, HALF)


def efficient_lacks(
    query: Tensor, key: Tensor, value: Tensor, _mask: Any, _dropout: float, _causal: bool, _gqa: bool
) -> str | None:
    """The same of the memory-efficient kernel."""
    # With groups since a release after 2.8 alone.
    if reason := _common_lacks(query, key, value, False, singleton_may=False):
        return reason
    alignment = 8 if query.dtype in HALF else 4
    head, last = query.size(-1), value.size(-1)
    if head != key.size(-1) or head % alignment or last % alignment or not head or not last:
        return (
            f"Mem efficient attention requires last dimension of inputs to be divisible by {alignment}. "
            f"Got Query.size(-1): {head}, Key.size(-1): {key.size(-1)}, Value.size(-1): {last} instead."
        )
    return _type_lacks(query, (*HALF, torch.float32))


def _cudnn_lacks(
    query: Tensor, key: Tensor, value: Tensor, _mask: Any, dropout: float, _causal: bool, gqa: bool
) -> str | None:
    if reason := _common_lacks(query, key, value, gqa, singleton_may=True):
        return reason
    if dropout * 16 != int(dropout * 16):
        return "cuDNN dropout probability resolution is limited to 1/16."
    head, last = query.size(-1), value.size(-1)
    if head > LARGEST_CUDNN_HEAD or last > LARGEST_CUDNN_HEAD:
        return f"head_dim should be no more than {LARGEST_CUDNN_HEAD}"
    if head % 8 or last % 8:
        return "head_dim should be a multiple of 8"
    if key.size(-2) == 1:
        return "cudnn SDPA does not support key/value sequence length 1."
    return _type_lacks(query, HALF)


def _common_lacks(
    query: Tensor, key: Tensor, value: Tensor, gqa: bool, *, singleton_may: bool
) -> str | None:
    """What all of them ask of dense operands."""
    if not query.dim() == key.dim() == value.dim() == 4:
        return (
            "All fused kernels requires query, key and value to be 4 dimensional, but got Query dim: "
            f"{query.dim()}, Key dim: {key.dim()}, Value dim: {value.dim()} instead."
        )
    heads = [tensor.size(1) for tensor in (query, key, value)]
    same_heads = len(set(heads)) == 1 or (gqa and heads[1] == heads[2] and heads[0] % heads[1] == 0)
    if not query.size(0) == key.size(0) == value.size(0) or not same_heads:
        return (
            "For dense inputs, both fused kernels require query, key and value to have the same batch_size and "
            f"num_heads. Query.sizes(): {list(query.shape)}, Key sizes(): {list(key.shape)}, "
            f"Value sizes(): {list(value.shape)} instead."
        )
    if query.size(-2) == 0 or key.size(-2) == 0:
        return "All fused kernels do not support zero seq_len_q or seq_len_kv."
    for tensor in (query, key, value):
        if tensor.stride(-1) != 1 and not (singleton_may and tensor.size(-1) == 1):
            return (
                "All fused kernels require the last dimension of the input to have stride 1. "
                f"Got Query.stride(-1): {query.stride(-1)}, Key.stride(-1): {key.stride(-1)}, "
                f"Value.stride(-1): {value.stride(-1)} instead."
            )
    return None


def _type_lacks(query: Tensor, allowed: tuple[torch.dtype, ...]) -> str | None:
    if query.dtype in allowed:
        return None
    names = ", ".join(str(dtype).partition(".")[2] for dtype in allowed)
    return f"Expected query, key and value to all be of dtype: {{{names}}}. Got {query.dtype} instead."
