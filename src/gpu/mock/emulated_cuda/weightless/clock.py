"""How long a program would take: the host issues kernels, the GPU runs them, one after another.

Two clocks. Each operator costs the host some microseconds, views included; a kernel starts when the host has
issued it and the GPU is free; reading a value makes the host wait. So a small model is bound by its host and a
large one by its GPU, as on a real machine. Rates and efficiencies are data (cards.py, FITTED below).

Compiled code is a second kind of clock. Inductor makes one kernel of element-wise operators that follow one another,
which reads and writes once; and the program that issues kernels is C++. Nothing of that was fitted.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass, replace

from .cards import Card, Share
from .costs import ATTENTION, CONVOLUTION, KINDS, PRODUCT, SINGLE, TRAFFIC, TRANSFER, Cost

MICRO = 1e-6


@dataclass(frozen=True)
class Efficiency:
    """What is reached of a card's highest rates.

    Attributes:
        product, convolution, attention: shares of the arithmetic rate, for large operands.
        traffic: share of the memory's rate.
        launch: seconds that a kernel takes at least.
        issue: seconds of the host for an operator with a kernel, Python's layers above included.
        view: seconds of the host for an operator without one.
    """

    product: float
    convolution: float
    attention: float
    traffic: float
    launch: float
    issue: float
    view: float


# Fitted by bench/estimate/fit.py; see docs/estimate.md for the rows and what the others show.
FITTED = Efficiency(
    product=0.51,
    convolution=0.55,
    attention=0.40,
    traffic=0.64,
    launch=2.5 * MICRO,
    issue=18.4 * MICRO,
    view=2 * MICRO,
)

# How far a real machine may be from that, as factors of times: within these are all nine measured rows of
# docs/estimate.md. A host may be much slower than the one fitted: SD1.5's measurement is bound by its own.
GPU_FACTORS = (1.25, 0.9)
HOST_FACTORS = (2.8, 0.9)


@dataclass(frozen=True)
class Machine:
    """Rates that a program has: a card's, or a share's."""

    rates: tuple[float, float, float, float]
    bytes_per_second: float
    link: float
    efficiency: Efficiency = FITTED

    @staticmethod
    def of(card: Card, compute: float = 1.0, memory: float = 1.0, host: float = 1.0) -> Machine:
        """A share of a card.

        Args:
            compute, memory: shares of its rates
            host: factor of the host's times
        """
        return Machine(
            (
                card.half * compute,
                card.tf32 * compute,
                card.single * compute,
                card.eighth * compute,
            ),
            card.bytes_per_second * memory,
            card.link_bytes_per_second,
            replace(FITTED, issue=FITTED.issue * host, view=FITTED.view * host),
        )

    def seconds(self, cost: Cost) -> float:
        """How long the GPU runs one kernel."""
        efficiency = self.efficiency
        if cost.kind == TRANSFER:
            return cost.traffic / self.link + efficiency.launch
        reached = {
            PRODUCT: efficiency.product,
            CONVOLUTION: efficiency.convolution,
            ATTENTION: efficiency.attention,
            TRAFFIC: 1.0,
        }[cost.kind]
        arithmetic = cost.operations / (self.rates[cost.rate] * reached)
        traffic = cost.traffic / (self.bytes_per_second * efficiency.traffic)
        return max(arithmetic, traffic) + efficiency.launch


def machines_of(share: Share) -> tuple[Machine, Machine]:
    """The slowest and the fastest machine that a share may be."""
    slow, fast = (
        Machine.of(
            share.card,
            share.compute[which] / GPU_FACTORS[which],
            share.memory[which] / GPU_FACTORS[which],
            HOST_FACTORS[which],
        )
        for which in (0, 1)
    )
    return slow, fast


# No kernel is waiting to become part of another.
NONE = -1.0


class Clock:
    """Time of one program on one machine, in seconds since `reset`.

    Args:
        is_compiled: whether the program is compiled, so that runs of kernels that only move memory are one, which
            moves what the largest of them does, and the host takes no longer to issue a kernel than the
            shortest runs.
    """

    def __init__(self, machine: Machine, is_compiled: bool = False) -> None:
        self.machine = machine
        self.is_compiled = is_compiled
        self._lock = threading.Lock()
        self.reset()

    def reset(self) -> None:
        """Starts again at 0."""
        self.host = 0.0
        self.device = 0.0
        self.busy = 0.0
        self.kernels = 0
        self.by_kind = [0.0] * len(KINDS)
        # Bytes that the run of fused kernels moves; NONE between two runs.
        self._fused = NONE

    @property
    def seconds(self) -> float:
        """When both have finished."""
        device = self.device
        if self._fused != NONE:
            device += self.machine.seconds(Cost(TRAFFIC, SINGLE, 0, self._fused))
        return max(self.host, device)

    def kernel(self, cost: Cost) -> None:
        """An operator with a kernel."""
        with self._lock:
            if not self.is_compiled:
                self._run(cost, self.machine.efficiency.issue)
            elif cost.kind == TRAFFIC:
                self._fused = max(self._fused, cost.traffic)
            else:
                self._end_run()
                self._run(cost, self.machine.efficiency.launch)

    def view(self) -> None:
        """An operator that only the host works at; in compiled code, nobody does."""
        if not self.is_compiled:
            self.host += self.machine.efficiency.view

    def wait(self) -> None:
        """The host reads a value."""
        with self._lock:
            self._end_run()
            self.host = max(self.host, self.device)

    def compile(self) -> bool:
        """Compiled code begins; whether it was none before."""
        changed, self.is_compiled = not self.is_compiled, True
        return changed

    def interpret(self) -> None:
        """Compiled code has ended."""
        with self._lock:
            self._end_run()
            self.is_compiled = False

    def _run(self, cost: Cost, issue: float) -> None:
        took = self.machine.seconds(cost)
        self.host += issue
        self.device = max(self.device, self.host) + took
        self.busy += took
        self.kernels += 1
        self.by_kind[cost.kind] += took

    def _end_run(self) -> None:
        if self._fused != NONE:
            cost, self._fused = Cost(TRAFFIC, SINGLE, 0, self._fused), NONE
            self._run(cost, self.machine.efficiency.launch)
