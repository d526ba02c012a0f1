"""`StreamSender`: one stream on its way to a client, until it ends or the client leaves."""

from __future__ import annotations

import asyncio
import logging
import math
from typing import Any

from ._sending import patience
from ._watched import Watched
from .errors import ClientDisconnected, HTTPInvalidHeader
from .request import BoundedStream, Request
from .response import Response, Stream
from .response.stream import close_source
from .scopes import Event, Send

__all__ = ("StreamSender", "piece_of")

logger = logging.getLogger("falconws")

# Seconds that a source has to end by itself when its client has left, before it is cancelled
# again; what `disconnect_grace` is for the responder of a WebSocket.
_LEAVE_GRACE = 2.0

# Pieces that are ready together are one send up to so many bytes, and up to so many seconds: a
# source that computes between them, without waiting for anything, does not keep them back.
_BATCH_SIZE = 64 * 1024
_BATCH_TIME = 0.001


class StreamSender:
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
        # What is sent while the source is waiting.
        self._beside: asyncio.Task[None] | None = None
        # Whether anything was waited for since the last piece was sent.
        self._waited = False
        # Pieces that are ready to be sent together.
        self._batch: list[bytes] = []
        self._batch_size = 0
        self._timer: asyncio.TimerHandle | None = None
        # What the server was given, while it has not taken it; and when it had taken the last,
        # which is -inf while nothing has followed what a first keep-alive may follow.
        self._event: Event | None = None
        self._last_sent = 0.0
        # What of it `sweep` has seen, and when it did for the first time.
        self._seen: Event | None = None
        self._seen_since = 0.0
        self._loop = loop = asyncio.get_running_loop()
        self._time = loop.time
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
            self._last_sent = self._time()
        return True

    async def send_all(self) -> bool:
        """Send everything, or as much as the client stays for; give whether it has stayed."""
        opening = self._stream.opening
        if opening and not self._stopped and not await self.deliver(piece_of(opening)):
            return False
        if self._stopped:
            return True
        loop = self._loop
        watcher = loop.create_task(self._watch())
        first = self._stream.first_keep_alive
        interval = self._stream.keep_alive_interval
        if first is not None and not opening:
            self._timer = loop.call_at(self._last_sent + first, self._ping)
            self._last_sent = -math.inf
        elif interval is not None:
            self._timer = loop.call_at(self._last_sent + interval, self._ping)
        try:
            await self._send_source()
            await self._end_beside()
        finally:
            self._event = None
            watcher.cancel()
            for handle in (self._timer, self._beside):
                if handle is not None:
                    handle.cancel()
        return not self._left

    async def _end_beside(self) -> None:
        """Wait for what is sent beside the source, if the client is there to read it."""
        if self._beside is not None and not self._left:
            await self._beside

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
        now = self._time()
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
            self._deadline = self._time() + _LEAVE_GRACE

    def _stop(self) -> None:
        if self._sending and not self._stopped:
            self._scope.reschedule(self._time())
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

    async def _send_source(self) -> None:
        """Send what the source gives, until it ends or `_stop` is called."""
        try:
            # A scope without a deadline: it ends when `_stop` gives it one, and tells that
            # cancellation from every other.
            async with self._scope:
                self._sending = True
                try:
                    if self._stream.coalesce:
                        await Watched(self._send_batches(), self._note_wait)
                    else:
                        await self._send_pieces()
                finally:
                    self._sending = False
        except ClientDisconnected:  # while the source read the body of the request
            self._leave()
        except TimeoutError:
            if not self._scope.expired():
                raise

    async def _send_pieces(self) -> None:
        """Send each piece by itself."""
        encode = self._stream.encode
        async for piece in self._stream.source:
            if self._stopped:
                self._note_more()
                return
            if encode is not None:
                chunk = encode(piece)
            elif piece is None:
                return
            else:
                chunk = _checked(piece)
            if not await self._send_piece(chunk):
                return

    async def _send_batches(self) -> None:
        """Send pieces that are ready together at once, and every other by itself."""
        encode = self._stream.encode
        assert encode is not None
        send = self._send
        time = self._time
        batch = self._batch
        try:
            async for piece in self._stream.source:
                if self._stopped:
                    self._note_more()
                    return
                chunk = encode(piece)
                if not self._waited:  # It was ready, as what follows may be.
                    batch.append(chunk)
                    self._batch_size += len(chunk)
                    if (
                        self._batch_size < _BATCH_SIZE
                        and time() - self._last_sent < _BATCH_TIME
                    ):
                        continue
                    chunk = self._take_batch()
                # From here on as in `_send_piece`, whose call would cost a twentieth of an event.
                if self._beside is not None:
                    await self._beside
                    self._beside = None
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
                if not self._waited:  # Others have their turn, too.
                    await asyncio.sleep(0)
                self._waited = False
        except Exception:
            await self._send_rest()
            raise
        await self._send_rest()

    def _note_wait(self, future: Any) -> Any:
        """Note that something is waited for; if the source waits, send what it gave before."""
        self._waited = True
        if self._batch:
            self._send_beside(self._take_batch())
        return future

    async def _send_rest(self) -> None:
        """Send what there is when the source gives no more."""
        if self._batch:
            await self._send_piece(self._take_batch())
        else:
            await self._end_beside()

    def _take_batch(self) -> bytes:
        batch = self._batch
        body = batch[0] if len(batch) == 1 else b"".join(batch)
        batch.clear()
        self._batch_size = 0
        return body

    def _note_more(self) -> None:
        """Say, if need be, that the source has gone on after the stream was stopped."""
        if self._cancels or self._scope.expired():
            self._warn()

    async def _send_piece(self, chunk: bytes) -> bool:
        """Send bytes of the source; give False if the client has left."""
        if self._beside is not None:
            await self._beside
            self._beside = None
        # Written out, for what is short: two calls less.
        self._event = event = {
            "type": "http.response.body",
            "body": chunk,
            "more_body": True,
        }
        try:
            await self._send(event)
        except OSError:  # ASGI HTTP 2.4: the client has left
            self._leave()
            return False
        self._event = None
        self._last_sent = self._time()
        return True

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
        loop = self._loop
        now = loop.time()
        # While something is being sent there is no silence that this could break.
        beside = self._beside
        is_sending = self._event is not None or not (beside is None or beside.done())
        since = now if is_sending else self._last_sent
        interval = self._stream.keep_alive_interval
        if since == -math.inf or (interval is not None and since + interval <= now):
            self._send_beside(self._stream.keep_alive)
            since = now
        if interval is not None:
            self._timer = loop.call_at(since + interval, self._ping)

    def _send_beside(self, body: bytes) -> None:
        """Send something while the source waits; nothing else is being sent then."""
        self._beside = self._loop.create_task(self._send_now(body))

    async def _send_now(self, body: bytes) -> None:
        self._event = event = piece_of(body)
        try:
            await self._send(event)
        except OSError:  # ASGI HTTP 2.4: the client has left
            self._leave()
            self._stop()
        except Exception:  # raised where this task is awaited
            self._stop()
            raise
        self._event = None
        self._last_sent = self._time()


def piece_of(body: bytes) -> Event:
    return {"type": "http.response.body", "body": body, "more_body": True}


def _checked(piece: Any) -> bytes:
    if isinstance(piece, bytes | bytearray | memoryview):
        return bytes(piece)
    raise TypeError(
        f"A stream gives bytes, not {type(piece).__name__}; encode text with .encode()."
    )
