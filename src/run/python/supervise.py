"""Starts the app and sees to it that nothing of it survives.

Usage: python supervise.py --lifeline-fd N [--mark N] [--command [--foreground]] -- FILE [ARGUMENT...]

FILE is the app's file; with --command it is any program: an installer or a test command must not
outlive `zerogpu` either. With --foreground that program keeps the terminal and gets Ctrl-C from it.

The lifeline is one end of a pipe or socket whose other end belongs to `zerogpu`. Its end of file
means that `zerogpu` is gone, by whatever signal: then everything that the app has started is
killed. The exit code is the app's, or 128 + n when signal n ended the app.

There are two supervisors: the guard starts the keeper, and the keeper starts the app. Both are child
subreapers, so that daemons that left the app's session come back to them as children. When one of
the two is killed, the other one kills what is below.

--mark sets RLIMIT_LOCKS, a limit that the kernel keeps but has not enforced since 2.4.25
(getrlimit(2)). Every process below inherits it through fork, exec, setsid and an emptied environment,
and /proc/PID/limits shows it: `zerogpu` finds by it what is left when both supervisors are killed.

Linux only. Standard library and zerogpu_processes.py only, and no import of the Space's packages.
"""

from __future__ import annotations

import errno
import os
import select
import signal
import sys
import time

# Not where PYTHONSAFEPATH is set: the folder of this file is then left out.
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

from zerogpu_processes import (  # noqa: E402
    PR_SET_CHILD_SUBREAPER,
    PR_SET_PDEATHSIG,
    descendants,
    prctl,
    say,
    send,
    set_mark,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import NoReturn

USAGE = (
    "usage: supervise.py --lifeline-fd N [--mark N] [--command [--foreground]] "
    "-- FILE [ARGUMENT...]"
)

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
# The terminal sends these to the program in the foreground itself.
OF_THE_TERMINAL = (signal.SIGINT, signal.SIGQUIT)

EXIT_USAGE = 2
EXIT_CANNOT_START = 127


class Arguments:
    """The command line; raises ValueError when it can't be used."""

    def __init__(self, arguments: list[str]) -> None:
        if "--" not in arguments:
            raise ValueError(USAGE)
        end = arguments.index("--")
        self.program = arguments[end + 1 :]
        self.lifeline = -1
        self.mark: int | None = None
        self.is_app = True
        self.foreground = False
        options = iter(arguments[:end])
        for option in options:
            if option == "--lifeline-fd":
                self.lifeline = int(next(options, "-1"))
            elif option == "--mark":
                self.mark = int(next(options, "-1"))
            elif option == "--command":
                self.is_app = False
            elif option == "--foreground":
                self.foreground = True
            else:
                raise ValueError(USAGE)
        if not self.program or self.lifeline < 0:
            raise ValueError(USAGE)

    def command(self) -> list[str]:
        """What is executed."""
        return app_command(self.program) if self.is_app else self.program


def app_command(app: list[str]) -> list[str]:
    """The command of the platform: `python app.py`, the file relative to the Space's folder."""
    file, *arguments = app
    relative = os.path.relpath(file)
    usable = not relative.startswith((os.pardir, "-"))
    return [sys.executable, relative if usable else file, *arguments]


def start_app(arguments: Arguments) -> int:
    """Forks the app, which leads a session of its own or stays in the foreground; returns its pid.

    Forked by hand: the child must look for its parent after it has asked for the death signal, or
    a supervisor that died in between would leave it alone for good.
    """
    supervisor = os.getpid()
    command = arguments.command()
    pid = os.fork()
    if pid != 0:
        return pid
    try:
        # The pipe behind it is shared with the supervisor until exec.
        signal.set_wakeup_fd(-1)
        if not arguments.foreground:
            os.setsid()
        prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != supervisor:
            os._exit(EXIT_CANNOT_START)
        # An ignored signal stays ignored across exec, and Python ignores the last two itself.
        for number in (*FORWARDED, signal.SIGPIPE, signal.SIGXFSZ):
            signal.signal(number, signal.SIG_DFL)
        if arguments.is_app:
            os.environ["ZEROGPU_APP_PID"] = str(os.getpid())
        execute(command)
    except BaseException as error:  # noqa: BLE001 - a forked child must never return
        say(f"could not start {command[0]}: {error}")
    finally:
        os._exit(EXIT_CANNOT_START)


def execute(command: list[str]) -> NoReturn:
    """Replaces this process, by a shell where the program is a script that names none."""
    try:
        os.execvp(command[0], command)
    except OSError as error:
        if error.errno != errno.ENOEXEC:
            raise
    os.execv("/bin/sh", ["/bin/sh", *command])


class Supervisor:
    """One child, the lifelines that it depends on, and everything below it."""

    def __init__(
        self,
        child: int,
        lifelines: list[int],
        wake: int,
        forward: Callable[[int], None],
        child_leads_group: bool,
    ) -> None:
        self.child = child
        self.lifelines = lifelines
        self.wake = wake
        self.forward = forward
        self.child_leads_group = child_leads_group
        self.exit_code: int | None = None

    def supervise(self) -> int:
        """Waits for the end of the child or of a lifeline; nothing is left when it returns."""
        self.wait()
        self.kill_everything()
        return 128 + signal.SIGKILL if self.exit_code is None else self.exit_code

    def reap(self) -> bool:
        """Collects the dead; False when no child is left at all."""
        while True:
            try:
                pid, status = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                return False
            if pid == 0:
                return True
            if pid == self.child:
                code = os.waitstatus_to_exitcode(status)
                self.exit_code = code if code >= 0 else 128 - code

    def wait(self) -> None:
        """Returns when the child has ended, or when a lifeline has."""
        while self.exit_code is None:
            ready, _, _ = select.select([*self.lifelines, self.wake], [], [])
            if self.wake in ready:
                for number in os.read(self.wake, 64):
                    if number in FORWARDED and self.exit_code is None:
                        self.forward(number)
                self.reap()
            if not all(holds(lifeline) for lifeline in self.lifelines if lifeline in ready):
                return

    def kill_everything(self) -> None:
        """Kills all descendants and waits for them.

        Round by round: whoever forks while we count is our own child by the next round, since
        orphans come to the subreaper.
        """
        give_up = time.monotonic() + KILL_SECONDS
        if self.exit_code is None and self.child_leads_group:
            send(self.child, signal.SIGKILL, group=True)
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


def holds(lifeline: int) -> bool:
    """False once the other end is closed; what is written there means nothing."""
    try:
        return os.read(lifeline, 64) != b""
    except BlockingIOError:
        return True
    except OSError:
        return False


def listen_for_signals() -> int:
    """Turns signals into bytes on a pipe and returns its reading end."""
    reader, writer = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
    signal.set_wakeup_fd(writer, warn_on_full_buffer=False)
    for number in (signal.SIGCHLD, *FORWARDED):
        signal.signal(number, lambda *_: None)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, (signal.SIGCHLD, *FORWARDED))
    return reader


def keep(arguments: Arguments, guard: int) -> int:
    """The keeper: starts the app and returns its exit code.

    `guard` is a descriptor that ends with the guard.
    """
    prctl(PR_SET_CHILD_SUBREAPER, 1)
    wake = listen_for_signals()
    app = start_app(arguments)

    def forward(number: int) -> None:
        # The group, and not the app alone: a shell script as app would sit on it.
        if not arguments.foreground:
            send(app, number, group=True)
        elif number not in OF_THE_TERMINAL:
            for pid in descendants(os.getpid()):
                send(pid, number)

    lifelines = [arguments.lifeline, guard]
    return Supervisor(app, lifelines, wake, forward, not arguments.foreground).supervise()


def start_keeper(arguments: Arguments) -> int:
    """Forks the keeper, whose lifeline to us is a pipe that we never write to; returns its pid."""
    guard_reader, guard_writer = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
    # Until the keeper has a pipe for its signals, they wait.
    signal.pthread_sigmask(signal.SIG_BLOCK, (signal.SIGCHLD, *FORWARDED))
    pid = os.fork()
    if pid != 0:
        os.close(guard_reader)
        return pid
    code = EXIT_CANNOT_START
    try:
        os.close(guard_writer)
        if not arguments.foreground:
            os.setsid()
        code = keep(arguments, guard_reader)
    except BaseException as error:  # noqa: BLE001 - a forked child must never return
        say(f"the supervisor failed: {error!r}")
    finally:
        os._exit(code)


def main(words: list[str]) -> int:
    """The guard: runs the app to its end, or to ours; returns the exit code."""
    try:
        arguments = Arguments(words)
        os.set_inheritable(arguments.lifeline, False)
        # Guard and keeper read the same end: what one of them has read, the other must not wait for.
        os.set_blocking(arguments.lifeline, False)
    except (ValueError, OSError) as error:
        say(str(error))
        return EXIT_USAGE
    if arguments.mark is not None:
        set_mark(arguments.mark)
    prctl(PR_SET_CHILD_SUBREAPER, 1)
    keeper = start_keeper(arguments)
    wake = listen_for_signals()

    def forward(number: int) -> None:
        # A keeper that was stopped hears it, too.
        for one in (number, signal.SIGCONT):
            send(keeper, one)

    lifelines = [arguments.lifeline]
    return Supervisor(keeper, lifelines, wake, forward, False).supervise()


def exit_now(code: int) -> NoReturn:
    """Ends without running the exit hooks of a Space's own sitecustomize."""
    os._exit(code)


if __name__ == "__main__":
    exit_now(main(sys.argv[1:]))
