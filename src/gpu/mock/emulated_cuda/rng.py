"""Random numbers of the device: a stream of its own, independent of the CPU's."""

from __future__ import annotations

import functools
import weakref
from typing import Any

import torch
from torch._C import Generator as HostGenerator

from .driver import Driver
from .redispatch import redispatcher
from .storage import CUDA
from .streams import require_runtime

# An operator gets its generator as another Python object over the same C++ one: it is known again
# by that one's address.
_device_generators: set[int] = set()


class _GeneratorType(type(HostGenerator)):  # type: ignore[misc]
    """PyTorch's own generators are instances of `torch.Generator`, whichever class stands there."""

    def __instancecheck__(cls, value: object) -> bool:
        return isinstance(value, HostGenerator)


class Generator(HostGenerator, metaclass=_GeneratorType):
    """`torch.Generator` that may be asked for on `cuda`."""

    def __new__(cls, device: Any = "cpu") -> Generator:
        if torch.device(device).type != "cuda":
            return HostGenerator(device)
        for driver in _drivers:
            require_runtime(driver)
        return _device_generator()

    @property
    def device(self) -> torch.device:
        """Where tensors drawn from it must be."""
        return CUDA

    def clone_state(self) -> Generator:
        """A second generator in the same state."""
        copy = _device_generator()
        copy.set_state(self.get_state())
        return copy

    def __reduce__(self) -> tuple[Any, ...]:
        return _rebuild, ("cuda", self.initial_seed(), self.get_state())


_drivers: list[Driver] = []


def generator_class(driver: Driver) -> type[HostGenerator]:
    """What takes the place of `torch.Generator`."""
    _drivers.append(driver)
    return Generator


def _device_generator() -> Generator:
    """A generator of the device: one of the CPU, remembered as the device's."""
    generator = HostGenerator.__new__(Generator, "cpu")
    address = generator._cdata
    _device_generators.add(address)
    weakref.finalize(generator, _device_generators.discard, address)
    return generator


def _rebuild(device: str, _seed: int, state: torch.Tensor) -> HostGenerator:
    generator = Generator(device)
    generator.set_state(state)
    return generator


BACKENDS = {"meta": "Meta"}
# Factories with a generator, whose device is a matter of their arguments alone.
WITH_GENERATOR = (
    *("rand.generator", "randn.generator", "randperm.generator", "normal.float_float"),
    *("randint.generator", "randint.low_generator"),
    *("rand.generator_with_names", "randn.generator_with_names"),
)


METHODS = (
    *("normal_", "uniform_", "exponential_", "cauchy_", "geometric_", "log_normal_", "random_"),
    *("bernoulli_", "bernoulli", "multinomial"),
)
FUNCTIONS = ("normal", "bernoulli", "multinomial", "rand_like", "randn_like", "randint_like")


def refuse_with_generator() -> None:
    """Has methods and functions on a CPU tensor refuse the device's generators, as a CUDA build does.

    In Python, where programs name a generator: a kernel would stand between the dispatcher and each of its keys.
    """
    for owner, names in ((torch.Tensor, METHODS), (torch, FUNCTIONS)):
        for name in names:
            setattr(owner, name, _with_own_generator(getattr(owner, name)))


def _with_own_generator(draw: Any) -> Any:
    @functools.wraps(draw)
    def run(*args: Any, **kwargs: Any) -> Any:
        generator = kwargs.get("generator")
        if generator is not None and generator._cdata in _device_generators:
            tensors = [value for value in (*args, *kwargs.values()) if isinstance(value, torch.Tensor)]
            if tensors and all(tensor.device.type == "cpu" for tensor in tensors):
                raise RuntimeError("Expected a 'cpu' device type for generator but found 'cuda'")
        return draw(*args, **kwargs)

    return run


def refuse_on_cpu(library: torch.library.Library) -> None:
    """Has factories on the CPU refuse the device's generators, as a CUDA build does.

    Under the emulation such a generator is one of the CPU, which the CPU's kernels would draw from.
    """
    for name in WITH_GENERATOR:
        packet, _, overload = name.partition(".")
        operator = getattr(getattr(torch.ops.aten, packet), overload, None)
        if operator is not None:
            library.impl(name, _checked(operator), "BackendSelect")


def _checked(operator: Any) -> Any:
    redispatch = redispatcher(operator)

    def run(*args: Any, **kwargs: Any) -> Any:
        device = kwargs.get("device")
        kind = "cpu" if device is None else torch.device(device).type
        generator = next(
            (value for value in (*args, *kwargs.values()) if isinstance(value, HostGenerator)), None
        )
        if kind == "cpu" and generator is not None and generator._cdata in _device_generators:
            raise RuntimeError("Expected a 'cpu' device type for generator but found 'cuda'")
        key = getattr(torch._C.DispatchKey, BACKENDS.get(kind, kind.upper()))
        return redispatch(torch._C.DispatchKeySet(key), *args, **kwargs)

    return run


class DeviceRandom:
    """The default stream of `cuda:0`."""

    def __init__(self) -> None:
        self.default = _device_generator()
        self.default.seed()

    def generator_for(self, given: Any) -> HostGenerator:
        """The generator that an operator on the device draws from; refuses one of the CPU."""
        if given is None:
            return self.default
        if given._cdata not in _device_generators:
            raise RuntimeError("Expected a 'cuda' device type for generator but found 'cpu'")
        return given
