"""Measures the rows of measurements.json on the card of this machine, beside what was published and what is estimated.

    test/gpu/estimate PYTHON [--calls N] [--rows FILE] [--json FILE] [ID …]

The models are those of run.py, with random weights; nothing is downloaded. Each row is estimated first, for this card
and with the same packages, and skipped where the card or the host can't hold it. Exit code 3 where there is no real
card, 1 where a row could not be measured or estimated for another reason.

--emulated runs the same code on zerogpu's emulated device, to test it: every line of the result says so.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
from pathlib import Path

from run import RowFailed, compute, emulation, last_line_of, measurements, percent

NO_CARD = 3
EMULATED_VRAM_BYTES = 74_625_056_768
# Cards of weightless/cards.py by the name that the driver has for them: a time is estimated for these alone. Others of
# the same family have other rates.
RATES_OF = {
    "NVIDIA A100-SXM4-80GB": "A100-80",
    "NVIDIA H100 80GB HBM3": "H100",
    "NVIDIA H200": "H200",
    "NVIDIA RTX PRO 6000 Blackwell Server Edition": "RTX PRO 6000",
}
QUANTITIES = {
    "loadedBytes": "allocated after loading",
    "peakBytes": "peak allocated",
    "addedBytes": "added by the call",
    "reservedBytes": "peak reserved",
    "seconds": "time of a call",
}
# Beside a row that was measured and estimated; all but the first make the exit code 1.
OUTCOMES = ("skipped", "not estimated", "failed")
GIB = 2**30


def driver_version() -> str | None:
    """As nvidia-smi has it; None without it."""
    command = ["nvidia-smi", "--query-gpu=driver_version", "--format=csv,noheader"]
    try:
        answer = subprocess.run(command, capture_output=True, text=True, timeout=20, check=True).stdout
    except (OSError, subprocess.SubprocessError):
        return None
    return answer.split("\n")[0].strip() or None


def device_environment(is_emulated: bool) -> dict[str, str]:
    """What the measuring processes get: nothing where the card is real."""
    if not is_emulated:
        return {}
    vram = os.environ.get("ZEROGPU_EMULATED_VRAM_BYTES", str(EMULATED_VRAM_BYTES))
    return {**emulation(weightless=False), "ZEROGPU_EMULATED_VRAM_BYTES": vram}


def refusal(card: dict, is_emulated: bool) -> str | None:
    """Why nothing may be measured on this device, None where it is what was asked for."""
    wanted = "emulated" if is_emulated else "real"
    if card["device"] == wanted:
        return None
    if card["device"] == "emulated":
        return "cuda is zerogpu's emulated device here, not a real card"
    if card["cuda"] is None:
        return f"the PyTorch of {sys.executable} is not built for CUDA"
    return "PyTorch finds no CUDA device"


def estimate(row: dict, card: dict) -> dict:
    """What the weightless device gives for this card; raises RowFailed.

    A time only where the card's rates are known, and never for an emulated device: its times are those of a CPU.
    """
    name = RATES_OF.get(card["name"]) if card["device"] == "real" else None
    wanted = {key: value for key, value in row.items() if key != "seconds" or name}
    return compute({**wanted, "card": name or row["card"]}, capability=card["capability"])


def host_bytes() -> int | None:
    """Memory of the host that is free for a model on its way to the card; None where the system doesn't say."""
    try:
        lines = Path("/proc/meminfo").read_text().splitlines()
    except OSError:
        return None
    found = [line.split()[1] for line in lines if line.startswith("MemAvailable:")]
    return int(found[0]) * 1024 if found else None


def gib(count: float) -> str:
    return f"{count / GIB:.3f} GiB"


def too_large(figures: dict, source: str, card: dict, host: int | None) -> str | None:
    """Why a row can't run here, by its estimated or published figures; None where it may."""
    peak, loaded = figures.get("peakBytes", 0), figures.get("loadedBytes", 0)
    if peak > card["freeBytes"]:
        return f"takes {gib(peak)} ({source}); {gib(card['freeBytes'])} of the card are free"
    if host is not None and loaded > host:
        return f"is made in the host's memory, {gib(loaded)} ({source}); {gib(host)} are free there"
    return None


def one(row: dict, card: dict, calls: int, environment: dict[str, str]) -> dict:
    """A row's result: `measured` and `estimated`, and what came of it otherwise, by the words of OUTCOMES."""
    result: dict = {"row": row, "measured": None, "estimated": None}
    try:
        result["estimated"] = estimate(row, card)
    except RowFailed as error:
        result["not estimated"] = str(error)
    expected = (result["estimated"], "estimated") if result["estimated"] else (row, "published")
    reason = too_large(*expected, card, host_bytes())
    if reason:
        return {**result, "skipped": reason}
    try:
        measured = last_line_of("card.py", [json.dumps(row), str(calls)], environment)
    except RowFailed as error:
        return {**result, "failed": str(error)}
    if measured["device"] != card["device"]:
        return {**result, "failed": f"the device became {measured['device']}"}
    if "outOfMemory" in measured:
        return {**result, "skipped": measured["outOfMemory"]}
    return {**result, "measured": measured}


def with_added(figures: dict) -> dict:
    """The figures, and what the call added to what was loaded."""
    if "loadedBytes" not in figures or "peakBytes" not in figures:
        return figures
    return {**figures, "addedBytes": figures["peakBytes"] - figures["loadedBytes"]}


def cell(quantity: str, figures: dict) -> str:
    """A figure with its unit, empty where there is none."""
    value = figures.get(quantity)
    if value is None:
        return ""
    return f"{value:.4f} s" if quantity == "seconds" else gib(value)


def lines_of(result: dict) -> list[str]:
    """A measured row's lines of the table."""
    row = result["row"]
    parts = (result["measured"], row, result["estimated"] or {})
    measured, published, estimated = (with_added(part) for part in parts)
    lines = []
    for quantity, label in QUANTITIES.items():
        if not measured.get(quantity):
            continue
        was = cell(quantity, published)
        error = "" if estimated.get(quantity) is None else percent(estimated[quantity], measured[quantity]).strip()
        cells = [row["id"], row["what"], label, cell(quantity, measured)]
        cells += [f"{was} ({row['card']})" if was else "", cell(quantity, estimated), error]
        lines.append(f"| {' | '.join(cells)} |")
    return lines


def heading(card: dict, calls: int) -> list[str]:
    """What was measured on, and with which software."""
    packages = ", ".join(f"{name} {release}" for name, release in card["packages"].items())
    what = f"{card['name']}, {gib(card['totalBytes'])}, compute capability {card['capability']}"
    first = f"Measured on {what}; driver {card['driver']}, CUDA {card['cuda']}."
    if card["device"] == "emulated":
        first = "EMULATED: nothing below was measured on a GPU; times are those of this machine's CPU."
    column = "measured here" if card["device"] == "real" else "emulated"
    return [
        first,
        f"Python {card['python']}, {packages}. Times: the median of {calls} calls after warm-up, eager.",
        "",
        f"| id | what | | {column} | published (card) | estimated | error |",
        "|---|---|---|---|---|---|---|",
    ]


def chosen(options: argparse.Namespace) -> list[dict]:
    """The rows that were asked for; ends with exit code 2 where one is unknown."""
    rows = json.loads(Path(options.rows).read_text())["rows"] if options.rows else measurements()
    unknown = set(options.ids) - {row["id"] for row in rows}
    if unknown:
        print(f"There is no row {', '.join(sorted(unknown))}.", file=sys.stderr)
        raise SystemExit(2)
    return [row for row in rows if not options.ids or row["id"] in options.ids]


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--calls", type=int, default=3, help="timed calls of a row, after warm-up")
    parser.add_argument("--rows", help="other rows than measurements.json, in its format")
    parser.add_argument("--json", help="file for everything that was measured")
    parser.add_argument("--emulated", action="store_true", help="test this code on the emulated device")
    parser.add_argument("ids", nargs="*")
    options = parser.parse_args()
    rows = chosen(options)
    environment = device_environment(options.emulated)
    card = last_line_of("card.py", [], environment)
    reason = refusal(card, options.emulated)
    if reason:
        print(f"test/gpu/estimate: {reason}. Nothing was measured.", file=sys.stderr)
        raise SystemExit(NO_CARD)
    card["driver"] = driver_version() if card["device"] == "real" else None

    results = []
    print("\n".join(heading(card, options.calls)))
    for row in rows:
        print(f"{row['id']}: {row['what']}", file=sys.stderr, flush=True)
        result = one(row, card, options.calls, environment)
        results.append(result)
        if result["measured"]:
            print("\n".join(lines_of(result)), flush=True)
    for word in OUTCOMES:
        for result in results:
            if word in result:
                # Of a traceback the last line; --json has the rest.
                reason = result[word].splitlines()[-1]
                print(f"\n{word}: {result['row']['id']} ({result['row']['what']}): {reason}")
    if options.json:
        report = {"device": card["device"], "card": card, "calls": options.calls, "rows": results}
        Path(options.json).write_text(json.dumps(report, indent=2) + "\n")
    raise SystemExit(int(any(word in result for result in results for word in OUTCOMES[1:])))


if __name__ == "__main__":
    main()
