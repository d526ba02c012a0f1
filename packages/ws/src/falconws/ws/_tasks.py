"""Tasks that live as long as a connection: `WebSocket.tasks`."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from .errors import WebSocketDisconnected

__all__ = ("task_group",)


@asynccontextmanager
async def task_group(
    watchers: set[Callable[[], None]], disconnected: Callable[[], Exception]
) -> AsyncIterator[asyncio.TaskGroup]:
    """Give a task group that ends with a connection.

    Args:
        watchers: What is called when the connection is over; this adds itself, and takes itself
            out.
        disconnected: Makes the exception that says so.
    """
    loop = asyncio.get_running_loop()
    # A scope without a deadline: it ends when `end` gives it one, and tells that cancellation
    # from every other.
    scope = asyncio.timeout(None)

    def end() -> None:
        watchers.discard(end)
        scope.reschedule(loop.time())

    try:
        async with scope:
            watchers.add(end)
            try:
                async with asyncio.TaskGroup() as group:
                    yield group
            finally:
                watchers.discard(end)
    except TimeoutError:  # of the scope: what comes out of a task group is a group
        raise disconnected() from None
    except BaseExceptionGroup as failures:
        raise _first(failures) from None


def _first(failures: BaseExceptionGroup[BaseException]) -> BaseException:
    """Choose the exception that tells what went wrong; a disconnect is none, if others are."""
    _, bugs = failures.split(WebSocketDisconnected)
    exc: BaseException = bugs or failures
    while isinstance(exc, BaseExceptionGroup):
        exc = exc.exceptions[0]
    return exc
