"""A response's headers."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from functools import partial
from typing import Any

from ..dates import dt_to_http
from ..errors import HeaderNotSupported
from ..etags import ETag
from ..filenames import content_disposition
from ..headers import header_name, header_uri, header_value
from ..options import ResponseOptions

__all__ = ("ResponseHeaders",)


def _header_property(
    name: str, doc: str, transform: Callable[[Any], str] | None = None
) -> Any:
    """Make a property that sets a header; None deletes it."""
    key = name.lower()

    def fget(self: ResponseHeaders) -> str | None:
        return self._headers.get(key)

    def fset(self: ResponseHeaders, value: Any) -> None:
        if value is None:
            self._headers.pop(key, None)
        else:
            text = transform(value) if transform is not None else value
            self._headers[key] = header_value(name, text)

    def fdel(self: ResponseHeaders) -> None:
        self._headers.pop(key, None)

    return property(fget, fset, fdel, doc)


def _joined(values: str | Iterable[str]) -> str:
    return values if isinstance(values, str) else ", ".join(values)


def _length(value: int | str) -> str:
    text = str(value)
    if not (text.isascii() and text.isdigit()):
        raise ValueError(f"Content-Length is a number of bytes, not {value!r}.")
    return text


def _range(value: str | Sequence[Any]) -> str:
    if isinstance(value, str):
        return value
    if len(value) not in (3, 4):
        raise ValueError(
            "content_range is (start, end, length) or (start, end, length, unit), not "
            f"{value!r}."
        )
    start, end, length, unit = (*value, "bytes")[:4]
    return f"{unit} {start}-{end}/{length}"


def _quoted_etag(value: str) -> str:
    if isinstance(value, ETag):
        return value.dumps()
    return value if value.endswith('"') else f'"{value}"'


def _time(value: datetime | int | str) -> str:
    return dt_to_http(value) if isinstance(value, datetime) else str(value)


class ResponseHeaders:
    """The part of `Response` that writes headers."""

    __slots__ = ("_headers", "options")

    options: ResponseOptions
    _headers: dict[str, str]

    @property
    def headers(self) -> dict[str, str]:
        """A copy of the headers, by their lower-case names, without the cookies."""
        return self._headers.copy()

    def get_header(self, name: str, default: str | None = None) -> str | None:
        """Give a header's value.

        Raises:
            HeaderNotSupported: It is ``Set-Cookie``.
        """
        key = name.lower()
        if key == "set-cookie":
            raise _no_cookie()
        return self._headers.get(key, default)

    def set_header(self, name: str, value: str) -> None:
        """Set a header, in place of what it was.

        Args:
            name: In any case.
            value: Turned into a string if it is none.

        Raises:
            ValueError: The name is no token, or the value has a line break, a NUL or a
                character outside of Latin-1 in it.
            HeaderNotSupported: It is ``Set-Cookie``; use `set_cookie`.
        """
        key = header_name(name)
        if key == "set-cookie":
            raise _no_cookie()
        self._headers[key] = header_value(name, value)

    def set_headers(
        self, headers: Mapping[str, str] | Iterable[tuple[str, str]]
    ) -> None:
        """Set several headers, as `set_header` does."""
        items = headers.items() if isinstance(headers, Mapping) else headers
        for name, value in items:
            self.set_header(name, value)

    def append_header(self, name: str, value: str) -> None:
        """Add a value to a header, behind a comma if there is one already.

        What ``Vary`` names already is not added to it again.

        Raises:
            ValueError: As for `set_header`.
        """
        key = header_name(name)
        text = header_value(name, value)
        present = self._headers.get(key)
        if not present:
            self._headers[key] = text
        elif key == "vary":
            self._headers[key] = _merged(present, text)
        else:
            self._headers[key] = f"{present}, {text}"

    def delete_header(self, name: str) -> None:
        """Remove a header; nothing happens if it is not there.

        Raises:
            HeaderNotSupported: It is ``Set-Cookie``; use `unset_cookie`.
        """
        key = name.lower()
        if key == "set-cookie":
            raise _no_cookie()
        self._headers.pop(key, None)

    accept_ranges = _header_property(
        "Accept-Ranges",
        "The unit of ranges that may be asked for: ``'bytes'``, or ``'none'`` (RFC 9110, 14.3).",
    )
    content_type = _header_property(
        "Content-Type", "The media type of the body (RFC 9110, 8.3); None deletes it."
    )
    content_length = _header_property(
        "Content-Length",
        "The length of a ``stream`` in bytes, when it is known; other bodies are measured.",
        _length,
    )
    content_range = _header_property(
        "Content-Range",
        "What part is in the body: ``(start, end, length)`` or ``(start, end, length, unit)``, "
        "with the last position, or ``'*'`` for an unknown length; or a string (RFC 9110, 14.4).",
        _range,
    )
    downloadable_as = _header_property(
        "Content-Disposition",
        "The name under which the body is to be saved (RFC 6266). It is given as the header is.",
        partial(content_disposition, "attachment"),
    )
    viewable_as = _header_property(
        "Content-Disposition",
        "The name under which the body is to be shown (RFC 6266). It is given as the header is.",
        partial(content_disposition, "inline"),
    )
    cache_control = _header_property(
        "Cache-Control", "Directives, as a string or a list (RFC 9111, 5.2).", _joined
    )
    content_location = _header_property(
        "Content-Location",
        "The URI of what is in the body (RFC 9110, 8.7).",
        partial(header_uri, "Content-Location"),
    )
    etag = _header_property(
        "ETag", "The entity tag (RFC 9110, 8.8.3); quoted if it is not.", _quoted_etag
    )
    expires = _header_property(
        "Expires", "When the response is stale: a datetime (RFC 9111, 5.3).", _time
    )
    last_modified = _header_property(
        "Last-Modified",
        "When the resource changed: a datetime (RFC 9110, 8.8.2).",
        _time,
    )
    location = _header_property(
        "Location",
        "Where to go; percent-encoded as needed (RFC 9110, 10.2.2).",
        partial(header_uri, "Location"),
    )
    retry_after = _header_property(
        "Retry-After", "Seconds to wait, or a datetime (RFC 9110, 10.2.3).", _time
    )
    vary = _header_property(
        "Vary",
        "What decided the response, as a string or a list (RFC 9110, 12.5.5).",
        _joined,
    )

    def asgi_headers(self) -> list[tuple[bytes, bytes]]:
        """Give the headers as ASGI wants them."""
        return [
            (n.encode("latin-1"), v.encode("latin-1")) for n, v in self._headers.items()
        ]


def _no_cookie() -> HeaderNotSupported:
    return HeaderNotSupported("Use set_cookie() and unset_cookie() for cookies.")


def _merged(present: str, added: str) -> str:
    """Add the names of a list that are not in another yet (RFC 9110, 5.6.1)."""
    known = {name.strip().lower() for name in present.split(",")}
    names = [name.strip() for name in added.split(",")]
    return ", ".join([present, *(name for name in names if name.lower() not in known)])
