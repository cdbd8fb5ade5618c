"""Every option once: name, type, default, help.

Precedence, lowest first: default, `--config` file, environment (`TORNCHAT_*`, and `PORT` as platforms
set it), flags. docs/configuration.md is made from this file by `make docs`.
"""

from __future__ import annotations

import argparse
import dataclasses
import types
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn, get_type_hints

from tornchat.errors import ConfigError, near_match
from tornchat.option import TYPE_NAMES, as_text, check, is_flag, option, parse
from tornchat.watch.check import Check


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """The options of one server."""

    address: tuple[str, ...] = option(
        ("127.0.0.1", "::1"),
        "Addresses to listen on, separated by commas. 0.0.0.0 is every IPv4 address of the machine.",
    )
    port: int = option(4000, "Port to listen on; 0 takes a free one and says which.", most=65535)
    broker: str = option(
        "memory://",
        "Where messages are kept: memory:// forgets at the end, sqlite:///name.db does not"
        " (sqlite:////folder/name.db with an absolute path), redis://host:6379/0 (rediss:// with TLS, unix:///path)"
        " is for several processes and machines. Without this option it is REDIS_URL, if the environment has that.",
    )
    processes: int = option(
        1,
        "Processes that share the port; 0: one for each core. More than one need Redis as their broker.",
        most=1024,
    )
    durability: str = option(
        "process",
        "What a message that sqlite keeps survives: process (kill -9), or power (a power loss too; slower).",
    )
    engine: str = option(
        "httptools", "What speaks HTTP: httptools (ours, the faster one) or tornado (Tornado's own)."
    )
    max_connections: int = option(
        0, "Connections at a time, for httptools; one more is answered 503. 0: as many as descriptors allow."
    )
    history_age: float = option(0.0, "Seconds for which messages are kept; 0: for ever.")
    history_count: int = option(1_000_000, "Messages kept for replay, at the most.")
    history_bytes: int = option(64 * 1024 * 1024, "Bytes that kept messages may take, in memory or in the file.")
    max_message_bytes: int = option(
        64 * 1024, "Longest message, in bytes of UTF-8; a longer one is answered 413.", least=1
    )
    max_body_bytes: int = option(
        1024 * 1024, "Longest body of a request, in bytes; a longer one is answered 413.", least=1
    )
    backlog_bytes: int = option(
        1024 * 1024, "Bytes that may wait for a listener; past it the listener is closed.", least=1
    )
    write_timeout: float = option(
        10.0, "Seconds that a write to a listener may hang before it is closed.", least=0.1
    )
    heartbeat: float = option(
        15.0,
        "Seconds of silence before an SSE or NDJSON listener hears a heartbeat; 0: never.",
    )
    heartbeat_plain: float = option(
        0.0,
        "The same for plain text, where it is a blank line. Heroku's router needs one within 55 s.",
    )
    hook_secrets: tuple[str, ...] = option(
        (),
        "Secrets of webhooks, each as source=secret (gitlab=…, github=…, gitea=…, generic=…); of one source several"
        " may be valid at once.",
        secret=True,
    )
    tokens: tuple[str, ...] = option(
        (), "Tokens, of which one must come with what agents write and who reads /hooks/deliveries.", secret=True
    )
    trust_loopback: bool = option(
        False, "Whether this machine needs neither secret nor token. Not behind a proxy: it is this machine too."
    )
    checks: tuple[Check, ...] = option(
        (), "What to check, again and again: see docs/dashboard.md. Only in the file.", file_only=True
    )
    scrape: tuple[str, ...] = option(
        (), "node_exporters to scrape, each as host:port or a URL. Only in the file.", file_only=True
    )
    scrape_interval: float = option(15.0, "Seconds between two scrapes of a node_exporter.", least=1)
    own_host: bool = option(
        False, "Whether the dashboard shows the host that the server runs on; needs tornchat[dashboard]."
    )
    notify_url: str = option(
        "", "Where to tell of failures and recoveries: a Slack-compatible incoming webhook.", secret=True
    )
    drain_seconds: float = option(10.0, "Seconds that a stop may take to finish what was begun.")
    log_level: str = option("info", "How much is logged: debug, info, warning or error.")


OPTIONS = {field.name: field for field in dataclasses.fields(Config)}
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
        " (`TORNCHAT_NAME`, and `PORT` for `port`), the flag `--name` (`_` may be `-`). Secrets have no flag.",
        "",
        "| option | type | default | what it does |",
        "|---|---|---|---|",
    ]
    for name, field in OPTIONS.items():
        default = f"`{text}`" if (text := as_text(field.default)) else ""
        lines.append(f"| `{name}` | {TYPE_NAMES[TYPES[name]]} | {default} | {field.metadata['help']} |")
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
    for name, field in OPTIONS.items():
        if not is_flag(field):
            continue
        spellings = dict.fromkeys((f"--{name.replace('_', '-')}", f"--{name}"))
        help = f"{field.metadata['help']} Default: {as_text(field.default) or 'none'}."
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
        values[name] = check(OPTIONS[name], TYPES[name], value, str(path))
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
            if name not in OPTIONS or OPTIONS[name].metadata["file_only"]:
                known = [f"TORNCHAT_{o.name.upper()}" for o in OPTIONS.values() if not o.metadata["file_only"]]
                raise ConfigError(f"unknown option {variable}", near_match(variable, known, SEE_HELP))
            values[name] = _parse(name, text, variable)
    return values


def _parse(name: str, text: str, origin: str) -> Any:
    return parse(OPTIONS[name], TYPES[name], text, origin)


if __name__ == "__main__":
    print(markdown(), end="")
