"""argv in, exit code out."""

from __future__ import annotations

import asyncio
import logging
import os
import sys

from tornchat import config, server
from tornchat.errors import ConfigError
from tornchat.event import clean


class _Formatter(logging.Formatter):
    """Control characters in what clients send (a path, a header) do not reach the terminal."""

    def formatMessage(self, record: logging.LogRecord) -> str:
        return clean(super().formatMessage(record)).replace("\n", " ")


def main() -> int:
    """Run the server. Returns 0 after a drain, 2 if it cannot start."""
    try:
        options = config.load(sys.argv[1:], os.environ)
        handler = logging.StreamHandler()
        handler.setFormatter(_Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s"))
        logging.basicConfig(level=options.log_level.upper(), handlers=[handler])
        asyncio.run(server.serve(options))
    except ConfigError as error:
        print(f"tornchat: {error}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
