"""What an option is: its type, its limits, where it may be set, and how a value of it is read."""

from __future__ import annotations

import dataclasses
from typing import Any

from tornchat.errors import ConfigError
from tornchat.watch import check_options
from tornchat.watch.check import Check

TEXTS = tuple[str, ...]
CHECKS = tuple[Check, ...]
TYPE_NAMES: dict[Any, str] = {
    int: "a whole number",
    float: "a number",
    str: "text",
    bool: "True or False",
    TEXTS: "a list",
    CHECKS: "a list of checks",
}
BOOLS = {"true": True, "1": True, "yes": True, "false": False, "0": False, "no": False}


def option(
    default: Any, help: str, *, least: float = 0, most: float = 1e12, secret: bool = False, file_only: bool = False
) -> Any:
    """A field of `Config`.

    Args:
        secret: not for the command line, which everybody on the machine may see, nor for an error's text.
        file_only: only for the file: it is more than a text can say, or makes the server ask others.
    """
    metadata = {"help": help, "least": least, "most": most, "secret": secret, "file_only": file_only}
    return dataclasses.field(default=default, metadata=metadata)


def is_flag(option: dataclasses.Field[Any]) -> bool:
    """Whether the command line has it."""
    return not (option.metadata["secret"] or option.metadata["file_only"])


def parse(option: dataclasses.Field[Any], kind: Any, text: str, origin: str) -> Any:
    """The value that a flag or a variable spells.

    Raises:
        ConfigError: it spells none.
    """
    value: Any = text
    try:
        if kind in (int, float):
            value = kind(text)
        elif kind is bool:
            value = BOOLS.get(text.lower(), text)
    except ValueError:
        pass
    return check(option, kind, value, origin)


def check(option: dataclasses.Field[Any], kind: Any, value: Any, origin: str) -> Any:
    """The value in its type.

    Raises:
        ConfigError: it is of another, or beyond its limits.
    """
    name = option.name
    if kind == CHECKS:
        return check_options.read(value)
    if kind == TEXTS:
        value = value.split(",") if isinstance(value, str) else value
        if isinstance(value, list | tuple) and all(isinstance(v, str) for v in value):
            return tuple(part for v in value if (part := v.strip()))
    elif kind is float and isinstance(value, int) and not isinstance(value, bool):
        value = float(value)
    if kind == TEXTS or not isinstance(value, kind) or (isinstance(value, bool) and kind is not bool):
        shown = "of another type" if option.metadata["secret"] else repr(value)
        raise ConfigError(f"{origin}: {name} is {shown}", f"it must be {TYPE_NAMES[kind]}")
    if kind in (int, float):
        least, most = option.metadata["least"], option.metadata["most"]
        if not least <= value <= most:
            raise ConfigError(f"{origin}: {name} is {value!r}", f"it must be {least:g} to {most:g}")
    return value


def as_text(value: Any) -> str:
    """A default, as a person would write it."""
    if isinstance(value, tuple):
        return ",".join(value)
    return f"{value:g}" if isinstance(value, float) else str(value)
