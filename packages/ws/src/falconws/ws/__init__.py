"""WebSocket for falconws: ``on_websocket`` responders, and the `WebSocket` that they are given."""

from ._broadcast import SharedMessage, broadcast
from ._state import State
from .closing import CloseCode
from .errors import (
    WebSocketDisconnected,
    WebSocketHandlerNotFound,
    WebSocketPathNotFound,
    WebSocketServerError,
)
from .extension import WebSockets
from .options import WebSocketOptions
from .payload import WebSocketPayloadType
from .socket import WebSocket

__all__ = (
    "CloseCode",
    "SharedMessage",
    "State",
    "WebSocket",
    "WebSocketDisconnected",
    "WebSocketHandlerNotFound",
    "WebSocketOptions",
    "WebSocketPathNotFound",
    "WebSocketPayloadType",
    "WebSocketServerError",
    "WebSockets",
    "broadcast",
)
