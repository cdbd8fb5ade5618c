"""One HTTP request from here to elsewhere, and what its failures are called.

Not Tornado's client: that one does not tell the peer's certificate, goes on after its caller was
cancelled, and cannot stop where enough of a body is read.
"""

from __future__ import annotations

import asyncio
import os
import re
import socket
import ssl
import string
from base64 import b64encode
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from urllib.parse import SplitResult, quote, unquote, urlsplit

import httptools

from tornchat import __version__

MAX_HEAD_BYTES = 64 * 1024
MAX_BODY_BYTES = 1024 * 1024  # read of an answer; the rest stays where it is
READ_BYTES = 64 * 1024


class BadAnswer(Exception):
    """Raised where a server answers, but not in HTTP, or sends us where we cannot go."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What a server answered."""

    status: int
    headers: Mapping[str, str]  # by their name in lower case; of several of a name the last
    body: bytes  # as far as it was read
    expires: float | None  # when the server's TLS certificate ends, in seconds since 1970


def head_is_enough(status: int, body: bytearray) -> bool:
    """The default for `fetch`: nothing of the body is waited for."""
    return True


async def fetch(
    method: str,
    url: str,
    *,
    body: bytes = b"",
    content_type: str = "",
    enough: Callable[[int, bytearray], bool] = head_is_enough,
) -> Answer:
    """Ask `url`, by a connection of its own, as long as it takes: the caller sets the deadline.

    Args:
        enough: told the status and the body so far, says whether to read no more.

    Raises:
        OSError: there is no connection, or it broke; an ssl.SSLError if the certificate is not good.
        BadAnswer: what came is not HTTP, or `url` is none of http and https.
    """
    place = _split(url)
    tls = tls_context() if place.scheme == "https" else None
    reader, writer = await asyncio.open_connection(place.hostname, place.port or (443 if tls else 80), ssl=tls)
    reading = _Reading(method)
    try:
        certificate = writer.get_extra_info("peercert") or {}
        writer.write(_request(method, place, body, content_type))
        while not reading.whole and not (reading.status and enough(reading.status, reading.body)):
            data = await reader.read(READ_BYTES)
            if not data:
                break
            reading.feed(data)
    finally:
        reading.stop()
        writer.transport.abort()  # close() would wait for a peer that hangs
    if not reading.status:
        raise BadAnswer("it closed without an answer")
    expires = ssl.cert_time_to_seconds(str(certificate["notAfter"])) if "notAfter" in certificate else None
    return Answer(reading.status, reading.headers, bytes(reading.body), expires)


@cache
def tls_context() -> ssl.SSLContext:
    """Trusts what the system trusts, or the file that SSL_CERT_FILE names.

    Made once, best before anybody is served: it takes up to a tenth of a second.
    """
    context = ssl.create_default_context()
    context.set_alpn_protocols(["http/1.1"])
    return context


def reason(error: Exception) -> str:
    """What went wrong with a connection, in a few words, without the address."""
    match error:
        case TimeoutError():
            return "no answer in time"
        case ssl.SSLCertVerificationError():
            return f"TLS: {error.verify_message.rstrip('.')}"
        case ssl.SSLError():
            known = getattr(error, "reason", None) or "it broke"  # asyncio makes some without
            return f"TLS: {known.replace('_', ' ').lower()}"
        case socket.gaierror():
            return f"no address: {error.strerror}"
        case OSError():
            # Where a name has several addresses, asyncio joins their errors to one text.
            numbers = re.findall(r"Errno (\d+)", str(error))
            number = error.errno or int(numbers[-1] if numbers else 0)
            return os.strerror(number).lower() if number else "the connection broke"
    return str(error)


def _split(url: str) -> SplitResult:
    try:
        place = urlsplit(url)
        (place.hostname or "").encode("idna")
        known = place.scheme in ("http", "https") and place.hostname and place.port != 0
    except ValueError:
        known = False
    if not known:
        raise BadAnswer("it leads to no http or https URL")
    return place


def _request(method: str, place: SplitResult, body: bytes, content_type: str) -> bytes:
    path = quote(place.path or "/", safe=string.punctuation, encoding="latin1", errors="replace")
    query = quote(place.query, safe=string.punctuation, encoding="latin1", errors="replace")
    lines = [
        f"{method} {path}{'?' if query else ''}{query} HTTP/1.1",
        f"Host: {place.netloc.rpartition('@')[2]}",
        f"User-Agent: tornchat/{__version__}",
        "Accept: */*",
        "Accept-Encoding: identity",
        "Connection: close",
    ]
    if place.username is not None:
        user = f"{unquote(place.username)}:{unquote(place.password or '')}"
        lines.append(f"Authorization: Basic {b64encode(user.encode()).decode()}")
    if body:
        lines += [f"Content-Type: {content_type}", f"Content-Length: {len(body)}"]
    return "\r\n".join([*lines, "", ""]).encode("latin1", "replace") + body


class _Reading:
    """An answer as it comes. httptools calls the `on_` methods from `feed`."""

    def __init__(self, method: str) -> None:
        self.status = 0  # not known before the head is whole
        self.headers: dict[str, str] = {}
        self.body = bytearray()
        self.whole = False
        self._has_body = method != "HEAD"
        self._parser = httptools.HttpResponseParser(self)
        self._head_bytes = 0

    def feed(self, data: bytes) -> None:
        """Raises: BadAnswer: it is not HTTP, or its head is too long."""
        try:
            self._parser.feed_data(data)
        except (httptools.HttpParserError, httptools.HttpParserUpgrade):
            if not self.status:
                raise BadAnswer("the answer is not HTTP") from None
            self.whole = True  # nothing behind this can be understood
        self._head_bytes += len(data)
        if not self.status and self._head_bytes > MAX_HEAD_BYTES:
            raise BadAnswer("the head of the answer does not end")

    def stop(self) -> None:
        """Free the parser, which refers to this object, without waiting for the collector."""
        del self._parser

    def on_header(self, name: bytes, value: bytes) -> None:
        if not self.status:
            self.headers[name.decode("latin1").lower()] = value.decode("latin1").strip()

    def on_headers_complete(self) -> None:
        status = self._parser.get_status_code()
        if 100 <= status < 200 and status != 101:  # 101 is final, the others come before the answer
            self.headers.clear()
        elif not self.status:
            self.status = status
            self.whole = not self._has_body

    def on_body(self, data: bytes) -> None:
        self.body += data[: MAX_BODY_BYTES - len(self.body)]
        self.whole = self.whole or len(self.body) >= MAX_BODY_BYTES

    def on_message_complete(self) -> None:
        self.whole = self.whole or self.status != 0
