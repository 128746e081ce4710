"""Reports to `zerogpu` which function a task id belongs to, and which GPU size is the default.

The allocator sees a decorated function as a number only: `id()` of the function in the app's main
process. A daemon thread there answers on a Unix socket in the run's folder: for a line
`{"taskId": N}` a line `{"name": ..., "module": ..., "file": ..., "line": ...}`, or `null`; for
`{"ask": "tasks"}` an object of these by task id, of every function that is decorated by then; for a line
`{"ask": "defaultSize"}` a line `"large"`, `"xlarge"` or `null`;
for `{"ask": "packedBytes"}` a number or `null`. What is decorated is also written to a file, a line for each function.
"""

from __future__ import annotations

import gc
import json
import os
import socket
import sys
import threading
from collections.abc import Iterator
from typing import Any

# Our client sends some thirty bytes at once; any other is cut off soon.
CLIENT_SECONDS = 1.0
LONGEST_REQUEST_BYTES = 1024
LONGEST_UNWRAPPING = 16

# A fork in the middle of a search over all objects would leave that list, and with it every object
# of that moment, to the worker for good.
_search_lock = threading.Lock()

# Some thousand functions: a Space that decorates one for each request gets no longer list.
LONGEST_LIST_BYTES = 1_048_576


class Register(dict[Any, Any]):
    """The register of decorated functions, which writes each name to a file in the moment it comes.

    An app that loads a model answers on no socket for seconds, and its first calls want their names then.
    """

    def __init__(self, before: dict[Any, Any], path: str) -> None:
        super().__init__()
        self._path = path
        self._process = os.getpid()
        with open(path, "w", opener=_private):
            pass
        self.update(before)

    def update(self, *args: Any, **kwargs: Any) -> None:
        """As a dictionary's; `spaces` adds to its register in no other way (0.30 to 0.51)."""
        known = set(map(id, self))
        super().update(*args, **kwargs)
        # The allocator never sees a function that a worker decorates.
        if os.getpid() == self._process:
            self._write([task for task, wrapper in self.items() if task is not wrapper and id(task) not in known])

    def _write(self, tasks: list[Any]) -> None:
        try:
            with open(self._path, "a", opener=_private) as file:
                for task in tasks:
                    if file.tell() < LONGEST_LIST_BYTES:
                        file.write(json.dumps({"taskId": str(id(task)), **(describe(task) or {})}) + "\n")
        except OSError:
            # The run's folder is gone: so is who would ask.
            pass


def _private(path: str, flags: int) -> int:
    return os.open(path, flags | os.O_CLOEXEC, 0o600)


def keep_list(path: str) -> None:
    """Has the package's register write its names to a file; raises OSError when there can be none."""
    module = sys.modules.get("spaces.zero.decorator")
    register = getattr(module, "decorated_cache", None)
    if module is not None and isinstance(register, dict):
        module.decorated_cache = Register(register, path)  # type: ignore[attr-defined]


def start(socket_path: str) -> None:
    """Starts the thread; raises OSError when the socket can't be made."""
    listener = listen(socket_path)
    os.register_at_fork(before=_search_lock.acquire, after_in_parent=_search_lock.release)
    os.register_at_fork(after_in_child=lambda: forget_in_child(listener))
    thread = threading.Thread(target=serve, args=(listener,), name="zerogpu-tasks", daemon=True)
    thread.start()


def listen(socket_path: str) -> socket.socket:
    """A listening socket at a path of any length: the kernel takes 107 bytes, /proc shortens."""
    folder, name = os.path.split(socket_path)
    folder_fd = os.open(folder, os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        if os.path.lexists(socket_path):
            os.unlink(socket_path)
        listener.bind(f"/proc/self/fd/{folder_fd}/{name}")
        listener.listen(8)
    except BaseException:
        listener.close()
        raise
    finally:
        os.close(folder_fd)
    return listener


def forget_in_child(listener: socket.socket) -> None:
    """A forked worker has no thread that would answer: its copy of the socket goes."""
    _search_lock.release()
    listener.close()


def serve(listener: socket.socket) -> None:
    """Answers one client after another, for as long as the app lives."""
    while True:
        try:
            client, _ = listener.accept()
        except OSError:
            return
        with client:
            try:
                answer_client(client)
            except (OSError, ValueError):
                # A client that left or that speaks something else gets no answer.
                pass


def answer_client(client: socket.socket) -> None:
    """Reads one line and answers it; raises OSError or ValueError."""
    client.settimeout(CLIENT_SECONDS)
    request = b""
    while not request.endswith(b"\n"):
        part = client.recv(LONGEST_REQUEST_BYTES)
        request += part
        if not part or len(request) > LONGEST_REQUEST_BYTES:
            return
    client.sendall(json.dumps(answer_to(json.loads(request))).encode() + b"\n")


def answer_to(message: Any) -> Any:
    """What a request asks for; raises ValueError when it asks for nothing."""
    if not isinstance(message, dict):
        raise ValueError("not an object")
    if message.get("ask") == "defaultSize":
        return default_size()
    if message.get("ask") == "packedBytes":
        return packed_bytes()
    if message.get("ask") == "tasks":
        return {str(id(task)): describe(task) for task in decorated_tasks()}
    if not isinstance(message.get("taskId"), int):
        raise ValueError("no taskId")
    return describe(find_task(message["taskId"]))


def decorated_tasks() -> list[Any]:
    """The functions in the package's own register, which maps each to its wrapper (spaces 0.51.3)."""
    module = sys.modules.get("spaces.zero.decorator")
    register = getattr(module, "decorated_cache", None)
    if not isinstance(register, dict):
        return []
    # The wrappers are in it too, each mapped to itself.
    return [task for task, wrapper in list(register.items()) if task is not wrapper]


def packed_bytes() -> int | None:
    """Bytes of the tensors that are on `cuda` in this process, packed or to be packed (spaces 0.51.3)."""
    size = getattr(sys.modules.get("spaces.zero.torch"), "size", None)
    try:
        return int(size()) if callable(size) else None
    except (RuntimeError, TypeError, ValueError):
        # The main thread moves a tensor meanwhile.
        return None


def default_size() -> str | None:
    """The size that `spaces` takes for functions that name none; None in releases without sizes."""
    zero = sys.modules.get("spaces.zero")
    ask = getattr(zero, "default_gpu_size", None)
    size = ask() if callable(ask) else None
    return size if isinstance(size, str) else None


def find_task(task_id: int) -> Any | None:
    """The living callable with this id, or None."""
    for candidate in likely_tasks():
        if id(candidate) == task_id:
            return candidate
    with _search_lock:
        for candidate in gc.get_objects():
            if id(candidate) == task_id and callable(candidate):
                return candidate
    return None


def likely_tasks() -> Iterator[Any]:
    """What the Space's own modules hold, classes and wrappers looked into: nearly every task."""
    home = os.getcwd()
    for module in list(sys.modules.values()):
        file = getattr(module, "__file__", None)
        if not isinstance(file, str) or not os.path.abspath(file).startswith(home + os.sep):
            continue
        for value in list(vars(module).values()):
            yield from unwrapped(value)
            if isinstance(value, type):
                for member in list(vars(value).values()):
                    yield from unwrapped(member)


def unwrapped(value: Any) -> Iterator[Any]:
    """A function and what functools.wraps says it wraps."""
    for _ in range(LONGEST_UNWRAPPING):
        value = getattr(value, "__func__", value) if is_method_like(value) else value
        yield value
        # Looked up in the instance: a Space's object may do anything in __getattr__.
        try:
            value = object.__getattribute__(value, "__wrapped__")
        except AttributeError:
            return


def is_method_like(value: Any) -> bool:
    return isinstance(value, (staticmethod, classmethod))


def describe(task: Any | None) -> dict[str, Any] | None:
    """Name and place of a callable, as far as it has them."""
    if task is None:
        return None
    function = innermost(task)
    code = getattr(function, "__code__", None)
    name = getattr(function, "__qualname__", None)
    module = getattr(function, "__module__", None)
    return {
        "name": name if isinstance(name, str) else type(task).__qualname__,
        "module": module if isinstance(module, str) else None,
        "file": getattr(code, "co_filename", None),
        "line": getattr(code, "co_firstlineno", None),
    }


def innermost(task: Any) -> Any:
    """The function that the author wrote, below partials, bound methods and wrappers."""
    for _ in range(LONGEST_UNWRAPPING):
        below = None
        for attribute in ("func", "__func__", "__wrapped__"):
            try:
                below = object.__getattribute__(task, attribute)
            except AttributeError:
                continue
            if callable(below):
                break
        if not callable(below):
            return task
        task = below
    return task
