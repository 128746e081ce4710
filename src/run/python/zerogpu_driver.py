"""Shows the `spaces` package the card of the platform.

The package reads the GPU's model from the NVIDIA driver, `/proc/driver/nvidia/gpus/*/information` (spaces 0.51.3,
spaces/zero/config.py), and takes memory, compute capability, duration factor and the threshold of `xlarge` from a
table of its own by that model. Where the GPU is emulated there is no driver: in its place stands a folder that
`zerogpu` has written. The package itself stays as it is.
"""

from __future__ import annotations

import os

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path
    from types import ModuleType
    from typing import Any

REAL_PATH = "/proc/driver/nvidia/gpus"
VARIABLE = "ZEROGPU_DRIVER_GPUS_DIR"


def stand_in(pathlib: ModuleType) -> None:
    """Has the driver's folder read as ours, in this process and those that it forks."""
    ours = os.environ.get(VARIABLE)
    if ours is None:
        return
    kind: Any = pathlib.Path
    iterdir, glob, exists, is_dir = kind.iterdir, kind.glob, kind.exists, kind.is_dir

    def place(path: Path) -> Path:
        return type(path)(ours) if os.fspath(path) == REAL_PATH else path

    def iterdir_or_ours(self: Path) -> Iterator[Path]:
        return iterdir(place(self))

    def glob_or_ours(self: Path, *args: Any, **kwargs: Any) -> Iterator[Path]:
        return glob(place(self), *args, **kwargs)

    def exists_or_ours(self: Path, *args: Any, **kwargs: Any) -> bool:
        return exists(place(self), *args, **kwargs)

    def is_dir_or_ours(self: Path, *args: Any, **kwargs: Any) -> bool:
        return is_dir(place(self), *args, **kwargs)

    kind.iterdir = iterdir_or_ours
    kind.glob = glob_or_ours
    kind.exists = exists_or_ours
    kind.is_dir = is_dir_or_ours
