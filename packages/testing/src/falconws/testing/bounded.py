"""Waiting with a bound: a test that would hang fails, and says what it waited for."""

from __future__ import annotations

import asyncio
import traceback
from collections.abc import Awaitable
from types import FrameType
from typing import Any, TypeVar

__all__ = ("DEFAULT_TIMEOUT", "bounded", "finish")

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
) -> T:
    """Await something that an application is to bring about.

    Args:
        awaitable: What to wait for.
        seconds: For how long.
        what: What to say that the application did not do.
        task: The application's, whose stack goes into the message.
        cancels: Whether the application is of no more use if it did not do that.

    Raises:
        TimeoutError: It took longer.
    """
    try:
        async with asyncio.timeout(seconds):
            return await awaitable
    except TimeoutError:
        stack = _stack(task)
        if cancels:
            task.cancel()
            await asyncio.wait({task}, timeout=seconds)
        raise TimeoutError(
            f"The application did not {what} within {seconds:g} s.\n{stack}"
        ) from None


async def finish(task: asyncio.Task[Any], seconds: float) -> None:
    """Wait for an application to return, and let out what it raised.

    Raises:
        TimeoutError: It did not return; it is cancelled.
    """
    done, _ = await asyncio.wait({task}, timeout=seconds)
    if done:
        if not task.cancelled():  # which would be taken for a cancellation of the test
            task.result()
        return
    stack = _stack(task)
    task.cancel()
    await asyncio.wait({task}, timeout=seconds)
    raise TimeoutError(
        f"The application did not return within {seconds:g} s after its client had left.\n{stack}"
    )


def _stack(task: asyncio.Task[Any]) -> str:
    """Show where a task is, down to what it awaits."""
    frames: list[tuple[FrameType, int]] = []
    awaited: Any = task.get_coro()
    while (frame := _frame(awaited)) is not None:
        frames.append((frame, frame.f_lineno))
        awaited = getattr(awaited, "cr_await", None) or getattr(
            awaited, "ag_await", None
        )
    lines = traceback.StackSummary.extract(frames).format()
    return f"It is in {task!r}, here:\n{''.join(lines)}"


def _frame(awaited: Any) -> FrameType | None:
    frame = getattr(awaited, "cr_frame", None) or getattr(awaited, "ag_frame", None)
    return frame if isinstance(frame, FrameType) else None
