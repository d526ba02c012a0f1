"""Waiting with a bound: a test that would hang fails, and says what it waited for.

The bounds are real seconds, also while the time of the loop stands still at a `clock`.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from typing import Any, TypeVar

from .alarms import Alarm, holder
from .stacks import describe

__all__ = ("DEFAULT_TIMEOUT", "bounded", "finish", "give_up")

DEFAULT_TIMEOUT = 5.0
"""Seconds that a simulated client waits for an application, unless it is told otherwise."""

T = TypeVar("T")


async def bounded(
    awaitable: Awaitable[T],
    seconds: float,
    what: str,
    task: asyncio.Task[Any],
    *,
    cancels: bool = True,
    passes: bool = False,
) -> T:
    """Await something that an application is to bring about.

    Args:
        awaitable: What to wait for.
        seconds: For how long, in real seconds.
        what: What to say that the application did not do.
        task: The application's; what it waits for goes into the message.
        cancels: Whether the application is of no more use if it did not do that.
        passes: Whether the time of a loop that stands still passes while this waits, by as
            many seconds at the most: for what ends, when no test is there to advance it.

    Raises:
        TimeoutError: It took longer.
    """
    __tracebackhide__ = True  # pytest: what happened here is in the message.
    scope = asyncio.timeout(None)
    alarm = Alarm(seconds, lambda: scope.reschedule(-1))
    try:
        async with scope:
            return await (_passing(awaitable, seconds) if passes else awaitable)
    except TimeoutError:
        if not scope.expired():
            raise
    finally:
        alarm.cancel()
    message = _message(f"{what} within {seconds:g} s", task)
    failure = await give_up(task, seconds) if cancels else None
    raise TimeoutError(message) from failure


async def finish(task: asyncio.Task[Any], seconds: float) -> None:
    """Wait for an application to return, and let out what it raised.

    The time of a loop that stands still passes meanwhile, as for `bounded` with ``passes``.

    Args:
        task: The application's.
        seconds: For how long, in real seconds.

    Raises:
        TimeoutError: It did not return; it is cancelled.
    """
    __tracebackhide__ = True
    if await _ends(task, seconds):
        if not task.cancelled():  # which would be taken for a cancellation of the test
            task.result()
        return
    message = _message(f"return within {seconds:g} s after its client had left", task)
    failure = await give_up(task, seconds)
    raise TimeoutError(message) from failure


def _message(what: str, task: asyncio.Task[Any]) -> str:
    lines = [f"The application did not {what}."]
    if held := holder(task.get_loop()):
        lines.append(held.hint())
    return "\n".join([*lines, describe(task)])


async def give_up(task: asyncio.Task[Any], seconds: float) -> BaseException | None:
    """Cancel an application, which may be deaf to that.

    Args:
        task: The application's.
        seconds: How long it may take to end then.

    Returns:
        What it has raised; None if that is nothing but the cancellation, or nothing yet.
    """
    task.cancel()
    if not await _ends(task, seconds) or task.cancelled():
        return None
    return task.exception()


async def _ends(task: asyncio.Task[Any], seconds: float) -> bool:
    """Wait for a task, and say whether it has ended."""
    scope = asyncio.timeout(None)
    alarm = Alarm(seconds, lambda: scope.reschedule(-1))
    try:
        async with scope:
            await _passing(asyncio.wait({task}), seconds)
    except TimeoutError:
        pass
    finally:
        alarm.cancel()
    return task.done()


async def _passing(awaitable: Awaitable[T], seconds: float) -> T:
    """Await something, and let the time pass that it takes, where it stands still."""
    held = holder(asyncio.get_running_loop())
    if held is None:
        return await awaitable
    future = asyncio.ensure_future(awaitable)
    try:
        await held.let_pass(seconds, future)
        return await future
    finally:
        future.cancel()
