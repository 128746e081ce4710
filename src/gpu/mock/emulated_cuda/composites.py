"""Operators that PyTorch takes apart before they reach a device, kept whole where that is faster.

Each part of a decomposed operator costs its way into Python and back, and the CPU has fused kernels
that the parts never reach (attention). When a gradient is wanted the parts are used, since only they
have derivatives.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import torch

from .attention import check_backends

WHOLE = (
    "linear",
    "matmul",
    "scaled_dot_product_attention",
    "rms_norm",
)


def register_composites(
    run: Callable[..., Any],
    library: torch.library.Library,
    covered: Callable[[Callable[..., Any]], Callable[..., Any]],
    key: str = "CUDA",
    attention: Callable[..., Any] | None = None,
) -> None:
    """Registers them for a backend's key, below and above autograd.

    Args:
        run: runs an operator whole
        attention: the kernel of attention; None for one that runs it whole as well
    """
    for name in WHOLE:
        packet = getattr(torch.ops.aten, name, None)
        if packet is None:
            continue
        is_attention = name == "scaled_dot_product_attention"
        kernel = attention if is_attention else None
        kernel = covered(kernel or _kernel(run, packet.default, is_attention))
        library.impl(name, kernel, key)
        library.impl(name, kernel, f"Autograd{key}")


def _kernel(run: Callable[..., Any], operator: Any, is_attention: bool) -> Callable[..., Any]:
    # The C++ side of attention asks the device which backend it has: a CUDA build asks the driver.
    in_parts = written_out if is_attention else operator.decompose

    def kernel(*args: Any, **kwargs: Any) -> Any:
        if _is_watched() or _need_parts(args) or (kwargs and _need_parts(kwargs.values())):
            return in_parts(*args, **kwargs)
        return run(operator, *args, **kwargs)

    def attention(*args: Any, **kwargs: Any) -> Any:
        if not torch._C._get_math_sdp_enabled():
            check_backends(*args, **kwargs)
        # Dropout draws from the device's stream: its parts know how.
        if _dropout_of(args, kwargs) > 0:
            return in_parts(*args, **kwargs)
        try:
            return kernel(*args, **kwargs)
        except RuntimeError as error:
            # The CPU lacks two of CUDA's backends; what they would answer is the same.
            if "No viable backend" not in str(error) and "No available kernel" not in str(error):
                raise
            return in_parts(*args, **kwargs)

    return attention if is_attention else kernel


def written_out(
    query: Any,
    key: Any,
    value: Any,
    attn_mask: Any = None,
    dropout_p: float = 0.0,
    is_causal: bool = False,
    *,
    scale: float | None = None,
    enable_gqa: bool = False,
) -> Any:
    """Attention in matrix products, whatever backends are switched on."""
    # PyTorch 2.4 has no groups of queries.
    options = {"scale": scale, **({"enable_gqa": True} if enable_gqa else {})}
    math = torch.ops.aten._scaled_dot_product_attention_math
    return math(query, key, value, attn_mask, dropout_p, is_causal, **options)[0]


def _is_watched() -> bool:
    """True while a tracer or a mode looks on: export, fake tensors, counters. They know the parts."""
    return torch._C._len_torch_dispatch_stack() > 0 or torch._C._get_tracing_state() is not None


def _need_parts(values: Iterable[Any]) -> bool:
    """True if a gradient is wanted, or if an operand is more than a tensor."""
    grad = torch.is_grad_enabled()
    for value in values:
        if isinstance(value, torch.Tensor):
            kind = type(value)
            if kind is not torch.Tensor and kind is not torch.nn.Parameter:
                return True
            if grad and value.requires_grad:
                return True
    return False


def _dropout_of(args: tuple[Any, ...], kwargs: dict[str, Any]) -> float:
    if len(args) > 4:
        return float(args[4])
    return float(kwargs.get("dropout_p", 0.0))
