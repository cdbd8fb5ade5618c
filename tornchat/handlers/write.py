"""`/api/v2/write` and `/write`: what agents write to InfluxDB (Telegraf, Glances) becomes the state of hosts."""

from __future__ import annotations

import asyncio
import zlib
from time import time

from tornchat.config import Config
from tornchat.duty import relay_readings
from tornchat.errors import BadRequest, TooLarge
from tornchat.handlers._access import check_token
from tornchat.handlers._base import BaseHandler
from tornchat.watch.agents import influx

MAX_BYTES = 8 * 1024 * 1024  # also of what was compressed
IN_THREAD_BYTES = 64 * 1024
GZIP_WINDOW = 16 + zlib.MAX_WBITS  # zlib's sign for gzip's header


class WriteHandler(BaseHandler):
    """As InfluxDB answers: 204, or 400 naming the first line that is wrong, after using the others."""

    takes_gzip = True

    @classmethod
    def max_body_bytes(cls, config: Config, rest: str) -> int:
        return MAX_BYTES

    async def post(self) -> None:
        check_token(self.request, self.config)
        precision = self.get_query_argument("precision", "ns")
        body = self.request.body
        if self.request.headers.get("Content-Encoding"):
            body = await asyncio.to_thread(_inflated, body)
        if len(body) > IN_THREAD_BYTES:
            written = await asyncio.to_thread(influx.written, body, time(), precision)
        else:
            written = influx.written(body, time(), precision)
        if written.readings:
            await relay_readings(self.hub, written.readings)
        if written.error:
            raise written.error
        self.set_status(204)


def _inflated(body: bytes) -> bytes:
    inflate = zlib.decompressobj(GZIP_WINDOW)
    try:
        inflated = inflate.decompress(body, MAX_BYTES)
    except zlib.error:
        raise BadRequest("the body is no gzip", "send it as its Content-Encoding says") from None
    if inflate.unconsumed_tail:
        raise TooLarge(f"the body is longer than {MAX_BYTES} bytes", "send it in parts")
    return inflated


routes = [("/api/v2/write", WriteHandler), ("/write", WriteHandler)]
