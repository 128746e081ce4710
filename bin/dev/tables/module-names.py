"""Adds the modules of projects to `imports` of src/check/data/modules.json, from the files of their wheels.

Usage: python module-names.py [--check FILE | --write FILE] [PROJECT…]

Without projects it looks at those that the table has. Of each wheel only the list of its files is read, over
the index that pip is set up for. Top-level modules count; those of tests and examples do not, nor do
namespaces that several projects share. `modules.py --write` adds the dependencies afterwards.
"""

import json
import re
import sys
import zipfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from pip._internal.models.index import PyPI
from pip._internal.network.lazy_wheel import LazyZipOverHTTP
from pip._internal.network.session import PipSession
from pip._vendor.packaging.version import InvalidVersion, Version

ACCEPT = "application/vnd.pypi.simple.v1+json"
#: What many wheels carry by mistake, and namespaces: the name says nothing of the project.
COMMON = re.compile(
    r"^(?:_.*|tests?|testing|docs?|examples?|samples?|scripts?|tools?|utils?|src|bench.*|build|data|models?"
    r"|config|configs|assets|demos?|notebooks?|common|core|lib|include|share|bin|setup|conftest|third_party"
    r"|google|nvidia|mpl_toolkits|azure|sphinxcontrib|zope|backports|pkg_resources|setuptools|app|main)$"
)


def newest_wheel(session, project):
    answer = session.get(f"{PyPI.simple_url}/{project}/", headers={"Accept": ACCEPT})
    if answer.status_code != 200:
        return None
    wheels = []
    for file in answer.json()["files"]:
        name = file["filename"]
        if not name.endswith(".whl") or file.get("yanked"):
            continue
        try:
            version = Version(name.split("-")[1])
        except InvalidVersion:
            continue
        fits = "none-any" in name or ("linux" in name and "x86_64" in name)
        if fits and not version.is_prerelease:
            wheels.append((version, "none-any" in name or "cp310" in name or "abi3" in name, file["url"]))
    return max(wheels, default=(None, None, None))[2]


def modules_of(project):
    """The top-level modules of a project's newest wheel; None where there is no wheel."""
    session = PipSession(retries=3)
    try:
        url = newest_wheel(session, project)
        if url is None:
            return None
        names = zipfile.ZipFile(LazyZipOverHTTP(url, session)).namelist()
    except Exception as error:  # a server without ranges, no network: the project keeps what it has
        print(f"{project}: {error}", file=sys.stderr)
        return None
    found = set()
    for name in names:
        top, _, rest = name.partition("/")
        if rest and rest.endswith((".py", ".so", ".pyi")) and re.fullmatch(r"\w+", top):
            found.add(top)
        elif not rest and (single := re.match(r"(\w+)(?:\.py|\.(?:abi3|cpython)\S*\.so)$", top)):
            found.add(single[1])
    return sorted(module for module in found if not COMMON.match(module))


def main():
    action, file, *only = sys.argv[1:] or ["--check", "src/check/data/modules.json"]
    table = json.loads(Path(file).read_text())
    imports = table["imports"]
    projects = only or sorted({name for row in imports.values() for name in row})
    changed = []
    with ThreadPoolExecutor(8) as pool:
        for project, modules in zip(projects, pool.map(modules_of, projects), strict=True):
            if modules is None:
                print(f"no wheel, kept: {project}")
            for module in modules or []:
                row = imports.setdefault(module, [])
                if project not in row:
                    changed.append(f"{module}: {project}")
                    row.append(project)
    print("\n".join(changed) or "the table agrees with the package index")
    if action == "--write":
        table["imports"] = dict(sorted(imports.items()))
        Path(file).write_text(f"{json.dumps(table, indent=2)}\n")
        return
    sys.exit(1 if changed else 0)


main()
