"""Blocks of device memory on PyTorch 2.1, where a storage has a new Python object at each look.

Nothing can hang on such an object. Blocks are found by the address of their memory, and let go when their
storage has ended. PyTorch calls a deleter then, possibly while an exception is on its way, when no Python
may run: the deleter is machine code that leaves a mark, and marks are looked for at the next allocation.
"""

from __future__ import annotations

import platform
from typing import Any

import torch

from .dlpack import dlpack_tensor
from .tables import machine_code

# *(char *)(description + 48) = 1: `manager_ctx`, which no other code uses.
LEAVE_MARK = {
    # mov byte [rdi + 48], 1; ret
    "x86_64": bytes.fromhex("c6473001 c3"),
    # mov w1, 1; strb w1, [x0, 48]; ret
    "aarch64": bytes.fromhex("21008052 01c00039 c0035fd6"),
}
# Most tensors end soon: so many of the youngest are looked at with each allocation.
YOUNGEST = 32

_by_pointer: dict[int, Any] = {}
_young: list[tuple[int, Any]] = []
_old: list[tuple[int, Any]] = []
_deleter: list[Any] = []


def storage_for(block: Any) -> torch.UntypedStorage:
    """A CUDA storage over a block's memory, which lets the block go when it ends."""
    if not _deleter:
        _deleter.append(machine_code(LEAVE_MARK[platform.machine()]))
    _release(_young)
    tensor, description = dlpack_tensor(block.pointer, block.host.nbytes(), _deleter[0])
    _by_pointer[block.pointer] = block
    _young.append((block.pointer, description))
    if len(_young) > YOUNGEST:
        _old.extend(_young[: YOUNGEST // 2])
        del _young[: YOUNGEST // 2]
    return tensor.untyped_storage()


def found_by_memory(pointer: int) -> Any:
    """The block at an address; None when there is none."""
    return _by_pointer.get(pointer)


def release_ended() -> None:
    """Lets all blocks go whose storages have ended."""
    _release(_young)
    _release(_old)


def _release(entries: list[tuple[int, Any]]) -> None:
    ended = [entry for entry in entries if entry[1].manager_ctx]
    if ended:
        entries[:] = [entry for entry in entries if not entry[1].manager_ctx]
        for pointer, _ in ended:
            _by_pointer.pop(pointer, None)
