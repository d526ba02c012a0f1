"""A test that would hang fails, and says what it waited for."""

from __future__ import annotations

import asyncio

import pytest

from falconws.testing import DEFAULT_TIMEOUT
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
