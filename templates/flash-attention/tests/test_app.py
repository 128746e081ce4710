"""Run with: zerogpu run . --fresh -- pytest tests/"""

import os

from gradio_client import Client


def test_completes_a_text_with_some_attention():
    visitor = Client(os.environ["ZEROGPU_URL"], token="free:ada", verbose=False)
    text, attention = visitor.predict("Once upon", 8, api_name="/complete")
    assert text.startswith("Once upon")
    assert attention in ("sdpa", "kernels-community/flash-attn3")
