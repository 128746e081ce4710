"""Parameters and names that Gradio has removed, by release: read from its wheels, none is installed.

Usage: python gradio-removed.py [--check FILE | --write FILE]

Downloads a wheel of each release with pip into a temporary folder (about 60 MB each) and parses the
signatures. A parameter counts as removed where a later release lacks it and takes no `**kwargs`.
The `**kwargs` of `Interface` and `Blocks` go to `BlockContext`, which takes none: they count as well.
"""

import ast
import datetime
import json
import re
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

#: The last release of each major before the next, and the newest.
RELEASES = ["3.50.2", "4.0.2", "4.44.1", "5.0.2", "5.49.1", "6.0.0", "6.31.0"]
FILES = re.compile(
    r"gradio/(blocks|interface|chat_interface|helpers|events|layouts/\w+|components/\w+|templates"
    r"|external|renderable|routes)\.py$"
)
#: Functions and methods whose signature counts beside that of classes.
CALLABLES = {
    "Blocks.launch": ".launch",
    "Blocks.queue": ".queue",
    "mount_gradio_app": "gradio.mount_gradio_app",
    "on": "gradio.on",
}
#: Classes that hand their `**kwargs` on, with those that get them.
HANDED_ON = {"Interface": ["Blocks", "BlockContext"], "Blocks": ["BlockContext"]}


def parameters(node):
    """Names, and whether anything else is taken too."""
    given = node.args.posonlyargs + node.args.args + node.args.kwonlyargs
    names = [one.arg for one in given if one.arg not in ("self", "cls")]
    return names, node.args.kwarg is not None


def taken_by_name(class_node):
    """What a constructor takes out of its `**kwargs` by name: `deprecated_params` of Blocks."""
    for node in ast.walk(class_node):
        is_list = isinstance(node, ast.Assign) and isinstance(node.value, (ast.List, ast.Tuple))
        is_set = isinstance(node, ast.Assign) and isinstance(node.value, (ast.Set, ast.Dict))
        if not (is_list or is_set) or "deprecated_params" not in ast.unparse(node.targets[0]):
            continue
        yield from (one.value for one in ast.walk(node.value) if isinstance(one, ast.Constant))


def signatures(wheel):
    """By qualified name; and the names that `gradio` itself exports."""
    found = {}
    with zipfile.ZipFile(wheel) as archive:
        for name in filter(FILES.match, archive.namelist()):
            for node in ast.parse(archive.read(name)).body:
                if isinstance(node, ast.FunctionDef):
                    found[node.name] = parameters(node)
                if not isinstance(node, ast.ClassDef):
                    continue
                taken = [*taken_by_name(node)] if node.name == "Blocks" else []
                for inner in node.body:
                    if isinstance(inner, ast.FunctionDef):
                        is_init = inner.name == "__init__"
                        key = node.name if is_init else f"{node.name}.{inner.name}"
                        names, takes_more = parameters(inner)
                        found[key] = (names + taken if is_init else names), takes_more
        for key, bases in HANDED_ON.items():
            chain = [found[one] for one in (key, *bases) if one in found]
            if key in found and not chain[-1][1]:
                found[key] = [name for names, _ in chain for name in names], False
        init = ast.parse(archive.read("gradio/__init__.py"))
    exported = {
        alias.asname or alias.name
        for node in ast.walk(init)
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    }
    return found, exported


def removed(history, exported, key):
    """Parameters of one callable: the first release of the list that lacks each."""
    for parameter in dict.fromkeys(
        name for found in history for name in found.get(key, ([], False))[0]
    ):
        has = [parameter in found[key][0] if key in found else None for found in history]
        last = max(index for index, one in enumerate(has) if one)
        for index in range(last + 1, len(history)):
            if has[index] is False and not history[index][key][1]:
                yield parameter, RELEASES[index]
                break


def table(folder):
    read = []
    for release in RELEASES:
        wheel = folder / f"gradio-{release}-py3-none-any.whl"
        if not wheel.exists():
            asked = ["download", "-q", "--no-deps", "--only-binary", ":all:", f"gradio=={release}"]
            subprocess.run([sys.executable, "-m", "pip", *asked, "-d", str(folder)], check=True)
        read.append(signatures(wheel))
    history = [found for found, _ in read]
    exported = set().union(*(names for _, names in read))
    keys = {key for found in history for key in found}
    parameters_of = {}
    for key in sorted(keys):
        is_public = key in CALLABLES or (key in exported and key[0].isupper())
        rows = dict(removed(history, exported, key)) if is_public else {}
        rows = {name: since for name, since in rows.items() if name == "_js" or name[0] != "_"}
        if rows:
            parameters_of[CALLABLES.get(key, f"gradio.{key}")] = rows
    names = {}
    for index in range(1, len(read)):
        for name in sorted(read[index - 1][1] - read[index][1]):
            if name not in read[-1][1] and name[0].isupper():
                names[f"gradio.{name}"] = RELEASES[index]
    return {
        "source": f"signatures in the wheels of gradio {', '.join(RELEASES)} on PyPI",
        "date": datetime.date.today().isoformat(),
        "parameters": parameters_of,
        "names": names,
    }


def main():
    action, *rest = sys.argv[1:] or ["--print"]
    with tempfile.TemporaryDirectory() as folder:
        page = table(Path(rest[1] if len(rest) > 1 else folder))
    if action == "--check":
        known = json.loads(Path(rest[0]).read_text())
        wrong = [key for key in ("parameters", "names") if known[key] != page[key]]
        print(f"differs: {', '.join(wrong)}" if wrong else f"agrees with {page['source']}")
        sys.exit(1 if wrong else 0)
    text = json.dumps(page, indent=2)
    if action == "--write":
        Path(rest[0]).write_text(f"{text}\n")
    else:
        print(text)


main()
