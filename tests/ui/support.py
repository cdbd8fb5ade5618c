"""Chromium for the tests of the pages, by playwright's async API (its pytest plug-in breaks tornasync)."""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

import pytest
from playwright.async_api import Browser, BrowserContext, Page, async_playwright

from tests.support import DEADLINE, ROOT

ENGINE = "httptools"  # the pages do not depend on it, and a browser takes a second to start
marks = [
    pytest.mark.browser,
    pytest.mark.needs("chromium"),
    pytest.mark.parametrize("engine", [ENGINE]),
    pytest.mark.timeout(seconds=60),
]

WATCH = """
    window.violations = [];
    document.addEventListener('securitypolicyviolation', event => violations.push(event.violatedDirective));
    if (location.protocol === 'http:') localStorage.name ??= '"Ada"'; // about:blank has no storage
"""
AXE = ROOT / "ui/node_modules/axe-core/axe.min.js"


@asynccontextmanager
async def chromium() -> AsyncIterator[Browser]:
    """A browser, which ends with the test."""
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=shutil.which("chromium"),
            args=["--no-sandbox", "--disable-gpu", "--disable-background-networking"],
        )
        yield browser
        await browser.close()


@asynccontextmanager
async def person(beside: BrowserContext | None = None, **options: Any) -> AsyncIterator[BrowserContext]:
    """A browser profile of its own, in the browser of another person if given: that is quicker.

    What breaks in a page, or is against its policy, breaks the test.
    """
    async with AsyncExitStack() as stack:
        browser = beside.browser if beside else await stack.enter_async_context(chromium())
        assert browser is not None
        context = await browser.new_context(**options)
        context.set_default_timeout(DEADLINE * 1000)
        broken: list[str] = []
        context.on("weberror", lambda error: broken.append(str(error.error)))
        await context.add_init_script(WATCH)
        yield context
        assert broken == []
        for page in context.pages:
            assert await page.evaluate("violations") == []


async def open_page(context: BrowserContext, port: int, path: str = "/") -> Page:
    """A page that is live."""
    page = await context.new_page()
    await page.goto(f"http://localhost:{port}{path}")
    await live(page)
    return page


async def live(page: Page) -> None:
    await page.wait_for_selector('.link-state[data-phase="live"]')


async def hurry(page: Page) -> None:
    """The system says that the network is there again."""
    await page.evaluate("dispatchEvent(new Event('online'))")


async def write(page: Page, text: str) -> None:
    """Say it as a person does."""
    await page.fill("textarea", text)
    await page.press("textarea", "Enter")


async def shows(page: Page, *texts: str) -> None:
    """The room on screen shows exactly these lines, in this order, all of them acknowledged."""
    await page.wait_for_function(
        """texts => {
            const lines = [...document.querySelectorAll('.group:not(.draft) p')].map(line => line.textContent);
            return document.querySelector('.draft') === null && JSON.stringify(lines) === JSON.stringify(texts);
        }""",
        arg=list(texts),
    )


async def accessible(page: Page) -> None:
    """axe finds nothing to say against what is on screen."""
    assert AXE.exists(), "`make test` installs it"
    await page.evaluate(AXE.read_text(encoding="utf-8"))
    found = await page.evaluate(
        "axe.run(document, {resultTypes: ['violations']}).then(result => result.violations)"
    )
    problems = [f"{rule['id']}: {[node['html'][:200] for node in rule['nodes'][:3]]}" for rule in found]
    assert not problems, "\n".join(problems)


async def fits(page: Page) -> None:
    """Nothing sticks out at the side."""
    assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth")
