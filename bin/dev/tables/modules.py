"""Checks src/check/data/modules.json against the package index, or resolves its dependencies again.

Usage: python modules.py [--check FILE | --write FILE] [PROJECT…]

`imports`, which project brings a module, is kept by hand. `brings`, what a project depends on, is what
uv resolves for Linux and Python 3.10, one project at a time, from wheels alone; projects that cannot be
resolved so keep their row. Needs uv on PATH. Nothing is installed.
"""

import datetime
import json
import re
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

COMMAND = [
    *("uv", "pip", "compile", "-", "--quiet", "--no-build", "--no-header"),
    *("--python-version", "3.10", "--python-platform", "x86_64-unknown-linux-gnu"),
    *("--annotation-style", "line", "--color", "never"),
]


def edges(project):
    """What each project of the resolution asks for; None where there is no resolution."""
    ran = subprocess.run(COMMAND, input=f"{project}\n", capture_output=True, text=True)
    if ran.returncode != 0:
        return None
    found = {}
    for line in ran.stdout.splitlines():
        match = re.match(r"([A-Za-z0-9._-]+)==\S+(?:\s*;[^#]*)?\s*# via (.*)", line)
        if not match:
            continue
        found.setdefault(match[1], set())
        for parent in match[2].split(","):
            if (parent := parent.strip()) and parent not in ("-r -", "-"):
                found.setdefault(parent, set()).add(match[1])
    return found


def resolved(projects):
    brings, failed = {}, []
    with ThreadPoolExecutor(2) as pool:
        for project, found in zip(projects, pool.map(edges, projects), strict=True):
            if found is None:
                failed.append(project)
            for name, children in (found or {}).items():
                brings.setdefault(name, set()).update(children)
    return {name: sorted(children) for name, children in sorted(brings.items())}, failed


def differs(known, found, *, partly):
    """Whether a row is not what was found; a part of the projects asks for a part of the extras."""
    if known is None:
        return True
    return bool(set(found) - set(known)) if partly else known != found


def main():
    action, file, *only = sys.argv[1:] or ["--check", "src/check/data/modules.json"]
    known = json.loads(Path(file).read_text())
    roots = {name for projects in known["imports"].values() for name in projects}
    brings, failed = resolved(only or sorted(roots | set(known["platform"]["projects"])))
    print(f"not resolved, kept: {', '.join(failed) or 'none'}")
    changed = [
        f"{name}: {known['brings'].get(name, 'no row')} is {children}"
        for name, children in brings.items()
        if differs(known["brings"].get(name), children, partly=bool(only))
    ]
    if action == "--write":
        known["brings"] = dict(sorted({**known["brings"], **brings}.items()))
        known["date"] = datetime.date.today().isoformat()
        Path(file).write_text(f"{json.dumps(known, indent=2)}\n")
        print(f"{len(brings)} rows written, {len(changed)} of them changed")
        return
    print("\n".join(changed) or "the table agrees with the package index")
    sys.exit(1 if changed else 0)


main()
