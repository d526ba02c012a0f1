"""How a simulated WebSocket ends, if not as the test wants.

    WebSocketDisconnected (ConnectionError)     the connection is over
    ├── WebSocketPathNotFound       the handshake got a 404,
    ├── WebSocketHandlerNotFound    a 405,
    └── WebSocketServerError        or a 500, or the connection ended with 1011

Where falconws-ws is installed these are its own classes, so that an ``except`` for one is an
``except`` for the other. Applications of other frameworks are tested without it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

__all__ = (
    "WebSocketDisconnected",
    "WebSocketHandlerNotFound",
    "WebSocketPathNotFound",
    "WebSocketServerError",
)

if TYPE_CHECKING:
    from falconws.ws import (
        WebSocketDisconnected,
        WebSocketHandlerNotFound,
        WebSocketPathNotFound,
        WebSocketServerError,
    )
else:
    try:
        from falconws.ws import (
            WebSocketDisconnected,
            WebSocketHandlerNotFound,
            WebSocketPathNotFound,
            WebSocketServerError,
        )
    except ModuleNotFoundError as exc:
        if exc.name != "falconws.ws":
            raise  # It is installed, and something that it needs is not.

        class WebSocketDisconnected(ConnectionError):
            """The connection is over.

            Attributes:
                code: The close code (RFC 6455, 7.4.1).
                reason: What was said about it; empty for nothing.
                initiator: Who began: ``'client'`` or ``'server'``; None if it broke off.
            """

            def __init__(
                self,
                code: int | None = None,
                reason: str | None = None,
                initiator: Literal["client", "server"] | None = None,
            ) -> None:
                self.code = 1005 if code is None else code
                self.reason = reason or ""
                self.initiator = initiator
                sentence = f"The WebSocket was closed with code {self.code}"
                super().__init__(
                    f"{sentence}: {self.reason}" if self.reason else f"{sentence}."
                )

        class WebSocketPathNotFound(WebSocketDisconnected):
            """The handshake was denied with 404."""

        class WebSocketHandlerNotFound(WebSocketDisconnected):
            """The handshake was denied with 405."""

        class WebSocketServerError(WebSocketDisconnected):
            """An error of the application ended the connection."""
