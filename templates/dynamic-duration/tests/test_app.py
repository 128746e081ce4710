"""Run with: zerogpu run . --fresh -- pytest tests/"""

import os

from gradio_client import Client


def test_asks_for_more_when_there_is_more_to_do():
    visitor = Client(os.environ["ZEROGPU_URL"], token="free:ada", verbose=False)
    assert visitor.predict(20, 512, api_name="/estimate") == 5
    assert visitor.predict(1000, 1024, api_name="/estimate") == 100
    assert visitor.predict(20, 64, api_name="/work").startswith("20 steps of size 64: ")
