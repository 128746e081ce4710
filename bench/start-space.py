"""How soon a Space answers under `zerogpu run`, against the same app started plainly.

    PYTHON bench/start-space.py [ROUNDS] [--json]

PYTHON is an interpreter with gradio, spaces and torch; `npm run build` comes first. Both are started in turn,
each round in an order of its own; seconds until the first page is answered, and their ratio round by round.
The plain app runs without ZeroGPU, on the CPU: its functions name no device.
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
import urllib.request
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
APP = '''import gradio as gr
import spaces
import torch


@spaces.GPU(duration=10)
def double(number):
    return 2 * number


demo = gr.Interface(double, gr.Number(), gr.Number(), api_name="double")
demo.launch()
'''


def free_port() -> int:
    """A port that no program listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def seconds_until_answered(command: list[str], port: int, cwd: Path, env: dict[str, str]) -> float:
    """Starts it, waits for the first page, and ends it."""
    begin = time.perf_counter()
    process = subprocess.Popen(
        command, cwd=cwd, env=env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        while time.perf_counter() - begin < 120:
            if process.poll() is not None:
                raise SystemExit(f"{command} ended with {process.returncode}")
            try:
                with urllib.request.urlopen(f"http://127.0.0.1:{port}/config", timeout=5) as answer:
                    if answer.status == 200:
                        return time.perf_counter() - begin
            except OSError:
                time.sleep(0.02)
        raise SystemExit(f"{command} did not answer within 120 s")
    finally:
        process.terminate()
        process.wait(30)


def main() -> None:
    rounds = next((int(arg) for arg in sys.argv[1:] if arg.isdigit()), 7)
    with tempfile.TemporaryDirectory(prefix="zerogpu-bench-") as name:
        folder = Path(name) / "space"
        folder.mkdir()
        (folder / "app.py").write_text(APP)
        (folder / "README.md").write_text("---\nsdk: gradio\napp_file: app.py\n---\n")
        base = {**os.environ, "GRADIO_ANALYTICS_ENABLED": "False"}

        def plain() -> float:
            port = free_port()
            env = {**base, "GRADIO_SERVER_PORT": str(port)}
            return seconds_until_answered([sys.executable, "app.py"], port, folder, env)

        def under_run() -> float:
            port = free_port()
            command = ["node", str(ROOT / "bin/zerogpu.js"), "run", str(folder), "--fresh"]
            command += ["--python", sys.executable, "--port", str(port)]
            command += ["--state-dir", str(Path(name) / "state")]
            return seconds_until_answered(command, port, folder, base)

        sides = {"plain": plain, "run": under_run}
        for side in sides.values():
            side()
        times: dict[str, list[float]] = {side: [] for side in sides}
        for index in range(rounds):
            for side in sorted(sides, reverse=index % 2 == 1):
                times[side].append(sides[side]())
    ratios = [run / alone for run, alone in zip(times["run"], times["plain"])]
    result = {
        "rounds": rounds,
        "plainSeconds": statistics.median(times["plain"]),
        "runSeconds": statistics.median(times["run"]),
        "ratio": statistics.median(ratios),
    }
    if "--json" in sys.argv:
        print(json.dumps(result))
    else:
        print(f"plain app         {result['plainSeconds']:6.2f} s")
        print(f"under zerogpu run {result['runSeconds']:6.2f} s, {result['ratio']:.2f} x")


if __name__ == "__main__":
    main()
