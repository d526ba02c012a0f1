"""What a request's headers say."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import datetime
from typing import Any, Literal, NoReturn, overload

from falconws.media import best_match, quality

from ..dates import http_date_to_dt
from ..errors import HTTPInvalidHeader, HTTPMissingHeader
from ..etags import ETag, parse_etags
from ..headers import TOKEN, read_headers
from ..scopes import Scope

__all__ = ("RequestHeaders",)

# 30 digits: more than any length takes, and few enough for int(), which refuses thousands.
_LENGTH = re.compile("[0-9]{1,30}")
_RANGE = re.compile("([0-9]{1,30})-([0-9]{0,30})")
_SUFFIX_RANGE = re.compile("-([0-9]{1,30})")


def _header_property(name: str, doc: str) -> Any:
    """Make a property that gives a header; None for one that is absent or empty."""
    key = name.lower()

    def fget(self: RequestHeaders) -> str | None:
        return self.headers.get(key) or None

    return property(fget, doc=doc)


def _date_property(name: str, doc: str) -> Any:
    """Make a property that gives a header as a datetime; None for one that is absent."""

    def fget(self: RequestHeaders) -> datetime | None:
        # RFC 9110, 5.6.7: whoever reads a date reads the obsolete forms too.
        return self.get_header_as_datetime(name, obs_date=True)

    raises = "Raises:\n    HTTPInvalidHeader: It is no date."
    return property(fget, doc=f"{doc}\n\n{raises}")


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

    def get_header_as_int(self, header: str, required: bool = False) -> int | None:
        """Give a header's value as an integer, or None if it is absent.

        Args:
            header: Its name, in any case.
            required: Whether its absence is an error.

        Raises:
            HTTPMissingHeader: It is required, and absent.
            HTTPInvalidHeader: It is no integer.
        """
        value = self.get_header(header, required=required)
        try:
            return None if value is None else int(value)
        except ValueError:
            raise HTTPInvalidHeader("It must be an integer.", header) from None

    def get_header_as_datetime(
        self, header: str, required: bool = False, obs_date: bool = False
    ) -> datetime | None:
        """Give a header's value as a time in UTC, or None if it is absent.

        Args:
            header: Its name, in any case.
            required: Whether its absence is an error.
            obs_date: Whether to read the obsolete forms too (RFC 9110, 5.6.7).

        Raises:
            HTTPMissingHeader: It is required, and absent.
            HTTPInvalidHeader: It is no date.
        """
        value = self.get_header(header, required=required)
        try:
            return None if value is None else http_date_to_dt(value, obs_date)
        except ValueError:
            raise HTTPInvalidHeader(
                "It must be a date as in RFC 9110, section 5.6.7.", header
            ) from None

    headers_lower = headers

    auth: str | None = _header_property(
        "Authorization", "The Authorization header, or None (RFC 9110, 11.6.2)."
    )
    expect: str | None = _header_property(
        "Expect", "The Expect header, or None (RFC 9110, 10.1.1)."
    )
    if_range: str | None = _header_property(
        "If-Range", "The If-Range header, or None (RFC 9110, 13.1.5)."
    )

    @property
    def last_event_id(self) -> str | None:
        """Where an event stream broke off, or None (WHATWG HTML, 9.2.4).

        It is what a client says, and may be anything. What is no UTF-8 in it is U+FFFD.
        """
        value = self.headers.get("last-event-id", "")
        # WHATWG HTML, 9.2.3: it is UTF-8, where other headers are Latin-1.
        return value.encode("latin-1").decode(errors="replace") or None

    referer: str | None = _header_property(
        "Referer", "The Referer header, or None (RFC 9110, 10.1.3)."
    )
    user_agent: str | None = _header_property(
        "User-Agent", "The User-Agent header, or None (RFC 9110, 10.1.5)."
    )

    date: datetime | None = _date_property(
        "Date", "When the request was sent, or None (RFC 9110, 6.6.1)."
    )
    if_modified_since: datetime | None = _date_property(
        "If-Modified-Since", "The If-Modified-Since header, or None (RFC 9110, 13.1.3)."
    )
    if_unmodified_since: datetime | None = _date_property(
        "If-Unmodified-Since",
        "The If-Unmodified-Since header, or None (RFC 9110, 13.1.4).",
    )

    @property
    def if_match(self) -> list[ETag | Literal["*"]] | None:
        """The tags in If-Match; ``['*']`` for any, None for no tags (RFC 9110, 13.1.1)."""
        return parse_etags(self.headers.get("if-match", ""))

    @property
    def if_none_match(self) -> list[ETag | Literal["*"]] | None:
        """The tags in If-None-Match; as in `if_match` (RFC 9110, 13.1.2)."""
        return parse_etags(self.headers.get("if-none-match", ""))

    @property
    def content_type(self) -> str | None:
        """The Content-Type, or None."""
        if self._headers is not None:
            return self._headers.get("content-type")
        # It is often all that is asked for: then the others are not decoded.
        content_type = None
        for name, value in self.scope["headers"]:
            if len(name) == 12 and name.lower() == b"content-type":
                content_type = value.decode("latin-1")
        return content_type

    @property
    def content_length(self) -> int | None:
        """The Content-Length in bytes, or None.

        Raises:
            HTTPInvalidHeader: It is not a number, or a negative one.
        """
        value = self.headers.get("content-length")
        if not value:
            return None
        if not _LENGTH.fullmatch(value):
            raise HTTPInvalidHeader("It must be a number of bytes.", "Content-Length")
        return int(value)

    @property
    def range(self) -> tuple[int, int] | None:
        """The first and the last position of the range that is asked for, or None.

        The last is -1 for a range that has no end: ``bytes=9-`` is ``(9, -1)``. The first
        is negative for one that is counted from the end: ``bytes=-9`` is ``(-9, -1)``.

        Raises:
            HTTPInvalidHeader: It is no range with a unit, or more than one (RFC 9110, 14.1).
        """
        unit_and_range = self._split_range()
        return None if unit_and_range is None else _read_range(unit_and_range[1])

    @property
    def range_unit(self) -> str | None:
        """The unit of `range` in lower case, usually ``'bytes'``, or None.

        Raises:
            HTTPInvalidHeader: The header names no unit.
        """
        unit_and_range = self._split_range()
        return None if unit_and_range is None else unit_and_range[0]

    def _split_range(self) -> tuple[str, str] | None:
        value = self.headers.get("range")
        if value is None:
            return None
        unit, equals, text = value.partition("=")
        if not unit or not equals:
            raise HTTPInvalidHeader("It must begin with a unit: 'bytes='.", "Range")
        return unit.lower(), text

    @property
    def accept(self) -> str:
        """The Accept header; ``'*/*'`` when there is none."""
        return self.headers.get("accept") or "*/*"

    def client_accepts(self, media_type: str) -> bool:
        """Say whether the client accepts a media type; false for what is no media type."""
        try:
            return quality(media_type, self.accept) > 0
        except ValueError:
            return False

    @property
    def client_accepts_json(self) -> bool:
        """Whether the client accepts ``application/json``."""
        return self.client_accepts("application/json")

    @property
    def client_accepts_msgpack(self) -> bool:
        """Whether the client accepts MessagePack, by its present name or by the old one."""
        return self.client_accepts("application/msgpack") or self.client_accepts(
            "application/x-msgpack"
        )

    @property
    def client_accepts_xml(self) -> bool:
        """Whether the client accepts ``application/xml``."""
        return self.client_accepts("application/xml")

    def client_prefers(self, media_types: Iterable[str]) -> str | None:
        """Give the media type that the client wants most, or None if it accepts none."""
        try:
            return best_match(media_types, self.accept) or None
        except ValueError:
            return None

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
            # RFC 6265, 4.2.1. A field without a name, or with one that is no token, is the
            # client's slip; it costs that field only.
            for field in self.headers.get("cookie", "").split(";"):
                name, equals, value = field.partition("=")
                name = name.strip()
                if equals and TOKEN.fullmatch(name):
                    value = _unquote_cookie(value.strip())
                    cookies.setdefault(name, []).append(value)
        return cookies

    # What a program that was written for WSGI may look for.

    @property
    def env(self) -> NoReturn:
        """Not available; the `scope` is what ASGI has in place of WSGI's environment."""
        raise AttributeError("ASGI has no environment of a request; read req.scope.")

    def log_error(self, message: str) -> NoReturn:
        """Not available, as ASGI has no error stream; use the `logging` module."""
        raise NotImplementedError("ASGI has no error stream; use logging.getLogger().")


def _read_range(text: str) -> tuple[int, int]:
    suffix, bounds = _SUFFIX_RANGE.fullmatch(text), _RANGE.fullmatch(text)
    if suffix and int(suffix[1]) > 0:
        return -int(suffix[1]), -1
    if bounds:
        first, last = int(bounds[1]), int(bounds[2] or -1)
        if last == -1 or first <= last:
            return first, last
    if "," in text:
        raise HTTPInvalidHeader("It may ask for one range only.", "Range")
    raise HTTPInvalidHeader("It must be a range such as 'bytes=0-499'.", "Range")


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
