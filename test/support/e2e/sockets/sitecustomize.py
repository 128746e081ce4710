"""Loaded into every Python process of a test: writes down where it connects to."""

import os
import sys


def _tell(event, args):
    if event in ("socket.connect", "socket.sendto"):
        address = args[1]
    elif event == "socket.getaddrinfo":
        address = args
    else:
        return
    # A path is a socket of this machine.
    if not isinstance(address, tuple):
        return
    host = address[0]
    if isinstance(host, bytes):
        host = host.decode()
    with open(os.environ["SOCKETS_SEEN"], "a") as seen:
        seen.write(f"{host or 'localhost'}\n")


if os.environ.get("SOCKETS_SEEN"):
    sys.addaudithook(_tell)
