"""The chat, as people use it: two browser windows, and a server that is restarted."""

from __future__ import annotations

import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Browser, Page, expect

ROOT = Path(__file__).parents[2]
CHAT = ROOT / "examples" / "chat" / "app.py"

# For a machine that is busy with other things; what is waited for comes in a fraction of it.
PATIENCE = 30_000.0


@pytest.fixture
def start_chat(
    run_server: Callable[..., Any],
    monkeypatch: pytest.MonkeyPatch,
    free_port: int,
    request: pytest.FixtureRequest,
) -> Callable[[], Any]:
    """Start the chat as its text says, or with options of uvicorn as the parameter."""
    monkeypatch.setenv("PORT", str(free_port))
    command = [sys.executable, str(CHAT)]
    if options := getattr(request, "param", None):
        command = [sys.executable, "-m", "uvicorn", "--app-dir", str(CHAT.parent)]
        command += ["app:app", "--port", str(free_port), *options]
    return lambda: run_server(command, ROOT)


async def _join(browser: Browser, url: str, name: str) -> Page:
    """Open the chat in a window of its own, as someone."""
    context = await browser.new_context(viewport={"width": 1280, "height": 760})
    context.set_default_timeout(PATIENCE)
    page = await context.new_page()
    failures: list[str] = []
    page.on("pageerror", lambda error: failures.append(str(error)))
    await page.goto(url)
    await page.fill("#name", name)
    await page.click("dialog button")
    await _connected(page)
    assert not failures
    return page


async def _connected(page: Page) -> None:
    for status in ("#connection", "#feed-status"):
        await expect(page.locator(status)).to_have_attribute(
            "data-state", "open", timeout=PATIENCE
        )


async def _disconnected(page: Page) -> None:
    for status in ("#connection", "#feed-status"):
        await expect(page.locator(status)).to_have_attribute(
            "data-state", "connecting", timeout=PATIENCE
        )


async def _say(page: Page, text: str) -> None:
    await page.fill("#text", text)
    await page.press("#text", "Enter")


async def _reads(page: Page, text: str) -> None:
    await expect(page.locator("#log .text", has_text=text)).to_be_visible(
        timeout=PATIENCE
    )


async def test_two_pages_chat_watch_the_feed_and_come_back_after_a_restart(
    browser: Browser, start_chat: Callable[[], Any]
) -> None:
    server = start_chat()
    ada = await _join(browser, server.url, "Ada")
    grace = await _join(browser, server.url, "Grace")
    await expect(ada.locator("#members .avatar")).to_have_count(2, timeout=PATIENCE)

    await _say(ada, "Hello from Ada")
    await _reads(grace, "Hello from Ada")
    feed = grace.locator("#feed li", has_text="Ada wrote in #lobby")
    await expect(feed).to_have_count(1, timeout=PATIENCE)

    server.stop(signal.SIGKILL)
    await _disconnected(ada)
    await _disconnected(grace)
    start_chat()
    await _connected(ada)
    await _connected(grace)

    await _say(grace, "Back again")
    await _reads(ada, "Back again")
    feed = ada.locator("#feed li", has_text="Grace wrote in #lobby")
    await expect(feed).to_have_count(1, timeout=PATIENCE)


async def test_the_server_stops_on_ctrl_c_although_pages_are_open(
    browser: Browser, start_chat: Callable[[], Any]
) -> None:
    server = start_chat()
    page = await _join(browser, server.url, "Ada")
    assert server.stop(signal.SIGINT) == 0
    assert "Traceback" not in server.output
    assert "ERROR" not in server.output
    await _disconnected(page)


@pytest.mark.parametrize(
    "start_chat",
    [None, ["--ws", "falconws.ws.server:WebSocketProtocol"]],
    ids=["as it is", "with our protocol"],
    indirect=True,
)
async def test_the_room_can_be_changed_and_what_was_said_there_is_shown(
    browser: Browser, start_chat: Callable[[], Any]
) -> None:
    server = start_chat()
    ada = await _join(browser, server.url, "Ada")
    await ada.locator("#rooms button", has_text="python").click()
    await expect(ada.locator("#room-name")).to_have_text("python", timeout=PATIENCE)
    await _connected(ada)
    await _say(ada, "<b>import this</b>")

    grace = await _join(browser, f"{server.url}/#python", "Grace")
    await _reads(grace, "<b>import this</b>")
