"""What is between a simulated client and the application."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from falconws.core import Event
from falconws.testing.protocol import ASGIProtocolError
from falconws.testing.ws_channel import SendError, SocketChannel

ACCEPT: Event = {"type": "websocket.accept"}
CLOSE: Event = {"type": "websocket.close"}
START: Event = {"type": "websocket.http.response.start", "status": 401, "headers": []}
BODY: Event = {"type": "websocket.http.response.body"}
OLD = ["2.0", "2.1", "2.2", "2.3"]
NEW = ["2.4", "2.5", "2.10", "3.0"]


def text(payload: str) -> Event:
    return {"type": "websocket.send", "text": payload}


def channel_of(
    version: str | None = "2.4",
    write_limit: int | None = None,
    send_error: SendError | None = None,
    **scope: Any,
) -> SocketChannel:
    scope.setdefault("extensions", {"websocket.http.response": {}})
    if version is not None:
        scope["asgi"] = {"version": "3.0", "spec_version": version}
    return SocketChannel(scope, write_limit, send_error)


async def open_channel(*args: Any, **kwargs: Any) -> SocketChannel:
    channel = channel_of(*args, **kwargs)
    assert await channel.receive() == {"type": "websocket.connect"}
    await channel.send(ACCEPT)
    return channel


async def blocked(channel: SocketChannel, event: Event) -> asyncio.Task[None]:
    """Start to send something that has to wait."""
    sending = asyncio.create_task(channel.send(event))
    for _ in range(5):
        await asyncio.sleep(0)
        assert not sending.done()
    return sending


async def read(channel: SocketChannel) -> object:
    event = await channel.next_message()
    return event and event["text"]


# The handshake.


@pytest.mark.parametrize("version", [None, *OLD, *NEW])
async def test_headers_of_accept_are_sent_from_2_1_on(version: str | None) -> None:
    channel = channel_of(version, subprotocols=["v1"])
    headers = [(b"x-tag", b"1")]
    assert not channel.answered.is_set()
    await channel.send({**ACCEPT, "subprotocol": "v1", "headers": headers})
    assert channel.answered.is_set()
    assert channel.accepted
    assert channel.subprotocol == "v1"
    assert channel.headers == ([] if version in (None, "2.0") else headers)


async def test_a_scope_may_be_without_subprotocols_and_extensions() -> None:
    channel = SocketChannel({"subprotocols": None, "extensions": None}, None, None)
    with pytest.raises(ASGIProtocolError, match="being offered"):
        await channel.send(START)


async def test_a_denial_is_complete_with_the_last_of_its_body() -> None:
    channel = channel_of()
    await channel.send({**START, "headers": [(b"x-tag", b"1")]})
    await channel.send({**BODY, "body": b"a", "more_body": True})
    await channel.send({**BODY, "more_body": True})
    assert channel.denial is None
    assert not channel.answered.is_set()
    await channel.send({**BODY, "body": b"b"})
    assert channel.answered.is_set()
    assert channel.denial is not None
    assert (channel.denial.status_code, channel.denial.content) == (401, b"ab")
    assert channel.denial.headers["x-tag"] == "1"
    assert (channel.close_code, channel.initiator) == (3401, "server")
    assert await channel.receive() == {"type": "websocket.connect"}
    assert (await channel.receive())["code"] == 1006


@pytest.mark.parametrize(
    ("code", "told"),
    [
        (1000, 3403),
        (1010, 3403),
        (1011, 1011),
        (1012, 3403),
        (3000, 3000),
        (3404, 3404),
        (3999, 3999),
        (4000, 3403),
    ],
)
async def test_a_close_before_accept_is_a_403_and_some_codes_say_more(
    code: int, told: int
) -> None:
    channel = channel_of()
    await channel.send({**CLOSE, "code": code, "reason": "no"})
    assert channel.denial is not None
    assert (channel.denial.status_code, channel.denial.content) == (403, b"")
    assert (channel.close_code, channel.close_reason) == (told, "no")
    assert not channel.accepted


# The end.


@pytest.mark.parametrize("version", [None, *OLD, *NEW])
async def test_reasons_are_told_from_2_3_on(version: str | None) -> None:
    knows = version in ("2.3", *NEW)
    told = {"type": "websocket.disconnect", "code": 4000}
    if knows:
        told["reason"] = "bye"

    left = await open_channel(version)
    left.leave(4000, "bye")
    assert await left.receive() == told
    assert (left.close_code, left.close_reason) == (4000, "bye")
    assert left.initiator == "client"

    closed = await open_channel(version)
    await closed.send({**CLOSE, "code": 4000, "reason": "bye"})
    assert (closed.close_code, closed.initiator) == (4000, "server")
    assert closed.close_reason == ("bye" if knows else "")
    assert (await closed.receive()).get("reason", "") == closed.close_reason


async def test_nobody_begins_the_end_of_a_connection_that_breaks_off() -> None:
    channel = await open_channel()
    channel.leave(1006, "")
    assert channel.initiator is None


@pytest.mark.parametrize("version", [None, *OLD])
@pytest.mark.parametrize("event", [ACCEPT, text("x"), CLOSE, START])
async def test_before_2_4_what_is_sent_to_a_client_that_has_left_is_ignored(
    version: str | None, event: Event
) -> None:
    channel = channel_of(version)
    channel.leave(1006, "")
    await channel.send(event)
    assert channel.violation is None
    assert await channel.next_message() is None


@pytest.mark.parametrize("version", NEW)
@pytest.mark.parametrize("event", [ACCEPT, text("x"), CLOSE, START])
async def test_from_2_4_on_that_raises_os_error(version: str, event: Event) -> None:
    channel = channel_of(version)
    channel.leave(1006, "")
    depths = set()
    for _ in range(3):
        with pytest.raises(OSError, match="left") as caught:
            await channel.send(event)
        depths.add(len(caught.traceback))
        assert caught.type is OSError
        assert caught.value is channel.left_error
    assert len(depths) == 1


@pytest.mark.parametrize("version", ["2.0", "2.4"])
async def test_the_error_for_that_can_be_chosen(version: str) -> None:
    error = RuntimeError("gone")
    for chosen in (error, RuntimeError):
        channel = await open_channel(version, send_error=chosen)
        channel.leave(1001, "")
        for _ in range(2):
            with pytest.raises(RuntimeError) as caught:
                await channel.send(text("x"))
            assert caught.value is channel.left_error
            assert (caught.value is error) is (chosen is error)


async def test_a_send_that_is_ignored_lets_others_run() -> None:
    channel = await open_channel("2.3")
    channel.leave(1001, "")

    async def send_for_ever() -> None:
        while True:
            await channel.send(text("x"))

    sending = asyncio.create_task(send_for_ever())
    async with asyncio.timeout(5):
        await asyncio.sleep(0)
        await asyncio.sleep(0)
    sending.cancel()
    with pytest.raises(asyncio.CancelledError):
        await sending


async def test_an_application_that_sends_without_end_lets_others_run() -> None:
    channel = await open_channel()

    async def send_for_ever() -> None:
        while True:
            await channel.send(text(""))

    sending = asyncio.create_task(send_for_ever())
    async with asyncio.timeout(5):
        for _ in range(300):
            assert await read(channel) == ""
    channel.leave(1000, "")
    with pytest.raises(OSError, match="left"):
        await sending


async def test_a_few_messages_are_sent_without_a_pause() -> None:
    channel = await open_channel()
    others: list[str] = []
    asyncio.get_running_loop().call_soon(others.append, "ran")
    for _ in range(100):
        await channel.send(text("x"))
    assert others == []
    await channel.send(text("x"))
    assert others == ["ran"]


# Slow readers.


@pytest.mark.parametrize("payload", ["x" * 10, "é" * 5])
async def test_up_to_the_limit_a_send_does_not_wait(payload: str) -> None:
    channel = await open_channel(write_limit=10)
    async with asyncio.timeout(5):
        await channel.send(text(payload))


@pytest.mark.parametrize("payload", ["x" * 11, "é" * 6])
async def test_beyond_the_limit_it_waits_to_be_read(payload: str) -> None:
    channel = await open_channel(write_limit=10)
    sending = await blocked(channel, text(payload))
    assert await read(channel) == payload
    async with asyncio.timeout(5):
        await sending


async def test_a_limit_of_0_makes_each_message_wait_but_an_empty_one() -> None:
    channel = await open_channel(write_limit=0)
    async with asyncio.timeout(5):
        await channel.send(text(""))
    sending = await blocked(channel, text("x"))
    assert [await read(channel), await read(channel)] == ["", "x"]
    async with asyncio.timeout(5):
        await sending


async def test_reading_too_little_does_not_end_the_wait() -> None:
    channel = await open_channel(write_limit=3)
    await channel.send(text("aa"))
    first = await blocked(channel, text("bbbb"))
    second = await blocked(channel, text("c"))
    assert await read(channel) == "aa"
    for _ in range(5):
        await asyncio.sleep(0)
    assert not first.done()
    assert not second.done()
    assert await read(channel) == "bbbb"
    async with asyncio.timeout(5):
        await first
        await second


async def test_without_a_limit_no_send_waits() -> None:
    channel = await open_channel()
    async with asyncio.timeout(5):
        await channel.send(text("x" * 1_000_000))


async def test_a_send_that_waits_is_over_when_the_client_leaves() -> None:
    for version in ("2.3", "2.4"):
        channel = await open_channel(version, write_limit=0)
        sending = await blocked(channel, text("x"))
        channel.leave(1006, "")
        async with asyncio.timeout(5):
            if version == "2.3":
                await sending
            else:
                with pytest.raises(OSError, match="left"):
                    await sending


async def test_a_message_that_was_read_is_sent_even_if_the_client_leaves_then() -> None:
    channel = await open_channel(write_limit=0)
    sending = await blocked(channel, text("x"))
    assert await read(channel) == "x"
    channel.leave(1006, "")
    async with asyncio.timeout(5):
        await sending


async def test_a_client_that_vanishes_takes_65536_bytes() -> None:
    channel = await open_channel()
    channel.vanish()
    assert channel.vanished
    async with asyncio.timeout(5):
        await channel.send(text("x" * 65536))
    sending = await blocked(channel, text("x"))
    sending.cancel()
    with pytest.raises(asyncio.CancelledError):
        await sending


async def test_a_client_that_vanishes_keeps_its_limit() -> None:
    channel = await open_channel(write_limit=3)
    channel.vanish()
    async with asyncio.timeout(5):
        await channel.send(text("xxx"))
    sending = await blocked(channel, text("x"))
    await channel.send({**CLOSE, "code": 1013})
    assert channel.close_code == 1013
    with pytest.raises(OSError, match="left"):
        await sending


# Messages.


async def test_messages_pass_in_order() -> None:
    channel = await open_channel()
    for name in "ab":
        channel.deliver({"type": "websocket.receive", "text": name})
        await channel.send(text(name))
    assert [(await channel.receive())["text"] for _ in "ab"] == ["a", "b"]
    assert [await read(channel) for _ in "ab"] == ["a", "b"]


async def test_a_client_waits_for_a_message_or_for_the_end() -> None:
    channel = await open_channel()
    waiting = [asyncio.create_task(read(channel)) for _ in range(3)]
    await asyncio.sleep(0)
    await channel.send(text("a"))
    await asyncio.sleep(0)
    await channel.send(text("b"))
    await channel.send(CLOSE)
    async with asyncio.timeout(5):
        assert await asyncio.gather(*waiting) == ["a", "b", None]


async def test_whoever_waits_for_a_message_learns_that_the_client_leaves() -> None:
    channel = await open_channel()
    waiting = asyncio.create_task(channel.next_message())
    await asyncio.sleep(0)
    channel.leave(1000, "")
    async with asyncio.timeout(5):
        assert await waiting is None


async def test_what_was_sent_before_the_end_can_be_read_unless_it_is_forgotten() -> (
    None
):
    for forgets in (False, True):
        channel = await open_channel()
        await channel.send(text("a"))
        channel.leave(1000, "")
        if forgets:
            channel.forget()
        assert await read(channel) == (None if forgets else "a")
        assert await read(channel) is None


# What ASGI does not allow.


async def test_a_violation_is_raised_and_kept_and_the_first_counts() -> None:
    channel = await open_channel()
    await channel.send(text("a"))
    waiting = asyncio.create_task(read(channel))
    assert await waiting == "a"
    waiting = asyncio.create_task(read(channel))
    await asyncio.sleep(0)
    with pytest.raises(ASGIProtocolError) as first:
        await channel.send({"type": "websocket.pong"})
    with pytest.raises(ASGIProtocolError, match="neither"):
        await channel.send({"type": "websocket.send"})
    assert channel.violation is first.value
    async with asyncio.timeout(5):
        assert await waiting is None


async def test_a_violation_in_the_handshake_answers_it() -> None:
    channel = channel_of()
    with pytest.raises(ASGIProtocolError, match="before the handshake"):
        await channel.send(text("x"))
    assert channel.answered.is_set()
    assert not channel.accepted


@pytest.mark.parametrize("event", [ACCEPT, text("x"), CLOSE])
async def test_whatever_follows_the_applications_own_end_is_a_violation(
    event: Event,
) -> None:
    for closed in (await open_channel(), channel_of()):
        await closed.send(CLOSE)
        with pytest.raises(ASGIProtocolError, match="after it had ended"):
            await closed.send(event)
