"""Which of the globals that one process has set are read in another, where they have their first value."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from zerogpu_code import Definition, Use
from zerogpu_source import SpaceSource
from zerogpu_values import DATA, ITEMS, Change

WAY_OUT = "Each GPU function has its own workers: return the value, or keep it in gr.State or a file."


@dataclass
class Set:
    """A global that a worker has set, by which function, and where its source says so."""

    change: Change
    pid: int
    ended: float
    function: Definition
    line: Use | None


class Judge:
    """Hears of calls and answers with lines for the log, once per place."""

    def __init__(self, source: SpaceSource, gpu_functions: Iterable[dict[str, Any]]) -> None:
        self._source = source
        self._gpu = [found for place in gpu_functions if (found := self._definition(place))]
        self._sets: dict[tuple[Any, ...], Set] = {}
        self._changed_in: dict[int, set[tuple[str, str, str | None]]] = {}
        self._reported: set[tuple[str, int]] = set()

    def hear(self, message: dict[str, Any]) -> Iterator[str]:
        """One call that has ended, and what it has changed; yields lines for the log."""
        task = self._definition(message["task"] or {})
        if task is None:
            return
        if task not in self._gpu:
            self._gpu.append(task)
        pid = message["pid"]
        changes = [Change(*change) for change in message["changes"]]
        if message.get("in_app"):
            for change in changes:
                yield from self._set_by_app(change, task, pid)
            return
        self._changed_in.setdefault(pid, set()).update(
            _part(change) for change in changes if not change.by_package
        )
        yield from self._read_by(task, pid, message["started"])
        for change in changes:
            yield from self._note(Set(change, pid, message["ended"], task, None))

    def _set_by_app(self, change: Change, reader: Definition, pid: int) -> Iterator[str]:
        """What the app's process has changed since the reader's worker was forked."""
        below = self._source.reached_from([reader])
        writer, line = self._writer_in_app(change)
        if line is None and change.by_package:
            return
        function = writer or reader
        new = Set(change, pid, 0.0, function, line)
        sets_itself = _part(change) in self._changed_in.get(pid, ())
        read = self._unseen_in(below, new, sets_itself)
        if read is None:
            return
        file, number = (line.in_file, line.line) if line else (read.in_file, read.line)
        if (file, number) in self._reported:
            return
        self._reported.add((file, number))
        who = f"{_title(writer)} sets" if writer else "the app has set"
        yield (
            f"{os.path.relpath(file)}:{number}: silently wrong: {who} {_shown(change)} in the app's process, and "
            f"{_title(reader)} reads it ({os.path.relpath(read.in_file)}:{read.line}) in a worker that was there "
            f"before, where it is as it was. A worker serves many calls: pass the value as an argument."
        )

    def _writer_in_app(self, change: Change) -> tuple[Definition | None, Use | None]:
        """The function of the app that sets it, and the line; what GPU functions alone reach comes last."""
        in_workers = {id(each) for each in self._source.reached_from(self._gpu)}
        functions = [each for each in self._source.definitions if each.name != "<module>"]
        for each in sorted(functions, key=lambda one: id(one) in in_workers):
            writes = self._writes(each, change)
            exact = [use for use in writes if use.step == change.step]
            if found := exact or writes:
                return each, found[0]
        return None, None

    def _definition(self, place: dict[str, Any]) -> Definition | None:
        file, line = place.get("file"), place.get("line")
        if not isinstance(file, str) or not isinstance(line, int):
            return None
        return self._source.at(os.path.realpath(file), line)

    def _note(self, new: Set) -> Iterator[str]:
        reached = self._source.reached_from([new.function])
        new.line = self._line_of(new.change, reached)
        if new.change.by_package and not any(self._writes(each, new.change) for each in reached):
            return
        self._sets[new.change[:3] + (id(new.function), new.pid)] = new
        for handler in self._source.handlers(self._gpu):
            below = self._source.reached_from([handler], without=self._gpu)
            if read := self._unseen_in(below, new):
                yield from self._line(new, handler, read, "reads it in the app's process")

    def _read_by(self, reader: Definition, pid: int, started: float) -> Iterator[str]:
        reached: list[Definition] | None = None
        for each in list(self._sets.values()):
            if each.pid == pid or each.ended > started:
                continue
            reached = reached or self._source.reached_from([reader])
            is_same = reader is each.function
            sets_itself = is_same or _part(each.change) in self._changed_in.get(pid, ())
            if read := self._unseen_in(reached, each, sets_itself):
                where = "a later call of it reads it" if is_same else "reads it"
                yield from self._line(each, reader, read, f"{where} in another worker")

    def _unseen_in(
        self, reached: list[Definition], new: Set, sets_itself: bool = False
    ) -> Use | None:
        """Where these functions read what was set; None when they do not, or set it themselves first.

        Who fills what is empty, loads what is missing or puts in a value of its own loses nothing. Who adds
        to what is there does.
        """
        change = new.change
        read = next(filter(None, (self._reads(each, change) for each in reached)), None)
        if read is None:
            return None
        writes = [use for each in reached for use in self._writes(each, change)]
        if not writes and not sets_itself:
            return read
        adds = any(use.adds for use in writes)
        return read if adds and not change.fills else None

    def _reads(self, definition: Definition, change: Change) -> Use | None:
        for use in definition.reads:
            if not self._is_of(use, change):
                continue
            if change.step in (None, ITEMS, DATA, use.step) or use.step in (None, ITEMS):
                return use
            # A method: of a dict any may read the entry, of a package's object as well.
            assert change.step is not None and use.step is not None
            if use.step.startswith(".") and (
                change.of_package
                or change.step.startswith("[")
                or change.step[1:] in definition.attributes_read
            ):
                return use
        if change.step is None or not change.step.startswith("."):
            return None
        # `self.style` in a method: the object that it is of is known when it runs.
        if definition.in_class and change.step[1:] in definition.attributes_read:
            return Use(
                change.file, change.name, change.step, definition.file, definition.first_line
            )
        return None

    def _writes(self, definition: Definition, change: Change) -> list[Use]:
        found = [
            use
            for use in definition.writes
            if self._is_of(use, change)
            and (change.step in (None, ITEMS, DATA, use.step) or use.step in (None, ITEMS))
        ]
        if change.step is not None and change.step.startswith("."):
            found += [use for use in definition.attributes_written if use.step == change.step]
        return found

    def _is_of(self, use: Use, change: Change) -> bool:
        """Whether a name in the source is the global that was changed."""
        if (use.file, use.name) == (change.file, change.name):
            return True
        # Names that were imported share what the object holds, and not what a name is set to.
        return change.step is not None and self._source.origin(use.file, use.name) == self._source.origin(
            change.file, change.name
        )

    def _line_of(self, change: Change, reached: list[Definition]) -> Use | None:
        for each in reached:
            exact = [use for use in self._writes(each, change) if use.step == change.step]
            if found := exact or self._writes(each, change):
                return found[0]
        for each in reached:
            if read := self._reads(each, change):
                return read
        return None

    def _line(self, new: Set, reader: Definition, read: Use, how: str) -> Iterator[str]:
        file, line = (new.line.in_file, new.line.line) if new.line else (new.function.file, new.function.first_line)
        if (file, line) in self._reported:
            return
        self._reported.add((file, line))
        name = _shown(new.change)
        who = "" if reader is new.function else f"{_title(reader)} "
        yield (
            f"{os.path.relpath(file)}:{line}: silently wrong: {_title(new.function)} sets {name}, and "
            f"{who}{how} ({os.path.relpath(read.in_file)}:{read.line}), where it is as it was. {WAY_OUT}"
        )


def _part(change: Change) -> tuple[str, str, str | None]:
    """An object's attribute, or a container as one: what it holds under which key is its affair."""
    step = change.step
    return change.file, change.name, step if step is not None and step.startswith(".") else None


def _title(definition: Definition) -> str:
    return "a lambda" if definition.name == "<lambda>" else definition.name


def _shown(change: Change) -> str:
    step = "" if change.step in (None, ITEMS, DATA) else change.step
    return f"`{change.name}{step}`"
