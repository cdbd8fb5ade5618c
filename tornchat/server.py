"""Puts the parts together, and takes them apart in the right order: the only file that knows all."""

from __future__ import annotations

import asyncio
import logging
import os
import resource
import signal
import socket
from collections.abc import Callable, Sequence
from time import monotonic
from typing import Any, cast

from tornado.escape import url_unescape
from tornado.httputil import HTTPMessageDelegate, HTTPServerRequest
from tornado.web import Application

from tornchat import brokers, engines, formats, handlers, plugins
from tornchat.config import Config
from tornchat.dashboard import Dashboard
from tornchat.deliveries import Deliveries
from tornchat.duty import Duty
from tornchat.engines import BACKLOG, Engine, Server
from tornchat.errors import ConfigError
from tornchat.handlers._base import BaseHandler, Context, NotFoundHandler, log_request
from tornchat.handlers._body import BoundedBody
from tornchat.hub import Hub

logger = logging.getLogger(__name__)

RESERVED_DESCRIPTORS = 50  # for files and listening sockets

# A peer that vanished without a word is gone within a minute. TCP_USER_TIMEOUT ends a connection with
# unacknowledged bytes; on an idle one only keepalive probes make such bytes.
SOCKET_OPTIONS = {"TCP_USER_TIMEOUT": 30_000, "TCP_KEEPIDLE": 20, "TCP_KEEPINTVL": 10}


def make_hub(config: Config) -> Hub:
    """The hub on the broker that the options name, not started."""
    every = dict.fromkeys(plugins.names(formats.__name__), config.heartbeat)
    every["plain"] = config.heartbeat_plain
    return Hub(
        brokers.from_url(config),
        write_timeout=config.write_timeout,
        heartbeats={formats.named(name): seconds for name, seconds in every.items()},
    )


def make_context(hub: Hub, config: Config, engine: Engine) -> Context:
    """What the handlers work with, not started."""
    dashboard = Dashboard(hub)
    return Context(hub, dashboard, Deliveries(hub), Duty(hub, dashboard, config), config, engine.hold)


class App(Application):
    """All URLs, each with the handler that its file in `handlers/` brings, and with bounded bodies."""

    def __init__(self, context: Context) -> None:
        super().__init__(cross_origin_protection=True, log_function=log_request)
        self._context = context
        routes = [r for n in plugins.names(handlers.__name__) for r in plugins.load(handlers.__name__, n).routes]
        self._files: dict[str, type[BaseHandler]] = dict(routes)
        self._folders: dict[str, type[BaseHandler]] = {
            path[1:-1]: self._files.pop(path) for path, _ in routes if path != "/" and path.endswith("/")
        }

    def find_handler(self, request: HTTPServerRequest, **kwargs: Any) -> HTTPMessageDelegate:  # type: ignore[override]
        """A look-up: Tornado's router tries a list of patterns, which took a tenth of a request's time.

        A route that ends with a slash stands for all below it; the rest of the path is the handler's argument.
        """
        context, rest, arguments = self._context, "", []
        handler = self._files.get(request.path)
        if handler is None:
            folder, slash, rest = request.path[1:].partition("/")
            if slash and folder in self._folders:
                handler, arguments = self._folders[folder], [url_unescape(rest, encoding=None, plus=False)]
        handler = handler or NotFoundHandler
        inner = self.get_handler_delegate(request, handler, {"context": context}, arguments)
        limit = handler.max_body_bytes(context.config, rest)
        return BoundedBody(self, inner, request, context, limit=limit, takes_gzip=handler.takes_gzip)


def count_processes(config: Config) -> int:
    """How many processes are to share the port.

    Raises:
        ConfigError: more than one are wanted, and the broker is each one's own.
    """
    if config.processes != 1 and not brokers.from_url(config).shared:
        raise ConfigError(
            f"processes is {config.processes}, and {brokers.scheme(config)}:// is of one process alone",
            'let them share a Redis, broker = "redis://…", or set processes to 1',
        )
    return config.processes or len(os.sched_getaffinity(0))


def greet(sockets: Sequence[socket.socket]) -> None:
    """Say that it runs, and what to type."""
    port = sockets[0].getsockname()[1]
    print(f"tornchat listens on port {port}. Type: curl -N localhost:{port}/listen", flush=True)


async def serve(
    config: Config, sockets: Sequence[socket.socket], ready: Callable[[], None], parent: int | None = None
) -> None:
    """Serve until SIGTERM or SIGINT, then drain. A second signal ends the process at once.

    Args:
        sockets: what `bind` returned.
        ready: called once it serves.
        parent: a descriptor that becomes readable when the process is to stop.

    Raises:
        ConfigError: the broker cannot be opened.
    """
    stop = _stop_by_signal()
    if parent is not None:
        _stop_with(parent, stop)
    max_connections = config.max_connections or _raise_descriptor_limit() - RESERVED_DESCRIPTORS
    engine = cast(Engine, plugins.load(engines.__name__, config.engine))
    hub = make_hub(config)
    context = make_context(hub, config, engine)
    app = App(context)
    if not await _started(hub, stop):
        return
    context.duty.start()
    server = await engine.start(app, sockets, max_connections)
    ready()
    await stop.wait()
    await drain(context, server)


async def _started(hub: Hub, stop: asyncio.Event) -> bool:
    """Start the hub, unless a stop comes first: the broker may have to wait for its store."""
    starting = asyncio.create_task(hub.start())
    stopping = asyncio.create_task(stop.wait())
    await asyncio.wait({starting, stopping}, return_when=asyncio.FIRST_COMPLETED)
    stopping.cancel()
    if not starting.done():
        starting.cancel()
        return False
    await starting
    return True


def bind(config: Config) -> list[socket.socket]:
    """Listening sockets on all addresses, with one port. A machine without IPv6 goes without `::1`.

    Raises:
        ConfigError: the port is in use, or the address is not of this machine.
    """
    sockets: list[socket.socket] = []
    port = config.port
    for address in config.address:
        try:
            for family, _, _, _, place in socket.getaddrinfo(address, None, type=socket.SOCK_STREAM):
                sock = socket.create_server((place[0], port), family=family, backlog=BACKLOG)
                sock.setblocking(False)
                sockets.append(sock)
                port = sock.getsockname()[1]
        except OSError as error:
            if address == "::1" and sockets and not _has_ipv6():
                continue
            for sock in sockets:
                sock.close()
            number = error.errno or 0  # that of getaddrinfo is negative, and has its own text
            reason = os.strerror(number) if number > 0 else error.strerror
            raise ConfigError(
                f"cannot listen on {address} port {port} ({reason})",
                "end what uses it, or give another --port or --address",
            ) from None
    if not sockets:
        raise ConfigError("address is empty", "give one, such as 127.0.0.1")
    for sock in sockets:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        for name, value in SOCKET_OPTIONS.items():
            if hasattr(socket, name):  # accepted sockets inherit them
                sock.setsockopt(socket.IPPROTO_TCP, getattr(socket, name), value)
    return sockets


async def drain(context: Context, server: Server) -> None:
    """Finish what was begun, end each stream with `bye`, and close all within `drain_seconds`.

    Says in flight get half of the time, so that the streams can still be ended cleanly.
    """
    hub, seconds = context.hub, context.config.drain_seconds
    end = monotonic() + seconds
    logger.info("stopping: %d listeners, %g s at the most", len(hub.clients), seconds)
    context.draining = True
    await asyncio.sleep(0)  # one step of the loop, which accepts what the kernel has already taken
    server.stop_accepting()
    await _until(lambda: not context.in_flight, monotonic() + seconds / 2)
    await context.duty.stop()
    hub.close_clients()
    await _until(lambda: not hub.clients, end)
    await server.close()
    await hub.stop()


async def _until(done: Callable[[], bool], deadline: float) -> None:
    while not done() and monotonic() < deadline:  # noqa: ASYNC110 only a stop waits here
        await asyncio.sleep(0.01)


def _stop_by_signal() -> asyncio.Event:
    """An event that the first SIGTERM or SIGINT sets; the second ends the process."""
    loop = asyncio.get_running_loop()
    stop = asyncio.Event()

    def on_signal(number: signal.Signals) -> None:
        if stop.is_set():
            os._exit(128 + number)
        stop.set()

    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, on_signal, number)
    return stop


def _stop_with(parent: int, stop: asyncio.Event) -> None:
    """Stop too when the process at the other end of the pipe has ended."""
    loop = asyncio.get_running_loop()

    def on_end() -> None:
        loop.remove_reader(parent)
        stop.set()

    loop.add_reader(parent, on_end)


def _has_ipv6() -> bool:
    try:
        with socket.socket(socket.AF_INET6) as probe:
            probe.bind(("::1", 0))
    except OSError:
        return False
    return True


def _raise_descriptor_limit() -> int:
    """One listener is one descriptor; the soft limit of 1024 is a relic of select(). Returns the limit."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    return hard
