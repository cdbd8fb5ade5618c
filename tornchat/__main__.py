"""argv in, exit code out."""

from __future__ import annotations

import asyncio
import logging
import os
import sys
from collections.abc import Callable

from tornchat import config, server
from tornchat.commands import COMMANDS, run
from tornchat.errors import TornchatError
from tornchat.event import clean


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
        options = config.load(argv, os.environ)
        handler = logging.StreamHandler()
        handler.setFormatter(_Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s"))
        logging.basicConfig(level=options.log_level.upper(), handlers=[handler])
        with asyncio.Runner(loop_factory=_loop_factory()) as runner:
            runner.run(server.serve(options))
    except TornchatError as error:
        print(f"tornchat: {error}", file=sys.stderr)
        return 2
    return 0


def _loop_factory() -> Callable[[], asyncio.AbstractEventLoop] | None:
    """uvloop's where it is installed, else asyncio's own."""
    try:
        import uvloop
    except ImportError:
        return None
    return uvloop.new_event_loop


if __name__ == "__main__":
    sys.exit(main())
