"""The board: events of runs, hosts and checks, folded into the last known state.

Pure: no Tornado, no sockets, no clock but the `now` that is passed in. What is known of a project does not depend
on the order in which observations of its runs come, nor on repeats: see `_merge.py` and `_project.py`.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, Self

from tornchat.board import _believed, _vitals
from tornchat.board._merge import Fields, worst
from tornchat.board._project import Project
from tornchat.board._show import show
from tornchat.event import Event

MAX_PROJECTS, MAX_HOSTS, MAX_CHECKS = 2000, 200, 500  # what changed longest ago goes first

Change = tuple[dict[str, Any], int, str, Any]  # among what, at most how many, which, and the new value


class Board:
    """What is known now. What it returns shares parts with it, and is not to be changed."""

    def __init__(self) -> None:
        # Each in the order of the last change.
        self._projects: dict[str, Project] = {}
        self._hosts: dict[str, Fields] = {}
        self._checks: dict[str, Fields] = {}
        # Of a project, until it changes: a server has many, of which few change between two looks.
        self._shown: dict[str, Fields] = {}
        self._json: dict[str, bytes] = {}

    def apply(self, event: Event) -> bool:
        """Folds in an event; whether that changed anything. A strange one changes nothing, and raises nothing."""
        change = self._change(event)
        if change is None:
            return False
        things, most, name, value = change
        things.pop(name, None)
        things[name] = value
        changed = [name]
        if len(things) > most:
            changed.append(next(iter(things)))
            del things[changed[-1]]
        if things is self._projects:
            for name in changed:
                self._shown.pop(name, None)
                self._json.pop(name, None)
        return True

    def would_change(self, event: Event) -> bool:
        """What `apply` would return, at the same cost: so that a repeat need not even be published."""
        return self._change(event) is not None

    def state(self, now: str) -> dict[str, Any]:
        """All that is known, as JSON has it; `now` becomes its `at`."""
        return {
            "at": now,
            "status": self._status(),
            "projects": {name: self._show(name) for name in sorted(self._projects)},
            "hosts": dict(self._hosts),
            "checks": dict(self._checks),
        }

    def json(self, now: str, id: str) -> bytes:
        """`state(now)` with `id` as JSON, of which only what changed is made anew."""
        head = _dumps({"id": id, "at": now, "status": self._status()})
        projects = b",".join(self._project_json(name) for name in sorted(self._projects))
        rest = _dumps({"hosts": self._hosts, "checks": self._checks})
        return b"".join((head[:-1], b',"projects":{', projects, b"},", rest[1:]))

    def prepare(self) -> Iterator[None]:
        """Makes anew what `json` needs, a project at each step: for a caller who lets others run in between."""
        for name in list(self._projects):
            if name in self._projects and name not in self._json:
                self._project_json(name)
                yield

    def snapshot(self) -> dict[str, Any]:
        """All that a board needs to go on, as JSON has it."""
        return {
            "projects": {name: project.snapshot() for name, project in self._projects.items()},
            "hosts": dict(self._hosts),
            "checks": dict(self._checks),
        }

    @classmethod
    def load(cls, snapshot: dict[str, Any]) -> Self:
        """The board that returned this `snapshot()`."""
        board = cls()
        board._projects = {name: Project.load(project) for name, project in snapshot["projects"].items()}
        board._hosts = dict(snapshot["hosts"])
        board._checks = dict(snapshot["checks"])
        return board

    def _change(self, event: Event) -> Change | None:
        """What the event changes; None where that is nothing."""
        things: dict[str, Any]
        known: Any
        value: Any
        match event.type:
            case "run" if (run := _believed.run(event.data)) is not None:
                things, most, name = self._projects, MAX_PROJECTS, run["project"]
                known = things.get(name, Project())
                value = known.after(run, _believed.jobs(event.data))
            case "host" if (host := _believed.host(event.data)) is not None:
                things, most, name = self._hosts, MAX_HOSTS, host["host"]
                known = things.get(name)
                value = _vitals.host(known, host, event.at)
            case "check" if (check := _believed.check(event.data)) is not None:
                things, most, name = self._checks, MAX_CHECKS, check["check"]
                known = things.get(name)
                value = _vitals.check(known, check, event.at)
            case _:
                return None
        return None if value == known else (things, most, name, value)

    def _status(self) -> str:
        """The worst lamp; what never ended a pipeline has none."""
        shown = (self._show(name) for name in self._projects)
        return worst(project["status"] for project in shown if project["results"])

    def _show(self, name: str) -> Fields:
        if name not in self._shown:
            self._shown[name] = show(name, self._projects[name])
        return self._shown[name]

    def _project_json(self, name: str) -> bytes:
        if name not in self._json:
            self._json[name] = _dumps(name) + b":" + _dumps(self._show(name))
        return self._json[name]


def _dumps(value: object) -> bytes:
    # JSON can spell half a character, which UTF-8 cannot; such a text must not break all looks at the board.
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode(errors="replace")
