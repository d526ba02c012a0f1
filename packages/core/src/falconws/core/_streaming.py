"""Sending a response whose body is a stream: it stops when the client leaves."""

from __future__ import annotations

import asyncio
import logging
import math
from typing import Any

from ._sending import BODILESS, announce, patience, start_of, trailers_of
from .errors import ClientDisconnected, HTTPInvalidHeader
from .lifecycle import BackgroundTasks, Connections
from .request import BoundedStream, Request
from .response import Response, Stream
from .response.stream import close_source
from .scopes import Event, Send

__all__ = ("send_stream",)

logger = logging.getLogger("falconws")

# Seconds that a source has to end by itself when its client has left, before it is cancelled
# again; what `disconnect_grace` is for the responder of a WebSocket.
_LEAVE_GRACE = 2.0


async def send_stream(
    req: Request,
    resp: Response,
    stream: Stream,
    connections: Connections,
    background: BackgroundTasks,
    send: Send,
) -> None:
    """Send a response whose body is a stream, until it ends or the client leaves; close it.

    A client that does not read for as long as ``send_timeout`` is taken for one that has left.
    """
    sender = _StreamSender(req, resp, stream, send)
    connections.add(sender)
    try:
        try:
            await _send_response(sender, req, resp, stream, background, send)
        finally:
            await sender.close()
    except asyncio.CancelledError:
        if not sender.cancelled_alone():
            raise
    finally:
        sender.uncancel()
        connections.remove(sender)


async def _send_response(
    sender: _StreamSender,
    req: Request,
    resp: Response,
    stream: Stream,
    background: BackgroundTasks,
    send: Send,
) -> None:
    start = start_of(resp)
    is_head = req.method == "HEAD"
    trailers = resp.trailers is not None and not is_head and announce(resp, start)
    resp.begun = True
    if not await sender.deliver(start):
        return
    if resp.sse is not None and resp.scheduled is not None:
        background.start(resp.take_scheduled())  # An event stream may have no end.
    if not is_head and resp.status_code not in BODILESS:
        if await _send_path(resp, stream, send) or not await sender.send_all():
            return
        if sender.ended and stream.farewell is not None:
            await sender.deliver(_piece(stream.farewell()))
    last = {"type": "http.response.body", "body": b"", "more_body": False}
    if await sender.deliver(last) and trailers:
        await sender.deliver(trailers_of(resp))


async def _send_path(resp: Response, stream: Stream, send: Send) -> bool:
    """Let the server send a whole file, and end with it; give False if it cannot."""
    if stream.path is None or resp.server is None or resp.trailers is not None:
        return False
    # ASGI: the server adds no Content-Length to a file that it sends.
    if "content-length" not in resp._headers or not resp.server.offers("pathsend"):
        return False
    try:
        # However long it takes: only the server knows whether the client reads.
        await send({"type": "http.response.pathsend", "path": stream.path})
    except OSError:  # ASGI HTTP 2.4: the client has left
        pass
    return True


class _StreamSender:
    """One stream on its way; a `Connection` while it is."""

    def __init__(
        self, req: Request, resp: Response, stream: Stream, send: Send
    ) -> None:
        self._req = req
        self._resp = resp
        self._stream = stream
        # What the responder has set, which it knows by name; `stream` may have wrapped it.
        self._source = resp.stream if resp.sse is None else resp.sse
        self._send = send
        timeout = stream.send_timeout
        if timeout is None:
            timeout = resp.options.send_timeout
        self._timeout = math.inf if timeout is None else timeout
        # Whether the client has left, or is taken for gone; and when the source has to be over.
        self._left = False
        self._deadline = math.inf
        self._sending = False
        self._stopped = False
        self.ended = False
        """Whether it ends because the App does."""
        self._warned = False
        self._cancels = 0
        self._pinging: asyncio.Task[None] | None = None
        self._timer: asyncio.TimerHandle | None = None
        # What the server was given, while it has not taken it; and when it had taken the last,
        # which is -inf while nothing has followed what a first keep-alive may follow.
        self._event: Event | None = None
        self._last_sent = 0.0
        # What of it `sweep` has seen, and when it did for the first time.
        self._seen: Event | None = None
        self._seen_since = 0.0
        self._scope = asyncio.timeout(None)
        task = asyncio.current_task()
        assert task is not None  # A server calls an application in a task.
        self.task: asyncio.Task[None] = task

    async def deliver(self, event: Event) -> bool:
        """Send an event; give False if the client has left (ASGI HTTP 2.4)."""
        self._event = event
        try:
            await self._send(event)
        except OSError:
            self._leave()
            return False
        finally:
            self._event = None
            self._last_sent = asyncio.get_running_loop().time()
        return True

    async def send_all(self) -> bool:
        """Send everything, or as much as the client stays for; give whether it has stayed."""
        opening = self._stream.opening
        if opening and not self._stopped and not await self.deliver(_piece(opening)):
            return False
        if self._stopped:
            return True
        loop = asyncio.get_running_loop()
        watcher = loop.create_task(self._watch())
        first = self._stream.first_keep_alive
        interval = self._stream.keep_alive_interval
        if first is not None and not opening:
            self._timer = loop.call_at(self._last_sent + first, self._ping)
            self._last_sent = -math.inf
        elif interval is not None:
            self._timer = loop.call_at(self._last_sent + interval, self._ping)
        try:
            # A scope without a deadline: it ends when `_stop` gives it one, and tells that
            # cancellation from every other.
            async with self._scope:
                self._sending = True
                try:
                    await self._send_pieces()
                finally:
                    self._sending = False
        except ClientDisconnected:  # while the source read the body of the request
            self._leave()
        except TimeoutError:
            if not self._scope.expired():
                raise
        finally:
            self._event = None
            watcher.cancel()
            if self._timer is not None:
                self._timer.cancel()
            if self._pinging is not None:
                self._pinging.cancel()
        return not self._left

    async def close(self) -> None:
        """Close what the pieces came from."""
        resp, source = self._resp, self._stream.source
        try:
            if source is not resp.sse and source is not resp.stream:
                await close_source(source)  # what an opener has wrapped around it
        finally:
            await resp.close_streams()

    def sweep(self) -> None:
        """Give up on a client that does not read, and on a source that does not end."""
        now = asyncio.get_running_loop().time()
        if self._left:
            if now >= self._deadline:
                # Once: what swallows this too is left to a drain.
                self._deadline = math.inf
                self._warn()
                self.cancel()
        elif self._event is not self._seen:
            self._seen, self._seen_since = self._event, now
        elif self._event is not None:
            seconds = patience(len(self._event.get("body", b"")), self._timeout)
            if now - self._seen_since >= seconds:
                self._give_up(seconds)

    async def end(self) -> None:
        """End the stream, so that the client sees the end of the body."""
        self.ended = True
        self._stop()

    def cancel(self) -> None:
        """Give up on what does not come to its end."""
        self._cancels += 1
        self.task.cancel()

    def cancelled_alone(self) -> bool:
        """Say whether `cancel` was called, and nobody else has cancelled the task."""
        return 0 < self._cancels == self.task.cancelling()

    def uncancel(self) -> None:
        """Take back what `cancel` did, for those who go on with the task."""
        for _ in range(self._cancels):
            self.task.uncancel()

    def _leave(self) -> None:
        """Note that there is no client any more."""
        if not self._left:
            self._left = True
            self._deadline = asyncio.get_running_loop().time() + _LEAVE_GRACE

    def _stop(self) -> None:
        if self._sending and not self._stopped:
            self._scope.reschedule(asyncio.get_running_loop().time())
        self._stopped = True

    def _give_up(self, seconds: float) -> None:
        """Take the client for gone, as it does not read what is being sent to it."""
        logger.debug(
            "The client of %s %s did not read for %g s.",
            self._req.method,
            self._req.path,
            seconds,
        )
        self._leave()
        self._stopped = True
        # What waits may be the first event or the last one, of which the scope knows nothing.
        self.cancel()

    def _warn(self) -> None:
        """Say, once, that the source goes on although it was cancelled."""
        if self._warned:
            return
        self._warned = True
        source = self._source
        logger.warning(
            "The stream of %s %s is over, but its source %s goes on. It has to let "
            "CancelledError through, and to end within %g s.",
            self._req.method,
            self._req.path,
            getattr(source, "__qualname__", type(source).__qualname__),
            _LEAVE_GRACE,
        )

    async def _send_pieces(self) -> None:
        send = self._send
        encode = self._stream.encode
        time = asyncio.get_running_loop().time
        async for piece in self._stream.source:
            if self._stopped:
                if self._cancels or self._scope.expired():
                    self._warn()
                return
            if encode is not None:
                chunk = encode(piece)
            elif piece is None:
                return
            else:
                chunk = _checked(piece)
            if self._pinging is not None:
                await self._pinging
            # Written out: a call of `_piece` is a twentieth of what an event costs.
            self._event = event = {
                "type": "http.response.body",
                "body": chunk,
                "more_body": True,
            }
            try:
                await send(event)
            except OSError:  # ASGI HTTP 2.4: the client has left
                self._leave()
                return
            self._event = None
            self._last_sent = time()

    async def _watch(self) -> None:
        """Stop the stream when the client disconnects."""
        try:
            stream = self._req.stream
        except HTTPInvalidHeader:  # a Content-Length that is no number tells of no body
            stream = BoundedStream(self._req._receive, content_length=0)
        await stream.watch()
        self._leave()
        self._stop()

    def _ping(self) -> None:
        """Send the keep-alive if there was silence for as long; come back when it is due."""
        loop = asyncio.get_running_loop()
        now = loop.time()
        # While something is being sent there is no silence that this could break.
        since = self._last_sent if self._event is None else now
        interval = self._stream.keep_alive_interval
        if since == -math.inf or (interval is not None and since + interval <= now):
            self._pinging = loop.create_task(self._send_keep_alive())
            since = now
        if interval is not None:
            self._timer = loop.call_at(since + interval, self._ping)

    async def _send_keep_alive(self) -> None:
        self._event = event = _piece(self._stream.keep_alive)
        try:
            await self._send(event)
            self._event = None
            self._last_sent = asyncio.get_running_loop().time()
        except OSError:  # ASGI HTTP 2.4: the client has left
            self._leave()
            self._stop()
        finally:
            self._pinging = None


def _piece(body: bytes) -> Event:
    return {"type": "http.response.body", "body": body, "more_body": True}


def _checked(piece: Any) -> bytes:
    if isinstance(piece, bytes | bytearray | memoryview):
        return bytes(piece)
    raise TypeError(
        f"A stream gives bytes, not {type(piece).__name__}; encode text with .encode()."
    )
