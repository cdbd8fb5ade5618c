"""Every error that a user can meet, with its HTTP status and its remedy.

    TornchatError
    ├── BadRequest            400  what was sent cannot be understood
    │   └── InvalidEvent      400  an event breaks a rule of event.py or of sources/generic.py
    ├── Unauthorized          401  a secret or a token is missing or wrong
    ├── Forbidden             403  what would allow it is not set here
    ├── NotFound              404
    ├── TooLarge              413
    ├── UnsupportedType       415
    ├── Unavailable           503  the store cannot keep or read now
    └── ConfigError           the process ends with exit code 2

Raised anywhere, translated in one place: `handlers/_base.py` for HTTP, `__main__.py` for the shell.
"""

from __future__ import annotations

import difflib
import sys
from collections.abc import Iterable
from typing import ClassVar

CANNOT_START = 2  # the exit code of a process that was told the impossible


class TornchatError(Exception):
    """What went wrong in one clause, and what to do about it in another."""

    status: ClassVar[int] = 500

    def __init__(self, error: str, remedy: str) -> None:
        super().__init__(f"{error}: {remedy}")
        self.error = error
        self.remedy = remedy


class BadRequest(TornchatError):
    """Raised when a request cannot be understood."""

    status = 400


class InvalidEvent(BadRequest):
    """Raised when an event breaks a rule of event.py or of sources/generic.py."""


class Unauthorized(TornchatError):
    """Raised when a request does not prove to know a secret or a token."""

    status = 401


class Forbidden(TornchatError):
    """Raised when the operator has not set what would allow it."""

    status = 403


class NotFound(TornchatError):
    """Raised when there is nothing at a URL."""

    status = 404


class TooLarge(TornchatError):
    """Raised when a message or a body is longer than its limit."""

    status = 413


class UnsupportedType(TornchatError):
    """Raised when a body has a type that the URL does not take."""

    status = 415


class Unavailable(TornchatError):
    """Raised when the broker cannot do it now; nothing was kept unless the text says so."""

    status = 503


class ConfigError(TornchatError):
    """Raised when the server cannot start with the options that it was given."""


def report(error: TornchatError) -> int:
    """Say on the terminal why the process ends. Returns its exit code."""
    print(f"tornchat: {error}", file=sys.stderr)
    return CANNOT_START


def near_match(name: str, known: Iterable[str], otherwise: str) -> str:
    """A remedy for a name that is not known: the known one that it looks like, or else `otherwise`."""
    near = difflib.get_close_matches(name, list(known), n=1)
    return f"did you mean {near[0]}?" if near else otherwise
