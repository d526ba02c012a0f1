"""Sending a response: nothing, bytes, or a stream that stops when the client leaves."""

from __future__ import annotations

import asyncio
import math
from typing import Any

from .errors import ClientDisconnected, HTTPInvalidHeader
from .lifecycle import BackgroundTasks, Connections
from .request import BoundedStream, Request
from .response import Response, Stream
from .response.stream import close_source
from .scopes import Event, Send

__all__ = ("send_body", "send_stream")

# RFC 9110, 6.4.1 and 15.3.6: responses with these statuses have no content.
_BODILESS = frozenset({100, 101, 204, 205, 304})
# RFC 9110, 8.3 and 15.3.5, 15.4.5: and of these there is nothing a type could describe.
_UNTYPED = frozenset({204, 304})
# RFC 9110, 8.6: and these must not tell a length; a 304 may tell that of the 200.
_UNMEASURED = frozenset({100, 101, 204})


async def send_body(
    resp: Response, body: bytes | None, is_head: bool, send: Send
) -> None:
    """Send a response whose body is in hand.

    Args:
        resp: Status and headers.
        body: None for none.
        is_head: Whether the request was a HEAD, which is answered without the body.
        send: The server's callable.
    """
    status = resp._status_code
    headers = resp._headers
    if status in _BODILESS:
        body = b""
    elif is_head:
        if body is not None or "content-length" not in headers:
            headers["content-length"] = str(len(body or b""))
        body = b""
    else:
        body = body or b""
        headers["content-length"] = str(len(body))
    start = _start(resp)
    trailers = resp.trailers is not None and not is_head and _announce(resp, start)
    try:
        await send(start)
        await send({"type": "http.response.body", "body": body})
        if trailers:
            await send(_trailers(resp))
    except OSError:  # ASGI HTTP 2.4: the client has left
        pass


def _start(resp: Response) -> Event:
    """Make the event that begins a response."""
    headers = resp._headers
    status = resp._status_code
    if status in _UNMEASURED:
        headers.pop("content-length", None)
    elif status == 205:  # and this one has to tell that it has none (15.3.6)
        headers["content-length"] = "0"
    if "content-type" not in headers and status not in _UNTYPED:
        headers["content-type"] = resp.options.default_media_type
    return {
        "type": "http.response.start",
        "status": status,
        "headers": resp.asgi_headers(),
    }


def _announce(resp: Response, start: Event) -> bool:
    """Announce the trailers to server and client; give False if they are not to be sent."""
    if resp.status_code in _BODILESS or resp.server is None:
        return False
    start["trailers"] = takes = resp.server.takes_trailers
    if takes and "trailer" not in resp._headers:
        # ASGI, "HTTP Trailers": the application names them to the client (RFC 9110, 6.6.2).
        names = ", ".join(resp.trailers or ())
        start["headers"].append((b"trailer", names.encode()))
    return takes


def _trailers(resp: Response) -> Event:
    fields = (resp.trailers or {}).items()
    return {
        "type": "http.response.trailers",
        "headers": [(n.encode("latin-1"), v.encode("latin-1")) for n, v in fields],
        "more_trailers": False,
    }


async def send_stream(
    req: Request,
    resp: Response,
    stream: Stream,
    connections: Connections,
    background: BackgroundTasks,
    send: Send,
) -> None:
    """Send a response whose body is a stream, until it ends or the client leaves; close it."""
    start = _start(resp)
    is_head = req.method == "HEAD"
    trailers = resp.trailers is not None and not is_head and _announce(resp, start)
    sender = _StreamSender(req, stream, send)
    connections.add(sender)
    try:
        resp.begun = True
        if not await _deliver(send, start):
            return
        if resp.sse is not None and resp.scheduled is not None:
            background.start(resp.take_scheduled())  # An event stream may have no end.
        if not is_head and resp.status_code not in _BODILESS:
            if await _send_path(resp, stream, send) or not await sender.send_all():
                return
        last = {"type": "http.response.body", "body": b"", "more_body": False}
        if await _deliver(send, last) and trailers:
            await _deliver(send, _trailers(resp))
    except asyncio.CancelledError:
        if not sender.cancelled or sender.task.uncancel():
            raise
    finally:
        if stream.source is not resp.sse and stream.source is not resp.stream:
            await close_source(stream.source)  # what an opener has wrapped around it
        await resp.close_streams()
        connections.remove(sender)


async def _send_path(resp: Response, stream: Stream, send: Send) -> bool:
    """Let the server send a whole file, and end with it; give False if it cannot."""
    if stream.path is None or resp.server is None or resp.trailers is not None:
        return False
    # ASGI: the server adds no Content-Length to a file that it sends.
    if "content-length" not in resp._headers or not resp.server.offers("pathsend"):
        return False
    await _deliver(send, {"type": "http.response.pathsend", "path": stream.path})
    return True


async def _deliver(send: Send, event: Event) -> bool:
    """Send an event; give False if the client has left (ASGI HTTP 2.4)."""
    try:
        await send(event)
    except OSError:
        return False
    return True


class _StreamSender:
    """One stream on its way; a `Connection` while it is."""

    def __init__(self, req: Request, stream: Stream, send: Send) -> None:
        self._req = req
        self._stream = stream
        self._send = send
        self._left = False
        self._sending = False
        self._stopped = False
        self.cancelled = False
        self._pinging: asyncio.Task[None] | None = None
        self._timer: asyncio.TimerHandle | None = None
        # When the last send was over; infinite while one is under way, which is no silence.
        self._last_sent = math.inf
        self._scope = asyncio.timeout(None)
        task = asyncio.current_task()
        assert task is not None  # A server calls an application in a task.
        self.task: asyncio.Task[None] = task

    async def send_all(self) -> bool:
        """Send everything, or as much as the client stays for; give whether it has stayed."""
        if self._stopped:
            return True
        loop = asyncio.get_running_loop()
        watcher = loop.create_task(self._watch())
        keep_alive = self._stream.keep_alive_interval
        self._last_sent = loop.time()
        if keep_alive is not None:
            self._timer = loop.call_at(self._last_sent + keep_alive, self._ping)
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
            self._left = True
        except TimeoutError:
            if not self._scope.expired():
                raise
        finally:
            watcher.cancel()
            if self._timer is not None:
                self._timer.cancel()
            if self._pinging is not None:
                self._pinging.cancel()
        return not self._left

    def sweep(self) -> None:
        """Do nothing: `_watch` is told of everything that could be found here."""

    async def end(self) -> None:
        """End the stream, so that the client sees the end of the body."""
        self._stop()

    def cancel(self) -> None:
        """Give up on a source that does not come to its end."""
        self.cancelled = True
        self.task.cancel()

    def _stop(self) -> None:
        self._stopped = True
        if self._sending:
            self._sending = False  # a scope that ends takes no other deadline
            self._scope.reschedule(asyncio.get_running_loop().time())

    async def _send_pieces(self) -> None:
        send = self._send
        encode = self._stream.encode
        time = asyncio.get_running_loop().time
        async for piece in self._stream.source:
            if encode is not None:
                chunk = encode(piece)
            elif piece is None:
                return
            else:
                chunk = _checked(piece)
            if self._pinging is not None:
                await self._pinging
            self._last_sent = math.inf
            try:
                await send(
                    {"type": "http.response.body", "body": chunk, "more_body": True}
                )
            except OSError:  # ASGI HTTP 2.4: the client has left
                self._left = True
                return
            self._last_sent = time()

    async def _watch(self) -> None:
        """Stop the stream when the client disconnects."""
        try:
            stream = self._req.stream
        except HTTPInvalidHeader:  # a Content-Length that is no number tells of no body
            stream = BoundedStream(self._req._receive, content_length=0)
        await stream.watch()
        self._left = True
        self._stop()

    def _ping(self) -> None:
        """Send the keep-alive if there was silence for as long; come back when it is due."""
        interval = self._stream.keep_alive_interval
        assert interval is not None
        loop = asyncio.get_running_loop()
        now = loop.time()
        due = min(self._last_sent, now) + interval
        if due <= now:
            due = now + interval
            if self._pinging is None:
                self._pinging = loop.create_task(self._send_keep_alive())
        self._timer = loop.call_at(due, self._ping)

    async def _send_keep_alive(self) -> None:
        body = self._stream.keep_alive
        try:
            await self._send(
                {"type": "http.response.body", "body": body, "more_body": True}
            )
            self._last_sent = asyncio.get_running_loop().time()
        except OSError:  # the client has left; the watcher hears of it
            pass
        finally:
            self._pinging = None


def _checked(piece: Any) -> bytes:
    if isinstance(piece, bytes | bytearray | memoryview):
        return bytes(piece)
    raise TypeError(
        f"A stream gives bytes, not {type(piece).__name__}; encode text with .encode()."
    )
