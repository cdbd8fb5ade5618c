"""The dashboard in a real browser: it shows what was heard, at once, and says when it does not hear."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from playwright.async_api import BrowserContext, Page, Route, expect

from tests.sources import payloads
from tests.support import ROOT, ServerProcess, post
from tests.ui.support import accessible, fits, live, marks, person
from tornchat.event import Event, timestamp
from tornchat.hub import Hub

pytestmark = marks
FIXTURE = json.loads((ROOT / "tests/fixtures/board/two_refs.json").read_text(encoding="utf-8"))
NOW = 1_795_510_800_000
JSON = "application/json"


async def open_dashboard(context: BrowserContext, port: int, path: str = "/dashboard") -> Page:
    """A live dashboard."""
    page = await context.new_page()
    await page.goto(f"http://localhost:{port}{path}")
    await live(page)
    await page.wait_for_selector("[data-stale='false']")
    return page


def known() -> list[Event]:
    """What was reported before anybody looked."""
    head = ("room", "type", "id", "at")
    return [
        Event("ci", flat["type"], {name: value for name, value in flat.items() if name not in head})
        for flat in FIXTURE["events"]
    ]


def run(project: str, status: str, at: int = 1, **fields: Any) -> Event:
    """What the pipeline of a project is seen as; a greater `at` is later."""
    known = {
        "key": f"gitlab||{project}|pipeline|1",
        "kind": "pipeline",
        "source": "gitlab",
        "project": project,
        "status": status,
        "clock": [1, NOW + at, 2 if status == "running" else 3],
        "number": "1",
        "ref": "main",
    }
    return Event("ci", "run", known | fields)


def host(name: str, **fields: Any) -> Event:
    return Event("hosts", "host", {"host": name, "state": "live", "level": "ok", "cpu": 12, "mem": 40} | fields)


def check(name: str, status: str = "up", **fields: Any) -> Event:
    return Event("hosts", "check", {"check": name, "status": status, "checked_at": timestamp()} | fields)


async def transient(hub: Hub, *events: Event) -> None:
    """Heard by who listens now, and kept by nobody."""
    hub.deliver([event.kept("", timestamp()) for event in events])


async def report(port: int, project: str, status: str) -> None:
    body = json.dumps({"project": project, "status": status}).encode()
    assert (await post(port, "/hooks/generic", body, JSON))[0] == 204


def card(page: Page, name: str) -> Any:
    return page.locator(".card", has=page.locator("h3", has_text=name))


async def test_an_event_is_on_screen(port: int, hub: Hub) -> None:
    """No reload, no polling: a card comes, runs, fails, and moves to the front; the tab says it too."""
    async with person() as wall:
        page = await open_dashboard(wall, port)
        await hub.publish(
            [run("shop/api", "success"), run("shop/web", "running", title="Add a basket", author="Grace")]
        )
        await expect(card(page, "shop/web")).to_contain_text("Add a basket")
        await expect(card(page, "shop/web").locator(".marks")).to_contain_text("running")
        await hub.publish([run("shop/web", "failed", 2)])
        await expect(page.locator(".card").first).to_contain_text("shop/web")
        await expect(card(page, "shop/web").locator(".marks")).to_have_text("failed")
        await expect(page).to_have_title("(1) failed · tornchat")
        await expect(page.locator("p[role=status]")).to_have_text("shop/web failed")
        icon = await page.locator("link[rel=icon]").get_attribute("href")
        assert icon is not None
        assert "%23d55e00" in icon


@pytest.mark.options(trust_loopback=True)
async def test_webhook_to_the_pixel(port: int) -> None:
    """GitLab says it, and the screen shows it: the stages with their jobs, then the end."""
    job = payloads.gitlab_build(501, status="running", finished_at=None)
    async with person() as wall:
        page = await open_dashboard(wall, port)
        for status, build in (("running", job), ("failed", payloads.gitlab_build(501, status="failed"))):
            body = payloads.body(payloads.gitlab_pipeline(build, status=status, finished_at=None))
            assert (await post(port, "/hooks/gitlab", body, JSON))[0] == 204
            await expect(card(page, "shop/web").locator(".marks")).to_contain_text(status)
        await expect(card(page, "shop/web")).to_contain_text("Add basket")
        await expect(page).to_have_title("(1) failed · tornchat")


async def test_board_and_what_comes_after(port: int, hub: Hub) -> None:
    """It begins with what the server knows, and goes on with what is heard."""
    async with person() as wall:
        await hub.publish(known())
        page = await open_dashboard(wall, port)
        await expect(card(page, "shop/web")).to_be_visible()
        await transient(hub, host("web1", cpu=97, level="critical"), check("login", "down", error="refused"))
        await expect(card(page, "web1")).to_contain_text("97 %")
        await expect(card(page, "web1")).to_contain_text("critical")
        await expect(card(page, "login")).to_contain_text("refused")


async def test_stale_host(port: int, hub: Hub) -> None:
    """Its last numbers stay, paler, and it says since when."""
    async with person() as wall:
        page = await open_dashboard(wall, port)
        await transient(hub, host("web1", seen_at="2026-11-24T09:00:00.000Z"))
        await hub.publish([host("web1", state="offline", seen_at="2026-11-24T09:00:00.000Z")])
        await expect(card(page, "web1")).to_contain_text("offline")
        await expect(card(page, "web1")).to_contain_text("last seen")
        await expect(card(page, "web1")).to_contain_text("12 %")


async def test_it_never_lies(start_server: Callable[..., ServerProcess]) -> None:
    """Without the stream for more than 5 s it says so; with it again it says no more, and what was lost is read."""
    server = start_server("--trust-loopback=true")
    await report(server.port, "shop/web", "success")
    async with person() as wall:
        page = await open_dashboard(wall, server.port)
        await expect(card(page, "shop/web")).to_be_visible()
        server.signal()
        await server.ended()
        await expect(page.locator(".banner")).to_contain_text("Last update", timeout=10_000)
        await expect(page.locator(".dashboard")).to_have_attribute("data-stale", "true")
        await expect(page).to_have_title("? not live · tornchat")
        await accessible(page)
        start_server("--trust-loopback=true", f"--port={server.port}")
        await report(server.port, "shop/api", "failed")
        await page.click("text=Connect now")
        await expect(page.locator(".banner")).to_have_count(0)
        await expect(page.locator(".notice")).to_contain_text("read anew")
        await expect(page.locator(".card h3")).to_have_text(["shop/api"])
        await expect(page.locator(".dashboard")).to_have_attribute("data-stale", "false")


async def test_board_that_cannot_be_read(port: int) -> None:
    """It says so, and tries again."""
    failures = [503]

    async def board(route: Route) -> None:
        if failures:
            await route.fulfill(status=failures.pop())
        else:
            await route.continue_()

    async with person() as wall:
        page = await wall.new_page()
        await page.route("**/board", board)
        await page.goto(f"http://localhost:{port}/dashboard")
        await expect(page.locator(".banner")).to_contain_text("503")
        await expect(page.locator(".banner")).to_have_count(0)
        await expect(page.locator(".empty")).to_contain_text("Nothing has been heard")
        await accessible(page)


async def test_view_is_in_the_address(port: int, hub: Hub) -> None:
    """A wall screen needs nothing but its address."""
    async with person(color_scheme="dark") as wall:
        page = await open_dashboard(wall, port, "/dashboard?filter=shop/&only=failing&group=1&theme=light")
        await hub.publish([run("shop/web", "failed"), run("shop/api", "success"), run("infra", "failed")])
        await expect(page.locator(".card h3")).to_have_text(["shop/web"])
        await expect(page.locator("summary h2")).to_contain_text("shop")
        assert await page.evaluate("document.documentElement.dataset.theme") == "light"
        await page.fill(".filter", "")
        await page.click("button:has-text('Failing')")
        await expect(page.locator(".card h3")).to_have_text(["infra", "shop/web", "shop/api"])
        assert page.url.endswith("/dashboard?group=1&theme=light")


@pytest.mark.parametrize("count", [5, 300])
async def test_wall_fits_without_scrolling(port: int, hub: Hub, count: int) -> None:
    """Nobody scrolls a wall: all of it is there, what fails first."""
    async with person(viewport={"width": 1920, "height": 1080}) as wall:
        page = await open_dashboard(wall, port, "/dashboard?density=wall")
        await hub.publish([run(f"shop/p{n}", "failed" if n == 3 else "success") for n in range(count)])
        await expect(page.locator(".tile")).to_have_count(count)
        await expect(page.locator(".tile").first).to_contain_text("p3")
        await expect(page.locator(".tile").last).to_be_in_viewport(ratio=1)
        assert await page.evaluate("document.documentElement.scrollHeight <= innerHeight")


async def test_keyboard_alone(port: int, hub: Hub) -> None:
    """Filter, step through the cards, open one and close it: the focus is where it was."""
    async with person() as wall:
        page = await open_dashboard(wall, port)
        await hub.publish([run(f"shop/{name}", "success") for name in ("api", "web", "worker")])
        await expect(page.locator(".card")).to_have_count(3)
        await page.keyboard.press("/")
        await page.keyboard.type("w")
        await expect(page.locator(".card h3")).to_have_text(["shop/web", "shop/worker"])
        await page.keyboard.press("Escape")
        await page.keyboard.press("j")
        await page.keyboard.press("j")
        await page.keyboard.press("Enter")
        await expect(page.locator("dialog h2")).to_have_text("shop/worker")
        await page.keyboard.press("Escape")
        await expect(page.locator("dialog")).to_have_count(0)
        await expect(card(page, "shop/worker").locator("button")).to_be_focused()
        await page.keyboard.press("?")
        await expect(page.locator("dialog h2")).to_have_text("Keys")
        await page.keyboard.press("Escape")
        await page.keyboard.press("p")
        await hub.publish([run("shop/web", "failed", 2)])
        await page.keyboard.press("d")
        await expect(page.locator(".banner")).to_contain_text("Paused")
        await expect(card(page, "shop/web").locator(".marks")).to_have_text("success")
        await page.keyboard.press("p")
        await expect(card(page, "shop/web").locator(".marks")).to_have_text("failed")


async def test_hostile_fields(port: int, hub: Hub) -> None:
    """Whatever a webhook brings is text, and what is no address of the web is no link."""
    html = "<img src=x onerror=violations.push('ran')>"
    texts: dict[str, Any] = dict.fromkeys(
        ("name", "stage", "ref", "title", "author", "sha", "environment", "reason", "number"), html
    )
    script = "javascript:violations.push('ran')"
    job = {"key": "gitlab||x|job|1", "clock": [3, NOW, 0], "status": "failed", "url": script, **texts}
    event = run(f"shop/{html}", "failed", url=script, project_url=script, **texts, stages=[html], jobs=[job])
    deployment = run(
        f"shop/{html}",
        "success",
        key="gitlab||x|deployment|2",
        kind="deployment",
        url="data:text/html,x",
        environment=html,
    )
    async with person() as wall:
        page = await open_dashboard(wall, port)
        await hub.publish([event, deployment])
        await transient(
            hub,
            host(html, os=html, agent=html, disk_mount=html),
            check(html, "down", target=script, error=html, group=html, kind=html),
        )
        await expect(page.locator(".card")).to_have_count(3)
        for button in await page.locator(".card-open").all():
            await button.click()
            await page.wait_for_selector("dialog")
            assert await page.locator("img, iframe, dialog a").count() == 0
            await page.keyboard.press("Escape")
        await page.select_option("select", "wall")
        await expect(page.locator(".tile")).to_have_count(3)
        assert await page.locator("img").count() == 0


@pytest.mark.parametrize("theme", ["dark", "light"])
async def test_on_phone_and_wall(port: int, hub: Hub, theme: str) -> None:
    """Readable and operable for everybody, at both ends of what screens are, in each density."""
    job = {"key": "gitlab||x|job|1", "clock": [3, NOW, 0], "status": "failed", "name": "unit", "stage": "test"}
    statuses = ("success", "failed", "warning", "running", "queued", "waiting", "cancelled", "skipped", "unknown")
    async with person(color_scheme=theme, reduced_motion="reduce") as wall:
        await hub.publish(known())
        page = await open_dashboard(wall, port)
        await hub.publish(
            [
                run(f"acme/{status}", status, title="A title that is somewhat long", author="Ada", jobs=[job])
                for status in statuses
            ]
        )
        levels = ("ok", "warning", "critical")
        await transient(hub, *(host(level, level=level, cpu=95, rx=1e6, tx=2e3, load1=1.5) for level in levels))
        await hub.publish([host("gone", state="offline", seen_at=timestamp())])
        await transient(
            hub, check("shop", latency=0.2), check("login", "down", error="refused"), check("x", "pending")
        )
        await expect(page.locator(".check")).to_have_count(3)
        for width, height in ((390, 844), (1920, 1080)):
            await page.set_viewport_size({"width": width, "height": height})
            for density in ("cards", "rows", "wall"):
                await page.select_option("select", density)
                await fits(page)
                await accessible(page)
        await page.select_option("select", "cards")
        for name in ("acme/failed", "critical"):
            await card(page, name).locator("button").first.click()
            await page.wait_for_selector("dialog")
            await accessible(page)
            await page.keyboard.press("Escape")
