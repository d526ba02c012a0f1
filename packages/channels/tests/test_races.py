"""Whatever happens in whatever order, nobody misses a message without being told."""

from __future__ import annotations

import asyncio
import itertools
import os
from collections.abc import Callable, Coroutine
from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    consumes,
    initialize,
    rule,
    run_state_machine_as_test,
)

from falconws.channels import (
    BrokerUnavailable,
    Channels,
    Gap,
    Item,
    Message,
    Outbox,
    Position,
    Recovered,
    Status,
    _hub,
)

from .faulty import FaultyBroker

CHANNELS = st.sampled_from(["news", "sport"])
HISTORY = 6


class Reader:
    """A subscriber, and whether what it gets is as promised.

    Attributes:
        last: The place of what it got last, by channel.
        ids: The ids of what it got.
    """

    def __init__(
        self, channels: Channels, channel: str, after: str | None, **options: Any
    ) -> None:
        self.channel = channel
        self.after = after
        self.last: Position | None = None
        self.told = False
        self.ids: list[str] = []
        self.is_written_to = options.pop("written", False)
        to = self.take if self.is_written_to else None
        self.subscription = channels.subscribe(channel, to, after=after, **options)
        self.entering: asyncio.Task[Any] | None = None

    async def enter(self) -> None:
        await self.subscription.__aenter__()

    def take(self, item: Item) -> None:
        assert item.channel == self.channel
        if self.last is None:
            begun = self.subscription.begun[self.channel]
            self.last = begun if self.after is None else Position.parse(self.after)
        if self.after is not None and not self.told:
            self.told = True
            assert isinstance(item, Gap | Recovered)
        if isinstance(item, Gap):
            assert item.position is not None
            if item.dropped is not None:
                assert self.last is not None
                assert item.position.epoch == self.last.epoch
                assert item.dropped == item.position.offset - self.last.offset
            self.last = item.position
        elif isinstance(item, Message):
            assert self.last is not None
            assert item.position == (self.last.epoch, self.last.offset + 1)
            self.last = item.position
            self.ids.append(item.id)

    def take_all(self) -> None:
        if not self.is_written_to:
            while (item := self.subscription.pop()) is not None:
                self.take(item)


class Races(RuleBasedStateMachine):
    readers = Bundle("readers")

    @initialize(
        history=st.sampled_from([HISTORY, 0]),
        delays=st.lists(st.integers(0, 2), min_size=1, max_size=7),
    )
    def begin(self, history: int, delays: list[int]) -> None:
        self.loop = asyncio.new_event_loop()
        turns = itertools.cycle(delays)
        self.broker = FaultyBroker(delay=lambda: next(turns), history=history)
        self.statuses: list[Status] = []
        self.channels = Channels(self.broker, on_status=self.statuses.append)
        self.entered: list[Reader] = []
        self.run(self.channels.start())

    def run(self, work: Coroutine[Any, Any, Any]) -> Any:
        return self.loop.run_until_complete(work)

    def call(self, function: Callable[..., object], *args: object) -> None:
        """Call something on the loop, as a broker does."""

        async def called() -> None:
            function(*args)

        self.run(called())

    def turn(self, count: int) -> None:
        async def turns() -> None:
            for _ in range(count):
                await asyncio.sleep(0)

        self.run(turns())

    @rule(channel=CHANNELS, count=st.integers(1, 9))
    def publish(self, channel: str, count: int) -> None:
        async def several() -> None:
            for number in range(count):
                try:
                    await self.channels.publish(channel, f"{number}")
                except BrokerUnavailable:
                    assert self.broker.down

        self.run(several())

    @rule(
        target=readers,
        channel=CHANNELS,
        size=st.integers(1, 20),
        policy=st.sampled_from(["drop_oldest", "drop_newest", "disconnect"]),
        written=st.booleans(),
        turns=st.integers(0, 6),
    )
    def subscribe(
        self, channel: str, size: int, policy: Any, written: bool, turns: int
    ) -> Reader:
        return self._enter(
            channel, None, turns, written=written, outbox=Outbox(size, policy=policy)
        )

    @rule(
        target=readers,
        before=readers,
        which=st.integers(0, 30),
        turns=st.integers(0, 6),
    )
    def resume(self, before: Reader, which: int, turns: int) -> Reader:
        before.take_all()
        after = before.ids[-1 - which % len(before.ids)] if before.ids else "nonsense"
        return self._enter(before.channel, after, turns)

    def _enter(
        self, channel: str, after: str | None, turns: int, **options: Any
    ) -> Reader:
        reader = Reader(self.channels, channel, after, **options)
        reader.entering = self.loop.create_task(reader.enter())
        self.entered.append(reader)
        self.turn(turns)
        return reader

    @rule(reader=readers)
    def read(self, reader: Reader) -> None:
        reader.take_all()

    @rule(reader=consumes(readers))
    def leave(self, reader: Reader) -> None:
        self._leave(reader)

    def _leave(self, reader: Reader) -> None:
        """Leave, or be cancelled while entering."""
        entering = reader.entering
        assert entering is not None
        self.entered.remove(reader)
        if not entering.done():
            entering.cancel()
            self.run(asyncio.wait([entering]))
        elif entering.exception() is None:
            self.run(reader.subscription.__aexit__())
            reader.take_all()

    @rule(count=st.integers(0, 5))
    def arrive(self, count: int) -> None:
        self.call(self.broker.arrive, count)

    @rule(turns=st.integers(1, 10))
    def wait(self, turns: int) -> None:
        self.turn(turns)

    @rule()
    def lose(self) -> None:
        self.broker.lose()

    @rule()
    def repeat(self) -> None:
        self.broker.repeat()

    @rule()
    def cut(self) -> None:
        self.call(self.broker.cut)

    @rule()
    def mend(self) -> None:
        self.call(self.broker.mend)

    @rule()
    def forget(self) -> None:
        # As a broker does that comes back without its data.
        self.call(self.broker.cut)
        self.broker.forget()
        self.call(self.broker.mend)

    @rule(channel=CHANNELS, count=st.integers(1, 3))
    def rewind(self, channel: str, count: int) -> None:
        # As when a replica takes over that did not have everything.
        self.call(self.broker.cut)
        self.broker.rewind(channel, count)
        self.call(self.broker.mend)
        self.turn(
            30
        )  # Before others have the same offsets; that could not be told apart.

    def teardown(self) -> None:
        if hasattr(self, "loop"):
            try:
                self._end()
            finally:
                for task in (tasks := asyncio.all_tasks(self.loop)):
                    task.cancel()
                if tasks:  # It has failed.
                    self.run(asyncio.wait(tasks))
                self.loop.close()

    def _end(self) -> None:
        self.call(self.broker.mend)
        self.turn(30)
        self.call(self.broker.arrive)
        for channel in ("news", "sport"):  # after which anything missing is noticed
            self.publish(channel, 1)
        self.call(self.broker.arrive)
        self.turn(60)
        for reader in self.entered.copy():
            assert reader.entering is not None
            assert reader.entering.done()
            if reader.entering.exception() is None and not reader.subscription.over:
                reader.take_all()
                end = self.run(self.broker.position(reader.channel))
                assert reader.last == end, (reader.last, end)
            self._leave(reader)
        self.turn(10)
        assert self.channels.hub.channels == {}
        assert self.channels.open_resources() == []
        assert self.broker.active == set()
        assert not self.channels.hub._closing
        self.run(self.channels.stop())
        assert asyncio.all_tasks(self.loop) == set()


def test_every_subscriber_sees_every_message_once_in_order_or_a_gap(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(_hub, "_RETRY", (0.0, 0.0))
    examples = 200 if os.environ.get("CI") else 50
    run_state_machine_as_test(
        Races,
        settings=settings(max_examples=examples, stateful_step_count=40, deadline=None),
    )
