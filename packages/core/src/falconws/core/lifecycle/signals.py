"""SIGTERM and SIGINT start a drain, beside whatever the server does about them."""

from __future__ import annotations

import asyncio
import signal
import threading
from collections.abc import Callable
from types import FrameType

__all__ = ("DrainSignals",)

_Handler = Callable[[int, FrameType | None], object]

_SIGNALS = (signal.SIGINT, signal.SIGTERM)


class DrainSignals:
    """A signal handler in front of the server's own, which it goes on to call.

    Servers wait for open connections before they tell an application to shut down, so an
    application that holds a stream open has to hear of the signal itself. Nothing of the
    server is changed but the place where Python looks for the handler, and that is put back.
    """

    def __init__(self, start: Callable[[], None]) -> None:
        """Remember what to do.

        Args:
            start: Called in the event loop on each signal.
        """
        self._start = start
        self._previous: dict[int, _Handler] = {}
        self._loop: asyncio.AbstractEventLoop | None = None

    def install(self) -> None:
        """Take the signals, if this is the thread that has them."""
        # Python calls signal handlers in the main thread, and lets no other set them.
        if threading.current_thread() is not threading.main_thread():
            return
        self._loop = asyncio.get_running_loop()
        for number in _SIGNALS:
            previous = signal.getsignal(number)
            # Not callable where nobody handles the signal: there is no server to be in front
            # of, and what the system does about it is left alone.
            if callable(previous) and not isinstance(previous, int):
                self._previous[number] = previous
                signal.signal(number, self._handle)

    def remove(self) -> None:
        """Give the signals back, unless somebody took them after us."""
        for number, previous in self._previous.items():
            if signal.getsignal(number) == self._handle:
                signal.signal(number, previous)
        # Kept is what came before: who took a signal after us may go on to call us.
        self._loop = None

    def _handle(self, number: int, frame: FrameType | None) -> None:
        if self._loop is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._start)
        self._previous[number](number, frame)
