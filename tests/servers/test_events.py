"""Event streams over a real server: clients that come back, and clients that leave."""

from __future__ import annotations

import asyncio
import signal
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import httpx
import pytest

from falconws.sse import Event, aiter_events
from tests.conftest import PATIENCE, Serve

from .clients import connection, retried
from .conftest import Measured, Start

FEED = """
import asyncio

from falconws.core import App
from falconws.sse import EventStream, SSEvent


class Feed:
    async def on_get(self, req, resp):
        after = int(req.last_event_id or 0)

        async def events():
            for number in range(after + 1, after + 4):
                yield SSEvent(f"event\\n{number}", event_id=str(number))
            await asyncio.Event().wait()

        resp.sse = EventStream(events(), retry=500)


app = App()
app.add_route("/", Feed())
"""


async def read(url: str, count: int, last_event_id: str | None) -> list[Event]:
    """Read so many events, behind the one with an ID, and break off."""
    headers = {} if last_event_id is None else {"Last-Event-ID": last_event_id}
    async with asyncio.timeout(PATIENCE), httpx.AsyncClient() as client:
        async with client.stream("GET", url, headers=headers) as response:
            assert response.headers["content-type"] == "text/event-stream"
            events = aiter_events(response.aiter_bytes())
            return [await anext(events) for _ in range(count)]


async def test_a_client_goes_on_behind_its_last_event_when_the_server_was_restarted(
    serve: Serve, tmp_path: Path, free_port: int
) -> None:
    (tmp_path / "main.py").write_text(FEED)
    server = serve("main:app", tmp_path, port=free_port)
    before = await retried(lambda: read(server.url, 2, None))
    server.stop(signal.SIGKILL)
    server = serve("main:app", tmp_path, port=free_port)
    after = await retried(lambda: read(server.url, 3, before[-1].last_event_id))
    assert before + after == [
        Event("message", f"event\n{number}", str(number)) for number in range(1, 6)
    ]


APPLICATION = """
import asyncio
import gc

from falconws.core import App

app = App()
open_now = 0


class Feed:
    async def on_get(self, req, resp):
        async def events():
            global open_now
            open_now += 1
            try:
                yield "hello"
                await asyncio.Event().wait()
            finally:
                open_now -= 1

        resp.sse = events()


class State:
    async def on_get(self, req, resp):
        gc.collect()
        status = open("/proc/self/status").read().split()
        resp.media = {
            "rss": int(status[status.index("VmRSS:") + 1]) / 1024,
            "tasks": len(asyncio.all_tasks()),
            "open": len(app.connections),
            "generators": open_now,
        }


app.add_route("/feed", Feed())
app.add_route("/state", State())
"""
CLIENTS = 1000
AT_ONCE = 100  # as many as a server has places for in its queue of new connections


@pytest.mark.skipif(
    not Path("/proc/self/status").exists(), reason="Memory is read from Linux' /proc."
)
async def test_nothing_is_left_of_1000_streams_whose_clients_leave(
    start: Start, measured: Measured
) -> None:
    served = start(APPLICATION, "uvicorn")
    places = asyncio.Semaphore(AT_ONCE)

    async def state() -> dict[str, Any]:
        async with httpx.AsyncClient() as client:
            answer = await retried(lambda: client.get(f"{served.url}/state"))
            found: dict[str, Any] = answer.json()
            return found

    async def opened(stack: AsyncExitStack) -> None:
        async with places:
            reader, writer = await stack.enter_async_context(connection(served.port))
            writer.write(b"GET /feed HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
            assert b"data: hello\n\n" in await reader.readuntil(b"hello\n\n")

    async def visited() -> dict[str, Any]:
        """Let all come and leave; give what is left then."""
        async with asyncio.timeout(PATIENCE):
            async with AsyncExitStack() as stack:
                await asyncio.gather(*(opened(stack) for _ in range(CLIENTS)))
                there = await state()
                assert there["open"] == there["generators"] == CLIENTS
            while (now := await state())["open"] or now["generators"]:
                pass
        return now

    before = await visited()  # what is made once is made
    after = await visited()
    for what in ("open", "generators", "tasks"):
        assert after[what] == before[what], what
    growth = after["rss"] - before["rss"]
    measured("memory after 1,000 event streams", "uvicorn", growth, 4, "MiB")
