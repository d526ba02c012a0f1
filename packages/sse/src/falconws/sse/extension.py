"""`EventStreams`: the extension that serves ``resp.sse``."""

from __future__ import annotations

import random
from collections.abc import AsyncIterable, Callable
from typing import Any

from falconws.core import App, Response, Stream
from falconws.media import MEDIA_JSON, BaseHandler

from .event import SSEvent
from .stream import EventStream

__all__ = ("EventStreams",)

MEDIA_EVENT_STREAM = "text/event-stream"

_PING = b": ping\n\n"

# Seconds until a client whose first event is not there yet is sent a comment: some servers and
# proxies hold the headers back until then, and `onopen` with them. Less than what a person
# notices, and more than what most first events take, which need no comment.
_FIRST_PING = 0.1

# Milliseconds, between which clients come back to a server that went away: not all at once.
_RETRY = (1000, 5000)


class EventStreams:
    """Serves what responders set as ``resp.sse``.

    A stream is sent with the headers that keep caches and proxies from holding it back, and
    has a comment sent for it after 15 seconds of silence, and before its first event if that
    takes long. When the App stops, its clients are told to come back after 1 to 5 seconds, each
    at a time of its own. `EventStream` gives a stream other values.
    """

    def install(self, app: App) -> None:
        """Fill the slot behind `Response.sse` of an App."""
        app.fill_slot("event_stream", open_event_stream)


def open_event_stream(events: AsyncIterable[Any], resp: Response) -> Stream:
    """Give a `Stream` of events, and set the headers of its response."""
    if isinstance(events, EventStream):
        stream = events
        # From here on as if there were no options: a warning names the generator.
        resp.sse = stream.events
    else:
        stream = EventStream(events)
    _set_headers(resp, stream)
    handler = resp.options.media_handlers.get(MEDIA_JSON)
    return Stream(
        stream.events,
        _encoder(handler),
        keep_alive=_PING,
        keep_alive_interval=stream.ping,
        farewell=_farewell,
        opening=b"" if stream.retry is None else _retry(stream.retry),
        first_keep_alive=_FIRST_PING,
        send_timeout=stream.send_timeout,
        coalesce=True,
    )


def _set_headers(resp: Response, stream: EventStream) -> None:
    headers = resp.headers
    if "content-type" not in headers:
        resp.content_type = MEDIA_EVENT_STREAM
    if "cache-control" not in headers:
        resp.cache_control = "no-cache"
    if "x-accel-buffering" not in headers:
        # nginx holds a response back without it
        resp.set_header("X-Accel-Buffering", "no")
    resp.set_headers(stream.headers)


def _retry(milliseconds: int) -> bytes:
    """Give what sets the time after which a client comes back (WHATWG HTML, 9.2.6)."""
    return b"retry: %d\n\n" % milliseconds


def _farewell() -> bytes:
    return _retry(random.randint(*_RETRY))


def _encoder(handler: BaseHandler | None) -> Callable[[Any], bytes]:
    """Give what makes bytes of an item of an event stream's source."""

    def encode(item: Any) -> bytes:
        if type(item) is SSEvent:  # as a rule
            return item.serialize(handler).encode()
        return _encode(handler, item)

    return encode


def _encode(handler: BaseHandler | None, event: Any) -> bytes:
    """Give what an event stream's source yields as bytes.

    Raises:
        TypeError: It yields something that is no event.
    """
    if event is None:
        return _PING
    serialize = getattr(event, "serialize", None)
    if serialize is not None:
        framed: str | bytes = serialize(handler)
        return framed.encode() if isinstance(framed, str) else framed
    if isinstance(event, str):
        return SSEvent(event).serialize().encode()
    if isinstance(event, list):
        # One send, for what is ready together: on uvicorn, a hundred short events cost a ninth.
        return b"".join([_encode(handler, each) for each in event])
    raise TypeError(
        "resp.sse yields events, such as SSEvent(data=...), a list of them, a string for one "
        f"that has only data, or None for a ping; not {type(event).__name__}."
    )
