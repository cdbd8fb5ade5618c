"""What the command line does besides serving: `history`, `import` and `backup`."""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import re
import sys
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import replace
from pathlib import Path
from time import monotonic
from typing import Any, Protocol, runtime_checkable

from tornchat import brokers
from tornchat.config import Config
from tornchat.errors import BadRequest, ConfigError, TornchatError
from tornchat.event import Event, check_room, is_id, message
from tornchat.formats import ndjson

BATCH_LINES = 1000
HEAD = ("id", "room", "type", "at")
OTHERS = ("run", "host", "check")  # types of events that are kept beside messages
_TIMESTAMP = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", re.ASCII)


@runtime_checkable
class Copying(Protocol):
    """A broker whose store is a file."""

    async def copy_to(self, path: Path) -> None:
        """A consistent copy, also beside a running server."""


async def history(config: Config, arguments: argparse.Namespace) -> None:
    """Print what is kept as NDJSON, beside a running server too.

    Raises:
        TornchatError: an argument is wrong, or the history cannot be read.
    """
    rooms = frozenset(map(check_room, arguments.room)) or None
    if arguments.since is not None and not is_id(arguments.since):
        raise BadRequest("--since is no id", "give one that the stream or this command printed")
    broker = brokers.from_url(config)
    await broker.look()
    try:
        after = arguments.since or await broker.before(rooms)
        progress = Progress(_sequence(broker.cursor) - _sequence(after))
        while events := await broker.page(after, rooms):
            sys.stdout.buffer.write(b"".join(map(ndjson.encode, events)))
            progress.show(progress.total - (_sequence(broker.cursor) - _sequence(events[-1].id)))
            after = events[-1].id
        sys.stdout.buffer.flush()
        progress.end()
    finally:
        await broker.stop()


async def import_(config: Config, arguments: argparse.Namespace) -> None:
    """Read what `history` printed from standard input, and keep it anew, with its times. The server must not run.

    Raises:
        TornchatError: a line is no message; what is before it is kept. Or the broker cannot be opened.
    """
    broker = brokers.from_url(config)
    await broker.start(lambda events: None)
    source = sys.stdin.buffer
    progress = Progress(os.fstat(source.fileno()).st_size)
    kept = 0
    batch: list[Event] = []
    try:
        for number, line in enumerate(source, start=1):
            if line.strip():
                try:
                    batch.append(_event(line, config))
                except TornchatError as error:
                    await broker.publish(batch)
                    raise BadRequest(
                        f"line {number}: {error.error}", f"the {kept + len(batch)} messages before it are kept"
                    ) from None
            if len(batch) >= BATCH_LINES:
                await broker.publish(batch)
                kept += len(batch)
                batch = []
            progress.add(len(line))
        await broker.publish(batch)
        progress.end()
        print(f"{kept + len(batch)} messages are kept", file=sys.stderr)
    finally:
        await broker.stop()


async def backup(config: Config, arguments: argparse.Namespace) -> None:
    """Copy the broker's file, beside a running server too; a plain copy of it would not be consistent.

    Raises:
        TornchatError: the broker has no file, or it cannot be copied.
    """
    broker = brokers.from_url(config)
    await broker.look()
    try:
        if not isinstance(broker, Copying):
            raise ConfigError(f"{brokers.scheme(config)}:// has no file", "print it with `history`")
        if arguments.file.exists():
            raise ConfigError(f"{arguments.file} exists", "name a file that does not")
        await broker.copy_to(arguments.file)
    finally:
        await broker.stop()


COMMANDS: dict[str, Callable[[Config, argparse.Namespace], Coroutine[Any, Any, None]]] = {
    "history": history,
    "import": import_,
    "backup": backup,
}


def parse(command: str, argv: Sequence[str]) -> tuple[argparse.Namespace, list[str]]:
    """The command's own arguments, and the rest, which are options."""
    parser = argparse.ArgumentParser(prog=f"python -m tornchat {command}", allow_abbrev=False)
    parser.description = f"{COMMANDS[command].__doc__}".partition("\n")[0]
    parser.epilog = "Options are those of `python -m tornchat --help`; --config is the most useful."
    if command == "history":
        parser.add_argument("--room", action="append", default=[], help="may be repeated; default: all")
        parser.add_argument("--since", metavar="ID", help="what came after it; default: all that is kept")
    if command == "backup":
        parser.add_argument("file", type=Path, help="the copy to make")
    return parser.parse_known_args(argv)


class Progress:
    """A bar on a terminal, for what takes longer than a second."""

    WIDTH = 40

    def __init__(self, total: int) -> None:
        self.total = total
        self._done = 0
        self._shown_at = monotonic()
        self._shown = False

    def add(self, done: int) -> None:
        """So much more is done."""
        self.show(self._done + done)

    def show(self, done: int) -> None:
        """So much is done in all."""
        self._done = done
        if self.total <= 0 or monotonic() - self._shown_at < 1 or not sys.stderr.isatty():
            return
        part = min(1.0, done / self.total)
        bar = "#" * round(part * self.WIDTH)
        print(f"\r[{bar:{self.WIDTH}}] {part:4.0%}", end="", file=sys.stderr, flush=True)
        self._shown, self._shown_at = True, monotonic()

    def end(self) -> None:
        """Leave the line, if it was used."""
        if self._shown:
            print(f"\r[{'#' * self.WIDTH}] 100%", file=sys.stderr)


def _event(line: bytes, config: Config) -> Event:
    try:
        fields = json.loads(line)
    except ValueError:
        raise BadRequest("it is not JSON", "") from None
    if not isinstance(fields, dict) or fields.get("type") not in ("message", *OTHERS):
        raise BadRequest("it is no message", "")
    if fields["type"] == "message":
        event = message(fields, max_bytes=config.max_message_bytes)
    else:
        data = {name: value for name, value in fields.items() if name not in HEAD}
        event = Event(check_room(str(fields.get("room"))), fields["type"], data)
    at = fields.get("at")
    return replace(event, at=at) if isinstance(at, str) and _TIMESTAMP.fullmatch(at) else event


def _sequence(id: str) -> int:
    return int(id.rpartition("-")[2])


def run(command: str, argv: Sequence[str], load: Callable[[Sequence[str]], Config]) -> None:
    """Parse and do it.

    Raises:
        TornchatError: see the command.
    """
    arguments, rest = parse(command, argv)
    asyncio.run(COMMANDS[command](load(rest), arguments))
