"""What `zerogpu python --report` prints at the end: peak memory, and the operators that took longest."""

from __future__ import annotations

import atexit
import os
import sys
import time
from collections.abc import Callable
from typing import Any

from .meter import Meter

# The process that asked for a report: only its own child makes one, not the child's children.
VARIABLE = "ZEROGPU_EMULATED_REPORT_OF"
SHOWN = 12


def is_wanted(environment: os._Environ[str] | dict[str, str]) -> bool:
    """Whether this process is the one to report."""
    return environment.get(VARIABLE) == str(os.getppid())


class Report:
    """Counts and times operators, and prints at the end of the process."""

    def __init__(self, meter: Meter) -> None:
        self.meter = meter
        self.calls: dict[Any, int] = {}
        self.seconds: dict[Any, float] = {}
        self._process = os.getpid()
        atexit.register(self.print)

    def timed(self, run: Callable[..., Any]) -> Callable[..., Any]:
        """A kernel runner that is watched."""
        clock = time.perf_counter

        def watched(operator: Any, *args: Any, **kwargs: Any) -> Any:
            started = clock()
            try:
                return run(operator, *args, **kwargs)
            finally:
                took = clock() - started
                self.seconds[operator] = self.seconds.get(operator, 0.0) + took
                self.calls[operator] = self.calls.get(operator, 0) + 1

        return watched

    def lines(self) -> list[str]:
        """The report, most expensive operator first."""
        meter = self.meter
        total = sum(self.seconds.values())
        lines = [
            f"GPU memory   peak {decimal(meter.peak_bytes)} of {decimal(meter.limit_bytes)},"
            f" reserved {decimal(meter.reserved_peak_bytes)}, {meter.allocation_count} allocations",
            f"GPU time     {total:.3f} s in {sum(self.calls.values())} operators, on the CPU",
        ]
        ranked = sorted(self.seconds.items(), key=lambda item: item[1], reverse=True)[:SHOWN]
        width = max((len(operator.name()) for operator, _ in ranked), default=0)
        for operator, seconds in ranked:
            calls = self.calls[operator]
            lines.append(
                f"  {operator.name():{width}}  {calls:8} calls  {1e3 * seconds:10.1f} ms"
                f"  {1e6 * seconds / calls:10.1f} µs each"
            )
        return lines

    def print(self) -> None:
        """On stderr: stdout is the program's."""
        if os.getpid() == self._process:
            print("\n".join(self.lines()), file=sys.stderr)


def decimal(size_bytes: int) -> str:
    """As the platform counts: 1 GB is 10^9 bytes."""
    for unit, size in (("GB", 1e9), ("MB", 1e6), ("kB", 1e3)):
        if size_bytes >= size:
            return f"{size_bytes / size:.1f} {unit}"
    return f"{size_bytes} B"
