"""Routing: from a path to a resource and its responders."""

from ..options import CompiledRouterOptions
from .converters import (
    BaseConverter,
    DateTimeConverter,
    FloatConverter,
    IntConverter,
    PathConverter,
    RegexConverter,
    UUIDConverter,
)
from .responders import (
    COMBINED_METHODS,
    HTTP_METHODS,
    META_METHODS,
    RESPONDERS,
    WEBDAV_METHODS,
    Responder,
    check_responder,
    in_thread,
    is_awaitable_function,
    map_http_methods,
    responder_name,
)
from .router import CompiledRouter, Found, Router
from .sinks import Sink
from .static import StaticRoute

__all__ = (
    "BaseConverter",
    "COMBINED_METHODS",
    "CompiledRouter",
    "CompiledRouterOptions",
    "DateTimeConverter",
    "FloatConverter",
    "IntConverter",
    "PathConverter",
    "RegexConverter",
    "UUIDConverter",
    "Found",
    "HTTP_METHODS",
    "META_METHODS",
    "RESPONDERS",
    "Responder",
    "Router",
    "Sink",
    "StaticRoute",
    "WEBDAV_METHODS",
    "check_responder",
    "in_thread",
    "is_awaitable_function",
    "map_http_methods",
    "responder_name",
)
