"""`WebSocketOptions`: what can be set about WebSockets."""

from __future__ import annotations

from collections.abc import MutableMapping
from typing import Any

from falconws.media import (
    BinaryBaseHandlerWS,
    JSONHandlerWS,
    MessagePackHandlerWS,
    TextBaseHandlerWS,
)

from .closing import CloseCode, check_code, default_reasons
from .origin import SAME_ORIGIN, AllowedOrigins, OriginPolicy
from .payload import WebSocketPayloadType

__all__ = ("MediaHandlers", "WebSocketOptions")

MediaHandlers = MutableMapping[WebSocketPayloadType, Any]


class WebSocketOptions:
    """What can be set about the WebSockets of an App: ``app.ws_options``.

    Attributes:
        media_handlers: What ``send_media`` and ``receive_media`` use: a `TextBaseHandlerWS`
            for ``WebSocketPayloadType.TEXT``, a `BinaryBaseHandlerWS` for ``BINARY``.
        max_receive_queue: How many messages are received ahead, on a WebSocket that nobody
            receives on, to learn whether its client has left. When they have been unread for
            30 seconds, what comes after them is dropped; a responder that then reads as far as
            that is closed with 1008. 0 for none: that a client has left is learned by
            receiving and sending alone.
        origin_policy: What `allowed_origins` comes to.
        disconnect_grace: Seconds that a responder has to end by itself when its client has
            left, before it is cancelled, a tenth of a second more or less; 0 to cancel it at
            once, None to leave it alone.
        max_message_size: How many bytes a client's message may have, in UTF-8 if it is text; a
            larger one closes the connection with 1009. None for what the server allows, which
            has buffered the message by then: set its own limit as well.
        rate_limit: How many messages a client may send: ``(rate, burst)``, in messages per
            second and messages at once. More close the connection with 1008. None for no
            limit.
        send_timeout: Seconds that a send may wait for a client that does not read. Then the
            connection is given up: the send raises `WebSocketDisconnected`, as all that come
            after it. None for no limit.
        idle_timeout: Seconds in which the responder has received no message, after which the
            connection is closed with 1001; None for no limit. It is for responders that
            receive: what nobody receives does not count.
        max_age: Seconds after which any connection is closed with 1001, so that clients move
            on to new servers; None for no limit.
        default_close_reasons: The reasons that go with codes where ``close()`` is given none.
    """

    __slots__ = (
        "_allowed_origins",
        "_error_close_code",
        "default_close_reasons",
        "disconnect_grace",
        "idle_timeout",
        "max_age",
        "max_message_size",
        "max_receive_queue",
        "media_handlers",
        "origin_policy",
        "rate_limit",
        "send_timeout",
    )

    def __init__(
        self,
        media_handlers: MediaHandlers | None = None,
        max_receive_queue: int = 32,
        *,
        disconnect_grace: float | None = 2.0,
        allowed_origins: AllowedOrigins = SAME_ORIGIN,
        max_message_size: int | None = 1024 * 1024,
        rate_limit: tuple[float, int] | None = None,
        send_timeout: float | None = 30.0,
        idle_timeout: float | None = None,
        max_age: float | None = None,
    ) -> None:
        """Choose options; those that are missing here are attributes.

        Args:
            media_handlers: By payload type; JSON for text and MessagePack for binary where
                there is none.
            max_receive_queue: As the attribute.
            disconnect_grace: As the attribute.
            allowed_origins: As the attribute.
            max_message_size: As the attribute.
            rate_limit: As the attribute.
            send_timeout: As the attribute.
            idle_timeout: As the attribute.
            max_age: As the attribute.

        Raises:
            ValueError: A negative number, or what is not an origin.
        """
        _check_least("max_receive_queue", max_receive_queue, 0)
        _check_least("disconnect_grace", disconnect_grace, 0)
        _check_least("max_message_size", max_message_size, 1)
        for name, seconds in (
            ("send_timeout", send_timeout),
            ("idle_timeout", idle_timeout),
            ("max_age", max_age),
        ):
            _check_positive(name, seconds)
        if rate_limit is not None:
            _check_positive("The rate of rate_limit", rate_limit[0])
            _check_least("The burst of rate_limit", rate_limit[1], 1)
        self.max_receive_queue = max_receive_queue
        self.disconnect_grace = disconnect_grace
        self.max_message_size = max_message_size
        self.rate_limit = rate_limit
        self.send_timeout = send_timeout
        self.idle_timeout = idle_timeout
        self.max_age = max_age
        text: TextBaseHandlerWS = JSONHandlerWS()
        binary: BinaryBaseHandlerWS = MessagePackHandlerWS()
        self.media_handlers: MediaHandlers = {
            WebSocketPayloadType.TEXT: text,
            WebSocketPayloadType.BINARY: binary,
            **(media_handlers or {}),
        }
        self._error_close_code: int = CloseCode.INTERNAL_ERROR
        self.default_close_reasons = default_reasons()
        self.allowed_origins = allowed_origins

    @property
    def error_close_code(self) -> int:
        """The code that an unexpected exception closes a WebSocket with; 1011 by default.

        Setting it raises `ValueError` for one that must not be sent.
        """
        return self._error_close_code

    @error_close_code.setter
    def error_close_code(self, code: int) -> None:
        check_code(code)
        self._error_close_code = code

    @property
    def allowed_origins(self) -> AllowedOrigins:
        """The origins of the web pages that may connect.

        ``'same-origin'``, the default, are pages that came from the host of the handshake;
        ``localhost``, ``127.0.0.1`` and ``[::1]`` count as one host. Others are listed:
        ``['https://app.example.com']``, or an `Origins` that a `CORSMiddleware` has too.
        ``'*'`` lets every page connect, with the cookies of whoever looks at it. A client that
        sends no Origin is no browser, and is let through.

        Setting it raises `ValueError` for what is not an origin.
        """
        return self._allowed_origins

    @allowed_origins.setter
    def allowed_origins(self, origins: AllowedOrigins) -> None:
        self.origin_policy = OriginPolicy(origins)
        self._allowed_origins = origins

    def json_handler(self) -> TextBaseHandlerWS:
        """Give the handler for text if that is JSON, otherwise JSON as installed."""
        handler = self.media_handlers[WebSocketPayloadType.TEXT]
        return handler if isinstance(handler, JSONHandlerWS) else JSONHandlerWS()

    def msgpack_handler(self) -> BinaryBaseHandlerWS:
        """Give the handler for binary if that is MessagePack, otherwise MessagePack."""
        handler = self.media_handlers[WebSocketPayloadType.BINARY]
        return (
            handler
            if isinstance(handler, MessagePackHandlerWS)
            else MessagePackHandlerWS()
        )


def _check_least(name: str, value: float | None, least: int) -> None:
    if value is not None and value < least:
        raise ValueError(f"{name} is at least {least}, not {value}.")


def _check_positive(name: str, value: float | None) -> None:
    if value is not None and value <= 0:
        raise ValueError(f"{name} is above 0, or None for no limit, not {value}.")
