"""Run with: zerogpu run . --fresh -- pytest tests/"""

import os

from gradio_client import Client


def test_the_compiled_block_takes_any_number_of_rows():
    visitor = Client(os.environ["ZEROGPU_URL"], token="free:ada", verbose=False)
    for rows in (2, 300):
        answer = visitor.predict(rows, 0, api_name="/run")
        assert answer["rows"] == rows
        assert answer["device"] == "cuda:0"
