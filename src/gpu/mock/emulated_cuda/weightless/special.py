"""Kernels of the weightless device that the meta kernels can't stand in for: they make memory or move it."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from ..errors import invalid_device
from ..plans import cuda_index, plan_of
from ..redispatch import CPU_KEYS
from ..special import SpecialKernels, bytes_of
from ..storage import block_of
from .attention import choose_backend
from .backing import NoBytes, Unknowns, keeps_values
from .executor import WeightlessKernels
from .marks import is_unknown, mark

# Operators that look at the operand's shape alone, so that their result has values.
SHAPED_LIKE = (
    "empty_like",
    "zeros_like",
    "ones_like",
    "full_like",
    "rand_like",
    "randn_like",
    "randint_like",
    "new_empty",
    "new_empty_strided",
    "new_zeros",
    "new_ones",
    "new_full",
)


class WeightlessSpecial(SpecialKernels):
    """Special kernels, for CUDA's key and for the mark's."""

    kernels: WeightlessKernels
    unknowns: Unknowns

    def marked_table(self) -> dict[str, Any]:
        """Those of the mark's key: at least one operand has no values."""
        table = self.table()
        for name in ("empty.memory_format", "empty_strided", "_efficientzerotensor", "native_dropout"):
            del table[name]
        for name in ("mm.dtype", "mm.dtype_out", "bmm.dtype", "bmm.dtype_out"):
            del table[name]
        table["copy_"] = self.copy_unknown
        table["resize_"] = self.resize_unknown
        table["_local_scalar_dense"] = self.number
        table["_fused_sdp_choice"] = choose_backend
        # Unscales gradients, and says whether one was infinite: none is.
        table["_amp_foreach_non_finite_check_and_unscale_"] = lambda gradients, found, scale: None
        for name in SHAPED_LIKE:
            packet = getattr(torch.ops.aten, name, None)
            for overload in packet.overloads() if packet else ():
                if overload in ("out", "names_out") or "out" in overload:
                    continue
                operator = getattr(packet, overload)
                qualified = name if overload == "default" else f"{name}.{overload}"
                table[qualified] = self._shaped_like(operator)
        return table

    def set_storage_offset(
        self, tensor: Tensor, storage: Any, offset: int, size: Any, stride: Any = ()
    ) -> Tensor:
        super().set_storage_offset(tensor, storage, offset, size, stride)
        if has_no_bytes(storage):
            mark(tensor)
        return tensor

    def empty(
        self,
        size: Any,
        *,
        dtype: torch.dtype | None = None,
        layout: torch.layout | None = None,
        device: torch.device | None = None,
        pin_memory: bool | None = None,
        memory_format: torch.memory_format | None = None,
    ) -> Tensor:
        wanted = dtype or torch.get_default_dtype()
        if self._keeps(size, wanted):
            return super().empty(
                size, dtype=dtype, layout=layout, device=device, memory_format=memory_format
            )
        shape = torch.empty(size, dtype=wanted, device="meta", memory_format=memory_format)
        return self._without_values(device, shape)

    def zeros(self, size: Any, *, dtype: torch.dtype | None = None, **options: Any) -> Tensor:
        wanted = dtype or torch.get_default_dtype()
        if self._keeps(size, wanted):
            return super().zeros(size, dtype=dtype, **options)
        return self._without_values(None, torch.empty(size, dtype=wanted, device="meta"))

    def empty_strided(
        self,
        size: Any,
        stride: Any,
        *,
        dtype: torch.dtype | None = None,
        layout: torch.layout | None = None,
        device: torch.device | None = None,
        pin_memory: bool | None = None,
    ) -> Tensor:
        wanted = dtype or torch.get_default_dtype()
        if self._keeps(size, wanted):
            return super().empty_strided(size, stride, dtype=dtype, layout=layout, device=device)
        shape = torch.empty_strided(size, stride, dtype=wanted, device="meta")
        return self._without_values(device, shape)

    def _keeps(self, size: Any, dtype: torch.dtype) -> bool:
        return not self.kernels.makes_unknown and keeps_values(bytes_of(size, dtype), dtype)

    def _without_values(self, device: torch.device | None, shape: Tensor) -> Tensor:
        self.driver.require()
        index = cuda_index(device)
        if index:
            raise invalid_device(index)
        tensor = self.unknowns.tensor(
            True, shape.dtype, shape.size(), shape.stride(), shape.untyped_storage().nbytes()
        )
        self.kernels.peak.look("aten::empty")
        return tensor

    def copy_unknown(self, target: Tensor, source: Tensor, non_blocking: bool = False) -> Tensor:
        """Copies nothing: a target without values keeps none, another one loses them."""
        self.kernels.charges.copy(target, source)
        if not is_unknown(target):
            self.kernels.forget(plan_of(torch.ops.aten.copy_.default), target)
        return target

    def resize_unknown(
        self, tensor: Tensor, size: Any, *, memory_format: torch.memory_format | None = None
    ) -> Tensor:
        meta = torch.empty(size, dtype=tensor.dtype, device="meta")
        if memory_format is not None and memory_format is not torch.preserve_format:
            meta = torch.empty(size, dtype=tensor.dtype, device="meta", memory_format=memory_format)
        storage = tensor.untyped_storage()
        needed = meta.untyped_storage().nbytes() + tensor.storage_offset() * tensor.element_size()
        if needed > storage.nbytes():
            make = self.unknowns.device_storage if tensor.is_cuda else self.unknowns.host_storage
            storage = make(needed)
        return self.tensors.set_memory(
            CPU_KEYS, tensor, storage, tensor.storage_offset(), size, meta.stride()
        )

    def number(self, tensor: Tensor) -> Any:
        """Python's number for one unknown element."""
        self.kernels.charges.wait()
        self.kernels.policy.count("item")
        return self.kernels.policy.number(tensor.dtype)

    def local_scalar_dense(self, tensor: Tensor) -> Any:
        self.kernels.charges.wait()
        return super().local_scalar_dense(tensor)

    def _shaped_like(self, operator: Any) -> Any:
        def run(tensor: Tensor, *args: Any, **kwargs: Any) -> Any:
            size_bytes = bytes_of(tensor.size(), kwargs.get("dtype") or tensor.dtype)
            is_small = (
                size_bytes <= MOST_STAND_IN_BYTES
                and keeps_values(size_bytes, torch.float32)
                and not self.kernels.makes_unknown
            )
            if operator._schema.name.startswith("aten::new_"):
                stand_in = torch.empty(0, dtype=tensor.dtype, device=tensor.device)
                return operator(stand_in, *args, **kwargs)
            if not is_small:
                return self.kernels.run_unknown(operator, tensor, *args, **kwargs)
            stand_in = torch.empty_strided(
                tensor.size(), tensor.stride(), dtype=tensor.dtype, device=tensor.device
            )
            return operator(stand_in, *args, **kwargs)

        return run


# Beyond this the result of `zeros_like` and the like has no values either.
MOST_STAND_IN_BYTES = 256 * 2**10


def has_no_bytes(storage: Any) -> bool:
    """Whether a storage has an address and nothing behind it."""
    if storage.device.type == "cpu":
        return hasattr(storage, "_zerogpu_backing")
    return isinstance(block_of(storage).host, NoBytes)
