"""The chat page in a real browser: nothing is lost, nothing is doubled, whatever happens to the line."""

from __future__ import annotations

import asyncio
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.async_api import expect

from tests.support import ServerProcess, eventually, listening, say
from tests.ui.proxy import proxy
from tests.ui.support import accessible, fits, hurry, live, marks, open_page, person, shows, write
from tornchat.hub import Hub

pytestmark = marks
Start = Callable[..., ServerProcess]

XSS = [
    "<img src=x onerror=violations.push('html')>",
    "<script>violations.push('script')</script>",
    "javascript:violations.push('url')",
    "\"><svg onload=violations.push('svg')>",
    "{{constructor.constructor('violations.push(1)')()}}",
]


@pytest.mark.needs("chromium", "curl")
async def test_two_browsers_and_curl(port: int) -> None:
    """What one says all hear: the other browser, and a curl; and what curl says, both browsers."""
    curl = subprocess.Popen(["curl", "-sN", f"localhost:{port}/listen"], stdout=subprocess.PIPE)
    async with person() as ada, person(ada) as grace:
        one, two = await open_page(ada, port), await open_page(grace, port)
        await two.fill(".name-field input", "Grace")
        await write(one, "hello 🎉\nline two")
        await shows(two, "hello 🎉\nline two")
        await write(two, "hi Ada")
        await say(port, "from a terminal", name="curl")
        for page in (one, two):
            await shows(page, "hello 🎉\nline two", "hi Ada", "from a terminal")
            assert await page.locator(".author").all_text_contents() == ["Ada", "Grace", "curl"]
    curl.terminate()
    heard, _ = curl.communicate()
    assert "Ada hello 🎉 ⏎ line two\r\nGrace hi Ada\r\ncurl from a terminal\r\n" in heard.decode()


async def test_reload_keeps_name_room_and_history(port: int) -> None:
    """A reload is no loss."""
    async with person() as ada:
        page = await open_page(ada, port, "/#ops")
        await page.fill(".name-field input", "Ada L.")
        await write(page, "before")
        await shows(page, "before")
        await page.reload()
        await shows(page, "before")
        assert await page.input_value(".name-field input") == "Ada L."
        assert await page.locator("h1").text_content() == "ops"
        await say(port, "after", room="ops")
        await shows(page, "before", "after")


async def test_unread(port: int) -> None:
    """A room that one does not look at counts what is said in it; looking at it is reading it."""
    async with person() as ada:
        page = await open_page(ada, port, "/#ops")
        await say(port, "old", room="ops")
        await shows(page, "old")
        await page.click(".room:has-text('lobby')")
        for text in ("one", "two"):
            await say(port, text, room="ops")
        await expect(page.locator(".room:has-text('ops') .unread")).to_have_text("2 unread")
        assert await page.title() == "(2) lobby · tornchat"
        await page.click(".room:has-text('ops')")
        await shows(page, "old", "one", "two")
        await expect(page.locator(".unread")).to_have_count(0)


async def test_first_word_in_an_empty_room_is_unread(port: int) -> None:
    """A room that was joined before anybody spoke in it."""
    async with person() as ada:
        page = await open_page(ada, port, "/#ops")
        await page.wait_for_selector("text=Nothing has been said")
        await page.click(".room:has-text('lobby')")
        await say(port, "first", room="ops")
        await expect(page.locator(".room:has-text('ops') .unread")).to_have_text("1 unread")


async def test_who_is_here(port: int) -> None:
    """How many listen, this page among them, and which other rooms there are."""
    await say(port, "done", room="deploys")
    async with listening(port), listening(port, "/listen?room=lobby&room=ops"), person() as ada:
        page = await open_page(ada, port)
        await expect(page.locator(".listeners")).to_have_text("3 listen")
        await page.click("text=2 more rooms")
        await page.click(".others .room:has-text('deploys')")
        await expect(page.locator("h1")).to_have_text("deploys")
        await accessible(page)


async def test_jump_to_latest(port: int) -> None:
    """Who reads above is not torn away; a button says how many came, and leads there."""
    async with person(viewport={"width": 800, "height": 400}) as ada:
        page = await open_page(ada, port)
        for n in range(30):
            await say(port, f"line {n}")
        await page.wait_for_selector("text=line 29")
        await page.evaluate("document.querySelector('.scroll').scrollTo(0, 0)")
        await page.wait_for_selector(".to-latest")
        await say(port, "fresh")
        await page.click("text=1 new")
        await expect(page.locator("text=fresh")).to_be_in_viewport()
        await expect(page.locator(".to-latest")).to_have_count(0)


async def test_kill_and_restart(start_server: Start, tmp_path: Path) -> None:
    """`kill -9`, and a start some time later: what was said meanwhile is marked, then sent; all stand once."""
    options = [f"--broker=sqlite:///{tmp_path}/chat.db"]
    server = start_server(*options)
    async with person() as ada, person(ada) as grace:
        one, two = await open_page(ada, server.port), await open_page(grace, server.port)
        await write(one, "before")
        await shows(two, "before")
        server.process.kill()
        server.wait()
        await one.wait_for_selector('.link-state[data-phase="waiting"]')
        await write(one, "meanwhile")
        await expect(one.locator(".draft-state")).to_have_text("◌ sending …")
        again = start_server(f"--port={server.port}", *options)
        for page in (one, two):
            await hurry(page)
            await shows(page, "before", "meanwhile")
        again.signal()
        await again.ended()
        start_server(f"--port={server.port}", *options)
        await write(two, "after")
        for page in (one, two):
            await hurry(page)
            await shows(page, "before", "meanwhile", "after")


async def test_server_that_forgot(start_server: Start) -> None:
    """A history that is gone is no longer shown as if it were there."""
    server = start_server()
    async with person() as ada:
        page = await open_page(ada, server.port)
        await write(page, "forgotten")
        await shows(page, "forgotten")
        server.signal()
        await server.ended()
        again = start_server(f"--port={server.port}")
        await say(again.port, "new")
        await hurry(page)
        await shows(page, "new")


async def test_502_of_a_proxy(port: int) -> None:
    """An EventSource would give up for good at the first."""
    async with proxy(port) as between, person() as ada:
        page = await open_page(ada, between.port)
        await say(port, "before")
        await shows(page, "before")
        between.refuses = True
        between.cut()
        await eventually(lambda: between.refused >= 1)
        await say(port, "missed")
        between.refuses = False
        await hurry(page)
        await shows(page, "before", "missed")


@pytest.mark.options(history_count=3)
async def test_gap(port: int) -> None:
    """Who was away for longer than messages are kept is told that something is missing."""
    async with proxy(port) as between, person() as ada:
        page = await open_page(ada, between.port)
        await say(port, "before")
        await shows(page, "before")
        between.refuses = True
        between.cut()
        for n in range(10):
            await say(port, f"missed {n}")
        between.refuses = False
        await hurry(page)
        await expect(page.locator("[data-kind='note']")).to_contain_text("no longer kept")
        await expect(page.locator("[data-kind='message'] p")).to_have_text(
            ["before", *(f"missed {n}" for n in range(7, 10))]
        )


async def test_lost_answer(port: int) -> None:
    """The server has it, and its answer is lost: it is sent again with its key, and said once."""
    async with proxy(port) as between, person() as ada:
        page = await open_page(ada, between.port)
        between.eats_answers = 1
        await write(page, "once")
        await shows(page, "once")
        await write(page, "twice")
        await shows(page, "once", "twice")


async def test_stalled_socket(port: int) -> None:
    """After the sleep of a laptop a socket looks open and is dead: too long a silence ends it."""
    async with proxy(port) as between, person() as ada:
        page = await ada.new_page()
        await page.clock.install()
        await page.add_init_script("delete window.SharedWorker")  # the clock is the page's, not the worker's
        await page.goto(f"http://localhost:{between.port}/")
        await live(page)
        await say(port, "awake")
        await shows(page, "awake")
        between.stall()
        await say(port, "while it slept")
        for _ in range(6):  # the browser may try what else it had open before it opens a connection anew
            await page.clock.fast_forward(50_000)
        await shows(page, "awake", "while it slept")


async def test_seven_tabs_one_connection(port: int, hub: Hub) -> None:
    """HTTP/1.1 allows six connections: with one stream for each tab, the seventh would hear nothing."""
    async with person() as ada:
        rooms = ("lobby", "ops", "ci", "a", "b", "c", "lobby")
        pages = await asyncio.gather(*(open_page(ada, port, f"/#{room}") for room in rooms))
        await eventually(lambda: len(hub.clients) == 1)
        await write(pages[0], "to all lobbies")
        for page in (pages[0], pages[6]):
            await shows(page, "to all lobbies")
        await say(port, "b alone", room="b")
        await shows(pages[4], "b alone")
        await shows(pages[3])
        for page in pages[1:]:
            await page.close()
        await write(pages[0], "still here")
        await shows(pages[0], "to all lobbies", "still here")


async def test_without_shared_worker(port: int, hub: Hub) -> None:
    """Some browsers have none: a stream for each tab."""
    async with person() as ada:
        await ada.add_init_script("delete window.SharedWorker")
        one, two = await open_page(ada, port), await open_page(ada, port)
        await eventually(lambda: len(hub.clients) == 2)
        await write(one, "hi")
        for page in (one, two):
            await shows(page, "hi")


async def test_hostile_text(port: int) -> None:
    """Whatever a name or a message holds is text: nothing of it runs, and no link leads to a script."""
    for text in XSS:
        await say(port, text, name=text[:64])
    async with person() as ada:
        page = await open_page(ada, port)
        await shows(page, *XSS)
        assert await page.locator(".scroll :is(img, script, svg, iframe)").count() == 0
        assert await page.locator(".scroll a").count() == 0
        await page.fill(".name-field input", XSS[0])
        await write(page, XSS[1])
        await shows(page, *XSS, XSS[1])


async def test_refused_message(port: int) -> None:
    """What the server does not take is held, with its reason, until the person decides."""
    async with person() as ada:
        page = await open_page(ada, port)
        await page.fill(".name-field input", "* Ada")
        await write(page, "hi")
        await expect(page.locator(".refusal")).to_contain_text("name begins with")
        await page.click("text=Remove")
        await shows(page)


async def test_keyboard_alone(port: int) -> None:
    """Join a room, write, go back and forth, without a pointer."""
    async with person() as ada:
        page = await open_page(ada, port)
        await expect(page.locator("textarea")).to_be_focused()
        await page.keyboard.type("typed")
        await page.keyboard.press("Enter")
        await shows(page, "typed")
        await page.evaluate("document.activeElement.blur()")
        for _ in range(20):
            await page.keyboard.press("Tab")
            if await page.evaluate("document.activeElement.getAttribute('aria-label')") == "Room to join":
                break
        await page.keyboard.type("ops")
        await page.keyboard.press("Enter")
        await expect(page.locator("h1")).to_have_text("ops")
        await page.keyboard.press("Alt+ArrowUp")
        await expect(page.locator("h1")).to_have_text("lobby")
        await shows(page, "typed")


async def test_curl_line_is_of_this_room(port: int) -> None:
    """It can be copied, and works as it stands."""
    async with person(permissions=["clipboard-read", "clipboard-write"]) as ada:
        page = await open_page(ada, port, "/#ops/build")
        await page.click(".curl summary")
        await page.click("[aria-label='Copy the line: Say']")
        line = await page.evaluate("navigator.clipboard.readText()")
        assert line == f"curl http://localhost:{port}/say -d room=ops/build -d message=hi"
        await say(port, "hi", room="ops/build")
        await shows(page, "hi")


@pytest.mark.parametrize("theme", ["dark", "light"])
async def test_on_phone_and_wall(port: int, theme: str) -> None:
    """Readable and operable for everybody, at both ends of what screens are."""
    await say(port, "see https://example.org", name="Grace")
    async with person(color_scheme=theme) as ada:
        page = await open_page(ada, port)
        await write(page, "long " * 80 + "x" * 200)
        await page.wait_for_selector(".group:not(.draft) >> text=long")
        for width, height in ((390, 844), (1920, 1080)):
            await page.set_viewport_size({"width": width, "height": height})
            await fits(page)
            await accessible(page)
            await page.click(".curl summary")
            await fits(page)
            await accessible(page)
            await page.click(".curl summary")
