"""Run with: zerogpu run . --fresh -- pytest tests/"""

import os

from gradio_client import Client


def test_paints_the_same_image_for_the_same_seed():
    visitor = Client(os.environ["ZEROGPU_URL"], token="free:ada", verbose=False)
    images = []
    for _ in range(2):
        path, seed = visitor.predict("a lighthouse", 7, False, 2, api_name="/paint")
        assert seed == 7
        with open(path, "rb") as file:
            images.append(file.read())
    assert images[0] == images[1]
