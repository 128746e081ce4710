"""Run with: zerogpu run . --fresh --gpus 2 -- pytest tests/"""

import os

from gradio_client import Client


def test_both_functions_hold_a_gpu_at_the_same_time():
    visitor = Client(os.environ["ZEROGPU_URL"], token="pro:ada", verbose=False)
    jobs = [visitor.submit(4, api_name=name) for name in ("/paint", "/write")]
    painted, written = (job.result(timeout=60) for job in jobs)
    assert painted["begin"] < written["end"]
    assert written["begin"] < painted["end"]
