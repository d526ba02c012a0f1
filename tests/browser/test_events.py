"""`EventSource` in a browser: what it reads, when it comes back, and when it does not."""

from __future__ import annotations

import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Browser, Page

from tests.conftest import Serve

PATIENCE = 30_000.0

APPLICATION = """
import asyncio

from falconws.core import App
from falconws.sse import EventStream, SSEvent


class Page:
    async def on_get(self, req, resp):
        resp.content_type = "text/html"
        resp.text = "<!doctype html><title>Events</title>"


class Feed:
    async def on_get(self, req, resp):
        async def events():
            after = req.last_event_id
            if after is None:
                yield SSEvent("one\\r\\ntwo\\n", comment="skipped\\ndata: no")
                yield [SSEvent(json={"a": "\\u00e9"}, event_type="typed", event_id="7-\\u00e9")]
                yield SSEvent(event_id="8-\\u20ac", comment="no event, but an ID")
                yield "string"
            else:
                yield SSEvent(after, event_type="resumed")
            await asyncio.Event().wait()

        resp.sse = EventStream(events(), retry=100)


class Silent:
    async def on_get(self, req, resp):
        async def events():
            await asyncio.Event().wait()
            yield

        resp.sse = EventStream(events(), ping=None)


class Once:
    calls = 0

    async def on_get(self, req, resp):
        async def events():
            yield "only"

        self.calls += 1
        if self.calls > 1:
            resp.status = 204
        resp.sse = EventStream(events(), retry=50)

    async def on_get_calls(self, req, resp):
        resp.media = self.calls


once = Once()
app = App()
app.add_route("/", Page())
app.add_route("/feed", Feed())
app.add_route("/silent", Silent())
app.add_route("/once", once)
app.add_route("/calls", once, suffix="calls")
"""

LISTEN = """
path => {
    window.seen = [];
    window.source = new EventSource(path);
    const note = (event) => seen.push([event.type, event.data, event.lastEventId]);
    for (const type of ["message", "typed", "resumed"]) source.addEventListener(type, note);
    source.onopen = () => seen.push(["open"]);
    source.onerror = () => seen.push(["error", source.readyState]);
}
"""
CONNECTING, CLOSED = 0, 2


@pytest.fixture
def start(serve: Serve, tmp_path: Path, free_port: int) -> Callable[[], Any]:
    (tmp_path / "main.py").write_text(APPLICATION)
    return lambda: serve("main:app", tmp_path, port=free_port)


async def listening(browser: Browser, url: str, path: str) -> Page:
    page = await browser.new_page()
    page.set_default_timeout(PATIENCE)
    await page.goto(url)
    await page.evaluate(LISTEN, path)
    return page


async def seen(page: Page, count: int) -> Any:
    """Wait until so many things have happened, and give them."""
    await page.wait_for_function("count => seen.length >= count", arg=count)
    return await page.evaluate("seen")


async def test_a_browser_reads_what_was_sent_and_resumes_after_a_restart(
    browser: Browser, start: Callable[[], Any]
) -> None:
    server = start()
    page = await listening(browser, server.url, "/feed")
    expected = [
        ["open"],
        ["message", "one\ntwo\n", ""],
        ["typed", '{"a":"é"}', "7-é"],
        ["message", "string", "8-€"],
    ]
    assert await seen(page, 4) == expected
    server.stop(signal.SIGKILL)
    # It tries every 100 ms, as `retry` says: each attempt that fails is an error.
    errors = (await seen(page, 7))[4:]
    assert errors == [["error", CONNECTING]] * len(errors)
    start()
    await page.wait_for_function("seen.at(-1)[0] === 'resumed'")
    assert (await page.evaluate("seen"))[-2:] == [["open"], ["resumed", "8-€", "8-€"]]


async def test_a_stream_is_open_before_its_first_event(
    browser: Browser, start: Callable[[], Any]
) -> None:
    page = await listening(browser, start().url, "/silent")
    assert await seen(page, 1) == [["open"]]


async def test_a_204_stops_a_browser_that_comes_back(
    browser: Browser, start: Callable[[], Any]
) -> None:
    page = await listening(browser, start().url, "/once")
    events = await seen(page, 4)
    # The stream ends, the browser comes back, and is told not to.
    assert events == [
        ["open"],
        ["message", "only", ""],
        ["error", CONNECTING],
        ["error", CLOSED],
    ]
    assert await page.evaluate("fetch('/calls').then(it => it.json())") == 2
