"""Sending a response whose body is in hand, and what every response consists of."""

from __future__ import annotations

import asyncio
import logging
import math

from .response import Response
from .scopes import Event, Send

__all__ = (
    "BODILESS",
    "SMALL_BODY",
    "SPECIAL",
    "announce",
    "patience",
    "send_body",
    "start_of",
    "trailers_of",
)

logger = logging.getLogger("falconws")

# RFC 9110, 6.4.1 and 15.3.6: responses with these statuses have no content.
BODILESS = frozenset({100, 101, 204, 205, 304})
# RFC 9110, 8.3 and 15.3.5, 15.4.5: and of these there is nothing a type could describe.
_UNTYPED = frozenset({204, 304})
# RFC 9110, 8.6: and these must not tell a length; a 304 may tell that of the 200.
_UNMEASURED = frozenset({100, 101, 204})

# Statuses whose responses are not like those of any other.
SPECIAL = BODILESS | _UNTYPED | _UNMEASURED

# A body up to this size fits into the buffers of the server and the system: as a rule its send
# does not wait for the client to read.
SMALL_BODY = 64 * 1024
# What a client has `send_timeout` for, as large as the largest piece of a file. A server may
# return from a send when the client has read all of it, and one that reads slowly is not to be
# taken for one that does not read: what is larger is given the more time.
_PIECE = 256 * 1024


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
    _add_type(resp)
    if status in BODILESS:
        body = b""
    elif is_head:
        # RFC 9110, 8.6: the length that a GET's would have, or none at all.
        if body is not None:
            headers["content-length"] = str(len(body))
        body = b""
    else:
        body = body or b""
        headers["content-length"] = str(len(body))
    start = start_of(resp)
    trailers = resp.trailers is not None and not is_head and announce(resp, start)
    try:
        if len(body) > SMALL_BODY:
            send = _bounded(send, len(body), resp.options.send_timeout)
        await send(start)
        await send({"type": "http.response.body", "body": body})
        if trailers:
            await send(trailers_of(resp))
    except OSError:  # ASGI HTTP 2.4: the client has left
        pass


def _bounded(send: Send, size: int, timeout: float | None) -> Send:
    """Make a send that takes too long raise `TimeoutError`: to the caller, the client has left.

    Args:
        send: The server's callable.
        size: How many bytes it will be given at once.
        timeout: The ``send_timeout``.
    """
    seconds = None if timeout is None else patience(size, timeout)

    async def send_in_time(event: Event) -> None:
        scope = asyncio.timeout(seconds)
        try:
            async with scope:
                await send(event)
        except TimeoutError:  # or the server's own, for a client that has left
            if scope.expired():
                logger.debug("A client did not read its response for %g s.", seconds)
            raise

    return send_in_time


def patience(size: int, timeout: float) -> float:
    """Give the seconds that a send of so many bytes may wait for a client."""
    return timeout * max(1, math.ceil(size / _PIECE))


def start_of(resp: Response) -> Event:
    """Make the event that begins a response."""
    headers = resp._headers
    status = resp._status_code
    if status in _UNMEASURED:
        headers.pop("content-length", None)
    elif status == 205:  # and this one has to tell that it has none (15.3.6)
        headers["content-length"] = "0"
    _add_type(resp)
    return {
        "type": "http.response.start",
        "status": status,
        "headers": resp.asgi_headers(),
    }


def _add_type(resp: Response) -> None:
    if "content-type" not in resp._headers and resp._status_code not in _UNTYPED:
        resp._headers["content-type"] = resp.options.default_media_type


def announce(resp: Response, start: Event) -> bool:
    """Announce the trailers to server and client; give False if they are not to be sent."""
    if resp.status_code in BODILESS or resp.server is None:
        return False
    start["trailers"] = takes = resp.server.takes_trailers
    if takes and "trailer" not in resp._headers:
        # ASGI, "HTTP Trailers": the application names them to the client (RFC 9110, 6.6.2).
        names = ", ".join(resp.trailers or ())
        start["headers"].append((b"trailer", names.encode()))
    return takes


def trailers_of(resp: Response) -> Event:
    fields = (resp.trailers or {}).items()
    return {
        "type": "http.response.trailers",
        "headers": [(n.encode("latin-1"), v.encode("latin-1")) for n, v in fields],
        "more_trailers": False,
    }
