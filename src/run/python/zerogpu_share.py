"""Keeps a worker's tensors within its share of a real card.

The limit can't be set when torch is imported: that would start CUDA in the app, whose workers are
forked. It is queued, as PyTorch queues seeds, and runs in the worker when CUDA starts there.
"""

from __future__ import annotations

import os

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import ModuleType


def limit_memory(torch: ModuleType) -> None:
    """Queues the limit, for every process that is forked from here."""
    torch.cuda._lazy_call(lambda: apply_share(torch))


def apply_share(torch: ModuleType) -> None:
    """Sets the limit of PyTorch's allocator, in a process whose CUDA has just started."""
    share = read_share()
    total = torch.cuda.get_device_properties(0).total_memory
    if share < total:
        torch.cuda.set_per_process_memory_fraction(share / total, 0)


def read_share() -> int:
    """Bytes: what the allocator wrote down for this process, else the share of one slice."""
    path = os.path.join(os.environ["ZEROGPU_VRAM_SHARE_DIR"], str(os.getpid()))
    try:
        with open(path, encoding="ascii") as file:
            return int(file.read())
    except (OSError, ValueError):
        return int(os.environ["ZEROGPU_VRAM_SHARE_BYTES"])
