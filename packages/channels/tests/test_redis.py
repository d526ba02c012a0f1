from __future__ import annotations

import asyncio
import importlib
import logging
import math
import secrets
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

import pytest

from falconws.channels import (
    Broker,
    BrokerRefused,
    BrokerUnavailable,
    Channels,
    Kind,
    Message,
    Position,
    Status,
)
from falconws.channels.contract import Recorder

if TYPE_CHECKING:
    from .conftest import RedisServer

# Not to be had where the extra is not installed.
pytest.importorskip("redis")

from falconws.channels.redis import RedisBroker, _link
from falconws.channels.redis import broker as redis_broker
from falconws.channels.redis._scripts import milliseconds, pack, unpack

# Nobody listens there.
NOWHERE = "redis://127.0.0.1:1"


@pytest.fixture
def channel() -> str:
    return f"test-{secrets.token_hex(8)}"


@asynccontextmanager
async def running(
    server: RedisServer, **options: Any
) -> AsyncIterator[tuple[RedisBroker, Recorder]]:
    options.setdefault("url", server.url)
    broker, recorder = RedisBroker(**{"timeout": 20.0} | options), Recorder()
    await broker.start(recorder)
    try:
        await recorder.until_connected()
        yield broker, recorder
    finally:
        await broker.stop()


@asynccontextmanager
async def started(broker: RedisBroker) -> AsyncIterator[Recorder]:
    recorder = Recorder()
    await broker.start(recorder)
    try:
        yield recorder
    finally:
        async with asyncio.timeout(20):
            await broker.stop()


async def say(broker: Broker, channel: str, text: str = "x") -> Position:
    return await broker.publish(channel, Kind.TEXT, text.encode(), None)


async def until(server: RedisServer, condition: Any) -> None:
    """Wait for what Redis says, while the loop runs."""
    await asyncio.to_thread(server.until, condition)


async def turns() -> None:
    """Let the tasks that are there do what they can."""
    for _ in range(10):
        await asyncio.sleep(0)


async def until_statuses(recorder: Recorder, count: int) -> None:
    await recorder.until(lambda: len(recorder.statuses) >= count)


def subscribers(server: RedisServer, name: str) -> int:
    return int(server.ask("PUBSUB", "NUMSUB", name)[1])


def calls(server: RedisServer, command: str) -> int:
    """Count how often a command was run, ever."""
    found = server.ask("INFO", "commandstats").get(f"cmdstat_{command}")
    return int(found["calls"]) if found else 0


# What it is made with.


def test_without_the_extra_it_is_said_what_to_install(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(sys.modules, "redis.asyncio", None)
    monkeypatch.delitem(sys.modules, "falconws.channels.redis")
    with pytest.raises(ImportError, match=r"pip install falconws-channels\[redis\]"):
        importlib.import_module("falconws.channels.redis")


@pytest.mark.parametrize(
    ("options", "complaint"),
    [
        ({"history": -1}, "history is a number of messages from 0, not -1"),
        ({"ttl": 0}, "ttl is a number of seconds above 0, not 0"),
        ({"ttl": math.nan}, "ttl is"),
        ({"timeout": 0}, "timeout is a number of seconds above 0, not 0"),
        ({"url": "http://localhost"}, "Redis URL"),
        ({"url": "redis://localhost:port"}, "port"),
    ],
)
def test_options_that_make_no_sense_are_refused(
    options: dict[str, Any], complaint: str
) -> None:
    with pytest.raises(ValueError, match=complaint):
        RedisBroker(**options)


@pytest.mark.parametrize(
    ("url", "place"),
    [
        ("redis://", "localhost:6379"),
        ("redis://user:secret@example.org:1234/3", "example.org:1234"),
        ("rediss://example.org?max_connections=3", "example.org:6379"),
        ("unix://user:secret@/run/redis.sock?db=2", "/run/redis.sock"),
    ],
)
def test_it_says_where_redis_is_and_no_password(url: str, place: str) -> None:
    assert repr(RedisBroker(url)) == f"<RedisBroker: Redis at {place}>"


def test_times_are_counted_in_milliseconds() -> None:
    assert milliseconds(1.5) == 1500
    assert milliseconds(1e-9) == 1
    assert milliseconds(math.inf) == 3_200_000_000_000


def test_a_message_of_another_kind_is_none_of_ours() -> None:
    body = pack(Kind.TEXT, b"hello", "greeting")
    message = unpack("news", Position("e", 1), body)
    assert (message.kind, message.encoded, message.event_type) == (
        Kind.TEXT,
        b"hello",
        "greeting",
    )
    for strange in b"", b"t", b"z\0\0\0\0hello":
        with pytest.raises(ValueError, match="no message of a channel"):
            unpack("news", Position("e", 1), strange)


async def test_it_is_reached_over_a_socket_and_other_databases_are_not_heard(
    redis_server: RedisServer, channel: str
) -> None:
    url = f"unix://{redis_server.path}?db="
    async with (
        running(redis_server, url=f"{url}1") as (broker, recorder),
        running(redis_server, url=f"{url}2") as (other, _),
    ):
        await broker.subscribe(channel)
        await say(other, channel, "other")
        await say(broker, channel, "own")
        await recorder.until_offset(channel, 1)
        assert [message.data for message in recorder.messages] == ["own"]


async def test_what_the_url_says_of_answers_does_not_matter(
    redis_server: RedisServer, channel: str
) -> None:
    url = f"{redis_server.url}?protocol=3&decode_responses=true&max_connections=1"
    async with running(redis_server, url=url) as (broker, recorder):
        await broker.subscribe(channel)
        await asyncio.gather(*(say(broker, channel) for _ in range(20)))
        await recorder.until_offset(channel, 20)


# Its beginning and end.


async def test_one_that_is_not_started_says_how_to_start_it(channel: str) -> None:
    broker = RedisBroker(NOWHERE)
    for attempt in (
        say(broker, channel),
        broker.subscribe(channel),
        broker.history(channel, Position("", 0)),
        broker.listen(channel),
        broker.release(channel, "key"),
    ):
        with pytest.raises(BrokerUnavailable, match=r"not started.*add_middleware"):
            await attempt


async def test_it_is_started_once(redis_server: RedisServer) -> None:
    async with running(redis_server) as (broker, _):
        with pytest.raises(RuntimeError, match="started already"):
            await broker.start(Recorder())


async def test_it_is_first_connecting_and_leaves_no_connection(
    own_redis: RedisServer, channel: str
) -> None:
    async with running(own_redis) as (broker, recorder):
        await broker.subscribe(channel)
        await asyncio.gather(*(say(broker, channel) for _ in range(50)))
    assert recorder.statuses == [
        Status.CONNECTING,
        Status.CONNECTED,
        Status.STOPPED,
    ]
    await until(
        own_redis, lambda: len(own_redis.ask("CLIENT", "LIST").splitlines()) == 1
    )


async def test_without_redis_everything_fails_in_a_bounded_time(channel: str) -> None:
    broker = RedisBroker(NOWHERE, timeout=0.2)
    async with started(broker) as recorder:
        for attempt in (
            say(broker, channel),
            broker.subscribe(channel),
            broker.history(channel, Position("", 0)),
            broker.position(channel),
            broker.listen(channel),
            broker.signal(channel, b""),
            broker.hold(channel, "key", b"", 1),
        ):
            async with asyncio.timeout(20):
                with pytest.raises(
                    BrokerUnavailable,
                    match=r"127.0.0.1:1 cannot be reached.*Check that",
                ):
                    await attempt
        await broker.unsubscribe(channel)
        await broker.unlisten(channel)
    assert recorder.statuses == [Status.CONNECTING, Status.STOPPED]


async def test_what_waits_for_redis_is_done_when_it_comes(
    own_redis: RedisServer, channel: str
) -> None:
    own_redis.kill()
    broker = RedisBroker(own_redis.url, timeout=20)
    async with started(broker) as recorder:
        subscribing = asyncio.create_task(broker.subscribe(channel))
        publishing = asyncio.create_task(say(broker, channel))
        await asyncio.to_thread(own_redis.start)
        epoch, offset = await publishing
        assert offset == 1
        place = await subscribing
        assert place in [(epoch, 0), (epoch, 1)]
        await say(broker, channel)
        await recorder.until_offset(channel, 2)


async def test_what_is_under_way_ends_with_it_though_redis_is_silent(
    own_redis: RedisServer, channel: str
) -> None:
    broker = RedisBroker(own_redis.url, timeout=1000)
    async with started(broker) as recorder:
        await recorder.until_connected()
        await say(broker, channel)
        own_redis.pause()
        publishing = asyncio.create_task(say(broker, channel))
        subscribing = asyncio.create_task(broker.subscribe(channel))
        await turns()
        async with asyncio.timeout(20):
            await broker.stop()
        for task in publishing, subscribing:
            with pytest.raises(BrokerUnavailable, match="was stopped"):
                await task


# What goes on while it is connected.


async def test_a_channel_is_subscribed_to_once_and_given_up(
    redis_server: RedisServer, channel: str
) -> None:
    name = f"falconws:live:0:{channel}"
    async with running(redis_server) as (broker, _):
        await asyncio.gather(*(broker.subscribe(channel) for _ in range(5)))
        assert subscribers(redis_server, name) == 1
        await broker.unsubscribe(channel)
        await until(redis_server, lambda: subscribers(redis_server, name) == 0)


async def test_what_is_given_up_and_asked_for_again_at_once_is_heard(
    own_redis: RedisServer, channel: str
) -> None:
    async with running(own_redis) as (broker, recorder):
        # Redis sees all of it together.
        own_redis.pause()
        for _ in range(3):
            subscribing = asyncio.create_task(broker.subscribe(channel))
            await turns()
            subscribing.cancel()
            await turns()
        subscribing = asyncio.create_task(broker.subscribe(channel))
        await turns()
        own_redis.resume()
        await subscribing
        assert subscribers(own_redis, f"falconws:live:0:{channel}") == 1
        await say(broker, channel)
        await recorder.until_offset(channel, 1)


async def test_a_subscription_that_fails_is_given_up(
    redis_server: RedisServer, channel: str
) -> None:
    name = f"falconws:live:0:{channel}"
    redis_server.ask("SET", f"falconws:{{c:{channel}}}:meta", "of somebody else")
    async with running(redis_server) as (broker, _):
        with pytest.raises(BrokerRefused, match=r"refused to subscribe.*WRONGTYPE"):
            await broker.subscribe(channel)
        await until(redis_server, lambda: subscribers(redis_server, name) == 0)


async def test_a_message_that_is_on_its_way_is_not_handed_on_after_unsubscribing(
    redis_server: RedisServer, channel: str
) -> None:
    async with running(redis_server) as (broker, recorder):
        await broker.subscribe(channel)
        await broker.unsubscribe(channel)
        # Redis has not been told yet: the loop did not run since.
        name = f"falconws:live:0:{channel}"
        assert redis_server.ask("PUBLISH", name, b"e:1:t\0\0\0\0late") == 1
        await until(redis_server, lambda: subscribers(redis_server, name) == 0)
        await broker.listen(channel)
        assert recorder.messages == []


@pytest.mark.parametrize("junk", [b"junk", b"e:x:t\0\0\0\0", b"e:1:z\0\0\0\0", b"\xff"])
async def test_what_is_no_message_is_logged_and_passed_over(
    redis_server: RedisServer, channel: str, junk: bytes, caplog: Any
) -> None:
    async with running(redis_server) as (broker, recorder):
        await broker.subscribe(channel)
        redis_server.ask("PUBLISH", f"falconws:live:0:{channel}", junk)
        await say(broker, channel)
        await recorder.until_offset(channel, 1)
    assert f"{channel}' was not taken" in caplog.text


async def test_a_sink_that_fails_is_told_the_next_message(
    redis_server: RedisServer, channel: str, caplog: Any
) -> None:
    class Failing(Recorder):
        def received(self, message: Message) -> None:
            super().received(message)
            raise LookupError("not for me")

        def changed(self, status: Status) -> None:
            super().changed(status)
            raise LookupError("nor this")

    broker, recorder = RedisBroker(redis_server.url), Failing()
    await broker.start(recorder)
    await broker.subscribe(channel)
    await say(broker, channel)
    await say(broker, channel)
    await recorder.until_offset(channel, 2)
    await broker.stop()
    assert "not for me" in caplog.text
    assert "nor this" in caplog.text
    assert recorder.statuses[-1] is Status.STOPPED


async def test_what_is_kept_ends_by_itself_and_is_in_one_slot(
    redis_server: RedisServer, channel: str
) -> None:
    prefix = f"{channel}:"
    async with running(redis_server, prefix=prefix, ttl=60) as (broker, _):
        await broker.publish("room", Kind.TEXT, b"x", None)
        await broker.hold("room", "key", b"value", 10)
    keys = sorted(key.decode() for key in redis_server.ask("KEYS", f"{prefix}*"))
    tagged = f"{prefix}{{c:room}}"
    assert keys == [f"{tagged}:{kind}" for kind in ("ends", "held", "log", "meta")]
    ends, held, log, meta = (redis_server.ask("TTL", key) for key in keys)
    assert 0 < log <= 60
    assert 3600 < meta <= 3660
    assert 3600 < ends <= 3610
    assert 3600 < held <= 3610


async def test_what_is_kept_for_ever_is_kept_for_very_long(
    redis_server: RedisServer, channel: str
) -> None:
    async with running(redis_server, ttl=math.inf) as (broker, _):
        place = await say(broker, channel)
        history = await broker.history(channel, Position(place.epoch, 0))
        assert len(history.messages) == 1
    assert redis_server.ask("TTL", f"falconws:{{c:{channel}}}:log") > 3e9


async def test_the_epoch_of_a_channel_that_is_subscribed_to_lives_on(
    own_redis: RedisServer, channel: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(redis_broker, "_EPOCH_TTL", 0.2)
    async with running(own_redis, ttl=0.1) as (broker, _):
        await broker.subscribe(channel)
        before = calls(own_redis, "pexpire")
        await until(own_redis, lambda: calls(own_redis, "pexpire") >= before + 3)


async def test_an_epoch_that_could_not_be_renewed_is_tried_again(
    own_redis: RedisServer,
    channel: str,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.INFO)
    monkeypatch.setattr(redis_broker, "_EPOCH_TTL", 0.2)
    async with running(own_redis, ttl=0.1, timeout=0.2) as (broker, _):
        await broker.subscribe(channel)
        own_redis.kill()
        await until(own_redis, lambda: caplog.text.count("not renewed") >= 2)
        await asyncio.to_thread(own_redis.start)
        await until(own_redis, lambda: calls(own_redis, "pexpire") >= 3)


async def test_a_script_that_redis_does_not_know_is_told_to_it(
    own_redis: RedisServer, channel: str
) -> None:
    async with running(own_redis) as (broker, _):
        assert (await say(broker, channel)).offset == 1
        own_redis.ask("SCRIPT", "FLUSH")
        assert (await say(broker, channel)).offset == 2


async def test_very_many_values_are_held(
    redis_server: RedisServer, channel: str
) -> None:
    async with running(redis_server) as (broker, _):
        tagged = f"falconws:{{c:{channel}}}:"
        await broker.hold(channel, "1", b"1", 60)
        fill = """
            for number = 2, 9000 do
              redis.call('HSET', KEYS[1], number, number)
              redis.call('ZADD', KEYS[2], 4e12, number)
            end
        """
        redis_server.ask("EVAL", fill, 2, f"{tagged}held", f"{tagged}ends")
        held = await broker.holders(channel)
        assert held == {str(n): str(n).encode() for n in range(1, 9001)}
        ends = f"{tagged}ends"
        redis_server.ask("ZUNIONSTORE", ends, 1, ends, "WEIGHTS", 0)
        assert await broker.holders(channel) == {}
        assert await broker.expire(channel) == held
        assert redis_server.ask("EXISTS", ends, f"{tagged}held") == 0


async def test_a_value_that_redis_has_lost_is_passed_over(
    redis_server: RedisServer, channel: str
) -> None:
    async with running(redis_server) as (broker, _):
        await broker.hold(channel, "lost", b"a", 60)
        await broker.hold(channel, "here", b"b", 60)
        redis_server.ask("HDEL", f"falconws:{{c:{channel}}}:held", "lost")
        assert await broker.holders(channel) == {"here": b"b"}


# What Redis has lost.


async def test_a_redis_that_was_flushed_begins_a_new_epoch(
    own_redis: RedisServer, channel: str
) -> None:
    async with running(own_redis) as (broker, recorder):
        await broker.subscribe(channel)
        before = await say(broker, channel)
        await say(broker, channel)
        own_redis.ask("FLUSHALL")
        after = await say(broker, channel)
        assert after.offset == 1
        assert after.epoch != before.epoch
        await recorder.until(lambda: len(recorder.messages) == 3)
        assert recorder.messages[-1].position == after
        history = await broker.history(channel, before)
        assert not history.is_complete
        assert [m.position for m in history.messages] == [after]


async def test_a_message_of_an_epoch_that_is_over_comes_too_late(
    redis_server: RedisServer, channel: str
) -> None:
    async with (
        Channels(RedisBroker(redis_server.url, timeout=20)) as channels,
        channels.subscribe(channel) as subscription,
    ):
        late = b"another:5:t\0\0\0\0late"
        redis_server.ask("PUBLISH", f"falconws:live:0:{channel}", late)
        await channels.publish(channel, "one")
        redis_server.ask("PUBLISH", f"falconws:live:0:{channel}", late)
        before = calls(redis_server, "evalsha")
        await channels.publish(channel, "two")
        async with asyncio.timeout(20):
            items = [await subscription.next(), await subscription.next()]
        assert [item.data for item in items if isinstance(item, Message)] == [
            "one",
            "two",
        ]
        # The history is asked for once for each, and not again and again.
        for _ in range(200):
            await channels.presence(channel)
        assert calls(redis_server, "evalsha") <= before + 210


@pytest.mark.parametrize("kind", ["meta", "log"])
async def test_history_that_redis_has_evicted_is_not_complete(
    redis_server: RedisServer, channel: str, kind: str
) -> None:
    async with running(redis_server) as (broker, _):
        for _ in range(3):
            before = await say(broker, channel)
        redis_server.ask("DEL", f"falconws:{{c:{channel}}}:{kind}")
        history = await broker.history(channel, Position(before.epoch, 2))
        assert (history.messages, history.is_complete) == ([], False)
        after = await say(broker, channel)
        assert (after.epoch == before.epoch) is (kind == "log")
        history = await broker.history(channel, Position(before.epoch, 2))
        assert [m.position for m in history.messages] == [after]
        assert not history.is_complete


async def test_a_channel_whose_epoch_was_evicted_is_published_to_anew(
    redis_server: RedisServer, channel: str
) -> None:
    async with running(redis_server) as (broker, _):
        for _ in range(3):
            await say(broker, channel, "old")
        redis_server.ask("DEL", f"falconws:{{c:{channel}}}:meta")
        after = await say(broker, channel, "new")
        assert after.offset == 1
        history = await broker.history(channel, Position(after.epoch, 0))
        assert [m.data for m in history.messages] == ["new"]
        assert history.is_complete


async def test_history_ends_at_a_hole(redis_server: RedisServer, channel: str) -> None:
    async with (
        running(redis_server) as (broker, _),
        running(redis_server, history=0) as (forgetful, _),
    ):
        await say(broker, channel)
        await say(forgetful, channel)
        history = await broker.history(channel, Position("", 0))
        assert history.messages == []
        await say(broker, channel)
        place = await say(broker, channel)
        history = await broker.history(channel, Position(place.epoch, 1))
        assert [m.position.offset for m in history.messages] == [3, 4]
        assert not history.is_complete
        history = await broker.history(channel, Position(place.epoch, 2))
        assert [m.position.offset for m in history.messages] == [3, 4]
        assert history.is_complete


async def test_another_server_begins_a_new_epoch(
    redis_server: RedisServer, channel: str
) -> None:
    async with running(redis_server) as (broker, _):
        before = await say(broker, channel)
        meta = f"falconws:{{c:{channel}}}:meta"
        # As it is where a replica has taken over, which may lack what came last.
        redis_server.ask("HSET", meta, "run", "of another server")
        after = await broker.position(channel)
        assert after.offset == 0
        assert after.epoch != before.epoch
        assert await broker.position(channel) == after
        history = await broker.history(channel, before)
        assert (history.messages, history.is_complete) == ([], False)


async def test_who_may_not_ask_for_the_server_has_epochs_too(
    own_redis: RedisServer, channel: str
) -> None:
    words = "user on nopass ~* &* +@all -info -role"
    own_redis.ask("ACL", "SETUSER", *words.split())
    url = own_redis.url.replace("redis://", "redis://user:any@")
    async with running(own_redis, url=url) as (broker, _):
        before = await broker.position(channel)
        assert await say(broker, channel) == Position(before.epoch, 1)
        history = await broker.history(channel, before)
        assert history.is_complete


async def test_a_wrong_password_is_told(own_redis: RedisServer, channel: str) -> None:
    own_redis.ask("ACL", "SETUSER", "user", "on", ">right", "~*", "&*", "+@all")
    url = own_redis.url.replace("redis://", "redis://user:wrong@")
    broker = RedisBroker(url, timeout=0.5)
    async with started(broker):
        with pytest.raises(
            BrokerUnavailable, match="invalid username-password"
        ) as info:
            await say(broker, channel)
        assert "wrong" not in str(info.value)


# Connections that are lost.


async def test_a_connection_that_is_lost_is_made_again_with_all_that_was_heard(
    own_redis: RedisServer, channel: str, caplog: pytest.LogCaptureFixture
) -> None:
    async with running(own_redis) as (broker, recorder):
        await broker.subscribe(channel)
        await broker.subscribe("given up")
        await broker.unsubscribe("given up")
        await broker.listen("topic")
        for round_ in 1, 2, 3:
            assert own_redis.ask("CLIENT", "KILL", "TYPE", "pubsub") == 1
            await until_statuses(recorder, 2 * round_ + 2)
            await say(broker, channel)
            await recorder.until_offset(channel, round_)
            await broker.signal("topic", b"signal")
            await recorder.until_signals(round_)
        assert recorder.statuses == [Status.CONNECTING, Status.CONNECTED] * 4
        assert subscribers(own_redis, "falconws:live:0:given up") == 0
    assert caplog.text.count("Redis is not connected") == 3


async def test_connections_for_commands_that_are_lost_are_made_again(
    own_redis: RedisServer, channel: str
) -> None:
    async with running(own_redis) as (broker, _):
        await asyncio.gather(*(say(broker, channel) for _ in range(10)))
        assert own_redis.ask("CLIENT", "KILL", "TYPE", "normal") > 0
        await until(own_redis, lambda: own_redis.ask("PING"))
        assert (await say(broker, channel)).offset == 11


async def test_a_connection_that_is_lost_under_a_command_is_told(
    own_redis: RedisServer, channel: str
) -> None:
    async with running(own_redis) as (broker, _):
        own_redis.ask("CLIENT", "PAUSE", 60_000, "WRITE")
        publishing = asyncio.create_task(say(broker, channel))
        await until(
            own_redis, lambda: own_redis.ask("INFO", "clients")["blocked_clients"] == 1
        )
        own_redis.ask("CLIENT", "KILL", "TYPE", "normal")
        with pytest.raises(BrokerUnavailable, match="did not publish to"):
            await publishing
        own_redis.ask("CLIENT", "UNPAUSE")
        await say(broker, channel)


async def test_a_place_is_asked_for_again_if_the_connection_was_lost_meanwhile(
    own_redis: RedisServer, channel: str
) -> None:
    name = f"falconws:live:0:{channel}"
    async with running(own_redis) as (broker, recorder):
        # It subscribes, and is held up where it asks for the place.
        own_redis.ask("CLIENT", "PAUSE", 60_000, "WRITE")
        subscribing = asyncio.create_task(broker.subscribe(channel))
        await until(own_redis, lambda: subscribers(own_redis, name) == 1)
        await until(
            own_redis, lambda: own_redis.ask("INFO", "clients")["blocked_clients"] == 1
        )
        own_redis.ask("CLIENT", "KILL", "TYPE", "pubsub")
        await until_statuses(recorder, 4)
        before = calls(own_redis, "evalsha")
        own_redis.ask("CLIENT", "UNPAUSE")
        place = await subscribing
        assert calls(own_redis, "evalsha") >= before + 2
        await say(broker, channel)
        await recorder.until_offset(channel, place.offset + 1)


async def test_a_server_that_falls_silent_is_noticed(
    own_redis: RedisServer, channel: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_link, "_PING_INTERVAL", 0.05)
    async with running(own_redis, timeout=0.5) as (broker, recorder):
        await broker.subscribe(channel)
        # It is asked, and answers, for some time.
        before = calls(own_redis, "ping")
        await until(own_redis, lambda: calls(own_redis, "ping") >= before + 3)
        assert recorder.statuses == [Status.CONNECTING, Status.CONNECTED]
        own_redis.pause()
        with pytest.raises(BrokerUnavailable, match=r"did not publish .* within 0.5 s"):
            await say(broker, channel)
        await until_statuses(recorder, 3)
        with pytest.raises(BrokerUnavailable, match=r"no answer in 0\.5 s"):
            await say(broker, channel)
        own_redis.resume()
        await recorder.until(lambda: recorder.statuses[-1] is Status.CONNECTED)
        place = await say(broker, channel)
        await recorder.until_offset(channel, place.offset)


async def test_a_server_that_became_a_replica_is_waited_for(
    own_redis: RedisServer, channel: str
) -> None:
    async with running(own_redis, timeout=0.5) as (broker, recorder):
        await say(broker, channel)
        own_redis.ask("REPLICAOF", "127.0.0.1", 1)
        with pytest.raises(BrokerUnavailable, match="not ready to publish"):
            await say(broker, channel)
        await recorder.until(lambda: recorder.statuses[-1] is Status.CONNECTING)
        with pytest.raises(
            BrokerUnavailable, match=r"it (is a replica|takes no writes)"
        ):
            await say(broker, channel)
        own_redis.ask("REPLICAOF", "NO", "ONE")
        await recorder.until(lambda: recorder.statuses[-1] is Status.CONNECTED)
        await say(broker, channel)


async def test_a_redis_that_is_full_refuses_and_says_what_to_do(
    own_redis: RedisServer, channel: str
) -> None:
    async with running(own_redis) as (broker, recorder):
        await broker.subscribe(channel)
        before = await say(broker, channel)
        own_redis.ask("CONFIG", "SET", "maxmemory", 1)
        with pytest.raises(
            BrokerRefused, match=r"refused to publish.*Raise its maxmemory"
        ):
            await say(broker, channel)
        with pytest.raises(BrokerRefused, match="refused to subscribe"):
            await broker.subscribe("new")
        # What is there can be asked for, and nothing has changed.
        assert await broker.position(channel) == before
        own_redis.ask("CONFIG", "SET", "maxmemory", 0)
        assert await say(broker, channel) == Position(before.epoch, 2)
        await recorder.until_offset(channel, 2)
        assert recorder.offsets(channel) == [1, 2]


async def test_an_error_of_ours_is_told_whole_and_it_goes_on(
    own_redis: RedisServer,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    check, failures = _link._check, [LookupError("a fault")]

    async def fail_once(connection: Any) -> None:
        if failures:
            raise failures.pop()
        await check(connection)

    monkeypatch.setattr(_link, "_check", fail_once)
    async with running(own_redis):
        assert failures == []
    assert "Traceback" in caplog.text
