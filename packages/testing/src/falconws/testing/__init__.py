"""Testing of ASGI applications in memory: HTTP, WebSocket and event streams, without a socket."""

from .bounded import DEFAULT_TIMEOUT
from .client import TestClient
from .conductor import ASGIConductor
from .exchange import StreamedResult
from .result import Result
from .scope import DEFAULT_HOST, DEFAULT_UA, create_scope, create_scope_ws
from .websocket import ASGIWebSocketSimulator

__all__ = (
    "ASGIConductor",
    "ASGIWebSocketSimulator",
    "DEFAULT_HOST",
    "DEFAULT_TIMEOUT",
    "DEFAULT_UA",
    "Result",
    "StreamedResult",
    "TestClient",
    "create_scope",
    "create_scope_ws",
)
