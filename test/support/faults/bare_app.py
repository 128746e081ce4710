"""The smallest app that a run accepts, to be made to misbehave: a web server and no Gradio.

argv of its behaviour: words in the file `mode` beside it, done in that order before it listens.
"""

import json
import os
import signal
import subprocess
import sys
import threading
import time
import urllib.parse
import urllib.request
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

HERE = os.path.dirname(os.path.abspath(__file__))
MODE = open(os.path.join(HERE, "mode")).read().split()


def ask(path, **query):
    """One request of the wire protocol: the status and, of an event stream, nothing."""
    url = f"{os.environ['SPACES_ZERO_DEVICE_API_URL']}/{path}?{urllib.parse.urlencode(query)}"
    with urllib.request.urlopen(urllib.request.Request(url, method="POST")) as answer:
        text = answer.read()
        return json.loads(text) if answer.headers.get_content_type() == "application/json" else None


def schedule():
    with open(os.environ["ZEROGPU_PROC_SELF_CGROUP_PATH"]) as file:
        cgroup = file.read().strip().split(":")[-1]
    return ask("schedule", cgroupPath=cgroup, taskId=1, durationSeconds=60)


def hold():
    """A worker with the GPU, for a minute."""
    grant = schedule()
    if os.fork() == 0:
        ask("allow", allowToken=grant["allowToken"], pid=os.getpid())
        time.sleep(600)


def family():
    """A daemon in a session of its own, with a child in another."""
    code = (
        "import subprocess,sys,time;"
        "subprocess.Popen([sys.executable,'-c','import time;time.sleep(600)'],start_new_session=True);"
        "time.sleep(600)"
    )
    subprocess.Popen([sys.executable, "-c", code], start_new_session=True)


def flood(line, bytes_in_all):
    def write():
        for _ in range(bytes_in_all // len(line)):
            sys.stdout.write(line)
        sys.stdout.write("\nflood is over\n")
        sys.stdout.flush()

    threading.Thread(target=write, daemon=True).start()


def mute():
    os.close(1)
    os.close(2)


def brief():
    """Ends well, soon after it has answered."""
    threading.Thread(target=lambda: (time.sleep(2), os._exit(0)), daemon=True).start()


ACTS = {
    "brief": brief,
    "slow": lambda: time.sleep(600),
    "hold": hold,
    "wait": lambda: threading.Thread(target=schedule, daemon=True).start(),
    "deaf": lambda: [signal.signal(one, signal.SIG_IGN) for one in (signal.SIGTERM, signal.SIGINT)],
    "family": family,
    "lines": lambda: flood("x" * 999 + "\n", 200_000_000),
    "line": lambda: flood("x" * 1_000, 200_000_000),
    "mute": mute,
}
for word in MODE:
    ACTS[word]()


ask("startup-report")


class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b"here")

    def log_message(self, *args):
        pass


ThreadingHTTPServer(("127.0.0.1", int(os.environ["GRADIO_SERVER_PORT"])), Handler).serve_forever()
