"""Connects to a port, and says nothing there."""

from __future__ import annotations

import asyncio
from time import monotonic
from urllib.parse import urlsplit

from tornchat.fetch import reason
from tornchat.watch.check import Check, Result


async def attempt(check: Check) -> Result:
    """Connect once, within `check.timeout`. Latency is that of the name's look-up and of the handshake."""
    place = urlsplit(f"//{check.target}")
    began = monotonic()
    try:
        async with asyncio.timeout(check.timeout):
            _, writer = await asyncio.open_connection(place.hostname, place.port)
    except TimeoutError:
        return Result(False, f"no answer within {check.timeout:g} s")
    except OSError as error:
        return Result(False, reason(error))
    latency = monotonic() - began
    writer.transport.abort()
    return Result(True, latency=latency)
