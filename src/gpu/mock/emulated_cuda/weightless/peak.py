"""Where memory was highest: the module, the operator, and the line of the program."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass
from types import FrameType

import torch

from ..meter import Meter
from ..misread import app_line

# A peak that grows by less has the same place.
STEP_BYTES = 2**20


@dataclass(frozen=True)
class Place:
    """What ran when memory was highest.

    Attributes:
        allocated_bytes: memory then.
        module: path from the outermost module that ran, as in `state_dict` names; empty outside modules.
        operator: the operator that allocated.
        file, line: innermost line that belongs to the program; None when there is none.
    """

    allocated_bytes: int
    module: str
    operator: str
    file: str | None
    line: int | None


class PeakWatch:
    """Remembers the place of the highest memory since `reset`."""

    def __init__(self, meter: Meter) -> None:
        self._meter = meter
        self.place: Place | None = None
        # Is called with what is allocated after each allocation; None while no timeline is kept.
        self.follow: Callable[[int], None] | None = None
        self._beyond = 0

    def reset(self) -> None:
        """Forgets the peak: the next allocation is one."""
        self.place = None
        self._beyond = 0

    def look(self, operator: str) -> None:
        """To be called after each allocation."""
        allocated = self._meter.allocated_bytes
        if self.follow is not None:
            self.follow(allocated)
        if allocated < self._beyond:
            return
        self._beyond = allocated + STEP_BYTES
        frame = sys._getframe(1)
        file, line = app_line(frame) or (None, None)
        self.place = Place(allocated, module_path(frame), operator, file, line)


def module_path(frame: FrameType | None) -> str:
    """Names of the modules whose code is running, outermost first."""
    modules: list[torch.nn.Module] = []
    while frame is not None:
        running = frame.f_locals.get("self") if frame.f_code.co_name == "_call_impl" else None
        if isinstance(running, torch.nn.Module) and (not modules or modules[-1] is not running):
            modules.append(running)
        frame = frame.f_back
    modules.reverse()
    if not modules:
        return ""
    names = [type(modules[0]).__name__]
    for outer, inner in zip(modules, modules[1:]):
        names.append(name_within(outer, inner))
    return ".".join(names)


def name_within(outer: torch.nn.Module, inner: torch.nn.Module) -> str:
    """An inner module's name in an outer one; its class where it is not one of its modules."""
    for name, module in outer.named_modules():
        if module is inner and name:
            return name
    return type(inner).__name__
