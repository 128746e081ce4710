"""Connects the app of a Space, and what it forks, to the debugger of `zerogpu run --debug`.

The debugger (src/run/debug) listens; a process of the Space only connects. debugpy follows forks itself:
each worker connects again in the moment of its fork, and runs when its client has set its breakpoints, at
once where there is none.

`breakpoint()` asks the debugger who is there: a client, which shows the stop; a terminal, which gets pdb over
the socket of the question; or neither, and the call goes on. The deadline of a stopped call waits as long as
that socket is open.
"""

from __future__ import annotations

import json
import os
import pdb
import socket
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import FrameType
    from typing import Any, TextIO

LONGEST_ANSWER_BYTES = 256


def start(settings_path: str) -> None:
    """Connects this process; raises OSError or ImportError when there is no debugger.

    Returns when a client that waits has set its breakpoints, at once without one.
    """
    with open(settings_path) as file:
        settings = json.load(file)
    # The Space's own debugpy comes first.
    sys.path.append(settings["packages"])
    # Breakpoints are not set in modules that Python has frozen: nothing to warn of.
    os.environ.setdefault("PYDEVD_DISABLE_FILE_VALIDATION", "1")
    import debugpy  # type: ignore[import-not-found, unused-ignore]

    debugpy.connect(("127.0.0.1", settings["port"]), access_token=settings["token"])
    if not os.environ.get("PYTHONBREAKPOINT"):
        stops = settings["stops"]
        sys.breakpointhook = lambda *_, **__: stop_here(sys._getframe(1), stops)


def stop_here(frame: FrameType, stops: str) -> None:
    """What `breakpoint()` does: stops at the frame that has called it."""
    conversation = ask(stops, frame)
    if conversation is None:
        return
    connection, who = conversation
    if who == "terminal":
        TerminalDebugger(connection, stops).set_trace(frame)
        return
    connection.close()
    if who == "client":
        import pydevd  # type: ignore[import-not-found, unused-ignore]

        pydevd.settrace(
            suspend=True,
            trace_only_current_thread=True,
            patch_multiprocessing=False,
            stop_at_frame=frame,
        )


def ask(stops: str, frame: FrameType) -> tuple[socket.socket, str] | None:
    """Says where this process stops, and who is there; None when the debugger has gone."""
    place = {
        "pid": os.getpid(),
        "file": frame.f_code.co_filename,
        "line": frame.f_lineno,
        "function": frame.f_code.co_name,
    }
    connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        folder, name = os.path.split(stops)
        folder_fd = os.open(folder, os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            connection.connect(f"/proc/self/fd/{folder_fd}/{name}")
        finally:
            os.close(folder_fd)
        connection.sendall(json.dumps(place).encode() + b"\n")
        return connection, read_line(connection)
    except OSError:
        connection.close()
        return None


def read_line(connection: socket.socket) -> str:
    """A line of the debugger's, byte by byte: what follows belongs to pdb."""
    line = b""
    while not line.endswith(b"\n") and len(line) < LONGEST_ANSWER_BYTES:
        part = connection.recv(1)
        if not part:
            break
        line += part
    return line.decode().strip()


class TerminalDebugger(pdb.Pdb):
    """pdb whose terminal is at the other end of a socket, from each stop until the program goes on."""

    def __init__(self, connection: socket.socket, stops: str) -> None:
        self._stops = stops
        self._connection: socket.socket | None = connection
        self._files: list[TextIO] = []
        super().__init__(stdin=self._open("r"), stdout=self._open("w"), nosigint=True)
        self.use_rawinput = False

    def _open(self, mode: Any) -> TextIO:
        assert self._connection is not None
        file: TextIO = self._connection.makefile(mode, encoding="utf-8", errors="replace")
        self._files.append(file)
        return file

    def interaction(self, frame: Any, traceback: Any) -> None:
        """One stop: commands are read until one of them lets the program run on."""
        if self._connection is None and not self._reconnect(frame):
            self.set_continue()
            return
        try:
            super().interaction(frame, traceback)
        except (OSError, ValueError):
            # The terminal has gone.
            self.set_continue()

    def _reconnect(self, frame: FrameType) -> bool:
        conversation = ask(self._stops, frame)
        if conversation is None:
            return False
        self._connection, who = conversation
        if who != "terminal":
            self._hang_up()
            return False
        self.stdin, self.stdout = self._open("r"), self._open("w")
        return True

    def set_continue(self) -> None:
        super().set_continue()
        self._hang_up()

    def set_quit(self) -> None:
        super().set_quit()
        self._hang_up()

    def _hang_up(self) -> None:
        connection, self._connection = self._connection, None
        files, self._files = self._files, []
        for one in (*files, connection):
            try:
                if one is not None:
                    one.close()
            except OSError:
                # The other end has gone first.
                pass
