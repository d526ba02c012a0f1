"""What can be set about requests, responses and routing; `App` owns one of each."""

from __future__ import annotations

import mimetypes
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from falconws.media import MEDIA_JSON, Handlers

if TYPE_CHECKING:
    from .response import EventStreamOpener

__all__ = (
    "CompiledRouterOptions",
    "RequestOptions",
    "ResponseOptions",
    "RouterOptions",
)


@dataclass(slots=True, kw_only=True)
class RequestOptions:
    """How requests are read."""

    default_media_type: str = MEDIA_JSON
    """The media type of a request that has no Content-Type."""

    media_handlers: Handlers = field(default_factory=Handlers)
    """What turns request bodies into objects, by media type."""

    keep_blank_qs_values: bool = True
    """Whether ``?name=`` counts as a parameter with an empty value, or as none."""

    auto_parse_qs_csv: bool = False
    """Whether ``?name=a,b`` is the list ``['a', 'b']``."""

    strip_url_path_trailing_slash: bool = False
    """Whether ``/rooms/`` is routed as ``/rooms``."""

    content_encodings: Collection[str] = ()
    """The codings of bodies that are undone as they are read, ``'gzip'`` and ``'deflate'``
    (RFC 9110, 8.4); what has another one is refused with a 415. Without any, the application
    gets what was sent. ``content_length`` is the length of that either way."""

    max_inflated_size: int | None = 10 * 1024**2
    """How many bytes may come out of a body with such a coding, before it is refused with a
    413. 10 KiB can become as many: both formats make up to a thousand times what they are.
    None for no limit; what is read piece by piece takes little memory then, too."""

    def __post_init__(self) -> None:
        names = self.content_encodings
        if isinstance(names, str) or not set(names) <= {"gzip", "deflate"}:
            raise ValueError(
                f"content_encodings is a collection of 'gzip' and 'deflate', not {names!r}."
            )
        size = self.max_inflated_size
        if size is not None and size < 1:
            raise ValueError(
                f"max_inflated_size is above 0, or None for no limit, not {size}."
            )


def _static_media_types() -> dict[str, str]:
    # Python's own table: those of operating systems differ, and `mimetypes.types_map` is one
    # or the other by what was imported before.
    known = dict(mimetypes.MimeTypes().types_map[True])
    # What that table does not have in every version, or has by another name.
    known.update(
        {
            ".bmp": "image/bmp",
            ".css": "text/css",
            ".csv": "text/csv",
            ".gz": "application/gzip",
            ".html": "text/html",
            ".js": "text/javascript",
            ".json": "application/json",
            ".md": "text/markdown",
            ".mjs": "text/javascript",
            ".ogg": "audio/ogg",
            ".otf": "font/otf",
            ".parquet": "application/vnd.apache.parquet",
            ".rtf": "application/rtf",
            ".svg": "image/svg+xml",
            ".ttf": "font/ttf",
            ".txt": "text/plain",
            ".wasm": "application/wasm",
            ".webp": "image/webp",
            ".woff": "font/woff",
            ".woff2": "font/woff2",
            ".xml": "application/xml",
            ".yaml": "application/yaml",
            ".yml": "application/yaml",
        }
    )
    return known


@dataclass(slots=True, kw_only=True)
class ResponseOptions:
    """How responses are written."""

    default_media_type: str = MEDIA_JSON
    """The Content-Type of a response that was given none."""

    media_handlers: Handlers = field(default_factory=Handlers)
    """What turns ``resp.media`` into bytes, by media type."""

    secure_cookies_by_default: bool = True
    """Whether a cookie is sent over HTTPS only, when `Response.set_cookie` is not told."""

    xml_error_serialization: bool = True
    """Whether an `HTTPError` is sent as XML to a client that prefers it."""

    static_media_types: Mapping[str, str] = field(default_factory=_static_media_types)
    """The media types of static files, by their endings: ``{'.html': 'text/html'}``."""

    send_timeout: float | None = 30.0
    """Seconds that a send may wait for a client that does not read, for each 256 KiB of what is
    sent at once. Then it is treated as if the client had left: a stream is closed, and what is
    left of the response is not sent. None for no limit. A body in one piece up to 64 KiB has
    none, nor has a file that the server sends by itself."""

    event_stream: EventStreamOpener | None = None
    """What serves ``resp.sse``. falconws-sse fills it; None while there is no such package."""

    def __post_init__(self) -> None:
        timeout = self.send_timeout
        if timeout is not None and timeout <= 0:
            raise ValueError(
                f"send_timeout is above 0, or None for no limit, not {timeout}."
            )


@dataclass(slots=True, kw_only=True)
class RouterOptions:
    """How URI templates are read."""

    converters: dict[str, Callable[..., Any]] = field(default_factory=dict)
    """Field converters by the name that templates use: ``{'int': IntConverter}``."""

    default_to_on_request: bool = False
    """Whether a resource's ``on_request`` answers the methods that it has no responder for.
    OPTIONS is answered by the framework and a WebSocket is not, as without it."""


CompiledRouterOptions = RouterOptions
"""Falcon's name for `RouterOptions`."""
