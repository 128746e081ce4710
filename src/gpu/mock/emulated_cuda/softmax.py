"""Softmax that widens: `softmax(x, dim, dtype=torch.float32)` of a half-precision tensor.

On CUDA that is one kernel, which reads half precision and writes single precision, and its gradient is one that does
the opposite. PyTorch's kernels for the CPU refuse both. Models of transformers with attention written out call it in
each layer.
"""

from __future__ import annotations

from typing import Any

FORWARD = ("_softmax", "_log_softmax")
BACKWARD = ("_softmax_backward_data", "_log_softmax_backward_data")
# What the CPU's kernels say (PyTorch 2.13), forward and backward.
REFUSALS = ("half to float conversion is not supported", "expected scalar type Float but found Half")


def lacks_widening(name: str, error: RuntimeError) -> bool:
    """Whether an operator, by its name without namespace, failed because the CPU's kernel does not convert."""
    return name in FORWARD + BACKWARD and any(words in str(error) for words in REFUSALS)


def call_widening(name: str, operator: Any, args: list[Any], kwargs: dict[str, Any]) -> Any:
    """The same with the conversion beside the CPU's kernel; all computing is in single precision, as on CUDA."""
    if name in FORWARD:
        tensor, dim, _ = args
        return operator(tensor.float(), dim, False, **kwargs)
    gradient, output, dim, dtype = args
    return operator(gradient, output, dim, gradient.dtype, **kwargs).to(dtype)
