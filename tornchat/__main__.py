"""argv in, exit code out."""

from __future__ import annotations

import asyncio
import logging
import os
import sys
from collections.abc import Callable

from tornchat import config, server
from tornchat.commands import COMMANDS, run
from tornchat.errors import TornchatError, report
from tornchat.event import clean
from tornchat.processes import Parent


class _Formatter(logging.Formatter):
    """Control characters in what clients send (a path, a header) do not reach the terminal."""

    def formatMessage(self, record: logging.LogRecord) -> str:
        return clean(super().formatMessage(record)).replace("\n", " ")


def main() -> int:
    """Serve, or do what the first word says (see commands.py).

    Returns 0 when it is done, 2 with one sentence if it cannot be.
    """
    argv = sys.argv[1:]
    try:
        if argv and argv[0] in COMMANDS:
            run(argv[0], argv[1:], lambda rest: config.load(rest, os.environ))
            return 0
        return _serve(config.load(argv, os.environ))
    except TornchatError as error:
        return report(error)


def _serve(options: config.Config) -> int:
    process = " [%(process)d]" if options.processes != 1 else ""
    handler = logging.StreamHandler()
    handler.setFormatter(_Formatter(f"%(asctime)s{process} %(levelname)s %(name)s: %(message)s"))
    logging.basicConfig(level=options.log_level.upper(), handlers=[handler])
    count = server.count_processes(options)
    sockets = server.bind(options)

    def work(ready: Callable[[], None], parent: int | None = None) -> None:
        with asyncio.Runner(loop_factory=_loop_factory()) as runner:
            runner.run(server.serve(options, sockets, ready, parent))

    def greet() -> None:
        server.greet(sockets)

    if options.processes == 1:
        work(greet)
        return 0
    return Parent(work, count, sockets, greet, options.drain_seconds).run()


def _loop_factory() -> Callable[[], asyncio.AbstractEventLoop] | None:
    """uvloop's where it is installed, else asyncio's own."""
    try:
        import uvloop
    except ImportError:
        return None
    return uvloop.new_event_loop


if __name__ == "__main__":
    sys.exit(main())
