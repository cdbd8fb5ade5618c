"""A real browser listens: Chromium, by playwright's async API (its pytest plug-in breaks tornasync)."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.async_api import Page

from tests.support import ServerProcess, say
from tests.ui.support import chromium

pytestmark = [pytest.mark.browser, pytest.mark.needs("chromium")]


LISTEN = """url => {
    window.heard = [];
    const source = new EventSource(url);
    source.onmessage = event => heard.push(JSON.parse(event.data).message);
    for (const type of ['ready', 'gap', 'reset', 'bye'])
        source.addEventListener(type, () => heard.push(type));
}"""


async def heard(page: Page, *expected: str) -> None:
    """The page's listener has heard exactly this."""
    await page.wait_for_function("expected => String(heard) === String(expected)", arg=list(expected))


async def test_event_source_hears_and_comes_back(start_server: Callable[..., ServerProcess]) -> None:
    """`onmessage` hears what is said. After a stop it comes back by itself, and is told that the memory of
    the server that it knew is gone.
    """
    server = start_server()
    async with chromium() as browser:
        page = await browser.new_page()
        await page.goto(f"http://localhost:{server.port}/health")
        await page.evaluate(LISTEN, "/listen")
        await heard(page, "ready")
        await say(server.port, "line\nbreak 🎉")
        await heard(page, "ready", "line\nbreak 🎉")
        server.signal()
        await server.ended()
        again = start_server(f"--port={server.port}")
        await heard(page, "ready", "line\nbreak 🎉", "bye", "ready", "reset")
        await say(again.port, "live")
        await heard(page, "ready", "line\nbreak 🎉", "bye", "ready", "reset", "live")
