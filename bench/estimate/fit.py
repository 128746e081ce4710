"""Fits the efficiencies of clock.py on rows of measurements.json, and shows what the others say.

    python bench/estimate/run.py --trace FOLDER L1 L2 …      (once: minutes)
    python bench/estimate/fit.py FOLDER

A row is fitted where measurements.json says so; the rest are held out. Prints the efficiencies and the error
of every row.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

import numpy

from run import ROOT, measurements, percent

sys.path[:0] = [str(ROOT / "src/run/python"), str(ROOT / "src/gpu/mock")]
os.environ.setdefault("ZEROGPU_EMULATED_VRAM_BYTES", str(70 * 10**9))

from emulated_cuda.weightless.cards import CARDS  # noqa: E402

# Names as in clock.Efficiency, where the search begins, and what is thinkable.
NAMES = ("product", "convolution", "attention", "traffic", "issue")
FIRST = numpy.array([0.6, 0.4, 0.4, 0.7, 20.0])
LEAST = numpy.array([0.3, 0.1, 0.2, 0.3, 8.0])
MOST = numpy.array([0.85, 0.8, 0.8, 0.9, 45.0])
LAUNCH = 2.5e-6
VIEW = 2e-6
ROUNDS = 400


class Trace:
    """Kernels of one row."""

    def __init__(self, row: dict, folder: Path) -> None:
        self.row = row
        events = numpy.load(folder / f"{row['id']}.npy")
        card = CARDS[row["card"]]
        rates = numpy.array([card.half, card.tf32, card.single, card.eighth])
        kind = events[:, 0].astype(int)
        self.is_kernel = kind >= 0
        self.is_view = kind == -1
        self.waits = numpy.flatnonzero(kind == -2)
        self.kind = numpy.where(self.is_kernel, kind, 3)
        self.least = events[:, 2] / rates[events[:, 1].astype(int)]
        link = kind == 4
        rate = numpy.where(link, card.link_bytes_per_second, card.bytes_per_second)
        self.link = link
        self.moved = events[:, 3] / rate

    def seconds(self, values: numpy.ndarray) -> float:
        """As Clock does it, with the sums taken at once between two waits."""
        product, convolution, attention, traffic, issue = values
        reached = numpy.array([product, convolution, attention, 1.0, 1.0])[self.kind]
        moved = numpy.where(self.link, self.moved, self.moved / traffic)
        took = numpy.where(self.is_kernel, numpy.maximum(self.least / reached, moved) + LAUNCH, 0.0)
        cost = numpy.where(self.is_kernel, issue * 1e-6, numpy.where(self.is_view, VIEW, 0.0))
        host = device = 0.0
        for start, end in zip((0, *self.waits), (*self.waits, len(took))):
            if end == start:
                host = max(host, device)
                continue
            hosts = host + numpy.cumsum(cost[start:end])
            sums = numpy.cumsum(took[start:end])
            # A kernel that begins when it is issued, and all after it without a pause.
            device = max(device + sums[-1], float(numpy.max(hosts - (sums - took[start:end])) + sums[-1]))
            host = hosts[-1]
            if end < len(took):
                host = max(host, device)
        return max(host, device) / self.row.get("per", 1)


def loss(values: numpy.ndarray, traces: list[Trace]) -> float:
    """Mean square of the errors' logarithms, and a little for values far from where they began."""
    errors = [numpy.log(trace.seconds(values) / trace.row["seconds"]) for trace in traces]
    away = numpy.log(values / FIRST)
    return float(numpy.mean(numpy.square(errors)) + 0.002 * numpy.mean(away**2))


def fit(traces: list[Trace]) -> numpy.ndarray:
    """Random steps that get shorter; the same each time."""
    random = numpy.random.default_rng(20)
    best, least = FIRST, loss(FIRST, traces)
    for step in range(ROUNDS):
        width = 0.15 * (1 - step / ROUNDS) + 0.01
        tried = numpy.clip(best * numpy.exp(random.normal(0, width, len(FIRST))), LEAST, MOST)
        found = loss(tried, traces)
        if found < least:
            best, least = tried, found
    return best


def main() -> None:
    folder = Path(sys.argv[1])
    traces = [Trace(row, folder) for row in measurements() if "seconds" in row]
    values = fit([trace for trace in traces if trace.row.get("fitted")])
    for name, value in zip(NAMES, values):
        print(f"{name:12} {value:.2f}{' µs' if name == 'issue' else ''}")
    for trace in traces:
        seconds = trace.seconds(values)
        row = trace.row
        print(
            f"{row['id']:4} {row['card']:8} {row['what']:42} {row['seconds']:8.3f} s {seconds:8.3f} s"
            f" {percent(seconds, row['seconds'])} {'fitted' if row.get('fitted') else 'held out'}"
        )


if __name__ == "__main__":
    main()
