"""What is known of a WebSocket from its handshake."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime

from falconws.core import Context, OperationNotAllowed, Scope
from falconws.core.headers import header_name, header_value, read_headers
from falconws.core.scopes import path_below_root

from .options import WebSocketOptions

__all__ = ("Handshake",)


class Handshake:
    """The part of `WebSocket` that tells who wants what, and what the application adds to it."""

    __slots__ = (
        "_answer",
        "_context",
        "_expires_at",
        "_headers",
        "_options",
        "_subprotocols",
        "scope",
    )

    def __init__(self, scope: Scope, options: WebSocketOptions | None) -> None:
        self.scope = scope
        self._options = options or WebSocketOptions()
        self._context: Context | None = None
        self._expires_at: float | None = None
        self._headers: dict[str, str] | None = None
        self._subprotocols: tuple[str, ...] | None = None
        self._answer: str | None = None

    @property
    def options(self) -> WebSocketOptions:
        """What was set about the WebSockets of the App."""
        return self._options

    @property
    def context(self) -> Context:
        """A place for the application's own data: ``ws.context.user = user``."""
        context = self._context
        if context is None:
            context = self._context = Context()
        return context

    @property
    def expires_at(self) -> float | None:
        """When the client's authorization ends, in seconds since 1970; None for never.

        The connection is closed with 1008 then. It may be set to a datetime that has a zone,
        and again when the client has renewed its authorization. Setting it raises
        `ValueError` for a datetime without a zone.
        """
        return self._expires_at

    @expires_at.setter
    def expires_at(self, moment: datetime | float | None) -> None:
        if isinstance(moment, datetime):
            if moment.tzinfo is None:
                raise ValueError(
                    "expires_at takes a datetime with a zone, such as datetime.now(UTC) + ..."
                )
            moment = moment.timestamp()
        self._expires_at = moment

    @property
    def path(self) -> str:
        """The path of the handshake, decoded, without root path and query string."""
        return path_below_root(self.scope)

    @property
    def query_string(self) -> str:
        """The query string of the handshake, without the ``?``."""
        raw: bytes = self.scope.get("query_string", b"")
        return raw.decode("utf-8", "replace")

    @property
    def headers(self) -> dict[str, str]:
        """The headers of the handshake, by their lower-case names."""
        headers = self._headers
        if headers is None:
            headers = self._headers = read_headers(self.scope)
        return headers

    @property
    def client_address(self) -> tuple[str, int] | None:
        """Host and port of the client; None if the server does not tell."""
        client = self.scope.get("client")
        return (client[0], client[1]) if client else None

    @property
    def subprotocols(self) -> tuple[str, ...]:
        """The subprotocols that the client offers, the one it likes best first."""
        subprotocols = self._subprotocols
        if subprotocols is None:
            subprotocols = self._subprotocols = tuple(
                self.scope.get("subprotocols") or ()
            )
        return subprotocols

    def hide_subprotocol(self, secret: str, answer: str) -> None:
        """Take what is a secret out of `subprotocols` and the headers.

        Args:
            secret: One of `subprotocols`, such as a token.
            answer: What ``accept()`` answers if it is given none. A browser that has offered
                subprotocols breaks off if it gets none (WHATWG WebSockets, 3).
        """
        self._answer = answer
        self._subprotocols = tuple(p for p in self.subprotocols if p != secret)
        offered = ", ".join(self._subprotocols).encode("latin-1")
        name = b"sec-websocket-protocol"
        headers = [(n, v) for n, v in self.scope["headers"] if n.lower() != name]
        self.scope["subprotocols"] = list(self._subprotocols)
        self.scope["headers"] = [*headers, (name, offered)] if offered else headers
        self._headers = None

    @property
    def supports_accept_headers(self) -> bool:
        """Whether the server can send headers with `accept` (ASGI WebSocket 2.1)."""
        return self._spec_version() >= (2, 1)

    def _spec_version(self) -> tuple[int, ...]:
        version: str = self.scope.get("asgi", {}).get("spec_version", "2.0")
        return tuple(int(part) for part in version.split("."))

    def _accept_headers(
        self, headers: Mapping[str, str] | Iterable[tuple[str, str]]
    ) -> list[tuple[bytes, bytes]]:
        items = list(headers.items() if isinstance(headers, Mapping) else headers)
        if items and not self.supports_accept_headers:
            raise OperationNotAllowed(
                "This server speaks ASGI WebSocket 2.0, which has no headers for accept(); see "
                "supports_accept_headers."
            )
        encoded = []
        for name, value in items:
            key = header_name(name)
            if key == "sec-websocket-protocol":
                raise ValueError("Choose a subprotocol by accept(subprotocol=...).")
            encoded.append(
                (key.encode("latin-1"), header_value(name, value).encode("latin-1"))
            )
        return encoded
