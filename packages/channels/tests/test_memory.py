"""What a `MemoryBroker` remembers, and for how long."""

from __future__ import annotations

import asyncio
import math
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from falconws import testing
from falconws.channels import Kind, MemoryBroker, Message, Position, Status


class Ear:
    """A sink that keeps what it hears."""

    def __init__(self) -> None:
        self.heard: list[Any] = []

    def received(self, message: Message) -> None:
        self.heard.append(message.encoded)

    def signalled(self, topic: str, payload: bytes) -> None:
        self.heard.append((topic, payload))

    def changed(self, status: Status) -> None:
        self.heard.append(status)


@asynccontextmanager
async def started(**options: Any) -> AsyncIterator[MemoryBroker]:
    broker = MemoryBroker(**options)
    await broker.start(Ear())
    try:
        yield broker
    finally:
        await broker.stop()


async def say(broker: MemoryBroker, *words: str) -> Position:
    for word in words:
        position = await broker.publish("news", Kind.TEXT, word.encode(), None)
    return position


async def remembered(broker: MemoryBroker, after: Position) -> list[str]:
    history = await broker.history("news", after)
    return [message.encoded.decode() for message in history.messages]


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"history": -1}, "history is a number of messages from 0, not -1"),
        ({"ttl": 0}, "ttl is a number of seconds above 0, not 0"),
        ({"ttl": -1}, "ttl is a number of seconds above 0, not -1"),
        ({"ttl": math.nan}, "ttl is a number of seconds above 0, not nan"),
    ],
)
def test_what_makes_no_sense_is_refused(options: Any, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        MemoryBroker(**options)


def test_the_ends_of_every_range_are_inside() -> None:
    MemoryBroker(history=0, ttl=5e-324)
    MemoryBroker(history=0, ttl=math.inf)


async def test_100_messages_are_remembered_for_300_seconds_by_default() -> None:
    with testing.clock() as clock:
        async with started() as broker:
            begin = await broker.position("news")
            await say(broker, *map(str, range(101)))
            assert await remembered(broker, begin) == [str(n) for n in range(1, 101)]
            await clock.advance(299.9)
            assert len(await remembered(broker, begin)) == 100
            await clock.advance(0.1)
            assert await remembered(broker, begin) == []


async def test_a_message_is_remembered_by_its_own_age() -> None:
    with testing.clock() as clock:
        async with started(ttl=3) as broker:
            begin = await broker.position("news")
            await say(broker, "first")
            await clock.advance(2)
            second = await say(broker, "second")
            await clock.advance(1)
            history = await broker.history("news", begin)
            assert [each.encoded for each in history.messages] == [b"second"]
            assert not history.is_complete
            assert history.position == second


@pytest.mark.parametrize("count", [0, 1, 2])
async def test_as_many_messages_are_remembered_as_it_was_told(count: int) -> None:
    async with started(history=count) as broker:
        begin = await broker.position("news")
        end = await say(broker, "a", "b", "c")
        history = await broker.history("news", begin)
        assert [m.encoded.decode() for m in history.messages] == ["a", "b", "c"][
            3 - count :
        ]
        assert not history.is_complete
        first = Position(end.epoch, end.offset - count)
        assert (await broker.history("news", first)).is_complete
        assert (await broker.history("news", end)).is_complete


async def test_a_place_that_does_not_exist_gives_all_that_there_is() -> None:
    async with started() as broker:
        end = await say(broker, "a", "b")
        for after in (Position("other", 1), Position(end.epoch, 3)):
            history = await broker.history("news", after)
            assert len(history.messages) == 2
            assert not history.is_complete
        assert len((await broker.history("news", end._replace(offset=1))).messages) == 1


async def test_a_channel_that_nobody_uses_is_forgotten_with_its_epoch() -> None:
    with testing.clock() as clock:
        async with started(ttl=25) as broker:
            before = await say(broker, "a")
            await clock.advance(20)
            assert list(broker._logs) == ["news"]
            await clock.advance(10)
            assert broker._logs == {}
            after = await say(broker, "b")
            assert after.offset == 1
            assert after.epoch != before.epoch


async def test_what_is_too_old_is_forgotten_though_nobody_asks_for_it() -> None:
    with testing.clock() as clock:
        async with started(ttl=5) as broker:
            await broker.subscribe("news")
            await say(broker, "a")
            await clock.advance(9.9)
            assert len(broker._logs["news"].messages) == 1
            await clock.advance(0.1)
            assert len(broker._logs["news"].messages) == 0


async def test_a_channel_is_kept_while_it_is_used() -> None:
    with testing.clock() as clock:
        async with started(ttl=15) as broker:
            epoch = (await broker.subscribe("news")).epoch
            await clock.advance(100)
            assert (await broker.position("news")).epoch == epoch
            await broker.unsubscribe("news")
            await clock.advance(10)
            assert (await broker.position("news")).epoch == epoch
            await broker.history("news", Position(epoch, 0))
            await clock.advance(10)
            assert (await broker.position("news")).epoch == epoch
            await say(broker, "a")
            await clock.advance(10)
            assert (await broker.position("news")).epoch == epoch
            await clock.advance(10)
            assert (await broker.position("news")).epoch != epoch


async def test_a_channel_of_no_time_to_live_is_never_forgotten() -> None:
    with testing.clock() as clock:
        async with started(ttl=math.inf) as broker:
            begin = await broker.position("news")
            await say(broker, "a")
            await clock.advance(1e6)
            assert await remembered(broker, begin) == ["a"]


async def test_a_channel_that_was_never_used_can_be_let_go_of() -> None:
    async with started() as broker:
        await broker.unsubscribe("news")
        assert broker._logs == {}


async def test_nobody_who_is_present_takes_no_memory() -> None:
    with testing.clock() as clock:
        async with started() as broker:
            await broker.hold("news", "a", b"", 100)
            await broker.hold("sport", "a", b"", 100)
            await broker.release("news", "a")
            await clock.advance(10)
            assert list(broker._held) == ["sport"]
            assert await broker.holders("news") == {}
            assert await broker.expire("news") == {}
            assert not await broker.release("news", "a")


async def test_a_lease_ends_at_its_time() -> None:
    with testing.clock() as clock:
        async with started() as broker:
            assert await broker.hold("news", "a", b"1", 5)
            await clock.advance(4.9)
            assert await broker.holders("news") == {"a": b"1"}
            assert await broker.expire("news") == {}
            await clock.advance(0.1)
            assert await broker.holders("news") == {}
            assert not await broker.hold("news", "a", b"2", 5)
            await clock.advance(5)
            assert await broker.expire("news") == {"a": b"2"}
            assert await broker.hold("news", "a", b"3", 5)


async def test_a_stopped_broker_says_nothing_more_and_keeps_its_history() -> None:
    ear = Ear()
    broker = MemoryBroker()
    async with testing.assert_no_leaks():
        await broker.stop()
        await broker.start(ear)
        await broker.subscribe("news")
        await broker.listen("topic")
        await broker.hold("news", "a", b"", 100)
        begin = await broker.position("news")
        await say(broker, "a")
        await broker.signal("topic", b"1")
        await broker.stop()
    await say(broker, "b")
    await broker.signal("topic", b"2")
    heard = [Status.CONNECTED, b"a", ("topic", b"1"), Status.STOPPED]
    assert ear.heard == heard
    await broker.start(ear)
    await say(broker, "c")
    await broker.signal("topic", b"3")
    assert ear.heard == [*heard, Status.CONNECTED]
    assert await remembered(broker, begin) == ["a", "b", "c"]
    assert await broker.holders("news") == {}
    await broker.stop()


async def test_nothing_is_swept_by_a_broker_that_has_stopped() -> None:
    with testing.clock() as clock:
        async with started():
            assert clock.next_timer is not None
        assert clock.next_timer is None


async def test_what_nobody_wants_any_more_is_not_handed_on() -> None:
    ear = Ear()
    broker = MemoryBroker()
    await broker.start(ear)
    await broker.subscribe("news")
    await broker.listen("topic")
    await broker.unsubscribe("news")
    await broker.unlisten("topic")
    await say(broker, "a")
    await broker.signal("topic", b"")
    await broker.stop()
    assert ear.heard == [Status.CONNECTED, Status.STOPPED]


async def test_it_has_one_sink_at_a_time() -> None:
    async with started() as broker:
        with pytest.raises(RuntimeError, match="is of one Channels"):
            await broker.start(Ear())
        await asyncio.sleep(0)
