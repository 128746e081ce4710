"""Calls a Space with the gradio_client of PyPI, for the end-to-end tests.

One JSON object a line on stdin: {"id", "url", "token", "endpoint", "args", "stream"}; one a line on
stdout: {"id", "ok", "value" | "error", "seconds"}. Calls run at the same time. A file argument is
{"file": path}; a file or image result is answered as {"sha256": …}.
"""

import hashlib
import json
import sys
import threading
import time
from pathlib import Path

from gradio_client import Client, handle_file

clients = {}
lock = threading.Lock()
output = threading.Lock()


def client_for(url, token):
    """One client a visitor and app, as a person's browser would be."""
    with lock:
        if (url, token) not in clients:
            try:
                made = Client(url, verbose=False, token=token)
            except TypeError:
                made = Client(url, verbose=False, hf_token=token)
            clients[(url, token)] = made
        return clients[(url, token)]


def argument(value):
    """Files are named; all else is sent as it is."""
    return handle_file(value["file"]) if isinstance(value, dict) and "file" in value else value


def plain(value):
    """Files by their content: every app keeps them under another name."""
    if isinstance(value, dict) and isinstance(value.get("path"), str):
        value = value["path"]
    if isinstance(value, str) and value.startswith("/") and Path(value).is_file():
        return {"sha256": hashlib.sha256(Path(value).read_bytes()).hexdigest()}
    return value


def call(request):
    """One request, one answer."""
    started = time.monotonic()
    answer = {"id": request["id"]}
    try:
        client = client_for(request["url"], request.get("token"))
        args = [argument(value) for value in request["args"]]
        if request.get("stream"):
            job = client.submit(*args, api_name=request["endpoint"])
            job.result()
            value = [plain(item) for item in job.outputs()]
        else:
            value = plain(client.predict(*args, api_name=request["endpoint"]))
        answer.update(ok=True, value=value)
    except Exception as error:
        title = getattr(error, "title", None)
        answer.update(ok=False, error=str(error), title=title, type=type(error).__name__)
    answer["seconds"] = time.monotonic() - started
    with output:
        print(json.dumps(answer), flush=True)


for line in sys.stdin:
    threading.Thread(target=call, args=(json.loads(line),), daemon=True).start()
