"""Pings that find out whether a client is still there (RFC 6455, 5.5.2)."""

from __future__ import annotations

import asyncio
from random import getrandbits
from typing import Protocol

__all__ = ("Keepalive", "Pinged")


class Pinged(Protocol):
    """The connection that is kept alive."""

    def send_ping(self, payload: bytes) -> None:
        """Send a ping."""

    def is_reading(self) -> bool:
        """Say whether what the client sends is being read, so that its silence tells."""

    def give_up(self) -> None:
        """End the connection, as the client has given no sign of life."""


class Keepalive:
    """Sends pings in intervals, and waits for a sign of life after each.

    Attributes:
        has_heard: Whether there was one, other than a pong. That shows as well that the client
            is there: no pong comes before the end of a message that is being sent.
    """

    __slots__ = (
        "_connection",
        "_interval",
        "_loop",
        "_payload",
        "_timeout",
        "_timer",
        "has_heard",
    )

    def __init__(
        self,
        connection: Pinged,
        loop: asyncio.AbstractEventLoop,
        interval: float,
        timeout: float | None,
    ) -> None:
        """Begin with a connection that was just opened.

        Args:
            connection: What is kept alive.
            loop: What keeps the time.
            interval: Seconds until the next ping.
            timeout: Seconds that the client has for a sign of life. None: any time.
        """
        self._connection = connection
        self._loop = loop
        self._interval = interval
        self._timeout = timeout
        self._payload: bytes | None = None
        self.has_heard = False
        self._timer: asyncio.TimerHandle | None = None
        self._wait()

    def _wait(self) -> None:
        self._timer = self._loop.call_later(self._interval, self._ping)

    def _ping(self) -> None:
        # It cannot be foreseen: who does not read cannot answer.
        self._payload = getrandbits(32).to_bytes(4)
        self.has_heard = False
        self._connection.send_ping(self._payload)
        if self._timeout is None:
            self._wait()
        else:
            self._timer = self._loop.call_later(self._timeout, self._check)

    def _check(self) -> None:
        assert self._timeout is not None
        if self.has_heard or not self._connection.is_reading():
            self.has_heard = False
            self._timer = self._loop.call_later(self._timeout, self._check)
        else:
            self._timer = None
            self._connection.give_up()

    def take_pong(self, payload: bytes) -> None:
        """Take note of an answer; a pong that answers nothing is none (5.5.3)."""
        if payload != self._payload:
            return
        self._payload = None
        if self._timeout is not None and self._timer is not None:
            self._timer.cancel()
            self._wait()

    def stop(self) -> None:
        """Send no more pings."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
