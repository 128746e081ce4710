"""Runs operators by not running them: outputs of the right shape, values for none but those that steer."""

from __future__ import annotations

import threading
from typing import Any

import torch
from torch import Tensor

from ..driver import Driver
from ..errors import mixed_devices, out_of_memory
from ..kernels import Kernels
from ..plans import Plan, plan_of
from ..redispatch import CPU_KEYS
from ..rng import DeviceRandom
from ..storage import CPU
from ..tensors import Tensors
from .backing import Unknowns, keeps_values
from .charges import Charges
from .convolutions import workspace_of
from .dynamic import DynamicShapes
from .infer import NEW, OVER, SAME, Inference, Outcome, Output, Stand, operands_of
from .marks import is_unknown, mark
from .peak import PeakWatch
from .policy import Policy
from .products import copied_bytes

# Operators on known operands of so few elements are computed for real without a look at what comes out.
FEW_ELEMENTS = 2048
# Of unknown values they are quantised weights and pixels, which steer nothing.
QUANTISED = (torch.int8, torch.uint8)
# Their integer outputs are for their own backward pass, or quantised weights.
INTERNAL = (
    "native_dropout",
    "_scaled_dot_product_flash_attention",
    "_scaled_dot_product_efficient_attention",
    "_scaled_dot_product_cudnn_attention",
    "max_pool2d_with_indices",
    "max_pool3d_with_indices",
    "adaptive_max_pool2d",
    "fractional_max_pool2d",
    "_embedding_bag",
    "_embedding_bag_forward_only",
    "_convert_weight_to_int4pack",
    "_convert_weight_to_int4pack_for_cpu",
    "_int_mm",
)
# Numbers become integers, or integers others, one by one: a large result is on its way to packed weights.
ELEMENTWISE = (
    *("_to_copy", "clone", "round", "clamp", "add", "sub", "mul", "div", "remainder"),
    *("__lshift__", "__rshift__", "bitwise_left_shift", "bitwise_right_shift"),
    *("__or__", "__and__", "bitwise_or", "bitwise_and", "cat", "stack"),
)
COPIES = ("_to_copy", "clone", "contiguous", "_reshape_copy")
# Where an operator has no meta kernel, it runs on so many bytes of zeros, for the shapes that come out.
MOST_ZERO_BYTES = 256 * 2**20


class WeightlessKernels(Kernels):
    """The executor of the weightless device."""

    def __init__(
        self,
        driver: Driver,
        tensors: Tensors,
        random: DeviceRandom,
        unknowns: Unknowns,
        policy: Policy,
    ) -> None:
        super().__init__(driver, tensors, random, tensors.storages.meter)
        self.unknowns = unknowns
        self.policy = policy
        self.inference = Inference()
        self.dynamic = DynamicShapes(policy)
        # Operators that have no meta kernel, and how often each was met.
        self.unmodelled: dict[str, int] = {}
        # What packages would do on a card and can't here, in words; of the whole program, not of one call.
        self.lacks: set[str] = set()
        self.peak = PeakWatch(tensors.storages.meter)
        self.charges = Charges()
        # `making.unknown`: what this thread makes has no values, as a kernel of another package writes it.
        self.making = threading.local()
        # Kernels of other packages' operators; they go with the libraries.
        self.libraries: list[torch.library.Library] = []

    @property
    def makes_unknown(self) -> bool:
        """Whether what this thread makes now has no values, however small."""
        return getattr(self.making, "unknown", False)

    def run(self, operator: Any, *args: Any, **kwargs: Any) -> Any:
        """CUDA's key: all operands have values, and so has the result unless it is large."""
        plan = plan_of(operator)
        self.charges.known(plan)
        if plan.is_view or plan.out_names:
            return super().run(operator, *args, **kwargs)
        if plan.is_picky:
            self.check_refusal(plan, operator, args, kwargs)
        operands = operands_of(args, kwargs)
        if max([operand.numel() for operand in operands], default=0) <= FEW_ELEMENTS:
            return super().run(operator, *args, **kwargs)
        try:
            outcome = self.inference.outcome(plan, operator, args, kwargs)
        except (NotImplementedError, RuntimeError):
            # Shapes that depend on values, and errors that are the program's own: the CPU's answer.
            return super().run(operator, *args, **kwargs)
        outputs = outcome.outputs if type(outcome.outputs) is list else [outcome.outputs]
        if all(output.kind != NEW or keeps_values(output.storage_bytes, output.dtype) for output in outputs):
            try:
                return super().run(operator, *args, **kwargs)
            except NotImplementedError:
                # The CPU has no such kernel: the result has no values.
                pass
        self.driver.require()
        return self._result(plan, outcome, operands, args, True)

    def run_unknown(self, operator: Any, *args: Any, **kwargs: Any) -> Any:
        """The mark's key: at least one operand has no values."""
        plan = plan_of(operator)
        if plan.is_view:
            self.charges.view()
            return plan.redispatch(CPU_KEYS, *args, **kwargs)
        operands = operands_of(args, kwargs)
        on_device = self._device_of(plan, operands, kwargs)
        if on_device and plan.is_product and not self.meter.workspaces.before_product():
            raise out_of_memory(self.meter.workspaces.size_bytes, self.meter)
        args, kwargs = self.dynamic.with_real_indices(plan, args, kwargs)
        try:
            outcome = self.dynamic.outcome(plan, args)
            if outcome is None:
                outcome = self.inference.outcome(plan, operator, args, kwargs)
        except NotImplementedError:
            outcome = self._by_zeros(plan, operator, args, kwargs)
        operands = operands_of(args, kwargs)
        self.charges.unknown(plan, args, operands, outcome, on_device)
        if plan.out_names:
            self._write(plan, operator, args, kwargs)
        for index, output in outcome.reshaped:
            self._reshape(operands[index], output)
        result = self._result(plan, outcome, operands, args, on_device)
        if on_device:
            self._take_workspace(workspace_of(plan, args, outcome) + copied_bytes(plan, args), plan)
        return result

    def _take_workspace(self, size_bytes: int, plan: Plan) -> None:
        """Scratch memory for the time of one call."""
        if not size_bytes:
            return
        piece = self.meter.allocate(size_bytes)
        if piece is None:
            raise out_of_memory(size_bytes, self.meter)
        self.peak.look(plan.name)
        self.meter.free(piece)

    def _device_of(self, plan: Plan, operands: list[Tensor], kwargs: dict[str, Any]) -> bool:
        """Whether results go to the device; raises what CUDA raises when operands are on different ones."""
        has_device = has_host = False
        for operand in operands:
            if operand.is_cuda:
                has_device = True
            elif operand.dim() > 0:
                has_host = True
        if has_device and has_host and not plan.may_mix:
            raise mixed_devices(plan.name)
        wanted = kwargs.get("device")
        if wanted is not None:
            has_device = wanted.type == "cuda"
        if has_device:
            self.driver.require()
        return has_device

    def _result(
        self,
        plan: Plan,
        outcome: Outcome,
        operands: list[Tensor],
        args: tuple[Any, ...],
        on_device: bool,
    ) -> Any:
        # No function within this one: one that calls itself is a cycle, and keeps its tensors alive.
        outputs = outcome.outputs
        if type(outputs) is not list:
            return self._output(plan, outputs, operands, args, on_device)
        results = [self._output(plan, output, operands, args, on_device) for output in outputs]
        return results if plan.returns_list else tuple(results)

    def _output(
        self, plan: Plan, output: Any, operands: list[Tensor], args: tuple[Any, ...], on_device: bool
    ) -> Any:
        if type(output) is list:
            return [self._output(plan, item, operands, args, on_device) for item in output]
        if output.kind == NEW:
            return self._new(plan, output, args, on_device)
        if output.kind == SAME:
            return operands[output.operand]
        if output.kind == OVER:
            return self._over(operands[output.operand], output)
        return output.value

    def _over(self, operand: Tensor, output: Output) -> Tensor:
        """An operand's memory in another shape."""
        storage = operand.untyped_storage()
        return self.unknowns.over(
            storage, operand.is_cuda, output.dtype, output.size, output.stride, output.offset
        )

    def _new(self, plan: Plan, output: Output, args: tuple[Any, ...], on_device: bool) -> Tensor:
        dtype = output.dtype
        if self._steers(plan, output, args):
            base = plan.base
            self.policy.count(base)
            values = self.policy.values(base, output.size, dtype, args).contiguous()
            return self.tensors.to_device(values) if on_device else values
        tensor = self.unknowns.tensor(
            on_device, dtype, output.size, output.stride, output.storage_bytes, output.offset
        )
        if on_device:
            self.peak.look(plan.name)
        return tensor

    def _steers(self, plan: Plan, output: Output, args: tuple[Any, ...]) -> bool:
        """Whether a program may go by a result's values, so that it has some."""
        dtype = output.dtype
        if dtype.is_floating_point or dtype.is_complex or dtype in QUANTISED:
            return False
        if plan.is_foreign or plan.base in INTERNAL or self.makes_unknown or _only_copies(plan, dtype, args):
            return False
        is_number = plan.base in ELEMENTWISE and dtype is not torch.bool
        return keeps_values(output.storage_bytes, torch.float32 if is_number else dtype)

    def _write(self, plan: Plan, operator: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
        """What an operator writes to has no values from now on; an integer tensor gets some."""
        names = [argument.name for argument in operator._schema.arguments]
        for name in plan.out_names:
            value = kwargs.get(name) if name in kwargs else _at(args, names.index(name))
            for target in value if isinstance(value, (list, tuple)) else (value,):
                if isinstance(target, Tensor) and not is_unknown(target):
                    self.forget(plan, target)

    def forget(self, plan: Plan, target: Tensor) -> None:
        """Takes a tensor's values away; an integer tensor gets those of the policy."""
        if target.dtype.is_floating_point or target.dtype.is_complex:
            fill(self.tensors, target, 0)
            mark(target)
            if target._base is not None:
                mark(target._base)
            return
        self.policy.count(plan.base)
        is_true = plan.base in ("copy_", "fill_", "add_", "__ior__", "bitwise_or_")
        fill(self.tensors, target, 1 if is_true else 0)

    def _reshape(self, operand: Tensor, output: Output) -> None:
        """An output that was given by the caller gets its size."""
        storage = operand.untyped_storage()
        if storage.nbytes() < output.storage_bytes:
            make = self.unknowns.device_storage if operand.is_cuda else self.unknowns.host_storage
            storage = make(output.storage_bytes)
        self.tensors.set_memory(CPU_KEYS, operand, storage, output.offset, output.size, output.stride)
        mark(operand)

    def _by_zeros(
        self, plan: Plan, operator: Any, args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> Outcome:
        """The shapes that the CPU's kernel gives for zeros, for operators without a meta kernel."""
        size_bytes = sum(operand.numel() * operand.element_size() for operand in operands_of(args, kwargs))
        outcome = None
        if size_bytes <= MOST_ZERO_BYTES:
            try:
                outcome = by_zeros(plan, operator, args, kwargs)
            except NotImplementedError:
                pass
        if outcome is None:
            raise NotImplementedError(
                f"the weightless device can't tell what {plan.name} gives: PyTorch has no meta kernel for it"
            )
        self.unmodelled[plan.name] = self.unmodelled.get(plan.name, 0) + 1
        return outcome


def _only_copies(plan: Plan, dtype: torch.dtype, args: tuple[Any, ...]) -> bool:
    """Quantised weights that are moved have no more values than before."""
    return plan.base in COPIES and isinstance(args[0], Tensor) and args[0].dtype is dtype


def by_zeros(plan: Plan, operator: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Outcome:
    """Runs the CPU's kernel on zeros in place of the operands."""
    zeros = Stand(CPU, zeros_for)
    result = operator(
        *[zeros.enter(value) for value in args], **{name: zeros.enter(v) for name, v in kwargs.items()}
    )
    return Outcome(zeros.leave(result), [])


def zeros_for(tensor: Tensor) -> Tensor:
    """Zeros of a tensor's shape, on the CPU."""
    # The operator itself: `torch.zeros` gives large tensors without values (host.py).
    return torch.ops.aten.zeros.default(tensor.size(), dtype=tensor.dtype, device=CPU)


def fill(tensors: Tensors, target: Tensor, value: int) -> None:
    """Fills a tensor that has values with one."""
    host = tensors.to_host(target) if target.is_cuda else target.detach()
    host.fill_(value)


def _at(args: tuple[Any, ...], index: int) -> Any:
    return args[index] if index < len(args) else None
