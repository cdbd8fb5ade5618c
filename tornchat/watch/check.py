"""What one check is, what an attempt found, and when that is a change of status.

    unknown ──ok──▶ up ◀──ok── pending ──failures──▶ down ──successes──▶ up
       └────────────┴───fail──────▲

Pure: no sockets, no clock. A moment (`now`) is in seconds since 1970, and the caller's.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, get_args
from urllib.parse import urlsplit

from tornchat.event import rfc3339

Kind = Literal["http", "tcp", "heartbeat"]
Status = Literal["up", "pending", "down", "unknown"]
Report = tuple[dict[str, object], bool]  # the data of a `check` event, and whether it is a change, so kept


def _field(default: Any, least: float, *, most: float = 1e9) -> Any:
    return field(default=default, metadata={"least": least, "most": most})


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One check, as the operator defines it. Times are in seconds."""

    name: str  # the key: no two checks share it
    kind: Kind
    group: str = ""
    target: str = field(default="", repr=False)  # http: a URL, tcp: host:port. It may hold a password: see `shown`
    interval: float = _field(10.0, 0.1)
    timeout: float = _field(5.0, 0.1)
    failures: int = _field(3, 1)  # in a row, until it is down
    successes: int = _field(2, 1)  # in a row, until what was down is up
    method: str = "GET"
    status: range = range(200, 300)  # the codes that are well
    contains: str = ""  # text that must be in the first MiB of the body
    redirects: bool = False  # whether they are followed
    tls_days: int = _field(14, 0)  # a certificate that ends in fewer is a warning
    token: str = field(default="", repr=False)
    period: float = _field(0.0, 1)  # from one ping to the next
    grace: float = _field(60.0, 1)  # how late a ping may be, and how long it may take from start to end

    @property
    def shown(self) -> str:
        """What is checked, for everybody to see: a URL goes without user, password, query and fragment."""
        if self.kind == "heartbeat":
            return f"a ping every {self.period:g} s"
        if self.kind == "tcp":
            return self.target
        url = urlsplit(self.target)
        return f"{url.scheme}://{url.netloc.rpartition('@')[2]}{url.path}"


@dataclass(frozen=True, slots=True)
class Result:
    """What one attempt found."""

    ok: bool
    error: str = ""  # short, and without secrets
    code: int | None = None  # the HTTP status
    latency: float | None = None  # seconds, where there was an answer
    days_left: int | None = None  # whole days until the TLS certificate ends


class State:
    """Where one check stands.

    Args:
        check: its definition.
        last: the data of its last event, so that a restart is no change and the time of it is kept.
    """

    def __init__(self, check: Check, last: Mapping[str, object] | None = None) -> None:
        self.check = check
        self.status: Status = "unknown"
        self._since = ""
        self._warned = False
        self._failures = self._successes = 0  # in a row
        if last and last.get("kind") == check.kind and last.get("status") in get_args(Status):
            self.status = last["status"]  # type: ignore[assignment] # the line above has looked
            self._since = str(last.get("since", ""))
            self._warned = self.status == "up" and bool(last.get("error"))

    def found(self, result: Result, now: float) -> Report:
        """An attempt has ended: what to tell of it, by the thresholds of failures and successes."""
        check, error = self.check, result.error
        if not result.ok:
            self._failures, self._successes = self._failures + 1, 0
            is_down = self.status == "down" or self._failures >= check.failures
            return self.becomes("down" if is_down else "pending", now, result, error)
        self._failures, self._successes = 0, self._successes + 1
        if self.status == "down" and self._successes < check.successes:
            return self.becomes("down", now, result, f"well again, {self._successes} of {check.successes} times")
        if result.days_left is not None and result.days_left < check.tls_days:
            error = f"days until the certificate ends: {result.days_left}"
        return self.becomes("up", now, result, error)

    def becomes(self, status: Status, now: float, result: Result, error: str = "") -> Report:
        """`status` from now on. What is up may have an `error` too: a warning, whose first is a change."""
        warned = status == "up" and bool(error)
        changed = (status, warned) != (self.status, self._warned)
        if status != self.status or not self._since:
            self._since = rfc3339(now)
        self.status, self._warned = status, warned
        latency = None if result.latency is None else round(result.latency, 4)
        known = {
            "group": self.check.group or None,
            "latency": latency,
            "code": result.code,
            "error": error or None,
            "days_left": result.days_left,
        }
        data: dict[str, object] = {
            "check": self.check.name,
            "kind": self.check.kind,
            "target": self.check.shown,
            "status": status,
            **{name: value for name, value in known.items() if value is not None},
            "checked_at": rfc3339(now),
            "since": self._since,
        }
        return data, changed
