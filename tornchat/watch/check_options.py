"""The checks that the configuration file defines: a list of dicts becomes `Check`s.

    checks = [
        {"name": "shop", "kind": "http", "target": "https://shop.example/health", "contains": "ok"},
        {"name": "db", "kind": "tcp", "target": "db.internal:5432", "group": "storage"},
        {"name": "backup", "kind": "heartbeat", "token": "…", "period": 86400, "grace": 3600},
    ]

A target may hold a password and a token is one, so no error repeats a value of these. Pure.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import fields
from typing import Any, get_type_hints
from urllib.parse import SplitResult, urlsplit

from tornchat.errors import ConfigError, near_match
from tornchat.event import clean
from tornchat.watch.check import Check

MAX_NAME_CHARACTERS = 64
METHODS = ("GET", "HEAD")  # the others change something
ATTEMPTED = ("name", "kind", "group", "target", "interval", "timeout", "failures", "successes")
FIELDS = {
    "http": (*ATTEMPTED, "method", "status", "contains", "redirects", "tls_days"),
    "tcp": ATTEMPTED,
    "heartbeat": ("name", "kind", "group", "token", "period", "grace"),
}
REQUIRED = {"http": ("target",), "tcp": ("target",), "heartbeat": ("token", "period")}
TYPES = get_type_hints(Check)
TYPE_NAMES = {str: "text", float: "a number", int: "a whole number", bool: "True or False"}
DEFAULTS = {f.name: f.default for f in fields(Check)}
LIMITS = {f.name: (f.metadata["least"], f.metadata["most"]) for f in fields(Check) if f.metadata}
MAKE_ONE = "python3 -c 'import secrets; print(secrets.token_urlsafe())' prints a good one"

_TOKEN = re.compile(r"[A-Za-z0-9_-]{16,128}")
_STATUS = re.compile(r"([1-5][0-9][0-9])(?:-([1-5][0-9][0-9]))?")


def read(definitions: object) -> tuple[Check, ...]:
    """The checks, each with its own name and token.

    Raises:
        ConfigError: something in a definition is missing, unknown, of the wrong type or out of range.
    """
    if not isinstance(definitions, list | tuple):
        raise ConfigError("checks is no list", 'give a list of {"name": …, "kind": …}')
    checks: list[Check] = []
    for number, definition in enumerate(definitions, start=1):
        check = _read_one(number, definition)
        if any(check.name == other.name for other in checks):
            raise ConfigError(f"two checks are called {check.name!a}", "give each its own name")
        if check.token and any(check.token == other.token for other in checks):
            raise ConfigError(f"the token of check {check.name!a} is another's too", MAKE_ONE)
        checks.append(check)
    return tuple(checks)


def _read_one(number: int, definition: object) -> Check:
    if not isinstance(definition, Mapping):
        raise ConfigError(f"check number {number} is no dict", 'write {"name": …, "kind": …}')
    name = definition.get("name")
    if not isinstance(name, str) or not name.strip() or len(name) > MAX_NAME_CHARACTERS or clean(name) != name:
        raise ConfigError(f"check number {number} has no good name", f"1 to {MAX_NAME_CHARACTERS} characters")
    kind = definition.get("kind")
    if not isinstance(kind, str) or kind not in FIELDS:
        remedy = f"use one of {', '.join(FIELDS)}"
        raise _error(name, f"kind is {kind!a}", near_match(str(kind), FIELDS, remedy))
    for key in definition:
        if key not in FIELDS[kind]:
            remedy = f"there are {', '.join(FIELDS[kind])}"
            raise _error(name, f"{kind} has no field {key!a}", near_match(str(key), FIELDS[kind], remedy))
    for key in REQUIRED[kind]:
        if key not in definition:
            raise _error(name, f"{key} is missing", MAKE_ONE if key == "token" else f"give its {key}")
    values = {key: _value(name, key, value) for key, value in definition.items()}
    _judge(name, kind, values)
    return Check(**values)


def _value(name: str, key: str, value: object) -> Any:
    """The value in its type and within its limits."""
    if key == "status":
        return _status(name, value)
    if key == "kind":
        return value
    kind = TYPES[key]
    if kind is float and isinstance(value, int) and not isinstance(value, bool):
        value = float(value)
    if not isinstance(value, kind) or (isinstance(value, bool) and kind is not bool):
        raise _error(name, f"{key} is of another type", f"it must be {TYPE_NAMES[kind]}")
    if key in LIMITS and isinstance(value, int | float):
        least, most = LIMITS[key]
        if not least <= value <= most:
            raise _error(name, f"{key} is {value:g}", f"it must be {least:g} to {most:g}")
    return value


def _status(name: str, value: object) -> range:
    match = _STATUS.fullmatch(str(value))
    if match is None or int(match[2] or match[1]) < int(match[1]):
        raise _error(name, f"status is {str(value)[:20]!a}", 'write 204 or "200-299"')
    return range(int(match[1]), int(match[2] or match[1]) + 1)


def _judge(name: str, kind: str, values: dict[str, Any]) -> None:
    """The rules that are of one kind; a `timeout` that is not given is half of a short interval."""
    match kind:
        case "heartbeat":
            if _TOKEN.fullmatch(values["token"]) is None:
                raise _error(name, "token is not 16 to 128 of A-Z, a-z, 0-9, '-' and '_'", MAKE_ONE)
            return
        case "http":
            place = _place(values["target"])
            if place is None or place.scheme not in ("http", "https"):
                raise _error(name, "target is no URL", "write http://… or https://… in ASCII, without spaces")
            method = values.get("method", "GET")
            if method not in METHODS:
                raise _error(name, f"method is {method[:20]!a}", f"use one of {', '.join(METHODS)}")
        case "tcp":
            place = _place(f"tcp://{values['target']}")
            if place is None or place.port is None or place.netloc != values["target"] or "@" in place.netloc:
                raise _error(name, "target is no host:port", "write db.internal:5432 or [::1]:5432")
    interval = values.get("interval", DEFAULTS["interval"])
    timeout = values.setdefault("timeout", min(DEFAULTS["timeout"], interval / 2))
    if timeout >= interval:
        raise _error(name, f"timeout is {timeout:g}", f"it must be shorter than the interval, {interval:g}")


def _place(url: str) -> SplitResult | None:
    """The URL taken apart; None if it names no host and port that can be connected to."""
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
        host.encode("idna")  # its labels have 1 to 63 characters
    except ValueError:
        return None
    is_plain = url.isascii() and url.isprintable() and " " not in url
    return parts if host and port != 0 and is_plain else None


def _error(name: str, error: str, remedy: str) -> ConfigError:
    return ConfigError(f"check {name!a}: {error}", remedy)
