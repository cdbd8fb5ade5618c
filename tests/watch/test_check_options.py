"""What the configuration file may say of checks, and the remedies for what it may not."""

from __future__ import annotations

from typing import Any

import pytest

from tornchat.errors import ConfigError
from tornchat.watch.check import Check
from tornchat.watch.check_options import read

HTTP = {"name": "shop", "kind": "http", "target": "https://u:hush@shop.example/health?key=hush"}
TCP = {"name": "db", "kind": "tcp", "target": "db.internal:5432"}
BEAT = {"name": "backup", "kind": "heartbeat", "token": "hush-hush-hush-hush", "period": 86400}


def test_defaults() -> None:
    """The least that one has to write."""
    assert read([HTTP, TCP, BEAT]) == (
        Check(name="shop", kind="http", target=HTTP["target"], interval=10.0, timeout=5.0, failures=3, successes=2),
        Check(name="db", kind="tcp", target="db.internal:5432"),
        Check(name="backup", kind="heartbeat", token="hush-hush-hush-hush", period=86400.0, grace=60.0),
    )
    assert read([]) == read(()) == ()


def test_all_fields() -> None:
    """All that one can write."""
    fields = {
        "group": "web", "interval": 60, "timeout": 2.5, "failures": 1, "successes": 4, "method": "HEAD",
        "status": "200-399", "contains": "ok", "redirects": True, "tls_days": 0,
    }  # fmt: skip
    assert read([HTTP | fields]) == (
        Check(
            name="shop", kind="http", target=HTTP["target"], group="web", interval=60.0, timeout=2.5, failures=1,
            successes=4, method="HEAD", status=range(200, 400), contains="ok", redirects=True, tls_days=0,
        ),
    )  # fmt: skip


@pytest.mark.parametrize("status", [204, "204", "204-204"])
def test_one_status(status: object) -> None:
    """A number is the commonest case."""
    assert read([HTTP | {"status": status}])[0].status == range(204, 205)


def test_timeout_fits_a_short_interval() -> None:
    """One who only makes the interval shorter need not know of the timeout."""
    assert read([TCP | {"interval": 4}])[0].timeout == 2


@pytest.mark.parametrize("target", ["http://[::1]:80/", "HTTPS://shop.example", "http://127.0.0.1:1/?a=b"])
def test_urls(target: str) -> None:
    """All of these are."""
    assert read([HTTP | {"target": target}])[0].target == target


@pytest.mark.parametrize(
    ("definitions", "error", "remedy"),
    [
        ("x", "checks is no list", "give a list"),
        ([1], "check number 1 is no dict", "write {"),
        ([TCP, {}], "check number 2 has no good name", "1 to 64"),
        ([TCP | {"name": "a\x1b[2J"}], "no good name", "1 to 64"),
        ([TCP | {"name": "x" * 65}], "no good name", "1 to 64"),
        ([TCP, TCP], "two checks are called 'db'", "its own name"),
        ([BEAT, BEAT | {"name": "b"}], "the token of check 'b' is another's too", "secrets.token_urlsafe"),
        ([{"name": "db"}], "check 'db': kind is None", "use one of http, tcp, heartbeat"),
        ([TCP | {"kind": "tpc"}], "check 'db': kind is 'tpc'", "did you mean tcp?"),
        ([HTTP | {"intervall": 1}], "check 'shop': http has no field 'intervall'", "did you mean interval?"),
        ([TCP | {"contains": "x"}], "check 'db': tcp has no field 'contains'", "there are name, kind,"),
        ([TCP | {1: "x"}], "tcp has no field 1", "there are name"),
        ([{"name": "db", "kind": "tcp"}], "target is missing", "give its target"),
        ([{"name": "b", "kind": "heartbeat", "period": 1}], "token is missing", "secrets.token_urlsafe"),
        ([BEAT | {"token": "hush"}], "token is not 16 to 128", "secrets.token_urlsafe"),
        ([TCP | {"interval": "10"}], "interval is of another type", "it must be a number"),
        ([TCP | {"failures": 2.5}], "failures is of another type", "it must be a whole number"),
        ([TCP | {"failures": True}], "failures is of another type", "it must be a whole number"),
        ([HTTP | {"redirects": 1}], "redirects is of another type", "it must be True or False"),
        ([HTTP | {"target": 1}], "target is of another type", "it must be text"),
        ([TCP | {"failures": 0}], "failures is 0", "it must be 1 to 1e+09"),
        ([TCP | {"interval": float("nan")}], "interval is nan", "it must be 0.1 to"),
        ([TCP | {"timeout": 10}], "timeout is 10", "it must be shorter than the interval, 10"),
        ([HTTP | {"status": "299-200"}], "status is '299-200'", "write 204"),
        ([HTTP | {"status": 99}], "status is '99'", "write 204"),
        ([HTTP | {"method": "DELETE"}], "method is 'DELETE'", "use one of GET, HEAD"),
    ],
)
def test_refused(definitions: Any, error: str, remedy: str) -> None:
    """Which check, what is wrong, what to do; a secret is never repeated."""
    with pytest.raises(ConfigError) as caught:
        read(definitions)
    assert error in caught.value.error
    assert remedy in caught.value.remedy
    assert "hush" not in str(caught.value)


@pytest.mark.parametrize(
    "target",
    ["", "shop.example", "ftp://hush", "http://", "http://u:hush@/", "http://hush:99999/", "http://hush:0/",
     "http://[hush/", "http://hush/ x", "http://hush/\n", "http://hüsh/", "http://a..hush/", f"http://{'a' * 64}/"],
)  # fmt: skip
def test_no_url(target: str) -> None:
    """Whatever could not be asked is refused at the start, and not found out at night."""
    with pytest.raises(ConfigError, match="check 'shop': target is no URL") as caught:
        read([HTTP | {"target": target}])
    assert "hush" not in str(caught.value)


@pytest.mark.parametrize(
    "target", ["", "db", "db:", ":5432", "db:x", "db:0", "u@db:1", "db:1/x", "db:1?", "http://db:1"]
)
def test_no_place(target: str) -> None:
    """The same for host:port."""
    with pytest.raises(ConfigError, match="check 'db': target is no host:port"):
        read([TCP | {"target": target}])
