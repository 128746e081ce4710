"""The Python side of `torch.cuda` that is not PyTorch's own: classes that C++ makes, and NVML's figures."""

from __future__ import annotations

from typing import Any

import torch

from .driver import Driver
from .rng import generator_class
from .streams import stream_classes


def replace_classes(driver: Driver) -> None:
    """Streams, events, graphs and generators: their own classes ask the driver when one is made."""
    classes = stream_classes(driver)
    for name, replacement in classes.items():
        for module in (torch.cuda, torch.cuda.streams, torch.cuda.graphs):
            if hasattr(module, name):
                setattr(module, name, replacement)
    # Dynamo, which optimizers import, wants them to be of these kinds (up to PyTorch 2.6).
    for base, ours in (("_StreamBase", "Stream"), ("_EventBase", "Event")):
        kind: Any = getattr(getattr(torch, "_streambase", None), base, None)
        if hasattr(kind, "register"):
            kind.register(classes[ours])
    torch.Generator = generator_class(driver)
    driver.at_start(replace_management_library)


def replace_management_library() -> None:
    """What NVML reports, where there is a card: this one is idle and cool."""
    for name, value in {
        "utilization": 0,
        "memory_usage": 0,
        "temperature": 30,
        "power_draw": 0,
        "clock_rate": 0,
    }.items():
        setattr(torch.cuda, name, _constant(value))


def _constant(value: int) -> Any:
    return lambda device=None: value
