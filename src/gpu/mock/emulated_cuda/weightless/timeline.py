"""Memory over the time of a call, in few points."""

from __future__ import annotations

# Points that are kept at most; when there are more, neighbours become one.
MOST = 1024

Point = tuple[float, int, int]


class Timeline:
    """The highest memory of each part of a call; parts double when there are too many.

    Points are (seconds since the call began, bytes allocated, bytes of workspaces among them).
    """

    def __init__(self, most: int = MOST) -> None:
        self._most = most
        self.reset()

    def reset(self) -> None:
        """Starts again with no point."""
        self._points: list[Point] = []
        self._each = 1
        self._pending: Point | None = None
        self._count = 0

    def add(self, seconds: float, allocated: int, workspaces: int) -> None:
        """Notes memory at a time; times never go back."""
        point = (seconds, allocated, workspaces)
        pending = self._pending
        self._pending = point if pending is None or allocated > pending[1] else pending
        self._count += 1
        if self._count < self._each:
            return
        self._points.append(self._pending)
        self._pending = None
        self._count = 0
        if len(self._points) >= self._most:
            self._points = [_higher(pair) for pair in zip(self._points[::2], self._points[1::2])]
            self._each *= 2

    def points(self) -> list[Point]:
        """Those that are kept, in order of time."""
        return self._points if self._pending is None else [*self._points, self._pending]


def _higher(pair: tuple[Point, Point]) -> Point:
    return max(pair, key=lambda point: point[1])
