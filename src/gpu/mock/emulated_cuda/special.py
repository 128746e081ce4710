"""Kernels that the CPU's cannot stand in for: they move bytes between devices or make memory."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from .driver import Driver
from .errors import invalid_device
from .kernels import Kernels
from .methods import record_stream
from .plans import cuda_index
from .redispatch import CPU_KEYS
from .refusals import INTEGERS
from .rng import DeviceRandom
from .storage import Storages
from .tensors import Tensors

aten = torch.ops.aten

# What _fused_sdp_choice answers for "write it out in matrix products".
SDP_MATH = 0


# As it was before `refuse_with_generator`: it draws on the CPU with the device's generator.
_draw_mask = Tensor.bernoulli_


def bytes_of(size: Any, dtype: torch.dtype) -> int:
    """Bytes of a dense tensor."""
    count = 1
    for length in size:
        count *= length
    return count * dtype.itemsize


class SpecialKernels:
    """Operators with a kernel of their own, by name as the dispatcher has it."""

    def __init__(
        self,
        driver: Driver,
        tensors: Tensors,
        storages: Storages,
        random: DeviceRandom,
        kernels: Kernels,
    ) -> None:
        self.driver = driver
        self.tensors = tensors
        self.storages = storages
        self.random = random
        self.kernels = kernels

    def table(self) -> dict[str, Any]:
        """Operator name to kernel."""
        return {
            "set_.source_Storage_storage_offset": self.set_storage_offset,
            "set_.source_Storage": self.set_storage,
            "set_.source_Tensor": self.set_tensor,
            "set_": self.set_nothing,
            "empty.memory_format": self.empty,
            "empty_strided": self.empty_strided,
            "_efficientzerotensor": self.zeros,
            "copy_": self.copy_,
            "resize_": self.resize_,
            "_local_scalar_dense": self.local_scalar_dense,
            "_fused_sdp_choice": lambda *args, **kwargs: SDP_MATH,
            "native_dropout": self.native_dropout,
            "histc": self.histc,
            "_thnn_fused_lstm_cell": self.lstm_cell,
            "_thnn_fused_lstm_cell_backward_impl": self.lstm_cell_backward,
            "_thnn_fused_gru_cell": self.gru_cell,
            "_use_cudnn_ctc_loss": lambda *args, **kwargs: False,
            "_use_cudnn_ctc_loss.Tensor": lambda *args, **kwargs: False,
            "_use_miopen_ctc_loss": lambda *args, **kwargs: False,
            "_use_miopen_ctc_loss.Tensor": lambda *args, **kwargs: False,
            "mm.dtype": product_as,
            "mm.dtype_out": product_as,
            "bmm.dtype": product_as,
            "bmm.dtype_out": product_as,
            "record_stream": self.record_stream,
        }

    def record_stream(self, tensor: Tensor, stream: Any) -> None:
        record_stream(self.storages, tensor, stream)

    def set_storage_offset(
        self, tensor: Tensor, storage: Any, offset: int, size: Any, stride: Any = ()
    ) -> Tensor:
        return self.tensors.set_memory(CPU_KEYS, tensor, storage, offset, size, stride)

    def set_storage(self, tensor: Tensor, storage: Any) -> Tensor:
        count = storage.nbytes() // tensor.element_size()
        return self.set_storage_offset(tensor, storage, 0, [count], [1])

    def set_tensor(self, tensor: Tensor, source: Tensor) -> Tensor:
        return self.set_storage_offset(
            tensor,
            source.untyped_storage(),
            source.storage_offset(),
            source.size(),
            source.stride(),
        )

    def set_nothing(self, tensor: Tensor) -> Tensor:
        return self.set_storage_offset(tensor, self.storages.allocate(0), 0, [0], [1])

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
        dtype = dtype or torch.get_default_dtype()
        self._admit(device, size, dtype)
        host = aten.empty.memory_format(
            size, dtype=dtype, layout=layout, device="cpu", memory_format=memory_format
        )
        return self.tensors.to_device(host)

    def zeros(self, size: Any, *, dtype: torch.dtype | None = None, **_: Any) -> Tensor:
        """Autograd's zeros, which have no memory on other devices: here they have."""
        dtype = dtype or torch.get_default_dtype()
        self._admit(None, size, dtype)
        return self.tensors.to_device(torch.zeros(size, dtype=dtype))

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
        dtype = dtype or torch.get_default_dtype()
        self._admit(device, size, dtype)
        host = aten.empty_strided(size, stride, dtype=dtype, layout=layout, device="cpu")
        return self.tensors.to_device(host)

    def _admit(self, device: torch.device | None, size: Any, dtype: torch.dtype) -> None:
        """Refuses before any memory of the host is touched."""
        self.driver.require()
        index = cuda_index(device)
        if index:
            raise invalid_device(index)
        self.storages.admit(bytes_of(size, dtype))

    def copy_(self, target: Tensor, source: Tensor, non_blocking: bool = False) -> Tensor:
        context = self.driver.context
        if context.failed:
            if source.is_cuda and target.is_cuda:
                context.launch("copy_", (target,))
            else:
                context.wait()
        to_host = self.tensors.to_host
        host_target = to_host(target) if target.is_cuda else target
        host_source = to_host(source) if source.is_cuda else source
        host_target.copy_(host_source)
        return target

    def resize_(
        self, tensor: Tensor, size: Any, *, memory_format: torch.memory_format | None = None
    ) -> Tensor:
        needed = bytes_of(size, tensor.dtype) + tensor.storage_offset() * tensor.element_size()
        storage = tensor.untyped_storage()
        if needed > storage.nbytes():
            host = torch.UntypedStorage(needed)
            if storage.nbytes():
                old = torch.empty(0, dtype=torch.uint8).set_(host)[: storage.nbytes()]
                flat = aten.empty.memory_format([0], dtype=torch.uint8, device="cuda")
                old.copy_(self.tensors.to_host(flat.set_(storage)))
            storage = self.storages.adopt(host)
        shape = torch.empty(size, device="meta")
        stride = shape.stride()
        if memory_format is not None and memory_format is not torch.preserve_format:
            stride = torch.empty(size, device="meta", memory_format=memory_format).stride()
        return self.set_storage_offset(tensor, storage, tensor.storage_offset(), size, stride)

    def local_scalar_dense(self, tensor: Tensor) -> Any:
        self.driver.context.wait()
        return self.tensors.to_host(tensor).item()

    def native_dropout(
        self, tensor: Tensor, p: float, train: bool | None
    ) -> tuple[Tensor, Tensor]:
        self.driver.context.launch("native_dropout", (tensor,))
        if train is not False and p < 1:
            self.kernels.refuse("native_dropout", (tensor,))
        host = self.tensors.to_host(tensor)
        if train is False or p == 0:
            mask = torch.ones_like(host, dtype=torch.bool)
            return self.tensors.to_device(host.clone()), self.tensors.to_device(mask)
        keep = 1.0 - p
        mask = torch.empty_like(host, dtype=torch.float32)
        mask = _draw_mask(mask, keep, generator=self.random.default).to(torch.bool)
        scale = 0.0 if keep == 0 else 1.0 / keep
        output = host * mask * scale
        return self.tensors.to_device(output), self.tensors.to_device(mask)

    def histc(self, tensor: Tensor, bins: int = 100, min: float = 0, max: float = 0) -> Tensor:
        if tensor.dtype not in INTEGERS:
            return self.kernels.run(aten.histc.default, tensor, bins, min, max)
        # The CPU counts numbers with a fraction alone.
        counts = aten.histc.default(self.tensors.to_host(tensor).double(), bins, min, max)
        return self.tensors.to_device(counts.to(tensor.dtype))

    # The fused cells exist for CUDA alone: here they are written out.
    def lstm_cell(
        self,
        input_gates: Tensor,
        hidden_gates: Tensor,
        cell: Tensor,
        input_bias: Tensor | None = None,
        hidden_bias: Tensor | None = None,
    ) -> tuple[Tensor, Tensor, Tensor]:
        gates = add_biases(input_gates + hidden_gates, input_bias, hidden_bias)
        entry, forget, candidate, output = gates.chunk(4, 1)
        entry, forget, output = entry.sigmoid(), forget.sigmoid(), output.sigmoid()
        candidate = candidate.tanh()
        new_cell = forget * cell + entry * candidate
        hidden = output * new_cell.tanh()
        return hidden, new_cell, torch.cat([entry, forget, candidate, output], 1)

    def lstm_cell_backward(
        self,
        grad_hidden: Tensor | None,
        grad_cell: Tensor | None,
        cell: Tensor,
        new_cell: Tensor,
        workspace: Tensor,
        has_bias: bool,
    ) -> tuple[Tensor, Tensor, Tensor | None]:
        entry, forget, candidate, output = workspace.chunk(4, 1)
        squashed = new_cell.tanh()
        grad_hidden = torch.zeros_like(cell) if grad_hidden is None else grad_hidden
        grad_state = grad_hidden * output * (1 - squashed * squashed)
        if grad_cell is not None:
            grad_state = grad_state + grad_cell
        gates = torch.cat(
            [
                grad_state * candidate * entry * (1 - entry),
                grad_state * cell * forget * (1 - forget),
                grad_state * entry * (1 - candidate * candidate),
                grad_hidden * squashed * output * (1 - output),
            ],
            1,
        )
        return gates, grad_state * forget, gates.sum(0) if has_bias else None

    def gru_cell(
        self,
        input_gates: Tensor,
        hidden_gates: Tensor,
        hidden: Tensor,
        input_bias: Tensor | None = None,
        hidden_bias: Tensor | None = None,
    ) -> tuple[Tensor, Tensor]:
        in_reset, in_update, in_new = add_biases(input_gates, input_bias).chunk(3, 1)
        hid_reset, hid_update, hid_new = add_biases(hidden_gates, hidden_bias).chunk(3, 1)
        reset = (in_reset + hid_reset).sigmoid()
        update = (in_update + hid_update).sigmoid()
        new = (in_new + reset * hid_new).tanh()
        output = new + update * (hidden - new)
        return output, torch.cat([reset, update, new, hidden, hid_new], 1)


def product_as(
    left: Tensor, right: Tensor, out_dtype: torch.dtype, *, out: Tensor | None = None
) -> Tensor:
    """A product of half-precision matrices summed up and given in a wider type: CUDA's alone."""
    result = left.to(out_dtype) @ right.to(out_dtype)
    return result if out is None else out.copy_(result)


def add_biases(gates: Tensor, *biases: Tensor | None) -> Tensor:
    """Gates with those of the biases that are there."""
    for bias in biases:
        if bias is not None:
            gates = gates + bias
    return gates
