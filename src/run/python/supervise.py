"""Starts the app and sees to it that nothing of it survives.

Usage: python supervise.py --lifeline-fd N [--command] -- APP_FILE [ARGUMENT...]

With --command it is any program instead of an app: an installer is not to outlive `zerogpu` either.

The lifeline is one end of a pipe or socket whose other end belongs to `zerogpu`. Its end of file
means that `zerogpu` is gone, by whatever signal: then everything that the app has started is
killed. The supervisor is a child subreaper, so that daemons that left the app's session come back
to it as children. It exits with the app's code, or 128 + n when signal n ended the app.

Linux only. Standard library only, and no import of the Space's packages.
"""

from __future__ import annotations

import ctypes
import os
import select
import signal
import sys
import time
from typing import NoReturn

PR_SET_PDEATHSIG = 1
PR_SET_CHILD_SUBREAPER = 36

# What a process in uninterruptible sleep may take before we leave it to the kernel.
KILL_SECONDS = 5.0
KILL_POLL_SECONDS = 0.02

FORWARDED = (
    signal.SIGTERM,
    signal.SIGINT,
    signal.SIGHUP,
    signal.SIGQUIT,
    signal.SIGUSR1,
    signal.SIGUSR2,
)

EXIT_USAGE = 2
EXIT_CANNOT_START = 127


def say(message: str) -> None:
    """One line on stderr; a closed stderr is no reason to fail."""
    try:
        os.write(2, f"zerogpu: {message}\n".encode())
    except OSError:
        pass


def prctl(option: int, value: int) -> None:
    """Calls prctl(2); raises OSError when the kernel refuses."""
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(option, ctypes.c_ulong(value), 0, 0, 0) != 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))


def parse_arguments(arguments: list[str]) -> tuple[int, list[str]]:
    """Returns the lifeline's descriptor and the command to run; raises ValueError."""
    usage = "usage: supervise.py --lifeline-fd N [--command] -- FILE [ARGUMENT...]"
    if "--" not in arguments:
        raise ValueError(usage)
    end = arguments.index("--")
    options, program = arguments[:end], arguments[end + 1 :]
    if not program or options[:1] != ["--lifeline-fd"] or options[2:] not in ([], ["--command"]):
        raise ValueError(usage)
    return int(options[1]), program if options[2:] else app_command(program)


def app_command(app: list[str]) -> list[str]:
    """The command of the platform: `python app.py`, the file relative to the Space's folder."""
    file, *arguments = app
    relative = os.path.relpath(file)
    usable = not relative.startswith((os.pardir, "-"))
    return [sys.executable, relative if usable else file, *arguments]


def start_app(command: list[str]) -> int:
    """Forks the app into a session of its own; returns its pid.

    Forked by hand: the child must look for its parent after it has asked for the death signal, or
    a supervisor that died in between would leave it alone for good.
    """
    supervisor = os.getpid()
    pid = os.fork()
    if pid != 0:
        return pid
    try:
        # The pipe behind it is shared with the supervisor until exec.
        signal.set_wakeup_fd(-1)
        os.setsid()
        prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != supervisor:
            os._exit(EXIT_CANNOT_START)
        # An ignored signal stays ignored across exec, and Python ignores the last two itself.
        for number in (*FORWARDED, signal.SIGPIPE, signal.SIGXFSZ):
            signal.signal(number, signal.SIG_DFL)
        environment = {**os.environ, "ZEROGPU_APP_PID": str(os.getpid())}
        os.execvpe(command[0], command, environment)
    except BaseException as error:  # noqa: BLE001 - a forked child must never return
        say(f"could not start {command[0]}: {error}")
    finally:
        os._exit(EXIT_CANNOT_START)


def parent_of(pid: int) -> int | None:
    """The parent's pid; None once the process is gone."""
    try:
        with open(f"/proc/{pid}/stat", "rb") as file:
            text = file.read()
    except OSError:
        return None
    # The command name may hold blanks and parentheses: fields count from the last ")".
    return int(text[text.rindex(b")") + 2 :].split()[1])


def descendants(ancestor: int) -> list[int]:
    """Pids of everything below `ancestor` that still runs, parents before children."""
    children: dict[int, list[int]] = {}
    for entry in os.listdir("/proc"):
        if entry.isdigit() and (parent := parent_of(int(entry))) is not None:
            children.setdefault(parent, []).append(int(entry))
    found: list[int] = []
    open_pids = [ancestor]
    while open_pids:
        below = children.get(open_pids.pop(), [])
        found += below
        open_pids += below
    return found


def send(pid: int, number: int, group: bool = False) -> None:
    """Sends a signal; a process that is gone, or not ours to signal, is passed over."""
    try:
        if group:
            os.killpg(pid, number)
        else:
            os.kill(pid, number)
    except (ProcessLookupError, PermissionError):
        pass


class Supervisor:
    """One app, its lifeline, and everything below it."""

    def __init__(self, app: int, lifeline: int, wake: int) -> None:
        self.app = app
        self.lifeline = lifeline
        self.wake = wake
        self.exit_code: int | None = None

    def reap(self) -> bool:
        """Collects the dead; False when no child is left at all."""
        while True:
            try:
                pid, status = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                return False
            if pid == 0:
                return True
            if pid == self.app:
                code = os.waitstatus_to_exitcode(status)
                self.exit_code = code if code >= 0 else 128 - code

    def wait(self) -> None:
        """Returns when the app has ended, or when the lifeline has."""
        while self.exit_code is None:
            ready, _, _ = select.select([self.lifeline, self.wake], [], [])
            if self.wake in ready:
                for number in os.read(self.wake, 64):
                    # The group, and not the app alone: a shell script as app would sit on it.
                    if number in FORWARDED and self.exit_code is None:
                        send(self.app, number, group=True)
                self.reap()
            if self.lifeline in ready and not self.lifeline_holds():
                return

    def lifeline_holds(self) -> bool:
        try:
            return os.read(self.lifeline, 64) != b""
        except BlockingIOError:
            return True
        except OSError:
            return False

    def kill_everything(self) -> None:
        """Kills all descendants and waits for them.

        Round by round: whoever forks while we count is our own child by the next round, since
        orphans come to the subreaper.
        """
        give_up = time.monotonic() + KILL_SECONDS
        if self.exit_code is None:
            send(self.app, signal.SIGKILL, group=True)
        while self.reap():
            if time.monotonic() > give_up:
                say(f"still there after SIGKILL: pid {descendants(os.getpid())}")
                return
            below = descendants(os.getpid())
            # Stopped first, so that none of them starts another while the rest is being killed.
            for number in (signal.SIGSTOP, signal.SIGKILL):
                for pid in below:
                    send(pid, number)
            time.sleep(KILL_POLL_SECONDS)


def listen_for_signals() -> int:
    """Turns signals into bytes on a pipe and returns its reading end."""
    reader, writer = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
    signal.set_wakeup_fd(writer, warn_on_full_buffer=False)
    for number in (signal.SIGCHLD, *FORWARDED):
        signal.signal(number, lambda *_: None)
    return reader


def main(arguments: list[str]) -> int:
    """Runs the app to its end, or to ours; returns the exit code."""
    try:
        lifeline, command = parse_arguments(arguments)
        os.set_inheritable(lifeline, False)
    except (ValueError, OSError) as error:
        say(str(error))
        return EXIT_USAGE
    prctl(PR_SET_CHILD_SUBREAPER, 1)
    wake = listen_for_signals()
    supervisor = Supervisor(start_app(command), lifeline, wake)
    supervisor.wait()
    supervisor.kill_everything()
    return 128 + signal.SIGKILL if supervisor.exit_code is None else supervisor.exit_code


def exit_now(code: int) -> NoReturn:
    """Ends without running the exit hooks of a Space's own sitecustomize."""
    os._exit(code)


if __name__ == "__main__":
    exit_now(main(sys.argv[1:]))
