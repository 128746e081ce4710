"""Puts the emulated device into a PyTorch that was just imported."""

from __future__ import annotations

import os
import platform
import re
import sys
from types import ModuleType
from typing import Any

OLDEST_TORCH = (2, 4)
MACHINES = ("x86_64", "aarch64")


class UnsupportedTorch(RuntimeError):
    """This PyTorch can't be given an emulated device; the message says which can."""


_installed: list[Any] = []


def install(torch: ModuleType) -> None:
    """Makes `cuda:0` of host memory, once per process.

    Raises UnsupportedTorch where it can't be done, before anything was changed.
    """
    if _installed:
        return
    check_support(torch)
    # Imported late: each of them needs a finished `torch`.
    from . import bindings, cxx, report, surface
    from .config import read_config
    from .kernels import Kernels
    from .meter import Meter
    from .register import register
    from .rng import DeviceRandom
    from .special import SpecialKernels
    from .storage import Storages
    from .tensors import Tensors

    config = read_config(os.environ)
    meter = Meter(config.vram_bytes, config.meter_dir)
    random = DeviceRandom()
    # First the answers to "is there a device?": making the first tensor asks.
    bindings.replace_bindings()
    surface.replace_cuda_module(config, meter, random)
    surface.replace_modules_of_cuda()
    storages = Storages(meter)
    tensors = Tensors(storages)
    kernels = Kernels(tensors, random)
    if report.is_wanted(os.environ):
        kernels.run = report.Report(meter).timed(kernels.run)
    cxx.install_guard()
    cxx.install_hooks()
    libraries = register(kernels, SpecialKernels(tensors, storages, random, kernels))
    bindings.replace_tensor_methods()
    bindings.replace_storage_constructor(storages)
    bindings.refuse_compile()
    _installed.extend([libraries, kernels])


def redirect_inductor(inductor: ModuleType) -> None:
    """Has ahead-of-time compilers compile for the CPU; to be called when they are imported."""
    if not _installed:
        return
    from . import aoti

    aoti.redirect_inductor(inductor, _installed[1].tensors)


def check_support(torch: ModuleType) -> None:
    """Raises UnsupportedTorch with one sentence that names what works."""
    version = tuple(int(part) for part in re.findall(r"\d+", torch.__version__)[:2])
    if version < OLDEST_TORCH:
        raise UnsupportedTorch(
            f"the emulated GPU needs PyTorch {'.'.join(map(str, OLDEST_TORCH))} or newer; "
            f"this environment has {torch.__version__}"
        )
    if sys.platform != "linux" or platform.machine() not in MACHINES:
        raise UnsupportedTorch(
            f"the emulated GPU runs on Linux ({', '.join(MACHINES)}), "
            f"not on {sys.platform} {platform.machine()}"
        )
