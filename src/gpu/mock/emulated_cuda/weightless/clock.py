"""How long a program would take: the host issues kernels, the GPU runs them, one after another.

Two clocks. Each operator costs the host some microseconds, views included; a kernel starts when the host has
issued it and the GPU is free; reading a value makes the host wait. So a small model is bound by its host and a
large one by its GPU, as on a real machine. Rates and efficiencies are data (cards.py, FITTED below).
"""

from __future__ import annotations

import threading
from dataclasses import dataclass, replace

from .cards import Card, Share
from .costs import ATTENTION, CONVOLUTION, KINDS, PRODUCT, TRAFFIC, TRANSFER, Cost

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


class Clock:
    """Time of one program on one machine, in seconds since `reset`."""

    def __init__(self, machine: Machine) -> None:
        self.machine = machine
        self._lock = threading.Lock()
        self.reset()

    def reset(self) -> None:
        """Starts again at 0."""
        self.host = 0.0
        self.device = 0.0
        self.busy = 0.0
        self.kernels = 0
        self.by_kind = [0.0] * len(KINDS)

    @property
    def seconds(self) -> float:
        """When both have finished."""
        return max(self.host, self.device)

    def kernel(self, cost: Cost) -> None:
        """An operator with a kernel."""
        took = self.machine.seconds(cost)
        with self._lock:
            self.host += self.machine.efficiency.issue
            self.device = max(self.device, self.host) + took
            self.busy += took
            self.kernels += 1
            self.by_kind[cost.kind] += took

    def view(self) -> None:
        """An operator that only the host works at."""
        self.host += self.machine.efficiency.view

    def wait(self) -> None:
        """The host reads a value."""
        self.host = max(self.host, self.device)
