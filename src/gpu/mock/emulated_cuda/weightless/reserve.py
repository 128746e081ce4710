"""Addresses without memory: one large reservation, given out in pieces that are never touched.

A storage needs an address and a size. The reservation is readable, so what reads past PyTorch (NumPy,
pickling) finds zeros, and a page takes memory only when something writes to it.
"""

from __future__ import annotations

import ctypes
import mmap
import threading

# Not in Python's mmap before 3.13 on every system (Linux, asm-generic/mman-common.h).
MAP_NORESERVE = 0x4000
# Tried in turn: x86-64 gives a process 128 TiB of addresses; limits of the machine may leave less.
SIZES = (2**45, 2**43, 2**41, 2**39)
# Direct I/O wants whole pages; small ones are packed closer, as CUDA's allocator packs them.
PAGE_BYTES = 4096
SMALL_BYTES = 512


class Reservation:
    """Gives out addresses and takes them back; not one byte is touched."""

    def __init__(self) -> None:
        self._pages, self.size_bytes = _reserve()
        self.start = ctypes.addressof(ctypes.c_char.from_buffer(self._pages))
        self.end = self.start + self.size_bytes
        self._next = self.start + PAGE_BYTES - self.start % PAGE_BYTES
        self._free: dict[int, list[int]] = {}
        # Re-entrant: a garbage collection inside `take` may give back on the same thread.
        self._lock = threading.RLock()

    def take(self, size_bytes: int) -> int:
        """An address with that much room behind it; raises MemoryError when all are given out."""
        room = room_of(size_bytes)
        with self._lock:
            free = self._free.get(room)
            if free:
                return free.pop()
            address = self._next
            if address + room > self.end:
                raise MemoryError(
                    f"the weightless device has {self.size_bytes >> 40} TiB of addresses, all given out"
                )
            self._next = address + room
            return address

    def give_back(self, address: int, size_bytes: int) -> None:
        """The room behind an address may be given out again, for a storage of that size."""
        with self._lock:
            self._free.setdefault(room_of(size_bytes), []).append(address)

    def holds(self, address: int) -> bool:
        """Whether an address is one of these."""
        return self.start <= address < self.end


def room_of(size_bytes: int) -> int:
    """How much is set aside for a storage."""
    unit = PAGE_BYTES if size_bytes >= PAGE_BYTES else SMALL_BYTES
    return -(-size_bytes // unit) * unit


def _reserve() -> tuple[mmap.mmap, int]:
    flags = mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS | MAP_NORESERVE
    for size_bytes in SIZES:
        try:
            return mmap.mmap(-1, size_bytes, flags=flags), size_bytes
        except (OSError, ValueError):
            continue
    raise MemoryError(
        f"the weightless device needs {SIZES[-1] >> 30} GiB of addresses (not of memory); "
        "the process may not have so many: ulimit -v, or vm.overcommit_memory=2"
    )
