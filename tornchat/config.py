"""Every option once: name, type, default, help.

Precedence, lowest first: default, `--config` file, environment (`TORNCHAT_*`, and `PORT` as platforms
set it), flags. docs/configuration.md is made from this file by `make docs`.
"""

from __future__ import annotations

import argparse
import dataclasses
import types
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NoReturn, get_type_hints

from tornchat.errors import ConfigError, near_match

Parser = Callable[[str], Any]


def _option(default: Any, help: str, *, least: float = 0, most: float = 1e12) -> Any:
    return field(default=default, metadata={"help": help, "least": least, "most": most})


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """The options of one server."""

    address: tuple[str, ...] = _option(
        ("127.0.0.1", "::1"),
        "Addresses to listen on, separated by commas. 0.0.0.0 is every IPv4 address of the machine.",
    )
    port: int = _option(4000, "Port to listen on; 0 takes a free one and says which.", most=65535)
    broker: str = _option(
        "memory://",
        "Where messages are kept: memory:// forgets at the end, sqlite:///name.db does not"
        " (sqlite:////folder/name.db with an absolute path), redis://host:6379/0 (rediss:// with TLS, unix:///path)"
        " is for several processes and machines. Without this option it is REDIS_URL, if the environment has that.",
    )
    processes: int = _option(
        1,
        "Processes that share the port; 0: one for each core. More than one need Redis as their broker.",
        most=1024,
    )
    durability: str = _option(
        "process",
        "What a message that sqlite keeps survives: process (kill -9), or power (a power loss too; slower).",
    )
    engine: str = _option(
        "httptools", "What speaks HTTP: httptools (ours, the faster one) or tornado (Tornado's own)."
    )
    max_connections: int = _option(
        0, "Connections at a time, for httptools; one more is answered 503. 0: as many as descriptors allow."
    )
    history_age: float = _option(0.0, "Seconds for which messages are kept; 0: for ever.")
    history_count: int = _option(1_000_000, "Messages kept for replay, at the most.")
    history_bytes: int = _option(64 * 1024 * 1024, "Bytes that kept messages may take, in memory or in the file.")
    max_message_bytes: int = _option(
        64 * 1024, "Longest message, in bytes of UTF-8; a longer one is answered 413.", least=1
    )
    max_body_bytes: int = _option(
        1024 * 1024, "Longest body of a request, in bytes; a longer one is answered 413.", least=1
    )
    backlog_bytes: int = _option(
        1024 * 1024, "Bytes that may wait for a listener; past it the listener is closed.", least=1
    )
    write_timeout: float = _option(
        10.0, "Seconds that a write to a listener may hang before it is closed.", least=0.1
    )
    heartbeat: float = _option(
        15.0,
        "Seconds of silence before an SSE or NDJSON listener hears a heartbeat; 0: never.",
    )
    heartbeat_plain: float = _option(
        0.0,
        "The same for plain text, where it is a blank line. Heroku's router needs one within 55 s.",
    )
    drain_seconds: float = _option(10.0, "Seconds that a stop may take to finish what was begun.")
    log_level: str = _option("info", "How much is logged: debug, info, warning or error.")


OPTIONS = {option.name: option for option in dataclasses.fields(Config)}
TYPES = {name: kind for name, kind in get_type_hints(Config).items() if name in OPTIONS}
SEE_HELP = "--help lists the options"
CHOICES = {
    "durability": ("process", "power"),
    "engine": ("httptools", "tornado"),
    "log_level": ("debug", "info", "warning", "error"),
}


def load(argv: Sequence[str], environ: Mapping[str, str]) -> Config:
    """The options that flags, environment and the `--config` file give together.

    Raises:
        ConfigError: an unknown name, a value of the wrong type, a file that cannot be read.
        SystemExit: after `--help`.
    """
    flags = vars(_flags().parse_args(argv))
    path = flags.pop("config")
    values: dict[str, Any] = {"broker": environ["REDIS_URL"]} if environ.get("REDIS_URL") else {}
    values |= _from_file(Path(path)) if path else {}
    values |= _from_environ(environ)
    values |= {name: _parse(name, text, f"--{name}") for name, text in flags.items()}
    for name, choices in CHOICES.items():
        if values.get(name, choices[0]) not in choices:
            raise ConfigError(f"{name} is {values[name]!r}", f"use one of {', '.join(choices)}")
    return Config(**values)


def markdown() -> str:
    """docs/configuration.md."""
    lines = [
        "# Configuration",
        "",
        "Made from `tornchat/config.py` by `make docs`; change it there.",
        "",
        "Later wins: the default, `NAME = value` in the file given by `--config`, the environment"
        " (`TORNCHAT_NAME`, and `PORT` for `port`), the flag `--name` (`_` may be `-`).",
        "",
        "| option | type | default | what it does |",
        "|---|---|---|---|",
    ]
    for name, option in OPTIONS.items():
        lines.append(
            f"| `{name}` | {_type_name(name)} | `{_as_text(option.default)}` | {option.metadata['help']} |"
        )
    return "\n".join(lines) + "\n"


class _Parser(argparse.ArgumentParser):
    """argparse, but an error is a ConfigError with the near match."""

    def error(self, message: str) -> NoReturn:
        unknown = message.removeprefix("unrecognized arguments: ")
        if unknown != message:
            flag = unknown.split("=")[0].split()[0]
            raise ConfigError(f"unknown option {flag}", near_match(flag, self._option_string_actions, SEE_HELP))
        raise ConfigError(message, SEE_HELP)


def _flags() -> argparse.ArgumentParser:
    parser = _Parser(
        prog="python -m tornchat",
        description="A live message hub over plain HTTP.",
        epilog="Before the options may stand: history, import, backup (each with its own --help).",
        allow_abbrev=False,
        argument_default=argparse.SUPPRESS,
    )
    parser.add_argument("--config", metavar="FILE", default=None, help="a file of NAME = value")
    for name, option in OPTIONS.items():
        spellings = dict.fromkeys((f"--{name.replace('_', '-')}", f"--{name}"))
        help = f"{option.metadata['help']} Default: {_as_text(option.default)}."
        parser.add_argument(*spellings, dest=name, metavar="VALUE", help=help.replace("%", "%%"))
    return parser


def _from_file(path: Path) -> dict[str, Any]:
    try:
        source = path.read_text(encoding="utf-8")
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or "it is not UTF-8"
        raise ConfigError(f"cannot read {path} ({reason})", "give --config another file") from None
    names: dict[str, Any] = {}
    try:
        exec(compile(source, str(path), "exec"), names)  # noqa: S102 the operator's own file: it is code
    except Exception as error:
        line = error.lineno if isinstance(error, SyntaxError) else _line_in(path, error)
        raise ConfigError(f"{path}, line {line}: {error}", "it is Python, one NAME = value a line") from None
    values = {}
    for name, value in names.items():
        if name.startswith("_") or isinstance(value, types.ModuleType):
            continue
        if name not in OPTIONS:
            raise ConfigError(f"{path}: unknown option {name}", near_match(name, OPTIONS, SEE_HELP))
        values[name] = _check(name, value, str(path))
    return values


def _line_in(path: Path, error: BaseException) -> int | None:
    """The line of the file that raised the error."""
    line, trace = None, error.__traceback__
    while trace:
        if trace.tb_frame.f_code.co_filename == str(path):
            line = trace.tb_lineno
        trace = trace.tb_next
    return line


def _from_environ(environ: Mapping[str, str]) -> dict[str, Any]:
    values = {}
    if "PORT" in environ:
        values["port"] = _parse("port", environ["PORT"], "PORT")
    for variable, text in environ.items():
        if variable.startswith("TORNCHAT_"):
            name = variable.removeprefix("TORNCHAT_").lower()
            if name not in OPTIONS:
                known = [f"TORNCHAT_{option.upper()}" for option in OPTIONS]
                raise ConfigError(f"unknown option {variable}", near_match(variable, known, SEE_HELP))
            values[name] = _parse(name, text, variable)
    return values


def _parse(name: str, text: str, origin: str) -> Any:
    """The value that a flag or a variable spells."""
    parsers: dict[Any, Parser] = {
        int: int,
        float: float,
        str: str,
        tuple[str, ...]: lambda text: text,
    }
    try:
        value = parsers[TYPES[name]](text)
    except ValueError:
        value = text
    return _check(name, value, origin)


def _check(name: str, value: Any, origin: str) -> Any:
    kind = TYPES[name]
    if kind == tuple[str, ...]:
        value = value.split(",") if isinstance(value, str) else value
        if isinstance(value, list | tuple) and all(isinstance(v, str) for v in value):
            return tuple(part for v in value if (part := v.strip()))
    elif kind is float and isinstance(value, int) and not isinstance(value, bool):
        value = float(value)
    if not isinstance(value, kind if isinstance(kind, type) else ()) or isinstance(value, bool):
        raise ConfigError(f"{origin}: {name} is {value!r}", f"it must be {_type_name(name)}")
    if isinstance(value, int | float):
        least, most = OPTIONS[name].metadata["least"], OPTIONS[name].metadata["most"]
        if not least <= value <= most:
            raise ConfigError(f"{origin}: {name} is {value!r}", f"it must be {least:g} to {most:g}")
    return value


def _type_name(name: str) -> str:
    names = {int: "a whole number", float: "a number", str: "text", tuple[str, ...]: "a list"}
    return names[TYPES[name]]


def _as_text(value: Any) -> str:
    if isinstance(value, tuple):
        return ",".join(value)
    return f"{value:g}" if isinstance(value, float) else str(value)


if __name__ == "__main__":
    print(markdown(), end="")
