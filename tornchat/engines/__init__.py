"""What speaks HTTP below the handlers. A file here is its own registration.

`start` serves an application; `hold` is the one way in which a handler reaches the socket.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from socket import socket
from typing import Protocol

from tornado.httputil import HTTPServerRequest
from tornado.web import Application

# The kernel takes about twice as much as this for a reader that has stopped, instead of 4 MB.
SEND_BUFFER_BYTES = 64 * 1024

BACKLOG = 1024  # connections that the kernel may hold until they are accepted; asyncio's own default is 100


class Server(Protocol):
    """An application being served."""

    def stop_accepting(self) -> None:
        """Close the listening sockets, and each open connection after its next answer."""

    async def close(self) -> None:
        """Close all connections, whatever they are doing."""


class Engine(Protocol):
    """A module that serves HTTP."""

    async def start(self, app: Application, sockets: Sequence[socket], max_connections: int) -> Server:
        """Serve `app` on listening sockets, to so many connections at a time."""

    def hold(self, request: HTTPServerRequest) -> Callable[[], None]:
        """Make the connection fit for a long stream: small buffers, no Nagle, and a peer that hangs
        up is noticed at once. Returns what cuts the connection.
        """
