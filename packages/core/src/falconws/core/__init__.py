"""The core of falconws: HTTP, and the seam by which WebSocket and event streams join in.

With ``import falconws.core as falcon`` a program that was written for Falcon finds the names
where it looks for them; those of other packages too, as long as they are installed.
"""

from asyncio import create_task
from typing import TYPE_CHECKING

from falconws import media
from falconws.media import (
    MEDIA_BMP,
    MEDIA_CSV,
    MEDIA_GIF,
    MEDIA_HTML,
    MEDIA_JPEG,
    MEDIA_JS,
    MEDIA_JSON,
    MEDIA_MSGPACK,
    MEDIA_MULTIPART,
    MEDIA_PARQUET,
    MEDIA_PNG,
    MEDIA_TEXT,
    MEDIA_URLENCODED,
    MEDIA_XML,
    MEDIA_YAML,
)

from . import asgi, errors, status_codes, uri
from ._recovery import ErrorHandler, ErrorSerializer
from .app import App
from .context import Context
from .cors import CORSMiddleware
from .dates import dt_to_http, http_date_to_dt
from .errors import *  # noqa: F403
from .extensions import Extension
from .lifecycle import Connection, Connections
from .options import RequestOptions, ResponseOptions, RouterOptions
from .request import BoundedStream, Request
from .response import EventStreamOpener, Response, Stream
from .routing import (
    COMBINED_METHODS,
    HTTP_METHODS,
    WEBDAV_METHODS,
    BaseConverter,
    CompiledRouter,
    Router,
    map_http_methods,
)
from .scopes import Event, Hook, Receive, Scope, ScopeServer, Send
from .status_codes import *  # noqa: F403

__all__ = [
    # the application
    "App",
    "Request",
    "Response",
    "BoundedStream",
    "Stream",
    "Context",
    "CORSMiddleware",
    "RequestOptions",
    "ResponseOptions",
    "RouterOptions",
    # routing
    "BaseConverter",
    "CompiledRouter",
    "Router",
    "map_http_methods",
    "COMBINED_METHODS",
    "HTTP_METHODS",
    "WEBDAV_METHODS",
    # extensions
    "Connection",
    "Connections",
    "ErrorHandler",
    "ErrorSerializer",
    "Event",
    "EventStreamOpener",
    "Extension",
    "Hook",
    "Receive",
    "Scope",
    "ScopeServer",
    "Send",
    # utilities
    "create_task",
    "dt_to_http",
    "http_date_to_dt",
    # modules
    "asgi",
    "media",
    "uri",
    # media types
    "MEDIA_BMP",
    "MEDIA_CSV",
    "MEDIA_GIF",
    "MEDIA_HTML",
    "MEDIA_JPEG",
    "MEDIA_JS",
    "MEDIA_JSON",
    "MEDIA_MSGPACK",
    "MEDIA_MULTIPART",
    "MEDIA_PARQUET",
    "MEDIA_PNG",
    "MEDIA_TEXT",
    "MEDIA_URLENCODED",
    "MEDIA_XML",
    "MEDIA_YAML",
]
__all__ += errors.__all__
__all__ += status_codes.__all__

if (
    not TYPE_CHECKING
):  # type checkers know what is here, and a name from elsewhere is not
    from .extensions import exported_name as __getattr__  # noqa: F401
