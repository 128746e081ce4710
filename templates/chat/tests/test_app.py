"""Run with: zerogpu run . --fresh -- pytest tests/"""

import os

from gradio_client import Client


def test_streams_an_answer():
    visitor = Client(os.environ["ZEROGPU_URL"], token="free:ada", verbose=False)
    job = visitor.submit("Hello", 8, api_name="/chat")
    final = job.result(timeout=60)
    parts = job.outputs()
    assert final
    assert all(final.startswith(part) for part in parts)
