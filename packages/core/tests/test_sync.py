import asyncio
import functools
import inspect
import threading
from collections.abc import Awaitable, Callable
from contextvars import ContextVar
from typing import Any

import pytest

from falconws.core.sync import (
    async_to_sync,
    runs_sync,
    sync_to_async,
    wrap_sync_to_async,
    wrap_sync_to_async_unsafe,
)

variable = ContextVar("variable", default="unset")


def tell(*args: Any, **kwargs: Any) -> tuple[Any, ...]:
    """Tell what it was called with, and where."""
    return args, kwargs, variable.get(), threading.current_thread()


async def tell_async(*args: Any, **kwargs: Any) -> tuple[Any, ...]:
    return args, kwargs, variable.get(), asyncio.get_running_loop()


def called_directly(func: Callable[..., Any]) -> Callable[..., Awaitable[Any]]:
    return functools.partial(sync_to_async, func)


SAFE = (
    called_directly,
    wrap_sync_to_async,
    functools.partial(wrap_sync_to_async, threadsafe=True),
)
UNSAFE = functools.partial(wrap_sync_to_async, threadsafe=False)
EVERY = (*SAFE, UNSAFE, wrap_sync_to_async_unsafe)


@pytest.mark.parametrize("wrap", [*SAFE, UNSAFE])
async def test_a_function_is_called_in_a_thread_with_the_callers_context(
    wrap: Any,
) -> None:
    variable.set("set")
    args, kwargs, value, thread = await wrap(tell)(1, k=2)
    assert (args, kwargs, value) == ((1,), {"k": 2}, "set")
    assert thread is not threading.current_thread()


async def test_the_unsafe_wrapper_calls_a_function_in_the_event_loops_thread() -> None:
    args, kwargs, _, thread = await wrap_sync_to_async_unsafe(tell)(1, k=2)
    assert (args, kwargs, thread) == ((1,), {"k": 2}, threading.current_thread())


@pytest.mark.parametrize("wrap", EVERY)
async def test_what_a_function_raises_is_raised_where_it_is_awaited(wrap: Any) -> None:
    with pytest.raises(ValueError, match="invalid literal"):
        await wrap(int)("x")


@pytest.mark.parametrize("wrap", [*SAFE[1:], UNSAFE, wrap_sync_to_async_unsafe])
def test_a_wrapped_function_is_a_coroutine_function_that_looks_like_itself(
    wrap: Any,
) -> None:
    wrapped = wrap(tell)
    assert inspect.iscoroutinefunction(wrapped)
    assert (wrapped.__name__, wrapped.__doc__) == (tell.__name__, tell.__doc__)


@pytest.mark.parametrize("wrap", EVERY)
async def test_a_coroutine_function_is_not_called_in_a_thread(wrap: Any) -> None:
    with pytest.raises(TypeError, match="is a coroutine function already"):
        await wrap(tell_async)()


@pytest.mark.parametrize("wrap", SAFE)
async def test_thread_safe_functions_run_side_by_side(wrap: Any) -> None:
    meeting = threading.Barrier(2, timeout=5)
    await asyncio.gather(wrap(meeting.wait)(), wrap(meeting.wait)())


def test_functions_that_are_not_thread_safe_run_in_one_thread_in_every_loop() -> None:
    threads: set[threading.Thread] = set()

    def work() -> None:
        threads.add(threading.current_thread())

    async def use() -> None:
        await asyncio.gather(UNSAFE(work)(), UNSAFE(work)())

    asyncio.run(use())
    asyncio.run(use())
    assert len(threads) == 1


def test_a_coroutine_function_is_called_in_a_loop_of_its_own() -> None:
    variable.set("sync")
    calls = [async_to_sync(tell_async, 1, k=2), runs_sync(tell_async)(1, k=2)]
    for args, kwargs, value, loop in calls:
        assert (args, kwargs, value) == ((1,), {"k": 2}, "sync")
        assert loop.is_closed()
    assert calls[0][3] is not calls[1][3]


def test_anything_that_can_be_awaited_is_awaited() -> None:
    def later() -> Awaitable[int]:
        future = asyncio.get_running_loop().create_future()
        future.set_result(5)
        return future

    assert async_to_sync(later) == 5


def test_what_a_coroutine_raises_is_raised() -> None:
    async def fail() -> None:
        raise LookupError("gone")

    with pytest.raises(LookupError, match="gone"):
        async_to_sync(fail)


def test_a_function_made_of_a_coroutine_function_looks_like_it() -> None:
    plain = runs_sync(tell_async)
    assert not inspect.iscoroutinefunction(plain)
    assert plain.__name__ == "tell_async"


async def test_a_coroutine_cannot_wait_for_another_without_awaiting_it() -> None:
    with pytest.raises(RuntimeError, match="await the call instead"):
        async_to_sync(tell_async)
    with pytest.raises(RuntimeError, match="await the call instead"):
        runs_sync(tell_async)()
