"""What can be set about requests, responses and routing; `App` owns one of each."""

from __future__ import annotations

import mimetypes
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from falconws.media import MEDIA_JSON, Handlers

if TYPE_CHECKING:
    from .response import EventStreamOpener

__all__ = ("RequestOptions", "ResponseOptions", "RouterOptions")


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


def _static_media_types() -> dict[str, str]:
    # The registries of the operating systems disagree on these, and some know none of them.
    known = dict(mimetypes.types_map)
    known.update(
        {
            ".css": "text/css",
            ".html": "text/html",
            ".js": "text/javascript",
            ".json": "application/json",
            ".mjs": "text/javascript",
            ".svg": "image/svg+xml",
            ".txt": "text/plain",
            ".wasm": "application/wasm",
            ".webp": "image/webp",
            ".woff2": "font/woff2",
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

    static_media_types: Mapping[str, str] = field(default_factory=_static_media_types)
    """The media types of static files, by their endings: ``{'.html': 'text/html'}``."""

    event_stream: EventStreamOpener | None = None
    """What serves ``resp.sse``. falconws-sse fills it; None while there is no such package."""


@dataclass(slots=True, kw_only=True)
class RouterOptions:
    """How URI templates are read."""

    converters: dict[str, Callable[..., Any]] = field(default_factory=dict)
    """Field converters by the name that templates use: ``{'int': IntConverter}``."""
