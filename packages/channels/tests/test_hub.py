"""The hub of a process: one subscription for many, and what becomes of what is missing."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from itertools import pairwise
from typing import Any

import pytest

from falconws import testing
from falconws.channels import (
    BrokerUnavailable,
    Gap,
    History,
    Kind,
    Message,
    Position,
    Status,
    _hub,
)
from falconws.channels._hub import Hub

from .faulty import FaultyBroker


class Ear:
    """A subscriber that keeps what it gets: offsets of messages, and gaps."""

    def __init__(self) -> None:
        self.heard: list[Any] = []

    def offer(self, message: Message) -> None:
        self.heard.append(message.position.offset)

    def notice(self, gap: Gap) -> None:
        self.heard.append(gap)


class Network(FaultyBroker):
    """Counts what it is asked, and fails as it is told.

    Attributes:
        calls: The names of the commands of channels, in order.
        times: When they came.
        faults: What the next commands raise.
        held: What every command waits for.
        answers: What the answer for a history waits for, when there is one.
    """

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.calls: list[str] = []
        self.times: list[float] = []
        self.faults: dict[str, list[Exception]] = {}
        self.held = asyncio.Event()
        self.held.set()
        self.answers = asyncio.Event()
        self.answers.set()

    async def _call(self, name: str) -> None:
        self.calls.append(name)
        self.times.append(asyncio.get_running_loop().time())
        await self.held.wait()
        if faults := self.faults.get(name):
            raise faults.pop(0)

    async def subscribe(self, channel: str) -> Position:
        await self._call("subscribe")
        return await super().subscribe(channel)

    async def unsubscribe(self, channel: str) -> None:
        await self._call("unsubscribe")
        await super().unsubscribe(channel)

    async def history(self, channel: str, after: Position) -> History:
        await self._call("history")
        history = await super().history(channel, after)
        await self.answers.wait()
        return history

    async def say(self, count: int = 1, *, arrives: bool = True) -> Position:
        for _ in range(count):
            position = await self.publish("news", Kind.TEXT, b"", None)
        if arrives:
            self.arrive()
        return position


class Told:
    """The sink of a broker, which a hub is behind."""

    def __init__(self, hub: Hub) -> None:
        self.hub = hub

    def received(self, message: Message) -> None:
        self.hub.received(message)

    def signalled(self, topic: str, payload: bytes) -> None: ...

    def changed(self, status: Status) -> None:
        if status is Status.CONNECTED:
            self.hub.check()


@pytest.fixture
async def broker() -> Network:
    return Network(history=5)


@pytest.fixture
async def hub(broker: Network) -> AsyncIterator[Hub]:
    async with testing.assert_no_leaks():
        hub = Hub(broker)
        await broker.start(Told(hub))
        yield hub
        await hub.stop()
        await broker.stop()


async def turns(count: int = 10) -> None:
    for _ in range(count):
        await asyncio.sleep(0)


async def test_a_channel_is_subscribed_to_once_for_all(
    hub: Hub, broker: Network
) -> None:
    ears = [Ear(), Ear(), Ear()]
    places = await asyncio.gather(*(hub.join("news", ear) for ear in ears))
    places.append(await hub.join("news", late := Ear()))
    assert len(set(places)) == 1
    assert hub.channels == {"news": 4}
    assert (hub.count("news"), hub.count("sport")) == (4, 0)
    await broker.say(2)
    assert [ear.heard for ear in [*ears, late]] == [[1, 2]] * 4
    assert (hub.delivered, hub.duplicates, hub.gaps) == (8, 0, 0)
    for ear in [*ears, late]:
        assert "news" in broker.active
        hub.leave("news", ear)
        hub.leave("news", ear)
    assert hub.channels == {}
    await turns()
    assert broker.calls == ["subscribe", "unsubscribe"]
    assert broker.active == set()


async def test_who_is_not_there_can_leave(hub: Hub) -> None:
    hub.leave("news", Ear())
    await hub.join("news", Ear())
    hub.leave("news", Ear())
    assert hub.channels == {"news": 1}


async def test_a_message_of_a_channel_that_nobody_wants_is_no_matter(hub: Hub) -> None:
    hub.received(Message("news", Position("e", 1), Kind.TEXT, b""))
    assert hub.channels == {}


async def test_what_comes_twice_is_handed_on_once(hub: Hub, broker: Network) -> None:
    await hub.join("news", ear := Ear())
    await broker.say(2)
    await broker.say(arrives=False)
    broker.repeat()
    broker.arrive()
    assert ear.heard == [1, 2, 3]
    assert (hub.delivered, hub.duplicates) == (3, 1)


async def test_what_was_lost_is_asked_for_and_comes_in_its_place(
    hub: Hub, broker: Network
) -> None:
    await hub.join("news", ear := Ear())
    await broker.say(arrives=False)
    broker.lose()
    await broker.say(2)
    assert ear.heard == []
    await turns()
    assert ear.heard == [1, 2, 3]
    assert broker.calls == ["subscribe", "history"]
    assert hub.gaps == 0


async def test_what_the_history_has_no_more_is_a_gap(hub: Hub, broker: Network) -> None:
    await hub.join("news", ear := Ear())
    place = await broker.say(7, arrives=False)
    broker.wire.clear()
    await broker.say()
    await turns()
    assert ear.heard == [Gap("news", place._replace(offset=3), 3), 4, 5, 6, 7, 8]
    assert hub.gaps == 1


async def test_a_broker_that_has_lost_everything_begins_anew_behind_a_gap(
    hub: Hub, broker: Network
) -> None:
    await hub.join("news", ear := Ear())
    await broker.say(3)
    broker.cut()
    broker.forget()
    place = await broker.memory.publish("news", Kind.TEXT, b"", None)
    broker.mend()
    await turns()
    assert ear.heard == [1, 2, 3, Gap("news", place._replace(offset=0), None), 1]
    await broker.say()
    assert ear.heard[-1] == 2


async def test_a_broker_that_has_lost_its_last_messages_tells_of_no_number(
    hub: Hub, broker: Network
) -> None:
    await hub.join("news", ear := Ear())
    place = await broker.say(3)
    broker.cut()
    broker.rewind("news", 2)
    broker.mend()
    await turns()
    assert ear.heard == [1, 2, 3, Gap("news", place._replace(offset=1), None)]
    await broker.say()
    assert ear.heard[-1] == 2


async def test_nothing_is_said_where_nothing_was_missed(
    hub: Hub, broker: Network
) -> None:
    await hub.join("news", ear := Ear())
    await broker.say()
    broker.cut()
    broker.mend()
    await turns()
    await broker.say()
    assert ear.heard == [1, 2]
    assert broker.calls == ["subscribe", "history"]


async def test_one_who_comes_while_the_history_is_asked_gets_what_is_behind_its_place(
    hub: Hub, broker: Network
) -> None:
    await hub.join("news", first := Ear())
    broker.held.clear()
    await broker.say(arrives=False)
    broker.lose()
    await broker.say()
    place = await hub.join("news", second := Ear())
    assert place.offset == 0
    broker.held.set()
    await turns()
    assert first.heard == second.heard == [1, 2]


async def test_a_second_loss_while_the_history_is_asked_is_asked_for_as_well(
    hub: Hub, broker: Network
) -> None:
    await hub.join("news", ear := Ear())
    broker.answers.clear()
    await broker.say(arrives=False)
    broker.lose()
    await broker.say()
    await turns()
    await broker.say(arrives=False)
    broker.lose()
    await broker.say(2)
    assert ear.heard == []
    broker.answers.set()
    await turns()
    assert ear.heard == [1, 2, 3, 4, 5]
    assert broker.calls == ["subscribe", "history", "history"]
    assert hub._locals["news"].pending == []


async def test_a_connection_that_is_lost_again_has_the_history_asked_again(
    hub: Hub, broker: Network
) -> None:
    """What was asked first may have been answered before what was lost then."""
    await hub.join("news", ear := Ear())
    broker.cut()
    broker.answers.clear()
    broker.mend()
    await turns()
    await broker.say(arrives=False)
    broker.lose()
    hub.check()
    broker.answers.set()
    await turns()
    assert ear.heard == [1]
    assert broker.calls == ["subscribe", "history", "history"]


async def test_the_history_is_asked_again_ever_more_seldom_while_the_broker_is_away(
    hub: Hub, broker: Network, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    with testing.clock() as clock:
        await hub.join("news", ear := Ear())
        await broker.say(arrives=False)
        broker.lose()
        broker.faults["history"] = [BrokerUnavailable("It is down.") for _ in range(9)]
        await broker.say()
        await turns()
        await clock.advance(60)
        assert ear.heard == [1, 2]
    times = broker.times[1:]  # without that of subscribe
    waits = [after - before for before, after in pairwise(times)]
    most = [0.1, 0.2, 0.4, 0.8, 1.6, 3.2, 5.0, 5.0, 5.0]
    pairs = zip(waits, most, strict=True)
    assert all(m / 2 <= w + 1e-6 <= m + 2e-6 for w, m in pairs), waits
    assert len(set(waits)) > 3
    assert len(caplog.messages) == 9
    assert caplog.messages[0] == "Channel 'news': its history has to wait: It is down."
    assert {record.levelname for record in caplog.records} == {"INFO"}


async def test_a_channel_goes_on_after_an_error_that_no_broker_should_raise(
    hub: Hub, broker: Network, caplog: pytest.LogCaptureFixture
) -> None:
    with testing.clock() as clock:
        await hub.join("news", ear := Ear())
        await broker.say(arrives=False)
        broker.lose()
        broker.faults["history"] = [LookupError("a fault")]
        await broker.say()
        await turns()
        await clock.advance(1)
        assert ear.heard == [1, 2]
    (record,) = caplog.records
    assert record.levelname == "ERROR"
    assert record.exc_info is not None
    assert isinstance(record.exc_info[1], LookupError)


async def test_only_so_much_waits_and_what_is_more_is_asked_for(
    hub: Hub, broker: Network, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_hub, "_MAX_PENDING", 3)
    await hub.join("news", ear := Ear())
    broker.held.clear()
    await broker.say(arrives=False)
    broker.lose()
    await broker.say()
    await turns()
    await broker.say(3)
    assert len(hub._locals["news"].pending) == 3
    broker.held.set()
    await turns()
    assert ear.heard == [1, 2, 3, 4, 5]
    await broker.say()
    assert ear.heard[-1] == 6


async def test_what_did_not_find_room_while_the_history_was_asked_comes_in_the_end(
    hub: Hub, broker: Network, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_hub, "_MAX_PENDING", 2)
    await hub.join("news", ear := Ear())
    broker.answers.clear()
    await broker.say(arrives=False)
    broker.lose()
    await broker.say()
    await turns()
    await broker.say(3)
    broker.answers.set()
    await turns()
    assert ear.heard == [1, 2, 3, 4, 5]
    assert broker.calls == ["subscribe", "history", "history"]


async def test_what_a_history_has_of_another_epoch_is_not_handed_on(
    hub: Hub, broker: Network, monkeypatch: pytest.MonkeyPatch
) -> None:
    await hub.join("news", ear := Ear())
    place = await broker.say(2)
    new = Message("news", Position("new", 1), Kind.TEXT, b"")
    old = Message("news", place._replace(offset=3), Kind.TEXT, b"")

    async def history(channel: str, after: Position) -> History:
        return History([old, new], new.position, False)

    monkeypatch.setattr(broker, "history", history)
    hub.check()
    await turns()
    assert ear.heard == [1, 2, Gap("news", Position("new", 0), None), 1]
    assert hub._locals["news"].position == new.position


async def test_a_broker_that_does_not_subscribe_says_so_to_all_who_wait(
    hub: Hub, broker: Network, caplog: pytest.LogCaptureFixture
) -> None:
    broker.faults["subscribe"] = [BrokerUnavailable("It is down.")]
    waiting = [hub.join("news", Ear()) for _ in range(2)]
    results = await asyncio.gather(*waiting, return_exceptions=True)
    assert [repr(each) for each in results] == ["BrokerUnavailable('It is down.')"] * 2
    assert hub.channels == {}
    assert caplog.records == []
    assert (await hub.join("news", Ear())).offset == 0
    await turns()
    assert "news" in broker.active


async def test_an_error_that_no_broker_should_raise_is_raised_and_logged(
    hub: Hub, broker: Network, caplog: pytest.LogCaptureFixture
) -> None:
    broker.faults["subscribe"] = [LookupError("a fault")]
    with pytest.raises(LookupError, match="a fault"):
        await hub.join("news", Ear())
    assert caplog.messages == ["Error in a channel"]
    broker.faults["unsubscribe"] = [LookupError("another")]
    await hub.join("news", ear := Ear())
    hub.leave("news", ear)
    await turns()
    assert caplog.messages == ["Error in a channel"] * 2
    assert hub._closing == {}


async def test_one_who_does_not_wait_any_more_does_not_take_it_from_the_others(
    hub: Hub, broker: Network
) -> None:
    broker.held.clear()
    impatient = asyncio.create_task(hub.join("news", Ear()))
    patient = asyncio.create_task(hub.join("news", ear := Ear()))
    await turns()
    impatient.cancel()
    await turns()
    broker.held.set()
    await patient
    assert hub.channels == {"news": 1}
    await broker.say()
    assert ear.heard == [1]
    assert broker.calls == ["subscribe"]


async def test_the_last_who_does_not_wait_any_more_lets_go_of_the_channel(
    hub: Hub, broker: Network
) -> None:
    broker.held.clear()
    joining = asyncio.create_task(hub.join("news", Ear()))
    await turns()
    joining.cancel()
    await asyncio.wait([joining])
    assert joining.cancelled()
    assert hub.channels == {}
    broker.held.set()
    await turns()
    assert broker.active == set()
    assert hub._closing == {}


async def test_to_come_back_waits_until_the_channel_was_let_go_of(
    hub: Hub, broker: Network
) -> None:
    await hub.join("news", first := Ear())
    broker.held.clear()
    hub.leave("news", first)
    joining = asyncio.create_task(hub.join("news", ear := Ear()))
    await turns()
    assert broker.calls == ["subscribe", "unsubscribe"]
    broker.held.set()
    await joining
    await broker.say()
    assert ear.heard == [1]
    assert broker.calls == ["subscribe", "unsubscribe", "subscribe"]


async def test_to_leave_again_and_again_is_done_one_after_the_other(
    hub: Hub, broker: Network
) -> None:
    await hub.join("news", first := Ear())
    broker.held.clear()
    hub.leave("news", first)
    for _ in range(3):
        joining = asyncio.create_task(hub.join("news", Ear()))
        await turns()
        joining.cancel()
        await turns()
    assert broker.calls == ["subscribe", "unsubscribe"]
    broker.held.set()
    await turns(30)
    assert broker.calls == ["subscribe"] + ["unsubscribe"] * 4
    assert hub._closing == {}


async def test_to_leave_ends_the_question_for_the_history(
    hub: Hub, broker: Network
) -> None:
    await hub.join("news", ear := Ear())
    broker.held.clear()
    broker.cut()
    broker.mend()
    await turns()
    hub.leave("news", ear)
    broker.held.set()
    await turns()
    assert ear.heard == []
    assert hub._tasks == set()


async def test_what_comes_before_the_place_is_known_waits_for_it(
    hub: Hub, broker: Network
) -> None:
    broker.held.clear()
    joining = asyncio.create_task(hub.join("news", ear := Ear()))
    await turns()
    place = await broker.memory.position("news")
    hub.check()  # There is nothing to be asked for yet.
    hub.received(Message("news", place._replace(offset=1), Kind.TEXT, b""))
    await broker.say()
    broker.held.set()
    # What the place comes after was not missed.
    assert (await joining).offset == 1
    assert ear.heard == []
    assert hub.duplicates == 1
    assert broker.calls == ["subscribe"]


async def test_a_stopped_hub_says_so_to_those_who_wait(
    hub: Hub, broker: Network
) -> None:
    broker.held.clear()
    joining = asyncio.create_task(hub.join("news", Ear()))
    await turns()
    await hub.stop()
    with pytest.raises(BrokerUnavailable, match="has stopped"):
        await joining
    assert hub.channels == {}


async def test_a_stopped_hub_can_be_used_again(hub: Hub, broker: Network) -> None:
    await hub.join("news", first := Ear())
    hub.leave("news", first)  # and is stopped before that has begun
    await hub.stop()
    assert hub._closing == {}
    hub.leave("news", first)
    await hub.join("news", second := Ear())
    await broker.say()
    assert (first.heard, second.heard) == ([], [1])


async def test_one_who_leaves_as_a_message_comes_keeps_none_from_it(
    hub: Hub, broker: Network
) -> None:
    class Leaver(Ear):
        def offer(self, message: Message) -> None:
            super().offer(message)
            hub.leave("news", self)

    leavers = [Leaver(), Leaver()]
    await hub.join("news", leavers[0])
    await hub.join("news", ear := Ear())
    await hub.join("news", leavers[1])
    await broker.say(2)
    assert [leaver.heard for leaver in leavers] == [[1], [1]]
    assert ear.heard == [1, 2]


async def test_one_who_leaves_at_a_gap_keeps_none_from_it(
    hub: Hub, broker: Network
) -> None:
    class Leaver(Ear):
        def notice(self, gap: Gap) -> None:
            super().notice(gap)
            hub.leave("news", self)

    await hub.join("news", leaver := Leaver())
    await hub.join("news", ear := Ear())
    broker.cut()
    broker.forget()
    broker.mend()
    await turns()
    assert (len(leaver.heard), len(ear.heard)) == (1, 1)
