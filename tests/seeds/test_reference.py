"""The reference of ASGI, WebSocket and Server-Sent Events: its usage examples."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator
from pathlib import Path
from typing import TYPE_CHECKING

import httpx
import pytest
from websockets.asyncio.client import connect

from .conftest import both_protocols

if TYPE_CHECKING:
    from tests.conftest import Serve

PATIENCE = 30.0


@pytest.fixture
def reference(programs: Path) -> Path:
    return programs / "reference"


def test_users_are_fetched_together_and_one_by_one(
    serve: Serve, reference: Path
) -> None:
    server = serve("users:app", reference)
    ada = {"id": "1", "name": "Ada"}

    assert httpx.get(f"{server.url}/users").json() == {"users": [ada]}
    assert httpx.get(f"{server.url}/users/1").json() == ada
    assert httpx.get(f"{server.url}/users/2").status_code == 404


def test_a_user_who_is_posted_is_created(serve: Serve, reference: Path) -> None:
    server = serve("users:app", reference)

    response = httpx.post(f"{server.url}/users", json={"name": "Grace"})

    assert response.status_code == 201
    assert response.json() == {"id": "2", "name": "Grace"}
    assert httpx.get(f"{server.url}/users/2").json() == {"id": "2", "name": "Grace"}


def test_a_user_in_malformed_json_is_a_bad_request(
    serve: Serve, reference: Path
) -> None:
    server = serve("users:app", reference)

    response = httpx.post(f"{server.url}/users", content=b'{"name": ')

    assert response.status_code == 400


async def test_a_chat_message_reaches_everybody(serve: Serve, reference: Path) -> None:
    server = serve("chat:app", reference)
    address = f"{server.ws_url}/chat"

    async with asyncio.timeout(PATIENCE), connect(address) as a, connect(address) as b:
        # A message of b's own says that b is among the connections; a gets it as well.
        await b.send("{}")
        for ws in (a, b):
            media = json.loads(await ws.recv())
            assert (media["user"], media["message"]) == ("Anonymous", "")
        await a.send(json.dumps({"user": "Ada", "message": "naïve"}))
        received = [json.loads(await ws.recv()) for ws in (a, b)]

    assert received[0] == received[1]
    assert received[0].keys() == {"user", "message", "timestamp"}
    assert (received[0]["user"], received[0]["message"]) == ("Ada", "naïve")
    assert isinstance(received[0]["timestamp"], float)


@both_protocols
async def test_a_chat_goes_on_when_one_has_left(serve: Serve, reference: Path) -> None:
    server = serve("chat:app", reference)
    address = f"{server.ws_url}/chat"

    async with asyncio.timeout(PATIENCE), connect(address) as staying:
        async with connect(address) as leaving:
            await leaving.send("{}")
            await leaving.recv()
        await staying.send('{"message": "Still here"}')
        messages = [json.loads(await staying.recv())["message"] for _ in range(2)]

    assert messages == ["", "Still here"]


async def test_json_is_echoed_as_json(serve: Serve, reference: Path) -> None:
    server = serve("chat:app", reference)

    async with asyncio.timeout(PATIENCE), connect(f"{server.ws_url}/echo") as ws:
        await ws.send('{"a": [1, null]}')
        assert json.loads(await ws.recv()) == {
            "echo": {"a": [1, None]},
            "type": "json",
        }

    server.wait_for("(?m)^Client disconnected$")


async def test_after_what_is_not_json_the_next_message_is_echoed_as_text(
    serve: Serve, reference: Path
) -> None:
    server = serve("chat:app", reference)

    async with asyncio.timeout(PATIENCE), connect(f"{server.ws_url}/echo") as ws:
        await ws.send("not JSON")
        await ws.send("plain text")
        assert await ws.recv() == "Echo: plain text"
        await ws.send("[]")
        assert json.loads(await ws.recv()) == {"echo": [], "type": "json"}


async def event_lines(response: httpx.Response) -> AsyncGenerator[list[str], None]:
    """Give the lines of each event, as they were sent."""
    lines: list[str] = []
    async for line in response.aiter_lines():
        if line:
            lines.append(line)
        else:
            yield lines
            lines = []


async def test_the_counter_s_events_come_with_type_and_id(
    serve: Serve, reference: Path
) -> None:
    server = serve("events:app", reference)

    async with (
        asyncio.timeout(PATIENCE),
        httpx.AsyncClient() as client,
        client.stream("GET", f"{server.url}/events") as response,
    ):
        assert response.status_code == 200
        assert response.headers["content-type"] == "text/event-stream"
        assert response.headers["cache-control"] == "no-cache"
        assert response.headers["connection"] == "keep-alive"
        events = event_lines(response)
        for count in (0, 1):
            kind, number, data = await anext(events)
            assert kind == "event: counter"
            assert number == f"id: {count}"
            media = json.loads(data.removeprefix("data: "))
            assert media.keys() == {"count", "timestamp"}
            assert media["count"] == count
            assert float(media["timestamp"]) > 0
        await events.aclose()


async def test_a_notification_reaches_every_subscriber(
    serve: Serve, reference: Path
) -> None:
    server = serve("events:app", reference)
    address = f"{server.url}/notifications"

    async with (
        asyncio.timeout(PATIENCE),
        httpx.AsyncClient() as client,
        client.stream("GET", address) as one,
        client.stream("GET", address) as two,
    ):
        assert one.headers["content-type"] == "text/event-stream"
        streams = event_lines(one), event_lines(two)
        for text in ("first", "two\nlines"):
            told = await client.post(f"{server.url}/broadcast", json={"text": text})
            assert told.json() == {"subscribers": 2}
            for stream in streams:
                kind, data = await anext(stream)
                assert kind == "event: notification"
                assert json.loads(data.removeprefix("data: ")) == {"text": text}
        for stream in streams:
            await stream.aclose()


async def test_a_subscriber_who_leaves_is_one_no_more(
    serve: Serve, reference: Path
) -> None:
    server = serve("events:app", reference)

    async def subscribers() -> int:
        told = await client.post(f"{server.url}/broadcast", json="news")
        count: int = told.json()["subscribers"]
        return count

    async with asyncio.timeout(PATIENCE), httpx.AsyncClient() as client:
        async with client.stream("GET", f"{server.url}/notifications"):
            assert await subscribers() == 1
        # The server hears of it when it does; each question is a turn for it to.
        while await subscribers():
            pass


def test_a_request_without_a_token_gets_a_401(serve: Serve, reference: Path) -> None:
    server = serve("guarded:app", reference)

    response = httpx.get(f"{server.url}/greeting")

    assert response.status_code == 401
    assert response.json()["title"] == "Authentication required"
    server.wait_for(
        r"Request: GET /greeting\nResponse: 401 Unauthorized \(\d+\.\d{3}s\)\n"
    )


def test_a_request_with_an_unknown_token_gets_a_401(
    serve: Serve, reference: Path
) -> None:
    server = serve("guarded:app", reference)

    response = httpx.get(f"{server.url}/greeting", headers={"Authorization": "Bearer"})

    assert response.status_code == 401
    assert response.json()["title"] == "Invalid token"


def test_a_request_with_a_token_is_the_user_s_and_logged(
    serve: Serve, reference: Path
) -> None:
    server = serve("guarded:app", reference)

    response = httpx.get(
        f"{server.url}/greeting", headers={"Authorization": "Bearer ada"}
    )

    assert response.status_code == 200
    assert response.json() == {"user": "Ada"}
    server.wait_for(r"Request: GET /greeting\nResponse: 200 OK \(\d+\.\d{3}s\)\n")


def test_a_request_to_nowhere_without_a_token_is_logged_and_gets_a_401(
    serve: Serve, reference: Path
) -> None:
    server = serve("guarded:app", reference)

    assert httpx.get(f"{server.url}/nowhere").status_code == 401
    server.wait_for(r"Request: GET /nowhere\nResponse: 401")
