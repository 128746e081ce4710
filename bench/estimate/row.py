"""One row of the table, in this process: prints what the weightless device gives, as JSON."""

from __future__ import annotations

import json
import os
import resource
import sys
from typing import Any

import torch
from emulated_cuda.install import _installed
from emulated_cuda.weightless.cards import CARDS
from emulated_cuda.weightless.clock import Clock, Machine
from rows import RUNS


class Recorder(Clock):
    """A clock that keeps what it was told."""

    def __init__(self, machine: Machine) -> None:
        self.events: list[tuple[float, ...]] = []
        super().__init__(machine)

    def kernel(self, cost: Any) -> None:
        self.events.append((cost.kind, cost.rate, cost.operations, cost.traffic))
        super().kernel(cost)

    def view(self) -> None:
        self.events.append((-1, 0, 0, 0))
        super().view()

    def wait(self) -> None:
        self.events.append((-2, 0, 0, 0))
        super().wait()


def main() -> None:
    row = json.loads(sys.argv[1])
    kernels = _installed[1]
    clock: Clock | None = None
    compiled: Clock | None = None
    if "seconds" in row:
        machine = Machine.of(CARDS[row["card"]])
        clock = Recorder(machine) if row["trace"] else Clock(machine)
        compiled = Clock(machine, is_compiled=True)
    run = RUNS[row["run"]]
    call = run.call(run.build(row), row)
    loaded = torch.cuda.memory_allocated()
    # Warm: workspaces are there, and what is measured is the next call.
    if row.get("warm"):
        call()
        torch.cuda.reset_peak_memory_stats()
    if clock is not None and compiled is not None:
        kernels.charges.clocks.extend([clock, compiled])
    if row.get("call", True):
        call()
    if isinstance(clock, Recorder):
        import numpy

        numpy.save(os.path.join(row["trace"], f"{row['id']}.npy"), numpy.array(clock.events))
    result = {
        "loadedBytes": loaded,
        "peakBytes": torch.cuda.max_memory_allocated(),
        "reservedBytes": torch.cuda.max_memory_reserved(),
        "seconds": None if clock is None else clock.seconds / row.get("per", 1),
        "compiledSeconds": None if compiled is None else compiled.seconds / row.get("per", 1),
        "busySeconds": None if clock is None else clock.busy / row.get("per", 1),
        "kernels": None if clock is None else clock.kernels,
        "madeUp": sum(kernels.policy.counts.values()),
        "residentBytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024,
    }
    print(json.dumps(result))


if __name__ == "__main__":
    main()
