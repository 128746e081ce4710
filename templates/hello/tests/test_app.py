"""Run with: zerogpu run . --fresh -- pytest tests/"""

import os

from gradio_client import Client


def test_greets_a_visitor():
    visitor = Client(os.environ["ZEROGPU_URL"], token="free:ada", verbose=False)
    answer = visitor.predict("Ada", 5, api_name="/greet")
    assert answer.startswith("Hello Ada! 5 products on cuda:0: ")
