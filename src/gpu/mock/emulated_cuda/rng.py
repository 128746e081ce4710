"""Random numbers of the device: a stream of its own, independent of the CPU's."""

from __future__ import annotations

import weakref
from typing import Any

import torch

from .storage import CPU, CUDA

HostGenerator = torch._C.Generator

# An operator gets its generator as another Python object over the same C++ one: it is known again
# by that one's address.
_device_generators: set[int] = set()


class Generator(HostGenerator):
    """`torch.Generator` that may be asked for on `cuda`."""

    def __new__(cls, device: Any = "cpu") -> Generator:
        wanted = torch.device(device)
        if wanted.type not in ("cpu", "cuda"):
            return HostGenerator(wanted)  # type: ignore[return-value]
        generator = HostGenerator.__new__(cls, "cpu")
        generator._zerogpu_device = CUDA if wanted.type == "cuda" else CPU
        if wanted.type == "cuda":
            address = generator._cdata
            _device_generators.add(address)
            weakref.finalize(generator, _device_generators.discard, address)
        return generator

    @property
    def device(self) -> torch.device:  # type: ignore[override]
        """Where tensors drawn from it must be."""
        return self._zerogpu_device

    def clone_state(self) -> Generator:
        """A second generator in the same state."""
        copy = Generator(self.device)
        copy.set_state(self.get_state())
        return copy

    def __reduce__(self) -> tuple[Any, ...]:
        return _rebuild, (str(self.device), self.initial_seed(), self.get_state())


def _rebuild(device: str, _seed: int, state: torch.Tensor) -> Generator:
    generator = Generator(device)
    generator.set_state(state)
    return generator


class DeviceRandom:
    """The default stream of `cuda:0`."""

    def __init__(self) -> None:
        self.default = Generator("cuda")
        self.default.seed()

    def generator_for(self, given: Any) -> HostGenerator:
        """The generator that an operator on the device draws from; refuses one of the CPU."""
        if given is None:
            return self.default
        if given._cdata not in _device_generators:
            raise RuntimeError("Expected a 'cuda' device type for generator but found 'cpu'")
        return given

    def manual_seed(self, seed: int) -> None:
        """`torch.cuda.manual_seed`."""
        self.default.manual_seed(int(seed))

    def seed(self) -> None:
        """`torch.cuda.seed`: a seed nobody chose."""
        self.default.seed()
