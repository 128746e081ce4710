"""Makes storages keep their attributes, on PyTorch releases where a garbage collection takes them.

A block hangs on its storage's Python object, which C++ keeps alive with the storage. Up to PyTorch 2.8
at least, that object loses its attributes when the collector finds it in a cycle of Python objects,
although tensors go on using the storage (`torch.save` makes such a cycle at every call): the memory
would be freed under them. There the collector is kept from seeing these objects.
"""

from __future__ import annotations

import ctypes
import gc
from collections.abc import Callable
from typing import Any

import torch

_untrack = ctypes.pythonapi.PyObject_GC_UnTrack
_untrack.argtypes = [ctypes.py_object]
_untrack.restype = None


def attributes_survive() -> bool:
    """Tries it out: whether a storage keeps its attributes through a collection."""
    tensor = torch.empty(1)
    cycle: list[Any] = [tensor.untyped_storage()]
    cycle[0]._zerogpu_trial = True
    cycle.append(cycle)
    del cycle
    # The youngest generation has the cycle in it, and little else.
    gc.collect(0)
    return hasattr(tensor.untyped_storage(), "_zerogpu_trial")


def preserver() -> Callable[[torch.UntypedStorage], None] | None:
    """What has to be done to each new storage; None where nothing has."""
    return None if attributes_survive() else _untrack
