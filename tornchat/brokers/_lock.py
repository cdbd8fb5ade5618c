"""One server for one file: an advisory lock beside it, which ends with the process however that ends."""

from __future__ import annotations

import asyncio
import fcntl
import os
from pathlib import Path
from time import monotonic

from tornchat.errors import ConfigError

RETRY_SECONDS = 0.1


class Lock:
    """`<file>.lock`. The file stays; what counts is who holds it (flock(2))."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file: int | None = None

    async def take(self, patience: float) -> None:
        """Wait up to `patience` seconds for another server to end, as at a restart.

        Raises:
            ConfigError: it does not end, or the lock's file cannot be made.
        """
        deadline = monotonic() + patience
        try:
            name = self._path.with_name(f"{self._path.name}.lock")
            file = os.open(name, os.O_CREAT | os.O_RDONLY | os.O_CLOEXEC, 0o644)
        except OSError as error:
            raise ConfigError(
                f"{self._path} cannot be locked ({error.strerror})",
                "see that its folder exists and may be written to"
                " (sqlite:///name.db is in the present folder, sqlite:////folder/name.db is absolute)",
            ) from None
        while True:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if monotonic() >= deadline:
                    os.close(file)
                    raise ConfigError(
                        f"{self._path} is in use by another server",
                        "stop that one; several servers on one history need Redis, not a file",
                    ) from None
                await asyncio.sleep(RETRY_SECONDS)
        self._file = file

    def release(self) -> None:
        """Let the next one have it."""
        if self._file is not None:
            os.close(self._file)
            self._file = None
