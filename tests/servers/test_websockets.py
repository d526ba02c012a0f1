"""WebSockets on real servers, with a real client."""

from __future__ import annotations

import asyncio
import json
import re
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

if TYPE_CHECKING:
    from tests.conftest import Server

APPLICATION = """
import asyncio

from falconws.core import App, HTTPUnauthorized
from falconws.ws import WebSocketDisconnected, WebSocketOptions, WebSockets


class Guarded:
    async def on_websocket(self, req, ws):
        raise HTTPUnauthorized(description="Log in first.")


class Echo:
    async def on_websocket(self, req, ws):
        await ws.accept()
        async for message in ws:
            await ws.send_text(message)


class Flood:
    async def on_websocket(self, req, ws):
        await ws.accept()
        try:
            while True:
                await ws.send_text("x" * 65536)
        except WebSocketDisconnected as exc:
            print(f"freed by {exc.code}", flush=True)


class Push:
    async def on_websocket(self, req, ws):
        await ws.accept()
        try:
            await asyncio.Event().wait()
        finally:
            print("finally", flush=True)


options = WebSocketOptions(max_message_size=1000, send_timeout=1, disconnect_grace=0.5)
app = App(extensions=[WebSockets(options)])
app.add_route("/guarded", Guarded())
app.add_route("/echo", Echo())
app.add_route("/flood", Flood())
app.add_route("/push", Push())
"""

SERVERS = {
    "uvicorn": ("uvicorn main:app --port {port} --ws websockets-sansio", "Uvicorn run"),
    "uvicorn-wsproto": ("uvicorn main:app --port {port} --ws wsproto", "Uvicorn run"),
    "hypercorn": ("hypercorn main:app --bind 127.0.0.1:{port}", "Running on"),
    "granian": ("granian --interface asgi main:app --port {port}", "Listening at"),
}

# How long anything may take; what is waited for comes in a fraction of it.
PATIENCE = 30.0


@pytest.fixture(params=SERVERS)
def served(
    request: pytest.FixtureRequest,
    run_server: Callable[..., Server],
    free_port: int,
    tmp_path: Path,
) -> tuple[Server, str]:
    """Give a server, and the address of its WebSockets."""
    (tmp_path / "main.py").write_text(APPLICATION)
    command, ready = SERVERS[request.param]
    words = command.format(port=free_port).split()
    server = run_server([sys.executable, "-m", *words], tmp_path, ready)
    return server, f"ws://127.0.0.1:{free_port}"


async def opened(url: str, **kwargs: Any) -> Any:
    """Connect, once the server listens: some say so before they do."""
    async with asyncio.timeout(PATIENCE):
        while True:
            try:
                return await connect(url, **kwargs)
            except ConnectionRefusedError:
                await asyncio.sleep(0.05)


async def test_a_handshake_that_is_refused_says_why(served: tuple[Server, str]) -> None:
    _, url = served
    with pytest.raises(InvalidStatus) as caught:
        await opened(f"{url}/guarded")
    assert caught.value.response.status_code == 401
    body = caught.value.response.body
    assert json.loads(body or b"")["description"] == "Log in first."


async def test_a_page_of_another_site_gets_a_403(served: tuple[Server, str]) -> None:
    server, url = served
    with pytest.raises(InvalidStatus) as caught:
        await opened(f"{url}/echo", origin="https://evil.example")
    assert caught.value.response.status_code == 403
    server.wait_for("allowed_origins")
    ws = await opened(f"{url}/echo", origin=url.replace("ws:", "http:"))
    async with asyncio.timeout(PATIENCE), ws:
        await ws.send("hello")
        assert await ws.recv() == "hello"


async def test_a_message_that_is_too_large_closes_with_1009(
    served: tuple[Server, str],
) -> None:
    _, url = served
    async with asyncio.timeout(PATIENCE), await opened(f"{url}/echo") as ws:
        await ws.send("x" * 1001)
        with pytest.raises(ConnectionClosed) as caught:
            await ws.recv()
    assert caught.value.rcvd is not None
    assert caught.value.rcvd.code == 1009


async def test_a_client_that_does_not_read_is_given_up(
    served: tuple[Server, str],
) -> None:
    server, url = served
    ws = await opened(f"{url}/flood", max_queue=1, compression=None, ping_interval=None)
    try:
        async with asyncio.timeout(PATIENCE):
            await asyncio.to_thread(server.wait_for, "freed by 1006")
    finally:
        ws.transport.abort()
    assert "Traceback" not in server.output


@pytest.mark.parametrize("leaves", ["close", "abort"])
async def test_a_responder_that_only_waits_ends_with_its_client(
    served: tuple[Server, str], leaves: str
) -> None:
    server, url = served
    ws = await opened(f"{url}/push")
    if leaves == "close":
        await ws.close()
    else:
        ws.transport.abort()
    await asyncio.to_thread(server.wait_for, "finally")
    assert re.search("Traceback|ERROR", server.output) is None
