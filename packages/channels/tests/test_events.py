"""A channel as an event stream: `resp.sse = channels.events(...)`, and browsers that come back."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from falconws.channels import Channels, MemoryBroker, Outbox, Position, latest
from falconws.core import App, HTTPForbidden, Request, Response
from falconws.sse import Event
from falconws.testing import ASGIConductor, StreamedResult, assert_no_leaks


class Feed:
    """A channel as events; what is given is that of `Channels.events`."""

    def __init__(self, channels: Channels, **options: Any) -> None:
        self.channels = channels
        self.options = options

    async def on_get(self, req: Request, resp: Response, room: str) -> None:
        resp.sse = self.channels.events(room, req.last_event_id, **self.options)


class Browser:
    """Reads events, and comes back with the id of the last."""

    def __init__(self, conductor: ASGIConductor) -> None:
        self.conductor = conductor
        self.last_event_id = ""

    @asynccontextmanager
    async def reading(self, **options: Any) -> AsyncIterator[StreamedResult]:
        headers = {"Last-Event-ID": self.last_event_id} if self.last_event_id else {}
        async with self.conductor.simulate_get_stream(
            "/news", headers=headers, **options
        ) as result:
            for _ in range(20):  # until it is subscribed
                await asyncio.sleep(0)
            yield result

    async def read(self, result: StreamedResult, count: int) -> list[Any]:
        """Read so many events; messages are given as their data."""
        events = [await anext(result.events()) for _ in range(count)]
        self.last_event_id = events[-1].last_event_id
        return [_told(event) for event in events]


def _told(event: Event) -> Any:
    if event.type not in ("gap", "recovered", "joined", "left"):
        return event.data
    told = json.loads(event.data)
    assert told.pop("type") == event.type
    assert told.pop("channel") == "news"
    return event.type, told


@asynccontextmanager
async def serving(
    options: dict[str, Any] | None = None, **feed: Any
) -> AsyncIterator[tuple[Channels, Browser]]:
    channels = Channels(MemoryBroker(history=5), **(options or {}))
    app = App()
    app.add_middleware(channels)
    app.add_route("/{room}", Feed(channels, **feed))
    async with assert_no_leaks(app=app), ASGIConductor(app) as conductor:
        yield channels, Browser(conductor)


async def say(channels: Channels, *words: object) -> Position:
    for word in words:
        receipt = await channels.publish("news", word)
    position = Position.parse(receipt.id)
    assert position is not None
    return position


async def test_what_is_published_comes_as_events_with_its_type_and_id() -> None:
    async with serving() as (channels, browser), browser.reading() as result:
        assert result.headers["content-type"] == "text/event-stream"
        await result.stream.read()
        await channels.publish("news", {"a": 1}, event_type="edit")
        event = await anext(result.events())
        end = await channels.broker.position("news")
        assert event == Event("edit", '{"a":1}', str(end))


async def test_one_that_has_no_id_yet_is_told_where_the_channel_is() -> None:
    """So that it misses nothing even if it goes before the first message."""
    async with serving() as (channels, browser):
        place = await say(channels, "before")
        async with browser.reading() as result:
            assert await result.stream.read() == f"id: {place}\n\n".encode()
        browser.last_event_id = str(place)
        await say(channels, "a", "b")
        async with browser.reading() as result:
            recovered = ("recovered", {"id": str(place), "count": 2})
            assert await browser.read(result, 3) == [recovered, "a", "b"]


async def test_one_that_comes_back_gets_what_it_missed() -> None:
    async with serving() as (channels, browser):
        async with browser.reading() as result:
            await result.stream.read()
            place = await say(channels, "a", "b")
            assert await browser.read(result, 2) == ["a", "b"]
        assert browser.last_event_id == str(place)
        await say(channels, "c", "d")
        async with browser.reading() as result:
            recovered = ("recovered", {"id": str(place), "count": 2})
            assert await browser.read(result, 3) == [recovered, "c", "d"]
            await say(channels, "e")
            assert await browser.read(result, 1) == ["e"]


async def test_one_that_missed_nothing_is_told_so() -> None:
    async with serving() as (channels, browser):
        place = await say(channels, "a")
        browser.last_event_id = str(place)
        async with browser.reading() as result:
            recovered = ("recovered", {"id": str(place), "count": 0})
            assert await browser.read(result, 1) == [recovered]
            assert browser.last_event_id == str(place)


async def test_one_that_missed_too_much_is_told_of_the_gap_and_can_go_on_from_there() -> (
    None
):
    async with serving() as (channels, browser):
        place = await say(channels, "a")
        browser.last_event_id = str(place)
        end = await say(channels, *"bcdefghi")
        begin = str(end._replace(offset=end.offset - 5))
        async with browser.reading() as result:
            gap = ("gap", {"id": begin, "dropped": 3})
            assert await browser.read(result, 1) == [gap]
        assert browser.last_event_id == begin
        async with browser.reading() as result:
            recovered = ("recovered", {"id": begin, "count": 5})
            assert await browser.read(result, 6) == [recovered, *"efghi"]


@pytest.mark.parametrize("nonsense", ["nonsense", "0:0", "x" * 5000, "e:01"])
async def test_an_id_that_is_none_of_ours_is_a_gap(nonsense: str) -> None:
    async with serving() as (channels, browser):
        place = await say(channels, "a")
        browser.last_event_id = nonsense
        async with browser.reading() as result:
            begin = str(place._replace(offset=0))
            gap = ("gap", {"id": begin, "dropped": None})
            assert await browser.read(result, 2) == [gap, "a"]


async def test_an_empty_id_is_a_gap_as_well() -> None:
    channels = Channels()
    async with channels:
        events = channels.events("news", "")
        (gap,) = await anext(events)
        assert b"event: gap\n" in gap.serialize()
        await events.aclose()  # type: ignore[attr-defined]


async def test_a_slow_reader_is_told_of_what_was_dropped() -> None:
    outbox = Outbox(messages=2)
    async with serving(outbox=outbox) as (channels, browser):
        async with browser.reading(write_limit=0) as result:
            end = await say(channels, *"abcde")
            events = [await anext(result.events()) for _ in range(3)]
            assert [event.type for event in events] == ["gap", "message", "message"]
            gap = json.loads(events[0].data)
            assert gap["dropped"] == 3
            assert events[0].last_event_id == str(end._replace(offset=3))
            assert [event.data for event in events[1:]] == ["d", "e"]


async def test_the_latest_of_each_key_is_what_a_slow_reader_gets() -> None:
    outbox = Outbox(policy=latest(lambda message: message.data[0]))
    async with serving(outbox=outbox) as (channels, browser):
        async with browser.reading(write_limit=0) as result:
            await say(channels, "a1", "b1", "a2", "a3")
            assert await browser.read(result, 2) == ["b1", "a3"]


async def test_a_slow_reader_is_left_to_come_back_where_that_is_the_policy() -> None:
    outbox = Outbox(messages=2, policy="disconnect")
    async with serving(outbox=outbox) as (channels, browser):
        async with browser.reading(write_limit=0) as result:
            await result.stream.read()
            place = await channels.broker.position("news")
            await say(channels, *"abc")
            assert channels.hub.channels == {}
            assert [event async for event in result.events()] == []
            assert result.complete
        browser.last_event_id = str(place)
        async with browser.reading() as result:
            recovered = ("recovered", {"id": str(place), "count": 3})
            assert await browser.read(result, 4) == [recovered, "a", "b", "c"]


async def test_what_is_ready_together_is_sent_together_but_not_without_end() -> None:
    async with Channels() as channels:
        events = channels.events("news", "e:1")
        assert len(await anext(events)) == 1
        for count in (1, 100, 101, 200):
            await say(channels, *range(count))
            sizes: list[int] = []
            while sum(sizes) < count:
                sizes.append(len(await anext(events)))
            assert sizes == [100] * (count // 100) + [count % 100] * bool(count % 100)
        await events.aclose()  # type: ignore[attr-defined]


async def test_the_stream_ends_when_a_user_is_disconnected() -> None:
    async with serving(user="ann") as (channels, browser):
        async with browser.reading() as result:
            await result.stream.read()
            await say(channels, "a")
            await channels.disconnect(user="bob")
            await channels.disconnect(user="ann")
            assert [event.data async for event in result.events()] == ["a"]
            assert result.complete


async def test_the_stream_ends_when_the_channels_stop() -> None:
    async with serving() as (channels, browser):
        async with browser.reading() as result:
            await result.stream.read()
            await channels.stop()
            assert [event async for event in result.events()] == []


async def test_who_comes_and_goes_are_events_without_an_id() -> None:
    async with serving(presence=True, user="ann", info=[1]) as (channels, browser):
        place = await say(channels, "a")
        async with browser.reading() as result:
            ann = ("joined", {"user": "ann", "info": [1]})
            assert await browser.read(result, 1) == [ann]
            assert browser.last_event_id == str(place)
            async with channels.subscribe("news", presence=True, user="bob"):
                pass
            joined, left = await browser.read(result, 2)
            assert joined == ("joined", {"user": "bob", "info": None})
            assert left == ("left", {"user": "bob", "info": None})
        assert await channels.users("news") == []


@pytest.mark.parametrize("denied", ["subscribe", "replay"])
async def test_who_may_not_hear_gets_a_403_and_no_events(denied: str) -> None:
    asked: list[object] = []

    def authorize(action: str, channel: str, req: Any) -> bool:
        asked.append((action, channel, req))
        return action != denied

    async with Channels(authorize=authorize) as channels:
        with pytest.raises(HTTPForbidden, match=f"You may not {denied} here"):
            channels.events("news", "e:1", req="the request")
        assert channels.open_resources() == []
    actions = ["subscribe", "replay"] if denied == "replay" else ["subscribe"]
    assert asked == [(action, "news", "the request") for action in actions]


async def test_who_has_no_id_is_not_asked_for_a_replay() -> None:
    channels = Channels(authorize=lambda action, *_: action == "subscribe")
    async with channels:
        events = channels.events("news")
        await anext(events)
        await events.aclose()  # type: ignore[attr-defined]


async def test_a_responder_can_ask_a_coroutine_function_before_the_stream() -> None:
    async def authorize(action: str, channel: str, req: Any) -> bool:
        return channel != "staff"

    class News:
        async def on_get(self, req: Request, resp: Response, channel: str) -> None:
            await channels.authorize("subscribe", channel, req)
            resp.sse = channels.events(channel, req.last_event_id, req=req)

    channels = Channels(authorize=authorize)
    app = App(middleware=channels)
    app.add_route("/{channel}", News())
    async with ASGIConductor(app) as conductor:
        assert (await conductor.get("/staff")).status_code == 403
        async with conductor.simulate_get_stream("/news") as result:
            assert result.status_code == 200
        with pytest.raises(HTTPForbidden):
            await anext(channels.events("staff"))


async def test_bytes_come_as_base64() -> None:
    async with serving() as (channels, browser), browser.reading() as result:
        await result.stream.read()
        await say(channels, b"\xff\0")
        assert await browser.read(result, 1) == ["/wA="]
