"""The core of falconws: HTTP, and the seam by which WebSocket and event streams join in.

With ``import falconws.core as falcon`` a program that was written for Falcon finds the names
where it looks for them; those of other packages too, as long as they are installed.
"""

from asyncio import create_task, get_running_loop
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
    InvalidMediaRange,
    InvalidMediaType,
    PayloadTypeError,
    mediatypes,
    parse_header,
)

from . import asgi, errors, reader, redirects, routing, status_codes, sync, uri
from ._recovery import ErrorHandler, ErrorReporter, ErrorSerializer
from .app import App
from .compression import CompressionMiddleware
from .context import Context
from .cors import CORSMiddleware
from .dates import dt_to_http, http_date_to_dt, http_now
from .errors import *  # noqa: F403
from .etags import ETag
from .extensions import Extension
from .filenames import secure_filename
from .headers import SINGLETON_HEADERS, CaseInsensitiveDict
from .hooks import after, before
from .lifecycle import Connection, Connections
from .options import (
    CompiledRouterOptions,
    RequestOptions,
    ResponseOptions,
    RouterOptions,
)
from .origins import Origins
from .reader import BufferedReader, DelimiterError
from .redirects import *  # noqa: F403
from .request import BoundedStream, Forwarded, Request
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
from .sync import *  # noqa: F403
from .uri import to_query_str

DEFAULT_MEDIA_TYPE = MEDIA_JSON

__all__ = [
    # the application
    "App",
    "Request",
    "Response",
    "BoundedStream",
    "Stream",
    "Context",
    "CORSMiddleware",
    "CompressionMiddleware",
    "Origins",
    "ETag",
    "Forwarded",
    "CompiledRouterOptions",
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
    # hooks
    "after",
    "before",
    # extensions
    "Connection",
    "Connections",
    "ErrorHandler",
    "ErrorReporter",
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
    "BufferedReader",
    "CaseInsensitiveDict",
    "DelimiterError",
    "InvalidMediaRange",
    "InvalidMediaType",
    "PayloadTypeError",
    "SINGLETON_HEADERS",
    "create_task",
    "dt_to_http",
    "get_running_loop",
    "http_date_to_dt",
    "http_now",
    "parse_header",
    "secure_filename",
    "to_query_str",
    # modules
    "asgi",
    "media",
    "mediatypes",
    "reader",
    "routing",
    "uri",
    # media types
    "DEFAULT_MEDIA_TYPE",
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
__all__ += redirects.__all__
__all__ += sync.__all__
__all__ += status_codes.__all__

if (
    not TYPE_CHECKING
):  # type checkers know what is here, and a name from elsewhere is not
    from .extensions import exported_name as __getattr__  # noqa: F401
