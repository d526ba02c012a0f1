"""The page with a chat form, and the WebSocket that it talks to."""

from __future__ import annotations

import asyncio
import re
import signal
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import httpx
import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed

from .conftest import both_protocols

if TYPE_CHECKING:
    from tests.conftest import Serve, Server

PATIENCE = 30.0


@pytest.fixture
def page(programs: Path) -> Path:
    return programs / "page"


def get(server: Server) -> httpx.Response:
    """Get the page from a server that reloads.

    It has a port before its child listens there, and the child does not say when it does: the
    first connection may have to be tried again.
    """
    transport = httpx.HTTPTransport(retries=6)
    with httpx.Client(transport=transport, timeout=PATIENCE) as client:
        return client.get(f"{server.url}/hello")


@pytest.fixture
def server(serve: Serve, page: Path) -> Server:
    server = serve("main:app", page, "--reload")
    get(server)
    return server


def test_the_page_is_rendered_as_html(server: Server) -> None:
    response = get(server)

    assert response.status_code == 200
    assert response.headers["content-type"].partition(";")[0] == "text/html"
    assert response.text.strip().startswith("<!DOCTYPE html>")
    assert "<h1>WebSocket Chat</h1>" in response.text


async def test_what_the_form_sends_comes_back_with_words_in_front(
    server: Server,
) -> None:
    async with asyncio.timeout(PATIENCE), connect(f"{server.ws_url}/hello") as ws:
        for text in ("Hi", "", "two\nlines", "naïve ☃"):
            await ws.send(text)
            assert await ws.recv() == f"Message text was: {text}"


@both_protocols
async def test_a_reloading_server_stops_while_a_socket_is_open(
    server: Server,
) -> None:
    async with asyncio.timeout(PATIENCE), connect(f"{server.ws_url}/hello") as ws:
        stopping = asyncio.create_task(asyncio.to_thread(server.stop, signal.SIGINT))
        with pytest.raises(ConnectionClosed) as caught:
            await ws.recv()
        assert caught.value.rcvd is not None
        assert caught.value.rcvd.code == 1001
        assert await stopping == 0
    assert "Stopping reloader process" in server.output


async def test_the_page_talks_to_the_server_that_the_program_starts(
    run_server: Serve, page: Path, port_8000: int
) -> None:
    server = run_server([sys.executable, "main.py"], page)
    assert server.port == port_8000

    address = re.search(r'new WebSocket\("(.+?)"\)', get(server).text)
    assert address is not None

    async with asyncio.timeout(PATIENCE), connect(address[1]) as ws:
        await ws.send("Hi")
        assert await ws.recv() == "Message text was: Hi"
