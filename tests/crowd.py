"""`python -m tests.crowd PORT LISTENERS SPEAKERS`: a process that floods a server until it is killed.

The speakers say the next when the last is acknowledged; the listeners read and forget.
"""

from __future__ import annotations

import selectors
import socket
import sys

LISTEN = b"GET /listen HTTP/1.1\r\nHost: localhost\r\n\r\n"
SAY = b"GET /say?message=flood HTTP/1.1\r\nHost: localhost\r\n\r\n"


def main() -> None:
    """Print a line once all are connected and speak."""
    port, listeners, speakers = map(int, sys.argv[1:])
    crowd = selectors.DefaultSelector()
    for number in range(listeners + speakers):
        sock = socket.create_connection(("127.0.0.1", port))
        request = LISTEN if number < listeners else SAY
        sock.sendall(request)
        crowd.register(sock, selectors.EVENT_READ, request)
    print("flooding", flush=True)
    while True:
        for key, _ in crowd.select():
            sock = key.fileobj  # type: ignore[assignment]
            if not sock.recv(1 << 18):
                sys.exit("the server has closed a connection")
            if key.data is SAY:
                sock.sendall(SAY)


if __name__ == "__main__":
    main()
