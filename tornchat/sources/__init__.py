"""Webhook → runs. A file is its own registration.

Pure: no Tornado, no sockets, no clock. What each module must have is `Source`; what it must promise stands in
tests/sources/test_contract.py. `headers` find their names in any case; `now` is in seconds since 1970.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol, cast

from tornchat import plugins
from tornchat.errors import ConfigError, near_match
from tornchat.run import Run
from tornchat.sources._verify import KEY_PREFIX, is_key


@dataclass(frozen=True, slots=True)
class Delivery:
    """What a webhook says."""

    kind: str  # the sender's own word, for people
    runs: list[Run]


class Source(Protocol):
    """A module that understands what one kind of sender sends."""

    MAX_BODY_BYTES: int

    def sent(self, headers: Mapping[str, str]) -> bool:
        """Whether only this kind of sender sends such headers."""

    def verify(self, headers: Mapping[str, str], body: bytes, secrets: Sequence[str], now: float) -> None:
        """Accept what proves to know one of the secrets.

        Raises:
            Unauthorized: it does not.
        """

    def delivery_id(self, headers: Mapping[str, str]) -> str:
        """What the sender calls this delivery and each repetition of it; empty where it does not say."""

    def parse(self, headers: Mapping[str, str], body: bytes, now: float) -> Delivery:
        """What an authentic body says. Of what we do not know there are no runs.

        Raises:
            BadRequest: it is not JSON. Only `generic` raises it (or InvalidEvent) for more.
        """


def named(name: str) -> Source:
    """The source called `name`.

    Raises:
        BadRequest: there is none; the remedy lists those that there are.
    """
    return cast(Source, plugins.load(__name__, name))


def names() -> tuple[str, ...]:
    """Of all sources."""
    return plugins.names(__name__)


def secrets(entries: Iterable[str]) -> dict[str, list[str]]:
    """The secrets of each source, of entries such as `gitlab=…`.

    Raises:
        ConfigError: an entry names no source, or its secret can be none.
    """
    found: dict[str, list[str]] = {name: [] for name in names()}
    for entry in entries:
        name, _, secret = entry.partition("=")
        if name not in found:
            remedy = near_match(name, found, f"begin with one of {', '.join(found)}, and =")
            raise ConfigError(f"an entry of hook_secrets names no source ({name[:20]!a})", remedy)
        if not secret or (secret.startswith(KEY_PREFIX) and not is_key(secret)):
            raise ConfigError(f"a secret of {name} in hook_secrets is empty or malformed", "copy it anew")
        found[name].append(secret)
    return found


def sender(headers: Mapping[str, str]) -> str:
    """The name of the source whose headers these are; empty where they tell nothing."""
    return next((name for name in names() if named(name).sent(headers)), "")
