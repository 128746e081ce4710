"""Asks the Space at $ZEROGPU_URL: python ask.py ENDPOINT [ARGUMENT...]; prints the answer."""

import os
import sys

from gradio_client import Client

endpoint, *args = sys.argv[1:]
print(Client(os.environ["ZEROGPU_URL"], verbose=False).predict(*args, api_name=endpoint))
