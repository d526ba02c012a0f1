"""Testing of ASGI applications in memory: HTTP, WebSocket and event streams, without a socket.

Every wait has a bound, and says when it is over what the application was waiting for.
"""

from .arguments import HandshakeArguments, RequestArguments
from .blocking import WebSocketSimulator
from .blocking_stream import BlockingStreamedResult
from .bounded import DEFAULT_TIMEOUT
from .case import AsyncTestCase, TestCase
from .client import TestClient
from .clock import Clock, clock
from .conductor import ASGIConductor
from .cookies import Cookie, CookieJar
from .errors import (
    WebSocketDisconnected,
    WebSocketHandlerNotFound,
    WebSocketPathNotFound,
    WebSocketServerError,
)
from .events import (
    ASGILifespanEventEmitter,
    ASGIRequestEventEmitter,
    ASGIResponseEventCollector,
)
from .leaks import ResourceHolder, assert_no_leaks
from .live import LiveServer
from .protocol import ASGIProtocolError
from .request import create_asgi_req
from .resource import (
    SimpleTestResource,
    SimpleTestResourceAsync,
    capture_responder_args,
    capture_responder_args_async,
    set_resp_defaults,
    set_resp_defaults_async,
)
from .result import Result, ResultBase
from .scope import DEFAULT_HOST, DEFAULT_UA, create_scope, create_scope_ws
from .simulate import (
    simulate_delete,
    simulate_get,
    simulate_head,
    simulate_options,
    simulate_patch,
    simulate_post,
    simulate_put,
    simulate_request,
)
from .streaming import StreamedResult
from .websocket import ASGIWebSocketSimulator

__all__ = (
    "ASGIConductor",
    "ASGILifespanEventEmitter",
    "ASGIProtocolError",
    "ASGIRequestEventEmitter",
    "ASGIResponseEventCollector",
    "ASGIWebSocketSimulator",
    "AsyncTestCase",
    "BlockingStreamedResult",
    "Clock",
    "Cookie",
    "CookieJar",
    "DEFAULT_HOST",
    "DEFAULT_TIMEOUT",
    "DEFAULT_UA",
    "HandshakeArguments",
    "LiveServer",
    "RequestArguments",
    "ResourceHolder",
    "Result",
    "ResultBase",
    "SimpleTestResource",
    "SimpleTestResourceAsync",
    "StreamedResult",
    "TestCase",
    "TestClient",
    "WebSocketDisconnected",
    "WebSocketHandlerNotFound",
    "WebSocketPathNotFound",
    "WebSocketServerError",
    "WebSocketSimulator",
    "assert_no_leaks",
    "capture_responder_args",
    "capture_responder_args_async",
    "clock",
    "create_asgi_req",
    "create_scope",
    "create_scope_ws",
    "set_resp_defaults",
    "set_resp_defaults_async",
    "simulate_delete",
    "simulate_get",
    "simulate_head",
    "simulate_options",
    "simulate_patch",
    "simulate_post",
    "simulate_put",
    "simulate_request",
)
