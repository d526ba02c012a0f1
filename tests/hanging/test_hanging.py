"""Applications that hang: their tests fail, by the bounds that every user has."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

SUITE = """
import asyncio

import pytest

from falconws.core import App
from falconws.testing import ASGIConductor


class Rooms:
    def __init__(self):
        self.news = asyncio.Event()

    async def on_get(self, req, resp):
        await self.news.wait()  # the request

    async def on_get_feed(self, req, resp):
        async def events():
            yield "hello"
            await self.news.wait()  # the stream

        resp.sse = events()

    async def on_websocket(self, req, ws):
        await ws.accept()
        await self.news.wait()  # the socket


@pytest.fixture
def app():
    app = App()
    app.add_route("/", Rooms())
    app.add_route("/feed", Rooms(), suffix="feed")
    return app


async def request(conductor):
    await conductor.simulate_get("/")


async def stream(conductor):
    async with conductor.simulate_get_stream("/feed") as result:
        async for _ in result.events():
            pass


async def socket(conductor):
    async with conductor.simulate_ws("/") as ws:
        await ws.receive_text()


@pytest.mark.asyncio
async def test_all_at_once(conductor):
    async with asyncio.TaskGroup() as group:
        for use in (request, stream, socket):
            group.create_task(failing(use, conductor))
    pytest.fail("as it should")


async def failing(use, conductor):
    try:
        await use(conductor)
    except TimeoutError as exc:
        print(exc)
"""


def test_what_hangs_fails_in_5_seconds_and_shows_the_line_that_waits(
    tmp_path: Path,
) -> None:
    (tmp_path / "test_suite.py").write_text(SUITE, encoding="utf-8")
    finished = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "test_suite.py"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    shown = finished.stdout
    assert "1 failed" in shown, shown
    for missing in ("start its response", "send an event", "send a message"):
        assert f"The application did not {missing} within 5 s." in shown
    for name in ("request", "stream", "socket"):
        assert f"await self.news.wait()  # the {name}\n" in shown
    assert "It waits for Event.wait(), here:" in shown
