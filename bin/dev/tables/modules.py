"""Checks src/check/data/modules.json against the package index, or resolves its dependencies again.

Usage: python modules.py [--check FILE | --write FILE] [PROJECT…]

`imports`, which project brings a module, is kept by hand. `brings`, what a project depends on, is what
uv resolves for Linux and Python 3.10, one project at a time, from wheels alone; projects that cannot be
resolved so keep their row. `gradio` is the same for the Gradio that the platform installs: what each release
asks for with its extras, a row wherever that changes. Needs uv on PATH. Nothing is installed.
"""

import datetime
import json
import re
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from pip._vendor.packaging.requirements import Requirement
from pip._vendor.packaging.utils import canonicalize_name

COMMAND = [
    *("uv", "pip", "compile", "-", "--quiet", "--no-build", "--no-header"),
    *("--python-version", "3.10", "--python-platform", "x86_64-unknown-linux-gnu"),
    *("--annotation-style", "line", "--color", "never"),
]

#: Where the platform installs, for markers.
PLACE = {"python_version": "3.10", "python_full_version": "3.10.13", "sys_platform": "linux"}


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


def numbers(release):
    return [int(part) for part in release.split(".")]


def asked_by_gradio(release):
    """What a release asks for with its extras, from its metadata alone; None where pip gives none."""
    options = ["-q", "--dry-run", "--ignore-installed", "--no-deps", "--report", "-"]
    ran = subprocess.run(
        [sys.executable, "-m", "pip", "install", *options, f"gradio=={release}"],
        capture_output=True,
        text=True,
    )
    if ran.returncode != 0:
        return None
    asked = json.loads(ran.stdout)["install"][0]["metadata"].get("requires_dist", [])
    found = set()
    for requirement in map(Requirement, asked):
        for extra in ("", "oauth", "mcp"):
            place = {**PLACE, "extra": extra}
            if requirement.marker is None or requirement.marker.evaluate(place):
                found.add(canonicalize_name(requirement.name))
    return sorted(found)


def gradio_rows(file):
    """What releases of Gradio ask for, a row wherever that changes; and what the newest brings in turn."""
    clients = json.loads(file.with_name("gradio-releases.json").read_text())["clients"]
    releases = sorted({one for row in clients.values() for one in row}, key=numbers)
    rows = []
    with ThreadPoolExecutor(4) as pool:
        for release, asked in zip(releases, pool.map(asked_by_gradio, releases), strict=True):
            if asked is not None and (not rows or rows[-1]["asksFor"] != asked):
                rows.append({"from": release, "asksFor": asked})
    below = edges(f"gradio[oauth,mcp]=={releases[-1]}") or {}
    return rows, {name: sorted(ones) for name, ones in below.items() if name != "gradio"}


def differs(known, found, *, partly):
    """Whether a row is not what was found; a part of the projects asks for a part of the extras."""
    if known is None:
        return True
    return bool(set(found) - set(known)) if partly else known != found


def main():
    action, file, *only = sys.argv[1:] or ["--check", "src/check/data/modules.json"]
    known = json.loads(Path(file).read_text())
    projects = {name for row in known["imports"].values() for name in row}
    roots = only or sorted(projects | set(known["platform"]["projects"]))
    rows, below = ([], {}) if only and "gradio" not in only else gradio_rows(Path(file))
    brings, failed = resolved(roots)
    for name, children in below.items():
        brings[name] = sorted({*brings.get(name, []), *children})
    print(f"not resolved, kept: {', '.join(failed) or 'none'}")
    changed = [
        f"{name}: {known['brings'].get(name, 'no row')} is {children}"
        for name, children in brings.items()
        if differs(known["brings"].get(name), children, partly=bool(only))
    ]
    if rows and rows != known["platform"].get("gradio"):
        changed.append(f"the releases of gradio: {json.dumps(rows)}")
    if action == "--write":
        known["brings"] = dict(sorted({**known["brings"], **brings}.items()))
        known["platform"]["gradio"] = rows or known["platform"]["gradio"]
        known["date"] = datetime.date.today().isoformat()
        Path(file).write_text(f"{json.dumps(known, indent=2)}\n")
        print(f"{len(brings)} rows written, {len(changed)} of them changed")
        return
    print("\n".join(changed) or "the table agrees with the package index")
    sys.exit(1 if changed else 0)


main()
