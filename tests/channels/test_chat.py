"""The chat of the examples, served by several processes."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Callable
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import httpx
import pytest
from websockets.asyncio.client import ClientConnection

from tests.conftest import PATIENCE, Server
from tests.servers.clients import opened

ROOT = Path(__file__).parents[2]
CHAT = ROOT / "examples" / "chat" / "app.py"

StartChat = Callable[..., Server]


@pytest.fixture
def start_chat(
    run_server: Callable[..., Server],
    monkeypatch: pytest.MonkeyPatch,
    redis_url: str,
) -> StartChat:
    def start(port: int, *options: str) -> Server:
        monkeypatch.setenv("PORT", str(port))
        command = [sys.executable, str(CHAT), "--redis", redis_url, *options]
        return run_server(command, ROOT)

    return start


async def _until(ws: ClientConnection, kind: str, **data: Any) -> Any:
    """Receive until there is a message of a kind, and with such data."""
    async with asyncio.timeout(PATIENCE):
        while True:
            message = json.loads(await ws.recv())
            told = message.get("data") or message
            if message["type"] == kind and data.items() <= told.items():
                return message


def _history(server: Server) -> list[str]:
    retries = httpx.HTTPTransport(retries=5)  # It may not listen yet.
    with httpx.Client(transport=retries, timeout=PATIENCE) as client:
        answer = client.get(f"{server.url}/rooms/lobby/history").json()
    return [message["data"]["text"] for message in answer["messages"]]


async def test_people_on_two_servers_are_in_one_room_and_history_outlives_both(
    start_chat: StartChat, free_ports: list[int]
) -> None:
    one, other = (start_chat(port, "--workers", "1") for port in free_ports[:2])
    address = (
        f"{one.ws_url}/rooms/lobby?name=Ada",
        f"{other.ws_url}/rooms/lobby?name=Bob",
    )
    async with await opened(address[0]) as ada:
        await _until(ada, "welcome", you="Ada")
        async with await opened(address[1]) as bob:
            assert (await _until(bob, "welcome"))["members"] == ["Ada", "Bob"]
            await _until(ada, "joined", user="Bob")
            await ada.send(json.dumps({"type": "message", "text": "Hello"}))
            last = (await _until(bob, "message", name="Ada", text="Hello"))["id"]
        await _until(ada, "left", user="Bob")
        await ada.send(json.dumps({"type": "message", "text": "Bob?"}))
        await _until(ada, "message", name="Ada", text="Bob?")
        async with await opened(f"{address[1]}&after={last}") as bob:
            assert (await _until(bob, "recovered"))["count"] == 1
            await _until(bob, "message", name="Ada", text="Bob?")
    one.stop()
    other.stop()
    assert _history(start_chat(free_ports[2], "--workers", "1")) == ["Hello", "Bob?"]


async def test_messages_cross_the_workers_of_one_server(
    start_chat: StartChat, free_ports: list[int]
) -> None:
    server = start_chat(free_ports[0])  # two workers
    async with AsyncExitStack() as stack:
        people = []
        # Which worker has whom is chance; that it is one for all of twelve, one in 2,000.
        for number in range(12):
            url = f"{server.ws_url}/rooms/lobby?name=P{number}"
            people.append(await stack.enter_async_context(await opened(url)))
            await _until(people[-1], "welcome")
        await people[0].send(json.dumps({"type": "message", "text": "All here?"}))
        for ws in people:
            await _until(ws, "message", name="P0", text="All here?")
    assert _history(server) == ["All here?"]
    assert server.stop() == 0
    assert "Traceback" not in server.output


def test_workers_that_cannot_reach_each_other_are_warned_of(
    run_server: Callable[..., Server],
    monkeypatch: pytest.MonkeyPatch,
    free_port: int,
) -> None:
    monkeypatch.setenv("PORT", str(free_port))
    server = run_server([sys.executable, str(CHAT), "--workers", "2"], ROOT)
    server.wait_for("there are 2 workers, and each has a MemoryBroker of its own")
