"""Plain functions called from coroutines without blocking them, and the other way around."""

from __future__ import annotations

import asyncio
import contextvars
import functools
import inspect
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, ParamSpec, TypeVar

__all__ = (
    "async_to_sync",
    "runs_sync",
    "sync_to_async",
    "wrap_sync_to_async",
    "wrap_sync_to_async_unsafe",
)

P = ParamSpec("P")
R = TypeVar("R")

# One thread for all functions that are not thread-safe, as two of them may use the same thing,
# and some of those only work in the thread they were made in. It belongs to no event loop, and
# starts with the first call.
_one_by_one = ThreadPoolExecutor(1, thread_name_prefix="falconws-one-by-one")


async def sync_to_async(
    func: Callable[P, R], /, *args: P.args, **kwargs: P.kwargs
) -> R:
    """Call a plain function in a thread, and await what it returns.

    It sees the context variables of the caller.

    Args:
        func: Thread-safe; for another use `wrap_sync_to_async`.
        *args: Passed on.
        **kwargs: Passed on.

    Raises:
        TypeError: It is a coroutine function.
    """
    _check_plain(func)
    return await asyncio.to_thread(func, *args, **kwargs)


def wrap_sync_to_async(
    func: Callable[P, R], threadsafe: bool | None = None
) -> Callable[P, Awaitable[R]]:
    """Make a coroutine function that calls a plain one in a thread.

    Args:
        func: Sees the context variables of the caller.
        threadsafe: False for a function that is not: its calls, and those of all others that
            were wrapped so, are made one after another in one thread. True and None for a
            thread of the event loop's.

    Raises:
        TypeError: It is a coroutine function.
    """
    _check_plain(func)

    @functools.wraps(func)
    async def call(*args: P.args, **kwargs: P.kwargs) -> R:
        if threadsafe is not False:
            return await asyncio.to_thread(func, *args, **kwargs)
        context = contextvars.copy_context()
        return await asyncio.get_running_loop().run_in_executor(
            _one_by_one, functools.partial(context.run, func, *args, **kwargs)
        )

    return call


def wrap_sync_to_async_unsafe(func: Callable[P, R]) -> Callable[P, Awaitable[R]]:
    """Make a coroutine function that calls a plain one where it is, in the event loop.

    All connections wait meanwhile: it is for what returns at once.

    Raises:
        TypeError: It is a coroutine function.
    """
    _check_plain(func)

    @functools.wraps(func)
    async def call(*args: P.args, **kwargs: P.kwargs) -> R:
        return func(*args, **kwargs)

    return call


def async_to_sync(
    coroutine: Callable[P, Awaitable[R]], /, *args: P.args, **kwargs: P.kwargs
) -> R:
    """Call a coroutine function where nothing can be awaited, in an event loop of its own.

    That loop ends with the call. What belongs to it, such as a connection, does not work in
    the next.

    Args:
        coroutine: The function, not what calling it returns.
        *args: Passed on.
        **kwargs: Passed on.

    Raises:
        RuntimeError: There is an event loop in this thread, which would have to stop
            meanwhile.
    """
    if _is_loop_running():
        raise RuntimeError(
            "async_to_sync() cannot be used in a coroutine; await the call instead."
        )

    async def call() -> R:
        return await coroutine(*args, **kwargs)

    return asyncio.run(call())


def runs_sync(coroutine: Callable[P, Awaitable[R]]) -> Callable[P, R]:
    """Make a plain function of a coroutine function, by `async_to_sync`."""

    @functools.wraps(coroutine)
    def call(*args: P.args, **kwargs: P.kwargs) -> R:
        return async_to_sync(coroutine, *args, **kwargs)

    return call


def _is_loop_running() -> bool:
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return False
    return True


def _check_plain(func: Callable[..., Any]) -> None:
    if inspect.iscoroutinefunction(func):
        raise TypeError(
            f"{func!r} is a coroutine function already; await a call of it."
        )
