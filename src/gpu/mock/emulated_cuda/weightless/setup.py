"""Makes the parts of the weightless device and puts them in place of the ordinary ones."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch

from ..driver import Driver
from ..rng import DeviceRandom
from ..storage import Storages
from ..tensors import Tensors
from .backing import Unknowns
from .checkpoints import replace_load
from .executor import WeightlessKernels
from .host import replace_factories
from .policy import Policy
from .register import register_marked
from .report import report_at_exit
from .special import WeightlessSpecial


@dataclass(frozen=True)
class WeightlessParts:
    """What takes the place of the ordinary device's executor and special kernels."""

    kernels: WeightlessKernels
    special: WeightlessSpecial


def make_parts(
    driver: Driver, tensors: Tensors, storages: Storages, random: DeviceRandom
) -> WeightlessParts:
    """The executor that runs nothing, and the special kernels that make no memory."""
    if not (storages.objects_last and hasattr(torch.library.Library, "fallback")):
        raise RuntimeError("the weightless device needs PyTorch 2.6 or newer")
    unknowns = Unknowns(storages, tensors)
    kernels = WeightlessKernels(driver, tensors, random, unknowns, Policy())
    special = WeightlessSpecial(driver, tensors, storages, random, kernels)
    special.unknowns = unknowns
    return WeightlessParts(kernels, special)


def finish(parts: WeightlessParts) -> list[Any]:
    """Once the ordinary device stands: the key of tensors without values, and the CPU's factories."""
    libraries = register_marked(parts.kernels, parts.special)
    replace_factories(parts.kernels.unknowns)
    replace_load(parts.kernels)
    report_at_exit(parts.kernels)
    return libraries
