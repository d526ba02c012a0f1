"""Writing to a client: bursts, clients that do not read, and the end."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from falconws.ws.server._output import Output


@pytest.fixture
def output(clock: Any, transport: Any) -> Any:
    found: Any = Output(clock)
    found._transport = transport
    return found


async def test_frames_of_a_turn_are_written_at_once(
    output: Any, transport: Any
) -> None:
    output._cork(b"a")
    output._cork(b"b")
    assert transport.written == []
    await asyncio.sleep(0)
    assert transport.written == [b"ab"]
    output._cork(b"c")
    await asyncio.sleep(0)
    assert transport.written == [b"ab", b"c"]


async def test_what_was_flushed_is_not_written_again(
    output: Any, transport: Any
) -> None:
    output._cork(b"a")
    output._flush()
    output._cork(b"b")
    output._write(b"c")
    await asyncio.sleep(0)
    assert transport.written == [b"a", b"b", b"c"]


async def test_many_frames_do_not_wait(output: Any, transport: Any) -> None:
    output._cork(b"a" * 65536)
    assert transport.written == []
    output._cork(b"b")
    assert transport.written == [b"a" * 65536 + b"b"]


async def test_nothing_is_written_to_who_is_gone(output: Any, transport: Any) -> None:
    transport.abort()
    output._cork(b"a" * 65537)
    output._cork(b"a")
    await asyncio.sleep(0)
    assert transport.written == []


async def test_who_sends_waits_for_who_reads(output: Any) -> None:
    await output._drained()
    output.pause_writing()
    waiting = [asyncio.ensure_future(output._drained()) for _ in range(2)]
    await asyncio.sleep(0)
    waiting[0].cancel()
    output.resume_writing()
    output.pause_writing()  # Before the other has had a turn.
    await asyncio.sleep(0)
    assert not waiting[1].done()
    await asyncio.sleep(0)
    output.resume_writing()
    await waiting[1]
    assert waiting[0].cancelled()


async def test_a_transport_closes_when_all_is_written(
    output: Any, transport: Any, clock: Any
) -> None:
    output._cork(b"a")
    output._end_output(2)
    assert transport.written == [b"a"]
    assert transport.calls == ["close"]
    clock.advance(1)
    assert transport.calls == ["close"]
    clock.advance(1)
    assert transport.calls == ["close", "abort"]
    assert clock.waiting == []


async def test_a_side_can_be_closed_alone(output: Any, transport: Any) -> None:
    output._end_output(2, is_half=True)
    assert transport.calls == ["write_eof"]


async def test_tls_has_no_sides(output: Any, transport: Any) -> None:
    transport.has_eof = False
    output._end_output(2, is_half=True)
    assert transport.calls == ["close"]


async def test_a_transport_that_closes_has_no_sides(
    output: Any, transport: Any
) -> None:
    transport.close()
    output._end_output(2, is_half=True)
    assert transport.calls == ["close"]


async def test_a_client_that_still_reads_is_waited_for(
    output: Any, transport: Any, clock: Any
) -> None:
    transport.buffered = 100
    output._end_output(2)
    for left in (50, 1, 0):
        transport.buffered = left
        clock.advance(2)
        assert transport.calls == ["close"]
    clock.advance(2)
    assert transport.calls == ["close", "abort"]


async def test_a_client_that_stops_reading_is_not(
    output: Any, transport: Any, clock: Any
) -> None:
    transport.buffered = 100
    output._end_output(2)
    output._end_output(2)  # Which begins anew.
    assert clock.waiting == [2]
    clock.advance(2)
    assert transport.calls[-1] == "abort"


async def test_a_timer_can_be_stopped(output: Any, clock: Any) -> None:
    output._stop_timer()
    output._end_output(2)
    output._stop_timer()
    assert clock.waiting == []
