"""What speaks HTTP below the handlers. A file here is its own registration.

`start` serves an application; `hold` is the one way in which a handler reaches the socket.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from socket import socket
from typing import Protocol

from tornado.httputil import HTTPServerRequest
from tornado.web import Application


class Server(Protocol):
    """An application being served."""

    def stop_accepting(self) -> None:
        """Close the listening sockets, and each open connection after its next answer."""

    async def close(self) -> None:
        """Close all connections, whatever they are doing."""


class Engine(Protocol):
    """A module that serves HTTP."""

    def start(self, app: Application, sockets: Sequence[socket]) -> Server:
        """Serve `app` on listening sockets."""

    def hold(self, request: HTTPServerRequest) -> Callable[[], None]:
        """Make the connection fit for a long stream: small buffers, no Nagle, and a peer that hangs
        up is noticed at once. Returns what cuts the connection.
        """
