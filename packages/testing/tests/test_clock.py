"""Time stands still in a block of `clock`, and moves by what the test says."""

from __future__ import annotations

import asyncio
import itertools
import logging
import math
import socket
import threading
import time
from collections.abc import AsyncIterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from falconws.core import App
from falconws.sse import SSEvent
from falconws.testing import ASGIConductor
from falconws.testing.alarms import seconds_left
from falconws.testing.bounded import bounded, finish
from falconws.testing.clock import clock
from falconws.ws import WebSocket

# Time.


async def test_time_stands_still_and_moves_by_what_it_is_advanced() -> None:
    loop = asyncio.get_running_loop()
    with clock() as stopped:
        began = loop.time()
        time.sleep(0.01)  # noqa: ASYNC251
        assert loop.time() == began
        await stopped.advance(15)
        assert loop.time() == began + 15
        assert stopped.elapsed == 15


async def test_a_timer_goes_off_when_it_is_due_and_not_before() -> None:
    with clock() as stopped:
        sleep = asyncio.create_task(asyncio.sleep(15))
        await stopped.advance(14.999)
        assert not sleep.done()
        await stopped.advance(0.001)
        assert sleep.done()


async def test_many_short_advances_are_as_long_as_their_sum() -> None:
    with clock() as stopped:
        sleep = asyncio.create_task(asyncio.sleep(1))
        for _ in range(10):
            await stopped.advance(0.1)
        assert sleep.done()
        assert stopped.elapsed == 1


async def test_an_advance_by_nothing_lets_happen_what_is_due() -> None:
    steps: list[int] = []

    async def walk() -> None:
        for step in range(100):
            steps.append(step)
            await asyncio.sleep(0)

    with clock() as stopped:
        task = asyncio.create_task(walk())
        await stopped.advance(0)
        assert len(steps) == 100
        assert stopped.elapsed == 0
        await task


async def test_what_a_timer_starts_has_come_to_rest_before_the_next_goes_off() -> None:
    seen: list[str] = []

    async def first() -> None:
        await asyncio.sleep(1)
        for step in range(50):
            seen.append(f"first {step}")
            await asyncio.sleep(0)

    async def second() -> None:
        await asyncio.sleep(1.000_01)
        seen.append("second")

    with clock() as stopped:
        tasks = [asyncio.create_task(second()), asyncio.create_task(first())]
        await stopped.advance(2)
        assert seen.index("second") == 50
        await asyncio.gather(*tasks)


async def test_what_a_timer_starts_sees_the_time_of_the_timer() -> None:
    loop = asyncio.get_running_loop()
    seen: list[float] = []

    async def backoff() -> None:
        for delay in (1, 2, 4):
            await asyncio.sleep(delay)
            seen.append(stopped.elapsed)

    with clock() as stopped:
        began = loop.time()
        loop.call_later(0.5, lambda: seen.append(loop.time() - began))
        await asyncio.gather(backoff(), stopped.advance(100))
    assert seen[0] == pytest.approx(0.5)
    assert seen[1:] == [1, 3, 7]


@given(
    timers=st.lists(st.integers(0, 40), max_size=30),
    steps=st.lists(st.integers(0, 15), max_size=8),
    chained=st.integers(1, 7),
)
def test_timers_go_off_in_their_order_at_their_times_none_early_none_late(
    timers: list[int], steps: list[int], chained: int
) -> None:
    """A unit is a tenth of a second, which no float can hold."""

    async def run() -> None:
        loop = asyncio.get_running_loop()
        fired: list[tuple[int, int]] = []

        with clock() as stopped:
            began = loop.time()

            def fire(due: int, again: int) -> None:
                fired.append((round(10 * (loop.time() - began)), due))
                if again:
                    loop.call_later(chained / 10, fire, due + chained, again - 1)

            for due in timers:
                loop.call_later(due / 10, fire, due, 2)
            expected = sorted(due + n * chained for due in timers for n in range(3))
            now = 0
            for step in steps:
                await stopped.advance(step / 10)
                now += step
                assert stopped.elapsed == now / 10
                assert [at for at, _ in fired] == [d for d in expected if d <= now]
                assert all(at == due for at, due in fired)

    asyncio.run(run())


@given(
    st.lists(st.floats(0, 1e6), min_size=1, max_size=20),
    st.lists(st.floats(0, 1e6), max_size=5),
)
def test_a_timer_reads_its_own_due_time_to_the_bit(
    delays: list[float], steps: list[float]
) -> None:
    async def run() -> None:
        loop = asyncio.get_running_loop()
        fired: list[float] = []
        with clock() as stopped:
            for delay in delays:
                when = loop.time() + delay

                def fire(when: float = when) -> None:
                    assert loop.time() == when
                    fired.append(when)

                loop.call_at(when, fire)
            for step in steps:
                before = loop.time()
                await stopped.advance(step)
                assert loop.time() == pytest.approx(before + step, abs=2e-6)
                assert fired == sorted(fired)
            await stopped.advance(max(delays))
        assert len(fired) == len(delays)

    asyncio.run(run())


@pytest.mark.parametrize("uptime", [1.0, 1e9])
def test_the_uptime_of_the_machine_does_not_matter(uptime: float) -> None:
    """At 1e9 s, floats are a tenth of a microsecond apart."""

    class Loop(asyncio.SelectorEventLoop):
        def time(self) -> float:
            return super().time() + uptime

    async def run() -> None:
        with clock() as stopped:
            sleep = asyncio.create_task(asyncio.sleep(0.3))
            await stopped.advance(0.299)
            assert not sleep.done()
            await stopped.advance(0.001)
            assert sleep.done()

    with asyncio.Runner(loop_factory=Loop) as runner:
        runner.run(run())


async def test_a_timeout_is_one_of_the_clock() -> None:
    with clock() as stopped:
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(10):
                await stopped.advance(15)
        assert stopped.elapsed == 10
        await stopped.advance(5)
        assert stopped.elapsed == 15


async def test_a_cancelled_timer_does_not_go_off() -> None:
    loop = asyncio.get_running_loop()
    calls: list[int] = []
    with clock() as stopped:
        for delay in range(1, 6):
            timer = loop.call_later(delay, calls.append, delay)
            if delay % 2:
                timer.cancel()
        await stopped.advance(10)
    assert calls == [2, 4]


async def test_an_error_in_a_callback_goes_where_it_always_goes() -> None:
    loop = asyncio.get_running_loop()
    caught: list[Any] = []
    loop.set_exception_handler(lambda _, context: caught.append(context["exception"]))

    def fail() -> None:
        raise ZeroDivisionError

    with clock() as stopped:
        loop.call_later(1, fail)
        await stopped.advance(2)
        assert stopped.elapsed == 2
    assert [type(exc) for exc in caught] == [ZeroDivisionError]


# The next timer.


async def test_the_next_timer_is_told_in_seconds() -> None:
    loop = asyncio.get_running_loop()
    with clock() as stopped:
        assert stopped.next_timer is None
        timers = [loop.call_later(delay, int) for delay in (3, 2.5, 4)]
        assert stopped.next_timer == 2.5
        timers[1].cancel()
        assert stopped.next_timer == 3
        await stopped.advance(1)
        assert stopped.next_timer == 2
        loop.call_at(loop.time() - 1, int)
        assert stopped.next_timer == 0
        await stopped.advance(10)
        assert stopped.next_timer is None


async def test_time_can_be_moved_from_timer_to_timer() -> None:
    seen: list[float] = []

    async def backoff() -> None:
        for delay in (1, 2.5):
            await asyncio.sleep(delay)
            seen.append(stopped.elapsed)

    with clock() as stopped:
        task = asyncio.create_task(backoff())
        assert await stopped.advance_to_next() == 1
        assert seen == [1]
        assert await stopped.advance_to_next() == 2.5
        assert seen == [1, 3.5]
        with pytest.raises(RuntimeError, match="the loop has no timer"):
            await stopped.advance_to_next()
        await task


# Threads, and what comes from outside.


async def test_time_waits_for_threads() -> None:
    loop = asyncio.get_running_loop()
    seen: list[str] = []
    release = threading.Event()

    async def works() -> None:
        await asyncio.sleep(1)
        threading.Timer(0.05, release.set).start()
        await asyncio.to_thread(release.wait, 5)
        seen.append("thread")

    with clock() as stopped:
        task = asyncio.create_task(works())
        loop.call_later(2, seen.append, "timer")
        await stopped.advance(3)
        assert seen == ["thread", "timer"]
        await task


async def test_time_does_not_wait_for_threads_if_it_is_told_so() -> None:
    release = threading.Event()
    with clock(threads=False) as stopped:
        task = asyncio.create_task(asyncio.to_thread(release.wait, 5))
        await stopped.advance(3)
        assert not task.done()
        release.set()
        assert await task


async def test_a_thread_can_use_the_loop_while_time_stands_still() -> None:
    loop = asyncio.get_running_loop()

    async def answer() -> int:
        return 42

    def ask() -> int:
        return asyncio.run_coroutine_threadsafe(answer(), loop).result(5)

    with clock():
        assert await asyncio.to_thread(ask) == 42


async def test_what_has_come_by_a_socket_is_read_before_time_goes_on() -> None:
    loop = asyncio.get_running_loop()
    ours, theirs = socket.socketpair()
    ours.setblocking(False)
    seen: list[Any] = []

    async def read() -> None:
        seen.append(await loop.sock_recv(ours, 10))

    with ours, theirs, clock() as stopped:
        task = asyncio.create_task(read())
        await stopped.advance(0)
        loop.call_later(1, seen.append, "timer")
        theirs.send(b"sent")
        await stopped.advance(1)
        assert seen == [b"sent", "timer"]
        await task


async def test_a_socket_is_waited_for_while_time_stands_still() -> None:
    loop = asyncio.get_running_loop()
    ours, theirs = socket.socketpair()
    ours.setblocking(False)
    with ours, theirs, clock():
        sender = threading.Timer(0.05, theirs.send, [b"sent"])
        sender.start()
        assert await loop.sock_recv(ours, 10) == b"sent"
        sender.join(5)


# What does not come to rest.


async def test_a_thread_that_does_not_end_is_named() -> None:
    release = threading.Event()
    loop = asyncio.get_running_loop()
    with clock(timeout=0.05) as stopped:
        task = asyncio.create_task(asyncio.to_thread(release.wait, 5))
        other = loop.run_in_executor(None, release.wait, 5)
        with pytest.raises(TimeoutError) as caught:
            await stopped.advance(1)
        release.set()
        await asyncio.gather(task, other)
    assert str(caught.value) == (
        "The loop did not come to rest within 0.05 real seconds, "
        "0 s after the clock began.\n"
        "In threads there still run: Event.wait(), Event.wait(). "
        "If they are not to end, use `clock(threads=False)`."
    )


async def test_a_task_that_does_not_rest_is_shown() -> None:
    async def spins() -> None:
        await asyncio.sleep(2)
        for _ in itertools.count():
            await asyncio.sleep(0)

    with clock(timeout=0.05) as stopped:
        task = asyncio.create_task(spins(), name="mill")
        with pytest.raises(TimeoutError) as caught:
            await stopped.advance(5)
        assert stopped.elapsed == 2
        task.cancel()
        await stopped.advance(0)
    message = str(caught.value)
    assert "within 0.05 real seconds, 2 s after the clock began" in message
    assert "Task 'mill' does not wait, but runs on and on, here:" in message
    assert message.endswith("await asyncio.sleep(0)")


async def test_a_thread_that_is_not_waited_for_is_not_blamed() -> None:
    release = threading.Event()

    async def spins() -> None:
        for _ in itertools.count():
            await asyncio.sleep(0)

    with clock(timeout=0.05, threads=False) as stopped:
        thread = asyncio.create_task(asyncio.to_thread(release.wait, 5))
        task = asyncio.create_task(spins())
        with pytest.raises(TimeoutError, match="runs on and on"):
            await stopped.advance(5)
        task.cancel()
        release.set()
        await thread


async def test_a_callback_that_does_not_rest_is_shown() -> None:
    loop = asyncio.get_running_loop()
    handles: list[asyncio.Handle] = []

    def again() -> None:
        handles[:] = [loop.call_soon(again)]

    again()
    with clock(timeout=0.05) as stopped:
        with pytest.raises(TimeoutError, match=r"Next it runs <.*again"):
            await stopped.advance(1)
        handles[0].cancel()


async def test_as_long_as_time_moves_it_may_take_long() -> None:
    async def ticks() -> None:
        for _ in range(20):
            await asyncio.sleep(1)
            time.sleep(0.01)  # noqa: ASYNC251

    with clock(timeout=0.05) as stopped:
        task = asyncio.create_task(ticks())
        await stopped.advance(20)
        assert task.done()


async def test_a_test_that_waits_for_time_itself_fails_and_is_shown() -> None:
    with pytest.raises(TimeoutError) as caught, clock(timeout=0.05):
        await asyncio.sleep(1)
    message = str(caught.value)
    assert "The test waited for 0.05 real seconds while time stood still." in message
    assert "needs `clock.advance()`" in message
    assert "The test waits for asyncio.sleep(1) with 1 s left, here:" in message
    assert message.endswith("await asyncio.sleep(1)")
    task = asyncio.current_task()
    assert task is not None
    assert not task.cancelling()


def test_a_test_whose_clock_a_fixture_has_stopped_fails_and_is_shown() -> None:
    stopping = clock(timeout=0.05)

    async def fixture() -> None:
        stopping.__enter__()

    async def test() -> None:
        await asyncio.sleep(1)

    with asyncio.Runner() as runner:
        runner.run(fixture())
        with pytest.raises(asyncio.CancelledError) as caught:
            runner.run(test())
    message = str(caught.value)
    assert "The test waited for 0.05 real seconds while time stood still." in message
    assert "The test waits for asyncio.sleep(1) with 1 s left, here:" in message
    assert message.endswith("await asyncio.sleep(1)")


async def test_a_test_that_is_cancelled_by_others_is_cancelled() -> None:
    async def test() -> None:
        with clock():
            await asyncio.Event().wait()

    task = asyncio.create_task(test())
    await asyncio.sleep(0)
    task.cancel()
    await asyncio.wait({task})
    assert task.cancelled()


async def test_a_test_that_was_woken_and_cancelled_is_cancelled() -> None:
    async def test() -> None:
        with clock(timeout=0.05):
            try:
                await asyncio.sleep(1)
            except asyncio.CancelledError:
                task.cancel()
                raise

    task = asyncio.create_task(test())
    await asyncio.wait({task})
    assert task.cancelled()


async def test_a_test_that_waits_for_something_else_is_left_alone() -> None:
    arrived = asyncio.Event()
    loop = asyncio.get_running_loop()
    with clock(timeout=0.01):
        sender = threading.Timer(0.1, loop.call_soon_threadsafe, [arrived.set])
        sender.start()
        await arrived.wait()  # There is no timer that it could wait for.
        sender.join(5)


async def test_a_test_that_goes_on_waiting_is_woken_once() -> None:
    arrived = asyncio.Event()
    loop = asyncio.get_running_loop()
    woken: list[str] = []

    async def stubborn() -> None:
        sender = threading.Timer(0.15, loop.call_soon_threadsafe, [arrived.set])
        sender.start()
        while not arrived.is_set():
            try:
                await arrived.wait()
            except asyncio.CancelledError:
                woken.append("once")
        sender.join(5)

    with clock(timeout=0.02):
        loop.call_later(1, int)
        await stubborn()
    assert woken == ["once"]


def test_a_clock_that_no_task_began_wakes_nobody() -> None:
    loop = asyncio.new_event_loop()
    block = clock(timeout=0.02)

    async def wait() -> None:
        arrived = asyncio.Event()
        loop.call_later(1, int)
        sender = threading.Timer(0.1, loop.call_soon_threadsafe, [arrived.set])
        sender.start()
        await arrived.wait()
        sender.join(5)

    loop.call_soon(block.__enter__)
    loop.run_until_complete(wait())
    block.__exit__(None, None, None)
    loop.close()


# Bounds.


async def test_bounds_are_real_while_time_stands_still() -> None:
    task = asyncio.create_task(asyncio.sleep(60))
    with clock() as stopped:
        with pytest.raises(TimeoutError) as caught:
            await bounded(asyncio.Event().wait(), 0.05, "send", task, cancels=False)
        assert stopped.elapsed == 0
    assert "needs `clock.advance()`" in str(caught.value)
    task.cancel()


async def test_bounds_are_not_reached_by_moving_time() -> None:
    task = asyncio.create_task(asyncio.sleep(60))
    wait = asyncio.create_task(bounded(task, 5, "return", task))
    await asyncio.sleep(0)
    with clock() as stopped:
        more = asyncio.create_task(bounded(task, 5, "return", task))
        await stopped.advance(59)
        assert not wait.done()
        assert not more.done()
        await stopped.advance(1)
        await asyncio.gather(wait, more)
    assert seconds_left(asyncio.get_running_loop()) is None


async def test_bounds_hold_for_what_does_not_rest() -> None:
    async def spins() -> None:
        for _ in itertools.count():
            await asyncio.sleep(0)

    task = asyncio.create_task(spins())
    with clock():
        with pytest.raises(TimeoutError, match="runs on and on"):
            await bounded(asyncio.Event().wait(), 0.05, "send", task)
        with pytest.raises(TimeoutError, match="runs on and on"):
            await finish(asyncio.create_task(spins()), 0.05)


async def test_time_passes_until_an_application_has_returned_and_no_further() -> None:
    with clock() as stopped:
        task = asyncio.create_task(asyncio.sleep(2))
        other = asyncio.create_task(asyncio.sleep(2.5))
        await finish(task, 5)
        assert stopped.elapsed == 2
        assert not other.done()
        await stopped.advance(0.5)
        assert other.done()


async def test_time_passes_no_further_than_the_bound() -> None:
    with clock() as stopped:
        task = asyncio.create_task(asyncio.sleep(2))
        with pytest.raises(TimeoutError, match=r"did not return within 0\.05 s"):
            await finish(task, 0.05)
        assert stopped.elapsed == 0.05


async def test_a_test_moves_time_when_what_passes_by_itself_has_passed() -> None:
    with clock() as stopped:
        task = asyncio.create_task(asyncio.sleep(2))
        end = asyncio.create_task(finish(task, 5))
        await asyncio.sleep(0)
        await stopped.advance(1)
        assert stopped.elapsed == 3
        await end


async def test_time_passes_by_itself_when_a_test_has_moved_it() -> None:
    with clock() as stopped:
        task = asyncio.create_task(asyncio.sleep(2))
        advance = asyncio.create_task(stopped.advance(1))
        end = asyncio.create_task(finish(task, 5))
        await end
        assert advance.done()
        assert stopped.elapsed == 2


async def test_what_a_test_brings_about_needs_no_more_time() -> None:
    with clock() as stopped:
        task = asyncio.create_task(asyncio.sleep(2))
        advance = asyncio.create_task(stopped.advance(3))
        await asyncio.sleep(0)
        await finish(task, 5)
        assert stopped.elapsed == 2
        await advance
        assert stopped.elapsed == 3


async def test_time_passes_until_all_have_returned() -> None:
    with clock() as stopped:
        tasks = [asyncio.create_task(asyncio.sleep(delay)) for delay in (3, 1, 2)]
        await asyncio.gather(*(finish(task, 5) for task in tasks))
        assert stopped.elapsed == 3


async def test_who_advances_a_clock_whose_block_is_left_is_told() -> None:
    with clock() as stopped:
        advance = asyncio.create_task(stopped.advance(1))
        await asyncio.sleep(0)
    with pytest.raises(RuntimeError, match="was left, and time flows again"):
        await advance


async def test_who_waits_for_an_end_goes_on_to_when_the_block_is_left() -> None:
    with clock() as stopped:
        ends = [
            asyncio.create_task(finish(asyncio.create_task(asyncio.sleep(0.05)), 5))
            for _ in range(2)
        ]
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        assert stopped.elapsed == 0
    await asyncio.gather(*ends)


# Wrong use.


def test_without_a_loop_there_is_no_time_to_stop() -> None:
    with pytest.raises(RuntimeError, match="no running event loop"), clock():
        pass


def test_a_loop_that_keeps_its_own_time_is_refused() -> None:
    async def use() -> None:
        with clock():
            pass

    uvloop = pytest.importorskip("uvloop")
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        with pytest.raises(RuntimeError, match=r"uvloop\.Loop cannot stand still"):
            runner.run(use())


async def test_time_that_stands_still_cannot_be_stopped() -> None:
    with clock() as stopped:
        with pytest.raises(RuntimeError, match="use the clock of the outer"), clock():
            pass
        await stopped.advance(1)
        assert stopped.elapsed == 1


@pytest.mark.parametrize("seconds", [-0.001, math.inf, math.nan])
async def test_time_moves_forward_and_by_a_number(seconds: float) -> None:
    with clock() as stopped:
        with pytest.raises(ValueError, match="Time moves by 0 seconds or more"):
            await stopped.advance(seconds)


@pytest.mark.parametrize("timeout", [0, -1, math.nan])
async def test_a_bound_that_is_none_is_refused(timeout: float) -> None:
    with pytest.raises(ValueError, match="timeout is more than 0"), clock(timeout):
        pass


async def test_a_bound_may_be_infinite() -> None:
    with clock(math.inf) as stopped:
        await stopped.advance(1)
        threading.Timer(
            0.05, asyncio.get_running_loop().call_soon_threadsafe, [int]
        ).start()
        await asyncio.to_thread(time.sleep, 0.1)


async def test_only_one_task_moves_time_at_once() -> None:
    with clock() as stopped:
        advance = asyncio.create_task(stopped.advance(1))
        await asyncio.sleep(0)
        with pytest.raises(RuntimeError, match="Another task advances this clock"):
            await stopped.advance(1)
        await advance
        assert stopped.elapsed == 1


async def test_a_clock_is_of_no_use_after_its_block() -> None:
    with clock() as stopped:
        pass
    with pytest.raises(RuntimeError, match="was left, and time flows again"):
        await stopped.advance(1)


async def test_a_clock_is_of_no_use_in_another_loop() -> None:
    with clock() as stopped:
        with pytest.raises(RuntimeError, match="that of another event loop"):
            await asyncio.to_thread(lambda: asyncio.run(stopped.advance(1)))


# After the block.


async def test_the_loop_is_as_it_was_but_for_the_time() -> None:
    loop: Any = asyncio.get_running_loop()
    before = dict(vars(loop)), dict(vars(loop._selector))
    with clock() as stopped:
        await stopped.advance(1)
    after = dict(vars(loop)), dict(vars(loop._selector))
    ignored = ("time", "_ready", "_scheduled", "_timer_cancelled_count")
    for old, new in zip(before, after, strict=True):
        assert {k: v for k, v in old.items() if k not in ignored} == {
            k: v for k, v in new.items() if k not in ignored
        }


async def test_what_others_have_put_in_place_is_put_back() -> None:
    loop: Any = asyncio.get_running_loop()
    selector = loop._selector
    calls: list[float | None] = []
    select = selector.select

    def listening(timeout: float | None = None) -> Any:
        calls.append(timeout)
        return select(timeout)

    selector.select = listening
    with clock() as stopped:
        await stopped.advance(1)
    assert calls
    assert selector.select is listening
    del selector.select


async def test_time_goes_on_from_where_it_stood_and_never_back() -> None:
    loop = asyncio.get_running_loop()
    for _ in range(3):
        before = loop.time()
        with clock() as stopped:
            await stopped.advance(3600)
            at_end = loop.time()
        assert at_end >= before + 3600
        assert at_end <= loop.time() < at_end + 60


async def test_a_loop_may_have_any_number_of_clocks_one_after_another() -> None:
    loop = asyncio.get_running_loop()
    began = loop.time()
    for _ in range(2000):
        with clock() as stopped:
            await stopped.advance(1)
    assert 2000 <= loop.time() - began < 2060


async def test_a_timer_that_is_left_has_as_long_to_go_as_it_had() -> None:
    loop = asyncio.get_running_loop()
    calls: list[str] = []
    with clock() as stopped:
        soon, late = asyncio.Event(), loop.call_later(3600, calls.append, "late")
        loop.call_later(100.05, soon.set)
        await stopped.advance(100)
        time.sleep(0.06)  # noqa: ASYNC251 Time stands still.
        left_at = loop.time()
    async with asyncio.timeout(5):
        await soon.wait()
    assert loop.time() - left_at >= 0.049
    assert calls == []
    late.cancel()


async def test_the_block_is_left_by_an_error_as_by_its_end() -> None:
    loop: Any = asyncio.get_running_loop()

    def fail() -> None:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError), clock():
        fail()
    assert "select" not in vars(loop._selector)
    async with asyncio.timeout(5):
        await asyncio.sleep(0.001)


def test_the_debug_mode_takes_no_callback_for_a_slow_one(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async def run() -> None:
        asyncio.get_running_loop().call_later(5, int)
        with clock() as stopped:
            asyncio.get_running_loop().call_later(5, int)
            await stopped.advance(60)

    with caplog.at_level(logging.WARNING, "asyncio"):
        asyncio.run(run(), debug=True)
    assert caplog.records == []


# Applications.


class Feed:
    async def on_websocket(self, req: Any, ws: WebSocket) -> None:
        await ws.accept()
        while True:
            await asyncio.sleep(15)
            await ws.send_text("ping")


class Events:
    async def on_get(self, req: Any, resp: Any) -> None:
        async def events() -> AsyncIterator[SSEvent | None]:
            await asyncio.sleep(40)
            yield SSEvent(text="news")

        resp.sse = events()


class Slow:
    async def on_get(self, req: Any, resp: Any) -> None:
        try:
            async with asyncio.timeout(10):
                await asyncio.sleep(3600)
        except TimeoutError:
            resp.text = "too slow"


@pytest.fixture
def conductor() -> ASGIConductor:
    app = App()
    app.add_route("/feed", Feed())
    app.add_route("/events", Events())
    app.add_route("/slow", Slow())
    return ASGIConductor(app)


async def test_a_responder_sleeps_by_the_clock(conductor: ASGIConductor) -> None:
    with clock() as stopped:
        async with conductor.simulate_ws("/feed") as ws:
            await stopped.advance(15)
            assert await ws.receive_text() == "ping"
            await stopped.advance(3600)
            for _ in range(240):
                assert await ws.receive_text() == "ping"
        # Its grace of 2 seconds has ended it, which is looked after five times a second.
        assert 3616.8 < stopped.elapsed < 3617.2


async def test_an_event_stream_is_kept_alive_by_the_clock(
    conductor: ASGIConductor,
) -> None:
    with clock() as stopped:
        async with conductor.simulate_get_stream("/events") as result:
            await stopped.advance(15)
            assert (await result.stream.read()).startswith(b":")
            await stopped.advance(25)
            assert b"data: news" in await result.stream.read()


async def test_a_timeout_of_a_responder_is_one_of_the_clock(
    conductor: ASGIConductor,
) -> None:
    with clock() as stopped:
        request = asyncio.create_task(conductor.simulate_get("/slow"))
        await stopped.advance(9.999)
        assert not request.done()
        await stopped.advance(0.001)
        assert (await request).text == "too slow"


async def test_an_application_goes_on_after_the_block(conductor: ASGIConductor) -> None:
    async with conductor.simulate_ws("/feed") as ws:
        with clock() as stopped:
            await stopped.advance(14.95)
        assert await ws.receive_text() == "ping"  # after 50 real milliseconds
        with clock() as stopped:
            await stopped.advance(15)
            assert await ws.receive_text() == "ping"
            await ws.close()
            await stopped.advance(2)
