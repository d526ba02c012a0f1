"""Sending a response whose body is a stream: it stops when the client leaves."""

from __future__ import annotations

import asyncio

from ._sending import BODILESS, announce, start_of, trailers_of
from ._stream_sender import StreamSender, piece_of
from .lifecycle import BackgroundTasks, Connections
from .request import Request
from .response import Response, Stream
from .scopes import Send

__all__ = ("send_stream",)


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
    sender = StreamSender(req, resp, stream, send)
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
    sender: StreamSender,
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
            await sender.deliver(piece_of(stream.farewell()))
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
