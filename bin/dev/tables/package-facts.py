"""Checks src/check/data/package-facts.json and gradio-releases.json against the package index.

Usage: python package-facts.py DATA_FOLDER [NAME…]

Asks pip alone. A source distribution is built in pip's isolated environment, as the platform does
it, so this runs the setup.py of the packages in the table: use a machine where that does no harm.
"""

import json
import subprocess
import sys
import tempfile
from pathlib import Path


def pip(*arguments):
    command = [sys.executable, "-m", "pip", *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=600)


def build_error(name, version):
    """The last import error of building a release from source; empty where it can be built."""
    wanted = f"{name}=={version}" if version else name
    with tempfile.TemporaryDirectory() as folder:
        ran = pip("download", "-q", "--no-deps", "--no-binary", name, "-d", folder, wanted)
    errors = [line.strip() for line in ran.stderr.splitlines() if "ModuleNotFoundError" in line]
    return errors[-1] if ran.returncode != 0 and errors else ""


def requirements_of(wanted):
    """`requires_dist` of a release, from its metadata alone."""
    options = ["-q", "--dry-run", "--ignore-installed", "--no-deps", "--report", "-"]
    report = json.loads(pip("install", *options, wanted).stdout)
    return report["install"][0]["metadata"].get("requires_dist", [])


def differences(folder, names):
    facts = json.loads((folder / "package-facts.json").read_text())
    for key, module in (("setupNeedsPkgResources", "pkg_resources"), ("setupImportsPip", "pip")):
        for row in facts[key]:
            if names and row["name"] not in names:
                continue
            error = build_error(row["name"], row["to"])
            if f"No module named '{module}'" not in error:
                yield f"{row['name']}: built without asking for {module} ({error or 'built'})"
    for row in facts["asksForTorch"]:
        if names and row["name"] not in names:
            continue
        asked = requirements_of(f"{row['name']}=={row['version']}")
        if not any(one.replace(" ", "").startswith(f"torch{row['torch']}") for one in asked):
            yield f"{row['name']} {row['version']}: asks for {asked}"
    clients = json.loads((folder / "gradio-releases.json").read_text())["clients"]
    for client, releases in clients.items():
        if names and "gradio" not in names:
            break
        # One release of each row: they are many.
        asked = requirements_of(f"gradio=={releases[-1]}")
        if f"gradio-client=={client}" not in [one.split(";")[0].strip() for one in asked]:
            yield f"gradio {releases[-1]}: does not ask for gradio-client=={client}"


def main():
    folder, *names = sys.argv[1:]
    wrong = list(differences(Path(folder), set(names)))
    print("\n".join(wrong) or "the tables agree with the package index")
    sys.exit(1 if wrong else 0)


main()
