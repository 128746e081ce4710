"""Says aloud that what one worker has set is not there in another process.

Each GPU function has workers of its own, forked from the app's process: a global that one of them sets keeps
its first value everywhere else, there and here, and no error says so. A worker compares the globals of the
Space's modules before and after each call, when the answer is on its way already, and tells the app's process
which ones differ. That one prints a line when a later call, in another worker, reads such a global and does
not set it itself, or when a handler of the app does.

Nothing here is imported late: a fork in the middle of a thread's import leaves that module's lock to the
worker, taken for good. For the same reason lines are written past `sys.stderr`.
"""

from __future__ import annotations

import json
import mmap
import os
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import zerogpu_tasks
from zerogpu_judge import Judge
from zerogpu_source import SpaceSource
from zerogpu_values import OwnModules, changes_between, take_snapshot

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from zerogpu_values import Change, Snapshot

WRAPPERS = "spaces.zero.wrappers"
# The function of `spaces` that a worker runs for each call, and its name for the GPU function (0.51.3).
WORKER_FUNCTION = "thread_wrapper"
TASK = "task"
# What a pipe takes as one piece.
LONGEST_MESSAGE_BYTES = 4096


class Watch:
    """Watches the workers that this process forks from now on, and reports until it is closed."""

    def __init__(self, report: Callable[[str], None]) -> None:
        reader, self._writer = os.pipe()
        os.set_blocking(self._writer, False)
        # One byte that all processes share: whether a worker has set anything so far.
        self._anything_set = mmap.mmap(-1, 1)
        os.register_at_fork(after_in_child=self._in_child)
        self._thread = threading.Thread(
            target=_listen, args=(reader, report), name="zerogpu-unseen", daemon=True
        )
        self._thread.start()

    def _in_child(self) -> None:
        wrappers = sys.modules.get(WRAPPERS)
        if hasattr(wrappers, "ThreadPoolExecutor"):
            _observe_calls(wrappers, Observer(self._writer, self._anything_set))

    def close(self) -> None:
        """Waits until the last worker has ended and all that they have sent is reported."""
        os.close(self._writer)
        self._thread.join()


def watch() -> Watch:
    """Prints the lines to stderr, where the log of the app is."""
    return Watch(_print)


def _print(line: str) -> None:
    try:
        os.write(2, f"zerogpu: {line}\n".encode(errors="replace"))
    except OSError:
        # A closed stderr is not a reason to fail.
        pass


def _observe_calls(wrappers: Any, observer: Observer) -> None:
    """Each call of a worker runs in an executor of its own, which ends when the answer was handed over."""

    class ObservedExecutor(ThreadPoolExecutor):
        _is_call = False

        def __enter__(self) -> ObservedExecutor:
            caller = sys._getframe(1)
            if caller.f_code.co_name == WORKER_FUNCTION:
                self._is_call = True
                observer.call_starts(caller.f_locals.get(TASK))
            super().__enter__()
            return self

        def __exit__(self, *error: Any) -> bool | None:
            result = super().__exit__(*error)
            if self._is_call:
                observer.call_ended()
            return result

    wrappers.ThreadPoolExecutor = ObservedExecutor


class Observer:
    """In a worker: what its calls change."""

    def __init__(self, writer: int, anything_set: mmap.mmap) -> None:
        self._writer = writer
        self._anything_set = anything_set
        self._modules: OwnModules | None = None
        self._before: Snapshot | None = None
        self._task: Any = None
        self._started = 0.0

    def call_starts(self, task: Any) -> None:
        """Before the function runs; the device has its weights by now."""
        self._started = time.monotonic()
        self._task = task
        if self._before is None:
            self._before = self._look()

    def call_ended(self) -> None:
        """After the function ran; never raises, since the worker would end with it."""
        after = self._look()
        if self._before is None or after is None:
            return
        try:
            changes = changes_between(self._before, after) if after != self._before else []
            self._before = after
            if changes:
                self._anything_set[0] = 1
            if self._anything_set[0]:
                self._send(changes)
        except Exception:
            # What an object of the app is made of is its affair: a line less in the log.
            return

    def _look(self) -> Snapshot | None:
        try:
            if self._modules is None:
                self._modules = OwnModules(os.getcwd())
            return take_snapshot(self._modules.find())
        except Exception:
            # Another thread changes what is looked at, or an object of the app behaves like none.
            return None

    def _send(self, changes: list[Change]) -> None:
        message = {
            "pid": os.getpid(),
            "task": zerogpu_tasks.describe(self._task),
            "started": self._started,
            "ended": time.monotonic(),
        }
        data = b""
        while not data or (len(data) > LONGEST_MESSAGE_BYTES and changes):
            data = json.dumps({**message, "changes": changes}).encode() + b"\n"
            changes = changes[: len(changes) // 2]
        try:
            os.write(self._writer, data)
        except OSError:
            # The app's process is busy or gone: a line less in the log.
            pass


def _listen(reader: int, report: Callable[[str], None]) -> None:
    """In the app's process, for as long as it lives."""
    judge: Judge | None = None
    with os.fdopen(reader, encoding="utf-8", errors="replace") as lines:
        for line in lines:
            try:
                if judge is None:
                    judge = _new_judge()
                for text in judge.hear(json.loads(line)):
                    report(text)
            except Exception as error:
                report(f"could not look for values that are set in one GPU function alone: {error!r}")
                return


def _new_judge() -> Judge:
    files = {name: file for name, (file, _) in OwnModules(os.getcwd()).find().items()}
    places = [zerogpu_tasks.describe(task) for task in zerogpu_tasks.decorated_tasks()]
    return Judge(SpaceSource(files), [place for place in places if place is not None])
