"""The dashboard with 1,000 projects and 200 hosts in Chromium: frames a second, and a webhook's way to the screen.

    python -m benchmarks.pages [--projects 1000] [--hosts 200]

Frames are counted while the page is scrolled by 4,000 pixels a second, which is almost four screens; Chromium draws
by software here. The way to the screen is from before a webhook is sent to the frame in which the card has changed.
"""

from __future__ import annotations

import argparse
import asyncio
import shutil
import statistics
import sys
import time

from playwright.async_api import Page, async_playwright

from benchmarks import servers
from benchmarks.dashboard import fill, pipeline, request, server

WIDTH, HEIGHT = 1920, 1080
SCROLL_SECONDS, PIXELS_A_SECOND = 5, 4000
WEBHOOKS = 30
DENSITIES = ("cards", "rows", "wall")

SCROLL = """([seconds, speed]) => new Promise(resolve => {
    const began = performance.now()
    let frames = 0
    const step = now => {
        const at = (now - began) / 1000
        if (at >= seconds) return resolve(frames / seconds)
        frames += 1
        scrollTo(0, at * speed)
        requestAnimationFrame(step)
    }
    requestAnimationFrame(step)
})"""
SHOWN = """number => new Promise(resolve => {
    const isThere = () => document.body.textContent.includes(`#${number}`)
    const look = () => isThere() ? resolve(true) : requestAnimationFrame(look)
    look()
})"""


async def write_hosts(port: int, hosts: int) -> None:
    """One sample of each, as Telegraf sends it."""
    lines = b"".join(
        b"cpu,cpu=cpu-total,host=host%d usage_idle=%d\nmem,host=host%d total=100i,available=%di\n"
        % (n, n % 90, n, n % 80)
        for n in range(hosts)
    )
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(b"POST /write HTTP/1.1\r\nHost: localhost\r\nContent-Length: %d\r\n\r\n" % len(lines) + lines)
    assert (await reader.readuntil(b"\r\n\r\n")).startswith(b"HTTP/1.1 204")
    writer.close()


async def to_screen(page: Page, port: int, first: int) -> list[float]:
    """Milliseconds of each of some webhooks."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    took = []
    for number in range(first, first + WEBHOOKS):
        shown = asyncio.create_task(page.evaluate(SHOWN, number))
        await asyncio.sleep(0.2)  # the page looks
        began = time.perf_counter()
        writer.write(request(pipeline(1, number, "failed")))
        await reader.readuntil(b"\r\n\r\n")
        await shown
        took.append(1000 * (time.perf_counter() - began))
    writer.close()
    return took


async def measure(port: int, projects: int, hosts: int) -> None:
    """Fill, look, print."""
    await fill(port, projects)
    await write_hosts(port, hosts)
    print("| what | |\n|---|---:|")
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=["--no-sandbox", "--disable-gpu"]
        )
        page = await browser.new_page(viewport={"width": WIDTH, "height": HEIGHT})
        for density in DENSITIES:
            began = time.perf_counter()
            await page.goto(f"http://127.0.0.1:{port}/dashboard?density={density}")
            await page.wait_for_selector(".card, .tile")
            ready = time.perf_counter() - began
            if density == "wall":  # it does not scroll
                print(f"| {density}: from the address to all of it | {ready:.1f} s |")
                continue
            frames = await page.evaluate(SCROLL, [SCROLL_SECONDS, PIXELS_A_SECOND])
            print(f"| {density}: from the address to the first card | {ready:.1f} s |")
            print(f"| {density}: frames a second while it scrolls | {frames:.0f} |")
        await page.goto(f"http://127.0.0.1:{port}/dashboard")
        await page.wait_for_selector(".card")
        took = await to_screen(page, port, 10_000_000)
        print(f"| a webhook to the screen, median | {statistics.median(took):.0f} ms |")
        print(f"| the same, the slowest of {WEBHOOKS} | {max(took):.0f} ms |")
        await browser.close()


def main() -> None:
    """Start a server and measure."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--projects", type=int, default=1000)
    parser.add_argument("--hosts", type=int, default=200)
    arguments = parser.parse_args()
    if shutil.which("chromium") is None:
        sys.exit("install chromium: on Debian, apt-get install chromium")
    with servers.running(server()) as running:
        asyncio.run(measure(running.port, arguments.projects, arguments.hosts))


if __name__ == "__main__":
    main()
