"""Receiving ahead: how a WebSocket that nobody receives on learns that its client has left."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable

from falconws.core import Event, Receive

__all__ = ("ReceiveAhead",)


class ReceiveAhead:
    """Takes events from the server while the responder does not, up to a limit.

    The server tells of a disconnect by the event that comes after the last message, so the
    messages have to be taken to see it. They stay in order, and are read before anything
    that comes later.
    """

    __slots__ = (
        "_events",
        "_limit",
        "_on_disconnect",
        "_over",
        "_receive",
        "_task",
        "_waiter",
    )

    def __init__(
        self, receive: Receive, limit: int, on_disconnect: Callable[[Event], None]
    ) -> None:
        """Prepare; `fill` starts.

        Args:
            receive: The server's callable.
            limit: How many events to hold at the most, from 1.
            on_disconnect: Called at once when the client has left.
        """
        self._receive = receive
        self._limit = limit
        self._on_disconnect = on_disconnect
        self._events: deque[Event | Exception] = deque()
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
        if not self._running and not self._over and len(self._events) < self._limit:
            self._task = asyncio.get_running_loop().create_task(self._run())

    def stop(self) -> None:
        """Receive no more."""
        if self._task is not None:
            self._task.cancel()
            self._task = None

    async def next(self) -> Event:
        """Give the next event; it must not be `exhausted`, nor over and read to the end."""
        if not self._events:
            self._waiter = asyncio.get_running_loop().create_future()
            try:
                await self._waiter
            finally:
                self._waiter = None
        event = self._events.popleft()
        if isinstance(event, Exception):
            raise event
        return event

    async def _run(self) -> None:
        while len(self._events) < self._limit and not self._over:
            try:
                event = await self._receive()
            except Exception as exc:  # the server's; for whoever receives next
                self._events.append(exc)
                self._wake()
                return
            self._events.append(event)
            if event["type"] == "websocket.disconnect":
                self._over = True
                self._on_disconnect(event)
            if self._wake():
                return  # Somebody receives again, and goes on to ask the server directly.

    def _wake(self) -> bool:
        """Wake whoever waits; give whether there is someone."""
        waiter = self._waiter
        if waiter is not None and not waiter.done():
            waiter.set_result(None)
        return waiter is not None
