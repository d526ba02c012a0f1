"""The body of a simulated request, on its way to the application."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncGenerator, AsyncIterable, Callable
from contextlib import aclosing
from typing import Any

from falconws.core import Event

from .behavior import Behavior, Body

__all__ = ("Changes", "Upload")


class Changes:
    """Where the two sides of a connection wait for each other, without polling."""

    def __init__(self) -> None:
        # It is never set for long: whoever waits looks again each time it was.
        self._changed = asyncio.Event()

    def notify(self) -> None:
        """Let all who wait look whether it has happened."""
        self._changed.set()
        self._changed.clear()

    async def until(self, condition: Callable[[], bool]) -> None:
        """Wait until something is so."""
        while not condition():
            await self._changed.wait()


class Upload:
    """The body of a request, as events for the application.

    Attributes:
        is_cut: Whether the client has sent as much as it does before it leaves.
        error: What the test's own iterator raised; None for nothing.
        feeder: What reads that iterator; None for a body that is whole.
    """

    def __init__(self, body: Body, behavior: Behavior, changes: Changes) -> None:
        """Start it; there must be a running loop.

        Args:
            body: Whole, or in pieces.
            behavior: How it is sent, and how much of it.
            changes: Told when there is an event, or none to come.
        """
        self._behavior = behavior
        self._changes = changes
        self._events: deque[Event] = deque()
        self._sent = 0
        self.is_cut = behavior.leave_after_bytes == 0
        self.error: Exception | None = None
        self.feeder: asyncio.Task[None] | None = None
        if isinstance(body, bytes):
            self._events.extend(behavior.events(body))
        else:
            self.feeder = asyncio.get_running_loop().create_task(self._feed(body))

    @property
    def is_ready(self) -> bool:
        """Whether there is an event to be taken."""
        return bool(self._events)

    def take(self) -> Event:
        """Give the next event, and see whether the client leaves behind it."""
        event = self._events.popleft()
        limit = self._behavior.leave_after_bytes
        if limit is not None:
            body = event.get("body", b"")
            if len(body) > limit - self._sent:
                body = body[: limit - self._sent]
                event = {"type": "http.request", "body": body, "more_body": True}
            self._sent += len(body)
            self.is_cut = self._sent == limit or not event.get("more_body", False)
        self._changes.notify()
        return event

    async def _feed(self, body: Any) -> None:
        """Send a body in pieces, each when the application has taken the one before."""
        try:
            async with aclosing(_pieces(body)) as pieces:
                async for piece in pieces:
                    self._events.extend(self._behavior.piece(piece))
                    self._changes.notify()
                    await self._changes.until(lambda: not self._events)
        except Exception as exc:  # the test's own: it comes out where the test waits
            self.error = exc
        else:
            self._events.extend(self._behavior.end())
        self._changes.notify()


async def _pieces(body: Any) -> AsyncGenerator[bytes, None]:
    try:
        if isinstance(body, AsyncIterable):
            async for piece in body:
                yield _checked(piece)
        else:
            for piece in body:
                yield _checked(piece)
    finally:
        # A generator that is left in the middle would be closed at some time or other.
        if hasattr(body, "aclose"):
            await body.aclose()
        elif hasattr(body, "close"):
            body.close()


def _checked(piece: object) -> bytes:
    if isinstance(piece, bytes):
        return piece
    raise TypeError(f"A body in pieces is made of bytes, not {piece!r}.")
