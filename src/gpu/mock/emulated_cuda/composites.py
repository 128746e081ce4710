"""Operators that PyTorch takes apart before they reach a device, kept whole where that is faster.

Each part of a decomposed operator costs its way into Python and back, and the CPU has fused kernels
that the parts never reach (attention). When a gradient is wanted the parts are used, since only they
have derivatives.
"""

from __future__ import annotations

from typing import Any, Callable

import torch

from .kernels import Kernels

WHOLE = (
    "linear",
    "matmul",
    "scaled_dot_product_attention",
    "rms_norm",
)


def register_composites(kernels: Kernels, library: torch.library.Library) -> None:
    """Registers them for CUDA, below and above autograd."""
    for name in WHOLE:
        packet = getattr(torch.ops.aten, name, None)
        if packet is None:
            continue
        kernel = _kernel(kernels, packet.default, name == "scaled_dot_product_attention")
        library.impl(name, kernel, "CUDA")
        library.impl(name, kernel, "AutogradCUDA")


def _kernel(kernels: Kernels, operator: Any, is_attention: bool) -> Callable[..., Any]:
    run = kernels.run

    def kernel(*args: Any, **kwargs: Any) -> Any:
        if (torch.is_grad_enabled() and _wants_gradient(args)) or (
            # Dropout draws from the device's stream: its parts know how.
            is_attention and _dropout_of(args, kwargs) > 0
        ):
            return operator.decompose(*args, **kwargs)
        return run(operator, *args, **kwargs)

    return kernel


def _wants_gradient(args: tuple[Any, ...]) -> bool:
    return any(isinstance(value, torch.Tensor) and value.requires_grad for value in args)


def _dropout_of(args: tuple[Any, ...], kwargs: dict[str, Any]) -> float:
    if len(args) > 4:
        return float(args[4])
    return float(kwargs.get("dropout_p", 0.0))
