"""Media types, content negotiation and media handlers.

The bottom of falconws: HTTP bodies, WebSocket messages and event data are all turned into
objects and back by what is here, and nothing here knows which of them it serves.
"""

from . import mediatypes
from .errors import (
    BoundaryError,
    JSONMalformedError,
    MultipartParseError,
    PayloadEmptyError,
    PayloadError,
    PayloadInvalidError,
    PayloadMalformedError,
    PayloadTooLargeError,
    PayloadTypeError,
    UnsupportedMediaTypeError,
)
from .handler import AsyncReader, BaseHandler
from .json import JSONHandler, JSONHandlerWS
from .mediatypes import (
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
    best_match,
    parse_header,
    quality,
)
from .messages import BinaryBaseHandlerWS, TextBaseHandlerWS
from .msgpack import MessagePackHandler, MessagePackHandlerWS
from .multipart import (
    BodyPart,
    MultipartForm,
    MultipartFormHandler,
    MultipartParseOptions,
)
from .registry import Handlers
from .urlencoded import URLEncodedFormHandler

__all__ = (
    # registry and contracts
    "Handlers",
    "BaseHandler",
    "AsyncReader",
    "TextBaseHandlerWS",
    "BinaryBaseHandlerWS",
    # handlers
    "JSONHandler",
    "JSONHandlerWS",
    "MessagePackHandler",
    "MessagePackHandlerWS",
    "URLEncodedFormHandler",
    "MultipartFormHandler",
    # forms
    "BodyPart",
    "MultipartForm",
    "MultipartParseOptions",
    # errors
    "PayloadError",
    "PayloadEmptyError",
    "PayloadMalformedError",
    "PayloadInvalidError",
    "JSONMalformedError",
    "MultipartParseError",
    "BoundaryError",
    "PayloadTooLargeError",
    "UnsupportedMediaTypeError",
    "PayloadTypeError",
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
    "InvalidMediaRange",
    "InvalidMediaType",
    "best_match",
    "mediatypes",
    "parse_header",
    "quality",
)
