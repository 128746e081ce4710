"""`torch.cuda.FloatTensor` and its like: tensor types of old, whose C++ side refuses in a CPU build."""

from __future__ import annotations

from typing import Any

import torch

DTYPES = {
    "FloatTensor": torch.float32,
    "DoubleTensor": torch.float64,
    "HalfTensor": torch.float16,
    "BFloat16Tensor": torch.bfloat16,
    "ByteTensor": torch.uint8,
    "CharTensor": torch.int8,
    "ShortTensor": torch.int16,
    "IntTensor": torch.int32,
    "LongTensor": torch.int64,
    "BoolTensor": torch.bool,
}


class _LegacyType(type):
    """A type that makes tensors of one dtype on the device; its instances are those tensors."""

    dtype: torch.dtype

    def __instancecheck__(cls, value: object) -> bool:
        return isinstance(value, torch.Tensor) and value.is_cuda and value.dtype is cls.dtype

    def __call__(cls, *args: Any, **_: Any) -> torch.Tensor:
        torch.cuda._lazy_init()
        if len(args) == 1 and not isinstance(args[0], (int, torch.Size)):
            return torch.as_tensor(args[0], dtype=cls.dtype, device="cuda").clone()
        size = args[0] if args and isinstance(args[0], torch.Size) else args or (0,)
        return torch.empty(size, dtype=cls.dtype, device="cuda")


def replace_tensor_types() -> None:
    """Puts the types into `torch.cuda`, and has PyTorch's default type understand them."""
    types = {
        # `Tensor.type` reads a type's name.
        name: _LegacyType(f"torch.cuda.{name}", (), {"dtype": dtype})
        for name, dtype in DTYPES.items()
    }
    for name, kind in types.items():
        setattr(torch.cuda, name, kind)
    set_default = torch.set_default_tensor_type

    def set_default_tensor_type(wanted: Any) -> None:
        kind = types.get(wanted.removeprefix("torch.cuda.")) if isinstance(wanted, str) else wanted
        if not isinstance(kind, _LegacyType):
            set_default(wanted)
            return
        torch.set_default_dtype(kind.dtype)
        torch.set_default_device("cuda")

    torch.set_default_tensor_type = set_default_tensor_type
