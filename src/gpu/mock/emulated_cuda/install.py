"""Puts the emulated device into a PyTorch that was just imported."""

from __future__ import annotations

import os
from types import ModuleType
from typing import TYPE_CHECKING, Any

from .support import check_support

if TYPE_CHECKING:
    from .config import Config
    from .meter import Meter

_installed: list[Any] = []


def install(torch: ModuleType) -> None:
    """Makes `cuda:0` of host memory, once per process.

    Raises UnsupportedTorch where it can't be done, before anything was changed.
    """
    if _installed:
        return
    check_support(torch)
    # Imported late: each of them needs a finished `torch`.
    from . import bindings, cxx, legacy, methods, report, surface
    from .alloc_config import settings_in
    from .config import read_config
    from .driver import Driver
    from .kernels import Kernels
    from .memory import replace_accelerator_bindings
    from .meter import Meter
    from .register import register
    from .resize import Resizer
    from .rng import DeviceRandom, refuse_with_generator
    from .special import SpecialKernels
    from .storage import Storages
    from .tensors import Tensors

    # Whatever may be unlike what is expected of PyTorch is looked at before the first change.
    guard, hooks = cxx.guard_table(), cxx.hooks_table()
    built_for_cuda = torch.version.cuda is not None
    config = read_config(os.environ)
    driver = Driver(config.slice_prefix)
    meter = Meter(
        config.vram_bytes, config.meter_dir, config.card_bytes, workspace_bytes=config.workspace_bytes
    )
    driver.at_start(lambda: _take_share(config, meter))
    driver.at_start(lambda: meter.configure(settings_in(os.environ)))
    random = DeviceRandom()
    # First the answers to "is there a device?": making the first tensor asks.
    bindings.replace_bindings(driver, config, meter, random)
    replace_accelerator_bindings(driver, meter)
    surface.replace_classes(driver)
    storages = Storages(meter)
    tensors = Tensors(driver, storages)
    parts = None
    if config.weightless:
        from . import weightless

        parts = weightless.make_parts(driver, tensors, storages, random)
    kernels = parts.kernels if parts else Kernels(driver, tensors, random, meter)
    special = parts.special if parts else SpecialKernels(driver, tensors, storages, random, kernels)
    if report.is_wanted(os.environ):
        kernels.run = report.Report(meter).timed(kernels.run)
    cxx.install_guard(driver, guard)
    cxx.install_hooks(driver, hooks)
    libraries = register(kernels, special)
    methods.replace_methods(driver, storages)
    methods.refuse_compile()
    refuse_with_generator()
    Resizer(storages).replace_methods()
    if parts:
        libraries += weightless.finish(parts)
    if not built_for_cuda:
        legacy.replace_tensor_types()
    _installed.extend([libraries, kernels, driver])


def _take_share(config: Config, meter: Meter) -> None:
    """A worker that was granted a whole card has its memory."""
    device = os.environ.get("CUDA_VISIBLE_DEVICES", "")
    if config.whole_prefix is not None and device.startswith(config.whole_prefix):
        meter.grow(config.whole_bytes)


def redirect_inductor(inductor: ModuleType) -> None:
    """Has ahead-of-time compilers compile for the CPU; to be called when they are imported."""
    if not _installed:
        return
    from . import aoti

    aoti.redirect_inductor(inductor, _installed[1].tensors)


def prepare_package(package: ModuleType) -> None:
    """Has a package bring models without weights, on the weightless device; to be called when it is imported."""
    import torch  # noqa: F401 (installs the device)

    if not _installed or not os.environ.get("ZEROGPU_WEIGHTLESS"):
        return
    from .weightless.packages import PREPARATIONS

    PREPARATIONS[package.__name__](package, _installed[1])


def watch_misreads(spaces: ModuleType) -> None:
    """Reports packed tensors that the app's main process reads; to be called when `spaces` is imported."""
    if not _installed:
        return
    from . import misread

    _installed.append(misread.watch(_installed[2], spaces))
