"""`EventStreams`: the extension that serves ``resp.sse``."""

from __future__ import annotations

import random
from collections.abc import AsyncIterable
from functools import partial
from typing import Any

from falconws.core import App, Response, Stream
from falconws.media import MEDIA_JSON, BaseHandler

__all__ = ("EventStreams",)

MEDIA_EVENT_STREAM = "text/event-stream"

# Proxies cut a connection that is silent for 30 to 60 seconds.
_PING_INTERVAL = 15.0
_PING = b": ping\n\n"

# Milliseconds, between which clients come back to a server that went away: not all at once.
_RETRY = (1000, 5000)


class EventStreams:
    """Serves what responders set as ``resp.sse``.

    A stream is sent with the headers that keep caches and proxies from holding it back, and
    has a comment sent for it after 15 seconds of silence. When the App stops, its clients are
    told to come back after 1 to 5 seconds, each at a time of its own.
    """

    def install(self, app: App) -> None:
        """Fill the slot behind `Response.sse` of an App."""
        app.fill_slot("event_stream", open_event_stream)


def open_event_stream(events: AsyncIterable[Any], resp: Response) -> Stream:
    """Give a `Stream` of events, and set the headers of its response."""
    headers = resp.headers
    if "content-type" not in headers:
        resp.content_type = MEDIA_EVENT_STREAM
    if "cache-control" not in headers:
        resp.cache_control = "no-cache"
    if "x-accel-buffering" not in headers:
        resp.set_header(
            "X-Accel-Buffering", "no"
        )  # nginx holds a response back without it
    handler = resp.options.media_handlers.get(MEDIA_JSON)
    return Stream(
        events,
        partial(_encode, handler),
        keep_alive=_PING,
        keep_alive_interval=_PING_INTERVAL,
        farewell=_farewell,
    )


def _farewell() -> bytes:
    """Give what sets the time after which a client comes back (WHATWG HTML, 9.2.6)."""
    return b"retry: %d\n\n" % random.randint(*_RETRY)


def _encode(handler: BaseHandler | None, event: Any) -> bytes:
    """Give what an event stream's source yields as bytes.

    Raises:
        TypeError: It yields something that is no event.
    """
    if event is None:
        return _PING
    serialize = getattr(event, "serialize", None)
    if serialize is None:
        raise TypeError(
            f"resp.sse yields events, such as SSEvent(data=...), or None for a ping; not "
            f"{type(event).__name__}."
        )
    framed: str | bytes = serialize(handler)
    return framed.encode() if isinstance(framed, str) else framed
