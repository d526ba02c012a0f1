"""`BrokerContract`: the tests that a broker has to pass.

For a broker of your own, with pytest and pytest-asyncio in its auto mode::

    from falconws.channels.contract import BrokerContract


    class TestMyBroker(BrokerContract):
        async def make_broker(self, **options):
            return MyBroker("mine://localhost", **options)

So that a failure shows the values, say
``pytest.register_assert_rewrite("falconws.channels.contract")`` in your conftest.py.
"""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

import pytest

from .broker import Broker, Status
from .errors import ChannelsError
from .message import Kind, Message
from .position import Position

__all__ = ("BrokerContract", "Recorder")

# Real seconds that anything may take which is not a matter of time.
_PATIENCE = 20.0

_ODD_NAMES = [
    "",
    " ",
    "a b\r\nc",
    "a:b",
    "{a}b",
    "}a{",
    "*",
    "[ab]?",
    "\\*",
    "kanäle ✓",
    "\0",
    "\ud800",
    "x" * 1000,
]

_PAYLOADS = [
    (Kind.TEXT, b"hello", None),
    (Kind.TEXT, "grüße ✓".encode(), "greeting"),
    (Kind.BINARY, bytes(range(256)), ""),
    (Kind.BINARY, b"", "two\nlines"),
    (Kind.JSON, b'{"a": [1, null]}', "ereignis ✓"),
    (Kind.BINARY, b":" * 1_000_000, None),
]


class Recorder:
    """A sink that keeps what it is told.

    Attributes:
        messages: In the order in which they came.
        signals: Topics and payloads, likewise.
        statuses: Likewise.
    """

    def __init__(self) -> None:
        self.messages: list[Message] = []
        self.signals: list[tuple[str, bytes]] = []
        self.statuses: list[Status] = []
        self._news = asyncio.Event()

    def received(self, message: Message) -> None:
        self.messages.append(message)
        self._news.set()

    def signalled(self, topic: str, payload: bytes) -> None:
        self.signals.append((topic, payload))
        self._news.set()

    def changed(self, status: Status) -> None:
        self.statuses.append(status)
        self._news.set()

    async def until(self, condition: Callable[[], bool]) -> None:
        """Wait until something is so, which is looked at when something comes.

        Raises:
            TimeoutError: It is not so after 20 seconds.
        """
        async with asyncio.timeout(_PATIENCE):
            while not condition():
                self._news.clear()
                await self._news.wait()

    def offsets(self, channel: str) -> list[int]:
        """Give the offsets of a channel's messages, as they came, without those twice in a row."""
        found = [m.position.offset for m in self.messages if m.channel == channel]
        return [n for n, before in zip(found, [0, *found], strict=False) if n != before]

    async def until_connected(self) -> None:
        """Wait until the broker is connected, or has been."""
        await self.until(lambda: Status.CONNECTED in self.statuses)

    async def until_signals(self, count: int) -> None:
        """Wait until so many signals have come, in all."""
        await self.until(lambda: len(self.signals) >= count)

    async def until_offset(self, channel: str, offset: int) -> None:
        """Wait until a channel's message has come."""
        await self.until(lambda: offset in self.offsets(channel))


class BrokerContract:
    """The tests of a broker: subclass it, and say how one is made.

    Attributes:
        shares: Whether two brokers that one test makes talk to each other. False for one that
            serves one process.
        lease: Seconds after which a lease has ended, where one is to end.
        ttl: Seconds after which messages are forgotten, where they are to be. A test publishes
            something, and asks for it, in that time.
    """

    shares = True
    lease = 0.1
    ttl = 2.0

    async def make_broker(self, **options: Any) -> Broker:
        """Make a broker that is not started.

        Args:
            options: ``history``, how many messages it remembers, at least 100 if it is not
                given; and ``ttl``, for how many seconds, at least 60.
        """
        raise NotImplementedError(
            f"{type(self).__name__} has to say how its broker is made: "
            "async def make_broker(self, **options)."
        )

    async def pass_time(self, seconds: float) -> None:
        """Let so much time pass, at least, for the broker; by default the test sleeps."""
        await asyncio.sleep(seconds)

    # What tests are made of.

    @asynccontextmanager
    async def running(self, **options: Any) -> AsyncIterator[tuple[Broker, Recorder]]:
        """Run a broker, connected."""
        broker = await self.make_broker(**options)
        recorder = Recorder()
        await broker.start(recorder)
        try:
            await recorder.until_connected()
            yield broker, recorder
        finally:
            await broker.stop()

    @asynccontextmanager
    async def two(self) -> AsyncIterator[list[tuple[Broker, Recorder]]]:
        """Run two brokers that talk to each other; or one, as both, if it does not share."""
        async with AsyncExitStack() as stack:
            first = await stack.enter_async_context(self.running())
            second = first
            if self.shares:
                second = await stack.enter_async_context(self.running())
            yield [first, second]

    def name(self) -> str:
        """Give a name that no other test has."""
        return f"test-{secrets.token_hex(8)}"

    async def say(self, broker: Broker, channel: str, text: str = "x") -> Position:
        """Publish a string."""
        return await broker.publish(channel, Kind.TEXT, text.encode(), None)

    async def all_has_come(self, broker: Broker, recorder: Recorder) -> None:
        """Wait until what was published before this has come, if it comes at all."""
        channel = self.name()
        await broker.subscribe(channel)
        end = await self.say(broker, channel)
        await recorder.until_offset(channel, end.offset)
        await broker.unsubscribe(channel)

    # Messages.

    async def test_offsets_begin_at_1_and_have_no_hole(self) -> None:
        async with self.running() as (broker, _):
            channel = self.name()
            places = [await self.say(broker, channel) for _ in range(5)]
            assert [place.offset for place in places] == [1, 2, 3, 4, 5]
            assert len({place.epoch for place in places}) == 1
            assert await broker.position(channel) == places[-1]

    async def test_a_place_is_an_id_that_can_be_read(self) -> None:
        async with self.running() as (broker, _):
            place = await self.say(broker, self.name())
            assert Position.parse(str(place)) == place

    async def test_a_channel_has_a_place_before_its_first_message(self) -> None:
        async with self.running() as (broker, _):
            channel = self.name()
            before = await broker.position(channel)
            assert before.offset == 0
            assert await broker.position(channel) == before
            assert await broker.subscribe(channel) == before
            assert await self.say(broker, channel) == Position(before.epoch, 1)

    async def test_publishers_at_once_leave_no_hole_and_all_is_handed_on_in_order(
        self,
    ) -> None:
        channel = self.name()
        async with self.two() as both:
            for broker, _ in both:
                await broker.subscribe(channel)

            async def publish(broker: Broker) -> list[int]:
                return [(await self.say(broker, channel)).offset for _ in range(10)]

            parts = await asyncio.gather(
                *(publish(broker) for broker, _ in both for _ in range(10))
            )
            assert all(part == sorted(part) for part in parts)
            every = list(range(1, 201))
            assert sorted(offset for part in parts for offset in part) == every
            for _, recorder in both:
                await recorder.until_offset(channel, 200)
                assert recorder.offsets(channel) == every

    @pytest.mark.parametrize(("kind", "encoded", "event_type"), _PAYLOADS)
    async def test_a_message_arrives_as_it_was_published(
        self, kind: Kind, encoded: bytes, event_type: str | None
    ) -> None:
        channel = self.name()
        async with self.two() as both:
            (broker, _), (other, recorder) = both
            await other.subscribe(channel)
            place = await broker.publish(channel, kind, encoded, event_type)
            await recorder.until_offset(channel, 1)
            history = await other.history(channel, Position(place.epoch, 0))
            for message in recorder.messages[0], history.messages[0]:
                assert message.channel == channel
                assert message.position == place
                assert message.kind is kind
                assert message.encoded == encoded
                assert message.event_type == event_type

    async def test_the_publisher_hears_what_it_publishes(self) -> None:
        async with self.running() as (broker, recorder):
            channel = self.name()
            await broker.subscribe(channel)
            await self.say(broker, channel)
            await recorder.until_offset(channel, 1)

    async def test_channels_have_nothing_to_do_with_each_other(self) -> None:
        one, other = self.name(), self.name()
        async with self.running() as (broker, recorder):
            await broker.subscribe(one)
            await self.say(broker, other, "other")
            assert (await self.say(broker, one, "one")).offset == 1
            await self.all_has_come(broker, recorder)
            heard = {message.channel for message in recorder.messages}
            assert one in heard
            assert other not in heard

    @pytest.mark.parametrize("odd", _ODD_NAMES)
    async def test_names_may_be_any_string(self, odd: str) -> None:
        async with self.running() as (broker, recorder):
            await broker.subscribe(odd)
            place = await self.say(broker, odd)
            await recorder.until_offset(odd, place.offset)
            before = Position(place.epoch, place.offset - 1)
            history = await broker.history(odd, before)
            assert [message.channel for message in history.messages] == [odd]
            await broker.listen(odd)
            await broker.signal(odd, b"signal")
            await recorder.until_signals(1)
            assert recorder.signals == [(odd, b"signal")]
            await broker.hold(odd, odd, b"value", 60)
            assert await broker.holders(odd) == {odd: b"value"}
            assert await broker.release(odd, odd)
            assert {message.channel for message in recorder.messages} == {odd}

    # Subscribing.

    async def test_what_is_behind_the_place_of_a_subscription_is_handed_on(
        self,
    ) -> None:
        async with self.running() as (broker, recorder):
            channel = self.name()
            await self.say(broker, channel)
            last = await self.say(broker, channel)
            assert await broker.subscribe(channel) == last
            await self.say(broker, channel)
            await self.say(broker, channel)
            await recorder.until_offset(channel, 4)
            assert [n for n in recorder.offsets(channel) if n > 2] == [3, 4]

    async def test_one_that_subscribes_while_others_publish_misses_nothing(
        self,
    ) -> None:
        channel = self.name()
        async with self.two() as both:
            (broker, _), (other, recorder) = both

            async def publish() -> None:
                for _ in range(100):
                    await self.say(broker, channel)

            publishing = asyncio.create_task(publish())
            await self.say(broker, self.name())
            place = await other.subscribe(channel)
            await publishing
            assert (await self.say(broker, channel)).offset == 101
            await recorder.until_offset(channel, 101)
            heard = [n for n in recorder.offsets(channel) if n > place.offset]
            assert heard == list(range(place.offset + 1, 102))

    async def test_who_is_subscribed_twice_is_subscribed_once(self) -> None:
        async with self.running() as (broker, recorder):
            channel = self.name()
            await broker.subscribe(channel)
            await broker.subscribe(channel)
            await broker.unsubscribe(channel)
            await self.say(broker, channel)
            await self.all_has_come(broker, recorder)
            assert recorder.offsets(channel) == []

    async def test_nothing_comes_after_unsubscribing(self) -> None:
        async with self.running() as (broker, recorder):
            channel = self.name()
            await broker.subscribe(channel)
            await self.say(broker, channel)
            await recorder.until_offset(channel, 1)
            await broker.unsubscribe(channel)
            await self.say(broker, channel)
            await self.all_has_come(broker, recorder)
            assert recorder.offsets(channel) == [1]

    async def test_what_nobody_subscribed_to_can_be_unsubscribed(self) -> None:
        async with self.running() as (broker, _):
            await broker.unsubscribe(self.name())
            await broker.unlisten(self.name())

    async def test_one_that_subscribes_again_goes_on(self) -> None:
        async with self.running() as (broker, recorder):
            channel = self.name()
            before = await broker.subscribe(channel)
            await broker.unsubscribe(channel)
            missed = await self.say(broker, channel)
            assert missed == Position(before.epoch, 1)
            assert await broker.subscribe(channel) == missed
            await self.say(broker, channel)
            await recorder.until_offset(channel, 2)

    async def test_subscribing_and_unsubscribing_at_once_end_as_the_last_of_them(
        self,
    ) -> None:
        async with self.running() as (broker, recorder):
            channel, other = self.name(), self.name()
            for _ in range(10):
                # Neither waits for the other.
                await asyncio.gather(
                    broker.subscribe(channel),
                    broker.unsubscribe(channel),
                    broker.subscribe(other),
                    broker.subscribe(channel),
                    broker.unsubscribe(other),
                )
                await broker.unsubscribe(other)
                await broker.subscribe(channel)
                place = await self.say(broker, channel)
                await self.say(broker, other)
                await recorder.until_offset(channel, place.offset)
                await broker.unsubscribe(channel)
            await self.say(broker, channel)
            await self.all_has_come(broker, recorder)
            assert max(recorder.offsets(channel)) == 10
            assert recorder.offsets(other) == []

    async def test_a_subscription_that_is_cancelled_harms_nothing(self) -> None:
        async with self.running() as (broker, recorder):
            channel = self.name()
            for turns in range(5):
                subscribing = asyncio.create_task(broker.subscribe(channel))
                for _ in range(turns):
                    await asyncio.sleep(0)
                subscribing.cancel()
                await asyncio.wait([subscribing])
            await broker.unsubscribe(channel)
            await self.say(broker, channel)
            await self.all_has_come(broker, recorder)
            assert recorder.offsets(channel) == []
            await broker.subscribe(channel)
            await self.say(broker, channel)
            await recorder.until_offset(channel, 2)

    # The history.

    @pytest.mark.parametrize("published", [0, 1, 4, 5, 6, 8, 120])
    async def test_a_history_is_complete_from_the_place_before_what_it_remembers(
        self, published: int
    ) -> None:
        async with self.running(history=5) as (broker, _):
            channel = self.name()
            epoch = (await broker.position(channel)).epoch
            for number in range(published):
                await self.say(broker, channel, str(number + 1))
            oldest = max(0, published - 5)
            for after in range(max(0, oldest - 2), published + 1):
                history = await broker.history(channel, Position(epoch, after))
                assert history.is_complete is (after >= oldest)
                assert history.position == Position(epoch, published)
                expected = range(max(after, oldest) + 1, published + 1)
                assert [m.position for m in history.messages] == [
                    Position(epoch, offset) for offset in expected
                ]
                assert [m.data for m in history.messages] == list(map(str, expected))

    @pytest.mark.parametrize("after", [4, 1000, 10**17])
    async def test_a_place_behind_the_end_is_none_that_history_is_complete_for(
        self, after: int
    ) -> None:
        async with self.running(history=2) as (broker, _):
            channel = self.name()
            for _ in range(3):
                end = await self.say(broker, channel)
            history = await broker.history(channel, Position(end.epoch, after))
            assert not history.is_complete
            assert history.position == end
            assert [m.position.offset for m in history.messages] == [2, 3]

    @pytest.mark.parametrize("epoch", ["", "another"])
    @pytest.mark.parametrize("offset", [0, 2, 3])
    async def test_of_another_epoch_all_that_is_remembered_is_given(
        self, epoch: str, offset: int
    ) -> None:
        async with self.running(history=2) as (broker, _):
            channel = self.name()
            for _ in range(3):
                end = await self.say(broker, channel)
            history = await broker.history(channel, Position(epoch, offset))
            assert not history.is_complete
            assert history.position == end
            assert [m.position.offset for m in history.messages] == [2, 3]

    async def test_the_history_of_a_channel_without_messages_is_empty(self) -> None:
        async with self.running() as (broker, _):
            channel = self.name()
            unknown = await broker.history(channel, Position("another", 3))
            assert (unknown.messages, unknown.is_complete) == ([], False)
            assert unknown.position.offset == 0
            known = await broker.history(channel, unknown.position)
            assert (known.messages, known.is_complete) == ([], True)
            assert known.position == unknown.position

    async def test_a_history_of_0_remembers_nothing(self) -> None:
        async with self.running(history=0) as (broker, recorder):
            channel = self.name()
            await broker.subscribe(channel)
            first = await self.say(broker, channel)
            last = await self.say(broker, channel)
            await recorder.until_offset(channel, 2)
            at_end = await broker.history(channel, last)
            assert (at_end.messages, at_end.is_complete) == ([], True)
            before = await broker.history(channel, first)
            assert (before.messages, before.is_complete) == ([], False)
            assert before.position == last

    async def test_messages_are_forgotten_after_a_time(self) -> None:
        async with self.running(ttl=self.ttl) as (broker, _):
            channel = self.name()
            # Somebody is here all the time, so the epoch stays.
            await broker.subscribe(channel)
            last = await self.say(broker, channel)
            await self.pass_time(1.1 * self.ttl)
            history = await broker.history(channel, Position(last.epoch, 0))
            assert (history.messages, history.is_complete) == ([], False)
            assert history.position == last
            history = await broker.history(channel, last)
            assert (history.messages, history.is_complete) == ([], True)
            assert await self.say(broker, channel) == Position(last.epoch, 2)

    async def test_old_messages_are_forgotten_though_newer_ones_come(self) -> None:
        async with self.running(ttl=self.ttl) as (broker, _):
            channel = self.name()
            old = await self.say(broker, channel, "old")
            await self.pass_time(0.6 * self.ttl)
            await self.say(broker, channel, "newer")
            await self.pass_time(0.6 * self.ttl)
            await self.say(broker, channel, "newest")
            history = await broker.history(channel, Position(old.epoch, 0))
            assert not history.is_complete
            assert "old" not in [message.data for message in history.messages]
            assert history.messages[-1].data == "newest"

    # Signals.

    async def test_a_signal_reaches_every_process_that_listens(self) -> None:
        topic = self.name()
        async with self.two() as both:
            for broker, _ in both:
                await broker.listen(topic)
            for payload in b"first", b"", bytes(range(256)):
                await both[0][0].signal(topic, payload)
            for _, recorder in both:
                await recorder.until_signals(3)
                assert recorder.signals == [
                    (topic, b"first"),
                    (topic, b""),
                    (topic, bytes(range(256))),
                ]

    async def test_signals_come_to_who_listens_to_their_topic_and_no_longer(
        self,
    ) -> None:
        async with self.running() as (broker, recorder):
            topic, other = self.name(), self.name()
            await broker.signal(topic, b"too early")
            await broker.listen(topic)
            await broker.listen(topic)
            await broker.signal(other, b"of another topic")
            await broker.signal(topic, b"heard")
            await recorder.until_signals(1)
            await broker.unlisten(topic)
            await broker.signal(topic, b"too late")
            await self.all_has_come(broker, recorder)
            assert recorder.signals == [(topic, b"heard")]

    async def test_a_topic_is_no_channel(self) -> None:
        async with self.running() as (broker, recorder):
            name = self.name()
            await broker.subscribe(name)
            await broker.listen(name)
            await broker.signal(name, b"signal")
            await self.say(broker, name)
            await recorder.until_offset(name, 1)
            await recorder.until_signals(1)
            await broker.unsubscribe(name)
            await broker.signal(name, b"another")
            await recorder.until_signals(2)
            assert recorder.offsets(name) == [1]

    # Presence.

    async def test_a_value_is_new_once(self) -> None:
        channel = self.name()
        async with self.two() as both:
            (broker, _), (other, _) = both
            assert await broker.hold(channel, "key", b"one", 60) is True
            assert await other.hold(channel, "key", b"two", 60) is False
            assert await broker.hold(channel, "another", b"\0\xff", 60) is True
            assert await other.holders(channel) == {"key": b"two", "another": b"\0\xff"}

    async def test_a_value_that_is_released_is_gone(self) -> None:
        async with self.running() as (broker, _):
            channel = self.name()
            assert await broker.release(channel, "key") is False
            await broker.hold(channel, "key", b"value", 60)
            assert await broker.release(channel, "key") is True
            assert await broker.release(channel, "key") is False
            assert await broker.holders(channel) == {}
            assert await broker.hold(channel, "key", b"value", 60) is True

    async def test_nobody_is_in_a_channel_that_was_never_used(self) -> None:
        async with self.running() as (broker, _):
            assert await broker.holders(self.name()) == {}
            assert await broker.expire(self.name()) == {}

    async def test_values_of_channels_have_nothing_to_do_with_each_other(self) -> None:
        async with self.running() as (broker, _):
            one, other = self.name(), self.name()
            await broker.hold(one, "key", b"value", 60)
            assert await broker.holders(other) == {}
            assert await broker.release(other, "key") is False

    async def test_a_value_whose_lease_has_ended_is_not_held(self) -> None:
        async with self.running() as (broker, _):
            channel = self.name()
            await broker.hold(channel, "gone", b"a", self.lease)
            await broker.hold(channel, "here", b"b", 60)
            await self.pass_time(2 * self.lease)
            assert await broker.holders(channel) == {"here": b"b"}
            assert await broker.expire(channel) == {"gone": b"a"}
            assert await broker.expire(channel) == {}
            assert await broker.release(channel, "gone") is False
            assert await broker.hold(channel, "gone", b"a", 60) is True

    async def test_a_value_is_not_new_before_its_end_was_noticed(self) -> None:
        async with self.running() as (broker, _):
            channel = self.name()
            await broker.hold(channel, "key", b"a", self.lease)
            await self.pass_time(2 * self.lease)
            assert await broker.hold(channel, "key", b"b", 60) is False
            assert await broker.holders(channel) == {"key": b"b"}
            assert await broker.expire(channel) == {}

    async def test_a_value_that_has_ended_can_be_released(self) -> None:
        async with self.running() as (broker, _):
            channel = self.name()
            await broker.hold(channel, "key", b"a", self.lease)
            await self.pass_time(2 * self.lease)
            assert await broker.release(channel, "key") is True
            assert await broker.expire(channel) == {}

    async def test_a_lease_is_renewed(self) -> None:
        async with self.running() as (broker, _):
            channel = self.name()
            await broker.hold(channel, "key", b"value", self.lease)
            await broker.hold(channel, "key", b"value", 60)
            await self.pass_time(2 * self.lease)
            assert await broker.holders(channel) == {"key": b"value"}
            assert await broker.expire(channel) == {}

    async def test_each_value_that_has_ended_is_given_to_one_caller(self) -> None:
        channel = self.name()
        async with self.two() as both:
            keys = [f"key {number}" for number in range(50)]
            for key in keys:
                await both[0][0].hold(channel, key, key.encode(), self.lease)
            await self.pass_time(2 * self.lease)
            given = await asyncio.gather(
                *(broker.expire(channel) for broker, _ in both for _ in range(5))
            )
            assert sorted(key for part in given for key in part) == sorted(keys)
            assert all(v == k.encode() for part in given for k, v in part.items())

    # The beginning and the end.

    async def test_a_broker_that_is_stopped_tells_nothing_more(self) -> None:
        channel = self.name()
        async with self.running() as (speaker, _):
            async with self.running() as (broker, recorder):
                await broker.subscribe(channel)
                await broker.listen(channel)
            assert recorder.statuses[-1] is Status.STOPPED
            told = len(recorder.statuses)
            await self.say(speaker, channel)
            await speaker.signal(channel, b"signal")
            await asyncio.sleep(0)
            assert (recorder.messages, recorder.signals) == ([], [])
            assert len(recorder.statuses) == told

    async def test_a_broker_leaves_no_task_behind(self) -> None:
        before = asyncio.all_tasks()
        async with self.running() as (broker, recorder):
            channel = self.name()
            await broker.subscribe(channel)
            await broker.listen(channel)
            await self.say(broker, channel)
            await recorder.until_offset(channel, 1)
        assert asyncio.all_tasks() == before

    async def test_a_broker_can_be_started_again_without_its_subscriptions(
        self,
    ) -> None:
        channel, topic = self.name(), self.name()
        async with self.running() as (broker, _):
            await broker.subscribe(channel)
            await broker.listen(topic)
            await broker.stop()
            again = Recorder()
            await broker.start(again)
            await again.until_connected()
            await self.say(broker, channel)
            await broker.signal(topic, b"signal")
            await self.all_has_come(broker, again)
            assert again.offsets(channel) == []
            assert again.signals == []
            place = await broker.subscribe(channel)
            await self.say(broker, channel)
            await again.until_offset(channel, place.offset + 1)

    def test_a_broker_can_be_started_on_another_event_loop(self) -> None:
        channel = self.name()

        async def use(broker: Broker) -> None:
            recorder = Recorder()
            await broker.start(recorder)
            place = await broker.subscribe(channel)
            await self.say(broker, channel)
            await recorder.until_offset(channel, place.offset + 1)
            await broker.stop()

        broker = asyncio.run(self.make_broker())
        for _ in range(2):
            asyncio.run(use(broker))

    async def test_a_broker_that_is_not_started_can_be_stopped(self) -> None:
        broker = await self.make_broker()
        await broker.stop()
        async with self.running() as (broker, recorder):
            await broker.stop()
            told = list(recorder.statuses)
            await broker.stop()
            assert recorder.statuses == told

    async def test_what_was_subscribed_to_can_be_let_go_after_the_end(self) -> None:
        async with self.running() as (broker, _):
            channel = self.name()
            await broker.subscribe(channel)
            await broker.listen(channel)
            await broker.stop()
            await broker.unsubscribe(channel)
            await broker.unlisten(channel)

    async def test_what_is_under_way_ends_with_the_broker(self) -> None:
        async with self.running() as (broker, _):
            channel = self.name()
            tasks: list[asyncio.Task[Any]] = []
            for _ in range(10):
                tasks += [
                    asyncio.create_task(self.say(broker, channel)),
                    asyncio.create_task(broker.subscribe(channel)),
                    asyncio.create_task(broker.history(channel, Position("", 0))),
                    asyncio.create_task(broker.holders(channel)),
                ]
            await asyncio.sleep(0)
            await broker.stop()
            async with asyncio.timeout(_PATIENCE):
                results = await asyncio.gather(*tasks, return_exceptions=True)
            failures = [each for each in results if isinstance(each, BaseException)]
            assert all(isinstance(each, ChannelsError) for each in failures)
