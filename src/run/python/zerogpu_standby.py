"""Imports ahead what the app imported at its last start, and waits until `zerogpu` wants it.

It runs in the app's process to be, before its code (zerogpu_imports.py). A package that does more than to load is left
out, by what is seen after its import: a thread of Python's, an open descriptor, a child process, a file of the
Space's, or an error. Then the process executes itself again without it. If it was imported before `spaces`, then
`spaces` and what came later are left to the app as well.

Standby and `zerogpu` share a socket: JSON lines from here, one byte from there when the app is wanted. Its end ends the
standby. What packages print is kept, and printed when the app's code imports them.
"""

from __future__ import annotations

import importlib
import json
import os
import signal
import sys
import warnings

import zerogpu_skeleton
from zerogpu_hooks import run_hook
from zerogpu_imports import FILE, SPACES, STANDBY, Ahead, Group, Start, change_environment, is_own, read_notes

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from types import ModuleType
    from typing import Any, NoReturn

    from zerogpu_hooks import AfterImport
    from zerogpu_imports import Event

# Packages that are left out.
LEFT_OUT = "ZEROGPU_STANDBY_LEFT_OUT"
# `zerogpu` keeps the notes of the last start that came up beside those of the one that runs.
OF_LAST_START = ".last"
# With more of them a standby saves nothing.
MOST_LEFT_OUT = 8
EXIT_FAILED = 3


def prepare(descriptor: int, start: Start) -> Ahead:
    """Returns what is loaded when the app is wanted; executes the process again where it can't be used."""
    try:
        return _prepare(descriptor, start)
    except Exception as error:
        # The app's code must not run before it is wanted.
        print(f"zerogpu: packages are not imported ahead: {error!r}", file=sys.stderr)
        os._exit(EXIT_FAILED)


def _prepare(descriptor: int, start: Start) -> Ahead:
    os.set_inheritable(descriptor, False)
    left_out = [name for name in os.environ.pop(LEFT_OUT, "").split(",") if name]
    start.env.pop(LEFT_OUT, None)
    events = read_notes(start.notes + OF_LAST_START)
    standby = Standby(descriptor, start, left_out)
    standby.load(events)
    _tell(descriptor, {"loaded": len(standby.groups)})
    if os.read(descriptor, 1) == b"":
        os._exit(0)
    os.close(descriptor)
    if not events or not all(_is_as_noted(event, start) for event in events if "own" in event):
        start.again(cut=None)
    _import_our_own()
    loaded = dict(sys.modules)
    for group in standby.groups:
        _park(group, loaded)
    return Ahead(standby.groups, {event["module"] for event in events if "module" in event})


def _is_as_noted(event: Event, start: Start) -> bool:
    skeleton = zerogpu_skeleton.read_skeleton(event["own"], start.folder)
    return skeleton is not None and skeleton.text == event["skeleton"]


def _tell(descriptor: int, message: Event) -> None:
    try:
        os.write(descriptor, json.dumps(message).encode() + b"\n")
    except OSError:
        # The other end is gone: the next read says so.
        pass


def _import_our_own() -> None:
    """What the hook of `spaces` imports: it opens nothing."""
    import zerogpu_cgroup  # noqa: F401
    import zerogpu_tasks  # noqa: F401
    import zerogpu_unseen  # noqa: F401
    import zerogpu_workers  # noqa: F401


def _park(group: Group, loaded: dict[str, ModuleType]) -> None:
    """Takes what a group has loaded out of `sys.modules` and of the packages around it; built-in modules stay.

    PyTorch and others import a part of theirs when it is read as an attribute, which must be missing for that.
    """
    for name in list(group.modules):
        spec = getattr(group.modules[name], "__spec__", None)
        is_built_in = isinstance(getattr(spec, "loader", None), type)
        if is_built_in or name.partition(".")[0] in sys.stdlib_module_names:
            del group.modules[name]
        else:
            sys.modules.pop(name, None)
            parent, _, child = name.rpartition(".")
            around = None if parent in group.modules else loaded.get(parent)
            if around is not None and getattr(around, "__dict__", {}).get(child) is group.modules[name]:
                delattr(around, child)
                group.attributes.append((around, child, group.modules[name]))


class Standby:
    """Loads packages one after the other, each in the circumstances that it was noted in."""

    def __init__(self, descriptor: int, start: Start, left_out: list[str]) -> None:
        self._descriptor = descriptor
        self._start = start
        self._left_out = left_out
        self._current: Group | None = None
        self.groups: list[Group] = []

    def load(self, events: list[Event]) -> None:
        """Loads what was imported, up to where that may have been with changed packages."""
        failed = {event.get("failed") for event in events}
        path = list(sys.path)
        main = sys.modules["__main__"]
        # As Python does before it runs it (3.9).
        main.__file__ = os.path.abspath(sys.argv[0])
        self._keep_back_hook()
        is_incomplete = False
        for event in events:
            name = event.get("module")
            if name is None or name in failed or name in sys.modules:
                continue
            if event.get("cut") or (name == SPACES and is_incomplete):
                break
            if name in self._left_out:
                is_incomplete = True
            else:
                self._load_one(name, event)
        del main.__file__
        sys.path[:] = path
        os.chdir(self._start.folder)
        change_environment(_back(self._start))

    def _keep_back_hook(self) -> None:
        """What is to happen after `spaces` was imported belongs to the app that serves."""
        for finder in sys.meta_path:
            hooks = getattr(finder, "hooks", {})
            if SPACES in hooks:
                hooks[SPACES] = self._kept_back(hooks[SPACES])

    def _kept_back(self, hook: AfterImport) -> AfterImport:
        def keep(module: ModuleType) -> None:
            if self._current is not None:
                self._current.later.append(lambda: run_hook(hook, module))

        return keep

    def _load_one(self, name: str, event: Event) -> None:
        change_environment(_back(self._start))
        change_environment(event["env"])
        sys.path[:] = event["path"]
        os.chdir(event["folder"])
        before = list(sys.modules)
        env = os.environ.copy()
        self._current = group = Group(event, {})
        with Kept(group):
            seen = _Process()
            try:
                importlib.import_module(name)
            except BaseException as error:  # noqa: BLE001 - some packages exit
                why: str | None = f"its import fails: {error!r}"
            else:
                why = seen.difference()
        known = set(before)
        main = sys.modules["__main__"]
        group.modules = {
            each: module
            for each, module in sys.modules.items()
            # multiprocessing has another name for it.
            if each not in known and module is not main
        }
        own = [each for each, module in group.modules.items() if _is_file_of(module, self._start)]
        if not why and own:
            why = f"it imports {own[0]} of the Space"
        if why:
            self._leave_out(name, why)
        now = os.environ.copy()
        group.env = {key: value for key, value in now.items() if env.get(key) != value}
        group.env.update({key: None for key in env if key not in now})
        group.paths = list(sys.path) if sys.path != event["path"] else None
        self.groups.append(group)

    def _leave_out(self, name: str, why: str) -> NoReturn:
        """Executes the process again, without the package and what it has started."""
        _tell(self._descriptor, {"leftOut": name, "why": why})
        for pid in _children():
            os.kill(pid, signal.SIGKILL)
        left_out = [*self._left_out, name]
        if len(left_out) > MOST_LEFT_OUT:
            os._exit(EXIT_FAILED)
        for descriptor in _open_descriptors():
            if descriptor > 2:
                os.set_inheritable(descriptor, descriptor == self._descriptor)
        os.chdir(self._start.folder)
        ours = {FILE: self._start.notes, STANDBY: str(self._descriptor), LEFT_OUT: ",".join(left_out)}
        os.execve(sys.executable, [sys.executable, *sys.orig_argv[1:]], {**self._start.env, **ours})


def _back(start: Start) -> dict[str, str | None]:
    """What leads from the variables of now to those of the start."""
    changes: dict[str, str | None] = {name: None for name in os.environ if name not in start.env}
    changes.update({name: value for name, value in start.env.items() if os.environ.get(name) != value})
    return changes


def _is_file_of(module: ModuleType, start: Start) -> bool:
    file = getattr(module, "__file__", None)
    # Modules that are made, like torch.ops, have any text there.
    return isinstance(file, str) and os.path.isabs(file) and is_own(file, start.folder)


class _Process:
    """What a process has beside its memory."""

    def __init__(self) -> None:
        self._threads = _python_threads()
        self._descriptors = _open_descriptors()
        self._children = _children()

    def difference(self) -> str | None:
        """What has come since, in words; None for nothing."""
        if _python_threads() > self._threads:
            return "it starts a thread when it is imported"
        if _open_descriptors() - self._descriptors:
            return "it opens files when it is imported, and keeps them open"
        if _children() - self._children:
            return "it starts a process when it is imported"
        return None


def _python_threads() -> int:
    """Those that PyTorch and NumPy keep for their own loops are not among them."""
    threading = sys.modules.get("threading")
    return threading.active_count() if threading else 1


def _open_descriptors() -> set[int]:
    found = {int(entry) for entry in os.listdir("/proc/self/fd")}
    # The one of the list itself is closed by now.
    return {each for each in found if _is_open(each)}


def _is_open(descriptor: int) -> bool:
    try:
        os.fstat(descriptor)
    except OSError:
        return False
    return True


def _children() -> set[int]:
    try:
        with open(f"/proc/self/task/{os.getpid()}/children", encoding="ascii") as file:
            return {int(pid) for pid in file.read().split()}
    except OSError:
        # A kernel without this list.
        return set()


class Kept:
    """Keeps what is printed meanwhile, and warnings, for when the app imports the same."""

    def __init__(self, group: Group) -> None:
        self._group = group
        self._real: list[int] = []
        self._kept: list[int] = []

    def __enter__(self) -> None:
        for number in (1, 2):
            self._real.append(os.dup(number))
            self._kept.append(os.memfd_create("zerogpu"))
            os.dup2(self._kept[-1], number)
        self._show = warnings.showwarning
        warnings.showwarning = self._keep_warning  # type: ignore[assignment]

    def __exit__(self, *_: object) -> None:
        for stream in (sys.stdout, sys.stderr):
            if stream is not None:
                stream.flush()
        if warnings.showwarning == self._keep_warning:
            warnings.showwarning = self._show
        for number in (1, 2):
            os.dup2(self._real[number - 1], number)
            os.close(self._real[number - 1])
            size = os.lseek(self._kept[number - 1], 0, os.SEEK_END)
            text = os.pread(self._kept[number - 1], size, 0)
            os.close(self._kept[number - 1])
            if text:
                self._group.later.insert(0, _writing(number, text))

    def _keep_warning(self, message: Any, category: Any, filename: str, lineno: int, *_: Any) -> None:
        self._group.later.append(lambda: warnings.warn_explicit(message, category, filename, lineno))


def _writing(number: int, text: bytes) -> Callable[[], None]:
    def write() -> None:
        stream = sys.stdout if number == 1 else sys.stderr
        try:
            stream.write(text.decode(errors="replace"))
            stream.flush()
        except (OSError, ValueError, AttributeError):
            # A Space may have closed it.
            pass

    return write
