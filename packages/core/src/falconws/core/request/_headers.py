"""What a request's headers say."""

from __future__ import annotations

import re
from typing import Literal, overload

from falconws.media import best_match, quality

from ..errors import HTTPInvalidHeader, HTTPMissingHeader
from ..headers import read_headers
from ..scopes import Scope

__all__ = ("RequestHeaders",)


class RequestHeaders:
    """The part of `Request` that reads headers."""

    __slots__ = ("_cookies", "_headers", "scope")

    scope: Scope
    _headers: dict[str, str] | None
    _cookies: dict[str, list[str]] | None

    @property
    def headers(self) -> dict[str, str]:
        """The headers, by their lower-case names; repeated ones joined by a comma."""
        headers = self._headers
        if headers is None:
            headers = self._headers = read_headers(self.scope)
        return headers

    @overload
    def get_header(self, name: str, required: Literal[True]) -> str: ...
    @overload
    def get_header(self, name: str, required: bool = ..., *, default: str) -> str: ...
    @overload
    def get_header(
        self, name: str, required: bool = ..., default: str | None = ...
    ) -> str | None: ...

    def get_header(
        self, name: str, required: bool = False, default: str | None = None
    ) -> str | None:
        """Give a header's value.

        Args:
            name: In any case.
            required: Whether its absence is an error.
            default: The value to give when it is absent.

        Raises:
            HTTPMissingHeader: It is required, and absent.
        """
        value = self.headers.get(name.lower())
        if value is not None:
            return value
        if required:
            raise HTTPMissingHeader(name)
        return default

    @property
    def content_type(self) -> str | None:
        """The Content-Type, or None."""
        return self.headers.get("content-type")

    @property
    def content_length(self) -> int | None:
        """The Content-Length in bytes, or None.

        Raises:
            HTTPInvalidHeader: It is not a number, or a negative one.
        """
        value = self.headers.get("content-length")
        if not value:
            return None
        if not (value.isascii() and value.isdigit()):
            raise HTTPInvalidHeader("It must be a number of bytes.", "Content-Length")
        return int(value)

    @property
    def accept(self) -> str:
        """The Accept header; ``'*/*'`` when there is none."""
        return self.headers.get("accept") or "*/*"

    @property
    def auth(self) -> str | None:
        """The Authorization header, or None."""
        return self.headers.get("authorization") or None

    @property
    def user_agent(self) -> str | None:
        """The User-Agent header, or None."""
        return self.headers.get("user-agent") or None

    @property
    def referer(self) -> str | None:
        """The Referer header, or None."""
        return self.headers.get("referer") or None

    @property
    def last_event_id(self) -> str | None:
        """Where an event stream broke off: the Last-Event-ID header (WHATWG HTML, 9.2.4)."""
        return self.headers.get("last-event-id") or None

    def client_accepts(self, media_type: str) -> bool:
        """Say whether the client accepts a media type."""
        return quality(media_type, self.accept) > 0

    def client_prefers(self, media_types: list[str]) -> str | None:
        """Give the media type that the client wants most, or None if it accepts none."""
        return best_match(media_types, self.accept) or None

    @property
    def cookies(self) -> dict[str, str]:
        """The cookies; the first value of a name that occurs more than once."""
        return {name: values[0] for name, values in self._all_cookies().items()}

    def get_cookie_values(self, name: str) -> list[str] | None:
        """Give all values of a cookie, or None if it is absent."""
        return self._all_cookies().get(name)

    def _all_cookies(self) -> dict[str, list[str]]:
        cookies = self._cookies
        if cookies is None:
            cookies = self._cookies = {}
            # RFC 6265, 4.2.1. A field that has no name is the client's slip; it costs that
            # field only.
            for field in self.headers.get("cookie", "").split(";"):
                name, equals, value = field.partition("=")
                if equals and name.strip():
                    cookies.setdefault(name.strip(), []).append(
                        _unquote_cookie(value.strip())
                    )
        return cookies


_COOKIE_ESCAPE = re.compile(r"\\(?:([0-3][0-7][0-7])|(.))")


def _unquote_cookie(value: str) -> str:
    """Undo what `Response.set_cookie` does to a value that could not be sent as it is."""
    if len(value) < 2 or value[0] != '"' or value[-1] != '"':
        return value
    octets = _COOKIE_ESCAPE.sub(
        lambda match: chr(int(match[1], 8)) if match[1] else match[2], value[1:-1]
    )
    try:
        return octets.encode("latin-1").decode()
    except UnicodeDecodeError:  # set by somebody else
        return octets
