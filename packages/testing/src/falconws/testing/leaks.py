"""`assert_no_leaks`: what a test has started is over when the test is."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import partial

# By its name, as a test that patches `time.monotonic` is not to move this bound.
from time import monotonic
from types import AsyncGeneratorType, TracebackType
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

from falconws.core import App

from .alarms import Alarm
from .bounded import DEFAULT_TIMEOUT
from .generators import StartedGenerators, place
from .stacks import describe
from .threads import stack_of_thread

if TYPE_CHECKING:
    from falconws.core.lifecycle import Connection

__all__ = ("Allowed", "LeakCheck", "ResourceHolder", "assert_no_leaks")

Allowed = str | Callable[[Any], bool]
"""What may be left: a name, which may have ``*`` and ``?``, or a function that is given the
task, generator, connection, resource or thread, and says whether it may be left."""


@runtime_checkable
class ResourceHolder(Protocol):
    """A part of an App that can say what it holds open, such as subscriptions.

    `assert_no_leaks` asks each middleware component and each extension of an App that has
    this method; there is nothing to register, and nothing to inherit from.
    """

    def open_resources(self) -> Iterable[object]:
        """Give what is open now; the ``repr()`` of each goes into the message."""
        ...


# Event loops keep these for the next call that is to be made in a thread, and those that
# are not Python's own cannot be waited for.
_IDLE_THREADS = ("asyncio_*", "AnyIO worker thread", "Dummy-*")

# Turns of the event loop in which nothing may change before it counts as quiet: what a callback
# gives back that another callback has asked for shows in the second turn, and so on.
_QUIET_TURNS = 3


def assert_no_leaks(
    *,
    app: App | Iterable[App] = (),
    allow: Allowed | Iterable[Allowed] = (),
    timeout: float = DEFAULT_TIMEOUT,
) -> LeakCheck:
    """Fail at the end of a block if something that was started in it is still there.

    With ``async with`` these are found: tasks that are not done, asynchronous generators that
    were started and are neither finished nor closed, threads, and of each ``app`` the open
    connections and what its components say that they hold open. What is about to end has
    time to do so, and a block that leaves nothing behind does not wait.

    A plain ``with`` finds the same, but cannot let the event loop go on: what would have
    ended by itself in the next moment is a leak to it. Where there is no running loop, as in
    a plain function, it finds threads, connections and what components hold open, and gives
    them time.

    An exception from the block goes out as it is; nothing is looked for then.

    Args:
        app: The App, or several, whose connections and components to look at.
        allow: What may be left; see `Allowed`. A task has two names, its own and that of its
            coroutine function; a generator has that of its function, a connection that of its
            request, such as ``"GET /events"``, and a resource that of its type.
        timeout: Seconds that what is left has to come to its end; 0 for none.

    Raises:
        AssertionError: Something is left. The message has the name and the place of each.
        TypeError: ``app`` or ``allow`` is something else than that.
        ValueError: ``timeout`` is negative.
    """
    if timeout < 0:
        raise ValueError("timeout is a number of seconds, from 0.")
    apps = (app,) if isinstance(app, App) else _apps(app)
    return LeakCheck(apps, _allowed(allow), timeout)


def _apps(given: Any) -> tuple[App, ...]:
    apps = tuple(given) if isinstance(given, Iterable) else (given,)
    for app in apps:
        if not isinstance(app, App):
            raise TypeError(
                f"app= takes an App of falconws, not {type(app).__name__}; of an App that is "
                "wrapped in something give the App itself."
            )
    return apps


def _allowed(given: Any) -> tuple[Allowed, ...]:
    is_one = isinstance(given, str) or not isinstance(given, Iterable)
    allowed = (given,) if is_one else tuple(given)
    for one in allowed:
        if not isinstance(one, str) and not callable(one):
            raise TypeError(
                f"allow= takes names and functions, not {type(one).__name__}."
            )
    return allowed


@dataclass
class _Leak:
    """Something that is left."""

    subject: object
    names: tuple[str, ...]
    show: Callable[[], str]
    task: asyncio.Task[Any] | None = None

    def is_allowed(self, allowed: Iterable[Allowed]) -> bool:
        """Say whether one of what may be left is this."""
        return any(
            one(self.subject)
            if callable(one)
            else any(fnmatchcase(name, one) for name in self.names)
            for one in allowed
        )


class LeakCheck:
    """What `assert_no_leaks` gives: a context manager, for ``with`` and for ``async with``."""

    def __init__(
        self, apps: tuple[App, ...], allowed: tuple[Allowed, ...], timeout: float
    ) -> None:
        self._apps = apps
        self._allowed = allowed
        self._timeout = timeout
        self._loop: asyncio.AbstractEventLoop | None = None
        self._tasks: set[asyncio.Task[Any]] = set()
        self._threads: set[threading.Thread] = set()
        self._connections: set[Connection] = set()
        self._resources: list[object] = []
        self._generators = StartedGenerators()

    def __enter__(self) -> None:
        with suppress(RuntimeError):
            self._loop = asyncio.get_running_loop()
        if self._loop is not None:
            self._tasks = asyncio.all_tasks(self._loop)
            self._generators.watch()
        self._threads = set(threading.enumerate())
        self._connections = set(self._open_connections())
        self._resources = self._open_resources()

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        tb: TracebackType | None,
    ) -> None:
        __tracebackhide__ = True
        self._generators.stop()
        if exc_type is not None:
            return
        if self._loop is None:
            self._wait()
        self._judge()

    async def __aenter__(self) -> None:
        self.__enter__()

    async def __aexit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        tb: TracebackType | None,
    ) -> None:
        __tracebackhide__ = True
        try:
            if exc_type is None:
                await self._settle()
        finally:
            self._generators.stop()
        if exc_type is None:
            self._judge()

    # Looking.

    def _judge(self) -> None:
        __tracebackhide__ = True
        leaks = self._leaks()
        if leaks:
            count = "1 leak" if len(leaks) == 1 else f"{len(leaks)} leaks"
            head = f"{count}: what the block has started is still there at its end."
            shown = [leak.show() for leak in leaks]
            raise AssertionError("\n\n".join([head, *shown]))

    def _leaks(self) -> list[_Leak]:
        connections = self._new_connections()
        leaks = [_of_connection(connection) for connection in connections]
        served = {connection.task for connection in connections}
        leaks += [_of_task(task) for task in self._new_tasks() if task not in served]
        leaks += [_of_generator(generator) for generator in self._generators.left()]
        leaks += [_of_resource(resource) for resource in self._new_resources()]
        leaks += [_of_thread(thread) for thread in self._new_threads()]
        return [leak for leak in leaks if not leak.is_allowed(self._allowed)]

    def _new_tasks(self) -> list[asyncio.Task[Any]]:
        if self._loop is None:
            return []
        found = asyncio.all_tasks(self._loop) - self._tasks
        found -= {asyncio.current_task(self._loop)}
        return sorted(found, key=lambda task: task.get_name())

    def _new_threads(self) -> list[threading.Thread]:
        return [
            thread
            for thread in threading.enumerate()
            if thread not in self._threads
            and not any(fnmatchcase(thread.name, name) for name in _IDLE_THREADS)
        ]

    def _new_connections(self) -> list[Connection]:
        return [c for c in self._open_connections() if c not in self._connections]

    def _open_connections(self) -> list[Connection]:
        return [c for app in self._apps for c in app.connections]

    def _new_resources(self) -> list[object]:
        found = self._open_resources()
        for resource in self._resources:
            if resource in found:
                found.remove(resource)
        return found

    def _open_resources(self) -> list[object]:
        return [
            resource
            for app in self._apps
            for part in (*app.middleware.components, *app.extensions)
            if isinstance(part, ResourceHolder)
            for resource in part.open_resources()
        ]

    # Waiting.

    async def _settle(self) -> None:
        """Let what is about to end do so."""
        end = monotonic() + self._timeout
        loop = asyncio.get_running_loop()
        late = loop.create_future()
        alarm = Alarm(self._timeout, partial(late.set_result, None))
        try:
            await self._run_ready(end)
            while (tasks := self._ending_tasks()) and not late.done():
                await _first({late, *tasks})
                await self._run_ready(end)
            for task in self._foreign_tasks():
                over = loop.create_future()
                _when_done(
                    task, partial(loop.call_soon_threadsafe, over.set_result, None)
                )
                await _first({late, over})
        finally:
            alarm.cancel()
        for thread in self._ending_threads():
            await asyncio.to_thread(thread.join, max(0.0, end - monotonic()))

    def _wait(self) -> None:
        """Do what `_settle` does, where there is no event loop to be kept going."""
        end = monotonic() + self._timeout
        for task in self._foreign_tasks():
            over = threading.Event()
            _when_done(task, over.set)
            over.wait(end - monotonic())
        for thread in self._ending_threads():
            thread.join(max(0.0, end - monotonic()))

    async def _run_ready(self, end: float) -> None:
        """Run what is ready, until the event loop is quiet or the time is over."""
        seen, quiet, turns = self._fingerprint(), 0, 0
        while quiet < _QUIET_TURNS:
            if turns >= _QUIET_TURNS and monotonic() > end:
                return
            await asyncio.sleep(0)
            turns += 1
            now = self._fingerprint()
            quiet = quiet + 1 if now == seen else 0
            seen = now

    def _fingerprint(self) -> tuple[object, ...]:
        generators = self._generators.left()
        return self._new_tasks(), len(generators), len(self._new_resources())

    def _ending_tasks(self) -> set[asyncio.Task[Any]]:
        """Give what may end while this event loop goes on."""
        tasks = (leak.task for leak in self._leaks())
        own = {task for task in tasks if task and task.get_loop() is self._loop}
        return own - {asyncio.current_task()}

    def _foreign_tasks(self) -> set[asyncio.Task[Any]]:
        """Give what serves connections in other threads, as with a server that runs there."""
        tasks = (leak.task for leak in self._leaks())
        return {
            task
            for task in tasks
            if task
            and task.get_loop() is not self._loop
            and task.get_loop().is_running()
        }

    def _ending_threads(self) -> list[threading.Thread]:
        subjects = (leak.subject for leak in self._leaks())
        return [s for s in subjects if isinstance(s, threading.Thread)]


async def _first(futures: set[asyncio.Future[Any]]) -> None:
    await asyncio.wait(futures, return_when=asyncio.FIRST_COMPLETED)


def _when_done(task: asyncio.Task[Any], callback: Callable[[], object]) -> None:
    """Call something, in the thread of a task's event loop, when the task is done."""

    def note(_: object) -> None:
        with suppress(RuntimeError):  # the loop that waited is closed by now
            callback()

    with suppress(RuntimeError):  # the loop of the task has just been closed
        task.get_loop().call_soon_threadsafe(task.add_done_callback, note)


def _of_task(task: asyncio.Task[Any]) -> _Leak:
    name, function = task.get_name(), _function_of(task)
    subject = f"The task {name!r} of {function}() is not done. It"
    return _Leak(task, (name, function), partial(describe, task, subject), task)


def _function_of(task: asyncio.Task[Any]) -> str:
    coroutine = task.get_coro()
    return str(getattr(coroutine, "__qualname__", type(coroutine).__qualname__))


def _of_connection(connection: Connection) -> _Leak:
    task = connection.task
    name = _request_of(task) or type(connection).__name__
    subject = f"The connection {name!r} is open. Its task {task.get_name()!r}"
    return _Leak(connection, (name,), partial(describe, task, subject), task)


def _request_of(task: asyncio.Task[Any]) -> str | None:
    """Name the request that a task serves, which is an argument of every ASGI call."""
    coroutine: Any = task.get_coro()
    while frame := getattr(coroutine, "cr_frame", None):
        scope = frame.f_locals.get("scope")
        if isinstance(scope, Mapping) and "path" in scope:
            return f"{scope.get('method', 'WebSocket')} {scope['path']}"
        coroutine = coroutine.cr_await
    return None


def _of_generator(generator: AsyncGeneratorType[Any, Any]) -> _Leak:
    def show() -> str:
        return f"The asynchronous generator {name}() is not closed. {place(generator)}"

    name = generator.__qualname__
    return _Leak(generator, (name,), show)


def _of_resource(resource: object) -> _Leak:
    name = type(resource).__name__
    return _Leak(resource, (name,), lambda: f"The resource {resource!r} is open.")


def _of_thread(thread: threading.Thread) -> _Leak:
    def show() -> str:
        stack = stack_of_thread(thread)
        return f"The thread {thread.name!r} is running. It is here:\n{stack}"

    return _Leak(thread, (thread.name,), show)
