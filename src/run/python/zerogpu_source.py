"""Which globals the functions of a Space read and write, as its source says.

Functions are followed as far as names lead: calls, imports of the Space's own modules, and methods by their
names. Aliases are not followed (`c = cache; c[1] = 2`).
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator

from zerogpu_code import ANY_FUNCTION, CodeReader, Definition, Function, Use


class SpaceSource:
    """The source of a Space's modules, by module name and file; files that can't be read are left out."""

    def __init__(self, files: dict[str, str]) -> None:
        self._file_of = dict(files)
        self.definitions: list[Definition] = []
        self._imports: dict[str, dict[str, tuple[str, str | None]]] = {}
        self._functions: dict[tuple[str, str], list[Definition]] = {}
        self._methods: dict[str, list[Definition]] = {}
        for module, file in files.items():
            if file in self._imports:
                continue
            try:
                with open(file, encoding="utf-8") as text:
                    tree = ast.parse(text.read())
            except (OSError, SyntaxError, ValueError):
                continue
            self._imports[file] = dict(self._imports_of(tree, module, file))
            self._define(tree, file)

    def _imports_of(
        self, tree: ast.Module, module: str, file: str
    ) -> Iterator[tuple[str, tuple[str, str | None]]]:
        """Local name to (file, global name), or (file, None) for a module."""
        package = module if file.endswith("__init__.py") else module.rpartition(".")[0]
        for node in ast.walk(tree):
            if isinstance(node, ast.Import):
                for alias in node.names:
                    if (target := self._file_of.get(alias.name)) and (alias.asname or "." not in alias.name):
                        yield alias.asname or alias.name, (target, None)
            elif isinstance(node, ast.ImportFrom):
                base = node.module or ""
                if node.level:
                    above = package.split(".")[: len(package.split(".")) - node.level + 1]
                    base = ".".join([*filter(None, above), *filter(None, [node.module])])
                for alias in node.names:
                    if below := self._file_of.get(f"{base}.{alias.name}" if base else alias.name):
                        yield alias.asname or alias.name, (below, None)
                    elif target := self._file_of.get(base):
                        yield alias.asname or alias.name, (target, alias.name)

    def _define(self, tree: ast.Module, file: str) -> None:
        own = Definition(file, "<module>", 0)
        CodeReader(own, self._imports[file], frozenset()).read_all(tree.body)
        self.definitions.append(own)
        for node, in_class in _outermost(tree, ""):
            name = getattr(node, "name", "<lambda>")
            first = min([node.lineno, *(d.lineno for d in getattr(node, "decorator_list", []))])
            definition = Definition(file, name, first, in_class=in_class)
            decorators = [ast.unparse(d) for d in getattr(node, "decorator_list", [])]
            definition.decorated = bool(decorators)
            definition.keeps_result = any("cached_property" in text for text in decorators)
            CodeReader(definition, self._imports[file], frozenset()).read_function(node)
            if definition.keeps_result:
                definition.attributes_written.append(Use(file, "self", f".{name}", file, node.lineno))
            self.definitions.append(definition)
            if in_class:
                self._methods.setdefault(name, []).append(definition)
                self._functions.setdefault((file, in_class), []).append(definition)
            else:
                self._functions.setdefault((file, name), []).append(definition)

    def origin(self, file: str, name: str) -> tuple[str, str]:
        """Where a global that was imported by name comes from."""
        for _ in range(8):
            target = self._imports.get(file, {}).get(name)
            if target is None or target[1] is None:
                break
            file, name = target[0], target[1]
        return file, name

    def at(self, file: str, first_line: int) -> Definition | None:
        """The function whose code starts at this line, its decorators included."""
        for definition in self.definitions:
            if definition.file == file and definition.first_line == first_line and first_line:
                return definition
        return None

    def reached_from(
        self, start: Iterable[Definition], without: Iterable[Definition] = ()
    ) -> list[Definition]:
        """These and what they may call, in the order of a search in breadth."""
        found = list(start)
        known = {id(definition) for definition in [*found, *without]}
        for definition in found:
            names = {(use.file, use.name) for use in definition.reads}
            below = [
                *(d for at in names for d in self._functions.get(self.origin(*at), [])),
                *(d for name in definition.attributes_read for d in self._methods.get(name, [])),
            ]
            for candidate in below:
                if id(candidate) not in known:
                    known.add(id(candidate))
                    found.append(candidate)
        return found

    def handlers(self, gpu: list[Definition]) -> list[Definition]:
        """What runs in the app's process after start: functions that are handed on, decorated, or lambdas."""
        in_workers = {id(definition) for definition in self.reached_from(gpu)}
        handed: set[tuple[str, str]] = set()
        for definition in self.definitions:
            if id(definition) not in in_workers:
                handed |= {self.origin(definition.file, name) for name in definition.handed_on}
        gpu_ids = {id(definition) for definition in gpu}
        return [
            definition
            for definition in self.definitions
            if id(definition) not in gpu_ids
            and not definition.in_class
            and (
                (definition.file, definition.name) in handed
                or definition.name == "<lambda>"
                or (definition.decorated and id(definition) not in in_workers)
            )
        ]


def _outermost(
    node: ast.AST, in_class: str
) -> Iterator[tuple[Function | ast.Lambda, str]]:
    """Functions and lambdas that are in no other one, each with the name of its class."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ANY_FUNCTION):
            yield child, in_class
            for decorator in getattr(child, "decorator_list", []):
                yield from _outermost(decorator, "")
        else:
            yield from _outermost(child, child.name if isinstance(child, ast.ClassDef) else in_class)
