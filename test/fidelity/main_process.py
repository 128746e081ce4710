"""Asks an app's main process small questions, and writes down what each one answers.

Usage: python main_process.py [--fresh] [--only TEXT] OUTPUT.json

A probe is a few lines of Python in one of the files of probes/ (docs/fidelity.md). Its outcome is the value
of its last expression, or the type and the first line of what it raises. The same program runs in two places:
with a CUDA build of PyTorch on a machine without a driver, which is the platform's main process, and under
zerogpu's hooks. What it imports decides nothing: the environment does.

Probes are forked off a process that has done the file's prelude; `--fresh` starts Python again for each.
With `--only` an OUTPUT.json that is there keeps its other outcomes.
Standard library only, until a prelude imports more.
"""

from __future__ import annotations

import argparse
import ast
import importlib.metadata
import json
import os
import re
import select
import signal
import subprocess
import sys
import tempfile
import time
import traceback
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
PROBE_SECONDS = 400
# Preludes at a time: one a core of a small machine.
STAGES_AT_ONCE = 2
LONGEST_TEXT = 160
PACKAGES = ("torch", "spaces", "gradio", "transformers", "diffusers", "accelerate", "safetensors")
# Imported only where it is installed: a probe that needs it is left out elsewhere.
OPTIONAL = ("transformers", "diffusers", "accelerate", "bitsandbytes", "peft", "safetensors")


@dataclass(frozen=True)
class Probe:
    """One question: `name` is `file/probe`, unique; `prelude` is run first and is not judged."""

    name: str
    prelude: str
    code: str

    def lacks(self) -> str | None:
        """A package that the probe imports and that is not installed here."""
        text = f"{self.prelude}\n{self.code}"
        for package in OPTIONAL:
            if re.search(rf"\b(import|from) {package}\b", text) and version_of(package) is None:
                return package
        return None


def version_of(package: str) -> str | None:
    """The installed version, None without one."""
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return None


def prelude_in(text: str) -> str:
    return "\n".join(re.findall(r"^# prelude: (.*)$", text, flags=re.MULTILINE))


def read_probes(folder: Path) -> list[Probe]:
    """All probes of a folder; raises ValueError for two of one name."""
    probes: list[Probe] = []
    for file in sorted(folder.glob("*.py")):
        head, *sections = re.split(r"^# probe: *(\S+)$", file.read_text(), flags=re.MULTILINE)
        prelude = prelude_in(head)
        for name, code in zip(sections[::2], sections[1::2]):
            probes.append(Probe(f"{file.stem}/{name}", prelude, code.strip()))
            # Lines of a prelude below a probe are for the probes after it.
            prelude = prelude_in(code) or prelude
    names = [probe.name for probe in probes]
    if len(set(names)) < len(names):
        raise ValueError(f"two probes of one name: {sorted(n for n in names if names.count(n) > 1)}")
    return probes


def outcome_of(code: str, names: dict[str, Any]) -> dict[str, str]:
    """Runs the code; the value of its last expression, or what it raised."""
    tree = ast.parse(code)
    last = tree.body.pop() if tree.body and isinstance(tree.body[-1], ast.Expr) else None
    try:
        exec(compile(tree, "probe", "exec"), names)
        if last is None:
            return {"value": "done"}
        return {"value": text_of(eval(compile(ast.Expression(last.value), "probe", "eval"), names))}
    except BaseException as error:  # noqa: BLE001 - SystemExit is an outcome too
        if os.environ.get("PROBE_TRACEBACK"):
            traceback.print_exc()
        message = next(iter(str(error).splitlines()), "")
        return {"error": type(error).__name__, "message": plain(message)}


def text_of(value: Any) -> str:
    """A value as it is compared: plain values by their text, everything else by its type."""
    if value is None or isinstance(value, (bool, int, float, str)):
        return plain(repr(value))
    if isinstance(value, (tuple, list)):
        return plain("(" + ", ".join(text_of(item) for item in value) + ")")
    if type(value).__name__ in ("device", "dtype"):
        return str(value)
    return f"a {type(value).__name__}"


def plain(text: str) -> str:
    """Without what differs from one machine or process to the next."""
    text = re.sub(r"0x[0-9a-f]+", "0x…", text)
    text = re.sub(r"\S*/site-packages/", "…/", text)
    text = re.sub(r"/tmp/\S+", "/tmp/…", text)
    text = re.sub(r"\.cpp:\d+", ".cpp:…", text)
    return text[:LONGEST_TEXT]


class Stub(BaseHTTPRequestHandler):
    """A device API that counts the start-up reports and has no GPU for any call."""

    reports = 0

    def do_POST(self) -> None:
        if self.path.startswith("/startup-report"):
            Stub.reports += 1
            self.reply(200, b"")
        elif self.path.startswith("/schedule"):
            self.reply(503, b"{}")
        else:
            self.reply(404, b"{}")

    def do_GET(self) -> None:
        self.reply(200, str(Stub.reports).encode())

    def reply(self, status: int, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        pass


def start_stub() -> tuple[str, int]:
    """A device API in a process of its own; returns its URL and its pid."""
    server = HTTPServer(("127.0.0.1", 0), Stub)
    pid = os.fork()
    if pid == 0:
        try:
            server.serve_forever()
        finally:
            os._exit(0)
    server.server_close()
    return f"http://127.0.0.1:{server.server_port}", pid


def start_up_reports() -> int:
    """For probes: how many start-up reports the device API has seen from them."""
    from urllib.request import urlopen

    with urlopen(os.environ["SPACES_ZERO_DEVICE_API_URL"] + "/reports") as answer:
        return int(answer.read())


def run_here(probe: Probe, names: dict[str, Any], output: int) -> None:
    """Runs a probe in this process, which is its own, and writes its outcome."""
    if "ZEROGPU_APP_PID" in os.environ:
        os.environ["ZEROGPU_APP_PID"] = str(os.getpid())
    url, stub = start_stub()
    os.environ["SPACES_ZERO_DEVICE_API_URL"] = url
    if "spaces" in sys.modules:
        sys.modules["spaces"].config.Config.zero_device_api_url = url
    names["start_up_reports"] = start_up_reports
    try:
        outcome = outcome_of(probe.code, names)
    finally:
        os.kill(stub, signal.SIGKILL)
    os.write(output, json.dumps(outcome).encode())


def namespace_after(prelude: str) -> dict[str, Any]:
    names: dict[str, Any] = {"__name__": "__main__"}
    exec(compile(prelude, "prelude", "exec"), names)
    return names


def run_group(probes: list[Probe]) -> dict[str, dict[str, str]]:
    """Does the prelude once, then forks a process for each probe."""
    names = namespace_after(probes[0].prelude)
    outcomes = {}
    for probe in probes:
        reader, writer = os.pipe()
        pid = os.fork()
        if pid == 0:
            try:
                os.setpgid(0, 0)
                os.close(reader)
                silence()
                run_here(probe, names, writer)
            finally:
                os._exit(0)
        os.close(writer)
        outcomes[probe.name] = await_outcome(pid, reader)
    return outcomes


def silence() -> None:
    """What a probe prints is not looked at."""
    if os.environ.get("PROBE_TRACEBACK"):
        return
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)
    os.dup2(nowhere, 2)


def await_outcome(pid: int, reader: int) -> dict[str, str]:
    """Reads what the process `pid` writes; ends it when that takes too long."""
    text = b""
    deadline = time.monotonic() + PROBE_SECONDS
    while (left := deadline - time.monotonic()) > 0:
        ready, _, _ = select.select([reader], [], [], left)
        part = os.read(reader, 65536) if ready else b""
        text += part
        if not part or text.endswith(b"}"):
            break
    late = time.monotonic() >= deadline
    try:
        os.killpg(pid, signal.SIGKILL)
    except ProcessLookupError:
        pass
    _, status = os.waitpid(pid, 0)
    os.close(reader)
    if text:
        return json.loads(text)
    if late:
        return {"error": "Timeout", "message": f"no answer in {PROBE_SECONDS} s"}
    return {"error": "Death", "message": f"ended with {os.waitstatus_to_exitcode(status)}"}


def run_fresh(probe: Probe) -> dict[str, str]:
    """Runs a probe in a Python of its own."""
    reader, writer = os.pipe()
    os.set_inheritable(writer, True)
    child = subprocess.Popen(
        [sys.executable, __file__, "--one", probe.name, str(writer)],
        close_fds=False,
        process_group=0,
    )
    os.close(writer)
    outcome = await_outcome(child.pid, reader)
    child.returncode = 0
    return outcome


def run_stage(prelude: str, only: str, output: Path) -> None:
    """The process that is forked off: writes its outcomes as JSON."""
    chosen = [probe for probe in wanted(only) if probe.prelude == prelude]
    output.write_text(json.dumps(run_group(chosen)))


def wanted(only: str) -> list[Probe]:
    probes = read_probes(HERE / "probes")
    return [probe for probe in probes if re.search(only, probe.name) and probe.lacks() is None]


def run_all(fresh: bool, only: str) -> dict[str, dict[str, str]]:
    probes = wanted(only)
    if fresh:
        outcomes = {}
        for probe in probes:
            outcomes[probe.name] = run_fresh(probe)
            print(probe.name, outcomes[probe.name], file=sys.stderr, flush=True)
        return outcomes
    with ThreadPoolExecutor(STAGES_AT_ONCE) as pool:
        preludes = dict.fromkeys(probe.prelude for probe in probes)
        parts = pool.map(lambda prelude: run_in_stage(prelude, only), preludes)
        return {name: outcome for part in parts for name, outcome in part.items()}


def run_in_stage(prelude: str, only: str) -> dict[str, dict[str, str]]:
    """Starts the process that the probes of a prelude are forked off, and reads their outcomes."""
    with tempfile.NamedTemporaryFile() as results:
        command = [sys.executable, __file__, "--stage", prelude, "--only", only, results.name]
        subprocess.run(command, check=True)
        return json.loads(results.read() or b"{}")


def facts() -> dict[str, Any]:
    """Where the outcomes come from."""
    return {
        "python": ".".join(str(part) for part in sys.version_info[:3]),
        **{name: version for name in PACKAGES if (version := version_of(name))},
    }


def one_line_a_probe(outcomes: dict[str, dict[str, str]]) -> str:
    """JSON whose differences read well."""
    lines = [f"  {dump(name)}: {dump(outcome)}" for name, outcome in sorted(outcomes.items())]
    return f'{{"from": {dump(facts())},\n "outcomes": {{\n' + ",\n".join(lines) + "\n }}\n"


def dump(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--fresh", action="store_true")
    parser.add_argument("--only", default="")
    parser.add_argument("--one")
    parser.add_argument("--stage")
    parser.add_argument("output")
    arguments = parser.parse_args()
    if "ZEROGPU_APP_PID" in os.environ:
        os.environ["ZEROGPU_APP_PID"] = str(os.getpid())
    os.environ.setdefault("SPACES_ZERO_DEVICE_API_URL", "http://127.0.0.1:9")
    os.environ.setdefault("SPACES_ZERO_GPU", "1")
    os.environ.setdefault("ZEROGPU_OFFLOAD_DIR", os.path.join(tempfile.mkdtemp(), "tensors"))
    os.environ.setdefault("GRADIO_ANALYTICS_ENABLED", "False")
    os.environ.setdefault("HF_HUB_OFFLINE", "1")
    if arguments.one:
        [probe] = [probe for probe in wanted("") if probe.name == arguments.one]
        silence()
        run_here(probe, namespace_after(probe.prelude), int(arguments.output))
        os._exit(0)
    if arguments.stage is not None:
        run_stage(arguments.stage, arguments.only, Path(arguments.output))
        os._exit(0)
    outcomes = run_all(arguments.fresh, arguments.only)
    # A machine too busy to answer says nothing of the platform.
    outcomes = {name: one for name, one in outcomes.items() if one.get("error") != "Timeout"}
    output = Path(arguments.output)
    if arguments.only and output.exists():
        outcomes = json.loads(output.read_text())["outcomes"] | outcomes
    output.write_text(one_line_a_probe(outcomes))


if __name__ == "__main__":
    main()
