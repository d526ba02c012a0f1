"""A coroutine that tells each time that it waits, and is otherwise as it was."""

import asyncio
from collections.abc import Coroutine
from typing import Any

import pytest

from falconws.core._watched import Watched


class Waits:
    """What was told of the waits of a coroutine."""

    def __init__(self) -> None:
        self.futures: list[Any] = []

    async def run(self, coroutine: Coroutine[Any, Any, None]) -> None:
        await Watched(coroutine, self.note)

    def note(self, future: Any) -> Any:
        self.futures.append(future)
        return future


async def test_each_wait_is_told_of_before_the_event_loop_goes_on() -> None:
    loop = asyncio.get_running_loop()
    waits = Waits()
    told: list[list[Any]] = []
    first, second = loop.create_future(), loop.create_future()

    async def waiting() -> None:
        assert waits.futures == []
        loop.call_soon(lambda: told.append(waits.futures.copy()))
        loop.call_soon(first.set_result, 1)
        assert await first == 1
        loop.call_soon(second.set_result, 2)
        assert await second == 2

    await waits.run(waiting())
    assert told == [[first]]
    assert waits.futures == [first, second]


async def test_what_does_not_wait_is_not_told_of() -> None:
    waits = Waits()
    ran: list[bool] = []

    async def ready() -> None:
        ran.append(True)

    await waits.run(ready())
    assert (ran, waits.futures) == ([True], [])


async def test_an_error_of_the_coroutine_goes_through() -> None:
    async def failing() -> None:
        await asyncio.sleep(0)
        raise LookupError("no such")

    with pytest.raises(LookupError, match="no such"):
        await Waits().run(failing())


@pytest.mark.parametrize("swallows", [False, True])
async def test_a_cancellation_reaches_the_coroutine_where_it_waits(
    swallows: bool,
) -> None:
    waits = Waits()
    reached: list[bool] = []
    released = asyncio.Event()

    async def waiting() -> None:
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            reached.append(True)
            if not swallows:
                raise
        await released.wait()

    task = asyncio.create_task(waits.run(waiting()))
    await asyncio.sleep(0)
    task.cancel()
    await asyncio.sleep(0)
    assert reached == [True]
    assert len(waits.futures) == 1 + swallows  # What it waits for then is told of, too.
    released.set()
    async with asyncio.timeout(5):
        await asyncio.wait([task])
    assert task.cancelled() is not swallows


async def test_a_timeout_in_the_coroutine_ends_what_it_is_around() -> None:
    async def waiting() -> None:
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0):
                await asyncio.Event().wait()

    await Waits().run(waiting())


def test_a_coroutine_that_is_closed_ends_where_it_waits() -> None:
    ended: list[str] = []

    async def waiting() -> None:
        try:
            await asyncio.sleep(0)
        finally:
            ended.append("finally")

    coroutine = waiting()
    running = Waits().run(coroutine)
    running.send(None)
    assert ended == []
    running.close()
    assert ended == ["finally"]


async def test_what_walks_along_the_awaits_sees_the_coroutine_in_its_place() -> None:
    async def inner() -> None:
        await asyncio.Event().wait()

    async def outer() -> None:
        await inner()

    running = Waits().run(outer())
    task = asyncio.create_task(running)
    await asyncio.sleep(0)
    names = []
    link: Any = running
    while hasattr(link, "cr_await"):
        names.append(link.cr_frame.f_code.co_name)
        link = link.cr_await
    assert names == ["run", "outer", "inner", "wait"]
    task.cancel()
