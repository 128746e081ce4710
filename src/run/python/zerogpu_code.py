"""What the code of one function does with names that are not local: which it reads, writes and hands on.

Only the source is looked at; nothing of a Space is executed.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable
from dataclasses import dataclass, field

Function = ast.FunctionDef | ast.AsyncFunctionDef
ANY_FUNCTION = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)

# Methods that add to what is there.
ADDING = ("append", "appendleft", "extend", "insert")
# Methods that change what they are called on, of containers, modules and pipelines.
CHANGING = re.compile(
    r"^(add|clear|discard|pop|popitem|popleft|remove|setdefault|update|step|train|half|seed|manual_seed"
    r"|(load|set|unload|fuse|unfuse|delete|enable|disable|register|add|apply|reset|initialize|init)_\w+"
    r"|[a-z]\w*_)$"
)
# Methods that read one entry of a dict, which is named first.
OF_ONE_ENTRY = ("get", "pop", "setdefault", "__getitem__")


@dataclass
class Use:
    """A global, by the file that it is in, and the line where it is read or written."""

    file: str
    name: str
    step: str | None
    in_file: str
    line: int
    adds: bool = False


@dataclass
class Definition:
    """A function, a lambda or a module's own code, with everything inside it that has no name of its own."""

    file: str
    name: str
    first_line: int
    reads: list[Use] = field(default_factory=list)
    writes: list[Use] = field(default_factory=list)
    # Attributes of anything, by name: what `self` is can't be read from the source.
    attributes_read: set[str] = field(default_factory=set)
    attributes_written: list[Use] = field(default_factory=list)
    # Names that are used other than by calling them.
    handed_on: set[str] = field(default_factory=set)
    decorated: bool = False
    # Name of the class that it is a method of.
    in_class: str = ""
    keeps_result: bool = False


class CodeReader(ast.NodeVisitor):
    """Notes in a definition what its code does with names that are not local."""

    def __init__(
        self, into: Definition, imports: dict[str, tuple[str, str | None]], local: frozenset[str]
    ) -> None:
        self._into = into
        self._imports = imports
        self._local = local

    def read_all(self, nodes: Iterable[ast.AST]) -> None:
        for node in nodes:
            self.visit(node)

    def read_function(self, node: Function | ast.Lambda) -> None:
        inner = CodeReader(self._into, self._imports, _locals_of(node, self._local))
        inner.read_all(node.body if isinstance(node.body, list) else [node.body])
        self.read_all([*node.args.defaults, *filter(None, node.args.kw_defaults)])

    def visit_FunctionDef(self, node: ast.FunctionDef) -> None:
        self._visit_inner(node)

    def visit_AsyncFunctionDef(self, node: ast.AsyncFunctionDef) -> None:
        self._visit_inner(node)

    def visit_Lambda(self, node: ast.Lambda) -> None:
        self._visit_inner(node)

    def _visit_inner(self, node: Function | ast.Lambda) -> None:
        # A module's own code runs once; its functions are definitions of their own.
        if self._into.name != "<module>":
            self.read_function(node)
        self.read_all(getattr(node, "decorator_list", []))

    def visit_ClassDef(self, node: ast.ClassDef) -> None:
        self.generic_visit(node)

    def visit_Name(self, node: ast.Name) -> None:
        if node.id in self._local:
            return
        if isinstance(node.ctx, ast.Load):
            self._into.handed_on.add(node.id)
            self._note(self._into.reads, node)
        else:
            self._note(self._into.writes, node)

    def visit_Attribute(self, node: ast.Attribute) -> None:
        self._visit_step(node, f".{node.attr}")

    def visit_Subscript(self, node: ast.Subscript) -> None:
        self._visit_step(node, None)
        self.visit(node.slice)

    def _visit_step(self, node: ast.Attribute | ast.Subscript, attribute: str | None) -> None:
        writes = not isinstance(node.ctx, ast.Load)
        if attribute is not None:
            if writes:
                self._into.attributes_written.append(
                    Use(self._into.file, "self", attribute, self._into.file, node.lineno)
                )
            else:
                self._into.attributes_read.add(attribute[1:])
        base, _ = _chain(node)
        if isinstance(base, ast.Name):
            if base.id not in self._local:
                self._note(self._into.writes if writes else self._into.reads, node)
        else:
            self.visit(base)
        self._visit_between(node.value)

    def _visit_between(self, node: ast.AST) -> None:
        """Indices and attribute names of a chain; its base is done."""
        while isinstance(node, (ast.Attribute, ast.Subscript)):
            if isinstance(node, ast.Subscript):
                self.visit(node.slice)
            else:
                self._into.attributes_read.add(node.attr)
            node = node.value

    def visit_AugAssign(self, node: ast.AugAssign) -> None:
        before = len(self._into.writes), len(self._into.attributes_written)
        self.visit(node.target)
        for use in self._into.writes[before[0] :] + self._into.attributes_written[before[1] :]:
            use.adds = True
        reading = ast.parse(ast.unparse(node.target), mode="eval").body
        for part in ast.walk(reading):
            ast.copy_location(part, node)
        self.visit(reading)
        self.visit(node.value)

    def visit_Assign(self, node: ast.Assign) -> None:
        before = len(self._into.writes), len(self._into.attributes_written)
        self.read_all([*node.targets, node.value])
        texts = {
            ast.unparse(target.value if isinstance(target, ast.Subscript) else target)
            for target in node.targets
            if not isinstance(target, ast.Tuple)
        }
        value = {ast.unparse(part) for part in ast.walk(node.value) if isinstance(part, ast.expr)}
        if texts & value:
            for use in self._into.writes[before[0] :] + self._into.attributes_written[before[1] :]:
                use.adds = True

    def visit_Call(self, node: ast.Call) -> None:
        function = node.func
        if isinstance(function, ast.Attribute):
            base, _ = _chain(function)
            adds = function.attr in ADDING
            if isinstance(base, ast.Name) and (adds or CHANGING.match(function.attr)):
                if isinstance(function.value, ast.Attribute):
                    step = f".{function.value.attr}"
                    self._into.attributes_written.append(
                        Use(self._into.file, "self", step, self._into.file, node.lineno, adds)
                    )
                if base.id not in self._local:
                    self._note(self._into.writes, function.value, adds)
            if function.attr in OF_ONE_ENTRY and isinstance(function.value, ast.Name):
                self._note_entry(node, function.value)
            else:
                self.visit(function)
        elif isinstance(function, ast.Name):
            if function.id not in self._local:
                self._note(self._into.reads, function)
        else:
            self.visit(function)
        self.read_all([*node.args, *(keyword.value for keyword in node.keywords)])

    def _note_entry(self, node: ast.Call, name: ast.Name) -> None:
        if name.id in self._local:
            return
        key = node.args[0] if node.args else None
        if isinstance(key, ast.Constant):
            use = self._use(name)
            use.step = f"[{key.value!r}]"
            self._into.reads.append(use)
        else:
            self._note(self._into.reads, name)

    def _note(self, uses: list[Use], node: ast.AST, adds: bool = False) -> None:
        use = self._use(node)
        use.adds = adds
        uses.append(use)

    def _use(self, node: ast.AST) -> Use:
        """The global at the start of a chain, through a module that it is read from, and the first step."""
        base, steps = _chain(node)
        assert isinstance(base, ast.Name)
        file, name = self._into.file, base.id
        target = self._imports.get(name)
        if target is not None and target[1] is None and steps and steps[0].startswith("."):
            file, name, steps = target[0], steps[0][1:], steps[1:]
        line = getattr(node, "lineno", 0)
        return Use(file, name, steps[0] if steps else None, self._into.file, line)


def _chain(node: ast.AST) -> tuple[ast.AST, list[str]]:
    """`a.b["c"]` as its base and the steps from there."""
    steps: list[str] = []
    while isinstance(node, (ast.Attribute, ast.Subscript)):
        if isinstance(node, ast.Attribute):
            steps.insert(0, f".{node.attr}")
        else:
            steps.insert(0, f"[{node.slice.value!r}]" if isinstance(node.slice, ast.Constant) else "[]")
        node = node.value
    return node, steps


def _locals_of(node: Function | ast.Lambda, outer: frozenset[str]) -> frozenset[str]:
    """Names that are local in a function, or in one around it."""
    arguments = node.args
    names = {
        argument.arg
        for argument in [
            *arguments.posonlyargs,
            *arguments.args,
            *arguments.kwonlyargs,
            *filter(None, [arguments.vararg, arguments.kwarg]),
        ]
    }
    declared: set[str] = set()
    open_nodes: list[ast.AST] = list(node.body) if isinstance(node.body, list) else [node.body]
    while open_nodes:
        part = open_nodes.pop()
        if isinstance(part, ast.Global):
            declared.update(part.names)
        elif isinstance(part, ast.Name) and not isinstance(part.ctx, ast.Load):
            names.add(part.id)
        elif isinstance(part, ast.ExceptHandler) and part.name:
            names.add(part.name)
        if isinstance(part, (*ANY_FUNCTION, ast.ClassDef)):
            names.update([part.name] if hasattr(part, "name") else [])
        else:
            open_nodes.extend(ast.iter_child_nodes(part))
    return (outer | frozenset(names)) - declared
