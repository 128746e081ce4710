"""Marks each worker of a Space, so that everything it starts can be found by it.

A worker may leave a daemon behind: forked twice, in a session of its own, with an emptied environment.
Its parents are gone then, and it would keep the memory of a slice that others wait for. The mark is a
resource limit that the kernel keeps and does not enforce (see supervise.py); a process can lower it
and not raise it again.
"""

from __future__ import annotations

import os
import resource

# As in supervise.py and src/shared/process-marks.ts.
RLIMIT_LOCKS = 10
OURS = 0x5A47
WORKER_BITS = (1 << 22) - 1


def mark_workers() -> None:
    """Marks what this process forks from now on."""
    os.register_at_fork(after_in_child=_mark_this_process)


def _mark_this_process() -> None:
    """Only the first fork below the app is marked: what a worker forks belongs to the worker."""
    try:
        mark = resource.getrlimit(RLIMIT_LOCKS)[1]
        if mark >> 48 == OURS and mark & WORKER_BITS == WORKER_BITS:
            mark += os.getpid() - WORKER_BITS
            resource.setrlimit(RLIMIT_LOCKS, (mark, mark))
    except (OSError, ValueError):
        # It runs all the same; its descendants are found as long as their parents live.
        pass
