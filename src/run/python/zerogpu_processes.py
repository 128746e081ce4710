"""Linux processes, as the supervisor of an app sees them: limits, signals and process trees.

Standard library only: supervise.py runs with the interpreter of any Space.
"""

from __future__ import annotations

import ctypes
import os
import resource

PR_SET_PDEATHSIG = 1
PR_SET_CHILD_SUBREAPER = 36
# Python's resource module has no name for it; asm-generic/resource.h.
RLIMIT_LOCKS = 10


def say(message: str) -> None:
    """Writes one line to stderr; a closed stderr is not a reason to fail."""
    try:
        os.write(2, f"zerogpu: {message}\n".encode())
    except OSError:
        pass


def prctl(option: int, value: int) -> None:
    """Calls prctl(2); raises OSError when the kernel refuses."""
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(option, ctypes.c_ulong(value), 0, 0, 0) != 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))


def set_mark(mark: int) -> None:
    """Marks this process and all that descend from it.

    A run inside another run may not raise the limit that the outer one has lowered: it is found by
    its environment then.
    """
    try:
        resource.setrlimit(RLIMIT_LOCKS, (mark, mark))
    except (OSError, ValueError):
        pass


def parent_of(pid: int) -> int | None:
    """The parent's pid; None once the process is gone."""
    try:
        with open(f"/proc/{pid}/stat", "rb") as file:
            text = file.read()
    except OSError:
        return None
    # The command name may hold blanks and parentheses: fields count from the last ")".
    return int(text[text.rindex(b")") + 2 :].split()[1])


def descendants(ancestor: int) -> list[int]:
    """Pids of everything below `ancestor` that still runs, parents before children."""
    children: dict[int, list[int]] = {}
    for entry in os.listdir("/proc"):
        if entry.isdigit() and (parent := parent_of(int(entry))) is not None:
            children.setdefault(parent, []).append(int(entry))
    found: list[int] = []
    open_pids = [ancestor]
    while open_pids:
        below = children.get(open_pids.pop(), [])
        found += below
        open_pids += below
    return found


def send(pid: int, number: int, group: bool = False) -> None:
    """Sends a signal; a process that is gone, or not ours to signal, is passed over."""
    try:
        if group:
            os.killpg(pid, number)
        else:
            os.kill(pid, number)
    except (ProcessLookupError, PermissionError):
        pass
