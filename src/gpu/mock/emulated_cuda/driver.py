"""The driver that this process finds below its PyTorch, or does not find.

On ZeroGPU the app's main process has a CUDA build of PyTorch and no GPU. A worker gets one: `spaces`
names the granted slice in CUDA_VISIBLE_DEVICES and initialises CUDA. Until then every way to the device
ends as on a machine without a driver.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

import torch

from .asserts import Context

# PyTorch's own words (aten/src/ATen/cuda/detail/CUDAHooks.cpp, torch/cuda/__init__.py).
NO_DRIVER = (
    "Found no NVIDIA driver on your system. Please check that you have an NVIDIA GPU and installed a "
    "driver from http://www.nvidia.com/Download/index.aspx"
)
BAD_FORK = (
    "Cannot re-initialize CUDA in forked subprocess. To use CUDA with multiprocessing, you must use "
    "the 'spawn' start method"
)


class Driver:
    """Whether CUDA can be initialised in this process, and whether it was.

    Attributes:
        initialised: CUDA runs in this process.
        in_bad_fork: the parent process had asked the driver before it forked this one. CUDA cannot be
            used in such a process.
        context: whether a kernel has failed in this process.
    """

    def __init__(self, slice_prefix: str | None) -> None:
        """
        Args:
            slice_prefix: how the UUIDs of slices begin; CUDA_VISIBLE_DEVICES names one of them where
                there is a GPU. None: there is always one.
        """
        self.initialised = False
        self.in_bad_fork = False
        self.context = Context()
        self._slice_prefix = slice_prefix
        self._asked = False
        self._at_start: list[Callable[[], Any]] = []
        os.register_at_fork(after_in_child=self._after_fork)

    def at_start(self, action: Callable[[], Any]) -> None:
        """Runs an action when CUDA is initialised in this process."""
        self._at_start.append(action)

    def is_present(self) -> bool:
        """Whether a GPU is attached to this process."""
        if self._slice_prefix is None:
            return True
        return os.environ.get("CUDA_VISIBLE_DEVICES", "").startswith(self._slice_prefix)

    def visible(self) -> int:
        """How many devices there are."""
        return 1 if self.initialised or self.is_present() else 0

    def count(self) -> int:
        """As `torch._C._cuda_getDeviceCount`: asking spoils CUDA in processes forked afterwards."""
        self._asked = True
        return self.visible()

    def initialise(self) -> None:
        """Starts CUDA; raises RuntimeError where there is no driver."""
        self._asked = True
        if self.in_bad_fork:
            raise RuntimeError(BAD_FORK)
        if not self.is_present():
            raise RuntimeError(NO_DRIVER)
        if not self.initialised:
            self.initialised = True
            for action in self._at_start:
                action()

    def require(self) -> None:
        """For what reaches the device past PyTorch's lazy initialisation: in C++."""
        if self.initialised:
            return
        if self.is_present() and not self.in_bad_fork:
            torch.cuda._lazy_init()
        else:
            self.initialise()

    def _after_fork(self) -> None:
        if self._asked:
            self.in_bad_fork = True
            self.initialised = False
