import asyncio
import gc
import logging
import threading
from contextlib import suppress
from typing import Any

import pytest

from falconws.core.lifecycle import BackgroundTasks, check_coroutine_function
from falconws.testing import clock


async def test_callbacks_run_side_by_side_and_are_waited_for() -> None:
    tasks, done, gate = BackgroundTasks(), [], asyncio.Event()

    async def first() -> None:
        await gate.wait()
        done.append("first")

    async def second() -> None:
        done.append("second")
        gate.set()

    tasks.start([first, second])
    assert len(tasks) == 2
    await tasks.finish(5)
    assert done == ["second", "first"]
    assert len(tasks) == 0


async def test_a_plain_function_runs_in_a_thread() -> None:
    tasks, threads = BackgroundTasks(), []
    tasks.start([lambda: threads.append(threading.current_thread())])
    await tasks.finish(5)
    assert threads != [threading.current_thread()]


async def test_an_object_that_is_called_as_a_coroutine_function_is_awaited() -> None:
    tasks, threads = BackgroundTasks(), []

    class Callback:
        async def __call__(self) -> None:
            threads.append(threading.current_thread())

    check_coroutine_function(Callback())
    tasks.start([Callback()])
    await tasks.finish(5)
    assert threads == [threading.current_thread()]


async def test_a_callback_that_nobody_refers_to_is_kept() -> None:
    tasks, gate, done = BackgroundTasks(), asyncio.Event(), []

    def start() -> None:
        async def callback() -> None:
            await gate.wait()
            done.append("done")

        tasks.start([callback])

    start()
    await asyncio.sleep(0)
    gc.collect()
    gate.set()
    await tasks.finish(5)
    assert done == ["done"]


async def test_a_failure_is_logged_and_harms_no_other(
    caplog: pytest.LogCaptureFixture,
) -> None:
    tasks, done = BackgroundTasks(), []

    async def fail() -> None:
        raise ZeroDivisionError("nothing to divide by")

    async def succeed() -> None:
        done.append("done")

    tasks.start([fail, succeed])
    await tasks.finish(5)
    assert done == ["done"]
    (record,) = caplog.records
    assert record.levelno == logging.ERROR
    assert "fail failed" in record.message
    assert "nothing to divide by" in caplog.text


async def test_what_takes_too_long_is_cancelled_and_named(
    caplog: pytest.LogCaptureFixture,
) -> None:
    tasks, ended = BackgroundTasks(), []

    async def endless() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            ended.append("cancelled")

    tasks.start([endless])
    with clock() as time:
        finishing = asyncio.create_task(tasks.finish(3))
        await time.advance(2.9)
        assert ended == []
        await time.advance(0.1)
        await finishing
    assert ended == ["cancelled"]
    assert len(tasks) == 0
    assert "endless did not end within 3 s" in caplog.text


async def test_what_is_deaf_to_its_cancellation_is_waited_for_once_more() -> None:
    tasks, over = BackgroundTasks(), asyncio.Event()

    async def deaf() -> None:
        while not over.is_set():
            with suppress(asyncio.CancelledError):
                await over.wait()

    tasks.start([deaf])
    with clock() as time:
        finishing = asyncio.create_task(tasks.finish(3))
        await time.advance(5.9)
        assert not finishing.done()
        await time.advance(0.1)
        await finishing
        assert len(tasks) == 1
        over.set()
        await tasks.finish(3)
    assert len(tasks) == 0


async def test_a_callback_that_waits_for_the_others_does_not_wait_for_itself() -> None:
    tasks, done = BackgroundTasks(), []

    async def last() -> Any:
        await tasks.finish(5)
        done.append("last")

    tasks.start([last])
    await tasks.finish(5)
    assert done == ["last"]
