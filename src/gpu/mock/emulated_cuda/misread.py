"""Says aloud what goes silently wrong in the app's main process: packed tensors have no data there.

When the app starts, `spaces` writes the tensors on `cuda` to disk and leaves empty ones in their place. A
worker fills them. Read outside a GPU function they are zeros, there and here, and PyTorch does not
complain. So each gets a dispatch key that nothing else uses, for which a kernel reports the place and goes
on. The key goes when a worker fills the tensor, and costs other tensors nothing.
"""

from __future__ import annotations

import ctypes
import os
import sys
import sysconfig
import threading
from collections.abc import Callable
from multiprocessing.reduction import ForkingPickler
from types import FrameType, ModuleType
from typing import Any

import torch

from .driver import Driver
from .plans import plan_of

# Made for PyTorch's own tests, and above every other key that a plain tensor can have.
KEY_NAME = "TESTING_ONLY_GenericMode"
PATCHING = "spaces.zero.torch.patching"
# Words of a TensorImpl among which its keys are looked for.
IMPL_WORDS = 40

READ = (
    "a CUDA tensor was read outside a GPU function, where it has no data: the result is zeros. "
    "Read it in a function with @spaces.GPU, or keep a copy on the CPU."
)
SENT = (
    "a CUDA tensor or module was passed to a GPU function, and arrives there without its data: zeros. "
    "Use the module-level name in the function instead of an argument."
)

# Data is read after these, through the pointer.
READ_AFTERWARDS = ("aten::resolve_conj", "aten::resolve_neg")
# These look at a tensor's shape, or replace its memory.
HARMLESS = (
    "aten::empty_like",
    "aten::zeros_like",
    "aten::ones_like",
    "aten::full_like",
    "aten::rand_like",
    "aten::randn_like",
    "aten::set_",
    "aten::set_data",
    "aten::requires_grad_",
    "aten::_has_compatible_shallow_copy_type",
    "aten::is_same_size",
)


class Misreads:
    """Marks the tensors that were packed, and reports uses of them, once per place."""

    def __init__(self, driver: Driver, report: Callable[[str], None]) -> None:
        self._driver = driver
        self._report = report
        self._packs_seen = 0
        self._places: set[tuple[str, int]] = set()
        self._key = torch._C._dispatch_key_parse(KEY_NAME)
        self._keys = torch._C.DispatchKeySet(self._key)
        self._word = _word_of_keys()
        self._library = torch.library.Library("_", "IMPL")
        self._library.fallback(self._kernel, KEY_NAME)
        self._watch_numpy()
        self._watch_pickling()

    def mark_packed(self) -> None:
        """Marks what `spaces` has packed since the last time."""
        patching = sys.modules.get(PATCHING)
        packs = getattr(patching, "tensor_packs", ())
        if len(packs) == self._packs_seen or self._driver.initialised:
            return
        new, self._packs_seen = packs[self._packs_seen :], len(packs)
        # Past the function mode of `spaces`, which refuses to touch a packed tensor.
        with torch._C.DisableTorchFunction():
            for pack in new:
                for empties in pack.fakes.values():
                    for tensor in empties:
                        self._mark(tensor)

    def _mark(self, tensor: torch.Tensor) -> None:
        words = ctypes.cast(tensor._cdata, ctypes.POINTER(ctypes.c_uint64))
        if words[self._word] == torch._C._dispatch_keys(tensor).raw_repr():
            words[self._word] |= self._keys.raw_repr()

    def _is_marked(self, value: Any) -> bool:
        return isinstance(value, torch.Tensor) and torch._C._dispatch_keys(value).has(self._key)

    def _kernel(self, operator: Any, *args: Any, **kwargs: Any) -> Any:
        name = operator._schema.name
        is_view = plan_of(operator).is_view
        if name in READ_AFTERWARDS or not (is_view or name in HARMLESS):
            self.report_here(READ)
        with torch._C._ExcludeDispatchKeyGuard(self._keys):
            result = operator(*args, **kwargs)
        # A view has its tensor's keys. What has them not is a copy: `reshape`, `contiguous`, `to`.
        if is_view and isinstance(result, torch.Tensor) and not self._is_marked(result):
            self.report_here(READ)
        return result

    def _watch_numpy(self) -> None:
        """`Tensor.numpy` takes the pointer, past every kernel."""
        numpy = torch.Tensor.numpy

        def watched(tensor: torch.Tensor, *args: Any, **kwargs: Any) -> Any:
            if not self._driver.initialised and self._is_marked(tensor):
                self.report_here(READ)
            return numpy(tensor, *args, **kwargs)

        torch.Tensor.numpy = watched

    def _watch_pickling(self) -> None:
        """Arguments of a GPU function, and `self`, are pickled by their storage."""
        for kind in (torch.Tensor, torch.nn.Parameter):
            reduce = ForkingPickler._extra_reducers.get(kind)  # type: ignore[attr-defined]
            if reduce is not None:
                ForkingPickler.register(kind, self._watched(reduce))

    def _watched(self, reduce: Callable[[Any], Any]) -> Callable[[Any], Any]:
        def watched(tensor: torch.Tensor) -> Any:
            if not self._driver.initialised and self._is_marked(tensor):
                self.report_here(SENT)
            return reduce(tensor)

        return watched

    def report_here(self, what: str) -> None:
        """Reports the line of the app that is running; never raises."""
        place = app_line(sys._getframe(1))
        if place is None or place in self._places:
            return
        self._places.add(place)
        path, line = place
        self._report(f"{os.path.relpath(path)}:{line}: silently wrong: {what}")


def app_line(frame: FrameType | None) -> tuple[str, int] | None:
    """File and line of the innermost frame that belongs to the app and not to a package."""
    libraries = (sysconfig.get_paths()["stdlib"], os.path.dirname(os.path.dirname(torch.__file__)))
    here = os.path.dirname(__file__)
    while frame is not None:
        path = frame.f_code.co_filename
        if os.path.isfile(path) and not path.startswith((*libraries, here, "<")):
            return path, frame.f_lineno
        frame = frame.f_back
    return None


def watch(driver: Driver, spaces: ModuleType) -> Misreads | None:
    """Watches the app's main process; None where this PyTorch offers no way to.

    `spaces` packs when the app launches, before anything serves visitors. Servers and handlers run in
    threads: the first that is started afterwards finds the tensors packed.
    """

    def report(line: str) -> None:
        print(f"zerogpu: {line}", file=sys.stderr, flush=True)

    try:
        misreads = Misreads(driver, report)
    except (AttributeError, RuntimeError):
        return None
    start = threading.Thread.start

    def start_watched(thread: threading.Thread) -> None:
        misreads.mark_packed()
        start(thread)

    threading.Thread.start = start_watched  # type: ignore[assignment]
    return misreads


def _word_of_keys() -> int:
    """Where a TensorImpl has its keys; raises AttributeError when that is not plain to see."""
    candidates = set(range(IMPL_WORDS))
    for tensor in (torch.empty(1), torch.empty(1, device="meta"), torch.empty(1, requires_grad=True)):
        keys = torch._C._dispatch_keys(tensor).raw_repr()
        words = ctypes.cast(tensor._cdata, ctypes.POINTER(ctypes.c_uint64))
        candidates = {index for index in candidates if words[index] == keys}
    if len(candidates) != 1:
        raise AttributeError("this PyTorch keeps a tensor's keys elsewhere")
    return candidates.pop()
