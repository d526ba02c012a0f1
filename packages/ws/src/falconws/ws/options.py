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

from .closing import CloseCode, default_reasons
from .payload import WebSocketPayloadType

__all__ = ("MediaHandlers", "WebSocketOptions")

MediaHandlers = MutableMapping[WebSocketPayloadType, Any]


class WebSocketOptions:
    """What can be set about the WebSockets of an App: ``app.ws_options``.

    Attributes:
        media_handlers: What ``send_media`` and ``receive_media`` use: a `TextBaseHandlerWS`
            for ``WebSocketPayloadType.TEXT``, a `BinaryBaseHandlerWS` for ``BINARY``.
        error_close_code: The code that an unexpected exception closes a WebSocket with.
        default_close_reasons: The reasons that go with codes where ``close()`` is given none.
    """

    __slots__ = ("default_close_reasons", "error_close_code", "media_handlers")

    def __init__(self, media_handlers: MediaHandlers | None = None) -> None:
        """Choose media handlers.

        Args:
            media_handlers: By payload type; JSON for text and MessagePack for binary where
                there is none.
        """
        text: TextBaseHandlerWS = JSONHandlerWS()
        binary: BinaryBaseHandlerWS = MessagePackHandlerWS()
        self.media_handlers: MediaHandlers = {
            WebSocketPayloadType.TEXT: text,
            WebSocketPayloadType.BINARY: binary,
            **(media_handlers or {}),
        }
        self.error_close_code: int = CloseCode.INTERNAL_ERROR
        self.default_close_reasons = default_reasons()

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
