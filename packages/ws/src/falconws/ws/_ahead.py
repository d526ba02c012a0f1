"""Receiving ahead: how a WebSocket that nobody receives on learns that its client has left."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

from falconws.core import Event, Receive

from .closing import CloseCode
from .payload import exceeds

__all__ = ("Dropped", "ReceiveAhead")

# Seconds for which a full queue holds the client back, so that a slow responder gets everything.
_PATIENCE = 30.0


@dataclass(frozen=True, slots=True)
class Dropped:
    """Stands where messages are missing: with what to close when somebody gets there."""

    code: int
    reason: str


class ReceiveAhead:
    """Takes events from the server while the responder does not, up to a limit.

    The server tells of a disconnect by the event that comes after the last message, so the
    messages have to be taken to see it. They stay in order, and are read before anything
    that comes later.

    A queue that stays full is one that nobody reads, and behind it a client could leave
    unseen. What comes then is dropped, and whoever does read after all finds a `Dropped` in
    its place.
    """

    __slots__ = (
        "_dropping",
        "_events",
        "_full_since",
        "_limit",
        "_max_size",
        "_on_disconnect",
        "_over",
        "_receive",
        "_task",
        "_waiter",
    )

    def __init__(
        self,
        receive: Receive,
        limit: int,
        max_size: int | None,
        on_disconnect: Callable[[Event], None],
    ) -> None:
        """Prepare; `fill` starts.

        Args:
            receive: The server's callable.
            limit: How many events to hold at the most, from 1.
            max_size: How many bytes a message may have; a larger one is not kept. None for no
                limit.
            on_disconnect: Called at once when the client has left.
        """
        self._receive = receive
        self._limit = limit
        self._max_size = max_size
        self._on_disconnect = on_disconnect
        self._events: deque[Event | Dropped | Exception] = deque()
        self._full_since: float | None = None
        self._dropping = False
        self._over = False
        self._task: asyncio.Task[None] | None = None
        self._waiter: asyncio.Future[None] | None = None

    @property
    def exhausted(self) -> bool:
        """Whether there is nothing here any more, so that the server is to be asked."""
        return not self._events and not self._over and not self._running

    @property
    def _running(self) -> bool:
        return self._task is not None and not self._task.done()

    @property
    def empty(self) -> bool:
        """Whether everything was read that came so far."""
        return not self._events

    def fill(self) -> None:
        """Receive until the limit is reached or the client has left."""
        if self._running or self._over:
            return
        loop = asyncio.get_running_loop()
        if len(self._events) < self._limit:
            self._full_since = None
        elif self._full_since is None:
            self._full_since = loop.time()
        elif loop.time() - self._full_since >= _PATIENCE:
            self._dropping = True
            reason = "Messages were not read in time"
            self._events.append(Dropped(CloseCode.POLICY_VIOLATION, reason))
        if self._has_room:
            self._task = loop.create_task(self._run())

    @property
    def _has_room(self) -> bool:
        return self._dropping or len(self._events) < self._limit

    def stop(self) -> None:
        """Receive no more."""
        if self._task is not None:
            self._task.cancel()
            self._task = None

    async def next(self) -> Event | Dropped:
        """Give the next event; it must not be `exhausted`, nor over and read to the end."""
        if not self._events:
            self._waiter = asyncio.get_running_loop().create_future()
            try:
                await self._waiter
            finally:
                self._waiter = None
        event = self._events.popleft()
        self._full_since = None
        if isinstance(event, Exception):
            raise event
        return event

    async def _run(self) -> None:
        while self._has_room and not self._over:
            try:
                event = await self._receive()
            except Exception as exc:  # the server's; for whoever receives next
                self._events.append(exc)
                self._wake()
                return
            if event["type"] == "websocket.disconnect":
                self._over = True
                self._events.append(event)
                self._on_disconnect(event)
            elif not self._dropping:
                self._events.append(self._kept(event))
            if self._wake():
                return  # Somebody receives again, and goes on to ask the server directly.

    def _kept(self, event: Event) -> Event | Dropped:
        """Give what to hold of an event: one that is too large would cost what it likes."""
        limit = self._max_size
        message = event.get("text") or event.get("bytes") or b""
        if limit is None or not exceeds(message, limit):
            return event
        reason = f"A message has at most {limit} bytes"
        return Dropped(CloseCode.MESSAGE_TOO_BIG, reason)

    def _wake(self) -> bool:
        """Wake whoever waits; give whether there is someone."""
        waiter = self._waiter
        if waiter is not None and not waiter.done():
            waiter.set_result(None)
        return waiter is not None
