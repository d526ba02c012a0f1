"""One message for many sockets, on servers that frame it once and on those that do not."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from falconws.core import Event, OperationNotAllowed
from falconws.testing import assert_no_leaks, create_scope_ws
from falconws.ws import SharedMessage, WebSocket, WebSocketDisconnected, broadcast


class Client:
    """The server's side of one connection.

    Attributes:
        got: What was sent to the client, in order: messages as they are, and those that were
            framed as what `Frames` makes of them.
        full: Whether the client does not read.
        broken: What a send raises.
    """

    def __init__(self, frames: Frames | None = None) -> None:
        self.got: list[Any] = []
        self.full = False
        self.broken: Exception | None = None
        self.reads = asyncio.Event()
        shared = {} if frames is None else {"build": frames.build, "write": self.write}
        extensions = {"falconws.shared_frame": shared} if frames else {}
        scope = create_scope_ws() | {"extensions": extensions}
        self.ws = WebSocket(scope, self.receive, self.send)

    async def receive(self) -> Event:
        return {"type": "websocket.disconnect", "code": 1000}

    async def send(self, event: Event) -> None:
        if event["type"] != "websocket.send":
            return
        if self.broken is not None:
            raise self.broken
        if self.full:
            await self.reads.wait()
        self.got.append(event.get("text", event.get("bytes")))

    def write(self, frame: object) -> bool:
        if self.broken is not None:
            raise self.broken
        if not self.full:
            self.got.append(frame)
        return not self.full

    async def open(self) -> Client:
        await self.ws.accept()
        return self


class Frames:
    """What a server makes frames by, and how often it did."""

    def __init__(self) -> None:
        self.count = 0

    def build(self, message: str | bytes) -> tuple[str, str | bytes]:
        self.count += 1
        return "framed", message


async def several(*servers: Frames | None) -> list[Client]:
    return [await Client(frames).open() for frames in servers]


@pytest.mark.parametrize("payload", ["hello", b"hello", ""])
async def test_everyone_gets_the_message(payload: str | bytes) -> None:
    clients = await several(None, None, None)
    await broadcast((client.ws for client in clients), payload)
    assert [client.got for client in clients] == [[payload]] * 3


@pytest.mark.parametrize(
    "payload", [bytearray(b"hello"), memoryview(bytearray(b"hello"))]
)
async def test_what_can_be_changed_is_copied(payload: Any) -> None:
    message = SharedMessage(payload)
    payload[:] = b"later"
    assert message.payload == b"hello"
    (client,) = await several(None)
    await broadcast([client.ws], message)
    assert client.got == [b"hello"]


@pytest.mark.parametrize("payload", [None, 1, {"an": "object"}])
async def test_a_message_is_a_string_or_bytes(payload: Any) -> None:
    with pytest.raises(TypeError, match="a string or bytes, not"):
        await broadcast([], payload)


async def test_a_message_is_framed_once_for_all_clients_of_a_server() -> None:
    one, other = Frames(), Frames()
    clients = await several(*[one] * 100, *[other] * 100, None)
    await broadcast([client.ws for client in clients], "hello")
    assert (one.count, other.count) == (1, 1)
    got = [message for client in clients for message in client.got]
    assert got == [("framed", "hello")] * 200 + ["hello"]


async def test_a_message_that_is_sent_again_is_not_framed_again() -> None:
    frames = Frames()
    (client,) = await several(frames)
    message = SharedMessage("hello")
    await broadcast([client.ws], message)
    await broadcast([client.ws], message)
    assert client.got == [("framed", "hello")] * 2
    assert frames.count == 1


@pytest.mark.parametrize("shares", [True, False])
async def test_a_client_that_does_not_read_is_waited_for_and_the_others_have_it(
    shares: bool,
) -> None:
    frames = Frames() if shares else None
    slow, quick = await several(frames, frames)
    slow.full = True
    sending = asyncio.create_task(broadcast([slow.ws, quick.ws], "hello"))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    assert len(quick.got) == 1
    assert not sending.done()
    slow.reads.set()
    await sending
    assert slow.got == ["hello"]


async def test_a_message_does_not_overtake_one_that_waits_for_its_client() -> None:
    (client,) = await several(Frames())
    client.full = True
    first = asyncio.create_task(client.ws.send_text("first"))
    await asyncio.sleep(0)
    client.full = False  # and the server would take a frame now
    assert not client.ws.send_shared(SharedMessage("second"))
    client.reads.set()
    await first
    assert client.ws.send_shared(SharedMessage("second"))
    assert client.got == ["first", ("framed", "second")]


async def test_a_message_does_not_overtake_a_second_one_that_waits() -> None:
    (client,) = await several(Frames())
    goes_on = [asyncio.Event(), asyncio.Event()]
    turns = iter(goes_on)

    async def send(event: Event) -> None:
        await next(turns).wait()
        client.got.append(event["text"])

    client.ws._send = send
    sending = [asyncio.create_task(client.ws.send_text(text)) for text in "ab"]
    await asyncio.sleep(0)
    for event, task in zip(goes_on, sending, strict=True):
        assert not client.ws.send_shared(SharedMessage("c"))
        event.set()
        await task
    assert client.ws.send_shared(SharedMessage("c"))
    assert client.got == ["a", "b", ("framed", "c")]


@pytest.mark.parametrize("shares", [True, False])
@pytest.mark.parametrize("error", [OSError("gone"), RuntimeError("closed")])
async def test_a_connection_that_is_over_is_passed_by(
    shares: bool, error: Exception
) -> None:
    frames = Frames() if shares else None
    closed, lost, here = await several(frames, frames, frames)
    await closed.ws.close()
    lost.broken = error
    with assert_no_leaks():
        await broadcast([closed.ws, lost.ws, here.ws], b"hello")
    assert (closed.got, lost.got, len(here.got)) == ([], [], 1)
    assert lost.ws.closed
    assert lost.ws.close_code == 1006
    with pytest.raises(WebSocketDisconnected):
        lost.ws.send_shared(SharedMessage("again"))


async def test_a_socket_that_was_not_accepted_is_wrong_use() -> None:
    (client,) = await several(None)
    client.full = True
    with assert_no_leaks(), pytest.raises(OperationNotAllowed, match=r"accept\(\)"):
        await broadcast([client.ws, Client().ws], "hello")


async def test_sockets_may_come_and_go_meanwhile() -> None:
    slow, quick = await several(None, None)
    slow.full = True
    members = {slow.ws, quick.ws}
    sending = asyncio.create_task(broadcast(members, "hello"))
    await asyncio.sleep(0)
    members.clear()
    slow.reads.set()
    await sending
    assert (slow.got, quick.got) == (["hello"], ["hello"])


async def test_a_server_without_the_extension_sends_nothing_at_once() -> None:
    (client,) = await several(None)
    for _ in range(2):
        assert not client.ws.send_shared(SharedMessage("hello"))
    assert client.got == []
