"""Waiting with a bound: a test that would hang fails, and says what it waited for."""

from __future__ import annotations

import asyncio
import io
from collections.abc import Awaitable
from typing import Any, TypeVar

__all__ = ("DEFAULT_TIMEOUT", "bounded", "finish")

DEFAULT_TIMEOUT = 5.0
"""Seconds that a simulated client waits for an application, unless it is told otherwise."""

T = TypeVar("T")


async def bounded(
    awaitable: Awaitable[T], seconds: float, what: str, task: asyncio.Task[Any]
) -> T:
    """Await something that an application is to bring about.

    Args:
        awaitable: What to wait for.
        seconds: For how long.
        what: What to say that the application did not do.
        task: The application's, whose stack goes into the message.

    Raises:
        TimeoutError: It took longer.
    """
    try:
        async with asyncio.timeout(seconds):
            return await awaitable
    except TimeoutError:
        raise TimeoutError(
            f"The application did not {what} within {seconds:g} s.\n{_stack(task)}"
        ) from None


async def finish(task: asyncio.Task[Any], seconds: float) -> None:
    """Wait for an application to return, and let out what it raised.

    Raises:
        TimeoutError: It did not return; it is cancelled.
    """
    done, _ = await asyncio.wait({task}, timeout=seconds)
    if done:
        await task
        return
    stack = _stack(task)
    task.cancel()
    await asyncio.wait({task}, timeout=seconds)
    raise TimeoutError(
        f"The application did not return within {seconds:g} s after its client had left.\n{stack}"
    )


def _stack(task: asyncio.Task[Any]) -> str:
    out = io.StringIO()
    task.print_stack(file=out)
    return out.getvalue()
