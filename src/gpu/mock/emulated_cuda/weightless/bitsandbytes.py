"""bitsandbytes without its kernels: what it allocates is its own code's, what they take is counted here.

Its operators for CUDA are Python that makes the outputs and calls a library of kernels by ctypes
(bitsandbytes 0.50.2, backends/cuda/ops.py). That Python runs as it is, on a library that does nothing, so the
sizes of packed weights and of scratch memory are its own. Quantised integers steer nothing: they are unknown.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import torch

from ..plans import plan_of
from .charges import TINY
from .costs import EIGHTH, HALF, PRODUCT, SINGLE, TRAFFIC, Cost
from .executor import WeightlessKernels
from .infer import operands_of
from .marks import KEY_NAME

NAMESPACE = "bitsandbytes"
CUDA_KEYS = torch._C.DispatchKeySet(torch._C.DispatchKey.CUDA)
# Bytes of an element in the name of a kernel.
WIDTHS = {"fp32": 4.0, "fp16": 2.0, "bf16": 2.0, "32": 4.0}

# What the kernels move and compute, by the beginning of their names; positions of sizes among their arguments as
# backends/cuda/ops.py declares them.
NativeCost = Callable[[str, tuple[int, ...]], Cost]
COSTS: tuple[tuple[str, NativeCost], ...] = (
    ("cdequantize_blockwise_", lambda name, args: _moved(args[5] * (_width(name) + _packed(name)))),
    ("cquantize_blockwise_", lambda name, args: _moved(args[5] * (_width(name) + _packed(name)))),
    ("cgemm_4bit_inference_naive_", lambda name, args: _product(args[0], args[1], args[2], 0.5, HALF)),
    ("cgemm_4bit_", lambda name, args: _product(args[8], args[9], args[10], 0.5, HALF)),
    ("cigemmlt_", lambda name, args: _product(args[1], args[2], args[3], 1.0, EIGHTH)),
    ("cdequant_mm_int32_fp16", lambda name, args: _moved(args[5] * args[6] * 6.0)),
    ("cint8_vector_quant", lambda name, args: _moved(args[4] * args[5] * 3.0)),
)


def _width(name: str) -> float:
    return next((width for kind, width in WIDTHS.items() if kind in name), 2.0)


def _packed(name: str) -> float:
    return 0.5 if name.endswith("4") else 1.0


def _moved(size: float) -> Cost:
    return Cost(TRAFFIC, SINGLE, 0, size)


def _product(rows: int, columns: int, inner: int, weight: float, rate: int) -> Cost:
    """A product of rows x inner with a packed weight of columns x inner."""
    traffic = columns * inner * weight + 2.0 * (rows * inner + rows * columns)
    return Cost(PRODUCT, rate, 2.0 * rows * columns * inner, traffic)


class SilentFunction:
    """A kernel that does nothing but take its time."""

    # ctypes' settings of a function are assigned to.
    argtypes: Any = None
    restype: Any = None

    def __init__(self, name: str, kernels: WeightlessKernels) -> None:
        self._name = name
        self._kernels = kernels

    def __call__(self, *args: Any) -> int:
        cost = native_cost(self._name, args)
        for clock in self._kernels.charges.clocks:
            clock.kernel(cost)
        return 0


def native_cost(name: str, args: tuple[Any, ...]) -> Cost:
    """What a call of a kernel asks of the GPU; a kernel that is not known takes its launch."""
    numbers = tuple([_number(value) for value in args])
    for start, cost in COSTS:
        if name.startswith(start):
            try:
                return cost(name, numbers)
            except IndexError:
                # A release with other arguments.
                break
    return TINY


def _number(value: Any) -> int:
    value = getattr(value, "value", value)
    return value if isinstance(value, int) else 0


class SilentLibrary:
    """The library of kernels; those for the processor are the real ones."""

    compiled_with_cuda = True

    def __init__(self, real: Any, kernels: WeightlessKernels) -> None:
        self._real = getattr(real, "_lib", None)
        self._kernels = kernels
        self._functions: dict[str, SilentFunction] = {}

    def __getattr__(self, name: str) -> Any:
        own = getattr(self._real, name, None) if self._real is not None else None
        if own is not None:
            return own
        if name not in self._functions:
            self._functions[name] = SilentFunction(name, self._kernels)
        return self._functions[name]

    __getitem__ = __getattr__


def load_no_kernels(specs: Any, kernels: WeightlessKernels) -> None:
    """Has bitsandbytes look for no library of CUDA, which would fail with a page of text; for its cuda_specs.py."""
    specs.get_cuda_specs = lambda: None


def replace_library(extension: Any, kernels: WeightlessKernels) -> None:
    """Puts a library that does nothing in place of the kernels; for bitsandbytes/cextension.py."""
    extension.lib = SilentLibrary(extension.lib, kernels)


def run_without_values(package: Any, kernels: WeightlessKernels) -> None:
    """Registers the operators for tensors without values; for the package, once its own are there."""
    library = torch.library.Library(NAMESPACE, "IMPL")
    for name in torch._C._dispatch_get_all_op_names():
        namespace, _, rest = name.partition("::")
        if namespace != NAMESPACE:
            continue
        packet, _, overload = rest.partition(".")
        operator = getattr(getattr(torch.ops.bitsandbytes, packet), overload or "default")
        library.impl(rest, _runner(operator, kernels), KEY_NAME)
    kernels.libraries.append(library)


def _runner(operator: Any, kernels: WeightlessKernels) -> Callable[..., Any]:
    plan = plan_of(operator)

    def run(*args: Any, **kwargs: Any) -> Any:
        if not any(operand.is_cuda for operand in operands_of(args, kwargs)):
            return kernels.run_unknown(operator, *args, **kwargs)
        with without_values(kernels):
            return plan.redispatch(CUDA_KEYS, *args, **kwargs)

    return run


@contextmanager
def without_values(kernels: WeightlessKernels) -> Iterator[None]:
    """What is made meanwhile on this thread has no values, however small."""
    before = kernels.makes_unknown
    kernels.making.unknown = True
    try:
        yield
    finally:
        kernels.making.unknown = before
