"""What a task waits for, and where, in words for the one who wrote it."""

from __future__ import annotations

import asyncio
import gc
import inspect
import sysconfig
import traceback
from collections.abc import AsyncGenerator, Coroutine, Generator, Iterable, Iterator
from types import FrameType
from typing import Any

__all__ = ("describe", "is_busy", "main_task")

_MOST_TASKS = 8

_OWN = "falconws.testing."

_RESUMABLE = (AsyncGenerator, Coroutine, Generator)

# Whose frames tell how much: asyncio and this package, which run it; libraries; the reader.
_RUNNER, _LIBRARY, _READER = range(3)
_STANDARD = tuple({sysconfig.get_path(name) for name in ("stdlib", "platstdlib")})
_INSTALLED = tuple({sysconfig.get_path(name) for name in ("purelib", "platlib")})


def describe(task: asyncio.Task[Any], subject: str = "It") -> str:
    """Say what a task waits for, and show where; then the same of tasks that it waits for.

    Of the frames only those are shown that the reader has written, the innermost last; those
    of libraries if there are no others. Below a task come those of its `asyncio.TaskGroup`,
    and those that it awaits, alone or by `asyncio.gather` or `asyncio.wait`.

    Args:
        task: Any but the running one.
        subject: What to call it, at the beginning of a sentence.
    """
    found: dict[asyncio.Task[Any], str] = {task: subject}
    parts: list[str] = []
    while len(parts) < min(len(found), _MOST_TASKS):
        shown, name = list(found.items())[len(parts)]
        links = _links(shown)
        parts.append(_paragraph(shown, name, links))
        for child in _children(shown, links):
            found.setdefault(child, f"Its task {child.get_name()!r}")
    if more := len(found) - len(parts):
        parts.insert(1, f"It has {more} more tasks than the following.")
    return "\n".join(parts)


def is_busy(task: asyncio.Task[Any]) -> bool:
    """Say whether a task goes on without anybody's doing: it awaits nothing."""
    return not task.done() and not _is_waiting(_links(task))


def main_task(loop: asyncio.AbstractEventLoop) -> asyncio.Task[Any] | None:
    """Give the task that a loop runs until it is complete; None for a loop that runs for ever."""
    for task in asyncio.all_tasks(loop):
        callbacks: Any = getattr(task, "_callbacks", None) or ()
        if any(
            getattr(callback, "__name__", "") == "_run_until_complete_cb"
            for callback, _ in callbacks
        ):
            return task
    return None


def _links(task: asyncio.Task[Any]) -> list[Any]:
    """Go down from a task's coroutine to the future that it waits for in the end."""
    links: list[Any] = []
    awaited: Any = task.get_coro()
    while awaited is not None:
        links.append(awaited)
        awaited = _next_link(awaited)
    # Something may be on the way that does not tell what it awaits; the task knows the end.
    future = getattr(task, "_fut_waiter", None)
    if future is not None and links[-1] is not future:
        links.append(future)
    return links


def _next_link(awaited: Any) -> Any:
    if asyncio.isfuture(awaited):
        return None
    for attribute in ("cr_await", "ag_await", "gi_yieldfrom"):
        if hasattr(awaited, attribute):
            return getattr(awaited, attribute)
    # The iterator of a future and that of an asynchronous generator do not tell whose they
    # are. They refer to it.
    for held in gc.get_referents(awaited):
        if asyncio.isfuture(held) or isinstance(held, _RESUMABLE):
            return held
    return None


def _is_waiting(links: list[Any]) -> bool:
    return asyncio.isfuture(links[-1]) and not links[-1].done()


def _paragraph(task: asyncio.Task[Any], subject: str, links: list[Any]) -> str:
    if task.done():
        return f"{subject} {_outcome(task)}."
    framed = [(i, frame) for i, link in enumerate(links) if (frame := _frame(link))]
    nearest = max((_nearness(frame) for _, frame in framed), default=_RUNNER)
    shown = [(i, frame) for i, frame in framed if _nearness(frame) == nearest]
    if nearest == _RUNNER:
        return f"{subject} {_state(links, links)}."
    last, _ = shown[-1]
    stack = traceback.StackSummary.extract(
        (frame, frame.f_lineno) for _, frame in shown
    )
    lines = "".join(stack.format()).rstrip()
    return f"{subject} {_state(links, links[last + 1 :])}, here:\n{lines}"


def _outcome(task: asyncio.Task[Any]) -> str:
    if task.cancelled():
        return "was cancelled"
    if exc := task.exception():
        return f"raised {exc!r}"
    return "has returned"


def _frame(link: Any) -> FrameType | None:
    for attribute in ("cr_frame", "ag_frame", "gi_frame"):
        frame = getattr(link, attribute, None)
        if isinstance(frame, FrameType):
            return frame
    return None


def _module(frame: FrameType) -> str:
    return str(frame.f_globals.get("__name__", ""))


def _nearness(frame: FrameType) -> int:
    """Rank a frame by how much its lines tell the reader."""
    module = _module(frame)
    file = frame.f_code.co_filename
    if module.startswith(_OWN):
        return _RUNNER
    if module.startswith("falconws.") or file.startswith(_INSTALLED):
        return _LIBRARY
    return _RUNNER if file.startswith(_STANDARD) else _READER


def _state(links: list[Any], hidden: list[Any]) -> str:
    """Say what a chain of links is at; ``hidden`` are those below the last that is shown."""
    coro = links[0]
    if inspect.iscoroutine(coro):
        state = inspect.getcoroutinestate(coro)
        if state == inspect.CORO_CREATED:
            return "has not begun to run"
        if state == inspect.CORO_RUNNING:
            return "is running"
    if not _is_waiting(links):
        return "does not wait, but runs on and on"
    return f"waits for {' in '.join(_words(hidden))}"


def _words(hidden: list[Any]) -> list[str]:
    """Name what is waited for: what the reader has called, and what that has come down to."""
    called: list[str] = []
    loop = hidden[-1].get_loop()
    for link in hidden:
        frame = _frame(link)
        if frame is None:
            continue
        if _nearness(frame) == _LIBRARY:
            called = called or [_called(frame)]
            continue
        # Below a function of this package is how it does what it does.
        is_own = _module(frame).startswith(_OWN)
        if is_own and called:
            return called
        return [_called(frame) if is_own else _primitive(frame, loop), *called]
    return called or [_future(hidden[-1])]


def _called(frame: FrameType) -> str:
    """Name a function of a library; its class may be one that the reader has never seen."""
    code = frame.f_code
    name = code.co_name
    return f"{code.co_qualname if name.startswith('__') else name.lstrip('_')}()"


def _primitive(frame: FrameType, loop: asyncio.AbstractEventLoop) -> str:
    """Name a function of the standard library, with the argument that tells most."""
    name = frame.f_code.co_qualname
    values = frame.f_locals
    if name == "TaskGroup.__aexit__":
        return "the tasks of its TaskGroup"
    if name == "sleep":
        return f"asyncio.sleep({values.get('delay')!r}){_left(values.get('h'), loop)}"
    if name == "to_thread":
        func = values.get("func")
        return f"asyncio.to_thread({getattr(func, '__qualname__', func)})"
    if "self" in values:  # whose class may have it from a base without a meaning
        return f"{type(values['self']).__name__}.{frame.f_code.co_name}()"
    return f"{frame.f_globals.get('__name__', '').partition('.')[0]}.{name}()"


def _left(timer: Any, loop: asyncio.AbstractEventLoop) -> str:
    """Say how much of a sleep is left, if what wakes it is where it has always been."""
    if not hasattr(timer, "when"):
        return ""
    seconds = timer.when() - loop.time()
    return f" with {max(0.0, round(seconds, 3)):g} s left"


def _future(future: asyncio.Future[Any]) -> str:
    if isinstance(future, asyncio.Task):
        return f"its task {future.get_name()!r}"
    if hasattr(future, "_children"):
        return "asyncio.gather()"
    return "a future that nobody has given a result"


def _children(task: asyncio.Task[Any], links: list[Any]) -> Iterator[asyncio.Task[Any]]:
    """Find the tasks whose ends a task waits for, or will wait for."""
    loop = task.get_loop()
    groups = (t for t in asyncio.all_tasks(loop) if _parent(t) is task)
    # In the order of their beginning, if they have the names that asyncio gives.
    yield from sorted(groups, key=lambda t: (len(t.get_name()), t.get_name()))
    for link in links:
        frame = _frame(link)
        waited: Iterable[Any] = getattr(link, "_children", [link])
        if frame is not None and frame.f_code is asyncio.wait.__code__:
            waited = frame.f_locals["fs"]
        for future in waited:
            if isinstance(future, asyncio.Task) and not future.done():
                yield future


def _parent(task: asyncio.Task[Any]) -> Any:
    """Give the task whose `asyncio.TaskGroup` a task is in, or None."""
    for callback, _ in getattr(task, "_callbacks", None) or ():
        group = getattr(callback, "__self__", None)
        if isinstance(group, asyncio.TaskGroup):
            return getattr(group, "_parent_task", None)
    return None
