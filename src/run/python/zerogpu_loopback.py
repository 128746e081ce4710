"""Gives a Space's processes the network of a container: loopback of its own, port 7860 for the app.

On the platform an app listens on every address of its container, and the container is the border.
Here there is none: `launch(server_name="0.0.0.0")` would open the app to the network, past the
gateway. And many Spaces name the platform's port, `launch(server_port=7860)`, where the gateway
listens: for the Space's processes that port is the one that the gateway forwards to.

Gradio opens a port by itself, too: on a Space it starts the hot-reload server of `spaces` on
0.0.0.0:7887 (gradio 6, http_server.py; spaces 0.51, reloading/server.py). That one gets any free port,
since it is not called here and two runs at a time would compete for it.
"""

from __future__ import annotations

import os

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import ModuleType
    from typing import Any

ANY_ADDRESS = {"0.0.0.0": "127.0.0.1", "": "127.0.0.1", "::": "::1"}
LOOPBACK = {"localhost", "127.0.0.1", "::1", *ANY_ADDRESS}
APP_PORT = 7860
HOT_RELOAD_PORT = 7887


def keep_on_loopback(socket: ModuleType) -> None:
    """Puts the container's network round `bind` and `connect`, in this process and its forks."""
    kind = socket.socket
    bind, connect, connect_ex = kind.bind, kind.connect, kind.connect_ex
    families = (socket.AF_INET, socket.AF_INET6)
    app_port = int(os.environ.get("GRADIO_SERVER_PORT", APP_PORT))

    def is_internet(self: Any, address: Any) -> bool:
        return self.family in families and isinstance(address, tuple) and len(address) >= 2

    def bind_inside(self: Any, address: Any) -> None:
        bind(self, listening_at(address, app_port) if is_internet(self, address) else address)

    def connect_inside(self: Any, address: Any) -> None:
        connect(self, reached_at(address, app_port) if is_internet(self, address) else address)

    def connect_ex_inside(self: Any, address: Any) -> int:
        inside = reached_at(address, app_port) if is_internet(self, address) else address
        return connect_ex(self, inside)

    kind.bind, kind.connect, kind.connect_ex = bind_inside, connect_inside, connect_ex_inside


def listening_at(address: tuple[Any, ...], app_port: int) -> tuple[Any, ...]:
    """Where a server listens that asked for `address`."""
    host, port, *rest = address
    if host not in LOOPBACK:
        return address
    if port == HOT_RELOAD_PORT and host in ANY_ADDRESS:
        port = 0
    return (ANY_ADDRESS.get(host, host), app_port if port == APP_PORT else port, *rest)


def reached_at(address: tuple[Any, ...], app_port: int) -> tuple[Any, ...]:
    """Where a client gets that asks for `address`."""
    host, port, *rest = address
    return (host, app_port, *rest) if port == APP_PORT and host in LOOPBACK else address
