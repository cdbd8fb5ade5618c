"""`make screenshots`: the pictures of the README, taken from the demo with Chromium."""

from __future__ import annotations

import asyncio
import shutil
import sys
from pathlib import Path

from playwright.async_api import async_playwright

from demo.__main__ import play, serving

IMAGES = Path(__file__).parent.parent / "docs" / "images"
PLAYED_SECONDS = 45
SHOTS = (
    ("dashboard", "/dashboard?density=rows", 1440, 1080, "dark"),
    ("dashboard-phone", "/dashboard", 390, 844, "light"),
    ("chat", "/", 1100, 620, "light"),
)


async def main() -> None:
    """Play for a while, then look."""
    chromium = shutil.which("chromium")
    if chromium is None:
        sys.exit("install chromium: on Debian, apt-get install chromium")
    IMAGES.mkdir(exist_ok=True)
    async with serving(0) as port, async_playwright() as playwright:
        playing = asyncio.create_task(play(port, 20))
        browser = await playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--disable-gpu"])
        await asyncio.wait({playing}, timeout=PLAYED_SECONDS)
        assert not playing.done(), playing.exception()
        for name, path, width, height, scheme in SHOTS:
            page = await browser.new_page(viewport={"width": width, "height": height}, color_scheme=scheme)  # type: ignore[arg-type]
            await page.goto(f"http://127.0.0.1:{port}{path}")
            await page.wait_for_timeout(4000)
            await page.screenshot(path=IMAGES / f"{name}.png")
        await browser.close()
        playing.cancel()


if __name__ == "__main__":
    asyncio.run(main())
