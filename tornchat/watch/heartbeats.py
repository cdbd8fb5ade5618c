"""Heartbeats, also called a dead man's switch: a job says that it ran, and its silence is the failure.

`/ping/<token>` says that it ran, `…/start` that it begins, `…/fail` that it failed, and `…/<exit status>`
the one or the other, as healthchecks.io has it. Pure: a moment (`now`) is in seconds since 1970.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from hmac import compare_digest

from tornchat.watch.check import Check, Report, Result, State

WELL = Result(True)


class Heartbeat:
    """One job's pings."""

    def __init__(self, check: Check, now: float, last: Mapping[str, object] | None) -> None:
        self.state = State(check, last)
        self.began: float | None = None  # the first start since the last ping
        self._started = now  # the last start
        self._error = ""  # why it is down
        # What was sent while nobody listened was not heard, so silence counts from now at the earliest.
        self._expected = max(_seconds(last, now) + check.period, now)

    @property
    def deadline(self) -> float:
        """When it counts as silent: `grace` after a ping was due, or after a start that came before that."""
        first = self._expected if self.began is None else min(self._expected, self.began)
        return first + self.state.check.grace

    def start(self, now: float) -> Report:
        """It begins to run, which says nothing of how it ends."""
        self.began = now if self.began is None else self.began
        self._started = now
        return self.state.becomes(self.state.status, now, WELL, self._error)

    def end(self, now: float, error: str) -> Report:
        """It has run, well if there is no `error`. From its start to here is its latency."""
        latency = None if self.began is None else max(0.0, now - self._started)
        self.began = None
        self._expected = now + self.state.check.period
        self._error = error
        return self.state.becomes("down" if error else "up", now, Result(not error, latency=latency), error)

    def silent(self, now: float) -> Report:
        """It has not been heard of in time."""
        check = self.state.check
        self._error = f"no ping within {check.period:g} s and {check.grace:g} s of grace"
        if self.began is not None:
            self._error = f"it started, and did not end within {check.grace:g} s"
        return self.state.becomes("down", now, Result(False), self._error)


class Heartbeats:
    """All heartbeats among `checks`.

    Args:
        checks: those of other kinds are left out.
        now: since when it is listened for pings.
        last: the data of each check's last event, by name, so that a restart forgets nothing.
    """

    def __init__(
        self, checks: Iterable[Check], now: float, last: Mapping[str, Mapping[str, object]] | None = None
    ) -> None:
        known = last or {}
        self._heartbeats = {c.name: Heartbeat(c, now, known.get(c.name)) for c in checks if c.kind == "heartbeat"}

    def ping(self, name: str, verb: str, now: float) -> Report | None:
        """What to tell of a ping to the check called `name`; None if there is no such one.

        Args:
            verb: one for which `is_verb` is true.
        """
        heartbeat = self._heartbeats.get(name)
        if heartbeat is None:
            return None
        match verb:
            case "start":
                return heartbeat.start(now)
            case "":
                return heartbeat.end(now, "")
            case "fail":
                return heartbeat.end(now, "it says that it failed")
        return heartbeat.end(now, f"exit status {int(verb)}" if int(verb) else "")

    def due(self, now: float) -> list[Report]:
        """What to tell of those that have gone silent since the last call."""
        return [h.silent(now) for h in self._heartbeats.values() if h.state.status != "down" and now > h.deadline]


def named_by(token: str, checks: Iterable[Check]) -> str | None:
    """The name of the heartbeat that has this token. All are compared, so that the time it takes says nothing."""
    given = token.encode(errors="replace")
    found = None
    for check in checks:
        if check.kind == "heartbeat" and compare_digest(check.token.encode(), given):
            found = check.name
    return found


def is_verb(text: str) -> bool:
    """What may follow the token in the URL: nothing, `start`, `fail` or an exit status."""
    return text in ("", "start", "fail") or (text.isascii() and text.isdigit() and len(text) <= 3)


def _seconds(last: Mapping[str, object] | None, otherwise: float) -> float:
    """The moment of the last event."""
    try:
        return datetime.fromisoformat(str((last or {}).get("checked_at"))).timestamp()
    except ValueError:
        return otherwise
