"""Who is here: users over several tabs, and over processes that end without a word."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from typing import Any

import pytest

from falconws import testing
from falconws.channels import (
    BrokerUnavailable,
    Channels,
    Gap,
    Joined,
    Left,
    Member,
    Message,
    Outbox,
    Subscription,
)
from falconws.testing import assert_no_leaks

from .faulty import FaultyBroker
from .shared import Machine, ProcessBroker


@pytest.fixture
async def channels() -> AsyncIterator[Channels]:
    async with assert_no_leaks(), Channels() as channels:
        yield channels


async def enter(channels: Channels, user: str | None, **options: Any) -> Subscription:
    subscription = channels.subscribe("news", user=user, presence=True, **options)
    await subscription.__aenter__()
    return subscription


async def leave(*subscriptions: Subscription) -> None:
    for subscription in subscriptions:
        await subscription.__aexit__()


def told(subscription: Subscription) -> list[str]:
    """Take what is there: +user for one who came, -user for one who left."""
    items: list[str] = []
    while (item := subscription.pop()) is not None:
        if isinstance(item, Joined | Left):
            items.append(("+" if isinstance(item, Joined) else "-") + item.user)
        else:
            items.append("gap" if isinstance(item, Gap) else "message")
    return items


async def turns(count: int = 10) -> None:
    for _ in range(count):
        await asyncio.sleep(0)


# Users, and their connections.


async def test_a_user_joins_with_the_first_tab_and_leaves_with_the_last(
    channels: Channels,
) -> None:
    watcher = await enter(channels, None)
    tabs = [await enter(channels, "ann", info=number) for number in range(3)]
    assert told(watcher) == ["+ann"]
    assert await channels.users("news") == ["ann"]
    members = await channels.presence("news")
    assert [(m.user, m.info) for m in members] == [("ann", 0), ("ann", 1), ("ann", 2)]
    assert len({member.id for member in members}) == 3
    await leave(*tabs[:2])
    assert told(watcher) == []
    assert await channels.users("news") == ["ann"]
    await leave(tabs[2])
    assert told(watcher) == ["-ann"]
    assert await channels.presence("news") == []
    await leave(watcher)


async def test_what_is_told_of_a_user_is_that_of_the_connection_that_came_or_went(
    channels: Channels,
) -> None:
    watcher = await enter(channels, None)
    first = await enter(channels, "ann", info={"tab": 1})
    second = await enter(channels, "ann", info={"tab": 2})
    await leave(first, second)
    assert await watcher.next() == Joined("news", None, "ann", {"tab": 1})
    assert await watcher.next() == Left("news", None, "ann", {"tab": 2})
    await leave(watcher)


async def test_users_are_in_alphabetical_order_and_each_once(
    channels: Channels,
) -> None:
    users = ["cid", "ann", "bob", "ann"]
    entered = [await enter(channels, user) for user in users]
    assert await channels.users("news") == ["ann", "bob", "cid"]
    assert [m.user for m in await channels.presence("news")] == users
    await leave(*entered)


async def test_one_who_comes_is_told_of_itself_and_not_of_those_who_are_here(
    channels: Channels,
) -> None:
    ann = await enter(channels, "ann")
    assert told(ann) == ["+ann"]
    bob = await enter(channels, "bob")
    assert (told(ann), told(bob)) == (["+bob"], ["+bob"])
    again = await enter(channels, "bob")
    assert (told(ann), told(bob), told(again)) == ([], [], [])
    await leave(bob, again)
    assert told(ann) == ["-bob"]
    await leave(ann)


async def test_who_does_not_ask_for_presence_is_neither_told_nor_counted(
    channels: Channels,
) -> None:
    async with channels.subscribe("news", user="bob") as bob:
        ann = await enter(channels, "ann")
        assert told(bob) == []
        assert await channels.users("news") == ["ann"]
        await leave(ann)


async def test_a_watcher_is_not_counted(channels: Channels) -> None:
    watcher = await enter(channels, None)
    assert await channels.presence("news") == []
    await leave(watcher)


async def test_one_user_is_present_in_each_channel(channels: Channels) -> None:
    async with (
        channels.subscribe(["news", "sport"], presence=True) as watcher,
        channels.subscribe(["sport"], presence=True) as other,
    ):
        async with channels.subscribe(["news", "sport"], presence=True, user="ann"):
            assert await channels.users("news") == ["ann"]
            assert await channels.users("sport") == ["ann"]
        assert told(watcher) == ["+ann", "+ann", "-ann", "-ann"]
        assert told(other) == ["+ann", "-ann"]


async def test_a_member_is_what_was_told_of_it(channels: Channels) -> None:
    ann = await enter(channels, "ann", info=[1, {"a": None}])
    (member,) = await channels.presence("news")
    assert member == Member("ann", member.id, [1, {"a": None}])
    assert len(member.id) == 16
    await leave(ann)


async def test_an_info_that_json_has_no_form_for_is_refused(channels: Channels) -> None:
    with pytest.raises(TypeError):
        await enter(channels, "ann", info=object())
    assert channels.open_resources() == []
    assert channels.roster._rooms == {}
    assert channels.roster._ids == {}


async def test_changes_do_not_overtake_messages(channels: Channels) -> None:
    watcher = await enter(channels, None)
    ann = await enter(channels, "ann")
    await channels.publish("news", "hello")
    await leave(ann)
    assert told(watcher) == ["+ann", "message", "-ann"]
    await leave(watcher)


async def test_changes_that_nobody_reads_do_not_fill_the_memory(
    channels: Channels,
) -> None:
    watcher = await enter(channels, None, outbox=Outbox(messages=3))
    cut = await enter(channels, None, outbox=Outbox(messages=3, policy="disconnect"))
    for number in range(11):
        assert cut.over == (number > 1)
        async with channels.subscribe("news", presence=True, user=f"{number}"):
            pass
    assert told(watcher) == ["gap", "-9", "+10", "-10"]
    assert cut.over
    assert told(cut) == []
    await leave(watcher, cut)


# Several processes.


@pytest.fixture
async def pair() -> AsyncIterator[tuple[Channels, Channels]]:
    machine = Machine()
    async with (
        assert_no_leaks(),
        Channels(ProcessBroker(machine), lease=30) as one,
        Channels(ProcessBroker(machine), lease=30) as two,
    ):
        yield one, two


def broker_of(channels: Channels) -> ProcessBroker:
    assert isinstance(channels.broker, ProcessBroker)
    return channels.broker


Pair = tuple[Channels, Channels]


async def test_a_user_is_present_in_all_processes(pair: Pair) -> None:
    one, two = pair
    watcher = await enter(one, None)
    here, there = await enter(one, "ann"), await enter(two, "ann")
    assert await one.users("news") == await two.users("news") == ["ann"]
    await leave(here)
    assert told(watcher) == ["+ann"]
    await leave(there)
    assert told(watcher) == ["-ann"]
    await leave(watcher)


async def test_the_members_of_a_process_that_died_leave_when_their_lease_ends(
    pair: Pair,
) -> None:
    one, two = pair
    with testing.clock() as clock:
        watcher = await enter(one, "bob")
        ghosts = [await enter(two, user) for user in ("ann", "ann", "bob")]
        assert told(watcher) == ["+bob", "+ann"]
        await clock.advance(15)
        broker_of(two).down = True  # It renews nothing any more.
        await clock.advance(24.9)
        assert await one.users("news") == ["ann", "bob"]
        await clock.advance(10.2)
        assert told(watcher) == ["-ann"]
        assert [m.user for m in await one.presence("news")] == ["bob"]
        broker_of(two).down = False
        await leave(*ghosts, watcher)


async def test_a_lease_is_renewed_as_long_as_its_process_lives(pair: Pair) -> None:
    one, two = pair
    with testing.clock() as clock:
        watcher = await enter(one, None)
        ann = await enter(two, "ann")
        for _ in range(50):
            await clock.advance(7)
            assert await one.users("news") == ["ann"]
        assert told(watcher) == ["+ann"]
        await leave(ann)
        assert told(watcher) == ["-ann"]
        await leave(watcher)


async def test_a_process_that_was_cut_off_comes_back_with_its_members(
    pair: Pair,
) -> None:
    one, two = pair
    with testing.clock() as clock:
        watcher = await enter(one, None)
        ann = await enter(two, "ann")
        broker_of(two).down = True
        await clock.advance(45)
        assert told(watcher) == ["+ann", "-ann"]
        broker_of(two).down = False
        await clock.advance(10)
        assert told(watcher) == ["+ann"]
        assert await one.users("news") == ["ann"]
        await leave(ann, watcher)


async def test_a_watcher_that_was_cut_off_hears_of_who_came_and_went(
    pair: Pair,
) -> None:
    one, two = pair
    with testing.clock() as clock:
        watcher = await enter(one, None)
        ann = await enter(two, "ann")
        broker_of(one).down = True
        await leave(ann)
        bob = await enter(two, "bob")
        assert told(watcher) == ["+ann"]
        broker_of(one).down = False
        await clock.advance(10)
        assert sorted(told(watcher)) == ["+bob", "-ann"]
        await leave(bob, watcher)


async def test_a_broker_that_loses_everything_gets_the_leases_again(pair: Pair) -> None:
    one, two = pair
    with testing.clock() as clock:
        watcher = await enter(one, None)
        ann = await enter(two, "ann")
        broker_of(one).memory._held.clear()
        assert await one.users("news") == []
        await clock.advance(20)
        assert await one.users("news") == ["ann"]
        changes = told(watcher)
        assert changes[0] == "+ann"
        assert changes[-1] == "+ann"
        await leave(ann, watcher)


async def test_a_leave_while_the_broker_is_away_ends_with_the_lease(
    pair: Pair, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    one, two = pair
    with testing.clock() as clock:
        watcher = await enter(one, None)
        ann = await enter(two, "ann")
        broker_of(two).down = True
        await leave(ann)
        assert caplog.messages == ["Presence: It is down."]
        broker_of(two).down = False
        await clock.advance(29.9)
        assert told(watcher) == ["+ann"]
        await clock.advance(10.1)
        assert told(watcher) == ["-ann"]
        await leave(watcher)


async def test_nobody_gets_in_while_the_broker_is_away(pair: Pair) -> None:
    one, _ = pair
    broker_of(one).down = True
    for user in (None, "ann"):
        with pytest.raises(BrokerUnavailable):
            await enter(one, user)
    with pytest.raises(BrokerUnavailable):
        await one.presence("news")
    with pytest.raises(BrokerUnavailable):
        await one.disconnect(user="ann")
    broker_of(one).down = False
    assert one.open_resources() == []
    assert await one.users("news") == []
    watcher = await enter(one, None)
    ann = await enter(one, "ann")
    assert told(watcher) == ["+ann"]
    await leave(ann, watcher)


async def test_an_error_that_no_broker_should_raise_does_not_end_the_renewal(
    pair: Pair, caplog: pytest.LogCaptureFixture
) -> None:
    one, _ = pair
    with testing.clock() as clock:
        ann = await enter(one, "ann")
        broker_of(one).fault = LookupError("a fault")
        await clock.advance(10)
        broker_of(one).fault = None
        await clock.advance(100)
        assert await one.users("news") == ["ann"]
        await leave(ann)
    assert set(caplog.messages) == {"Error in presence"}


async def test_nobody_is_renewed_who_has_left(pair: Pair) -> None:
    one, _ = pair
    with testing.clock() as clock:
        ann = await enter(one, "ann")
        bob = await enter(one, "bob")
        await leave(ann)
        await clock.advance(100)
        assert await one.users("news") == ["bob"]
        await leave(bob)
        await clock.advance(100)
        assert await one.users("news") == []


# Races.


class Gated(ProcessBroker):
    """Lets commands wait.

    Attributes:
        gates: What each command waits for before it is done, by its name.
        after: What each command waits for before it returns.
    """

    def __init__(self, machine: Machine) -> None:
        super().__init__(machine)
        self.gates: dict[str, asyncio.Event] = {}
        self.after: dict[str, asyncio.Event] = {}

    async def _wait(self, gates: dict[str, asyncio.Event], name: str) -> None:
        if name in gates:
            await gates[name].wait()

    async def hold(self, channel: str, key: str, value: bytes, lease: float) -> bool:
        await self._wait(self.gates, "hold")
        is_new = await super().hold(channel, key, value, lease)
        await self._wait(self.after, "hold")
        return is_new

    async def holders(self, channel: str) -> dict[str, bytes]:
        await self._wait(self.gates, "holders")
        held = await super().holders(channel)
        await self._wait(self.after, "holders")
        return held

    async def listen(self, topic: str) -> None:
        await self._wait(self.gates, "listen")
        await super().listen(topic)

    async def unlisten(self, topic: str) -> None:
        await self._wait(self.gates, "unlisten")
        await super().unlisten(topic)


@pytest.fixture
async def gated() -> AsyncIterator[tuple[Channels, Gated, Channels]]:
    machine = Machine()
    broker = Gated(machine)
    async with (
        assert_no_leaks(),
        Channels(broker) as one,
        Channels(ProcessBroker(machine)) as two,
    ):
        yield one, broker, two


GatedPair = tuple[Channels, Gated, Channels]


async def test_one_who_leaves_while_it_is_renewed_is_gone(gated: GatedPair) -> None:
    one, broker, two = gated
    with testing.clock() as clock:
        watcher = await enter(two, None)
        ann = await enter(one, "ann")
        bob = await enter(one, "bob")
        broker.gates["hold"] = asyncio.Event()
        await clock.advance(10)
        await leave(ann, bob)
        broker.gates["hold"].set()
        await clock.advance(0)
        assert await two.users("news") == []
        assert told(watcher) == ["+ann", "+bob", "-ann", "-bob"]
        await leave(watcher)


async def test_one_who_cannot_say_that_it_leaves_while_it_is_renewed_is_gone(
    gated: GatedPair,
) -> None:
    one, broker, two = gated
    with testing.clock() as clock:
        watcher = await enter(two, None)
        ann = await enter(one, "ann")
        broker.after["hold"] = asyncio.Event()
        await clock.advance(10)
        broker.down = True
        await leave(ann)
        broker.down = False
        assert told(watcher) == ["+ann"]
        broker.after["hold"].set()
        await clock.advance(0)
        assert told(watcher) == ["-ann"]
        assert await two.users("news") == []
        await leave(watcher)


async def test_one_who_comes_while_the_members_are_asked_is_known(
    gated: GatedPair,
) -> None:
    """The answer is older than what was told meanwhile."""
    one, broker, two = gated
    broker.after["holders"] = asyncio.Event()
    early = await enter(two, "cid")
    entering = asyncio.create_task(enter(one, None))
    await turns()
    ann = await enter(two, "ann")
    await leave(early)
    broker.after["holders"].set()
    watcher = await entering
    assert told(watcher) == []
    await leave(ann)
    assert told(watcher) == ["-ann"]
    await leave(watcher)


async def test_what_is_told_while_the_members_are_asked_again_is_not_taken_back(
    gated: GatedPair,
) -> None:
    one, broker, two = gated
    with testing.clock() as clock:
        watcher = await enter(one, None)
        cid = await enter(two, "cid")
        broker.after["holders"] = asyncio.Event()
        await clock.advance(10)
        ann = await enter(two, "ann")
        await leave(cid)
        broker.after["holders"].set()
        await clock.advance(0)
        assert told(watcher) == ["+cid", "+ann", "-cid"]
        await clock.advance(10)
        assert told(watcher) == []
        assert one.roster._rooms["news"].told == {}
        await leave(ann, watcher)


async def test_the_second_watcher_is_told_if_the_first_was_refused(
    gated: GatedPair,
) -> None:
    one, broker, two = gated
    broker.gates["listen"] = asyncio.Event()
    first = asyncio.create_task(enter(one, None))
    await turns()
    second = asyncio.create_task(enter(one, None))
    await turns()
    first.cancel()
    await turns()
    broker.gates["listen"].set()
    watcher = await second
    ann = await enter(two, "ann")
    assert told(watcher) == ["+ann"]
    await leave(ann, watcher)


async def test_two_watchers_that_come_together_know_the_same(gated: GatedPair) -> None:
    one, broker, two = gated
    broker.gates["holders"] = asyncio.Event()
    entering = [asyncio.create_task(enter(one, None)) for _ in range(2)]
    await turns()
    broker.gates["holders"].set()
    watchers = [await each for each in entering]
    ann = await enter(two, "ann")
    await leave(ann)
    assert [told(watcher) for watcher in watchers] == [["+ann", "-ann"]] * 2
    await leave(*watchers)


async def test_what_the_second_watcher_is_answered_hides_nothing_from_the_first(
    gated: GatedPair,
) -> None:
    one, broker, two = gated
    with testing.clock() as clock:
        gates = [asyncio.Event(), asyncio.Event()]
        entering = []
        for gate in gates:
            broker.gates["holders"] = gate
            entering.append(asyncio.create_task(enter(one, None)))
            await clock.advance(0)
        gates[0].set()
        first = await entering[0]
        broker.topics.remove("presence:news")  # and what is told now is lost
        ann = await enter(two, "ann")
        broker.topics.add("presence:news")
        gates[1].set()
        second = await entering[1]
        assert told(first) == []
        await clock.advance(10)
        assert told(first) == ["+ann"]
        await leave(first, second, ann)


async def test_one_who_comes_as_the_last_watcher_leaves_is_told(
    gated: GatedPair,
) -> None:
    one, broker, two = gated
    first = await enter(one, None)
    broker.gates["unlisten"] = asyncio.Event()
    leaving = asyncio.create_task(leave(first))
    await turns()
    watcher = await enter(one, None)
    broker.gates["unlisten"].set()
    await leaving
    ann = await enter(two, "ann")
    assert told(watcher) == ["+ann"]
    await leave(ann, watcher)
    assert broker.topics == {"disconnect"}


async def test_one_who_comes_before_the_last_watcher_has_left_is_told(
    gated: GatedPair,
) -> None:
    one, broker, two = gated
    leaver = one.subscribe(["sport", "news"], presence=True)
    await leaver.__aenter__()
    broker.gates["unlisten"] = asyncio.Event()
    leaving = asyncio.create_task(leave(leaver))
    await turns()  # It waits for the first channel, and the second is next.
    watcher = await enter(one, None)
    broker.gates["unlisten"].set()
    await leaving
    ann = await enter(two, "ann")
    assert told(watcher) == ["+ann"]
    await leave(ann, watcher)


async def test_the_last_watcher_may_leave_while_the_members_are_asked_again(
    gated: GatedPair,
) -> None:
    one, broker, _ = gated
    with testing.clock() as clock:
        watcher = await enter(one, None)
        broker.after["holders"] = asyncio.Event()
        await clock.advance(10)
        await leave(watcher)
        broker.after["holders"].set()
        await clock.advance(10)
        assert one.roster._rooms == {}


async def test_a_room_that_is_not_known_yet_is_left_alone_by_the_renewal(
    gated: GatedPair,
) -> None:
    one, broker, two = gated
    with testing.clock() as clock:
        other = one.subscribe("sport", presence=True)
        await other.__aenter__()
        ann = await enter(two, "ann")
        broker.gates["listen"] = asyncio.Event()
        entering = asyncio.create_task(enter(one, None))
        await clock.advance(10)
        broker.gates["listen"].set()
        watcher = await entering
        assert told(watcher) == []
        await leave(ann)
        assert told(watcher) == ["-ann"]
        await leave(watcher, other)


@pytest.mark.parametrize("word", ["hold", "holders", "listen"])
async def test_presence_that_is_not_entered_leaves_nothing(
    gated: GatedPair, word: str
) -> None:
    one, broker, two = gated
    watcher = await enter(two, None)
    broker.gates[word] = asyncio.Event()
    entering = asyncio.create_task(enter(one, "ann"))
    await turns()
    entering.cancel()
    await asyncio.wait([entering])
    assert told(watcher) == []
    assert one.roster._rooms == {}
    assert one.roster._own == {}
    assert one.roster._ids == {}
    assert broker.topics == {"disconnect"}
    await leave(watcher)


async def test_a_signal_of_a_channel_that_nobody_watches_is_no_matter(
    channels: Channels,
) -> None:
    channels.signalled("presence:news", b"-0123456789abcdef")
    watcher = await enter(channels, None)
    channels.signalled("presence:news", b"-0123456789abcdef")
    assert told(watcher) == []
    await leave(watcher)


async def test_a_message_that_is_lost_on_the_way_is_made_up_for() -> None:
    broker = FaultyBroker()
    with testing.clock() as clock:
        async with Channels(broker) as channels:
            watcher = await enter(channels, None)
            ann = await enter(channels, "ann")
            broker.lose()
            broker.arrive()
            assert told(watcher) == []
            await clock.advance(10)
            assert told(watcher) == ["+ann"]
            await leave(ann, watcher)


async def test_leases_are_renewed_three_times_in_their_time() -> None:
    times: list[float] = []

    class Counting(ProcessBroker):
        async def hold(
            self, channel: str, key: str, value: bytes, lease: float
        ) -> bool:
            assert lease == 6
            times.append(clock.elapsed)
            return await super().hold(channel, key, value, lease)

    with testing.clock() as clock:
        async with Channels(Counting(Machine()), lease=6) as channels:
            ann = await enter(channels, "ann")
            await clock.advance(6)
            await leave(ann)
    assert times == [0, 2, 4, 6]


async def test_the_lease_is_30_seconds_by_default() -> None:
    with testing.clock() as clock:
        machine = Machine()
        async with (
            Channels(ProcessBroker(machine)) as one,
            Channels(ProcessBroker(machine)) as two,
        ):
            ann = await enter(two, "ann")
            broker_of(two).down = True
            await clock.advance(29.9)
            assert await one.users("news") == ["ann"]
            await clock.advance(0.1)
            assert await one.users("news") == []
            broker_of(two).down = False
            await leave(ann)


async def test_to_stop_ends_the_renewal_and_forgets_who_was_here() -> None:
    async with assert_no_leaks():
        channels = Channels()
        await channels.start()
        ann = await enter(channels, "ann")
        await channels.stop()
        assert asyncio.all_tasks() == {asyncio.current_task()}
        assert channels.roster._own == {}
        assert channels.roster._rooms == {}
        await leave(ann)
        await channels.start()
        ann = await enter(channels, "ann")
        assert told(ann) == ["+ann"]
        await leave(ann)
        await channels.stop()


async def test_functions_are_told_as_well(channels: Channels) -> None:
    got: list[object] = []
    async with channels.subscribe("news", got.append, presence=True, user="ann"):
        await channels.publish("news", "a")
        await turns()
    joined, message = got
    assert joined == Joined("news", None, "ann")
    assert isinstance(message, Message)


async def test_one_whom_the_renewal_was_faster_to_hold_is_told_of_once(
    gated: GatedPair,
) -> None:
    one, broker, two = gated
    with testing.clock() as clock:
        watcher = await enter(two, None)
        first = await enter(one, None)  # from when on it is renewed
        gate = broker.gates["hold"] = asyncio.Event()
        entering = asyncio.create_task(enter(one, "ann"))
        await clock.advance(0)
        del broker.gates["hold"]
        await clock.advance(10)
        gate.set()
        ann = await entering
        assert told(watcher) == ["+ann"]
        await leave(ann, first, watcher)


async def test_a_process_that_stops_takes_leave_of_the_others() -> None:
    machine = Machine()
    async with Channels(ProcessBroker(machine)) as here:
        there = Channels(ProcessBroker(machine))
        await there.start()
        watching = await enter(here, None)
        leaving = await enter(there, "ann")
        await turns()
        assert told(watching) == ["+ann"]
        await there.stop()
        assert told(watching) == ["-ann"]
        await leave(leaving, watching)


async def test_to_take_leave_of_a_broker_that_hangs_takes_no_longer_than_2_seconds() -> (
    None
):
    class Hanging(ProcessBroker):
        async def release(self, channel: str, key: str) -> bool:
            await asyncio.Event().wait()
            raise AssertionError

    with testing.clock() as time:
        channels = Channels(Hanging(Machine()))
        await channels.start()
        await enter(channels, "ann")
        stopping = asyncio.create_task(channels.stop())
        await time.advance(1.9)
        assert not stopping.done()
        await time.advance(0.2)
        assert stopping.done()
