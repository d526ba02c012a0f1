"""An open WebSocket as the lifecycle of an App sees it: swept, ended, cancelled."""

from __future__ import annotations

import asyncio
import math
import time
from collections.abc import Awaitable, Callable

from falconws.core import Request

from .closing import CloseCode
from .options import WebSocketOptions
from .socket import WebSocket

__all__ = ("OpenSocket",)

# Half of the seconds between two sweeps: the one that is nearest to the end of a grace keeps it.
_TOLERANCE = 0.1

# Seconds that a close may take to be handed to the server.
_CLOSE_TIMEOUT = 5.0


class OpenSocket:
    """A WebSocket whose responder has not returned; a `Connection`.

    Every limit on time is looked after here, by the sweeper that all connections share: none
    of them has a timer of its own, and what is sent and received is not slowed down.
    """

    # What is not so until something happens: most connections never set it.
    cancelled = False
    _left: float | None = None
    _at_once: asyncio.Handle | None = None
    _ending: asyncio.Task[None] | None = None
    _opened: float | None = None
    _heard = 0.0
    _sending: object | None = None
    _sending_since = 0.0

    def __init__(
        self,
        req: Request,
        ws: WebSocket,
        options: WebSocketOptions,
        refuse: Callable[[Request, WebSocket], Awaitable[None]],
    ) -> None:
        """Look after a WebSocket.

        Args:
            req: Its handshake.
            ws: It.
            options: Their limits are kept.
            refuse: Denies the handshake because the App goes away.
        """
        task = asyncio.current_task()
        assert task is not None  # A server calls an application in a task.
        self.task: asyncio.Task[None] = task
        self.ws = ws
        self._req = req
        self._options = options
        self._refuse = refuse
        ws.on_disconnect = self._client_left

    def sweep(self) -> None:
        """Keep the limits."""
        ws = self.ws
        now = asyncio.get_running_loop().time()
        if self._is_frozen(now):
            # Once: who cannot be found now never will be.
            self._sending_since = math.inf
            ws.give_up()
        if self._left is not None:
            self._keep_grace(now, self._left)
        if ws.closed or self._ending is not None:
            return
        if ws.heard:
            ws.heard = False
            self._heard = now
        ws.sweep()
        if self._opened is None:
            self._opened = self._heard = now
        over = self._limit_reached(now, self._opened)
        if over is not None:
            self._ending = asyncio.create_task(self._close(*over))

    def _is_frozen(self, now: float) -> bool:
        """Say whether a send waits for too long."""
        sending = self.ws.sending
        if sending is not self._sending:
            self._sending, self._sending_since = sending, now
        timeout = self._options.send_timeout
        if sending is None or timeout is None:
            return False
        return now - self._sending_since >= timeout

    def _limit_reached(self, now: float, opened: float) -> tuple[int, str] | None:
        options = self._options
        expires_at = self.ws.expires_at
        if expires_at is not None and time.time() >= expires_at:
            return CloseCode.POLICY_VIOLATION, "Authorization has expired"
        if options.max_age is not None and now - opened >= options.max_age:
            return CloseCode.GOING_AWAY, "Open for long enough"
        if options.idle_timeout is not None:
            if now - self._heard >= options.idle_timeout:
                return CloseCode.GOING_AWAY, "Silent for too long"
        return None

    async def _close(self, code: int, reason: str) -> None:
        try:
            async with asyncio.timeout(_CLOSE_TIMEOUT):
                if self.ws.unaccepted:
                    await self.ws.close()
                else:
                    await self.ws.close(code, reason)
        except TimeoutError:
            pass  # The client does not read; it is not needed any more.
        self._client_left()

    async def end(self) -> None:
        """Tell the client that the App goes away."""
        if self.ws.unaccepted:
            await self._refuse(self._req, self.ws)
        else:
            await self.ws.close(CloseCode.GOING_AWAY)

    def cancel(self) -> None:
        """Cancel the responder."""
        self.cancelled = True
        self.task.cancel()

    def stop(self) -> None:
        """The responder has returned."""
        self.ws.stop()
        if self._at_once is not None:
            self._at_once.cancel()
        if self._ending is not None:
            self._ending.cancel()

    def _client_left(self) -> None:
        if self._left is None:
            loop = asyncio.get_running_loop()
            self._left = loop.time()
            if self._options.disconnect_grace == 0:
                self._at_once = loop.call_soon(self.cancel)

    def _keep_grace(self, now: float, left: float) -> None:
        """Cancel a responder that has not ended in time."""
        grace = self._options.disconnect_grace
        if grace and now - left >= grace - _TOLERANCE and not self.cancelled:
            self.cancel()
