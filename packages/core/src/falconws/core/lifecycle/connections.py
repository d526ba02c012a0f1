"""The connections that stay open, and how they end together."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Iterator
from typing import Protocol

from ..errors import HTTPServiceUnavailable

__all__ = ("Connection", "Connections")


class Connection(Protocol):
    """A WebSocket or a stream, from when it is open until its responder has returned."""

    task: asyncio.Task[None]
    """What serves it."""

    def sweep(self) -> None:
        """Look after the connection. This is called every fifth of a second, and is short."""
        ...

    async def end(self) -> None:
        """Tell the peer that the server goes away, so that the responder comes to its end."""
        ...

    def cancel(self) -> None:
        """Cancel what serves the connection; the server is not to hear of it as an error."""
        ...


# Seconds after which a client may find another instance, or this one started again.
_RETRY_AFTER = 5

# Seconds between two looks at what is open. A connection takes two of them to be found idle.
_SWEEP_INTERVAL = 0.2


class Connections:
    """Knows what is open in an App, and looks after it: one timer for all connections."""

    def __init__(self) -> None:
        self._open: set[Connection] = set()
        self._removed = asyncio.Event()
        self._timer: asyncio.TimerHandle | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self.draining = False
        """Whether the App takes no more work, because it is about to stop."""

    def __len__(self) -> int:
        return len(self._open)

    def __iter__(self) -> Iterator[Connection]:
        return iter(self._open.copy())

    def refusal(self) -> HTTPServiceUnavailable:
        """Give what new work is refused with while `draining`."""
        return HTTPServiceUnavailable(
            description="The server is shutting down.",
            retry_after=_RETRY_AFTER,
            headers={"Connection": "close"},
        )

    def reset(self) -> None:
        """Forget everything: the App starts anew, maybe on another loop."""
        self._open.clear()
        self._removed = asyncio.Event()
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        self.draining = False

    def add(self, connection: Connection) -> None:
        """Remember a connection."""
        self._open.add(connection)
        loop = asyncio.get_running_loop()
        if self._timer is None or loop is not self._loop:
            self._loop = loop
            self._timer = loop.call_later(_SWEEP_INTERVAL, self._sweep, loop)

    def _sweep(self, loop: asyncio.AbstractEventLoop) -> None:
        self._timer = None
        if self._open:
            self._timer = loop.call_later(_SWEEP_INTERVAL, self._sweep, loop)
        for connection in self._open:
            connection.sweep()

    def remove(self, connection: Connection) -> None:
        """Forget a connection."""
        self._open.discard(connection)
        if self.draining:  # and somebody waits for it
            self._removed.set()

    async def drain(self, grace: float, jitter: float) -> None:
        """Bring every connection to its end, and wait for that.

        Args:
            grace: Seconds that a responder has to return by itself once its peer was told;
                it is cancelled after them.
            jitter: Seconds over which the connections' ends are spread, so that not every
                client comes back at once; 0 for all at once.
        """
        self.draining = True
        async with asyncio.TaskGroup() as group:
            for connection in self:
                group.create_task(self._end(connection, jitter, grace))
        # Not the one that asks for it, which would wait for itself.
        caller = asyncio.current_task()
        left = {
            connection for connection in self._open if connection.task is not caller
        }
        await self._wait_gone(left, grace)
        for connection in left & self._open:
            connection.cancel()
        await self._wait_gone(left, grace)

    async def _wait_gone(self, connections: set[Connection], seconds: float) -> None:
        """Wait until none of these is open any more, or the time is over."""
        try:
            async with asyncio.timeout(seconds):
                while not connections.isdisjoint(self._open):
                    self._removed.clear()
                    await self._removed.wait()
        except TimeoutError:
            pass

    async def _end(self, connection: Connection, jitter: float, grace: float) -> None:
        if jitter:
            await asyncio.sleep(random.uniform(0, jitter))
        if connection not in self._open:
            return
        try:
            async with asyncio.timeout(grace):
                await connection.end()
        except Exception:  # a peer that cannot be told
            connection.cancel()
