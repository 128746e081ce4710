"""Keeps the servers of a Space's processes on loopback.

On the platform an app listens on every address of its container, and the container is the border.
Here there is none: `launch(server_name="0.0.0.0")` would open the app to the network, past the
gateway. Gradio opens such a port by itself, too: on a Space it starts the hot-reload server of
`spaces` on 0.0.0.0:7887 (gradio 6, http_server.py; spaces 0.51, reloading/server.py). That one gets
any free port, since nobody calls it here and two runs at a time would quarrel about it.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import ModuleType
    from typing import Any

LOOPBACK = {"0.0.0.0": "127.0.0.1", "": "127.0.0.1", "::": "::1"}
HOT_RELOAD_PORT = 7887


def keep_on_loopback(socket: ModuleType) -> None:
    """Makes `bind` to every address a `bind` to loopback, in this process and its forks."""
    bind = socket.socket.bind

    def bind_on_loopback(self: Any, address: Any) -> None:
        if self.family in (socket.AF_INET, socket.AF_INET6) and isinstance(address, tuple):
            address = loopback_of(address)
        bind(self, address)

    socket.socket.bind = bind_on_loopback


def loopback_of(address: tuple[Any, ...]) -> tuple[Any, ...]:
    """The address to use instead; the same one if it names an interface."""
    host, port, *rest = address
    if host not in LOOPBACK:
        return address
    return (LOOPBACK[host], 0 if port == HOT_RELOAD_PORT else port, *rest)
