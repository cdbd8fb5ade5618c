"""What a terminal reads of a run, a host and a check: one line, or nothing.

Anything may be absent, or of another type since it may come from another version: then it is not said.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tornchat.event import Event

_SIGNS = {
    "success": "✓",
    "failed": "✗",
    "running": "▶",
    "warning": "!",
    "waiting": "‖",
    "queued": "·",
    "cancelled": "⊘",
    "skipped": "»",
    "up": "✓",
    "down": "✗",
    "pending": "!",
}
_MOST_FAILED = 3

Data = Mapping[str, Any]


def run(event: Event) -> str:
    """`✗ shop/web main #812 failed test:unit 2m41s https://…`; empty without a project or a status."""
    data = event.data
    if not (_text(data, "project") and _text(data, "status")):
        return ""
    match data.get("kind"):
        case "pipeline":
            return _join(_sign(data), _name(data, "name"), _outcome(data), _failed_jobs(data), _end(data))
        case "job":
            job = ":".join(filter(None, (_text(data, "stage"), _text(data, "name"))))
            return _join(_sign(data), _name(data), "job", job, _outcome(data), _text(data, "reason"), _end(data))
        case "deployment":
            place = _text(data, "environment") or _text(data, "name")
            status = _text(data, "status")
            return _join(_sign(data), _text(data, "project"), "→", place, status, _text(data, "reason"), _end(data))
        case "push":
            return _join("↑", _name(data), "pushed", _by(data), _text(data, "title"), _end(data))
        case "tag":
            return _join("↑", _text(data, "project"), "tag", _called(data), _by(data), _end(data))
        case "release":
            return _join("★", _text(data, "project"), "release", _called(data), _by(data), _end(data))
        case "check":
            return _join(_sign(data), _name(data), "check", _text(data, "name"), _outcome(data), _end(data))
        case kind:
            return _join(
                _sign(data), _name(data), kind if isinstance(kind, str) else "", _outcome(data), _end(data)
            )


def host(event: Event) -> str:
    """`! host web1 warning cpu 93% mem 40% disk 71%`. A sample without id is not said: another comes in seconds."""
    data, state = event.data, _text(event.data, "state")
    if not (event.id and _text(data, "host") and state):
        return ""
    if state != "live":
        seen = f"last seen {_text(data, 'seen_at')}" if _text(data, "seen_at") else ""
        return _join("!" if state == "stale" else "✗", "host", _text(data, "host"), state, seen)
    level = _text(data, "level")
    sign = {"warning": "!", "critical": "✗"}.get(level, "✓")
    percents = {name: _number(data, name) for name in ("cpu", "mem", "swap", "disk")}
    numbers = [f"{name} {percent:.0f}%" for name, percent in percents.items() if percent is not None]
    word = level if level not in ("", "ok") else "live"
    return _join(sign, "host", _text(data, "host"), word, *numbers, _load(data))


def check(event: Event) -> str:
    """`✗ check shop down 503 Service Unavailable https://…`. A result without id is no change, and not said."""
    data = event.data
    if not (event.id and _text(data, "check") and _text(data, "status")):
        return ""
    latency = _number(data, "latency")
    took = "" if latency is None else f"{latency * 1000:.0f}ms"
    said = _text(data, "code"), _text(data, "error"), took, _text(data, "target")
    sign = "!" if data["status"] == "up" and _text(data, "error") else _sign(data)  # up with a warning
    return _join(sign, "check", _text(data, "check"), _text(data, "status"), *said)


def _join(*words: str) -> str:
    return " ".join(filter(None, words))


def _sign(data: Data) -> str:
    return _SIGNS.get(_text(data, "status"), "?")


def _name(data: Data, *more: str) -> str:
    """Project, ref and what tells it from others of them."""
    number, attempt = _text(data, "number"), _number(data, "attempt")
    again = f"attempt {attempt:.0f}" if attempt is not None and attempt > 1 else ""
    words = [_text(data, field) for field in ("project", "ref", *more)]
    return _join(*words, f"#{number}" if number else "", again)


def _called(data: Data) -> str:
    return _text(data, "name") or _text(data, "ref") or _text(data, "number")


def _by(data: Data) -> str:
    return f"by {_text(data, 'author')}" if _text(data, "author") else ""


def _outcome(data: Data) -> str:
    words = {"success": "passed", "warning": "passed with warnings"}
    if data.get("kind") == "job" and data.get("status") == "warning":
        return "failed (allowed)"
    return words.get(_text(data, "status"), _text(data, "status"))


def _end(data: Data) -> str:
    return _join(_duration(data), _text(data, "url"))


def _failed_jobs(data: Data) -> str:
    """`test:unit test:lint build +2`"""
    jobs = data.get("jobs")
    if not isinstance(jobs, list) or data.get("status") not in ("failed", "running"):
        return ""
    failed = [job for job in jobs if isinstance(job, Mapping) and job.get("status") == "failed"]
    names = [":".join(filter(None, (_text(job, "stage"), _text(job, "name")))) for job in failed]
    more = f"+{len(names) - _MOST_FAILED}" if len(names) > _MOST_FAILED else ""
    return _join(*names[:_MOST_FAILED], more)


def _duration(data: Data) -> str:
    """`0.4s`, `41s`, `2m41s`, `1h02m`"""
    seconds = _number(data, "duration")
    if seconds is None or seconds < 0:
        return ""
    if seconds < 9.95:
        return f"{seconds:.1f}".removesuffix(".0") + "s"
    minutes, rest = divmod(round(seconds), 60)
    if minutes >= 60:
        return f"{minutes // 60}h{minutes % 60:02d}m"
    return f"{minutes}m{rest:02d}s" if minutes else f"{rest}s"


def _load(data: Data) -> str:
    load, cores = _number(data, "load1"), _number(data, "cores")
    if load is None:
        return ""
    return f"load {load:.1f}" + (f"/{cores:.0f}" if cores is not None else "")


def _text(data: Data, field: str) -> str:
    """The field as text; empty if it is absent or neither text nor a number."""
    value = data.get(field)
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return ""
    return " ".join(str(value).split())


def _number(data: Data, field: str) -> float | None:
    value = data.get(field)
    if isinstance(value, bool) or not isinstance(value, int | float) or not -1e15 < value < 1e15:
        return None
    return value
