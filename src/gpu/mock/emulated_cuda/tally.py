"""Counters of the caching allocator: current, peak and total, as `torch.cuda.memory_stats()` has them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import accumulate

NAMES = (
    "count",
    "allocated",
    "requested",
    "reserved",
    "segments",
    "split",
    "split_bytes",
    "waiting",
    "waiting_bytes",
)


@dataclass
class Counter:
    """One number that goes up and down: its value, its highest, and all that was ever added."""

    current: int = 0
    peak: int = 0
    added: int = 0

    def add(self, change: int) -> None:
        """Changes it once."""
        self.current += change
        if change > 0:
            self.added += change
            self.peak = max(self.peak, self.current)

    def follow(self, changes: list[int]) -> None:
        """Changes it many times, in order."""
        if not changes:
            return
        self.peak = max(self.peak, max(accumulate(changes, initial=self.current)))
        self.current += sum(changes)
        self.added += sum(change for change in changes if change > 0)

    def nested(self) -> dict[str, int]:
        """In the shape of `torch._C._cuda_memoryStats`: what was taken away is the difference."""
        return {
            "current": self.current,
            "peak": self.peak,
            "allocated": self.added,
            "freed": self.added - self.current,
        }


@dataclass
class Tally:
    """Counters of one pool, or of all."""

    count: Counter = field(default_factory=Counter)
    allocated: Counter = field(default_factory=Counter)
    requested: Counter = field(default_factory=Counter)
    reserved: Counter = field(default_factory=Counter)
    segments: Counter = field(default_factory=Counter)
    split: Counter = field(default_factory=Counter)
    split_bytes: Counter = field(default_factory=Counter)
    waiting: Counter = field(default_factory=Counter)
    waiting_bytes: Counter = field(default_factory=Counter)

    def counters(self) -> Iterable[Counter]:
        """All of them."""
        return (getattr(self, name) for name in NAMES)

    def reset_peaks(self) -> None:
        """Resets peaks to the current values."""
        for counter in self.counters():
            counter.peak = counter.current

    def reset_sums(self) -> None:
        """Resets totals to nothing; what is live stays counted as current."""
        for counter in self.counters():
            counter.added = 0
