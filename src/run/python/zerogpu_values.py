"""What the Space's own modules hold, in a form that can be compared: before a call and after it.

A snapshot maps places to tokens. A place is (file, global name, steps…): `("app.py", "cache", "['style']")`.
Nothing of the Space is called and nothing is kept alive: tokens are small values, ids and PyTorch's version
counters. Looked into are containers, instances and classes of the Space's own, tensors, modules, and modules
that are attributes of other objects, such as a pipeline's.
"""

from __future__ import annotations

import os
import sys
import sysconfig
from collections import deque
from typing import Any, NamedTuple

Place = tuple[str, ...]
Snapshot = dict[Place, Any]

SCALARS = (bool, int, float, str, bytes, complex, type(None))
LONG_TEXT = 200
# Larger containers are compared by their length and their last items, deeper ones by identity.
MOST_ITEMS = 64
LAST_ITEMS = 8
DEEPEST = 4
MOST_PLACES = 20_000
# Modules and functions, and a page of components, which has thousands of attributes that workers do not share.
NEVER_INSIDE = ("builtins", "functools", "gradio", "spaces", "logging", "threading")
MISSING = object()
# Steps of places that have no name in the source: items of a container, the data of a tensor or module, what
# a package's object is made of, and what it may change without being asked.
ITEMS = "[]"
DATA = "()"
OF_PACKAGE = "!"
BY_PACKAGE = "?"


class Change(NamedTuple):
    """A global that a call has changed, by the first step below its name; None when it is another object now.

    `fills` when nothing was there before. `of_package` when the object is a package's, such as a pipeline:
    any method of it may read what was changed. `by_package` when the package may have changed it for itself.
    """

    file: str
    name: str
    step: str | None
    fills: bool
    of_package: bool
    by_package: bool


class OwnModules:
    """The modules whose files belong to the Space, found again only when others were imported."""

    def __init__(self, home: str) -> None:
        self._home = os.path.join(os.path.realpath(home), "")
        # Without a look at the disk for each of thousands of modules.
        self._likely = (self._home, os.path.join(os.path.abspath(home), ""))
        self._libraries = tuple(
            os.path.join(os.path.realpath(path), "")
            for path in {*sysconfig.get_paths().values(), sys.prefix}
            if not self._home.startswith(os.path.join(os.path.realpath(path), ""))
        )
        self._looked_at: set[str] = set()
        self._found: dict[str, tuple[str, Any]] = {}

    def find(self) -> dict[str, tuple[str, Any]]:
        """Module name to (file, module)."""
        if len(sys.modules) != len(self._looked_at):
            for name in sys.modules.keys() - self._looked_at:
                # Not getattr: packages load things when asked for a name that they lack.
                file = getattr(sys.modules[name], "__dict__", {}).get("__file__")
                if isinstance(file, str) and self.owns(file):
                    self._found[name] = (os.path.realpath(file), sys.modules[name])
            self._looked_at = set(sys.modules)
        return self._found

    def owns(self, file: str) -> bool:
        """Whether a file is the Space's, and not a package's."""
        if os.path.isabs(file) and not file.startswith(self._likely):
            return False
        path = os.path.realpath(file)
        return path.startswith(self._home) and not path.startswith(self._libraries)


def take_snapshot(modules: dict[str, tuple[str, Any]]) -> Snapshot:
    """The tokens of all globals; raises RuntimeError when another thread changes a dict meanwhile."""
    return _Walk(set(modules)).over(modules)


def changes_between(before: Snapshot, after: Snapshot) -> list[Change]:
    """The globals that differ, each once."""
    found: dict[tuple[str, str, str | None], Change] = {}
    rebound = set()

    def note(place: Place, fills: bool) -> None:
        root = (place[0], place[1], place[2] if len(place) > 2 else None)
        by_package = place[-1] == BY_PACKAGE
        if known := found.get(root):
            fills, by_package = fills and known.fills, by_package and known.by_package
        found[root] = Change(*root, fills, by_package or place[-1] == OF_PACKAGE, by_package)

    for place, token in after.items():
        was = before.get(place, MISSING)
        if was is not token and was != token:
            note(place, was is MISSING or was is None)
            if len(place) == 2:
                rebound.add(place)
    for place in before.keys() - after.keys():
        note(place, False)
    # What the new object holds is not a change of the old one.
    return [change for change in found.values() if change.step is None or change[:2] not in rebound]


class _Walk:
    """One walk over the globals, each object once."""

    def __init__(self, own_names: set[str]) -> None:
        self._own_names = own_names
        self._seen: set[int] = set()
        self._found: Snapshot = {}
        torch = sys.modules.get("torch")
        self._tensor: Any = getattr(torch, "Tensor", ())
        self._generator: Any = getattr(torch, "Generator", ())
        self._module: Any = getattr(sys.modules.get("torch.nn"), "Module", ())

    def over(self, modules: dict[str, tuple[str, Any]]) -> Snapshot:
        for file, module in modules.values():
            for name, value in list(vars(module).items()):
                if not name.startswith("__"):
                    self._visit((file, name), value, 0)
        return self._found

    def _visit(self, place: Place, value: Any, depth: int) -> None:
        kind = type(value)
        if kind in SCALARS:
            self._found[place] = _of_scalar(value)
            return
        self._found[place] = id(value)
        if depth > DEEPEST or id(value) in self._seen or len(self._found) > MOST_PLACES:
            return
        self._seen.add(id(value))
        if issubclass(kind, dict):
            self._visit_dict(place, value, depth)
        elif issubclass(kind, (list, deque, set, tuple)):
            self._visit_items(place, value, depth)
        elif self._tensor and issubclass(kind, self._tensor):
            self._found[place + (DATA,)] = _version_of(value)
        elif self._module and issubclass(kind, self._module):
            self._found[place + (DATA,)] = self._of_module(value)
            if kind.__module__ in self._own_names:
                self._visit_attributes(place, value, depth)
        elif self._generator and issubclass(kind, self._generator):
            self._found[place + (DATA,)] = value.initial_seed()
        elif issubclass(kind, type):
            if value.__module__ in self._own_names:
                self._visit_attributes(place, value, depth)
        elif kind.__module__ in self._own_names:
            self._visit_attributes(place, value, depth)
        elif not kind.__module__.startswith(NEVER_INSIDE):
            self._visit_foreign(place, value)

    def _visit_dict(self, place: Place, value: dict[Any, Any], depth: int) -> None:
        if dict.__len__(value) > MOST_ITEMS:
            self._found[place + (ITEMS,)] = (dict.__len__(value), id(next(reversed(value))))
            return
        for key, item in list(dict.items(value)):
            self._visit((*place, f"[{key!r}]" if type(key) in SCALARS else ITEMS), item, depth + 1)

    def _visit_items(self, place: Place, value: Any, depth: int) -> None:
        length = len(value) if type(value) in (list, deque, set, tuple) else 0
        if length <= MOST_ITEMS:
            items = list(value) if length else []
        else:
            items = [] if type(value) is set else [value[i - LAST_ITEMS] for i in range(LAST_ITEMS)]
        self._found[place + (ITEMS,)] = (length, tuple(map(id, items)))
        for index, item in enumerate(items):
            if type(item) not in SCALARS:
                self._visit((*place, ITEMS, str(index)), item, depth + 1)

    def _visit_attributes(self, place: Place, value: Any, depth: int) -> None:
        """Instances and classes of the Space's own."""
        for name, item in list(_attributes_of(value).items()):
            if not name.startswith("__") and not callable(getattr(type(item), "__get__", None)):
                self._visit((*place, f".{name}"), item, depth + 1)

    def _visit_foreign(self, place: Place, value: Any) -> None:
        """An object of a package: what it is made of, and not what it keeps for itself."""
        for name, item in list(_attributes_of(value).items()):
            if name.startswith("_"):
                continue
            if self._module and issubclass(type(item), self._module):
                self._found[place + (f".{name}", OF_PACKAGE,)] = (id(item), self._of_module(item))
            else:
                self._found[place + (f".{name}", BY_PACKAGE,)] = id(item)

    def _of_module(self, module: Any) -> Any:
        """Which modules it is made of, and the versions of its parameters."""
        count = 0
        versions = []
        open_modules = [module]
        while open_modules:
            part = vars(open_modules.pop())
            count += 1
            open_modules += [below for below in part["_modules"].values() if below is not None]
            for parameter in part["_parameters"].values():
                if parameter is not None:
                    versions.append(_version_of(parameter))
            if count > MOST_PLACES:
                break
        return (count, len(versions), hash(tuple(versions)))


def _attributes_of(value: Any) -> dict[str, Any]:
    """The attributes that it has itself; none when it keeps them elsewhere."""
    # Not isinstance, which asks the object for its `__class__`.
    if issubclass(type(value), type):
        return dict(type.__dict__["__dict__"].__get__(value))
    try:
        found = object.__getattribute__(value, "__dict__")
    except AttributeError:
        return {}
    return found if type(found) is dict else {}


def _of_scalar(value: Any) -> Any:
    if type(value) in (str, bytes) and len(value) > LONG_TEXT:
        return (len(value), hash(value))
    # Not a number is not equal to itself.
    return value if value == value else "nan"


def _version_of(tensor: Any) -> int:
    """How often its data was changed in place; -1 when PyTorch does not count."""
    try:
        return int(tensor._version)
    except RuntimeError:
        return -1
