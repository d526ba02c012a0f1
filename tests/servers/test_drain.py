"""A server that is told to stop is not held up by what is open, and tells the clients."""

from __future__ import annotations

import asyncio
import re
import signal
import time
from collections import Counter
from contextlib import AsyncExitStack

import pytest
from websockets.asyncio.client import ClientConnection
from websockets.exceptions import ConnectionClosed

from tests.conftest import PATIENCE

from .clients import opened, stream
from .conftest import Measured, Start
from .serving import Served

APPLICATION = """
import asyncio

from falconws.core import App


class Open:
    async def on_websocket_reading(self, req, ws):
        await ws.accept()
        async for message in ws:
            pass

    async def on_websocket_pushing(self, req, ws):
        await ws.accept()
        await asyncio.Queue().get()

    async def on_get_stream(self, req, resp):
        resp.stream = self.pieces(b"x")

    async def on_get_events(self, req, resp):
        resp.sse = self.pieces(None)

    async def pieces(self, first):
        yield first
        await asyncio.Event().wait()


app = App()
for suffix in ("reading", "pushing", "stream", "events"):
    app.add_route("/" + suffix, Open(), suffix=suffix)
"""


class Clients:
    """Clients that stay until the server ends them, and tell how it did."""

    def __init__(self, served: Served, count: int) -> None:
        self._served = served
        self._count = count
        self._sockets: list[ClientConnection] = []
        self._streams: list[asyncio.StreamReader] = []
        self._stack = AsyncExitStack()

    async def __aenter__(self) -> Clients:
        """Open that many WebSockets and as many streams, half of each kind."""
        for _ in range(self._count // 2):
            for path in ("reading", "pushing"):
                url = f"{self._served.ws_url}/{path}"
                socket = await opened(url)
                self._stack.callback(socket.transport.abort)
                self._sockets.append(socket)
            for path in ("stream", "events"):
                opening = stream(self._served.port, f"/{path}")
                reader, _ = await self._stack.enter_async_context(opening)
                self._streams.append(reader)
        return self

    async def __aexit__(self, *exc_info: object) -> None:
        await self._stack.aclose()

    async def ends(self) -> Counter[str]:
        async with asyncio.timeout(PATIENCE):
            codes = await asyncio.gather(*map(_close_code, self._sockets))
            ends = await asyncio.gather(*map(_end, self._streams))
        return Counter([*codes, *ends])

    async def stopped_by(self, number: signal.Signals) -> tuple[float, Counter[str]]:
        """Give after how many seconds the process was gone, and how the clients' ends came."""
        began = time.monotonic()

        def stop() -> float:
            self._served.server.stop(number)
            return time.monotonic() - began

        return await asyncio.gather(asyncio.to_thread(stop), self.ends())


async def _close_code(socket: ClientConnection) -> str:
    with pytest.raises(ConnectionClosed) as caught:
        await socket.recv()
    code = caught.value.rcvd.code if caught.value.rcvd else 1006
    # uvicorn closes with 1012 itself, and is the first to do so now and then.
    return "told" if code in (1001, 1012) else str(code)


async def _end(reader: asyncio.StreamReader) -> str:
    try:
        body = await reader.read()
    except ConnectionResetError:
        return "reset"
    # RFC 9112, 7.1: a body in chunks is whole when one without a length has come.
    return "whole" if body.endswith(b"0\r\n\r\n") else "cut off"


@pytest.mark.parametrize(
    ("options", "number"),
    [
        ("--loop asyncio", signal.SIGTERM),
        ("--loop uvloop", signal.SIGINT),
        ("--ws falconws.ws.server:WebSocketProtocol", signal.SIGTERM),
    ],
)
async def test_uvicorn_stops_with_200_connections_open(
    options: str, number: signal.Signals, start: Start, measured: Measured
) -> None:
    command = f"uvicorn main:app --port {{port}} {options}"
    served = start(APPLICATION, "uvicorn", command)
    async with Clients(served, 100) as clients:
        seconds, ends = await clients.stopped_by(number)
    assert ends == {"told": 100, "whole": 100}
    assert re.search("Traceback|ERROR", served.server.output) is None
    what = f"gone after {number.name}, 100 WebSockets and 100 streams open"
    measured(what, f"uvicorn {options}", seconds, 2, "s")


@pytest.mark.parametrize(
    ("name", "command"),
    [
        ("uvicorn", "uvicorn main:app --port {port} --workers 2"),
        ("uvicorn", "uvicorn main:app --port {port} --reload"),
        ("hypercorn", None),
        ("granian", None),
    ],
)
async def test_other_ways_to_serve_stop_as_well(
    name: str, command: str | None, start: Start, measured: Measured
) -> None:
    served = start(APPLICATION, name, command)
    async with Clients(served, 10) as clients:
        seconds, ends = await clients.stopped_by(signal.SIGTERM)
    # granian cuts a connection off now and then before the close frame is out.
    cut_off = ends["1006"] if name == "granian" else 0
    assert ends["told"] + cut_off == 10
    assert ends["whole"] == 10
    options = command.partition("{port}")[2] if command else ""
    measured("gone after SIGTERM, 10 and 10 open", name + options, seconds, 3, "s")


async def test_a_reload_is_not_held_up_by_open_connections(
    start: Start, measured: Measured
) -> None:
    served = start(APPLICATION, "uvicorn", "uvicorn main:app --port {port} --reload")
    async with Clients(served, 10) as clients:
        served.server.wait_for("startup complete")
        began = time.monotonic()
        served.source.write_text(APPLICATION + "# changed")
        again = "startup complete(.|\n)*startup complete"
        _, ends = await asyncio.gather(
            asyncio.to_thread(served.server.wait_for, again), clients.ends()
        )
        seconds = time.monotonic() - began
    assert ends == {"told": 10, "whole": 10}
    measured("reloaded, 10 and 10 open", "uvicorn --reload", seconds, 3, "s")
