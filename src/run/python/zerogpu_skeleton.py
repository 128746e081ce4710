"""What of a source file decides which packages it imports, and in which state they find each other.

Two versions of a file with the same skeleton import the same packages in the same order: an edit of a function's
body, of a text or of the page leaves it as it is. Everything that runs before the last import of the file counts,
constants left out; and wherever they are, imports and statements that change a package (`torch.load = mine`).
"""

from __future__ import annotations

import ast
import os

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

DEFINITIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
IMPORTS = (ast.Import, ast.ImportFrom)
# The state that each import is compared in anyway (zerogpu_imports.py), and switches that no import reads.
NO_CHANGES = (("os", "environ"), ("sys", "path"), ("sys", "argv"), ("torch", "backends"))
CHANGING_CALLS = ("apply", "monkey", "patch", "reload", "set_default")
RUN_ANYTHING = ("exec", "__import__")


class Skeleton:
    """A text to compare, and the line from which on packages may have been changed; None for none."""

    def __init__(self, text: str, change_line: int | None) -> None:
        self.text = text
        self.change_line = change_line


def read_skeleton(file: str, root: str) -> Skeleton | None:
    """Reads a file of the Space in the folder `root`; None where it can't be read or parsed."""
    try:
        with open(file, "rb") as opened:
            return skeleton_of(ast.parse(opened.read()), root)
    except (OSError, SyntaxError, ValueError, RecursionError):
        return None


def skeleton_of(module: ast.Module, root: str) -> Skeleton:
    """The skeleton of a parsed file of the Space in the folder `root`."""
    names = _imported_names(module, root)
    last = max((at for at, each in enumerate(module.body) if _holds_import(each)), default=-1)
    parts: list[str] = []
    change_line: int | None = None
    for at, statement in enumerate(module.body):
        changes = any(_changes_package(node, names) for node in ast.walk(statement))
        if changes and change_line is None:
            change_line = statement.lineno
        if isinstance(statement, DEFINITIONS):
            parts += [ast.dump(node) for node in ast.walk(statement) if isinstance(node, IMPORTS)]
            parts += [ast.dump(node) for node in ast.walk(statement) if _changes_package(node, names)]
        elif changes or (at <= last and not _is_constant(statement)):
            parts.append(ast.dump(statement))
        else:
            parts += [ast.dump(node) for node in ast.walk(statement) if isinstance(node, IMPORTS)]
    return Skeleton("\n".join(parts), change_line)


def _holds_import(statement: ast.stmt) -> bool:
    """Whether it imports when the file is run, and not only when a function is called."""
    if isinstance(statement, DEFINITIONS):
        return False
    return any(isinstance(node, IMPORTS) for node in ast.walk(statement))


def _is_constant(statement: ast.stmt) -> bool:
    """A text of documentation, or a name for a value that no function computes."""
    if isinstance(statement, ast.Expr):
        return isinstance(statement.value, ast.Constant)
    if not isinstance(statement, (ast.Assign, ast.AnnAssign)):
        return False
    targets = statement.targets if isinstance(statement, ast.Assign) else [statement.target]
    called = any(isinstance(node, ast.Call) for node in ast.walk(statement))
    return not called and all(isinstance(target, ast.Name) for target in targets)


def _imported_names(module: ast.Module, root: str) -> set[str]:
    """The names under which the file has packages and what is in them; what is the Space's own is left out."""
    names: set[str] = set()
    for node in ast.walk(module):
        if isinstance(node, ast.Import):
            found = [(alias.name, alias.asname or alias.name.partition(".")[0]) for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            found = [(node.module or "", alias.asname or alias.name) for alias in node.names]
        else:
            continue
        names.update(bound for package, bound in found if not _is_own(package, root))
    return names


def _is_own(package: str, root: str) -> bool:
    place = os.path.join(root, package.partition(".")[0])
    return os.path.isfile(f"{place}.py") or os.path.isdir(place)


def _changes_package(node: ast.AST, names: set[str]) -> bool:
    if isinstance(node, (ast.Assign, ast.Delete)):
        return any(_is_of_package(target, names) for target in node.targets)
    if isinstance(node, (ast.AugAssign, ast.AnnAssign)):
        return _is_of_package(node.target, names)
    return isinstance(node, ast.Call) and _call_changes(node, names)


def _is_of_package(target: ast.expr, names: set[str]) -> bool:
    if isinstance(target, (ast.Tuple, ast.List)):
        return any(_is_of_package(each, names) for each in target.elts)
    if not isinstance(target, (ast.Attribute, ast.Subscript)):
        return False
    chain = tuple(_chain(target))
    return bool(chain) and chain[0] in names and chain[:2] not in NO_CHANGES


def _call_changes(call: ast.Call, names: set[str]) -> bool:
    chain = tuple(_chain(call.func))
    if not chain:
        return False
    if chain[0] in RUN_ANYTHING:
        return len(chain) == 1
    arguments = [tuple(_chain(argument)) for argument in call.args]
    if chain in (("setattr",), ("delattr",)):
        return bool(arguments and arguments[0]) and arguments[0][0] in names
    if chain[0] not in names:
        # A function of the Space that gets a package: `apply_patches(transformers)`.
        return any(part.startswith(CHANGING_CALLS) for part in chain) and any(
            argument and argument[0] in names for argument in arguments
        )
    return chain[:2] == ("sys", "modules") or any(part.startswith(CHANGING_CALLS) for part in chain)


def _chain(node: ast.AST) -> Iterator[str]:
    """The names of `a.b[0].c`: a, b, c; nothing where it starts with something else than a name."""
    parts: list[str] = []
    while not isinstance(node, ast.Name):
        if isinstance(node, ast.Attribute):
            parts.append(node.attr)
            node = node.value
        elif isinstance(node, ast.Subscript):
            node = node.value
        else:
            return
    yield node.id
    yield from reversed(parts)
