"""What one subscriber gets: live, resumed, written to, and ended at any moment."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from falconws import testing
from falconws.channels import (
    BrokerUnavailable,
    Channels,
    Gap,
    History,
    Item,
    MemoryBroker,
    Message,
    Outbox,
    Position,
    Recovered,
    Subscription,
    latest,
)

from .faulty import FaultyBroker
from .shared import Machine, ProcessBroker


@pytest.fixture
async def channels() -> AsyncIterator[Channels]:
    async with testing.assert_no_leaks(), Channels(MemoryBroker(history=5)) as channels:
        yield channels


async def publish(channels: Channels, *words: object, channel: str = "news") -> str:
    """Publish several; give the id of the last."""
    for word in words:
        receipt = await channels.publish(channel, word)
    return receipt.id


def taken(subscription: Subscription) -> list[Any]:
    """Take what is there; messages are given as their data."""
    items: list[Any] = []
    while (item := subscription.pop()) is not None:
        items.append(item.data if isinstance(item, Message) else item)
    return items


async def turns(count: int = 10) -> None:
    for _ in range(count):
        await asyncio.sleep(0)


async def joined(subscription: Subscription) -> None:
    """Wait until it has joined its channel, and asks for the history."""
    for _ in range(100):
        if subscription.begun:
            return
        await asyncio.sleep(0)
    raise AssertionError("It does not join.")


# To iterate.


async def test_to_iterate_subscribes_and_to_stop_lets_go(channels: Channels) -> None:
    got: list[object] = []
    subscription = channels.subscribe("news")

    async def read() -> None:
        async for item in subscription:
            assert isinstance(item, Message)
            got.append(item.data)
            if item.data == "end":
                subscription.end()

    reading = asyncio.create_task(read())
    await turns()
    assert channels.hub.channels == {"news": 1}
    await publish(channels, "a", "b", "end")
    await reading
    assert got == ["a", "b", "end"]
    assert subscription.delivered == 3
    assert channels.hub.channels == {}
    assert channels.open_resources() == []


async def test_one_that_is_entered_can_be_iterated_over(channels: Channels) -> None:
    async with channels.subscribe("news") as subscription:
        await publish(channels, 1, 2)
        subscription.end()
        items = [item async for item in subscription]
        assert [item.data for item in items if isinstance(item, Message)] == [1, 2]
        assert [item async for item in subscription] == []


async def test_one_that_is_written_to_cannot_be_iterated_over(
    channels: Channels,
) -> None:
    with pytest.raises(TypeError, match="is written to its receiver"):
        await anext(aiter(channels.subscribe("news", print)))


async def test_a_subscription_is_used_once(channels: Channels) -> None:
    async with channels.subscribe("news") as subscription:
        with pytest.raises(RuntimeError, match="is used once"):
            await subscription.__aenter__()
        assert channels.hub.channels == {"news": 1}
    with pytest.raises(RuntimeError, match="is used once"):
        await subscription.__aenter__()


async def test_a_wait_that_is_given_up_loses_nothing(channels: Channels) -> None:
    async with channels.subscribe("news") as subscription:
        waiting = asyncio.create_task(subscription.next())
        await turns()
        waiting.cancel()
        await publish(channels, "a")
        await asyncio.wait([waiting])
        item = await subscription.next()
        assert isinstance(item, Message)
        assert item.data == "a"


async def test_two_do_not_wait_for_one_subscription(channels: Channels) -> None:
    async with channels.subscribe("news") as subscription:
        waiting = asyncio.create_task(subscription.next())
        await turns()
        with pytest.raises(RuntimeError, match="Somebody waits"):
            await subscription.next()
        await publish(channels, "a")
        assert isinstance(await waiting, Message)


async def test_one_who_waits_before_it_is_entered_gets_what_comes(
    channels: Channels,
) -> None:
    id_ = await publish(channels, "a")
    subscription = channels.subscribe("news", after=id_)
    waiting = asyncio.create_task(subscription.next())
    await turns()
    async with subscription:
        assert isinstance(await waiting, Recovered)


async def test_what_is_known_of_it_can_be_seen(channels: Channels) -> None:
    subscription = channels.subscribe(
        ["news", "sport", "news"], outbox=Outbox(messages=2), user="ann"
    )
    assert subscription.channels == ("news", "sport")
    assert repr(subscription) == "<Subscription to 'news', 'sport'>"
    assert (subscription.user, subscription.over) == ("ann", False)
    assert (subscription.waiting, subscription.dropped) == (0, 0)
    async with subscription:
        assert {name: p.offset for name, p in subscription.begun.items()} == {
            "news": 0,
            "sport": 0,
        }
        assert channels.open_resources() == [repr(subscription)]
        await publish(channels, 1, 2, 3)
        assert (subscription.waiting, subscription.dropped) == (2, 1)
    assert subscription.over


# What ends it.


async def test_the_end_wakes_who_waits(channels: Channels) -> None:
    async with channels.subscribe("news") as subscription:
        waiting = asyncio.create_task(subscription.next())
        await turns()
        subscription.end()
        assert await waiting is None
        assert channels.hub.channels == {}
        await publish(channels, "a")
        assert await subscription.next() is None


async def test_what_waits_at_the_end_is_still_handed_over(channels: Channels) -> None:
    async with channels.subscribe("news") as subscription:
        await publish(channels, "a")
        subscription.end()
        subscription.end()
        await publish(channels, "b")
        assert taken(subscription) == ["a"]


async def test_channels_that_stop_end_it_with_somebody_waiting() -> None:
    channels = Channels()
    async with testing.assert_no_leaks():
        await channels.start()
        async with channels.subscribe("news") as subscription:
            waiting = asyncio.create_task(subscription.next())
            await turns()
            await channels.stop()
            assert await waiting is None
            assert subscription.over


async def test_an_end_while_it_is_entered_lets_go_of_all_channels(
    channels: Channels,
) -> None:
    entered = asyncio.Event()

    class Slow(ProcessBroker):
        async def subscribe(self, channel: str) -> Position:
            if channel == "sport":
                await entered.wait()
            return await super().subscribe(channel)

    async with Channels(Slow(Machine())) as other:
        subscription = other.subscribe(["news", "sport"], presence=True, user="ann")
        entering = asyncio.create_task(subscription.__aenter__())
        await turns()
        await publish(other, "a")
        subscription.end()
        entered.set()
        await entering
        assert other.hub.channels == {}
        await publish(other, "b")
        await publish(other, "c", channel="sport")
        assert taken(subscription) == ["a"]
        assert await subscription.next() is None
        assert await other.presence("news") == []
        await subscription.__aexit__()


@pytest.mark.parametrize("turn", range(12))
async def test_to_be_cancelled_at_any_moment_of_entering_leaves_nothing(
    turn: int,
) -> None:
    broker = FaultyBroker(delay=lambda: 1)
    async with testing.assert_no_leaks():
        channels = Channels(broker, authorize=lambda *_: asyncio.sleep(0))
        await channels.start()
        subscription = channels.subscribe(
            ["news", "sport"],
            lambda item: None,
            after={"sport": "e:1"},
            presence=True,
            user="ann",
        )
        entering = asyncio.create_task(subscription.__aenter__())
        await turns(turn)
        assert not entering.done()
        entering.cancel()
        await asyncio.wait([entering])
        assert entering.cancelled()
        await turns(20)
        assert channels.open_resources() == []
        assert channels.hub.channels == {}
        assert broker.active == set()
        assert broker.topics == {"disconnect"}
        assert await channels.presence("news") == []
        await channels.stop()


@pytest.mark.parametrize("turn", range(1, 6))
async def test_to_be_cancelled_at_any_moment_of_leaving_leaves_nothing(
    turn: int,
) -> None:
    broker = FaultyBroker(delay=lambda: 1)
    with testing.clock() as clock:
        async with testing.assert_no_leaks():
            channels = Channels(broker)
            await channels.start()
            subscription = channels.subscribe(
                "news", lambda item: None, presence=True, user="ann"
            )
            await subscription.__aenter__()
            leaving = asyncio.create_task(subscription.__aexit__())
            await turns(turn)
            leaving.cancel()
            await asyncio.wait([leaving])
            await turns(20)
            assert channels.open_resources() == []
            assert channels.hub.channels == {}
            # What could not be taken back has a lease, which nobody renews.
            await clock.advance(60)
            assert await channels.presence("news") == []
            await channels.stop()


async def test_a_cancelled_leave_does_not_keep_a_member_for_ever() -> None:
    """As when a responder is cancelled that is about to end."""
    with testing.clock() as clock:
        async with Channels() as channels:
            subscription = channels.subscribe("news", print, presence=True, user="ann")
            await subscription.__aenter__()
            leaving = asyncio.create_task(subscription.__aexit__())
            await asyncio.sleep(0)  # It waits for its writer.
            leaving.cancel()
            await asyncio.wait([leaving])
            assert leaving.cancelled()
            await clock.advance(60)
            assert await channels.presence("news") == []


async def test_channels_that_stop_while_it_is_entered_do_not_cancel_its_task() -> None:
    held = asyncio.Event()

    class Slow(ProcessBroker):
        async def subscribe(self, channel: str) -> Position:
            await held.wait()
            return await super().subscribe(channel)

    async with testing.assert_no_leaks():
        channels = Channels(Slow(Machine()))
        await channels.start()
        entering = asyncio.create_task(channels.subscribe("news").__aenter__())
        await turns()
        await channels.stop()
        with pytest.raises(BrokerUnavailable, match="has stopped"):
            await entering
        assert channels.open_resources() == []


async def test_channels_that_stop_before_presence_is_told_leave_nothing() -> None:
    held = asyncio.Event()

    class Slow(ProcessBroker):
        async def history(self, channel: str, after: Position) -> History:
            await held.wait()
            return await super().history(channel, after)

    async with testing.assert_no_leaks():
        channels = Channels(Slow(Machine()))
        await channels.start()
        subscription = channels.subscribe(
            "news", after="e:1", presence=True, user="ann"
        )
        entering = asyncio.create_task(subscription.__aenter__())
        await turns()
        await channels.stop()
        held.set()
        await entering
        assert isinstance(await subscription.next(), Gap)
        assert await subscription.next() is None
        await subscription.__aexit__()
        await subscription.__aexit__()


# Functions that are called.


@pytest.mark.parametrize("is_async", [True, False])
async def test_a_function_is_called_with_each_item_in_order(
    channels: Channels, is_async: bool, caplog: pytest.LogCaptureFixture
) -> None:
    got: list[Item] = []

    async def take(item: Item) -> None:
        await asyncio.sleep(0)
        got.append(item)

    id_ = await publish(channels, "a", "b")
    epoch = id_.partition(":")[0]
    receiver: Callable[[Item], Awaitable[None] | None] = got.append
    if is_async:
        receiver = take
    async with channels.subscribe("news", receiver, after=f"{epoch}:1") as subscription:
        await publish(channels, "c")
        await turns(20)
        assert subscription.delivered == 2
    assert isinstance(got[0], Recovered)
    assert [item.data for item in got if isinstance(item, Message)] == ["b", "c"]
    assert caplog.records == []


async def test_a_function_that_fails_misses_one_message_and_no_more(
    channels: Channels, caplog: pytest.LogCaptureFixture
) -> None:
    got: list[object] = []

    async def take(item: Item) -> None:
        assert isinstance(item, Message)
        if item.data == "a":
            raise LookupError("a fault")
        got.append(item.data)

    async with channels.subscribe("news", take):
        await publish(channels, "a", "b")
        await turns()
    assert got == ["b"]
    (record,) = caplog.records
    assert record.levelname == "ERROR"
    assert record.getMessage() == "A subscriber of <Subscription to 'news'> failed"
    assert record.exc_info is not None
    assert isinstance(record.exc_info[1], LookupError)


async def test_a_function_whose_peer_has_gone_ends_it(
    channels: Channels, caplog: pytest.LogCaptureFixture
) -> None:
    def take(item: Item) -> None:
        raise BrokenPipeError("gone")

    async with channels.subscribe("news", take) as subscription:
        await publish(channels, "a", "b")
        await turns()
        assert subscription.over
        assert channels.hub.channels == {}
    assert caplog.records == []


async def test_a_function_can_leave_by_itself(channels: Channels) -> None:
    left = asyncio.Event()

    async def take(item: Item) -> None:
        await subscription.__aexit__()
        left.set()

    subscription = channels.subscribe("news", take, presence=True, user="ann")
    await subscription.__aenter__()
    await left.wait()
    await turns()
    assert channels.open_resources() == []


async def test_a_function_that_is_still_at_work_is_cancelled_at_the_end(
    channels: Channels,
) -> None:
    ended: list[str] = []

    async def take(item: Item) -> None:
        try:
            await asyncio.Event().wait()
        finally:
            ended.append("cancelled")

    async with channels.subscribe("news", take):
        await publish(channels, "a")
        await turns()
    assert ended == ["cancelled"]


# Sockets, and what they raise.


class Pipe:
    """A socket that keeps what it is sent.

    Attributes:
        got: What came: payloads, and the code and reason of the end.
        error: What a send raises.
        shares: Whether it takes what is framed once, without waiting; None if it cannot.
        open: Whether a send goes on.
    """

    def __init__(self) -> None:
        self.got: list[object] = []
        self.error: Exception | None = None
        self.open = asyncio.Event()
        self.open.set()

    async def send_text(self, payload: str) -> None:
        await self.send_data(payload)

    async def send_data(self, payload: object) -> None:
        await self.open.wait()
        if self.error is not None:
            raise self.error
        self.got.append(payload)

    async def close(self, code: int = 1000, reason: str | None = None) -> None:
        self.got.append((code, reason))


class Sharing(Pipe):
    """One that takes frames, until it is full."""

    def __init__(self) -> None:
        super().__init__()
        self.full = False

    def send_shared(self, message: Any) -> bool:
        if self.error is not None:
            raise self.error
        if not self.full:
            self.got.append(message.frame(lambda payload: ("framed", payload)))
        return not self.full


async def test_a_message_goes_out_before_publish_returns_where_frames_are_shared(
    channels: Channels,
) -> None:
    pipe, other = Sharing(), Sharing()
    async with (
        channels.subscribe("news", pipe) as subscription,
        channels.subscribe("news", other, envelope=True),
    ):
        await turns()
        id_ = await publish(channels, "a")
        assert pipe.got == [("framed", "a")]
        assert subscription.delivered == 1
        assert other.got == [
            (
                "framed",
                f'{{"type":"message","channel":"news","id":"{id_}","event":null,"data":"a"}}',
            )
        ]


async def test_what_comes_does_not_overtake_what_waits(channels: Channels) -> None:
    pipe = Sharing()
    async with channels.subscribe("news", pipe) as subscription:
        await turns()
        pipe.full = True
        pipe.open.clear()
        await publish(channels, "a")
        await turns()
        pipe.full = False
        await publish(channels, b"b", "c")
        await turns()
        assert pipe.got == []
        pipe.open.set()
        await turns()
        assert pipe.got == ["a", ("framed", b"b"), ("framed", "c")]
        assert subscription.delivered == 3


@pytest.mark.parametrize("kind", [Pipe, Sharing])
async def test_a_socket_whose_peer_has_gone_ends_it(
    channels: Channels, caplog: pytest.LogCaptureFixture, kind: type[Pipe]
) -> None:
    pipe = kind()
    pipe.error = ConnectionResetError("gone")
    async with channels.subscribe("news", pipe) as subscription:
        await turns()
        await publish(channels, "a")
        await turns()
        assert subscription.over
        assert channels.hub.channels == {}
        assert pipe.got == []
    assert caplog.records == []


@pytest.mark.parametrize("kind", [Pipe, Sharing])
@pytest.mark.parametrize("writes_first", [True, False])
async def test_a_socket_that_fails_ends_it_and_harms_nobody_else(
    channels: Channels,
    caplog: pytest.LogCaptureFixture,
    kind: type[Pipe],
    writes_first: bool,
) -> None:
    pipe = kind()
    pipe.error = LookupError("a fault")
    async with (
        channels.subscribe("news", pipe) as subscription,
        channels.subscribe("news") as other,
    ):
        if not writes_first:
            await turns()
        await publish(channels, "a")
        await turns()
        assert subscription.over
        assert taken(other) == ["a"]
    (record,) = caplog.records
    assert record.levelname == "ERROR"
    assert record.getMessage() == "<Subscription to 'news'> could not be written to"
    assert record.exc_info is not None
    assert record.exc_info[1] is pipe.error


async def test_a_socket_is_closed_behind_what_waits_for_it(channels: Channels) -> None:
    pipe = Pipe()
    async with channels.subscribe("news", pipe) as subscription:
        await publish(channels, "a", b"b")
        subscription.end(4000, "Enough")
        subscription.end(4001, "Too late")
        await turns()
        assert pipe.got == ["a", b"b", (4000, "Enough")]


async def test_a_socket_is_left_open_by_an_end_without_a_code(
    channels: Channels,
) -> None:
    pipe = Pipe()
    async with channels.subscribe("news", pipe) as subscription:
        subscription.end()
        await turns()
    assert pipe.got == []


# Outboxes.


async def test_an_outbox_that_is_to_disconnect_does(channels: Channels) -> None:
    pipe = Pipe()
    pipe.open.clear()
    outbox = Outbox(messages=2, policy="disconnect")
    async with channels.subscribe("news", pipe, outbox=outbox) as subscription:
        await turns()
        await publish(channels, "a")
        await turns()
        await publish(channels, "b", "c")
        assert not subscription.over
        await publish(channels, "d", "e")
        assert subscription.over
        assert channels.hub.channels == {}
        pipe.open.set()
        await turns()
        assert pipe.got == ["a", (1013, "Messages were not read in time")]


@pytest.mark.parametrize(
    "key", [lambda message: message.data["symbol"], lambda message: [1]]
)
async def test_a_key_that_fails_is_a_gap_for_one_and_harms_nobody_else(
    channels: Channels, caplog: pytest.LogCaptureFixture, key: Any
) -> None:
    outbox = Outbox(policy=latest(key))
    async with (
        channels.subscribe("news", outbox=outbox) as subscription,
        channels.subscribe("news") as other,
    ):
        id_ = await publish(channels, "a")
        assert taken(other) == ["a"]
        assert taken(subscription) == [Gap("news", Position.parse(id_), 1)]
    (record,) = caplog.records
    assert "<Subscription to 'news'> has no key for <Message" in record.getMessage()


# To resume.


@given(published=st.integers(0, 8), missed=st.integers(0, 8), more=st.integers(0, 3))
def test_who_comes_back_gets_what_was_missed_or_a_gap_and_then_what_is_live(
    published: int, missed: int, more: int
) -> None:
    async def run() -> None:
        async with Channels(MemoryBroker(history=5)) as channels:
            epoch = (await channels.broker.position("news")).epoch
            for number in range(1, published + missed + 1):
                await channels.publish("news", number)
            after = f"{epoch}:{published}"
            async with channels.subscribe("news", after=after) as subscription:
                for number in range(more):
                    await channels.publish("news", published + missed + number + 1)
                first, *rest = taken(subscription)
            end = published + missed
            have = min(missed, 5)
            if missed <= 5:
                assert first == Recovered("news", Position(epoch, published), missed)
            else:
                begin = Position(epoch, end - 5)
                assert first == Gap("news", begin, missed - 5)
            assert rest == list(range(end - have + 1, end + more + 1))

    asyncio.run(run())


@pytest.mark.parametrize(
    "after", ["", "nonsense", "e:1", "x" * 100_000, "e:" + "9" * 18, "\n:1", "e:-1"]
)
async def test_an_id_that_is_none_gives_a_gap_and_all_that_is_remembered(
    channels: Channels, after: str
) -> None:
    end = Position.parse(await publish(channels, *range(1, 8)))
    assert end is not None
    async with channels.subscribe("news", after=after) as subscription:
        gap = Gap("news", end._replace(offset=2), None)
        assert taken(subscription) == [gap, 3, 4, 5, 6, 7]


async def test_an_id_that_is_still_to_come_gives_a_gap_without_a_number(
    channels: Channels,
) -> None:
    end = Position.parse(await publish(channels, 1, 2))
    assert end is not None
    for ahead in (3, 10**18 - 1):
        after = f"{end.epoch}:{ahead}"
        async with channels.subscribe("news", after=after) as subscription:
            await publish(channels, ahead)
            gap = Gap("news", subscription.begun["news"]._replace(offset=0), None)
            got = taken(subscription)
        assert got[0] == gap
        assert got[-1] == ahead


async def test_each_of_several_channels_is_resumed_by_its_own_id(
    channels: Channels,
) -> None:
    news = await publish(channels, "n1", "n2")
    await publish(channels, "s1", channel="sport")
    after = {"news": news, "sport": "nonsense", "other": "e:1"}
    async with channels.subscribe(["news", "sport", "art"], after=after) as both:
        await publish(channels, "a1", channel="art")
        await publish(channels, "n3")
        recovered, gap, *rest = taken(both)
        assert recovered == Recovered("news", Position.parse(news), 0)
        assert gap == Gap("sport", both.begun["sport"]._replace(offset=0), None)
        assert rest == ["s1", "a1", "n3"]


async def test_what_comes_while_the_history_is_asked_comes_once_and_behind_it() -> None:
    broker = FaultyBroker(delay=lambda: 2)
    async with Channels(broker) as channels:
        await publish(channels, 1, 2)
        epoch = (await broker.position("news")).epoch
        subscription = channels.subscribe("news", after=f"{epoch}:1")
        entering = asyncio.create_task(subscription.__aenter__())
        await joined(subscription)
        await publish(channels, 3, 4)
        broker.arrive()
        await entering
        assert taken(subscription)[1:] == [2, 3, 4]
        await subscription.__aexit__()


async def test_data_that_is_lost_while_the_history_is_asked_is_a_gap() -> None:
    broker = FaultyBroker(delay=lambda: 2)
    async with Channels(broker) as channels:
        await publish(channels, 1, 2, 3)
        epoch = (await broker.position("news")).epoch
        subscription = channels.subscribe("news", after=f"{epoch}:1")
        entering = asyncio.create_task(subscription.__aenter__())
        await joined(subscription)
        broker.forget()
        await publish(channels, "new")
        await entering
        broker.arrive()
        await turns(20)
        end = await broker.position("news")
        assert taken(subscription) == [
            Gap("news", Position(epoch, 3), 2),
            Gap("news", end._replace(offset=0), None),
            "new",
        ]
        await subscription.__aexit__()


class Behind:
    """A process that hears of messages when it is told to, as others have them before it.

    Attributes:
        broker: Has all of them.
        behind: Hears of them when they arrive.
    """

    def __init__(self, **options: Any) -> None:
        self.broker = FaultyBroker(**options)
        self.behind = Channels(self.broker)

    async def publish(self, count: int) -> Position:
        for _ in range(count):
            position = await self.broker.position("news")
            receipt = await self.behind.publish("news", position.offset + 1)
        place = Position.parse(receipt.id)
        assert place is not None
        return place


async def test_who_has_more_than_its_new_process_does_not_get_it_twice() -> None:
    network = Behind()
    async with network.behind as channels, channels.subscribe("news"):
        place = await network.publish(4)
        after = str(place._replace(offset=3))
        async with channels.subscribe("news", after=after) as subscription:
            assert subscription.begun["news"].offset == 0
            recovered = Recovered("news", place._replace(offset=3), 0)
            assert taken(subscription) == [recovered]
            network.broker.arrive(2)
            assert taken(subscription) == []
            await network.publish(1)
            network.broker.arrive()
            assert taken(subscription) == [4, 5]


async def test_nor_does_it_get_what_comes_while_the_history_is_asked() -> None:
    network = Behind(delay=lambda: 2)
    async with network.behind as channels, channels.subscribe("news"):
        place = await network.publish(4)
        after = str(place._replace(offset=3))
        subscription = channels.subscribe("news", after=after)
        entering = asyncio.create_task(subscription.__aenter__())
        await joined(subscription)
        network.broker.arrive()
        await entering
        recovered = Recovered("news", place._replace(offset=3), 0)
        assert taken(subscription) == [recovered, 4]
        await subscription.__aexit__()


async def test_who_has_more_than_its_new_process_hears_of_a_new_epoch() -> None:
    network = Behind()
    async with network.behind as channels, channels.subscribe("news"):
        place = await network.publish(3)
        async with channels.subscribe("news", after=str(place)) as subscription:
            network.broker.cut()
            network.broker.forget()
            network.broker.mend()
            await turns()
            await network.publish(1)
            network.broker.arrive()
            recovered, gap, first = taken(subscription)
            assert recovered == Recovered("news", place, 0)
            assert (gap.dropped, first) == (None, 1)


async def test_it_knows_apart_what_it_has_of_which_channel() -> None:
    network = Behind()
    async with (
        network.behind as channels,
        channels.subscribe(["news", "sport", "art"]),
    ):
        news = await network.publish(2)
        sport = (await channels.publish("sport", "s1")).id
        await channels.publish("art", "a1")
        after = {"news": str(news._replace(offset=1)), "sport": sport}
        async with channels.subscribe(
            ["news", "sport", "art"], after=after
        ) as subscription:
            network.broker.arrive()
            assert taken(subscription)[2:] == [2, "a1"]
