"""A real Glances, which writes to what it takes for InfluxDB."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from time import time

import pytest
from tornado.httpserver import HTTPServer
from tornado.ioloop import IOLoop
from tornado.testing import bind_unused_port
from tornado.web import Application, RequestHandler

from tests.support import eventually
from tornchat.watch.agents.influx import written
from tornchat.watch.host import HostEvent
from tornchat.watch.hosts import Hosts

PLUGINS = "cpu,mem,memswap,load,fs,network,uptime,system"
CONFIG = """\
[global]
check_update=False
[influxdb2]
protocol=http
host=127.0.0.1
port={port}
org=any
bucket=any
token=any
"""


class Written(RequestHandler):
    """Keeps what is written."""

    def initialize(self, hosts: Hosts, events: list[HostEvent]) -> None:
        self.hosts = hosts
        self.events = events

    def post(self) -> None:
        readings, error = written(self.request.body, time(), self.get_query_argument("precision"))
        assert error is None, error
        self.events += self.hosts.observe(readings, time())
        self.set_status(204)


class Health(RequestHandler):
    """Glances asks for it before it starts."""

    def get(self) -> None:
        self.write({"status": "pass"})


@pytest.fixture
def events(io_loop: IOLoop) -> Iterator[tuple[int, list[HostEvent]]]:
    """The port of a server that takes lines, and what it has made of them."""
    events: list[HostEvent] = []
    socket, port = bind_unused_port()
    routes = [("/api/v2/write", Written, {"hosts": Hosts(), "events": events}), ("/health", Health)]
    server = HTTPServer(Application(routes))  # type: ignore[arg-type]
    io_loop.run_sync(lambda: _start(server, socket))
    yield port, events
    server.stop()
    io_loop.run_sync(server.close_all_connections)


async def _start(server: HTTPServer, socket: object) -> None:
    server.add_sockets([socket])  # type: ignore[list-item]


@pytest.mark.slow
async def test_glances(events: tuple[int, list[HostEvent]], tmp_path: Path) -> None:
    """With its own configuration and no plug-in of ours, all the numbers come, and can be."""
    port, heard = events
    config = tmp_path / "glances.conf"
    config.write_text(CONFIG.format(port=port))
    glances = subprocess.Popen(
        [
            *(sys.executable, "-m", "glances", "--config", str(config), "--export", "influxdb2", "--quiet"),
            *("--time", "1", "--disable-plugin", "all", "--enable-plugin", PLUGINS),
        ],
        env={"PATH": os.environ["PATH"], "HOME": str(tmp_path)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    wanted = {"cpu", "mem", "load1", "load5", "cores", "disk", "rx", "tx", "uptime", "os"}
    try:
        await eventually(lambda: len(heard) >= 2 and wanted <= heard[-1].data.keys(), within=25)
    finally:
        glances.kill()  # on SIGTERM it waits for the server, which would wait for it
        glances.wait()
    data = heard[-1].data
    assert data["host"] == os.uname().nodename.partition(".")[0]
    assert (data["state"], data["agent"]) == ("live", "glances")
    assert 0 <= data["cpu"] <= 100
    assert 0 < data["mem"] < 100
    assert 0 < data["disk_used"] < data["disk_total"]
    assert data["cores"] == os.cpu_count()
    assert data["uptime"] > 0
