"""What each GPU call of a Space took, for the run that started it.

A worker of `spaces` unpacks the weights once and then runs call after call. For each of them a file is
written to the folder in ZEROGPU_WEIGHTLESS_CALLS when its result leaves, before the app gets it, and the
visitor's page says that the result is a placeholder.
"""

from __future__ import annotations

import json
import os
import pickle
import sys
import time
from pathlib import Path
from typing import Any

from .cards import SHARES
from .clock import Clock, machines_of
from .costs import KINDS
from .executor import WeightlessKernels
from .timeline import Timeline

VERSION = 1
NOTICE = "A placeholder: this Space runs weightless, without its weights and without arithmetic."
# A folder beside the records: where it is, each call leaves a snapshot that torch.cuda._memory_viz reads.
SNAPSHOTS = "snapshots"
# Events of a snapshot; the oldest are dropped first.
MOST_EVENTS = 200_000
# Types of what a worker sends when a call has ended (spaces 0.51.3, spaces/zero/types.py).
LAST = ("OkResult", "ExceptionResult", "EndResult")
# The name that a program reads the card's size by, in the environment of a worker with a whole one.
WHOLE = "ZEROGPU_EMULATED_WHOLE_PREFIX"


class Calls:
    """Measures the calls of one worker."""

    def __init__(self, kernels: WeightlessKernels, folder: Path, profile: str) -> None:
        self._kernels = kernels
        self._meter = kernels.tensors.storages.meter
        self._folder = folder
        self._profile = profile
        self._size = "large"
        # By the size of a call, the slowest and the fastest.
        self._clocks: dict[str, list[Clock]] = {}
        # The same, were the program compiled.
        self._compiled: dict[str, list[Clock]] = {}
        self._number = 0
        self._weights = 0
        self._began = 0.0
        self._timeline = Timeline()
        self._snapshots = folder / SNAPSHOTS
        self._keeps_history = self._snapshots.is_dir()

    def loaded(self) -> None:
        """The worker has its weights."""
        whole = os.environ.get(WHOLE)
        device = os.environ.get("CUDA_VISIBLE_DEVICES", "")
        self._size = "xlarge" if whole and device.startswith(whole) else "large"
        self._clocks, self._compiled = (
            {
                size: [Clock(machine, is_compiled) for machine in machines_of(share)]
                for (profile, size), share in SHARES.items()
                if profile == self._profile
            }
            for is_compiled in (False, True)
        )
        pairs = [*self._clocks.values(), *self._compiled.values()]
        self._kernels.charges.clocks = [clock for pair in pairs for clock in pair]
        self._weights = self._meter.allocated_bytes
        if self._clocks:
            self._kernels.peak.follow = self._follow
        self._begin()

    def _follow(self, allocated: int) -> None:
        """One point of the timeline, by the slowest clock of the call's size."""
        seconds = self._clocks[self._size][0].seconds
        self._timeline.add(seconds, allocated, self._meter.workspaces.held_bytes)

    def _begin(self) -> None:
        # What an earlier call left in the cache belongs to that call.
        self._meter.empty_cache()
        self._meter.reset_peak()
        self._timeline.reset()
        if self._keeps_history:
            self._meter.history.record("all", "all", MOST_EVENTS, clear=True)
        self._kernels.peak.reset()
        self._kernels.policy.counts.clear()
        self._kernels.policy.places.clear()
        self._kernels.unmodelled.clear()
        for clock in self._kernels.charges.clocks:
            clock.reset()
        self._began = time.monotonic()

    def ended(self, result: Any, task: Any = None) -> None:
        """A call's result is about to leave: its file is written, and the next call begins."""
        error = getattr(result, "error_cls", None)
        record = {**self.record(error), "function": getattr(task, "__name__", None)}
        self._number += 1
        name = f"{os.getpid()}-{self._number}"
        unfinished = self._folder / f".{name}.json"
        try:
            if self._keeps_history:
                # Before the record, whose name says that a call's files are complete.
                with open(self._snapshots / f"{name}.pickle", "wb") as file:
                    pickle.dump(self._meter.history.snapshot(), file)
            unfinished.write_text(json.dumps(record))
            unfinished.rename(self._folder / f"{name}.json")
        except OSError as problem:
            print(f"zerogpu: what the call took is not kept: {problem}", file=sys.stderr)
        if error is None:
            notify()
        self._begin()

    def record(self, error: str | None) -> dict[str, Any]:
        """What was measured since the call began."""
        kernels, meter = self._kernels, self._meter
        place = kernels.peak.place
        return {
            "version": VERSION,
            "pid": os.getpid(),
            "call": self._number + 1,
            "profile": self._profile,
            "size": self._size,
            "error": error,
            "weightBytes": self._weights,
            "peakBytes": meter.peak_bytes,
            "reservedBytes": meter.reserved_peak_bytes,
            "limitBytes": meter.limit_bytes,
            "workspaceBytes": meter.workspaces.held_bytes,
            "refused": meter.cache.refused,
            "peakAt": None
            if place is None
            else {
                "module": place.module,
                "operator": place.operator,
                "file": place.file,
                "line": place.line,
            },
            "times": times_by_size(self._clocks),
            "compiledTimes": times_by_size(self._compiled),
            "flash3Speedups": flash3_speedups(self._profile),
            "timeline": self._timeline.points(),
            "tookSeconds": time.monotonic() - self._began,
            "madeUp": [
                {"operator": name, "count": count, "places": places_of(kernels.policy.places.get(name))}
                for name, count in kernels.policy.counts.most_common()
            ],
            "notModelled": {**dict.fromkeys(sorted(kernels.lacks), 1), **kernels.unmodelled},
        }


def flash3_speedups(profile: str) -> tuple[float, float] | None:
    """How much faster FlashAttention-3 is than its predecessor; None on a card that it is not for."""
    share = SHARES.get((profile, "large"))
    return None if share is None else share.card.flash3_speedups


def times_by_size(clocks: dict[str, list[Clock]]) -> dict[str, Any]:
    """Of each pair of clocks, the figures."""
    return {size: [times_of(clock) for clock in pair] for size, pair in clocks.items()}


def times_of(clock: Clock) -> dict[str, Any]:
    """A clock's figures, in seconds."""
    return {
        "seconds": clock.seconds,
        "busySeconds": clock.busy,
        "hostSeconds": clock.host,
        "kernels": clock.kernels,
        "byKind": dict(zip(KINDS, clock.by_kind)),
    }


def places_of(places: set[tuple[str, int]] | None) -> list[str]:
    """Lines of the program, as `app.py:12`."""
    return [f"{os.path.relpath(path)}:{line}" for path, line in sorted(places or ())]


def notify() -> None:
    """Tells the visitor's page; a call that no page has made is not told."""
    gradio = sys.modules.get("gradio")
    try:
        if gradio is not None:
            gradio.Warning(NOTICE)
    except Exception:
        # No event of a page is being served.
        pass


def watch_calls(wrappers: Any, kernels: WeightlessKernels) -> None:
    """Has workers of `spaces` measure their calls; for spaces/zero/wrappers.py."""
    folder = os.environ.get("ZEROGPU_WEIGHTLESS_CALLS")
    initialise = getattr(wrappers, "worker_init", None)
    if not folder or initialise is None:
        return
    profile = os.environ.get("ZEROGPU_WEIGHTLESS_PROFILE", "")

    def worker_init(*args: Any, **kwargs: Any) -> Any:
        failed = initialise(*args, **kwargs)
        queue = kwargs.get("res_queue", args[0] if args else None)
        if failed is None and queue is not None:
            calls = Calls(kernels, Path(folder), profile)
            calls.loaded()
            send_endings(queue, calls)
        return failed

    wrappers.worker_init = worker_init


def send_endings(queue: Any, calls: Calls) -> None:
    """Has a queue of results say when a call has ended."""
    put = queue.put

    def put_and_tell(result: Any) -> Any:
        # A generator's results come one by one out of `iterate`, and `EndResult` after them.
        frame = sys._getframe(1)
        streams = frame.f_code.co_name == "iterate"
        kind = type(result).__name__
        if kind in LAST and not (streams and kind == "OkResult"):
            calls.ended(result, frame.f_locals.get("task"))
        return put(result)

    queue.put = put_and_tell
