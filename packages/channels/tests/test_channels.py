"""`Channels`: its life, what it publishes, who may, and what it tells of itself."""

from __future__ import annotations

import asyncio
import math
import sys
from collections.abc import AsyncIterator
from typing import Any

import pytest

from falconws import testing
from falconws.channels import (
    BrokerRefused,
    Channels,
    Gap,
    Kind,
    MemoryBroker,
    Message,
    Metrics,
    Outbox,
    Position,
    Receipt,
    Sink,
    Status,
)
from falconws.core import App, HTTPForbidden
from falconws.testing import ASGIConductor, assert_no_leaks

from .faulty import FaultyBroker
from .shared import Machine, ProcessBroker


@pytest.fixture
async def channels() -> AsyncIterator[Channels]:
    async with assert_no_leaks(), Channels() as channels:
        yield channels


@pytest.fixture(autouse=True)
def one_worker(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "argv", ["server"])
    monkeypatch.delenv("WEB_CONCURRENCY", raising=False)


async def turns(count: int = 10) -> None:
    for _ in range(count):
        await asyncio.sleep(0)


# Its broker.


def test_without_a_broker_it_serves_one_process() -> None:
    assert isinstance(Channels().broker, MemoryBroker)
    broker = MemoryBroker()
    assert Channels(broker).broker is broker


@pytest.mark.parametrize("url", ["", "localhost", "http://a.example", "xredis://a"])
def test_an_url_of_no_broker_is_refused(url: str) -> None:
    with pytest.raises(ValueError, match="is no URL of a broker"):
        Channels(url)


@pytest.mark.parametrize("lease", [0, -1, math.nan])
def test_a_lease_that_makes_no_sense_is_refused(lease: float) -> None:
    with pytest.raises(ValueError, match="lease is a number of seconds above 0"):
        Channels(lease=lease)


def test_the_shortest_lease_is_taken() -> None:
    Channels(lease=5e-324)


# Its beginning and end.


async def test_nothing_works_before_it_is_started_nor_after_it_was_stopped() -> None:
    channels = Channels()

    async def refused() -> None:
        for work in (
            channels.publish("news", "a"),
            channels.presence("news"),
            channels.users("news"),
            channels.disconnect(user="ann"),
            channels.subscribe("news").__aenter__(),
            anext(channels.events("news")),
        ):
            with pytest.raises(RuntimeError, match="is not started"):
                await work
        assert channels.status is Status.STOPPED
        assert channels.open_resources() == []

    await refused()
    await channels.stop()
    async with channels:
        assert channels.status is Status.CONNECTED
    await refused()


async def test_to_start_or_stop_twice_does_nothing() -> None:
    statuses: list[Status] = []
    async with assert_no_leaks():
        channels = Channels(on_status=statuses.append)
        await channels.start()
        await channels.start()
        await channels.stop()
        await channels.stop()
    assert statuses == [Status.CONNECTED, Status.STOPPED]


def test_it_can_be_started_again_on_another_loop() -> None:
    channels = Channels(lease=1)

    async def run(word: str) -> list[object]:
        async with (
            channels,
            channels.subscribe("news", presence=True, user="ann") as subscription,
        ):
            await channels.publish("news", word)
            items = []
            while (item := subscription.pop()) is not None:
                items.append(item)
            left = channels.subscribe("left")
            await left.__aenter__()
            await left.__aexit__()
        return [item.data for item in items if isinstance(item, Message)]

    for word in ("first", "second", "third"):
        assert asyncio.run(run(word)) == [word]
    assert channels.metrics.reconnects == 2


async def test_it_starts_and_stops_with_an_app() -> None:
    channels = Channels()
    app = App()
    app.add_middleware(channels)
    async with assert_no_leaks(app=app):
        async with ASGIConductor(app):
            assert (await channels.publish("news", "a")).local_deliveries == 0
        assert channels.status is Status.STOPPED


async def test_a_start_does_not_wait_for_the_broker_and_listens_when_it_can() -> None:
    broker = ProcessBroker(Machine())
    broker.down = True
    async with assert_no_leaks():
        with testing.clock() as time:
            channels = Channels(broker)
            await channels.start()
            assert broker.topics == set()
            await time.advance(2.5)
            broker.down = False
            await time.advance(1)
            assert broker.topics == {"disconnect"}
            await channels.stop()


async def test_a_start_that_fails_can_be_tried_again() -> None:
    broker = ProcessBroker(Machine())
    async with assert_no_leaks():
        taken = Channels(broker.machine.memory)
        await taken.start()
        channels = Channels(broker.machine.memory)
        with pytest.raises(RuntimeError, match="of one Channels"):
            await channels.start()
        with pytest.raises(RuntimeError, match="is not started"):
            await channels.publish("news", "a")
        await taken.stop()
        await channels.start()
        await channels.stop()


async def test_a_stop_that_is_cancelled_lets_go_of_the_broker() -> None:
    class Stubborn(ProcessBroker):
        async def unsubscribe(self, channel: str) -> None:
            try:
                await asyncio.Event().wait()
            except asyncio.CancelledError:
                await released.wait()
                raise

    released = asyncio.Event()
    async with assert_no_leaks():
        channels = Channels(Stubborn(Machine()))
        await channels.start()
        async with channels.subscribe("news"):
            pass
        await turns()
        stopping = asyncio.create_task(channels.stop())
        await turns()
        stopping.cancel()
        released.set()
        await asyncio.wait([stopping])
        assert channels.status is Status.STOPPED


async def test_two_that_are_given_one_memory_are_told() -> None:
    broker = MemoryBroker()
    other = Channels(broker)
    async with Channels(broker) as channels, channels.subscribe("news") as still:
        with pytest.raises(RuntimeError, match="is of one Channels"):
            await other.start()
        assert other.status is Status.STOPPED
        await other.stop()
        assert channels.status is Status.CONNECTED
        await channels.publish("news", "a")
        assert still.waiting == 1


async def test_a_leak_is_found_by_its_name() -> None:
    channels = Channels()
    app = App()
    app.add_middleware(channels)
    async with ASGIConductor(app):
        subscription = channels.subscribe("news")
        with pytest.raises(AssertionError, match="<Subscription to 'news'>"):
            async with assert_no_leaks(app=app, timeout=0):
                await subscription.__aenter__()
        await subscription.__aexit__()
        async with assert_no_leaks(app=app):
            async for _ in channels.events("news"):
                break


# Several workers.

WORKERS = [
    (["--workers", "4"], None, 4),
    (["--workers=4"], None, 4),
    (["-w", "4"], None, 4),
    (["-w4"], None, 4),
    (["-wide"], None, 1),
    (["--workers", "2"], None, 2),
    (["--workers", "4"], "1", 4),
    (["--workers", "1"], "4", 1),
    (["--workers"], "4", 1),
    (["--workers", "many"], None, 1),
    (["--host", "4"], None, 1),
    (["--workers-of", "4"], None, 1),
    ([], None, 1),
    ([], "", 1),
    ([], "x", 1),
    ([], "1", 1),
    ([], "2", 2),
    (["app:app", "--reload"], "3", 3),
]


@pytest.mark.parametrize(("argv", "variable", "workers"), WORKERS)
async def test_several_workers_with_a_memory_each_are_warned_of(
    argv: list[str],
    variable: str | None,
    workers: int,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    monkeypatch.setattr(sys, "argv", ["4", *argv])
    if variable is not None:
        monkeypatch.setenv("WEB_CONCURRENCY", variable)
    for broker in (MemoryBroker(), FaultyBroker()):
        app = App()
        app.add_middleware(Channels(broker))
        async with ASGIConductor(app):
            pass
    messages = [
        f"Channels: there are {workers} workers, and each has a MemoryBroker of its own: what "
        "is published in one does not reach subscribers in the others. Give Channels a Redis "
        "URL, or take one worker."
    ]
    assert caplog.messages == (messages if workers > 1 else [])
    assert {r.levelname for r in caplog.records} <= {"WARNING"}


async def test_who_publishes_without_a_wait_lets_subscribers_keep_up() -> None:
    got: list[Any] = []
    async with Channels(MemoryBroker(history=0)) as channels:
        async with channels.subscribe("news", got.append):
            for number in range(1000):
                await channels.publish("news", str(number))
            await asyncio.sleep(0)
            await asyncio.sleep(0)
    assert [message.data for message in got] == [str(n) for n in range(1000)]


async def test_a_last_message_that_is_lost_is_found_missing() -> None:
    broker = FaultyBroker()
    got: list[Any] = []
    async with assert_no_leaks():
        with testing.clock() as time:
            async with Channels(broker) as channels:
                async with channels.subscribe("news", got.append):
                    await channels.publish("news", "lost")
                    broker.lose()
                    broker.down = True
                    await time.advance(40)  # a look that does not succeed
                    broker.down = False
                    assert got == []
                    await time.advance(40)
                    assert [message.data for message in got] == ["lost"]
                    await time.advance(80)  # looks that find nothing
                    assert len(got) == 1


async def test_without_an_app_nobody_is_warned(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("WEB_CONCURRENCY", "4")
    async with Channels():
        pass
    assert caplog.messages == []


# To publish.


@pytest.mark.parametrize(
    ("message", "kind", "data"),
    [
        ("text", Kind.TEXT, "text"),
        ("", Kind.TEXT, ""),
        (b"bytes", Kind.BINARY, b"bytes"),
        (bytearray(b"bytes"), Kind.BINARY, b"bytes"),
        (memoryview(b"bytes"), Kind.BINARY, b"bytes"),
        ({"a": [1, None]}, Kind.JSON, {"a": [1, None]}),
        (None, Kind.JSON, None),
        (0, Kind.JSON, 0),
    ],
)
async def test_everything_arrives_as_what_it_is(
    channels: Channels, message: object, kind: Kind, data: object
) -> None:
    async with channels.subscribe("news") as subscription:
        await channels.publish("news", message, event_type="edit")
        item = await subscription.next()
    assert isinstance(item, Message)
    assert (item.kind, item.data, item.event_type) == (kind, data, "edit")
    assert item.channel == "news"


async def test_a_receipt_says_where_a_message_is_and_how_many_get_it_here(
    channels: Channels,
) -> None:
    first = await channels.publish("news", "a")
    async with channels.subscribe("news"), channels.subscribe(["news", "sport"]):
        second = await channels.publish("news", "b")
    epoch = (await channels.broker.position("news")).epoch
    assert [first, second] == [Receipt(f"{epoch}:1", 0), Receipt(f"{epoch}:2", 2)]


async def test_what_json_has_no_form_for_is_refused(channels: Channels) -> None:
    with pytest.raises(TypeError):
        await channels.publish("news", object())
    assert channels.metrics.published == 0


@pytest.mark.parametrize("event_type", ["a\nb", "a\rb", "\n", "a\0b"])
async def test_an_event_type_that_no_stream_could_carry_is_refused(
    channels: Channels, event_type: str
) -> None:
    with pytest.raises(ValueError, match="a line break or a NUL"):
        await channels.publish("news", "a", event_type=event_type)
    assert (await channels.broker.position("news")).offset == 0


async def test_every_event_type_that_is_taken_can_be_carried(
    channels: Channels,
) -> None:
    async with channels.subscribe("news") as subscription:
        for event_type in ("", " ", "edit", "\u2028", "\x85", ":", "data: x"):
            await channels.publish("news", "a", event_type=event_type)
            item = await subscription.next()
            assert item is not None
            assert f"event: {event_type}\n".encode() in item.serialize()


async def test_what_the_broker_says_no_to_is_raised() -> None:
    broker = ProcessBroker(Machine())
    async with Channels(broker) as channels:
        broker.fault = BrokerRefused("Its memory is full.")
        with pytest.raises(BrokerRefused, match="memory is full"):
            await channels.publish("news", "a")
        assert channels.metrics.published == 0
        broker.fault = None


# To subscribe.


def test_a_subscription_has_a_channel() -> None:
    with pytest.raises(ValueError, match="Name a channel"):
        Channels().subscribe([])


def test_one_id_is_not_of_several_channels() -> None:
    channels = Channels()
    with pytest.raises(ValueError, match=r"An id is of one channel"):
        channels.subscribe(["news", "sport"], after="e:1")
    channels.subscribe(["news", "news"], after="e:1")
    channels.subscribe(["news"], after="e:1")


async def test_an_outbox_is_that_of_the_channels_if_it_is_given_none() -> None:
    async with Channels(outbox=Outbox(messages=2)) as channels:
        async with (
            channels.subscribe("news") as usual,
            channels.subscribe("news", outbox=Outbox(messages=1)) as own,
        ):
            for _ in range(3):
                await channels.publish("news", "a")
            assert (usual.waiting, own.waiting) == (2, 1)


# Who may.


class Judge:
    """Says what it is told to, and keeps what it is asked."""

    def __init__(self, **verdicts: bool | Exception) -> None:
        self.verdicts = verdicts
        self.asked: list[tuple[object, ...]] = []

    def __call__(self, action: str, channel: str, req: Any) -> bool | None:
        self.asked.append((action, channel, req))
        verdict = self.verdicts.get(action)
        if isinstance(verdict, Exception):
            raise verdict
        return verdict


async def test_it_is_asked_before_anything_is_done() -> None:
    judge = Judge(publish=True)
    async with Channels(authorize=judge) as channels:
        await channels.publish("news", "a")
        await channels.publish("news", "b", req="the request")
        async with channels.subscribe(["a", "b"], after={"b": "e:1"}, req=1):
            pass
    assert judge.asked == [
        ("publish", "news", None),
        ("publish", "news", "the request"),
        ("subscribe", "a", 1),
        ("subscribe", "b", 1),
        ("replay", "b", 1),
    ]


@pytest.mark.parametrize("is_async", [True, False])
@pytest.mark.parametrize("action", ["subscribe", "publish", "replay"])
async def test_no_is_a_403(action: str, is_async: bool) -> None:
    judge = Judge(**{action: False})

    async def later(*args: Any) -> bool | None:
        await asyncio.sleep(0)
        return judge(*args)

    authorize: Any = later if is_async else judge
    async with assert_no_leaks(), Channels(authorize=authorize) as channels:
        subscription = channels.subscribe("news", after="e:1")
        is_publish = action == "publish"
        function: Any = channels.publish if is_publish else subscription.__aenter__
        arguments = ("news", "a") if is_publish else ()
        with pytest.raises(HTTPForbidden) as caught:
            await function(*arguments)
        assert caught.value.description == f"You may not {action} here."
        await turns()
        assert channels.open_resources() == []
        assert channels.hub.channels == {}
        assert (await channels.broker.position("news")).offset == 0


async def test_what_it_raises_is_raised() -> None:
    async with Channels(authorize=Judge(subscribe=LookupError("who?"))) as channels:
        with pytest.raises(LookupError, match="who"):
            await channels.subscribe("news").__aenter__()
        assert channels.open_resources() == []


async def test_a_user_who_is_thrown_out_while_it_is_asked_does_not_stay() -> None:
    asked = asyncio.Event()
    answered = asyncio.Event()

    async def authorize(*_: object) -> bool:
        asked.set()
        await answered.wait()
        return True

    async with Channels(authorize=authorize) as channels:
        subscription = channels.subscribe("news", user="ann")
        entering = asyncio.create_task(subscription.__aenter__())
        await asked.wait()
        await channels.disconnect(user="ann")
        answered.set()
        await entering
        assert subscription.over
        assert channels.hub.channels == {}
        await subscription.__aexit__()


# To disconnect.


async def test_a_user_is_disconnected_in_all_processes() -> None:
    machine = Machine()
    async with (
        Channels(ProcessBroker(machine)) as one,
        Channels(ProcessBroker(machine)) as two,
        one.subscribe("news", user="ann") as here,
        two.subscribe("sport", user="ann") as there,
        two.subscribe("news", user="bob") as other,
        two.subscribe("news") as nobody,
    ):
        await one.disconnect(user="ann")
        assert [s.over for s in (here, there, other, nobody)] == [
            True,
            True,
            False,
            False,
        ]
        assert (await one.publish("news", "a")).local_deliveries == 0


@pytest.mark.parametrize(
    "code", [0, 999, 1004, 1005, 1006, 1015, 2999, 5000, "1000", 1000.5]
)
async def test_a_code_that_no_socket_could_be_closed_with_is_refused(
    channels: Channels, code: Any
) -> None:
    async with channels.subscribe("news", user="ann") as subscription:
        with pytest.raises(ValueError, match="cannot be closed with"):
            await channels.disconnect(user="ann", code=code)
        assert not subscription.over


@pytest.mark.parametrize("code", [1000, 1001, 1002, 1003, 1007, 1014, 3000, 4999])
async def test_a_code_at_the_end_of_a_range_is_taken(
    channels: Channels, code: int
) -> None:
    await channels.disconnect(user="ann", code=code)


async def test_a_reason_has_the_length_that_a_socket_takes(channels: Channels) -> None:
    await channels.disconnect(user="ann", reason="\u00e9" * 61 + "x")
    with pytest.raises(ValueError, match="at most 123 bytes"):
        await channels.disconnect(user="ann", reason="\u00e9" * 62)


# How it is.


async def test_metrics_say_what_goes_on_and_went_on() -> None:
    broker = FaultyBroker()
    async with Channels(broker) as channels:
        none = Metrics(Status.CONNECTED, 0, 0, 0, 0, 0, 0, 0, 0, 0)
        assert channels.metrics == none
        async with (
            channels.subscribe(["news", "sport"], outbox=Outbox(messages=2)),
            channels.subscribe("news"),
        ):
            for _ in range(3):
                await channels.publish("news", "a")
            await channels.publish("elsewhere", "a")
            broker.repeat()
            broker.arrive()
            assert channels.metrics == Metrics(
                status=Status.CONNECTED,
                channels=2,
                subscriptions=2,
                waiting=5,
                published=4,
                delivered=6,
                dropped=1,
                duplicates=1,
                gaps=0,
                reconnects=0,
            )
            broker.cut()
            assert channels.metrics.status is Status.CONNECTING
            broker.forget()
            broker.mend()
            await turns()
        metrics = channels.metrics
        assert (metrics.channels, metrics.subscriptions, metrics.waiting) == (0, 0, 0)
        assert (metrics.dropped, metrics.gaps, metrics.reconnects) == (1, 2, 1)
    assert Channels().metrics.reconnects == 0


async def test_to_leave_twice_counts_once() -> None:
    async with Channels(outbox=Outbox(messages=1)) as channels:
        subscription = channels.subscribe("news")
        await subscription.__aenter__()
        await channels.publish("news", "a")
        await channels.publish("news", "b")
        await subscription.__aexit__()
        await subscription.__aexit__()
        assert channels.metrics.dropped == 1


async def test_what_waits_to_be_replayed_waits() -> None:
    async with Channels() as channels:
        id_ = (await channels.publish("news", "a")).id
        await channels.publish("news", "b")
        async with channels.subscribe("news", after=id_) as subscription:
            assert channels.metrics.waiting == subscription.waiting > 0
            while subscription.pop() is not None:
                pass
            assert subscription.waiting == 0


async def test_each_new_status_is_told_and_no_other(
    caplog: pytest.LogCaptureFixture,
) -> None:
    broker = FaultyBroker()
    statuses: list[Status] = []

    def listen(status: Status) -> None:
        statuses.append(status)
        raise LookupError("a fault")

    async with Channels(broker, on_status=listen) as channels:
        broker.cut()
        channels.changed(Status.CONNECTING)
        assert channels.status is Status.CONNECTING
        broker.mend()
    assert statuses == ["connected", "connecting", "connected", "stopped"]
    assert caplog.messages == ["on_status failed"] * 4


async def test_a_connection_that_is_back_is_asked_for_what_was_missed() -> None:
    broker = FaultyBroker(history=0)
    async with Channels(broker) as channels, channels.subscribe("news") as missing:
        await channels.publish("news", "a")
        broker.cut()
        broker.mend()
        gap = await missing.next()
        assert isinstance(gap, Gap)
        assert gap.dropped == 1


async def test_a_broker_can_be_written_by_anyone() -> None:
    """One that hands on what others have published, before anybody subscribes to it."""

    class Early(MemoryBroker):
        async def start(self, sink: Sink) -> None:
            await super().start(sink)
            sink.received(Message("news", Position("e", 1), Kind.TEXT, b""))
            sink.signalled("presence:news", b"-0123456789abcdef")

    async with Channels(Early()) as channels:
        assert channels.metrics.delivered == 0


# What is remembered.


async def test_history_gives_what_is_remembered_and_where_to_go_on() -> None:
    async with Channels() as channels:
        nothing = await channels.history("news")
        assert (nothing.messages, nothing.position.offset) == ([], 0)
        receipts = [await channels.publish("news", str(number)) for number in range(3)]
        history = await channels.history("news")
        assert [message.data for message in history.messages] == ["0", "1", "2"]
        assert str(history.position) == receipts[-1].id
        rest = await channels.history("news", receipts[1].id)
        assert [message.data for message in rest.messages] == ["2"]
        assert rest.is_complete
        unknown = await channels.history("news", "nonsense")
        assert (len(unknown.messages), unknown.is_complete) == (3, False)


async def test_who_may_not_replay_gets_no_history() -> None:
    async with Channels(authorize=lambda action, *_: action != "replay") as channels:
        with pytest.raises(HTTPForbidden, match="replay"):
            await channels.history("news")


@pytest.mark.parametrize("scheme", ["redis", "rediss", "unix"])
def test_a_url_is_that_of_a_redis(scheme: str) -> None:
    pytest.importorskip("redis")
    channels = Channels(f"{scheme}://localhost:6379")
    assert type(channels.broker).__name__ == "RedisBroker"


@pytest.mark.parametrize("url", ["http://localhost", "localhost:6379", "memory"])
def test_any_other_url_is_refused(url: str) -> None:
    with pytest.raises(ValueError, match="no URL of a broker"):
        Channels(url)
