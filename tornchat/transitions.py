"""When somebody is to be told: an event goes in, and a text comes out if something failed or recovered.

Pure. The texts are in the markup of Slack, which Mattermost, Rocket.Chat and Google Chat read too.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from tornchat.event import Event, clean

MAX_KEYS = 10_000  # of which the last status is remembered; those unheard of for longest go first
MAX_CHARACTERS = 200  # of each part of a text
WELL, WARNING = "well", "warning"
NUMBERS = ("cpu", "mem", "swap", "disk")


@dataclass(frozen=True, slots=True)
class Sight:
    """One thing's state at one time."""

    key: tuple[str, ...]
    state: str  # WELL, or what is the matter
    text: str  # what to say if that is news
    at: str = ""  # if known: what is older than what was seen before is no news


class Transitions:
    """Remembers what was seen last, so that each change is told once.

    Nothing is told of what is well when first seen; what is not well then is told.
    """

    def __init__(self) -> None:
        self._seen: dict[tuple[str, ...], Sight] = {}

    def text(self, event: Event) -> str | None:
        """What to tell of this event, or None."""
        texts = [sight.text for sight in _sights(event) if self._is_news(sight)]
        return "\n".join(texts) or None

    def _is_news(self, sight: Sight) -> bool:
        before = self._seen.pop(sight.key, None)
        if before and sight.at and sight.at < before.at:
            self._seen[sight.key] = before
            return False
        self._seen[sight.key] = sight
        if len(self._seen) > MAX_KEYS:
            del self._seen[next(iter(self._seen))]
        state = before.state if before else WELL
        if sight.state == WELL:
            return state not in (WELL, WARNING)  # that a warning is over needs nobody's attention
        return sight.state != state


def _sights(event: Event) -> Iterator[Sight]:
    match event.type:
        case "run":
            yield from _pipeline(event.data)
        case "check":
            yield from _check(event.data)
        case "host":
            yield from _host(event.data)


def _pipeline(data: Mapping[str, Any]) -> Iterator[Sight]:
    """A finished pipeline. One of the same project that another started is left out: it is that one's part."""
    status = data.get("status")
    if data.get("kind") != "pipeline" or status not in ("failed", "success", "warning") or _is_part(data):
        return
    project, ref, number = _text(data, "project"), _text(data, "ref"), _text(data, "number")
    # On GitHub each workflow is a pipeline of its own, and its name says which; GitLab's name is a title.
    name = "" if data.get("source") == "gitlab" else _text(data, "name")
    subject = _link(" ".join(filter(None, (project, name, number))), data.get("url"))
    place = f" on {ref}" if ref else ""
    at = str(data.get("finished_at", ""))
    key = ("run", str(data.get("source")), project, ref, name)
    if status == "failed":
        title, author = _text(data, "title"), _text(data, "author")
        what = f": {title}" if title else ""
        who = f" ({author})" if author else ""
        yield Sight(key, "failed", f"🔴 {subject} failed{place}{what}{who}", at)
    else:
        yield Sight(key, WELL, f"🟢 {subject} succeeds again{place}", at)


def _check(data: Mapping[str, Any]) -> Iterator[Sight]:
    name, error = _text(data, "check"), _text(data, "error")
    key = ("check", name)
    match data.get("status"):
        case "down":
            yield Sight(
                key, "down", f"🔴 {name} is down: {error or 'no reason is known'} ({_text(data, 'target')})"
            )
        case "up" if error:
            yield Sight(key, WARNING, f"🟡 {name} is up, but {error}")
        case "up":
            yield Sight(key, WELL, f"🟢 {name} is up again")


def _host(data: Mapping[str, Any]) -> Iterator[Sight]:
    """Whether it is there, and if so how it is. Of what lies between (stale, a warning) nothing is told."""
    name, state, level = _text(data, "host"), data.get("state"), data.get("level")
    if state == "offline":
        yield Sight(("host", name), "offline", f"🔴 {name} is offline, last seen {_text(data, 'seen_at')}")
    if state != "live":
        return
    yield Sight(("host", name), WELL, f"🟢 {name} is live again")
    if level == "critical":
        known = [
            f"{number} {data[number]:.0f} %" for number in NUMBERS if isinstance(data.get(number), int | float)
        ]
        yield Sight(("level", name), "critical", f"🔴 {name} is critical: {', '.join(known)}")
    if level == "ok":
        yield Sight(("level", name), WELL, f"🟢 {name} is ok again")


def _is_part(data: Mapping[str, Any]) -> bool:
    """Whether the parent is of the same instance and project; a key is source|instance|project|kind|id."""
    return str(data.get("parent", "")).split("|")[:3] == str(data.get("key")).split("|")[:3]


def _text(data: Mapping[str, Any], name: str) -> str:
    """One field in one line, short, and without Slack's control characters."""
    line = " ".join(clean(str(data.get(name, ""))).split())
    return escape(line if len(line) <= MAX_CHARACTERS else f"{line[: MAX_CHARACTERS - 1]}…")


def escape(text: str) -> str:
    """What Slack asks for: `<!channel>` in a commit's title must call nobody."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _link(text: str, url: object) -> str:
    if not isinstance(url, str) or not url.startswith(("http://", "https://")):
        return text
    return f"<{escape(url).replace('|', '%7C')}|{text}>"
