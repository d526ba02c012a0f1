"""A test that would hang fails, and says what it waited for."""

from __future__ import annotations

import asyncio
import threading
import time
from typing import Any

import pytest

from falconws.testing import DEFAULT_TIMEOUT
from falconws.testing.alarms import go_off, seconds_left, still
from falconws.testing.bounded import bounded, finish


async def waiting_for_ever() -> None:
    await asyncio.Event().wait()


async def stuck_in_the_application() -> None:
    await waiting_for_ever()


async def test_what_comes_in_time_is_given() -> None:
    task = asyncio.ensure_future(asyncio.sleep(0, "answer"))
    assert await bounded(task, 5, "answer", task) == "answer"


async def test_what_does_not_come_fails_with_the_stack_of_the_application() -> None:
    task = asyncio.ensure_future(stuck_in_the_application())
    with pytest.raises(TimeoutError) as caught:
        await bounded(asyncio.Event().wait(), 0.05, "send a message", task)
    message = str(caught.value)
    assert "The application did not send a message within 0.05 s." in message
    assert "in stuck_in_the_application" in message
    task.cancel()


async def test_the_stack_goes_down_to_what_the_application_waits_for() -> None:
    task = asyncio.ensure_future(stuck_in_the_application())
    with pytest.raises(TimeoutError, match="in waiting_for_ever"):
        await finish(task, 0.05)


async def test_an_application_that_has_returned_is_finished() -> None:
    task = asyncio.ensure_future(asyncio.sleep(0))
    await finish(task, 5)
    assert task.done()


async def test_what_the_application_raised_comes_out() -> None:
    async def application() -> None:
        raise ZeroDivisionError("a bug")

    with pytest.raises(ZeroDivisionError, match="a bug"):
        await finish(asyncio.ensure_future(application()), 5)


async def test_an_application_that_does_not_return_is_cancelled_and_shown() -> None:
    task = asyncio.ensure_future(stuck_in_the_application())
    with pytest.raises(TimeoutError) as caught:
        await finish(task, 0.05)
    message = str(caught.value)
    assert "did not return within 0.05 s after its client had left" in message
    assert "in stuck_in_the_application" in message
    assert task.cancelled()


async def test_an_application_that_is_deaf_to_cancellation_holds_up_nobody() -> None:
    release = asyncio.Event()

    async def deaf() -> None:
        while not release.is_set():
            try:
                await release.wait()
            except asyncio.CancelledError:
                continue

    task = asyncio.ensure_future(deaf())
    async with asyncio.timeout(DEFAULT_TIMEOUT):
        with pytest.raises(TimeoutError, match="in deaf"):
            await finish(task, 0.05)
        release.set()
        await task


async def test_an_application_that_was_cancelled_does_not_cancel_the_test() -> None:
    # A CancelledError here would be taken for the cancellation of the test itself.
    task = asyncio.ensure_future(stuck_in_the_application())
    task.cancel()
    await finish(task, 5)
    assert task.cancelled()


async def test_what_the_application_raised_when_it_was_cancelled_is_the_cause() -> None:
    async def application() -> None:
        try:
            await waiting_for_ever()
        finally:
            raise ZeroDivisionError("a bug in its cleaning up")

    task = asyncio.ensure_future(application())
    with pytest.raises(TimeoutError) as caught:
        await finish(task, 0.05)
    assert isinstance(caught.value.__cause__, ZeroDivisionError)


async def test_an_application_that_is_of_use_still_is_not_cancelled() -> None:
    task = asyncio.ensure_future(stuck_in_the_application())
    with pytest.raises(TimeoutError):
        await bounded(waiting_for_ever(), 0.05, "send", task, cancels=False)
    assert not task.cancelling()
    task.cancel()


async def test_an_application_that_is_of_no_more_use_is_cancelled() -> None:
    task = asyncio.ensure_future(stuck_in_the_application())
    with pytest.raises(TimeoutError):
        await bounded(waiting_for_ever(), 0.05, "send", task)
    assert task.cancelled()


async def test_a_timeout_of_what_is_awaited_is_let_out_as_it_is() -> None:
    async def times_out() -> None:
        raise TimeoutError("its own")

    task = asyncio.ensure_future(stuck_in_the_application())
    with pytest.raises(TimeoutError, match=r"^its own$"):
        await bounded(times_out(), 5, "answer", task)
    assert not task.cancelling()
    task.cancel()


async def test_a_cancelled_test_is_cancelled() -> None:
    task = asyncio.ensure_future(stuck_in_the_application())
    test = asyncio.ensure_future(bounded(waiting_for_ever(), 5, "answer", task))
    await asyncio.sleep(0)
    test.cancel()
    await asyncio.wait({test})
    assert test.cancelled()
    assert not task.cancelling()
    task.cancel()


async def test_no_wait_leaves_an_alarm_behind() -> None:
    task = asyncio.ensure_future(stuck_in_the_application())
    await bounded(asyncio.sleep(0), 5, "answer", task)
    with pytest.raises(TimeoutError):
        await bounded(waiting_for_ever(), 0.05, "send", task, cancels=False)
    with pytest.raises(TimeoutError):
        await finish(task, 0.05)
    assert seconds_left(asyncio.get_running_loop()) is None


async def test_the_message_is_for_the_one_who_wrote_the_application() -> None:
    task = asyncio.ensure_future(stuck_in_the_application())
    with pytest.raises(TimeoutError) as caught:
        await bounded(waiting_for_ever(), 0.05, "send a message", task)
    line = waiting_for_ever.__code__.co_firstlineno + 1
    caller = stuck_in_the_application.__code__.co_firstlineno + 1
    assert str(caught.value) == (
        "The application did not send a message within 0.05 s.\n"
        "It waits for Event.wait(), here:\n"
        f'  File "{__file__}", line {caller}, in stuck_in_the_application\n'
        "    await waiting_for_ever()\n"
        f'  File "{__file__}", line {line}, in waiting_for_ever\n'
        "    await asyncio.Event().wait()"
    )


def test_bounds_hold_on_another_loop_and_leave_no_thread() -> None:
    async def wait() -> None:
        task = asyncio.ensure_future(stuck_in_the_application())
        with pytest.raises(TimeoutError, match="in waiting_for_ever"):
            await bounded(waiting_for_ever(), 0.05, "send", task, cancels=False)
        with pytest.raises(TimeoutError, match="in waiting_for_ever"):
            await finish(task, 0.05)

    uvloop = pytest.importorskip("uvloop")
    before = threading.active_count()
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(wait())
    assert threading.active_count() == before


class Holding:
    """Holds a loop; time passes at once."""

    def __init__(self) -> None:
        self.passed: list[float] = []
        self.timers: list[asyncio.Future[None]] = []

    def hint(self) -> str:
        return "It is held."

    async def let_pass(self, seconds: float, until: asyncio.Future[Any]) -> None:
        self.passed.append(seconds)
        for timer in self.timers:
            timer.set_result(None)


async def test_time_that_stands_still_passes_until_the_application_returns() -> None:
    loop = asyncio.get_running_loop()
    held = Holding()
    held.timers.append(loop.create_future())
    with still(loop, held):
        task = asyncio.ensure_future(held.timers[0])
        application = asyncio.ensure_future(asyncio.wait([task]))
        await finish(application, 5)
    assert held.passed == [5]
    assert application.done()


async def test_time_that_stands_still_passes_for_a_wait_that_says_so() -> None:
    loop = asyncio.get_running_loop()
    held = Holding()
    held.timers.append(loop.create_future())
    with still(loop, held):
        task = asyncio.ensure_future(asyncio.sleep(0))
        await bounded(held.timers[0], 7, "shut down", task, passes=True)
    assert held.passed == [7]


async def test_time_that_stands_still_does_not_pass_for_any_other_wait() -> None:
    loop = asyncio.get_running_loop()
    held = Holding()
    with still(loop, held):
        task = asyncio.ensure_future(asyncio.sleep(0))
        await bounded(asyncio.sleep(0), 5, "answer", task)
        await task
    assert held.passed == []


async def test_it_is_said_that_time_stands_still() -> None:
    loop = asyncio.get_running_loop()
    task = asyncio.ensure_future(stuck_in_the_application())
    waiting = asyncio.ensure_future(
        bounded(waiting_for_ever(), 0.05, "send", task, cancels=False)
    )
    await asyncio.sleep(0)
    began = time.monotonic()
    with still(loop, Holding()):
        while not waiting.done():
            go_off(loop)
            await asyncio.sleep(0)
    assert time.monotonic() - began < 5
    with pytest.raises(TimeoutError, match=r"\nIt is held\.\n"):
        await waiting
    task.cancel()
