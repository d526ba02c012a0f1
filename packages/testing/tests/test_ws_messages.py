"""The kinds of messages that a simulated client sends and receives."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from falconws.core import Event
from falconws.testing.errors import WebSocketDisconnected
from falconws.testing.ws_messages import MessageMethods


class Client(MessageMethods):
    """One that has received some messages, and then the connection ends."""

    def __init__(self, *messages: str | bytes, code: int = 1000) -> None:
        self.messages = list(messages)
        self.code = code
        self.sent: list[Event] = []
        self.timeouts: list[float | None] = []

    async def receive(self, timeout: float | None = None) -> str | bytes:
        self.timeouts.append(timeout)
        if not self.messages:
            raise WebSocketDisconnected(self.code)
        return self.messages.pop(0)

    def _deliver(self, event: Event) -> None:
        self.sent.append(event)


async def test_messages_go_to_the_application_as_it_expects_them() -> None:
    client = Client()
    await client.send_text("é")
    await client.send_text("")
    await client.send_data(b"\xff")
    await client.send_data(bytearray(b"a"))
    await client.send_data(memoryview(b"b"))
    await client.send_json({"a": 1})
    await client.send_msgpack({"a": 1})
    assert client.sent == [
        {"type": "websocket.receive", "text": "é"},
        {"type": "websocket.receive", "text": ""},
        {"type": "websocket.receive", "bytes": b"\xff"},
        {"type": "websocket.receive", "bytes": b"a"},
        {"type": "websocket.receive", "bytes": b"b"},
        {"type": "websocket.receive", "text": '{"a": 1}'},
        {"type": "websocket.receive", "bytes": b"\x81\xa1a\x01"},
    ]
    assert all(type(event.get("bytes", b"")) is bytes for event in client.sent)


async def test_a_payload_of_the_wrong_kind_is_refused_with_the_right_method() -> None:
    client = Client()
    wrong: Any
    for wrong in (b"x", {"a": 1}, None):
        with pytest.raises(TypeError, match=r"send_data\(\), objects by send_json"):
            await client.send_text(wrong)
    for wrong in ("x", {"a": 1}, None, 3, [1]):
        with pytest.raises(TypeError, match=r"send_text\(\), objects by send_msgpack"):
            await client.send_data(wrong)
    assert client.sent == []


@pytest.mark.parametrize(
    ("receive", "payload", "received"),
    [
        (Client.receive_text, "é", "é"),
        (Client.receive_text, "", ""),
        (Client.receive_data, b"\xff", b"\xff"),
        (Client.receive_data, b"", b""),
        (Client.receive_json, '{"a": 1}', {"a": 1}),
        (Client.receive_msgpack, b"\x81\xa1a\x01", {"a": 1}),
    ],
)
async def test_messages_are_received_as_they_are_expected(
    receive: Callable[..., Awaitable[Any]], payload: str | bytes, received: object
) -> None:
    client = Client(payload, payload)
    assert await receive(client) == received
    assert await receive(client, timeout=3) == received
    assert client.timeouts == [None, 3]


@pytest.mark.parametrize(
    ("receive", "payload", "complaint"),
    [
        (Client.receive_text, b"x", "Expected a text message, and got b'x'"),
        (Client.receive_json, b"x", "Expected a text message, and got b'x'"),
        (Client.receive_data, "x", "Expected a binary message, and got 'x'"),
        (Client.receive_msgpack, "x", "Expected a binary message, and got 'x'"),
    ],
)
async def test_a_message_of_the_wrong_kind_fails_and_is_shown(
    receive: Callable[..., Awaitable[Any]], payload: str | bytes, complaint: str
) -> None:
    with pytest.raises(AssertionError, match=complaint):
        await receive(Client(payload))


@pytest.mark.parametrize("code", [1000, 1001])
async def test_iteration_gives_all_messages_up_to_a_normal_end(code: int) -> None:
    client = Client("a", b"b", "", code=code)
    assert [message async for message in client] == ["a", b"b", ""]


@pytest.mark.parametrize("code", [1002, 1005, 1006, 1011, 4000])
async def test_iteration_lets_out_any_other_end(code: int) -> None:
    received = []

    async def receive_all() -> None:
        async for message in Client("a", code=code):
            received.append(message)  # noqa: PERF401 -- the list is looked at afterwards

    with pytest.raises(WebSocketDisconnected) as caught:
        await receive_all()
    assert caught.value.code == code
    assert received == ["a"]
