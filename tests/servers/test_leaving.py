"""A client that leaves is noticed, and what served it ends."""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Awaitable, Callable

import pytest

from .clients import ClientProcess, opened, stream
from .conftest import Measured, Start
from .serving import HTTP_SERVERS, SERVERS

APPLICATION = """
import asyncio

from falconws.core import App
from falconws.sse import SSEvent


class Waiting:
    async def on_websocket(self, req, ws, name):
        await ws.accept()
        try:
            await asyncio.Queue().get()
        finally:
            print(f"{name} ended: {ws.close_code} {ws.close_initiator}", flush=True)

    async def on_get_stream(self, req, resp, name):
        resp.stream = self.pieces(name, b"x")

    async def on_get_events(self, req, resp, name):
        resp.sse = self.pieces(name, SSEvent(data="x"))

    async def pieces(self, name, first):
        try:
            yield first
            await asyncio.Event().wait()
        finally:
            print(f"{name} ended", flush=True)


app = App()
app.add_route("/ws/{name}", Waiting())
app.add_route("/stream/{name}", Waiting(), suffix="stream")
app.add_route("/events/{name}", Waiting(), suffix="events")
"""

Leave = Callable[[], Awaitable[None]]

# What the disconnect event says differs by server; a code that is lost is not made up. Of a client
# that breaks off, no close frame has come: that is 1006, and 1005 is for one without a code
# (RFC 6455, 7.1.5). uvicorn's own protocols and granian say 1005 of both.
CODES = {
    "uvicorn": {"close": "4001 client", "abort": "1005 client"},
    "uvicorn-falconws": {"close": "4001 client", "abort": "1006 None"},
    "uvicorn-wsproto": {"close": "4001 client", "abort": "1005 client"},
    "hypercorn": {"close": "1006 None", "abort": "1006 None"},
    "granian": {"close": "4001 client", "abort": "1005 client"},
}


@pytest.mark.parametrize("name", SERVERS)
async def test_a_responder_that_only_waits_ends_with_its_client(
    name: str, start: Start, measured: Measured
) -> None:
    served = start(APPLICATION, name)
    closing = await opened(f"{served.ws_url}/ws/close")
    aborting = await opened(f"{served.ws_url}/ws/abort")
    dying = await asyncio.to_thread(ClientProcess, f"{served.ws_url}/ws/kill")

    async def close() -> None:
        await closing.close(4001, "bye")

    async def abort() -> None:
        aborting.transport.abort()

    async def kill() -> None:
        await asyncio.to_thread(dying.kill)

    async def until_ended(how: str, leave: Leave) -> tuple[str, float]:
        began = time.monotonic()
        await leave()
        said = await asyncio.to_thread(served.server.wait_for, f"{how} ended: (.*)")
        return said[1], time.monotonic() - began

    ways: dict[str, Leave] = {"close": close, "abort": abort, "kill": kill}
    ends = await asyncio.gather(*(until_ended(*way) for way in ways.items()))
    for how, (said, seconds) in zip(ways, ends, strict=True):
        assert said == CODES[name]["close" if how == "close" else "abort"]
        measured(f"push-only responder ended after {how}", name, seconds, 3, "s")
    assert re.search("Traceback|ERROR", served.server.output) is None


@pytest.mark.parametrize("name", HTTP_SERVERS)
async def test_a_stream_that_only_waits_is_closed_with_its_client(
    name: str, start: Start, measured: Measured
) -> None:
    served = start(APPLICATION, name)
    for kind in ("stream", "events"):
        for how in ("close", "abort"):
            path = f"/{kind}/{how}-{kind}"
            async with stream(served.port, path) as (_, writer):
                began = time.monotonic()
                writer.close() if how == "close" else writer.transport.abort()
                words = f"{how}-{kind} ended"
                await asyncio.to_thread(served.server.wait_for, words)
                seconds = time.monotonic() - began
            measured(f"idle {kind} closed after {how}", name, seconds, 0.5, "s")
    assert re.search("Traceback|ERROR", served.server.output) is None
