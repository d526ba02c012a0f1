"""`Handlers`: which handler is responsible for a media type."""

from __future__ import annotations

from collections import UserDict
from collections.abc import Mapping
from typing import Any, Self

from .errors import UnsupportedMediaTypeError
from .handler import BaseHandler
from .json import JSONHandler
from .mediatypes import (
    MEDIA_JSON,
    MEDIA_MSGPACK,
    MEDIA_MULTIPART,
    MEDIA_URLENCODED,
    parse_header,
)
from .msgpack import MessagePackHandler
from .multipart import MultipartFormHandler
from .urlencoded import URLEncodedFormHandler

__all__ = ("Handlers",)

# Content types are the client's to choose: a cache of them has to have an end.
_CACHE_SIZE = 64


class Handlers(UserDict[str, BaseHandler]):
    """A mapping of media types to handlers, with lookup by Content-Type.

    ``Handlers()`` knows JSON, MessagePack and both kinds of forms; ``Handlers({...})`` knows
    what it is given and nothing else.
    """

    def __init__(self, initial: Mapping[str, BaseHandler] | None = None) -> None:
        self._cache: dict[str, BaseHandler] = {}
        if initial is None:
            initial = {
                MEDIA_JSON: JSONHandler(),
                MEDIA_MSGPACK: MessagePackHandler(),
                MEDIA_MULTIPART: MultipartFormHandler(),
                MEDIA_URLENCODED: URLEncodedFormHandler(),
            }
        super().__init__(initial)

    def __setitem__(self, media_type: str, handler: BaseHandler) -> None:
        self._cache.clear()
        super().__setitem__(media_type, handler)

    def __delitem__(self, media_type: str) -> None:
        self._cache.clear()
        super().__delitem__(media_type)

    # UserDict's own changes the data past __setitem__, and the cache would not notice.
    def __ior__(self, other: Any) -> Self:  # type: ignore[override,misc]
        self.update(other)
        return self

    def __copy__(self) -> Handlers:
        return self.copy()

    def copy(self) -> Handlers:
        """Make a registry of the same handlers, to be changed by itself."""
        return Handlers(self.data)

    def resolve(self, content_type: str | None, default: str) -> BaseHandler:
        """Find the handler for a Content-Type.

        Args:
            content_type: A Content-Type with any parameters. None, an empty one and ``*/*``
                stand for ``default``.
            default: The media type to fall back on.

        Raises:
            UnsupportedMediaTypeError: There is none.
        """
        if not content_type or content_type == "*/*":
            content_type = default
        try:
            return self._cache[content_type]
        except KeyError:
            return self._resolve(content_type)

    def _resolve(self, content_type: str) -> BaseHandler:
        handler = self.data.get(content_type) or self._same_type(content_type)
        if handler is None:
            raise UnsupportedMediaTypeError(content_type)
        if len(self._cache) >= _CACHE_SIZE:
            self._cache.clear()
        self._cache[content_type] = handler
        return handler

    def _same_type(self, content_type: str) -> BaseHandler | None:
        """Find a handler for the type, whatever the parameters; the most that agree win.

        One that is registered with a parameter is not for another value of it. Ranges and
        weights are not looked for: those are Accept's, and no part of a media type (RFC 9110,
        8.3.1 and 12.5.1).
        """
        wanted, wanted_params = _parse(content_type)
        found, most = None, -1
        for media_type, handler in self.data.items():
            value, params = _parse(media_type)
            agreeing = len(params.items() & wanted_params.items())
            contradicting = len(params.keys() & wanted_params.keys()) - agreeing
            if value == wanted and not contradicting and agreeing > most:
                found, most = handler, agreeing
        return found


def _parse(media_type: str) -> tuple[str, dict[str, str]]:
    value, params = parse_header(media_type)
    if "charset" in params:  # RFC 9110, 8.3.2: in any case
        params["charset"] = params["charset"].lower()
    return value.lower(), params
