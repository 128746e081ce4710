"""Gives old releases of the `spaces` package the container that they look for.

The package tells the allocator which Space it is by its cgroup. Releases that know
`ZEROGPU_PROC_SELF_CGROUP_PATH` read it from our file. Older ones (0.30) read /proc/self/cgroup and
want a line of cgroup version 1, which most hosts no longer have: for them that one file reads as
ours does. The package itself stays as it is.
"""

from __future__ import annotations

import os
from pathlib import Path

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import ModuleType
    from typing import Any

REAL_PATH = "/proc/self/cgroup"
VARIABLE = "ZEROGPU_PROC_SELF_CGROUP_PATH"


def stand_in(spaces: ModuleType) -> None:
    """Puts our file where an old release looks; newer ones need nothing."""
    ours = os.environ.get(VARIABLE)
    if ours is None or hasattr(spaces.config.Config, VARIABLE.lower()):
        return
    read_text = Path.read_text

    def read_text_or_ours(self: Path, *args: Any, **kwargs: Any) -> str:
        return read_text(Path(ours) if str(self) == REAL_PATH else self, *args, **kwargs)

    Path.read_text = read_text_or_ours
