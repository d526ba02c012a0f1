"""Alarms in real seconds, which go off though the time of their loop stands still."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager

# By its name: a test that patches `time.monotonic` is not to move the bounds of the kit.
from time import monotonic
from typing import Any, Protocol

__all__ = ("LONGEST", "Alarm", "Holder", "go_off", "holder", "seconds_left", "still")

LONGEST = 3600.0
"""Seconds that a selector is told to wait at a time; some take no infinity."""

_armed: set[Alarm] = set()
_holders: dict[asyncio.AbstractEventLoop, Holder] = {}


class Holder(Protocol):
    """What makes the time of a loop stand still."""

    def hint(self) -> str:
        """Give a sentence for somebody who waited in vain."""

    async def let_pass(self, seconds: float, until: asyncio.Future[Any]) -> None:
        """Let time pass, by that much or until something has happened."""


class Alarm:
    """Calls back when real seconds are over.

    It is a timer of the loop, which costs next to nothing and works with every loop. While
    the loop is `still` its timers are not in real seconds, and what holds it sees to that
    the alarms go off.
    """

    __slots__ = ("_callback", "_deadline", "_handle", "_loop")

    def __init__(self, seconds: float, callback: Callable[[], object]) -> None:
        """Set it, in the running loop.

        Args:
            seconds: Real ones, from now.
            callback: Called in the loop, once.
        """
        self._loop = asyncio.get_running_loop()
        self._deadline = monotonic() + seconds
        self._callback = callback
        self._handle: asyncio.Handle | None = None
        if self._loop not in _holders:
            self._handle = self._loop.call_later(seconds, self._ring)
        _armed.add(self)

    def cancel(self) -> None:
        """Turn it off; nothing happens if it went off."""
        _armed.discard(self)
        self._drop_timer()

    def _ring(self) -> None:
        self.cancel()
        self._callback()

    def _drop_timer(self) -> None:
        if self._handle is not None:
            self._handle.cancel()
            self._handle = None

    def _set_timer(self) -> None:
        seconds = max(0.0, self._deadline - monotonic())
        self._handle = self._loop.call_later(seconds, self._ring)


@contextmanager
def still(loop: asyncio.AbstractEventLoop, holder: Holder) -> Iterator[None]:
    """Take over the alarms of a loop whose timers are not in real seconds.

    Args:
        loop: It.
        holder: What holds it; it calls `go_off` when `seconds_left` are over.
    """
    _holders[loop] = holder
    for alarm in _of(loop):
        alarm._drop_timer()
    try:
        yield
    finally:
        del _holders[loop]
        for alarm in _of(loop):
            alarm._set_timer()


def holder(loop: asyncio.AbstractEventLoop) -> Holder | None:
    """Give what holds a loop; None if its time flows."""
    return _holders.get(loop)


def seconds_left(loop: asyncio.AbstractEventLoop) -> float | None:
    """Give the real seconds until an alarm of a loop goes off; None if there is none."""
    deadlines = [alarm._deadline for alarm in _of(loop)]
    if not deadlines:
        return None
    return min(max(0.0, min(deadlines) - monotonic()), LONGEST)


def go_off(loop: asyncio.AbstractEventLoop) -> None:
    """Let the alarms of a loop go off that are due."""
    now = monotonic()
    for alarm in _of(loop):
        if alarm._deadline <= now:
            alarm._ring()


def _of(loop: asyncio.AbstractEventLoop) -> list[Alarm]:
    # A copy, as loops of other threads have theirs here too.
    return [alarm for alarm in _armed.copy() if alarm._loop is loop]
