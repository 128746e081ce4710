"""Recomputes one row after another of measurements.json on the weightless device.

    python bench/estimate/run.py [--trace FOLDER] [--packages FOLDER] [ID …]

Each row is a process of its own, with the compute capability of the card that was measured on (cuBLAS's
workspaces depend on it). Needs torch, transformers and diffusers; no GPU, no weights, no network. With --packages those
in a folder come first: other releases of transformers and diffusers, such as those that a row was measured with.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
CAPABILITY = {"A100-80": "8.0", "L40S": "8.9", "H100": "9.0", "H200": "9.0", "RTX PRO 5000": "12.0"}
VRAM_BYTES = 150 * 10**9


def measurements() -> list[dict]:
    """The published rows."""
    return json.loads((HERE / "measurements.json").read_text())["rows"]


class RowFailed(Exception):
    """A row's process ended with an error."""


def emulation(weightless: bool) -> dict[str, str]:
    """The environment in which PyTorch has the emulated device."""
    ours = [str(ROOT / "src/run/python"), str(ROOT / "src/gpu/mock"), str(HERE)]
    return {"PYTHONPATH": os.pathsep.join(ours), "ZEROGPU_WEIGHTLESS": "1" if weightless else ""}


def last_line_of(script: str, arguments: list[str], environment: dict[str, str]) -> dict:
    """Runs a script of this folder and reads the JSON in its last line; raises RowFailed."""
    command = [sys.executable, "-B", str(HERE / script), *arguments]
    result = subprocess.run(
        command, env={**os.environ, **environment}, capture_output=True, text=True, check=False
    )
    if result.returncode:
        raise RowFailed(result.stderr[-2000:].strip() or f"{script} ended with {result.returncode}")
    return json.loads(result.stdout.strip().splitlines()[-1])


def compute(
    row: dict, trace: str | None = None, packages: str | None = None, capability: str | None = None
) -> dict:
    """What the weightless device gives for a row, in a process of its own; raises RowFailed.

    capability: the card's, major.minor; otherwise that of the card in the row.
    """
    environment = emulation(weightless=True)
    environment |= {
        "ZEROGPU_EMULATED_VRAM_BYTES": str(VRAM_BYTES),
        "ZEROGPU_EMULATED_CAPABILITY": capability or CAPABILITY[row["card"]],
    }
    if packages:
        environment["PYTHONPATH"] += os.pathsep + packages
    return last_line_of("row.py", [json.dumps({**row, "trace": trace})], environment)


def percent(estimated: float, measured: float) -> str:
    """How far an estimate is off."""
    return f"{100 * (estimated / measured - 1):+7.2f} %"


def show(row: dict, result: dict) -> None:
    """One row: measured, estimated, error."""
    name = f"{row['id']:4} {row['card']:12} {row['what']}"
    if "peakBytes" in row:
        print(
            f"{name:70} {row['peakBytes'] / 2**30:8.3f} GiB {result['peakBytes'] / 2**30:8.3f} GiB"
            f" {percent(result['peakBytes'], row['peakBytes'])}"
        )
        if "loadedBytes" in row:
            measured = row["peakBytes"] - row["loadedBytes"]
            added = result["peakBytes"] - result["loadedBytes"]
            print(
                f"{'     of which added by the call':70} {measured / 2**30:8.3f} GiB {added / 2**30:8.3f} GiB"
                f" {percent(added, measured)}"
            )
    if "seconds" in row:
        held = "" if row.get("fitted") else "  held out"
        print(
            f"{name:70} {row['seconds']:8.3f} s   {result['seconds']:8.3f} s  "
            f" {percent(result['seconds'], row['seconds'])}{held}"
        )
    if "compiledSeconds" in row:
        print(
            f"{'     compiled':70} {row['compiledSeconds']:8.3f} s   {result['compiledSeconds']:8.3f} s  "
            f" {percent(result['compiledSeconds'], row['compiledSeconds'])}  held out"
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--trace", help="folder for the kernels of each row, which fit.py reads")
    parser.add_argument("--packages", help="folder with other releases (pip install --target)")
    parser.add_argument("ids", nargs="*")
    options = parser.parse_args()
    print(f"{'':70} {'measured':>12} {'estimated':>12}     error")
    for row in measurements():
        if options.ids and row["id"] not in options.ids:
            continue
        began = time.monotonic()
        try:
            result = compute(row, options.trace, options.packages)
        except RowFailed as error:
            raise SystemExit(f"{row['id']}: {error}") from None
        show(row, result)
        print(f"{row['id']}: {time.monotonic() - began:.0f} s here, {result['residentBytes'] / 2**30:.2f} GiB",
              file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
