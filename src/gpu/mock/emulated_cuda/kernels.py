"""Every operator of the device: the CPU's kernel on the same bytes."""

from __future__ import annotations

from typing import Any, Callable

import torch

from .errors import invalid_device, mixed_devices
from .plans import Plan, cuda_index, plan_of
from .rng import DeviceRandom
from .storage import CPU, CUDA
from .tensors import CPU_KEYS, Tensors

Tensor = torch.Tensor


class Kernels:
    """Runs operators for the device's tensors."""

    def __init__(self, tensors: Tensors, random: DeviceRandom) -> None:
        self.tensors = tensors
        self.random = random
        self.observer: Callable[[str], None] | None = None

    def run(self, operator: Any, *args: Any, **kwargs: Any) -> Any:
        """The kernel of any operator that has no better one: see `Library.fallback`."""
        plan = plan_of(operator)
        if plan.is_view:
            return operator.redispatch(CPU_KEYS, *args, **kwargs)
        call = _Call(self.tensors, plan)
        host_args = [call.to_host(argument) for argument in args]
        host_kwargs = {name: call.to_host(value) for name, value in kwargs.items()}
        if plan.draws_random:
            self._draw_from_device(plan, call, host_args, host_kwargs)
        if host_kwargs.get("pin_memory"):
            host_kwargs["pin_memory"] = False
        call.check_devices()
        try:
            result = operator(*host_args, **host_kwargs)
        except RuntimeError as error:
            if "not resizable" not in str(error):
                raise
            result = call.retry_with_room(operator, host_args, host_kwargs)
        return call.to_device(result)

    def _draw_from_device(
        self, plan: Plan, call: _Call, args: list[Any], kwargs: dict[str, Any]
    ) -> None:
        if not call.on_device:
            return
        index = plan.generator_index
        if index is not None and index < len(args):
            args[index] = self.random.generator_for(args[index])
        else:
            kwargs["generator"] = self.random.generator_for(kwargs.get("generator"))


class _Call:
    """One run of one operator: which operands were on the device, and as what they went in."""

    __slots__ = ("host_cpu", "on_device", "pairs", "plan", "target", "tensors")

    def __init__(self, tensors: Tensors, plan: Plan) -> None:
        self.tensors = tensors
        self.plan = plan
        # (as the CPU kernel sees it, the CUDA tensor)
        self.pairs: list[tuple[Tensor, Tensor]] = []
        self.on_device = False
        self.host_cpu = False
        # Where the result was asked to be; None when no device was named.
        self.target: torch.device | None = None

    def to_host(self, value: Any) -> Any:
        """An argument as the CPU kernel takes it."""
        if isinstance(value, Tensor):
            if value.is_cuda:
                host = self.tensors.to_host(value)
                self.pairs.append((host, value))
                self.on_device = True
                return host
            if value.dim() > 0 and value.device == CPU:
                self.host_cpu = True
            return value
        kind = type(value)
        if kind is torch.device:
            index = cuda_index(value)
            if index is None:
                self.target = value
                return value
            if index > 0:
                raise invalid_device(index)
            self.target = CUDA
            self.on_device = True
            return CPU
        if kind is list or kind is tuple:
            return kind([self.to_host(item) for item in value])
        return value

    def check_devices(self) -> None:
        """Raises what CUDA raises when operands are on different devices."""
        if self.host_cpu and self.pairs and not self.plan.may_mix:
            raise mixed_devices(self.plan.name)

    def to_device(self, result: Any) -> Any:
        """A CPU result where the caller expects it."""
        if isinstance(result, Tensor):
            return self._result(result)
        if isinstance(result, (list, tuple)):
            items = [self.to_device(item) for item in result]
            # Named tuples (torch.return_types) come from a sequence as well.
            return type(result)(items) if type(result) is not tuple else tuple(items)
        return result

    def _result(self, result: Tensor) -> Tensor:
        for host, tensor in self.pairs:
            if result is host:
                self._follow_shape(host, tensor)
                return tensor
        if self.target is not None and self.target.type != "cuda":
            return result
        if not self.on_device or result.device != CPU:
            return result
        pointer = result.untyped_storage().data_ptr()
        if pointer:
            for host, tensor in self.pairs:
                if host.untyped_storage().data_ptr() == pointer:
                    # An operand's own memory came back under another shape.
                    return self.tensors.wrap(
                        tensor.untyped_storage(),
                        result.dtype,
                        result.storage_offset(),
                        result.size(),
                        result.stride(),
                    )
        return self.tensors.to_device(result)

    def _follow_shape(self, host: Tensor, tensor: Tensor) -> None:
        """An output that had room enough for its new shape gets it."""
        if self.plan.out_names and (
            host.size() != tensor.size() or host.stride() != tensor.stride()
        ):
            self.tensors.reshape(tensor, host)

    def retry_with_room(
        self, operator: Any, args: list[Any], kwargs: dict[str, Any]
    ) -> Any:
        """Runs an operator again that has to make its output larger.

        The outputs are replaced by tensors that own their memory; the CUDA tensors get that memory
        afterwards.
        """
        grown: list[tuple[Tensor, Tensor]] = []
        for name in self.plan.out_names:
            position = _position(operator, name)
            given = kwargs.get(name) if name in kwargs else args[position]
            for host, tensor in self.pairs:
                if given is host:
                    # Not `host` itself: its shape is the wanted one already, its memory is not.
                    fresh = self.tensors.to_host(tensor)
                    owned = fresh.clone() if fresh.numel() else torch.empty(0, dtype=fresh.dtype)
                    grown.append((owned, tensor))
                    if name in kwargs:
                        kwargs[name] = owned
                    else:
                        args[position] = owned
        result = operator(*args, **kwargs)
        for owned, tensor in grown:
            self.tensors.replace_storage(tensor, owned)
        self.pairs += grown
        return result


def _position(operator: Any, name: str) -> int:
    names = [argument.name for argument in operator._schema.arguments]
    return names.index(name)
