"""Tells the clocks what each operator costs."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from torch import Tensor

from ..plans import Plan
from .clock import Clock
from .costs import SINGLE, TRAFFIC, TRANSFER, Cost, bytes_in, cost_of
from .infer import UNASKED, Outcome

# A kernel on a few values.
TINY = Cost(TRAFFIC, SINGLE, 0, 0)
# Operators after which the host knows a size that only the GPU knew.
WAITS = ("nonzero", "masked_select", "equal", "_unique", "_unique2", "unique_consecutive")
COPIES = ("_to_copy", "copy_", "_copy_from")


class Charges:
    """Adds to every clock; without one it costs next to nothing."""

    def __init__(self) -> None:
        self.clocks: list[Clock] = []

    @contextmanager
    def compiled(self) -> Iterator[None]:
        """What runs meanwhile is compiled code."""
        changed = [clock for clock in self.clocks if clock.compile()]
        try:
            yield
        finally:
            for clock in changed:
                clock.interpret()

    def known(self, plan: Plan) -> None:
        """An operator on operands that have values: small ones."""
        for clock in self.clocks:
            if plan.is_view:
                clock.view()
            else:
                clock.kernel(TINY)

    def view(self) -> None:
        """Another shape of the same memory."""
        for clock in self.clocks:
            clock.view()

    def wait(self) -> None:
        """The host reads a value of the GPU."""
        for clock in self.clocks:
            clock.wait()

    def copy(self, target: Tensor, source: Tensor) -> None:
        """`copy_`, within a memory or between two."""
        if not self.clocks or not (target.is_cuda or source.is_cuda):
            return
        size = bytes_in(target)
        if target.is_cuda and source.is_cuda:
            self._add(Cost(TRAFFIC, SINGLE, 0, bytes_in(source) + size), False)
        else:
            self._add(Cost(TRANSFER, SINGLE, 0, size), source.is_cuda)

    def unknown(
        self,
        plan: Plan,
        args: tuple[Any, ...],
        operands: list[Tensor],
        outcome: Outcome,
        on_device: bool,
    ) -> None:
        """An operator of which at least one operand has no values."""
        if not self.clocks:
            return
        from_device = any(operand.is_cuda for operand in operands)
        if not on_device and not from_device:
            return
        cost = outcome.cost
        if cost is UNASKED:
            cost = outcome.cost = cost_of(plan, args, operands, outcome.outputs)
            moves = plan.base in COPIES and any(operand.is_cuda != on_device for operand in operands)
            if moves and cost is not None:
                cost.kind, cost.traffic = TRANSFER, cost.traffic / 2
        if cost is None:
            self.view()
            return
        waits = plan.base in WAITS or (cost.kind == TRANSFER and not on_device)
        self._add(cost, waits)

    def _add(self, cost: Cost, waits: bool) -> None:
        for clock in self.clocks:
            clock.kernel(cost)
            if waits:
                clock.wait()
