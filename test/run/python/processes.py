"""A Space of a few files, its GPU functions and their workers, as `spaces` has them, without `spaces`.

The names are those of the package that zerogpu_unseen.py and zerogpu_tasks.py look for (0.51.3); that the
real package has them is what test/drift and the end-to-end tests say.
"""

import json
import os
import shutil
import sys
import tempfile
import types
from pathlib import Path

RUNTIME = Path(__file__).resolve().parents[3] / "src/run/python"
sys.path.insert(0, str(RUNTIME))

WRAPPERS = '''
from concurrent.futures import ThreadPoolExecutor

def thread_wrapper(task, calls, answers):
    while (args := calls()) is not None:
        with ThreadPoolExecutor() as executor:
            answer = executor.submit(task, *args).result()
        answers(answer)

def gradio_handler(task, worker, args):
    worker.put(args)
    with ThreadPoolExecutor(1) as executor:
        return executor.submit(worker.get).result()
'''


def lines_of(files, calls, after_import=None):
    """The lines for the log after these calls: (function, worker, *arguments), each worker's name its own.

    Without a worker (None) a function of app.py runs in the app's process.

    Runs in a child process, whose modules and globals are the Space's alone.
    """
    folder = tempfile.mkdtemp()
    reader, writer = os.pipe()
    pid = os.fork()
    if pid == 0:
        status = 1
        try:
            os.close(reader)
            found = json.dumps(_run(folder, files, calls, after_import)).encode()
            os.write(writer, found)
            status = 0
        finally:
            os._exit(status)
    os.close(writer)
    with os.fdopen(reader, "rb") as pipe:
        data = pipe.read()
    os.waitpid(pid, 0)
    shutil.rmtree(folder)
    return json.loads(data)


def _run(folder, files, calls, after_import):
    for name, text in files.items():
        path = Path(folder, name)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    os.chdir(folder)
    sys.path.insert(0, folder)
    register = _stand_in_for_spaces()
    import zerogpu_unseen

    lines = []
    watch = zerogpu_unseen.Watch(lines.append)
    app = __import__("app")
    if after_import is not None:
        after_import()
    workers = {}
    answers = []
    for function, name, *args in calls:
        if name is None:
            answers.append(getattr(app, function)(*args))
            continue
        worker = workers.get(name)
        if worker is None:
            worker = workers[name] = _Worker(register[function])
        answers.append(sys.modules["spaces.zero.wrappers"].gradio_handler(register[function], worker, args))
    # Each has the pipes of those that were forked before it.
    for worker in reversed(workers.values()):
        worker.end()
    watch.close()
    return {"lines": lines, "answers": answers}


def _stand_in_for_spaces():
    """`spaces.GPU`, and the modules in which workers are looked for; returns functions by name."""
    modules = {name: types.ModuleType(name) for name in (
        "spaces", "spaces.zero", "spaces.zero.decorator", "spaces.zero.wrappers"
    )}
    sys.modules.update(modules)
    exec(WRAPPERS, vars(modules["spaces.zero.wrappers"]))
    cache = modules["spaces.zero.decorator"].decorated_cache = {}
    register = {}

    def gpu(task):
        def decorated(*args):
            return task(*args)

        cache.update({task: decorated, decorated: decorated})
        register[task.__name__] = task
        return decorated

    modules["spaces"].GPU = gpu
    return register


class _Worker:
    """A process that is forked from the app's for one GPU function."""

    def __init__(self, task):
        self._call_reader, self._call_writer = os.pipe()
        self._answer_reader, self._answer_writer = os.pipe()
        self._pid = os.fork()
        if self._pid == 0:
            try:
                os.close(self._call_writer)
                self._serve(task)
            finally:
                os._exit(0)

    def _serve(self, task):
        def answer(value):
            os.write(self._answer_writer, json.dumps(value).encode() + b"\n")

        with os.fdopen(self._call_reader) as calls:
            def next_call():
                line = calls.readline()
                return json.loads(line) if line else None

            sys.modules["spaces.zero.wrappers"].thread_wrapper(task, next_call, answer)

    @property
    def process(self):
        return self

    @property
    def pid(self):
        return self._pid

    def is_alive(self):
        return True

    def put(self, args):
        os.write(self._call_writer, json.dumps(args).encode() + b"\n")

    def get(self):
        answer = b""
        while not answer.endswith(b"\n"):
            answer += os.read(self._answer_reader, 65536)
        return json.loads(answer)

    def end(self):
        os.close(self._call_writer)
        os.waitpid(self._pid, 0)

