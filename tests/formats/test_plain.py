"""Plain text, to the byte."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given

from tests.formats.test_contract import NAMES, TEXT
from tornchat.event import Event, message
from tornchat.formats import plain


@pytest.mark.parametrize(
    ("event", "line"),
    [
        (message({"name": "Florian", "message": "hi"}, max_bytes=9), "Florian hi\r\n"),
        (message({"name": "a\nb", "message": "1\n2\t3\r\n"}, max_bytes=9), "a ⏎ b 1 ⏎ 2 3 ⏎ \r\n"),
        (Event("", "ready", {"rooms": ["*"], "retry": 1}, "e-1"), ""),
        (Event("", "gap", {"missed": 12}, "e-1"), "* gap: 12 messages are no longer kept\r\n"),
        (Event("", "gap", {"missed": None}, "e-1"), "* gap: some messages are no longer kept\r\n"),
        (
            Event("", "reset", {}, "e-1"),
            "* reset: the history that you ask for is not here; this is live from now on\r\n",
        ),
        (Event("", "bye", {"reason": "shutdown"}), "* bye: shutdown\r\n"),
    ],
)
def test_bytes(event: Event, line: str) -> None:
    """Exactly these."""
    assert plain.encode(event) == line.encode()


URL = "https://ci.example.com/812"
MAIN = {"project": "shop/web", "ref": "main"}
FAILED = [{"name": name, "stage": "test", "status": "failed"} for name in ("unit", "lint", "ui", "load", "api")]
GOOD = {"name": "compile", "stage": "build", "status": "success"}


def runs(kind: str, status: str, **known: Any) -> Event:
    return Event("ci", "run", {"kind": kind, **MAIN, "status": status} | known, "e-1")


def pipeline(status: str, **known: Any) -> Event:
    return runs("pipeline", status, number="812", url=URL, **known)


def hosts(state: str, id: str = "e-1", **known: Any) -> Event:
    return Event("hosts", "host", {"host": "web1", "state": state} | known, id)


def checks(status: str, id: str = "e-1", **known: Any) -> Event:
    return Event("hosts", "check", {"check": "shop", "status": status} | known, id)


@pytest.mark.parametrize(
    ("event", "line"),
    [
        (
            pipeline("failed", duration=161, jobs=[GOOD, FAILED[0]]),
            f"* ✗ shop/web main #812 failed test:unit 2m41s {URL}",
        ),
        (
            pipeline("failed", duration=161.4, jobs=FAILED),
            f"* ✗ shop/web main #812 failed test:unit test:lint test:ui +2 2m41s {URL}",
        ),
        (pipeline("success", duration=242), f"* ✓ shop/web main #812 passed 4m02s {URL}"),
        (pipeline("warning", duration=3725), f"* ! shop/web main #812 passed with warnings 1h02m {URL}"),
        (pipeline("running"), f"* ▶ shop/web main #812 running {URL}"),
        (pipeline("running", attempt=2, name="CI"), f"* ▶ shop/web main CI #812 attempt 2 running {URL}"),
        (pipeline("running", jobs=FAILED[:1]), f"* ▶ shop/web main #812 running test:unit {URL}"),
        (pipeline("queued"), f"* · shop/web main #812 queued {URL}"),
        (pipeline("waiting"), f"* ‖ shop/web main #812 waiting {URL}"),
        (pipeline("cancelled", duration=0.4), f"* ⊘ shop/web main #812 cancelled 0.4s {URL}"),
        (pipeline("skipped", duration=9), f"* » shop/web main #812 skipped 9s {URL}"),
        (pipeline("exploded", duration=9.97), f"* ? shop/web main #812 exploded 10s {URL}"),
        (Event("ci", "run", {"kind": "pipeline", "project": "p", "status": "failed"}), "* ✗ p failed"),
        (
            runs("job", "failed", stage="test", name="unit", reason="script_failure", duration=41.2, url=URL),
            f"* ✗ shop/web main job test:unit failed script_failure 41s {URL}",
        ),
        (runs("job", "warning", name="lint"), "* ! shop/web main job lint failed (allowed)"),
        (
            runs("deployment", "success", environment="production", url=URL),
            f"* ✓ shop/web → production success {URL}",
        ),
        (
            runs("push", "success", author="Ada", title="Add basket\n\nIt holds", url=URL),
            f"* ↑ shop/web main pushed by Ada Add basket It holds {URL}",
        ),
        (runs("tag", "success", ref="v1.2", author="Ada"), "* ↑ shop/web tag v1.2 by Ada"),
        (runs("release", "success", name="v1.2", url=URL), f"* ★ shop/web release v1.2 {URL}"),
        (runs("check", "success", name="coverage"), "* ✓ shop/web main check coverage passed"),
        (runs("sidecar", "running", project="a\tb\u202e\x1b[2J"), "* ▶ a b\ufffd\ufffd[2J main sidecar running"),
        (Event("ci", "run", {"status": "failed"}, "e-1"), ""),
        (Event("ci", "run", {"project": "p"}, "e-1"), ""),
        (hosts("live", level="ok", cpu=3.4, mem=40), "* ✓ host web1 live cpu 3% mem 40%"),
        (
            hosts("live", level="critical", cpu=99.6, disk=71, load1=7.25, cores=4),
            "* ✗ host web1 critical cpu 100% disk 71% load 7.2/4",
        ),
        (hosts("live", level="warning", load1=3), "* ! host web1 warning load 3.0"),
        (
            hosts("stale", seen_at="2026-11-24T09:00:00.000Z"),
            "* ! host web1 stale last seen 2026-11-24T09:00:00.000Z",
        ),
        (hosts("offline", level="ok", cpu=3), "* ✗ host web1 offline"),
        (hosts("live", id="", level="critical", cpu=99), ""),
        (hosts(""), ""),
        (
            checks(
                "down", code=503, error="Service Unavailable", latency=0.0451, target="https://shop.example.com/"
            ),
            "* ✗ check shop down 503 Service Unavailable 45ms https://shop.example.com/",
        ),
        (checks("up", target="db:5432"), "* ✓ check shop up db:5432"),
        (
            checks("up", error="days until the certificate ends: 6"),
            "* ! check shop up days until the certificate ends: 6",
        ),
        (checks("pending"), "* ! check shop pending"),
        (checks("unknown"), "* ? check shop unknown"),
        (checks("down", id=""), ""),
        (checks(""), ""),
    ],
)
def test_observations(event: Event, line: str) -> None:
    """One line that says what, where, how it ended and where to look. Samples and single results, which come every
    few seconds and have no id, are no lines.
    """
    assert plain.encode(event).decode() == (f"{line}\r\n" if line else "")


@pytest.mark.parametrize(
    "known",
    [
        {"duration": -1},
        {"duration": True},
        {"duration": float("nan")},
        {"jobs": {}, "number": None},
        {"jobs": [None, 3], "ref": ["main"]},
        {"attempt": "2", "author": {}},
    ],
)
def test_a_strange_field_is_not_said(known: dict[str, Any]) -> None:
    """The rest of the line is."""
    data = {"kind": "pipeline", "project": "p", "status": "failed"} | known
    assert plain.encode(Event("ci", "run", data, "e-1")) == "* ✗ p failed\r\n".encode()


@given(text=TEXT, name=NAMES)
def test_never_a_second_line_nor_one_of_the_server(text: str, name: str) -> None:
    """Whatever is said, it is one line, and does not begin as the server's own lines do."""
    line = plain.encode(message({"message": text, "name": name}, max_bytes=10**6)).decode()
    assert len(line.splitlines()) == 1
    assert not line.startswith("* ")
