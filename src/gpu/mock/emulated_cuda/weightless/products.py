"""Copies that cuBLAS's callers make: a matrix whose rows and columns are both apart is made contiguous first.

PyTorch does so for the time of the call (aten/src/ATen/native/cuda/Blas.cpp, prepare_matrix_for_cublas). It happens
to gradients of a sum, which are one number with stride 0, and to slices of interleaved tensors.
"""

from __future__ import annotations

from typing import Any

from torch import Tensor

from ..plans import Plan

# Where the two factors are among the arguments.
FACTORS = {"mm": 0, "bmm": 0, "addmm": 1, "baddbmm": 1, "linear": 0}


def copied_bytes(plan: Plan, args: tuple[Any, ...]) -> int:
    """Bytes of copies that a product takes beside its operands; 0 for every other operator."""
    first = FACTORS.get(plan.base)
    if first is None:
        return 0
    factors = [factor for factor in args[first : first + 2] if isinstance(factor, Tensor)]
    return sum(
        factor.numel() * factor.element_size() for factor in factors if not is_dense_matrix(factor)
    )


def is_dense_matrix(factor: Tensor) -> bool:
    """Whether cuBLAS can read the last two dimensions as they are: one of them without gaps."""
    if factor.dim() < 2:
        return True
    rows, columns = factor.size()[-2:]
    over_rows, over_columns = factor.stride()[-2:]
    return (over_columns == 1 and over_rows >= max(1, columns)) or (
        over_rows == 1 and over_columns >= max(1, rows)
    )
