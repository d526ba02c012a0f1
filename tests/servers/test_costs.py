"""What clients cost that do not read, and what is left of those that are gone."""

from __future__ import annotations

import asyncio
import socket
import struct
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.conftest import PATIENCE

from .clients import connection, frame, retried, upgraded
from .conftest import Measured, Start
from .serving import SERVERS, Served, serving

APPLICATION = """
import asyncio
import gc

from falconws.core import App, ResponseOptions
from falconws.ws import WebSocket, WebSocketDisconnected, WebSocketOptions, WebSockets


class Flood:
    '''Sends a megabyte a second.'''

    async def on_websocket(self, req, ws):
        time = asyncio.get_running_loop().time
        await ws.accept()
        try:
            while True:
                began = time()
                await ws.send_data(bytes(100_000))
                await asyncio.sleep(0.1)
        except WebSocketDisconnected as exc:
            print(f"freed by {exc.code} {exc.initiator}: {time() - began}", flush=True)

    async def on_get(self, req, resp):
        async def pieces():
            time = asyncio.get_running_loop().time
            try:
                while True:
                    began = time()
                    yield bytes(100_000)
                    await asyncio.sleep(0.1)
            finally:
                print(f"stream freed: {time() - began}", flush=True)

        resp.stream = pieces()


class Echo:
    async def on_websocket(self, req, ws):
        await ws.accept()
        async for message in ws:
            await ws.send_text(message)


class State:
    async def on_get(self, req, resp):
        gc.collect()
        status = open("/proc/self/status").read().split()
        resp.media = {
            "rss": int(status[status.index("VmRSS:") + 1]) / 1024,
            "peak": int(status[status.index("VmHWM:") + 1]) / 1024,
            "tasks": len(asyncio.all_tasks()),
            "open": len(app.connections),
            "sockets": sum(isinstance(o, WebSocket) for o in gc.get_objects()),
        }


app = App(
    extensions=[WebSockets(WebSocketOptions(send_timeout=3))],
    resp_options=ResponseOptions(send_timeout=3),
)
app.add_route("/flood", Flood())
app.add_route("/echo", Echo())
app.add_route("/state", State())
"""

on_linux = pytest.mark.skipif(
    not Path("/proc/self/status").exists(), reason="Memory is read from Linux' /proc."
)


async def state(served: Served) -> dict[str, Any]:
    """Ask the application what it holds: MiB, tasks, connections and sockets."""
    async with httpx.AsyncClient() as client:
        url = f"{served.url}/state"
        answer: dict[str, Any] = (await retried(lambda: client.get(url))).json()
        return answer


@on_linux
async def test_a_client_that_does_not_read_costs_little_and_is_given_up(
    tmp_path: Path, measured: Measured
) -> None:
    async def freeze(name: str) -> None:
        (tmp_path / name).mkdir()
        with serving(APPLICATION, tmp_path / name, name) as served:
            before = await state(served)
            async with upgraded(served.port, "/flood"), connection(served.port) as c:
                c[1].write(b"GET /flood HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
                wait_for = served.server.wait_for
                ws = await asyncio.to_thread(wait_for, "freed by 1006 server: (.*)")
                stream = await asyncio.to_thread(wait_for, "stream freed: (.*)")
                after = await state(served)
        growth = after["peak"] - before["rss"]
        measured("memory for two frozen clients, 1 MB/s each", name, growth, 32, "MiB")
        for what, seconds in (("WebSocket", ws[1]), ("stream", stream[1])):
            words = f"{what} of a frozen client freed, send_timeout=3"
            measured(words, name, float(seconds), 3.5, "s")

    await asyncio.gather(*map(freeze, SERVERS))


@on_linux
@pytest.mark.parametrize(
    ("name", "count"), [("uvicorn", 10_000), ("uvicorn-falconws", 2_500)]
)
async def test_nothing_is_left_of_thousands_of_clients_that_broke_off(
    name: str, count: int, start: Start, measured: Measured
) -> None:
    served = start(APPLICATION, name)
    message = frame(1, b"hello")
    # An abrupt close: what is not read is thrown away, and the peer gets a reset.
    linger = struct.pack("ii", 1, 0)

    async def cycles(count: int) -> None:
        for _ in range(count):
            async with upgraded(served.port, "/echo") as (reader, writer):
                sock = writer.get_extra_info("socket")
                sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
                writer.write(message)
                assert await reader.readexactly(7) == b"\x81\x05hello"

    async def settled() -> dict[str, Any]:
        async with asyncio.timeout(PATIENCE):
            while (now := await state(served))["open"]:
                pass
        return now

    await asyncio.gather(*(cycles(50) for _ in range(20)))  # what is made once is made
    before = await settled()
    await asyncio.gather(*(cycles(count // 20) for _ in range(20)))
    after = await settled()
    for what in ("tasks", "open", "sockets"):
        assert after[what] == before[what], what
    growth = after["rss"] - before["rss"]
    words = f"memory after {count:,} connections"
    measured(words, name, growth, 4 * count / 10_000, "MiB")
