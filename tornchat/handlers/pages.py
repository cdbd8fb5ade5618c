"""`/` and `/dashboard`: the pages that the build made of `ui/`, and what they load from `/assets/`.

All of it is read once, at the start, and each file is a URL of its own: no path of a request ever becomes one of
the file system.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tornchat.errors import NotFound
from tornchat.handlers._base import BaseHandler

WEB = Path(__file__).parent.parent / "web"
PAGES = {"/": "index.html", "/dashboard": "dashboard.html"}
MEDIA_TYPES = {".css": "text/css", ".html": "text/html", ".js": "text/javascript", ".svg": "image/svg+xml"}
ENCODINGS = {"br": ".br", "gzip": ".gz"}  # the best first
FOR_EVER = "public, max-age=31536000, immutable"  # a name in /assets/ has the hash of what it is
CONTENT_SECURITY_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; "
    "worker-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)


@dataclass(frozen=True, slots=True)
class Asset:
    """A built file, as it is and compressed."""

    media_type: str
    cache_control: str
    digest: str
    bodies: dict[str, bytes]  # by Content-Encoding; "" as it is

    def accepted(self, accept_encoding: str) -> str:
        """The best encoding that an `Accept-Encoding` header lists; one with `q=0` is not wanted."""
        listed = {part.replace(" ", "").lower() for part in accept_encoding.split(",")}
        wanted = {part.partition(";")[0] for part in listed if not part.endswith((";q=0", ";q=0.0"))}
        return next((name for name in ENCODINGS if name in wanted and name in self.bodies), "")


def read(web: Path) -> dict[str, Asset]:
    """What a build has put into the folder `web`, by URL; empty where there was none."""
    return {url: _asset(path, cache) for url, path, cache in _files(web) if path.is_file()}


def _files(web: Path) -> Iterator[tuple[str, Path, str]]:
    for url, name in PAGES.items():
        yield url, web / name, "no-cache"
    for path in sorted((web / "assets").glob("*")):
        if path.suffix in MEDIA_TYPES:
            yield f"/assets/{path.name}", path, FOR_EVER


def _asset(path: Path, cache_control: str) -> Asset:
    bodies = {"": path.read_bytes()}
    for encoding, suffix in ENCODINGS.items():
        twin = path.with_name(path.name + suffix)
        if twin.is_file():
            bodies[encoding] = twin.read_bytes()
    digest = hashlib.sha256(bodies[""]).hexdigest()[:20]
    return Asset(f"{MEDIA_TYPES[path.suffix]}; charset=utf-8", cache_control, digest, bodies)


ASSETS = read(WEB)


class PagesHandler(BaseHandler):
    """One built file, in the encoding that the browser likes best."""

    def get(self) -> None:
        asset = ASSETS.get(self.request.path)
        if asset is None:
            raise NotFound(
                "the pages are not part of this installation",
                "with Node 20.19 or 22.12 or newer on the PATH, run `python build_ui.py` in the source, "
                "or install tornchat again; curl works without them",
            )
        encoding = asset.accepted(self.request.headers.get("Accept-Encoding", ""))
        self.set_header("Content-Type", asset.media_type)
        self.set_header("Cache-Control", asset.cache_control)
        self.set_header("Etag", f'"{asset.digest}{encoding and "-"}{encoding}"')
        self.set_header("Vary", "Accept-Encoding")
        self.set_header("Content-Security-Policy", CONTENT_SECURITY_POLICY)
        self.set_header("Referrer-Policy", "no-referrer")
        if self.check_etag_header():
            self.set_status(304)
            return
        if encoding:
            self.set_header("Content-Encoding", encoding)
        self.write(asset.bodies[encoding])

    head = get


routes = [(url, PagesHandler) for url in {**dict.fromkeys(PAGES), **dict.fromkeys(ASSETS)}]
