"""Scratch memory of cuDNN's convolutions.

On cards with tensor cores cuDNN computes in half precision with the channels last. Where a program has them
first, it turns what goes in and what comes out around, in a workspace that PyTorch takes from its allocator
for the time of the call (aten/src/ATen/native/cudnn/Conv_v8.cpp). cuDNN's own choice of kernels is not
published: the size here is held against measurements in docs/estimate.md.
"""

from __future__ import annotations

from math import prod
from typing import Any

import torch
from torch import Tensor

from ..plans import Plan
from .infer import Outcome, Output

CONVOLUTIONS = ("convolution", "_convolution", "cudnn_convolution", "convolution_overrideable")
HALVES = (torch.float16, torch.bfloat16)


def workspace_of(plan: Plan, args: tuple[Any, ...], outcome: Outcome) -> int:
    """Bytes that a convolution takes beside its operands; 0 for every other operator."""
    if plan.base not in CONVOLUTIONS or not isinstance(outcome.outputs, Output):
        return 0
    data: Tensor = args[0]
    if data.dtype not in HALVES or has_channels_last(data):
        return 0
    output = outcome.outputs
    return data.numel() * data.element_size() + prod(output.size) * output.dtype.itemsize


def has_channels_last(data: Tensor) -> bool:
    """Whether neighbours in memory are channels of one point."""
    return data.dim() > 2 and data.size(1) > 1 and data.stride(1) == 1
