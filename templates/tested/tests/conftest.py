"""Visitors for the tests. Run them with: zerogpu run . --fresh -- pytest tests/"""

import os
from collections.abc import Callable

import pytest
from gradio_client import Client


@pytest.fixture(scope="session")
def visitor() -> Callable[[str], Client]:
    """Makes a client that is one visitor: "anonymous", "free", "pro", or with a name "free:ada".

    Quotas are per visitor: a test that spends or exhausts one takes a name of its own.
    """
    url = os.environ.get("ZEROGPU_URL")
    if url is None:
        pytest.exit("no Space to test: zerogpu run . --fresh -- pytest tests/", returncode=2)
    return lambda name: Client(url, token=name, verbose=False)
