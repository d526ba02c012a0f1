"""`clock`: the time of an event loop, moved by the test.

Time is that of ``loop.time()``: what `asyncio.sleep`, `asyncio.timeout`, ``call_later`` and
all that is made of them go by, such as pings, limits of idle connections and backoff. The
clock of the wall is another: ``time.time()``, ``time.monotonic()`` and ``datetime.now()`` run
on, as they do for the rest of the process. Where an application goes by one of them, a test
moves it along::

    with testing.clock() as clock:
        began = time.time()
        monkeypatch.setattr(time, "time", lambda: began + clock.elapsed)

How it works: an event loop asks its selector to wait only when there is nothing left to run.
That is the moment, and the only one, at which the clock goes on to the next timer. So nothing
has to guess how many turns of the loop an application needs, and nothing sleeps.
"""

from __future__ import annotations

import asyncio
import functools
import math
from collections.abc import Callable, Iterator
from contextlib import contextmanager

# By its name: a test that patches `time.monotonic` does not stop the bounds.
from time import monotonic
from typing import Any

from .alarms import LONGEST, Alarm, go_off, seconds_left, still
from .bounded import DEFAULT_TIMEOUT
from .stacks import describe, is_busy, main_task

__all__ = ("Clock", "clock")

_Select = Callable[[float | None], list[Any]]

# Sums of floats miss each other by less: what is due a microsecond later is due.
_SLACK = 1e-6

_LEFT = "The block of this clock was left, and time flows again."


@contextmanager
def clock(timeout: float = DEFAULT_TIMEOUT, *, threads: bool = True) -> Iterator[Clock]:
    """Let the time of the running loop stand still, to be moved by `Clock.advance`.

    At the end of the block time flows again, from where it then stands: a timer that was due
    in 10 seconds is due in 10 real seconds. So ``loop.time()`` never goes back, and stays
    ahead of ``time.monotonic()`` by what it was advanced.

    The bounds of this package are in real seconds all the while. Only one thing but `advance`
    moves time: when a client has left, it passes until the application has returned, by as
    much as that may take. So a ``disconnect_grace`` ends, and nobody waits for it.

    Args:
        timeout: Real seconds that the loop may take to come to rest, between one timer and
            the next; and that the test may wait in the block with nothing that could wake it
            but time, which stands still.
        threads: Whether time waits for what was begun in the block by `asyncio.to_thread` or
            ``run_in_executor``. False for an application with threads that do not end.

    Raises:
        ValueError: ``timeout`` is not positive.
        RuntimeError: There is no running loop, its time cannot be stopped, or it stands still
            already.
        TimeoutError: The test waited for time that it had to advance itself.
    """
    if not timeout > 0:
        raise ValueError(f"timeout is more than 0 real seconds, not {timeout!r}.")
    loop = _stoppable_loop()
    stopped = Clock(loop, timeout, threads)
    with still(loop, stopped):
        stopped._stop()
        try:
            yield stopped
        except asyncio.CancelledError:
            stopped._tell_why()
            raise
        finally:
            stopped._go_on()


def _stoppable_loop() -> Any:
    try:
        loop: Any = asyncio.get_running_loop()
    except RuntimeError:
        raise RuntimeError(
            "There is no running event loop whose time could stand still; "
            "use `with clock():` in an `async def` test."
        ) from None
    selector = getattr(loop, "_selector", None)
    if not isinstance(loop, asyncio.BaseEventLoop) or not hasattr(selector, "select"):
        raise RuntimeError(
            f"The time of {type(loop).__module__}.{type(loop).__name__} cannot stand still; "
            "run tests that use clock() on asyncio's own event loop, "
            "such as `asyncio.run(..., loop_factory=asyncio.SelectorEventLoop)` makes."
        )
    if isinstance(getattr(loop.time, "__self__", None), Clock):
        raise RuntimeError(
            "The time of this loop stands still already; "
            "use the clock of the outer `with clock() as ...:`."
        )
    return loop


class Clock:
    """The time of a loop that stands still; made by `clock`."""

    def __init__(self, loop: Any, timeout: float, threads: bool) -> None:
        self._loop = loop
        self._timeout = timeout
        self._waits_for_threads = threads
        self._flowing: Callable[[], float] = loop.time
        self._run_for_real = loop.run_in_executor
        self._select_for_real: _Select = loop._selector.select
        self._restore: list[Callable[[], None]] = []
        self._is_stopped = False
        self._start: float = loop.time()
        self._now: float = self._start
        # What was asked for, in all, without what the sums of floats add to it.
        self._advanced = 0.0
        # How far an advance goes, and who waits for it.
        self._until = self._now
        self._unless: asyncio.Future[Any] | None = None
        self._waiter: asyncio.Future[None] | None = None
        self._unrest = ""
        self._moves = 0
        self._threads: dict[asyncio.Future[Any], str] = {}
        self._owner = asyncio.current_task()
        self._cancels = self._owner.cancelling() if self._owner else 0
        self._why = ""

    @property
    def elapsed(self) -> float:
        """Seconds that time has moved since the block began, to the microsecond."""
        return round(self._now - self._start, 6)

    @property
    def next_timer(self) -> float | None:
        """Seconds until the next timer of the loop is due; None if there is none.

        It may be one of the framework's own, such as that of its sweep over open connections.
        """
        when = self._next_due()
        return None if when is None else round(max(0.0, when - self._now), 6)

    async def advance(self, seconds: float) -> None:
        """Move time, and let all happen that is due by then.

        Timers go off in their order, each at its own time, those too that are set on the way.
        Between one and the next everything runs that can: tasks, callbacks, threads that were
        begun in the block. What comes from other processes, by a socket or a pipe, is not
        waited for.

        Args:
            seconds: How far; 0 lets happen what is due now.

        Raises:
            ValueError: It is negative, or no finite number.
            RuntimeError: Another task advances this clock, it belongs to another loop, or its
                block was left.
            TimeoutError: The loop did not come to rest.
        """
        __tracebackhide__ = True  # pytest: what happened here is in the message.
        if not 0 <= seconds < math.inf:
            raise ValueError(f"Time moves by 0 seconds or more, not by {seconds!r}.")
        self._check_usable()
        await self._wait_for_turn()
        self._check_usable()
        await self._advance_to(self._advanced + seconds)

    async def advance_to_next(self) -> float:
        """Let happen what is due now, move time to the next timer, and let that happen.

        Returns:
            The seconds that it took.

        Raises:
            RuntimeError: There is no timer; and as for `advance`.
            TimeoutError: As for `advance`.
        """
        __tracebackhide__ = True
        await self.advance(0)
        when = self._next_due()
        if when is None:
            raise RuntimeError("Nothing waits for time to pass: the loop has no timer.")
        before = self._now
        await self._advance_to(when - self._start)
        return round(self._now - before, 6)

    async def let_pass(self, seconds: float, until: asyncio.Future[Any]) -> None:
        """Move time until something has a result; for this package's own waits."""
        elapsed = self._now - self._start + seconds
        await self._wait_for_turn(until)
        if self._is_stopped and self._waiter is None:
            await self._advance_to(elapsed, until)

    async def _wait_for_turn(self, *unless: asyncio.Future[Any]) -> None:
        """Wait while others move time, and these have no result."""
        while self._waiter is not None and not any(f.done() for f in unless):
            others = {self._waiter, *unless}
            await asyncio.wait(others, return_when=asyncio.FIRST_COMPLETED)
            await asyncio.sleep(0)  # in which the one that has moved it leaves

    async def _advance_to(
        self, elapsed: float, unless: asyncio.Future[Any] | None = None
    ) -> None:
        __tracebackhide__ = True
        self._until = self._start + elapsed
        self._unless = unless
        self._waiter = self._loop.create_future()
        scope = asyncio.timeout(None)
        self._watch(scope)
        try:
            async with scope:
                await self._waiter
            if unless is None:
                self._advanced = elapsed
        except TimeoutError:
            raise TimeoutError(self._unrest) from None
        finally:
            self._waiter = None
            self._alarm.cancel()
            if self._advanced != elapsed:  # It was cut short, and has moved time too.
                self._advanced = self._now - self._start

    def _check_usable(self) -> None:
        if asyncio.get_running_loop() is not self._loop:
            raise RuntimeError(
                "This clock is that of another event loop; await it there."
            )
        if not self._is_stopped:
            raise RuntimeError(_LEFT)
        # What this package lets pass is soon over; it is waited for.
        if self._waiter is not None and self._unless is None:
            raise RuntimeError(
                "Another task advances this clock already; time goes one way at a time."
            )

    def _watch(self, scope: asyncio.Timeout) -> None:
        """Give up the advance, unless time moves until an alarm goes off."""
        moves = self._moves

        def check() -> None:
            if moves != self._moves:
                self._watch(scope)
                return
            self._unrest = self._describe_unrest()
            scope.reschedule(-1)

        self._alarm = Alarm(self._timeout, check)

    def _describe_unrest(self) -> str:
        """Say what keeps the loop from coming to rest."""
        text = (
            f"The loop did not come to rest within {self._timeout:g} real seconds, "
            f"{self.elapsed:g} s after the clock began.\n"
        )
        if self._threads and self._waits_for_threads:
            text += f"In threads there still run: {', '.join(self._threads.values())}. "
            return f"{text}If they are not to end, use `clock(threads=False)`."
        if busy := list(filter(is_busy, asyncio.all_tasks(self._loop))):
            names = "\n".join(describe(t, f"Task {t.get_name()!r}") for t in busy)
            return text + names
        return f"{text}Next it runs {next(iter(self._loop._ready), None)!r}."

    def _stop(self) -> None:
        loop = self._loop
        self._is_stopped = True
        self._restore = [
            _replace(loop, "time", self._time),
            _replace(loop, "run_in_executor", self._run_in_executor),
            _replace(loop._selector, "select", self._select),
            # The loop takes for due what is within this; here that is what is due by the float.
            _replace(loop, "_clock_resolution", math.ulp(self._now)),
        ]

    def _go_on(self) -> None:
        self._is_stopped = False
        for restore in self._restore:
            restore()
        if self._waiter is not None and not self._waiter.done():
            if self._unless is None:
                self._waiter.set_exception(RuntimeError(_LEFT))
            else:
                self._waiter.set_result(None)
        flowing = self._flowing
        real = flowing.real if isinstance(flowing, _Ahead) else flowing
        self._loop.time = _Ahead(real, self._now - real())

    def _time(self) -> float:
        return self._now

    def _move(self, now: float) -> None:
        self._now = now
        self._moves += 1
        self._loop._clock_resolution = math.ulp(now)

    def _run_in_executor(self, executor: Any, func: Any, *args: Any) -> Any:
        future = self._run_for_real(executor, func, *args)
        self._threads[future] = _name(func)
        future.add_done_callback(self._threads.pop)
        return future

    def _select(self, timeout: float | None) -> list[Any]:
        """Stand in for the selector's, which a loop calls in each of its turns.

        The loop gives a timeout of 0 while there is something for it to run.
        """
        go_off(self._loop)
        events = self._select_for_real(0)
        if timeout == 0 or events or self._loop._ready:
            return events
        if self._waiter is None:
            return self._stand_still()
        if self._threads and self._waits_for_threads:
            return self._select_for_real(seconds_left(self._loop))
        self._go_to_next()
        return []

    def _go_to_next(self) -> None:
        """Go on by one timer, or say that there is none before the end of the advance."""
        when = self._next_due()
        arrived = self._unless is not None and self._unless.done()
        if not arrived and when is not None and when <= self._until + _SLACK:
            self._move(when)
            return
        if not arrived:
            self._move(max(self._now, self._until))
        assert self._waiter is not None  # or nobody would have gone on
        self._waiter.set_result(None)

    def _stand_still(self) -> list[Any]:
        """Wait for what is not a matter of time; not for ever, if the test does so too."""
        left = seconds_left(self._loop)
        if left is not None or self._threads:
            return self._select_for_real(left)
        ends = monotonic() + self._timeout
        events = self._select_for_real(min(self._timeout, LONGEST))
        if not events and monotonic() >= ends:
            self._wake_owner()
        return events

    def _wake_owner(self) -> None:
        owner = self._owner
        if owner and owner.done():  # A fixture's, which runs in a task of its own.
            owner = main_task(self._loop)
        if self._why or owner is None or self._next_due() is None:
            return
        self._why = (
            f"The test waited for {self._timeout:g} real seconds while time stood still.\n"
            f"{self.hint()}\n{describe(owner, 'The test')}"
        )
        owner.cancel(self._why)

    def _tell_why(self) -> None:
        """Raise what a cancellation that came from here stands for, as `asyncio.timeout` does."""
        if self._why and self._owner and self._owner.uncancel() <= self._cancels:
            raise TimeoutError(self._why) from None

    def _next_due(self) -> float | None:
        timers: list[asyncio.TimerHandle] = self._loop._scheduled  # a heap
        if timers and not timers[0].cancelled():
            return timers[0].when()
        return min((t.when() for t in timers if not t.cancelled()), default=None)

    def hint(self) -> str:
        return (
            f"Time stands still, {self.elapsed:g} s after `with clock()` began; "
            "what waits for it needs `clock.advance()`."
        )


class _Ahead:
    """The time of a loop that was advanced."""

    def __init__(self, real: Callable[[], float], by: float) -> None:
        self.real = real
        self._by = by

    def __call__(self) -> float:
        return self.real() + self._by


def _replace(thing: Any, name: str, value: Any) -> Callable[[], None]:
    """Set an attribute of an object; give what sets it back."""
    if name not in vars(thing):
        setattr(thing, name, value)
        return lambda: delattr(thing, name)
    old = vars(thing)[name]
    setattr(thing, name, value)
    return lambda: setattr(thing, name, old)


def _name(func: Any) -> str:
    """Name a function that runs in a thread; `asyncio.to_thread` wraps it in two others."""
    while isinstance(func, functools.partial):
        is_run = getattr(func.func, "__name__", "") == "run" and func.args
        func = func.args[0] if is_run else func.func
    return f"{getattr(func, '__qualname__', repr(func))}()"
