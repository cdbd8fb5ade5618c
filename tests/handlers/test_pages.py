"""The pages as they are served: what a browser may keep, and what it may load."""

from __future__ import annotations

import gzip
import re
from pathlib import Path

import pytest

from tests.support import Raw
from tornchat.errors import NotFound
from tornchat.handlers import pages
from tornchat.handlers.pages import ASSETS, PAGES, Asset, read

SCRIPT = next((url for url in ASSETS if url.endswith(".js")), "/assets/not-built.js")


async def get(port: int, path: str, headers: str = "") -> tuple[str, bytes]:
    """Head and body of the answer."""
    raw = await Raw.get(port, path, headers)
    await raw.rest()
    head, _, body = raw.received.partition(b"\r\n\r\n")
    return head.decode(), body


@pytest.mark.parametrize("path", PAGES)
async def test_page(port: int, path: str) -> None:
    """It is asked for anew each time, so that a new server brings new pages, and it runs nothing but its own
    scripts.
    """
    head, body = await get(port, path)
    assert head.startswith("HTTP/1.1 200 OK")
    assert "Content-Type: text/html; charset=utf-8" in head
    assert "Cache-Control: no-cache" in head
    assert "Content-Security-Policy: default-src 'none'; script-src 'self';" in head
    assert "unsafe" not in head
    assert "X-Content-Type-Options: nosniff" in head
    assert "Referrer-Policy: no-referrer" in head
    html = body.decode()
    assert not re.findall(r"<script(?![^>]* src=)|<style| style=| on\w+=", html)
    for url in re.findall(r'(?:src|href)="(/[^"]*)"', html):
        assert url in ASSETS


async def test_asset_is_kept_for_ever(port: int) -> None:
    """Its name has its hash: what has that name never changes."""
    head, body = await get(port, SCRIPT)
    assert "Cache-Control: public, max-age=31536000, immutable" in head
    assert "Content-Type: text/javascript; charset=utf-8" in head
    assert body == ASSETS[SCRIPT].bodies[""]


async def test_compressed_at_the_build(port: int) -> None:
    """A browser gets the twin that it understands, curl the file itself, and a cache keeps them apart."""
    head, body = await get(port, SCRIPT, "Accept-Encoding: gzip, deflate\r\n")
    assert "Content-Encoding: gzip" in head
    assert "Vary: Accept-Encoding" in head
    assert gzip.decompress(body) == ASSETS[SCRIPT].bodies[""]
    head, body = await get(port, SCRIPT, "Accept-Encoding: gzip, br\r\n")
    assert "Content-Encoding: br" in head
    assert body == ASSETS[SCRIPT].bodies["br"]


@pytest.mark.parametrize("accept", ["", "identity", "gzip;q=0", "gzip; q=0, *;q=0"])
def test_encoding_that_is_not_wanted(accept: str) -> None:
    """Bytes that the client cannot read are worse than many bytes."""
    assert Asset("text/css", "no-cache", "1", {"": b"x", "gzip": b"y"}).accepted(accept) == ""


async def test_page_that_has_not_changed(port: int) -> None:
    """A reload costs a header."""
    head, _ = await get(port, "/")
    etag = re.findall(r"Etag: (.+)\r", head)[0]
    head, body = await get(port, "/", f"If-None-Match: {etag}\r\n")
    assert head.startswith("HTTP/1.1 304")
    assert "Content-Security-Policy" in head
    assert body == b""
    head, _ = await get(port, "/", f"If-None-Match: {etag}\r\nAccept-Encoding: br\r\n")
    assert head.startswith("HTTP/1.1 200"), "other bytes have another tag"


async def test_head(port: int) -> None:
    """For a monitor."""
    raw = await Raw.open(port)
    raw.writer.write(b"HEAD / HTTP/1.0\r\n\r\n")
    await raw.rest()
    assert raw.received.startswith(b"HTTP/1.1 200")
    assert raw.body == b""


@pytest.mark.parametrize(
    "path",
    ["/assets/", "/assets/../built-from", "/assets/..%2fbuilt-from", "/built-from", "/index.html", f"{SCRIPT}.gz"],
)
async def test_nothing_else_is_served(port: int, path: str) -> None:
    """There is one URL for each file, and no path of a request becomes one of the file system."""
    head, body = await get(port, path)
    assert head.startswith("HTTP/1.1 404")
    assert b"there is nothing at" in body


async def test_without_a_build(port: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A server that was installed where there is no Node works, and says how to have its pages."""
    monkeypatch.setattr(pages, "ASSETS", read(tmp_path))
    head, body = await get(port, "/")
    assert head.startswith(f"HTTP/1.1 {NotFound.status}")
    assert b"python build_ui.py" in body
