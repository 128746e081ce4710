"""Which PyTorch can be given the device."""

from __future__ import annotations

import platform
import re
import sys
from types import ModuleType

OLDEST_TORCH = (2, 1)
MACHINES = ("x86_64", "aarch64")


class UnsupportedTorch(RuntimeError):
    """This PyTorch can't be given an emulated device; the message says which can."""


def check_support(torch: ModuleType) -> None:
    """Raises UnsupportedTorch with one sentence that names what works."""
    if torch_version(torch) < OLDEST_TORCH:
        raise UnsupportedTorch(
            f"the emulated GPU needs PyTorch {'.'.join(map(str, OLDEST_TORCH))} or newer; "
            f"this environment has {torch.__version__}"
        )
    if sys.platform != "linux" or platform.machine() not in MACHINES:
        raise UnsupportedTorch(
            f"the emulated GPU runs on Linux ({', '.join(MACHINES)}), "
            f"not on {sys.platform} {platform.machine()}"
        )


def torch_version(torch: ModuleType) -> tuple[int, ...]:
    """Major and minor."""
    return tuple(int(part) for part in re.findall(r"\d+", torch.__version__)[:2])
