"""An alarm goes off after real seconds, with timers of its loop or without."""

from __future__ import annotations

import asyncio
import math
import threading
import time
from typing import Any

import pytest

from falconws.testing.alarms import Alarm, go_off, holder, seconds_left, still


class Holding:
    """Holds a loop, without more than that."""

    def hint(self) -> str:
        return "It is held."

    async def let_pass(self, seconds: float, until: asyncio.Future[Any]) -> None:
        raise AssertionError("Nobody asked for that.")


async def settle() -> None:
    for _ in range(3):
        await asyncio.sleep(0)


async def test_an_alarm_calls_back_once_and_not_before_its_time() -> None:
    rung = asyncio.Event()
    began = time.monotonic()
    alarm = Alarm(0.05, rung.set)
    async with asyncio.timeout(5):
        await rung.wait()
    assert (
        time.monotonic() - began >= 0.049
    )  # a loop's timer may be a clock's tick early
    assert seconds_left(asyncio.get_running_loop()) is None
    alarm.cancel()


async def test_an_alarm_that_is_turned_off_does_not_call_back() -> None:
    calls: list[str] = []
    Alarm(0, lambda: calls.append("off")).cancel()
    Alarm(0, lambda: calls.append("on"))
    rung = asyncio.Event()
    Alarm(0.001, rung.set)
    async with asyncio.timeout(5):
        await rung.wait()
    assert calls == ["on"]


async def test_a_loop_without_alarms_has_no_seconds_left() -> None:
    assert seconds_left(asyncio.get_running_loop()) is None


async def test_the_seconds_left_are_those_of_the_first_alarm() -> None:
    loop = asyncio.get_running_loop()
    alarms = [Alarm(seconds, int) for seconds in (300, 100, 200)]
    left = seconds_left(loop)
    assert left is not None
    assert 90 < left <= 100
    for alarm in alarms:
        alarm.cancel()


async def test_the_seconds_left_are_never_more_than_a_selector_takes() -> None:
    loop = asyncio.get_running_loop()
    with still(loop, Holding()):
        alarm = Alarm(math.inf, int)
        assert seconds_left(loop) == 3600
        alarm.cancel()


async def test_alarms_of_other_loops_are_theirs() -> None:
    loop = asyncio.get_running_loop()
    seen: list[float | None] = []

    async def elsewhere() -> None:
        seen.append(seconds_left(asyncio.get_running_loop()))
        go_off(asyncio.get_running_loop())

    calls: list[str] = []
    with still(loop, Holding()):
        alarm = Alarm(0, lambda: calls.append("rung"))
        thread = threading.Thread(target=lambda: asyncio.run(elsewhere()))
        thread.start()
        thread.join(5)
        assert (seen, calls) == ([None], [])
        go_off(loop)
        assert calls == ["rung"]
    alarm.cancel()


async def test_alarms_of_a_still_loop_go_off_when_they_are_let_and_due() -> None:
    loop = asyncio.get_running_loop()
    calls: list[str] = []
    with still(loop, Holding()):
        late = Alarm(300, lambda: calls.append("late"))
        Alarm(0, lambda: calls.append("due"))
        await settle()
        assert calls == []  # It is no timer of the loop.
        go_off(loop)
        assert calls == ["due"]
        late.cancel()


async def test_an_alarm_from_before_is_kept_while_the_loop_is_still() -> None:
    loop = asyncio.get_running_loop()
    calls: list[str] = []
    Alarm(0, lambda: calls.append("rung"))
    with still(loop, Holding()):
        await settle()
        assert calls == []
        go_off(loop)
        assert calls == ["rung"]
    await settle()
    assert calls == ["rung"]


async def test_an_alarm_goes_off_after_its_loop_was_still() -> None:
    loop = asyncio.get_running_loop()
    rung = asyncio.Event()
    with still(loop, Holding()):
        Alarm(0, rung.set)
    async with asyncio.timeout(5):
        await rung.wait()


async def test_a_loop_is_held_as_long_as_the_block_lasts() -> None:
    loop = asyncio.get_running_loop()
    held = Holding()

    def fail() -> None:
        assert holder(loop) is held
        raise ZeroDivisionError

    assert holder(loop) is None
    with pytest.raises(ZeroDivisionError), still(loop, held):
        fail()
    assert holder(loop) is None
