"""Every operator of the device: the CPU's kernel on the same bytes."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from .asserts import unspecified
from .driver import Driver
from .errors import invalid_device, mixed_devices, no_sparse_tensors, out_of_memory
from .meter import Meter
from .plans import Plan, cuda_index, plan_of
from .redispatch import CPU_KEYS, DEVICE
from .refusals import REFUSALS, check_shapes, no_kernel
from .rng import DeviceRandom
from .softmax import call_widening, lacks_widening
from .storage import CPU, CUDA
from .tensors import Tensors


class Kernels:
    """Runs operators for the device's tensors."""

    def __init__(
        self, driver: Driver, tensors: Tensors, random: DeviceRandom, meter: Meter
    ) -> None:
        self.driver = driver
        self.context = driver.context
        self.tensors = tensors
        self.random = random
        self.meter = meter

    def run(self, operator: Any, *args: Any, **kwargs: Any) -> Any:
        """The kernel of any operator that has no better one: see `Library.fallback`."""
        plan = plan_of(operator)
        if plan.is_view:
            return plan.redispatch(CPU_KEYS, *args, **kwargs)
        if self.context.failed:
            self.context.launch(plan.base, args)
        if plan.assertion is not None:
            return self._run_asserting(plan, operator, args, kwargs)
        return self._compute(plan, operator, args, kwargs)

    def _run_asserting(
        self, plan: Plan, operator: Any, args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> Any:
        """A kernel that finds wrong values while it runs: the caller gets a result, and the error later."""
        assertion = plan.assertion
        try:
            return self._compute(plan, operator, args, kwargs)
        except (IndexError, RuntimeError) as error:
            if assertion is None or not assertion.found.search(str(error)) or adds_up(plan, args):
                raise
        self.context.fail(assertion)
        try:
            return unspecified(operator, args, kwargs, self._place)
        except RuntimeError:
            # A mask among the indices: its elements are counted first, which waits.
            self.context.wait()
            raise

    def _place(self, result: Any) -> Any:
        if isinstance(result, Tensor):
            return self.tensors.to_device(result)
        return tuple(self._place(item) for item in result) if isinstance(result, tuple) else result

    def _compute(
        self, plan: Plan, operator: Any, args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> Any:
        if plan.is_picky:
            self.check_refusal(plan, operator, args, kwargs)
        if plan.is_product and not self.meter.workspaces.before_product():
            raise out_of_memory(self.meter.workspaces.size_bytes, self.meter)
        if plan.is_plain and not kwargs:
            try:
                result = self._run_plain(plan, operator, args)
            except RuntimeError as error:
                if not (lacks_half(error) or lacks_widening(plan.base, error)):
                    raise
                result = None
            if result is not None:
                return result
        return self._run_any(plan, operator, args, kwargs)

    def check_refusal(
        self, plan: Plan, operator: Any, args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> None:
        """Raises what CUDA raises for a call that the CPU would compute; other errors of the call come first."""
        if plan.lacks_cuda:
            raise no_kernel(plan.name)
        check_shapes(plan.base, args)
        refusal = plan.refusal
        if refusal is None or not refusal.concerns(args, kwargs):
            return
        copies = [value.clone() if isinstance(value, Tensor) else value for value in args]
        try:
            self._run_any(plan, operator, tuple(copies), {**kwargs})
        except RuntimeError as error:
            if "not implemented for" not in str(error):
                raise
        raise refusal.error(args)

    def refuse(self, name: str, args: tuple[Any, ...]) -> None:
        """Raises what CUDA raises for the types of a call, for operators with a kernel of their own."""
        refusal = REFUSALS[name]
        if refusal.concerns(args, {}):
            raise refusal.error(args)

    def _run_plain(
        self, plan: Plan, operator: Any, args: tuple[Any, ...]
    ) -> Tensor | None:
        """The short way, for most calls of most models; None when the long one is needed.

        A few microseconds per operator decide how a model feels: no object is made for the call,
        and the CPU's kernel is called past the dispatcher.
        """
        host_args = []
        on_device = []
        pointers = []
        has_number = False
        for value, wants_tensor in zip(args, plan.tensor_at):
            if isinstance(value, Tensor):
                if not value.is_cuda:
                    # A number in a tensor may be anywhere; anything else is looked at closely.
                    if value.dim() > 0:
                        return None
                    host_args.append(value)
                    continue
                storage = value.untyped_storage()
                try:
                    block = storage._zerogpu_block
                except AttributeError:
                    return None
                dtype, size, stride = value.dtype, value.size(), value.stride()
                whole = block.whole
                if (
                    whole is not None
                    and size == block.size
                    and stride == block.stride
                    and dtype is whole.dtype
                    and value.storage_offset() == block.offset
                ):
                    host_args.append(whole)
                else:
                    if dtype.is_complex or value.is_neg():
                        return None
                    flat = block.views.get(dtype)
                    if flat is None:
                        flat = block.flat(dtype)
                    host_args.append(flat.as_strided(size, stride, value.storage_offset()))
                pointers.append(block.pointer)
                on_device.append(value)
            else:
                host_args.append(value)
                if wants_tensor and value is not None:
                    has_number = True
        if not on_device:
            return None
        # Only the dispatcher's own call knows how a number takes part in type promotion.
        if has_number:
            result = call_with_numbers(plan, operator, host_args, {})
        else:
            result = plan.redispatch(CPU_KEYS, *host_args)
        if plan.writes_first:
            return args[0]
        try:
            pointer = result.untyped_storage().data_ptr()
        except NotImplementedError:
            raise no_sparse_tensors() from None
        if pointer and pointer in pointers:
            return self.tensors.over(on_device[pointers.index(pointer)], result)
        return self.tensors.to_device(result)

    def _run_any(
        self, plan: Plan, operator: Any, args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> Any:
        call = _Call(self.tensors, plan)
        host_args = [call.to_host(argument) for argument in args]
        host_kwargs = {name: call.to_host(value) for name, value in kwargs.items()}
        if plan.draws_random:
            self._draw_from_device(plan, call, host_args, host_kwargs)
        if host_kwargs.get("pin_memory"):
            host_kwargs["pin_memory"] = False
        if call.target is CUDA:
            self.driver.require()
        call.check_devices()
        try:
            result = call_with_numbers(plan, operator, host_args, host_kwargs)
        except RuntimeError as error:
            if lacks_half(error):
                result = call_in_float32(plan, operator, host_args, host_kwargs)
            elif lacks_widening(plan.base, error):
                result = call_widening(plan.base, operator, host_args, host_kwargs)
            elif "not resizable" in str(error):
                result = call.retry_with_room(operator, host_args, host_kwargs)
            else:
                raise
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
        if kind is DEVICE:
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
        if result.layout is not torch.strided and self.on_device:
            raise no_sparse_tensors()
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
                    return self.tensors.over(tensor, result)
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


def call_with_numbers(
    plan: Plan, operator: Any, args: list[Any], kwargs: dict[str, Any]
) -> Any:
    """Calls an operator some of whose tensors may have arrived as numbers."""
    if plan.takes_numbers:
        try:
            return operator(*args, **kwargs)
        except RuntimeError as error:
            if "Expected a value of type 'Tensor'" not in str(error):
                raise
            plan.takes_numbers = False
    tensors = [
        number_as_tensor(value) if wants_tensor else value
        for value, wants_tensor in zip(args, plan.tensor_at)
    ]
    return operator(*tensors, *args[len(tensors) :], **kwargs)


def adds_up(plan: Plan, args: tuple[Any, ...]) -> bool:
    """Whether this is `index_put_(accumulate=True)`, which sorts its indices and checks them on the host."""
    return "index_put" in plan.base and len(args) > 3 and args[3] is True


def lacks_half(error: RuntimeError) -> bool:
    """Whether the CPU's kernel knows no half precision: many before PyTorch 2.3, few since."""
    return "not implemented for 'Half'" in str(error)


def call_in_float32(
    plan: Plan, operator: Any, args: list[Any], kwargs: dict[str, Any]
) -> Any:
    """Computes in single precision what the CPU can't in half, as CUDA's kernels do inside."""
    widened: list[tuple[Tensor, Tensor]] = []

    def widen(value: Any) -> Any:
        if isinstance(value, Tensor) and value.dtype is torch.float16:
            wide = value.float()
            widened.append((value, wide))
            return wide
        if value is torch.float16:
            return torch.float32
        if isinstance(value, (list, tuple)):
            return type(value)(widen(item) for item in value)
        return value

    def narrow(value: Any) -> Any:
        if isinstance(value, Tensor):
            for given, wide in widened:
                if value is wide:
                    return given
            return value.half() if value.dtype is torch.float32 else value
        if isinstance(value, (list, tuple)):
            items = [narrow(item) for item in value]
            return type(value)(items) if type(value) is not tuple else tuple(items)
        return value

    result = call_with_numbers(
        plan, operator, [widen(value) for value in args], {k: widen(v) for k, v in kwargs.items()}
    )
    if plan.out_names:
        for given, wide in widened:
            given.copy_(wide)
    return narrow(result)


def number_as_tensor(value: Any) -> Any:
    """A number as a tensor without dimensions, which type promotion treats nearly like it."""
    if isinstance(value, (bool, int, complex)):
        return torch.tensor(value)
    if isinstance(value, float):
        return torch.tensor(value, dtype=torch.get_default_dtype())
    return value


def _position(operator: Any, name: str) -> int:
    names = [argument.name for argument in operator._schema.arguments]
    return names.index(name)
