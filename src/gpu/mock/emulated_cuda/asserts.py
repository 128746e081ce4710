"""Device-side assertions: what a CUDA kernel finds out while it runs, such as an index out of range.

The call that starts such a kernel returns, and its result is unspecified. CUDA reports the failure at the next call
that waits for the device, and every later call that reaches the device fails alike, until the process ends. Which calls
those are was read off the CUDA builds of PyTorch 2.8 and 2.13, on a runtime that answers cudaErrorAssert
(test/fidelity/cuda_kernels).
"""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from .errors import cuda_error
from .redispatch import DEVICE

Args = tuple[Any, ...]

# Not the "Dimension out of range" of a wrong `dim`, which the host checks.
OUT_OF_RANGE = re.compile(
    r"\bindex\b.*out of (range|bounds)|Target -?\d+ is out of|out of range: tried|not in the valid range"
)
UNIT = re.compile(r"between 0 and 1|p_in|probability")


class Assertion:
    """A kernel that checks values: where it stands in PyTorch's sources, and what it asserts."""

    __slots__ = ("condition", "found", "kernel", "place")

    def __init__(self, place: str, kernel: str, condition: str, found: re.Pattern[str] = OUT_OF_RANGE) -> None:
        # File below aten/src/ATen/native/cuda, with a line of PyTorch 2.8.
        self.place = place
        self.kernel = kernel
        self.condition = condition
        # The CPU's words when it finds the same.
        self.found = found

    def line(self) -> str:
        """What the device prints on stderr, of the first thread that fails."""
        return (
            f"../aten/src/ATen/native/cuda/{self.place}: {self.kernel}: block: [0,0,0], thread: [0,0,0] "
            f"Assertion `{self.condition}` failed."
        )


def _table() -> dict[str, Assertion]:
    index = Assertion(
        "IndexKernel.cu:111", "operator()", '-sizes[i] <= index && index < sizes[i] && "index out of bounds"'
    )
    scatter = Assertion(
        "ScatterGatherKernel.cu:144",
        "operator()",
        'idx_dim >= 0 && idx_dim < index_size && "index out of bounds"',
    )
    select = Assertion("Indexing.cu:1290", "indexSelectLargeIndex", "srcIndex < srcSelectDimSize")
    add = Assertion("Indexing.cu:1016", "indexFuncLargeIndex", "dstIndex < dstAddDimSize")
    fill = Assertion(
        "IndexKernel.cu:226",
        "operator()",
        'idx >= -self_dim_size && idx < self_dim_size && "Index out of bounds"',
    )
    copy = Assertion(
        "IndexKernel.cu:262",
        "operator()",
        'idx >= 0 && idx < self_dim_size && "index_copy_(): index out of bounds"',
    )
    take = Assertion(
        "IndexKernel.cu:325",
        "operator()",
        'idx < numel && idx >= -numel && "cuda_take_put_kernel() index out of bounds"',
    )
    label = Assertion("Loss.cu:245", "nll_loss_forward_reduce_cuda_kernel_2d", "t >= 0 && t < n_classes")
    label_2d = Assertion("NLLLoss2d.cu:103", "nll_loss2d_forward_kernel", "t >= 0 && t < n_classes")
    probability = Assertion(
        "TensorCompare.cu:112",
        "_assert_async_cuda_kernel",
        "probability tensor contains either `inf`, `nan` or element < 0",
        UNIT,
    )
    entropy = Assertion(
        "Loss.cu:106", "operator()", "input_val >= zero && input_val <= one", UNIT
    )
    bag = Assertion("EmbeddingBag.cu:107", "EmbeddingBag_updateOutputKernel_sum_mean", "input[emb] < numRows")
    truth = Assertion(
        "TensorCompare.cu:112", "_assert_async_cuda_kernel", "input[0] != 0", re.compile("Expected Tensor|assert", re.I)
    )
    return {
        **dict.fromkeys(("index", "_unsafe_index", "index_put", "index_put_", "_index_put_impl_"), index),
        **dict.fromkeys(("index_select", "embedding"), select),
        **dict.fromkeys(("gather", "scatter", "scatter_", "scatter_add", "scatter_add_"), scatter),
        **dict.fromkeys(("scatter_reduce", "scatter_reduce_"), scatter),
        **dict.fromkeys(("index_add", "index_add_", "index_reduce", "index_reduce_"), add),
        **dict.fromkeys(("index_fill", "index_fill_"), fill),
        **dict.fromkeys(("index_copy", "index_copy_"), copy),
        **dict.fromkeys(("take", "put", "put_"), take),
        "nll_loss_forward": label,
        "nll_loss2d_forward": label_2d,
        "multinomial": probability,
        "binary_cross_entropy": entropy,
        **dict.fromkeys(("_embedding_bag", "_embedding_bag_forward_only"), bag),
        "_assert_async": truth,
    }


ASSERTIONS = _table()

# Operators that wait for the device: the shape of their result depends on values.
WAITING = frozenset(
    {
        *("nonzero", "masked_select", "_unique", "_unique2", "unique_dim", "unique_consecutive"),
        *("unique_dim_consecutive", "bincount", "equal", "is_nonzero", "repeat_interleave"),
    }
)


class Context:
    """CUDA's context of this process.

    Attributes:
        failed: an assertion has failed; false in every process that made no such mistake, and the only thing that the
            ordinary path asks.
    """

    def __init__(self) -> None:
        self.failed = False
        # Whether the process has been given the error: from then on every launch fails.
        self._reported = False

    def fail(self, assertion: Assertion) -> None:
        """An assertion fails on the device; raises at once where launches wait for their kernels."""
        print(assertion.line(), file=sys.stderr, flush=True)
        self.failed = True
        if _launches_block():
            self.wait()

    def wait(self) -> None:
        """For calls that wait for the device; raises the failure."""
        if self.failed:
            self._reported = True
            raise cuda_error(device_side_assert())

    def launch(self, operator: str, args: Args) -> None:
        """For calls that start a kernel; raises once the failure has been reported."""
        if operator in WAITING or _has_mask(args):
            self.wait()
        if self._reported and not _is_empty(args):
            self.wait()


def _has_mask(args: Args) -> bool:
    """Whether a list of indices has a mask in it, whose elements are counted first."""
    return any(
        isinstance(index, Tensor) and index.dtype in (torch.bool, torch.uint8)
        for value in args[1:2]
        if isinstance(value, (list, tuple))
        for index in value
    )


def _is_empty(args: Args) -> bool:
    """Whether there is nothing to compute, for which no kernel starts."""
    tensors = [value for value in args if isinstance(value, Tensor)]
    return bool(tensors) and all(tensor.numel() == 0 for tensor in tensors)


def _launches_block() -> bool:
    return os.environ.get("CUDA_LAUNCH_BLOCKING") == "1"


def _release() -> tuple[int, ...]:
    return tuple(int(part) for part in re.findall(r"\d+", torch.__version__)[:2])


def device_side_assert() -> str:
    """PyTorch's words, with its hints, which changed after 2.8."""
    parts = ["CUDA error: device-side assert triggered"]
    if _release() >= (2, 9):
        parts.append(
            "Search for `cudaErrorAssert' in https://docs.nvidia.com/cuda/cuda-runtime-api/group__CUDART__TYPES.html "
            "for more information."
        )
    if not _launches_block():
        parts.append(
            "CUDA kernel errors might be asynchronously reported at some other API call, so the stacktrace below might "
            "be incorrect.\nFor debugging consider passing CUDA_LAUNCH_BLOCKING=1"
        )
    if _release() < (2, 13):
        parts.append("Compile with `TORCH_USE_CUDA_DSA` to enable device-side assertions.\n")
    else:
        parts.append("")
    return "\n".join(parts)


def unspecified(
    operator: Any, args: Args, kwargs: dict[str, Any], to_device: Callable[[Any], Any]
) -> Any:
    """What a kernel that failed leaves: its outputs, of the right shape, here full of zeros."""
    schema = operator._schema
    for index, argument in enumerate(schema.arguments):
        if argument.is_out or (argument.alias_info and argument.alias_info.is_write):
            return kwargs[argument.name] if argument.name in kwargs else args[index]
    shapes = operator(
        *[_shape_of(value) for value in args], **{name: _shape_of(value) for name, value in kwargs.items()}
    )
    return to_device(_zeros_like(shapes))


def _shape_of(value: Any) -> Any:
    if isinstance(value, Tensor):
        return torch.empty_strided(value.size(), value.stride(), dtype=value.dtype, device="meta")
    if isinstance(value, (list, tuple)):
        return type(value)(_shape_of(item) for item in value)
    if isinstance(value, DEVICE):
        return torch.device("meta")
    return value


def _zeros_like(value: Any) -> Any:
    if isinstance(value, Tensor):
        return torch.zeros(value.size(), dtype=value.dtype)
    if isinstance(value, (list, tuple)):
        return tuple(_zeros_like(item) for item in value)
    return value
