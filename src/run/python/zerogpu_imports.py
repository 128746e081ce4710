"""Notes which packages the app imports while it starts, and gives it those that a standby has imported ahead.

`zerogpu run --watch` starts the next app before it is wanted (zerogpu_standby.py): the same `python app.py`, which
imports what the app before it imported and then waits. What it has imported is not in `sys.modules` when the app's
code begins, and comes there when that code imports it: in the same order, with the same environment variables, path
and folder as when it was imported ahead. Where one of these differs, the process executes itself again, as a start
without a standby: what an import does may depend on them, and above all on whether `spaces` has come before it.

An import counts when the Space's code, or a function of a package that it has called, imports a module of a package in
the main thread. What a package imports while it is itself imported comes with it.
"""

from __future__ import annotations

import _thread
import json
import os
import sys
from _frozen_importlib import ModuleSpec
from _frozen_importlib_external import PathFinder

import zerogpu_skeleton

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from types import FrameType, ModuleType
    from typing import Any, NoReturn

# The file of the notes; the descriptor that a standby waits at; the package from which on nothing is imported ahead.
FILE = "ZEROGPU_IMPORTS"
STANDBY = "ZEROGPU_STANDBY"
CUT = "ZEROGPU_IMPORTS_CUT"
# It changes PyTorch and Gradio when it is imported: what is imported before it and after it differs.
SPACES = "spaces"

Event = dict[str, "Any"]


class Start:
    """The process as it was before the app's code began."""

    def __init__(self, notes: str) -> None:
        self.notes = notes
        self.env = os.environ.copy()
        self.folder = os.getcwd()

    def circumstances(self) -> Event:
        """What an import may depend on: variables that differ from those of the start, path and folder."""
        now = os.environ.copy()
        changed: dict[str, str | None] = {
            name: value for name, value in now.items() if self.env.get(name) != value
        }
        changed.update({name: None for name in self.env if name not in now})
        return {"env": changed, "path": list(sys.path), "folder": os.getcwd()}

    def again(self, cut: str | None) -> NoReturn:
        """Replaces the process by one that has imported nothing ahead."""
        os.chdir(self.folder)
        env = {**self.env, FILE: self.notes, **({} if cut is None else {CUT: cut})}
        os.execve(sys.executable, [sys.executable, *sys.orig_argv[1:]], env)


class Group:
    """What one import has loaded, and what else it has done to the process."""

    def __init__(self, event: Event, modules: dict[str, ModuleType]) -> None:
        self.event = event
        self.modules = modules
        self.is_taken = False
        # Submodules that it has added to packages of earlier groups.
        self.attributes: list[tuple[ModuleType, str, ModuleType]] = []
        self.env: dict[str, str | None] = {}
        self.paths: list[str] | None = None
        # What its packages do to the process of the app alone, or print.
        self.later: list[Callable[[], None]] = []


class Ahead:
    """What a standby has loaded, and the names of all packages that the app imported at its last start."""

    def __init__(self, groups: list[Group], known: set[str]) -> None:
        self.groups = groups
        self.known = known


def begin() -> None:
    """Called in the app's process before its code begins; a standby returns when it is wanted."""
    notes = os.environ.pop(FILE)
    cut = os.environ.pop(CUT, None)
    descriptor = os.environ.pop(STANDBY, None)
    start = Start(notes)
    ahead = Ahead([], set())
    if descriptor is not None:
        import zerogpu_standby

        ahead = zerogpu_standby.prepare(int(descriptor), start)
    sys.meta_path.insert(0, Imports(start, cut, ahead))


def read_notes(path: str) -> list[Event]:
    """The notes of an earlier start; empty where there are none that can be read."""
    try:
        with open(path, encoding="utf-8") as file:
            return [json.loads(line) for line in file]
    except (OSError, ValueError):
        return []


def is_own(file: str, folder: str) -> bool:
    """Whether a file belongs to the Space in `folder`, and not to an environment in there."""
    path = os.path.realpath(os.path.join(folder, file))
    inside = path.startswith(os.path.realpath(folder) + os.sep)
    return inside and "site-packages" not in path and "dist-packages" not in path


class Imports:
    """The first finder of `sys.meta_path`: sees each module that is not there yet."""

    def __init__(self, start: Start, cut: str | None, ahead: Ahead) -> None:
        self._start = start
        self._cut_at = cut
        self._is_cut = False
        self._process = os.getpid()
        self._thread = _thread.get_ident()
        self._change_line: int | None = None
        self._pending: str | None = None
        self._own: dict[str, bool] = {}
        self._ahead = ahead
        self._parked = {name: group for group in ahead.groups for name in group.modules}
        heads = [group.event["module"] for group in ahead.groups]
        self._ordered = heads[: heads.index(SPACES) + 1] if SPACES in heads else []
        self._file = os.open(start.notes, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
        self._note_own(sys.argv[0])

    def find_spec(
        self, name: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """The finder protocol of `sys.meta_path`."""
        if name in self._parked:
            return self._spec_of(name)
        package = name.partition(".")[0]
        is_ours = package.startswith("zerogpu_") or package == "emulated_cuda"
        if not is_ours and package not in sys.stdlib_module_names and self._is_here():
            line = self._line_of_outermost(sys._getframe(1))
            if line is not None:
                self._note(name, path, line)
        return None

    def _is_here(self) -> bool:
        """Whether this is the main thread of the app, and not of a worker that was forked from it."""
        return os.getpid() == self._process and _thread.get_ident() == self._thread

    def _line_of_outermost(self, frame: FrameType | None) -> int | None:
        """The line of the app's file that is being run; None when a package is imported by another, or looked for."""
        importer = frame.f_back if frame else None
        if not frame or frame.f_code.co_name != "_find_spec":
            return None
        if not importer or importer.f_code.co_name != "_find_and_load_unlocked":
            return None
        line = 0
        while importer:
            if importer.f_code.co_name == "<module>":
                if importer.f_globals.get("__name__") == "__main__":
                    line = importer.f_lineno
                elif not self._is_own(importer.f_code.co_filename):
                    return None
            importer = importer.f_back
        return line

    def _is_own(self, file: str) -> bool:
        known = self._own.get(file)
        if known is None:
            known = self._own[file] = is_own(file, self._start.folder)
        return known

    def _note(self, name: str, path: Sequence[str] | None, line: int) -> None:
        spec = PathFinder.find_spec(name, path)
        if spec is None:
            return
        if spec.origin is not None and is_own(spec.origin, self._start.folder):
            self._note_own(spec.origin)
            return
        if self._ordered and name not in self._ahead.known:
            self._give_up(name, f"{name} is imported before `spaces`, and was not at the start before")
        self._is_cut |= name == self._cut_at
        self._is_cut |= self._change_line is not None and line >= self._change_line
        cut = {"cut": True} if self._is_cut else {}
        self._write({"module": name, **self._start.circumstances(), **cut})

    def _note_own(self, file: str) -> None:
        path = os.path.realpath(os.path.join(self._start.folder, file))
        skeleton = zerogpu_skeleton.read_skeleton(path, self._start.folder)
        self._write({"own": path, "skeleton": skeleton and skeleton.text})
        if skeleton is None or skeleton.change_line is None:
            return
        if file == sys.argv[0]:
            self._change_line = skeleton.change_line
        else:
            self._is_cut = True

    def _write(self, event: Event) -> None:
        if self._pending is not None and self._pending not in sys.modules:
            self._append({"failed": self._pending})
        self._pending = event.get("module")
        self._append(event)

    def _append(self, event: Event) -> None:
        try:
            os.write(self._file, json.dumps(event).encode() + b"\n")
        except OSError:
            # The run's folder is full or gone: the next start has no standby.
            pass

    def _spec_of(self, name: str) -> ModuleSpec:
        """As the module's own, with a loader that gives what is loaded already."""
        original = getattr(self._parked[name].modules[name], "__spec__", None)
        spec = ModuleSpec(name, None)
        if isinstance(original, ModuleSpec):
            vars(spec).update(vars(original))
        spec.loader = Parked(self, original)  # type: ignore[assignment]
        return spec

    def take(self, name: str) -> ModuleType:
        """Puts what came with a module into `sys.modules`; never returns where it has to be imported now."""
        group = self._parked[name]
        if self._is_here():
            self._verify_order(group, name)
        # A function that has imported what it needs when it was called ahead may not ask for it again.
        for earlier in self._ahead.groups[: self._ahead.groups.index(group)]:
            if not earlier.is_taken:
                if self._is_here():
                    self._write(earlier.event)
                self._restore(earlier)
                self._finish(earlier)
        if self._is_here():
            self._verify_circumstances(group, name)
            self._write({"module": name, **self._start.circumstances()})
        self._restore(group)
        return group.modules[name]

    def _restore(self, group: Group) -> None:
        group.is_taken = True
        for each, module in group.modules.items():
            self._parked.pop(each, None)
            sys.modules.setdefault(each, module)
        for around, child, module in group.attributes:
            setattr(around, child, module)
        change_environment(group.env)
        if group.paths is not None:
            sys.path[:] = group.paths

    def finish(self, name: str) -> None:
        """What is due when the import is over."""
        for group in self._ahead.groups:
            if name in group.modules:
                self._finish(group)

    def _finish(self, group: Group) -> None:
        later, group.later = group.later, []
        for each in later:
            each()

    def _verify_order(self, group: Group, name: str) -> None:
        head = group.event["module"]
        if self._ordered:
            if (name, head) != (self._ordered[0],) * 2:
                self._give_up(name, f"{name} is imported where {self._ordered[0]} was imported before")
            self._ordered.pop(0)

    def _verify_circumstances(self, group: Group, name: str) -> None:
        what = difference(self._start.circumstances(), group.event)
        if what and name == group.event["module"]:
            self._give_up(name, f"{name} is imported with another {what} than at the start before")

    def _give_up(self, name: str, why: str) -> NoReturn:
        os.write(2, f"zerogpu: {why}: the app starts again, without what is imported ahead\n".encode())
        self._start.again(cut=name)


class Parked:
    """The loader of a module that is loaded already; for everything else its own loader."""

    def __init__(self, imports: Imports, original: ModuleSpec | None) -> None:
        self._imports = imports
        self._original = original

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        """The loader protocol."""
        return self._imports.take(spec.name)

    def exec_module(self, module: ModuleType) -> None:
        """The loader protocol: the module's code was run ahead."""
        spec = module.__spec__
        module.__spec__ = self._original
        if spec is not None:
            self._imports.finish(spec.name)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._original and self._original.loader, name)


def difference(now: Event, before: Event) -> str | None:
    """What differs in the circumstances of two imports, in words; None for nothing."""
    for part, word in (("path", "sys.path"), ("folder", "current folder")):
        if now[part] != before[part]:
            return word
    names = [name for name in {**now["env"], **before["env"]} if now["env"].get(name) != before["env"].get(name)]
    return ", ".join(sorted(names)) or None


def change_environment(changes: dict[str, str | None]) -> None:
    """Sets variables; removes those without a value."""
    for name, value in changes.items():
        if value is None:
            os.environ.pop(name, None)
        else:
            os.environ[name] = value
