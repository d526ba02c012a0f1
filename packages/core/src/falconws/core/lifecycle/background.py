"""What goes on after a response was sent."""

from __future__ import annotations

import asyncio
import inspect
import logging
from collections.abc import Callable, Iterable
from typing import Any

__all__ = (
    "BackgroundTasks",
    "Callback",
    "check_coroutine_function",
    "is_coroutine_function",
)

logger = logging.getLogger("falconws")

Callback = Callable[[], Any]
"""A coroutine function, or a plain one, which is called in a thread; without arguments."""


class BackgroundTasks:
    """Runs callbacks, keeps hold of them, and logs those that fail.

    The event loop itself holds a task by a weak reference only: one that nobody keeps may
    vanish in the middle of its work.
    """

    def __init__(self) -> None:
        self._running: set[asyncio.Task[None]] = set()

    def __len__(self) -> int:
        return len(self._running)

    def start(self, callbacks: Iterable[Callback]) -> None:
        """Run callbacks side by side, each in a task of its own."""
        for callback in callbacks:
            task = asyncio.get_running_loop().create_task(_run(callback))
            self._running.add(task)
            task.add_done_callback(self._running.discard)

    async def finish(self, grace: float) -> None:
        """Wait for the callbacks that are running; cancel those that take too long.

        Args:
            grace: Seconds that they have.
        """
        tasks = self._running - {asyncio.current_task()}
        if not tasks:
            return
        _, late = await asyncio.wait(tasks, timeout=grace)
        for task in late:
            logger.warning("%s did not end within %g s", task.get_name(), grace)
            task.cancel()
        if late:
            await asyncio.wait(late, timeout=grace)


async def _run(callback: Callback) -> None:
    name = getattr(callback, "__qualname__", repr(callback))
    task = asyncio.current_task()
    assert task is not None  # `start` made one for this.
    task.set_name(f"The scheduled {name}")
    try:
        if is_coroutine_function(callback):
            await callback()
        else:
            await asyncio.to_thread(callback)
    except Exception as exc:
        logger.error("The scheduled %s failed", name, exc_info=exc)


def check_coroutine_function(callback: Any) -> None:
    """Refuse what is no coroutine function, where it is scheduled.

    Raises:
        TypeError: It is a coroutine, or a plain function.
    """
    if inspect.iscoroutine(callback):
        callback.close()  # or Python would warn that nobody has awaited it
        raise TypeError(
            "schedule() takes the coroutine function itself, not what calling it returns: "
            f"schedule({callback.__name__})."
        )
    if not is_coroutine_function(callback):
        raise TypeError(
            "schedule() takes a coroutine function; a plain one goes into schedule_sync()."
        )


def is_coroutine_function(callback: Any) -> bool:
    """Say whether calling something gives a coroutine; objects can be called too."""
    if inspect.iscoroutinefunction(callback):
        return True
    return callable(callback) and inspect.iscoroutinefunction(type(callback).__call__)
