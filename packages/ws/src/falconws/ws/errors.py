"""Errors: how a WebSocket ends.

    WebSocketDisconnected (ConnectionError)     the connection is over
    ├── WebSocketPathNotFound       what a test client says of a handshake that got a 404,
    ├── WebSocketHandlerNotFound    a 405,
    └── WebSocketServerError        or of a connection that an error in the responder closed

Wrong use of a WebSocket is an `OperationNotAllowed` of `falconws.core`, a message of the wrong
kind a `PayloadTypeError` and one that cannot be read a `PayloadError` of `falconws.media`.
"""

from __future__ import annotations

from typing import Literal

__all__ = (
    "Initiator",
    "WebSocketDisconnected",
    "WebSocketHandlerNotFound",
    "WebSocketPathNotFound",
    "WebSocketServerError",
)


Initiator = Literal["client", "server"]
"""Who began to end a connection."""


class WebSocketDisconnected(ConnectionError):
    """The connection is over, whoever ended it.

    Attributes:
        code: The close code (RFC 6455, 7.4.1); 1005 if the peer gave none, 1006 if the
            connection broke off.
        reason: What was said about it; empty for nothing.
        initiator: Who began: ``'client'``, or ``'server'`` for this side, be it the
            application, one of its limits or the server that it runs on. None if nobody did, as
            the connection broke off, or if the code does not tell.
    """

    __slots__ = ("code", "initiator", "reason")

    def __init__(
        self,
        code: int | None = None,
        reason: str | None = None,
        initiator: Initiator | None = None,
    ) -> None:
        """Describe the end.

        Args:
            code: None for 1005.
            reason: None for an empty one.
            initiator: As the attribute.
        """
        self.code = 1005 if code is None else code
        self.reason = reason or ""
        self.initiator = initiator
        # Not by OSError, which would make an errno and a strerror of two.
        self.args = (self.code, self.reason, self.initiator)

    def __str__(self) -> str:
        sentence = f"The WebSocket was closed with code {self.code}"
        return f"{sentence}: {self.reason}" if self.reason else f"{sentence}."

    def __reduce__(
        self,
    ) -> tuple[type[WebSocketDisconnected], tuple[int, str, Initiator | None]]:
        return type(self), (self.code, self.reason, self.initiator)


class WebSocketPathNotFound(WebSocketDisconnected):
    """No route matches the path of the handshake."""


class WebSocketHandlerNotFound(WebSocketDisconnected):
    """The resource has no ``on_websocket`` responder."""


class WebSocketServerError(WebSocketDisconnected):
    """An error in the responder ended the connection."""
