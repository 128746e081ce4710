"""What marks a tensor without values: a dispatch key that nothing else uses.

The key stands above CPU and CUDA and below autograd, so PyTorch's dispatcher sends every operator with
such a tensor among its operands to one place, whatever the device, and every other operator where it
always went. Views, detached tensors and parameters have their tensor's keys.
"""

from __future__ import annotations

import ctypes

import torch

KEY_NAME = "PrivateUse3"
KEYS = torch._C.DispatchKeySet(torch._C._dispatch_key_parse(KEY_NAME))
KEY = torch._C._dispatch_key_parse(KEY_NAME)
# Words of a TensorImpl among which its keys are looked for.
IMPL_WORDS = 40

_bits = KEYS.raw_repr()
_cpu_bits = torch._C.DispatchKeySet(torch._C.DispatchKey.CPU).raw_repr()
# The bit of the backend alone: "dense" is shared with the CPU's.
MARK = _bits & ~_cpu_bits


def word_of_keys() -> int:
    """Where a TensorImpl has its keys; raises RuntimeError when that is not plain to see."""
    candidates = set(range(IMPL_WORDS))
    samples = (torch.empty(1), torch.empty(1, device="meta"), torch.empty(1, requires_grad=True))
    for tensor in samples:
        keys = torch._C._dispatch_keys(tensor).raw_repr()
        words = ctypes.cast(tensor._cdata, ctypes.POINTER(ctypes.c_uint64))
        candidates = {index for index in candidates if words[index] == keys}
    if len(candidates) != 1:
        raise RuntimeError("this PyTorch keeps a tensor's keys elsewhere")
    return candidates.pop()


_word = word_of_keys()


def mark(tensor: torch.Tensor) -> torch.Tensor:
    """Declares that the tensor's values are unknown."""
    words = ctypes.cast(tensor._cdata, ctypes.POINTER(ctypes.c_uint64))
    words[_word] |= MARK
    return tensor


def unmark(tensor: torch.Tensor) -> torch.Tensor:
    """Declares that the tensor has values."""
    words = ctypes.cast(tensor._cdata, ctypes.POINTER(ctypes.c_uint64))
    words[_word] &= ~MARK
    return tensor


def is_unknown(tensor: torch.Tensor) -> bool:
    """Whether the tensor has no values."""
    return torch._C._dispatch_keys(tensor).has(KEY)
