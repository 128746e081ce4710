"""A warm GPU call through gateway and allocator against the same call to the same app without ZeroGPU.

    PYTHON bench/warm-call.py [CALLS] [--json]

PYTHON is an interpreter with gradio, spaces and torch; `npm run build` comes first. Both apps run at
the same time and are called in turn by the same client; medians, in milliseconds.
"""

from __future__ import annotations

import json
import os
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from gradio_client import Client

ROOT = Path(__file__).resolve().parent.parent
SPACE = ROOT / "templates/hello"


def free_port() -> int:
    """A port without a listener."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def start_zerogpu() -> tuple[subprocess.Popen, str]:
    """The Space under `zerogpu run`, and its address."""
    command = ["node", str(ROOT / "bin/zerogpu.js"), "run", str(SPACE), "--python", sys.executable]
    state = tempfile.mkdtemp(prefix="zerogpu-bench-")
    process = subprocess.Popen(
        [*command, "--port", "0", "--state-dir", state, "--as", "pro"],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    for line in process.stdout:
        if line.startswith("ready "):
            return process, line.split()[1]
    raise SystemExit("zerogpu run did not become ready")


def start_plain() -> tuple[subprocess.Popen, str]:
    """The same app on its own; "cuda" is the CPU there, by the same emulated device."""
    port = free_port()
    source = (
        f"import sys; sys.path.insert(0, {str(ROOT / 'src/gpu/mock')!r}); import torch, emulated_cuda;"
        f"emulated_cuda.install(torch); import runpy; runpy.run_path('app.py', run_name='__main__')"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", source],
        cwd=SPACE,
        env={**os.environ, "GRADIO_SERVER_PORT": str(port), "GRADIO_ANALYTICS_ENABLED": "False"},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    return process, f"http://127.0.0.1:{port}"


def connect(url: str) -> Client:
    """A client, as soon as the app answers."""
    for _ in range(300):
        try:
            return Client(url, verbose=False)
        except Exception:
            time.sleep(0.2)
    raise SystemExit(f"{url} does not answer")


def main() -> None:
    calls = next((int(arg) for arg in sys.argv[1:] if arg.isdigit()), 60)
    started = {"zerogpu": start_zerogpu(), "plain": start_plain()}
    try:
        clients = {name: connect(url) for name, (_, url) in started.items()}
        times: dict[str, list[float]] = {name: [] for name in clients}
        for index in range(-5, calls):
            for name, client in clients.items():
                begin = time.perf_counter()
                client.predict("bench", 1, api_name="/greet")
                if index >= 0:
                    times[name].append(1000 * (time.perf_counter() - begin))
        result = {f"{name}Ms": statistics.median(values) for name, values in times.items()}
        differences = [ours - theirs for ours, theirs in zip(times["zerogpu"], times["plain"])]
        result["moreMs"] = statistics.median(differences)
        result["calls"] = calls
        if "--json" in sys.argv:
            print(json.dumps(result))
        else:
            print(f"warm GPU call under zerogpu run   {result['zerogpuMs']:7.1f} ms")
            print(f"same call without ZeroGPU         {result['plainMs']:7.1f} ms")
            print(f"more, median over {calls} pairs       {result['moreMs']:7.1f} ms")
    finally:
        for process, _ in started.values():
            process.terminate()


if __name__ == "__main__":
    main()
