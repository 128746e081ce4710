"""Says aloud that what one worker has set is not there in another process.

Each GPU function has workers of its own, forked from the app's process: a global that one of them sets keeps
its first value everywhere else, there and here, and no error says so. A worker compares the globals of the
Space's modules before and after each call, when the answer is on its way already, and tells the app's process
which ones differ. That one prints a line when a later call, in another worker, reads such a global and does
not set it itself, or when a handler of the app does. It also compares its own globals with those of the moment
when a worker was forked, at each later call of that worker: what the app has set since then is not there.

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
# The functions of `spaces` that a worker and the app's process run for each call, and their names for the
# GPU function and the worker (0.51.3).
WORKER_FUNCTION = "thread_wrapper"
APP_FUNCTION = "gradio_handler"
TASK = "task"
WORKER = "worker"
# What a pipe takes as one piece.
LONGEST_MESSAGE_BYTES = 4096


class Watch:
    """Watches the workers that this process forks from now on, and reports until it is closed."""

    def __init__(self, report: Callable[[str], None]) -> None:
        reader, self._writer = os.pipe()
        self._is_observed = False
        os.set_blocking(self._writer, False)
        # One byte that all processes share: whether a worker has set anything so far.
        self._anything_set = mmap.mmap(-1, 1)
        self._app_observer = AppObserver(self._writer)
        os.register_at_fork(after_in_parent=self._in_parent, after_in_child=self._in_child)
        self._thread = threading.Thread(
            target=_listen, args=(reader, report), name="zerogpu-unseen", daemon=True
        )
        self._thread.start()

    def _in_child(self) -> None:
        wrappers = sys.modules.get(WRAPPERS)
        if hasattr(wrappers, "ThreadPoolExecutor"):
            _observe_calls(wrappers, Observer(self._writer, self._anything_set), WORKER_FUNCTION)

    def _in_parent(self) -> None:
        """The package loads its wrappers with the first decorated function: here they are there."""
        wrappers = sys.modules.get(WRAPPERS)
        if not self._is_observed and hasattr(wrappers, "ThreadPoolExecutor"):
            self._is_observed = True
            _observe_calls(wrappers, self._app_observer, APP_FUNCTION)

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


def _observe_calls(wrappers: Any, observer: Observer | AppObserver, function: str) -> None:
    """Each call has an executor of its own, in the worker and in the app, which ends with the answer."""

    class ObservedExecutor(ThreadPoolExecutor):
        _is_call = False

        def __enter__(self) -> ObservedExecutor:
            caller = sys._getframe(1)
            if caller.f_code.co_name == function:
                self._is_call = True
                observer.call_starts(caller.f_locals.get(TASK), caller.f_locals.get(WORKER))
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

    def call_starts(self, task: Any, _worker: Any) -> None:
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
        self._modules = self._modules or OwnModules(os.getcwd())
        return _look_at(self._modules)

    def _send(self, changes: list[Change]) -> None:
        message = {"pid": os.getpid(), "started": self._started, "ended": time.monotonic()}
        _send(self._writer, self._task, message, changes)


class AppObserver:
    """In the app's process: what it has changed since a worker was forked, when that worker is called again."""

    def __init__(self, writer: int) -> None:
        self._writer = writer
        self._modules: OwnModules | None = None
        # By process id: the process, and the globals that it was forked with.
        self._forked: dict[int, tuple[Any, Snapshot]] = {}

    def call_starts(self, task: Any, worker: Any) -> None:
        """The worker has its arguments and computes; never raises, since the visitor would see it."""
        process = getattr(worker, "process", None)
        pid = getattr(process, "pid", None)
        if pid is None:
            return
        self._modules = self._modules or OwnModules(os.getcwd())
        now = _look_at(self._modules)
        if now is None:
            return
        known = self._forked.get(pid)
        if known is None or known[0] is not process:
            self._forget_ended()
            self._forked[pid] = (process, now)
            return
        try:
            if now != known[1] and (changes := changes_between(known[1], now)):
                _send(self._writer, task, {"pid": pid, "in_app": True}, changes)
        except Exception:
            return

    def call_ended(self) -> None:
        """Nothing is asked then."""

    def _forget_ended(self) -> None:
        for pid, (process, _) in list(self._forked.items()):
            if not process.is_alive():
                self._forked.pop(pid, None)


def _look_at(modules: OwnModules) -> Snapshot | None:
    try:
        return take_snapshot(modules.find())
    except Exception:
        # Another thread changes what is looked at, or an object of the app behaves like none.
        return None


def _send(writer: int, task: Any, message: dict[str, Any], changes: list[Change]) -> None:
    """One line to the thread that listens; as many of the changes as fit."""
    message = {**message, "task": zerogpu_tasks.describe(task)}
    data = b""
    while not data or (len(data) > LONGEST_MESSAGE_BYTES and changes):
        data = json.dumps({**message, "changes": changes}).encode() + b"\n"
        changes = changes[: len(changes) // 2]
    try:
        os.write(writer, data)
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
