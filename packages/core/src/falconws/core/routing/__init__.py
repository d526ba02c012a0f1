"""Routing: from a path to a resource and its responders."""

from .converters import BaseConverter
from .responders import (
    COMBINED_METHODS,
    HTTP_METHODS,
    META_METHODS,
    RESPONDERS,
    WEBDAV_METHODS,
    Responder,
    check_responder,
    is_awaitable_function,
    map_http_methods,
)
from .router import CompiledRouter, Found, Router
from .static import StaticRoute

__all__ = (
    "BaseConverter",
    "COMBINED_METHODS",
    "CompiledRouter",
    "Found",
    "HTTP_METHODS",
    "META_METHODS",
    "RESPONDERS",
    "Responder",
    "Router",
    "StaticRoute",
    "WEBDAV_METHODS",
    "check_responder",
    "is_awaitable_function",
    "map_http_methods",
)
