"""Looks for what zerogpu relies on in the installed `spaces` and `gradio`.

Usage: python inspect_packages.py FACTS.json

Reads the packages' files and runs nothing of them, so that it needs no GPU, no PyTorch and no ZeroGPU
environment. Prints one JSON object: the versions, and for each fact of that release what was found.
Standard library only.
"""

from __future__ import annotations

import ast
import importlib.metadata
import importlib.util
import json
import re
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

PACKAGES = ("spaces", "gradio")
FOUND: tuple[str, str] = ("found", "")
OPERATORS = {"<": lambda a, b: a < b, ">=": lambda a, b: a >= b}


def folder_of(package: str) -> Path:
    """Where a package is installed; raises ModuleNotFoundError without it."""
    spec = importlib.util.find_spec(package)
    if spec is None or spec.origin is None:
        raise ModuleNotFoundError(f"{package} is not installed in {sys.prefix}")
    return Path(spec.origin).parent


def numbers(version: str) -> tuple[int, ...]:
    """`4.44.1` as numbers; what follows them is dropped."""
    return tuple(int(part) for part in re.findall(r"\d+", version)[:3])


def holds_for(releases: str | None, version: str) -> bool:
    """Whether a version is in a range such as `>=0.40` or `>=4,<6`; None is every version."""
    for part in (releases or "").split(","):
        match = re.fullmatch(r"(<|>=)([\d.]+)", part.strip())
        if match is None:
            if part.strip():
                raise ValueError(f"not a range of releases: {releases}")
            continue
        if not OPERATORS[match[1]](numbers(version), numbers(match[2])):
            return False
    return True


@cache
def tree_of(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


@cache
def texts_in(path: Path) -> tuple[str, ...]:
    """The string constants of a file; `{}` stands for what an f-string puts in."""
    return tuple(text for node in ast.walk(tree_of(path)) if (text := text_of(node)) is not None)


def text_of(node: ast.AST) -> str | None:
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    if isinstance(node, ast.JoinedStr):
        return "".join(text_of(part) or "{}" for part in node.values)
    return None


def definition(body: list[ast.stmt], name: str) -> ast.AST | None:
    """What a dotted name stands for, the last definition that counts; branches are looked into."""
    first, _, rest = name.partition(".")
    found: ast.AST | None = None
    for node in statements(body):
        if first in names_of(node):
            found = node
    if found is None or not rest:
        return found
    return definition(found.body, rest) if isinstance(found, ast.ClassDef) else None


def statements(body: list[ast.stmt]) -> Iterator[ast.stmt]:
    for node in body:
        yield node
        for block in ("body", "orelse", "finalbody"):
            if isinstance(node, (ast.If, ast.Try, ast.With)):
                yield from statements(getattr(node, block, []))


def names_of(node: ast.stmt) -> set[str]:
    """What a statement defines."""
    if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
        return {node.name}
    if isinstance(node, ast.Assign):
        return {target.id for target in node.targets if isinstance(target, ast.Name)}
    if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
        return {node.target.id}
    if isinstance(node, (ast.Import, ast.ImportFrom)):
        return {alias.asname or alias.name for alias in node.names}
    return set()


def look_for_text(path: Path, wanted: str) -> tuple[str, str]:
    return FOUND if any(wanted in text for text in texts_in(path)) else ("missing", "")


def look_for_code(path: Path, wanted: str) -> tuple[str, str]:
    """A statement or an expression, however it is spaced and quoted."""
    statement = ast.parse(wanted).body[0]
    node = statement.value if isinstance(statement, ast.Expr) else statement
    looked_for = ast.dump(node)
    same_kind = (other for other in ast.walk(tree_of(path)) if type(other) is type(node))
    return FOUND if any(ast.dump(other) == looked_for for other in same_kind) else ("missing", "")


def look_for_name(path: Path, wanted: str, parameters: list[str]) -> tuple[str, str]:
    """A definition; a function must also take these parameters."""
    node = definition(tree_of(path).body, wanted)
    if node is None:
        return ("missing", "")
    if not parameters:
        return FOUND
    if not isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
        return ("changed", "it is not a function")
    taken = [arg.arg for arg in (*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs)]
    lacking = [name for name in parameters if name not in taken]
    return ("changed", f"it takes {', '.join(taken)}") if lacking else FOUND


def look_for_values(path: Path, wanted: str, values: list[str]) -> tuple[str, str]:
    """A `Literal` with exactly these values: a new one is something that zerogpu never sends."""
    node = definition(tree_of(path).body, wanted)
    if node is None:
        return ("missing", "")
    actual = [text for part in ast.walk(node) if (text := text_of(part)) is not None]
    return FOUND if sorted(actual) == sorted(values) else ("changed", f"it is {', '.join(actual)}")


def look_for_fields(path: Path, wanted: str, fields: list[str]) -> tuple[str, str]:
    """A class with exactly these annotated fields."""
    node = definition(tree_of(path).body, wanted)
    if not isinstance(node, ast.ClassDef):
        return ("missing", "")
    actual = [name for part in node.body if isinstance(part, ast.AnnAssign) for name in names_of(part)]
    return FOUND if sorted(actual) == sorted(fields) else ("changed", f"it has {', '.join(actual)}")


def look_for_absence(path: Path, name: str) -> tuple[str, str]:
    """No definition of that name: when it comes, something of ours is due."""
    return FOUND if definition(tree_of(path).body, name) is None else ("changed", f"{name} is there now")


def look_for_json(path: Path, wanted: Any) -> tuple[str, str]:
    """A JSON file with exactly this content."""
    actual = json.loads(path.read_text(encoding="utf-8"))
    return FOUND if actual == wanted else ("changed", f"it is {json.dumps(actual)}")


def look_for(fact: dict[str, Any], folder: Path) -> tuple[str, str]:
    """`found`, `missing` or `changed`, and what is there instead."""
    path = folder.parent / fact["file"]
    if not path.is_file():
        return ("missing", "the file is gone")
    find = fact["find"]
    if "text" in find:
        return look_for_text(path, find["text"])
    if "code" in find:
        return look_for_code(path, find["code"])
    if "absent" in find:
        return look_for_absence(path, find["absent"])
    if "json" in find:
        return look_for_json(path, find["json"])
    if "values" in find:
        return look_for_values(path, find["name"], find["values"])
    if "fields" in find:
        return look_for_fields(path, find["name"], find["fields"])
    return look_for_name(path, find["name"], find.get("parameters", []))


def main() -> None:
    facts = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))["facts"]
    try:
        folders = {package: folder_of(package) for package in PACKAGES}
    except ModuleNotFoundError as error:
        sys.exit(str(error))
    versions = {package: importlib.metadata.version(package) for package in PACKAGES}
    results = []
    for fact in facts:
        package = fact["file"].split("/")[0]
        if not holds_for(fact.get("releases"), versions[package]):
            continue
        status, instead = look_for(fact, folders[package])
        place = {key: fact[key] for key in ("what", "file", "usedIn")}
        results.append({**place, "status": status, "instead": instead})
    print(json.dumps({"versions": versions, "results": results}))


if __name__ == "__main__":
    main()
