"""Channels that are written to WebSockets, fast ones and slow ones and those that are gone."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from falconws import testing
from falconws.channels import Channels, MemoryBroker, Outbox, Position, latest
from falconws.core import App, OperationNotAllowed, Request
from falconws.testing import ASGIConductor, ASGIWebSocketSimulator, assert_no_leaks
from falconws.ws import WebSocket, WebSocketDisconnected


async def turns(count: int = 20) -> None:
    for _ in range(count):
        await asyncio.sleep(0)


class Room:
    """Subscribes its client, and publishes what that says.

    Attributes:
        closes: The codes that clients were gone with.
    """

    def __init__(self, channels: Channels, **options: Any) -> None:
        self.channels = channels
        self.options = options
        self.closes: list[int | None] = []

    async def on_websocket(self, req: Request, ws: WebSocket, rooms: str) -> None:
        options = {"user": req.get_param("user"), **self.options}
        if after := req.get_param("after"):
            options["after"] = json.loads(after) if after[0] == "{" else after
        names = rooms.split("+")
        if accepts := not req.get_param_as_bool("late"):
            await ws.accept()
        try:
            async with self.channels.subscribe(names, to=ws, req=req, **options):
                if not accepts:
                    await turns()
                    await ws.accept()
                async for message in ws:
                    await self.channels.publish(names[0], message)
        finally:
            self.closes.append(ws.close_code)


class Server:
    """An App with rooms.

    Attributes:
        channels: What they publish by.
        room: Their resource.
    """

    def __init__(self, options: dict[str, Any], room: dict[str, Any]) -> None:
        self.channels = Channels(MemoryBroker(history=5), **options)
        self.room = Room(self.channels, **room)
        self.app = App()
        self.app.add_middleware(self.channels)
        self.app.add_route("/{rooms}", self.room)
        self.conductor = ASGIConductor(self.app)

    @asynccontextmanager
    async def open(
        self, target: str = "/news", **options: Any
    ) -> AsyncIterator[ASGIWebSocketSimulator]:
        """Open a WebSocket, and let its responder subscribe."""
        async with self.conductor.simulate_ws(target, **options) as ws:
            await turns()
            yield ws

    async def say(self, *words: object, channel: str = "news") -> Position:
        for word in words:
            receipt = await self.channels.publish(channel, word)
        position = Position.parse(receipt.id)
        assert position is not None
        return position


@asynccontextmanager
async def serving(
    options: dict[str, Any] | None = None, **room: Any
) -> AsyncIterator[Server]:
    server = Server(options or {}, room)
    async with assert_no_leaks(app=server.app), server.conductor:
        yield server


async def received(ws: ASGIWebSocketSimulator, count: int) -> list[Any]:
    return [await ws.receive() for _ in range(count)]


async def test_what_one_says_all_of_a_room_hear() -> None:
    async with serving() as server:
        async with server.open() as ann, server.open() as bob, server.open("/art"):
            await ann.send_text("hi")
            assert await ann.receive() == await bob.receive() == "hi"
            await bob.send_data(b"\xff")
            assert await ann.receive() == await bob.receive() == b"\xff"
            await server.say({"a": 1})
            assert await ann.receive() == await bob.receive() == '{"a":1}'
            assert server.channels.metrics.delivered == 6


async def test_an_envelope_has_the_id_and_the_channel_of_each_message() -> None:
    async with serving(envelope=True) as server, server.open("/news+art") as ws:
        news = await server.say({"a": 1})
        art = await server.say(b"\xff\0", channel="art")
        assert await ws.receive_json() == {
            "type": "message",
            "channel": "news",
            "id": str(news),
            "event": None,
            "data": {"a": 1},
        }
        told = await ws.receive_json()
        assert (told["channel"], told["id"], told["data"]) == ("art", str(art), "/wA=")


async def test_one_that_comes_back_gets_what_it_missed_of_each_channel() -> None:
    async with serving(envelope=True) as server:
        news = await server.say("n1", "n2")
        art = await server.say(*"abcdefg", channel="art")
        after = json.dumps(
            {"news": str(news._replace(offset=1)), "art": str(art._replace(offset=1))}
        )
        async with server.open("/news+art", params={"after": after}) as ws:
            told = [await ws.receive_json() for _ in range(8)]
    assert [each.get("data", each["type"]) for each in told] == [
        "recovered",
        "n2",
        "gap",
        *"cdefg",
    ]
    assert (told[0]["count"], told[2]["dropped"]) == (1, 1)


async def test_marks_are_json_among_what_was_published() -> None:
    async with serving() as server:
        place = await server.say("a", "b")
        first = place._replace(offset=1)
        async with server.open(params={"after": str(first)}) as ws:
            told = {"type": "recovered", "channel": "news", "id": str(first)}
            assert await ws.receive_json() == {**told, "count": 1}
            assert await ws.receive() == "b"


@pytest.mark.parametrize("after", ["nonsense", "x" * 1000, "e:" + "9" * 18])
async def test_an_id_that_is_none_of_ours_is_a_gap(after: str) -> None:
    async with serving() as server:
        await server.say("a")
        async with server.open(params={"after": after}) as ws:
            gap = await ws.receive_json()
            assert (gap["type"], gap["dropped"]) == ("gap", None)
            assert await ws.receive() == "a"


# Slow clients.


async def test_of_a_slow_client_the_oldest_messages_are_dropped() -> None:
    async with serving(outbox=Outbox(messages=2)) as server:
        async with server.open(write_limit=0) as slow, server.open() as quick:
            for word in "abcdef":
                await slow.send_text(word)
                assert await quick.receive() == word
            assert await slow.receive() == "a"
            gap = await slow.receive_json()
            assert (gap["type"], gap["dropped"]) == ("gap", 3)
            assert await received(slow, 2) == ["e", "f"]
            await slow.send_text("g")
            assert await slow.receive() == "g"
            assert server.channels.metrics.dropped == 3


async def test_or_the_newest() -> None:
    outbox = Outbox(messages=2, policy="drop_newest")
    async with serving(outbox=outbox) as server:
        async with server.open(write_limit=0) as slow, server.open() as quick:
            for word in "abcdef":
                await slow.send_text(word)
                assert await quick.receive() == word
            assert await received(slow, 3) == ["a", "b", "c"]
            gap = await slow.receive_json()
            assert (gap["type"], gap["dropped"]) == ("gap", 3)


async def test_or_all_but_the_latest_of_each_key() -> None:
    outbox = Outbox(policy=latest(lambda message: message.data[0]))
    async with serving(outbox=outbox) as server:
        async with server.open(write_limit=0) as slow, server.open() as quick:
            for word in ("a1", "a2", "b1", "a3"):
                await slow.send_text(word)
                assert await quick.receive() == word
            assert await received(slow, 3) == ["a1", "b1", "a3"]
            assert server.channels.metrics.dropped == 0


async def test_or_it_is_closed_with_1013() -> None:
    outbox = Outbox(messages=2, policy="disconnect")
    async with serving(outbox=outbox) as server, server.open() as quick:
        async with server.open(write_limit=0) as slow:
            for word in "abcd":
                await slow.send_text(word)
                assert await quick.receive() == word
            assert await slow.receive() == "a"
            with pytest.raises(WebSocketDisconnected):
                await slow.receive()
        assert slow.close_code == 1013
        assert slow.close_reason == "Messages were not read in time"
        assert server.room.closes == [1013]
        assert server.channels.hub.count("news") == 1


async def test_a_client_that_vanishes_is_given_up_and_holds_nobody_up() -> None:
    async with serving(outbox=Outbox(messages=2)) as server:
        async with server.open() as quick:
            with testing.clock() as clock:
                async with server.open(write_limit=0) as gone:
                    await gone.vanish()
                    for word in "abcdefgh":
                        await server.say(word)
                        assert await quick.receive() == word
                    assert server.channels.metrics.waiting == 2
                    # The App's send_timeout, and a second or two until that is looked at.
                    await clock.advance(35)
                    assert server.channels.hub.count("news") == 1
            assert server.room.closes == [1006]


async def test_a_client_that_breaks_off_is_let_go_of() -> None:
    async with serving() as server, server.open() as other:
        async with server.open() as ws:
            await ws.disconnect()
        assert server.channels.hub.count("news") == 1
        await server.say("a")
        assert await other.receive() == "a"


@pytest.mark.parametrize(
    "error", [OSError("gone"), RuntimeError("closed"), BrokenPipeError()]
)
async def test_a_send_that_fails_ends_one_subscription_alone(
    error: Exception, caplog: pytest.LogCaptureFixture
) -> None:
    async with serving() as server, server.open() as other:
        async with server.open(send_error=error, write_limit=0) as ws:
            await server.say("a")
            assert await other.receive() == "a"
            await ws.disconnect()
            await server.say("b")
            assert await other.receive() == "b"
        assert server.channels.hub.count("news") == 1
    assert caplog.records == []


async def test_a_socket_that_was_not_accepted_is_a_fault_that_is_told(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async with serving() as server, server.open() as other:
        await server.say("a")
        assert await other.receive() == "a"
        async with server.open("/news?late=true&after=nonsense") as late:
            assert server.channels.hub.count("news") == 1
            await late.send_text("b")
            assert await other.receive() == "b"
    (record,) = caplog.records
    assert record.getMessage() == "<Subscription to 'news'> could not be written to"
    assert record.exc_info is not None
    assert isinstance(record.exc_info[1], OperationNotAllowed)


# Users.


async def test_a_user_is_disconnected_from_every_room() -> None:
    async with serving() as server:
        async with (
            server.open("/news?user=ann") as one,
            server.open("/art?user=ann") as two,
            server.open("/news?user=bob") as bob,
        ):
            await server.say("a")
            await server.channels.disconnect(user="ann", code=4001, reason="Out")
            assert await one.receive() == "a"
            for ws in (one, two):
                with pytest.raises(WebSocketDisconnected):
                    await ws.receive()
                assert (ws.close_code, ws.close_reason) == (4001, "Out")
            assert await bob.receive() == "a"
            await bob.send_text("still here")
            assert await bob.receive() == "still here"


async def test_a_user_is_disconnected_with_1008_if_nothing_is_said() -> None:
    async with serving() as server, server.open("/news?user=ann") as ws:
        await server.channels.disconnect(user="ann")
        with pytest.raises(WebSocketDisconnected):
            await ws.receive()
        assert ws.close_code == 1008


async def test_a_user_who_does_not_read_is_disconnected_in_the_end() -> None:
    async with serving() as server:
        with testing.clock() as clock:
            async with server.open("/news?user=ann", write_limit=0) as ws:
                await ws.vanish()
                await server.say("a")
                await clock.advance(0)
                await server.channels.disconnect(user="ann")
                await clock.advance(35)
                assert server.room.closes == [1006]


async def test_who_is_here_is_told_to_sockets() -> None:
    async with serving(presence=True) as server:
        async with server.open("/news?user=ann") as ann:
            told = {"channel": "news", "info": None}
            assert await ann.receive_json() == {"type": "joined", "user": "ann", **told}
            async with server.open("/news?user=bob") as bob:
                joined = {"type": "joined", "user": "bob", **told}
                assert await ann.receive_json() == joined
                assert await bob.receive_json() == joined
                assert await server.channels.users("news") == ["ann", "bob"]
            assert await ann.receive_json() == {"type": "left", "user": "bob", **told}


# Who may.


async def test_who_may_not_subscribe_gets_a_403_before_the_handshake() -> None:
    asked: list[tuple[str, str, object]] = []

    async def authorize(action: str, channel: str, req: Any) -> bool:
        asked.append((action, channel, req.path if req else None))
        return channel != "secret"

    async with serving({"authorize": authorize}) as server:
        with pytest.raises(WebSocketDisconnected) as caught:
            async with server.open("/news+secret?late=true"):
                pass
        assert caught.value.code == 3403
        assert server.channels.open_resources() == []
        async with server.open("/news?late=true"):
            pass
    path = "/news+secret"
    assert asked == [
        ("subscribe", "news", path),
        ("subscribe", "secret", path),
        ("subscribe", "news", "/news"),
    ]


async def test_who_was_accepted_and_may_not_subscribe_is_closed_with_3403() -> None:
    async with serving({"authorize": lambda *_: False}) as server:
        async with server.open() as ws:
            with pytest.raises(WebSocketDisconnected):
                await ws.receive()
            assert ws.close_code == 3403


async def test_who_may_not_replay_gets_nothing_of_the_past() -> None:
    def authorize(action: str, channel: str, req: object) -> bool:
        return action != "replay"

    async with serving({"authorize": authorize}) as server:
        place = await server.say("a", "b")
        target = f"/news?late=true&after={place}"
        with pytest.raises(WebSocketDisconnected) as caught:
            async with server.open(target):
                pass
        assert caught.value.code == 3403
        async with server.open() as ws:
            await server.say("c")
            assert await ws.receive() == "c"


async def test_channels_that_stop_leave_sockets_to_their_responders() -> None:
    async with serving() as server, server.open() as ws:
        await server.channels.stop()
        assert ws.ready
        await server.channels.start()
        async with server.open() as other:
            await server.say("a")
            assert await other.receive() == "a"
