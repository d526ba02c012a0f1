"""Redirects: raised to send a client somewhere else (RFC 9110, 15.4)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from .errors import HTTPStatus
from .errors.http_error import Headers
from .headers import header_uri

__all__ = (
    "HTTPFound",
    "HTTPMovedPermanently",
    "HTTPPermanentRedirect",
    "HTTPSeeOther",
    "HTTPTemporaryRedirect",
)


class _Redirect(HTTPStatus):
    """An `HTTPStatus` with a ``Location``, whose class decides the status."""

    fixed_status: ClassVar[str]

    def __init__(self, location: str, headers: Headers | None = None) -> None:
        """Describe the redirect.

        Args:
            location: Where to go: a URI, or a reference that is relative to the request's
                (RFC 9110, 10.2.2). It is percent-encoded unless it is already, as
                `Response.location` is.
            headers: Added to the response; they are left as they are. A ``Location`` among
                them counts for nothing.

        Raises:
            ValueError: The location has a line break or a NUL in it.
        """
        items = headers.items() if isinstance(headers, Mapping) else headers or ()
        others = {name: value for name, value in items if name.lower() != "location"}
        super().__init__(
            self.fixed_status, {**others, "location": header_uri("Location", location)}
        )


class HTTPMovedPermanently(_Redirect):
    """The resource has another URI for good; a POST may become a GET (RFC 9110, 15.4.2)."""

    fixed_status = "301 Moved Permanently"


class HTTPFound(_Redirect):
    """The resource is elsewhere for now; a POST may become a GET (RFC 9110, 15.4.3)."""

    fixed_status = "302 Found"


class HTTPSeeOther(_Redirect):
    """What answers the request is elsewhere, to be had by GET (RFC 9110, 15.4.4)."""

    fixed_status = "303 See Other"


class HTTPTemporaryRedirect(_Redirect):
    """The resource is elsewhere for now; the method stays (RFC 9110, 15.4.8)."""

    fixed_status = "307 Temporary Redirect"


class HTTPPermanentRedirect(_Redirect):
    """The resource has another URI for good; the method stays (RFC 9110, 15.4.9)."""

    fixed_status = "308 Permanent Redirect"
