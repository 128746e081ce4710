"""What a weightless program says at its end: what was made up, and what could not be modelled."""

from __future__ import annotations

import atexit
import os
import sys

from ..report import decimal
from .executor import WeightlessKernels

SHOWN = 8


def report_at_exit(kernels: WeightlessKernels) -> None:
    """Prints on stderr when the process ends, unless its parent says otherwise."""
    process = os.getpid()

    def at_exit() -> None:
        if os.getpid() == process and os.environ.get("ZEROGPU_WEIGHTLESS_REPORT_OF") == str(os.getppid()):
            print("\n".join(lines(kernels)), file=sys.stderr)

    atexit.register(at_exit)


def lines(kernels: WeightlessKernels) -> list[str]:
    """The report, line by line."""
    policy = kernels.policy
    meter = kernels.tensors.storages.meter
    found = [
        "weightless   no weights, no arithmetic: every output is a placeholder",
        f"GPU memory   peak {decimal(meter.peak_bytes)} of {decimal(meter.limit_bytes)},"
        f" {meter.allocation_count} allocations",
    ]
    place = kernels.peak.place
    if place is not None:
        at = f", {os.path.relpath(place.file)}:{place.line}" if place.file else ""
        found.append(f"peak at      {place.operator} in {place.module or 'no module'}{at}")
    if policy.counts:
        total = sum(policy.counts.values())
        found.append(f"made up      {total} values that steer the program:")
    for operator, count in policy.counts.most_common(SHOWN):
        places = [f"{os.path.relpath(path)}:{line}" for path, line in sorted(policy.places.get(operator, ()))]
        found.append(f"  {operator:20} {count:6}  {', '.join(places)}".rstrip())
    for operator, count in sorted(kernels.unmodelled.items()):
        found.append(f"not modelled {operator} ({count}): its shapes are those it gives for zeros")
    found.extend(f"not modelled {what}" for what in sorted(kernels.lacks))
    return found
