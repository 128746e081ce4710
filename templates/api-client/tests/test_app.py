"""Run with: zerogpu run . --fresh -- pytest tests/"""

import os

from gradio_client import Client

url = os.environ["ZEROGPU_URL"]


def test_calls_upstream_as_the_visitor():
    visitor = Client(url, token="free:ada", verbose=False)
    assert visitor.predict("Hello", api_name="/ask") == "5 letters, and 10 in total"
