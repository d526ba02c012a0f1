"""Authentication: where the token of a WebSocket's client is, and what is done without one.

A page cannot give a handshake a header of its own, so that browsers carry the token elsewhere.
Whether it is a good one is for the application to say::

    async def verify(token: str, ws: WebSocket) -> User | None: ...

    authenticate = Authenticator(verify, Subprotocol(), Cookie("session"))

    class Room:
        @before(authenticate)
        async def on_websocket(self, req, ws, room):
            user = ws.context.user

No token gets into a log, an error or an answer from here. What a server logs of handshakes at
the level ``debug`` is another matter.
"""

from __future__ import annotations

import asyncio
import logging
import re
from collections.abc import Awaitable, Callable
from typing import Any, Generic, Protocol, TypeVar

from falconws.core import (
    HTTPForbidden,
    HTTPUnauthorized,
    OperationNotAllowed,
    Origins,
    Request,
)
from falconws.core.routing import is_awaitable_function
from falconws.core.uri import decode

from .closing import CloseCode
from .errors import WebSocketDisconnected
from .origin import OriginPolicy
from .socket import WebSocket

__all__ = (
    "Authenticator",
    "Authorization",
    "Cookie",
    "FirstMessage",
    "Query",
    "Subprotocol",
    "TokenCarrier",
)

logger = logging.getLogger("falconws")

T = TypeVar("T")

_SAME_ORIGIN = OriginPolicy()

# RFC 9110, 11.4: the scheme in any case, and a token68.
_BEARER = re.compile(r"bearer +([0-9a-z._~+/-]+=*) *", re.ASCII | re.IGNORECASE)

# What reading a message raises that is not as it should be; ``json.loads(message)["token"]``
# raises each of them.
_UNREADABLE = (ValueError, LookupError, TypeError, RecursionError)


class TokenCarrier(Protocol):
    """A place where a client puts its token; applications may have places of their own."""

    async def token(self, req: Request, ws: WebSocket) -> str | None:
        """Give the token; None or an empty one if it is not here."""
        ...


class Authenticator(Generic[T]):
    """Finds a client's token, has it verified, and refuses the client otherwise.

    It is a hook for ``on_websocket``: ``@before(authenticate)``. A class may have that hook if
    ``on_websocket`` is its only responder. A responder or a ``process_request_ws`` may call
    it too: ``user = await authenticate(req, ws)``. Once for a connection: `Subprotocol` and
    `Query` take the token away, and `FirstMessage` would wait for another message.

    Who is refused gets a 401, or is closed with 1008 where the handshake was accepted before.
    """

    def __init__(
        self,
        verify: Callable[[str, WebSocket], Awaitable[T | None]],
        *carriers: TokenCarrier,
    ) -> None:
        """Choose what verifies, and where tokens are.

        Args:
            verify: A coroutine function ``(token, ws)`` that gives what becomes
                ``ws.context.user``, or None to refuse. It may set ``ws.expires_at``, and raise
                an `HTTPError` of its own, such as `HTTPForbidden`.
            *carriers: Asked in this order. The first that has a token decides, and those
                behind it are not asked: a `Query` there would leave its parameter to the
                server's log, so put it first.

        Raises:
            TypeError: `verify` is no coroutine function, or there is no carrier.
            ValueError: A `FirstMessage` has others behind it.
        """
        if not is_awaitable_function(verify):
            name = getattr(verify, "__qualname__", repr(verify))
            raise TypeError(
                f"An Authenticator verifies by a coroutine function (token, ws), not by {name}: "
                "write `async def`."
            )
        if not carriers:
            raise TypeError(
                "An Authenticator needs to know where the token is: "
                'Authenticator(verify, Cookie("session")).'
            )
        if any(isinstance(carrier, FirstMessage) for carrier in carriers[:-1]):
            raise ValueError(
                "FirstMessage() comes last, as it accepts the handshake that others read."
            )
        self._verify = verify
        self._carriers = carriers

    async def __call__(
        self,
        req: Request,
        ws: WebSocket,
        resource: object = None,
        params: dict[str, Any] | None = None,
    ) -> T:
        """Give what was made of the token, and put it into ``ws.context.user``.

        Args:
            req: The handshake.
            ws: Its WebSocket, accepted or not.
            resource: Not used; hooks are given one.
            params: As `resource`.

        Raises:
            HTTPUnauthorized: There is no token or no good one; the handshake is not accepted.
            HTTPForbidden: A `Cookie` was sent by a page that may not.
            WebSocketDisconnected: There is no token or no good one, and the connection was
                closed; or the client has left.
            PayloadTypeError: The message for a `FirstMessage` is binary.
            OperationNotAllowed: The request is not for a WebSocket.
        """
        if not req.is_websocket:
            raise OperationNotAllowed(
                "An Authenticator is for on_websocket. Put @before on that method, not on a "
                "class that has other responders."
            )
        for carrier in self._carriers:
            token = await carrier.token(req, ws)
            if token:
                user = await self._verify(token, ws)
                if user is None:
                    break
                ws.context.user = user
                return user
        raise await _refusal(ws)


class Subprotocol:
    """A token among the subprotocols: ``new WebSocket(url, ["bearer", token])``.

    It is the one behind the name, and others may stand around the two. It is taken out of
    ``ws.subprotocols`` and the headers, and ``ws.accept()`` answers the name.

    A browser sends what a header's token may have in it (RFC 9110, 5.6.2): letters, digits and
    ``!#$%&'*+-.^_`|~``. JSON Web Tokens and `Tickets` are such; base64 with ``/`` or ``=`` is
    not.
    """

    def __init__(self, name: str = "bearer") -> None:
        """Set the name that stands in front of the token."""
        self._name = name

    async def token(self, req: Request, ws: WebSocket) -> str | None:
        """Give the token, and hide it."""
        offered = ws.subprotocols
        if self._name not in offered[:-1]:
            return None
        token = offered[offered.index(self._name) + 1]
        ws.hide_subprotocol(token, self._name)
        # The request may have read the headers by now: its Origin was asked for.
        req.headers["sec-websocket-protocol"] = ", ".join(ws.subprotocols)
        return token


class Cookie:
    """A cookie, which a browser sends by itself.

    It does so whatever page opens the WebSocket (RFC 6455, 10.2). A handshake that has the
    cookie must therefore have an Origin too, of a page that ``allowed_origins`` lets connect;
    where that is ``'*'``, of the same origin, and ``null`` is never enough. Others get a 403.

    With several cookies of the name nobody knows which of them this site has set, and the
    client is refused. A name that begins with ``__Host-`` can only be set by this very host.
    """

    def __init__(self, name: str) -> None:
        """Set the name of the cookie."""
        self._name = name

    async def token(self, req: Request, ws: WebSocket) -> str | None:
        """Give the cookie's value."""
        values = req.get_cookie_values(self._name)
        if values is None:
            return None
        if not _is_of_own_page(req, ws):
            raise HTTPForbidden(
                description=f"A handshake with the cookie {self._name} needs the Origin of a "
                "page that may use it."
            )
        if len(values) > 1:
            raise await _refusal(ws)
        return values[0]


class Query:
    """A query parameter: ``new WebSocket(url + "?ticket=" + ticket)``.

    Addresses get into logs, so let it be a ticket that is good once (`falconws.ws.tickets`).
    The parameter is taken out of the scope before the handshake is answered. uvicorn writes
    its access log with the answer, from that same scope, so it is not in there, unless an ASGI
    middleware in between has copied the scope. A proxy in front logs what it likes, and so
    does uvicorn at the level ``debug``, where the websockets library logs whole handshakes.
    """

    def __init__(self, name: str = "ticket") -> None:
        """Set the name of the parameter."""
        self._name = name

    async def token(self, req: Request, ws: WebSocket) -> str | None:
        """Give the parameter's value, and take it out of the query string."""
        raw: bytes = req.scope.get("query_string", b"")
        values, others = [], []
        for field in raw.split(b"&"):
            name, _, value = field.decode("utf-8", "replace").partition("=")
            if decode(name) == self._name:
                values.append(decode(value))
            else:
                others.append(field)
        if not values:
            return None
        req.scope["query_string"] = b"&".join(others)
        req.params.pop(self._name, None)  # in case that they were read by now
        if len(values) > 1:
            raise await _refusal(ws)
        return values[0]


class Authorization:
    """The header ``Authorization: Bearer ...``, for clients that are no browsers."""

    async def token(self, req: Request, ws: WebSocket) -> str | None:
        """Give what stands behind ``Bearer``."""
        match = _BEARER.fullmatch(req.auth or "")
        return match[1] if match else None


class FirstMessage:
    """The first message, which has to be text: ``socket.send(token)``.

    The handshake is accepted for that, by ``ws.accept()`` if the responder did not. It is the
    last of an Authenticator's carriers.
    """

    def __init__(
        self,
        deadline: float = 10.0,
        read: Callable[[str], str | None] | None = None,
    ) -> None:
        """Set how long to wait, and how to read the message.

        Args:
            deadline: Seconds from the acceptance, above 0. Then the connection is closed with
                1008.
            read: Makes the token of the message, or gives None if there is none; a message
                that it raises a ValueError, LookupError or TypeError for has none either. None
                for a message that is the token.

        Raises:
            ValueError: The deadline is not above 0.
        """
        if not deadline > 0:
            raise ValueError(f"deadline is above 0 seconds, not {deadline}.")
        self._deadline = deadline
        self._read = read

    async def token(self, req: Request, ws: WebSocket) -> str | None:
        """Accept the handshake if that was not done, and wait for the token."""
        if ws.unaccepted:
            await ws.accept()
        message = None
        try:
            async with asyncio.timeout(self._deadline):
                message = await ws.receive_text()
        except TimeoutError:
            pass
        if message is None:
            raise await _refusal(ws, "Not authenticated in time")
        return message if self._read is None else self._token_of(message, self._read)

    def _token_of(self, message: str, read: Callable[[str], str | None]) -> str | None:
        try:
            token = read(message)
        except _UNREADABLE as exc:
            # Its text is not for a log: it may be about the token.
            logger.debug("A first message was not read: %s", type(exc).__name__)
            return None
        return token if isinstance(token, str) else None


async def _refusal(ws: WebSocket, reason: str = "Not authenticated") -> Exception:
    """Close the connection if there is one, and give what is to be raised."""
    if ws.unaccepted:
        # RFC 9110, 11.6.1: a 401 says how to authenticate.
        return HTTPUnauthorized(challenges=["Bearer"])
    await ws.close(CloseCode.POLICY_VIOLATION, reason)
    return WebSocketDisconnected(ws.close_code, ws.close_reason, ws.close_initiator)


def _is_of_own_page(req: Request, ws: WebSocket) -> bool:
    """Say whether a page opened this WebSocket that may use the cookies of its host."""
    options = ws.options
    origin = req.headers.get("origin")
    # RFC 6455, 4.1: a browser always sends one.
    if origin is None or not options.origin_policy.allows(req):
        return False
    allowed = options.allowed_origins
    if isinstance(allowed, Origins):
        allowed = allowed.allowed
    # Any page can put a script into a sandboxed frame, whose origin is null.
    return (allowed != "*" and origin != "null") or _SAME_ORIGIN.allows(req)
