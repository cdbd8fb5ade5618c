"""Certificates that are trusted for the time of one test."""

from __future__ import annotations

import ssl
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import trustme

from tornchat.fetch import tls_context


@pytest.fixture
def certified(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., ssl.SSLContext]]:
    """Makes a server's TLS context, whose certificate is for `host` and ends in `days`."""
    authority = trustme.CA()
    authority.cert_pem.write_to_path(tmp_path / "authority.pem")
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "authority.pem"))
    tls_context.cache_clear()

    def make(days: float, host: str = "127.0.0.1") -> ssl.SSLContext:
        now = datetime.now(UTC)
        certificate = authority.issue_cert(
            host, not_before=now - timedelta(days=100), not_after=now + timedelta(days=days)
        )
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        certificate.configure_cert(context)
        return context

    yield make
    tls_context.cache_clear()
