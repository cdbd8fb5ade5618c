"""Fixtures: an application on real sockets for each test, and a server process where one is needed."""

from __future__ import annotations

import asyncio
import logging
import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, cast

import pytest
from tornado.ioloop import IOLoop
from tornado.testing import bind_unused_port
from tornado.web import Application

from tests.support import Raw, ServerProcess
from tornchat import engines, plugins
from tornchat.config import Config
from tornchat.engines import Engine, Server
from tornchat.handlers._base import Context
from tornchat.hub import Hub
from tornchat.server import App, make_context, make_hub


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """`needs("curl")` skips a test whose part is missing; with CI=true that is a failure."""
    for item in items:
        for marker in item.iter_markers("needs"):
            missing = [command for command in marker.args if shutil.which(command) is None]
            if missing and not os.environ.get("CI"):
                item.add_marker(pytest.mark.skip(reason=f"not installed: {', '.join(missing)}"))


@pytest.fixture
def io_loop() -> Iterator[IOLoop]:
    """pytest-tornasync's own makes its loop current in a way that Tornado deprecates."""
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    io_loop = IOLoop(asyncio_loop=loop, make_current=False)
    yield io_loop
    while Raw.opened:
        Raw.opened.pop().reset()
    io_loop.run_sync(lambda: asyncio.sleep(0))
    asyncio.set_event_loop(None)
    io_loop.close(all_fds=True)


@pytest.fixture(autouse=True)
def quiet_log(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    """A warning or an error in the log that no test asked for is a failure."""
    yield
    loud = [r.getMessage() for r in caplog.get_records("call") if r.levelno >= logging.WARNING]
    assert loud == []


@pytest.fixture
def config(request: pytest.FixtureRequest) -> Config:
    """The default options, with those of `@pytest.mark.options(name=value)`."""
    marker = request.node.get_closest_marker("options")
    return Config(**(marker.kwargs if marker else {}))


@pytest.fixture
def hub(io_loop: IOLoop, config: Config) -> Iterator[Hub]:
    """A started hub."""
    hub = make_hub(config)
    io_loop.run_sync(hub.start)
    yield hub
    io_loop.run_sync(hub.stop)


@pytest.fixture(params=plugins.names(engines.__name__))
def engine(request: pytest.FixtureRequest) -> str:
    """Whatever talks to a server is tested on all engines."""
    name: str = request.param
    return name


@pytest.fixture
def engine_module(engine: str) -> Engine:
    return cast(Engine, plugins.load(engines.__name__, engine))


@pytest.fixture
def context(io_loop: IOLoop, hub: Hub, config: Config, engine_module: Engine) -> Iterator[Context]:
    context = make_context(hub, config, engine_module)

    async def start() -> None:
        context.duty.start()
        await context.dashboard.loaded()

    io_loop.run_sync(start)
    yield context
    io_loop.run_sync(context.duty.stop)


@pytest.fixture
def app(context: Context) -> Application:
    return App(context)


@pytest.fixture
def http_server(
    io_loop: IOLoop, app: Application, http_server_port: Any, engine_module: Engine, config: Config
) -> Iterator[Server]:
    """The application on our engine; pytest-tornasync's would be a bare HTTPServer."""

    async def start() -> Server:
        return await engine_module.start(app, [http_server_port[0]], config.max_connections or 10_000)

    server = io_loop.run_sync(start)
    yield server
    server.stop_accepting()
    io_loop.run_sync(server.close)


@pytest.fixture
def http_server_port() -> Any:
    return bind_unused_port()


@pytest.fixture
def port(http_server: Server, http_server_port: Any) -> int:
    """Where the application of this test listens."""
    number: int = http_server_port[1]
    return number


@pytest.fixture
def start_server(tmp_path: Path, engine: str) -> Iterator[Callable[..., ServerProcess]]:
    """Starts server processes, and ends them after the test."""
    servers: list[ServerProcess] = []

    def start(*flags: str, **options: Any) -> ServerProcess:
        server = ServerProcess(f"--engine={engine}", *flags, log=tmp_path / "server.log", **options)
        servers.append(server)
        return server

    yield start
    for server in servers:
        server.stop()


@pytest.fixture
def node_exporter() -> Iterator[str]:
    """A real one; its host:port."""
    socket, port = bind_unused_port()
    socket.close()
    address = f"127.0.0.1:{port}"
    exporter = subprocess.Popen(
        ["prometheus-node-exporter", f"--web.listen-address={address}"],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    yield address
    exporter.terminate()
    exporter.wait()
