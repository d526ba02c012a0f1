"""Errors of status 5xx: what went wrong on this side."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from ._fixed import FixedStatusError, merge_headers, retry_after_header

__all__ = (
    "HTTPBadGateway",
    "HTTPGatewayTimeout",
    "HTTPInsufficientStorage",
    "HTTPInternalServerError",
    "HTTPLoopDetected",
    "HTTPNetworkAuthenticationRequired",
    "HTTPNotImplemented",
    "HTTPServiceUnavailable",
    "HTTPVersionNotSupported",
)


class HTTPInternalServerError(FixedStatusError):
    """The server failed in a way it did not expect (RFC 9110, 15.6.1)."""

    fixed_status = "500 Internal Server Error"


class HTTPNotImplemented(FixedStatusError):
    """The server does not do this for any resource (RFC 9110, 15.6.2)."""

    fixed_status = "501 Not Implemented"


class HTTPBadGateway(FixedStatusError):
    """An upstream server answered with nonsense (RFC 9110, 15.6.3)."""

    fixed_status = "502 Bad Gateway"


class HTTPGatewayTimeout(FixedStatusError):
    """An upstream server did not answer in time (RFC 9110, 15.6.5)."""

    fixed_status = "504 Gateway Timeout"


class HTTPVersionNotSupported(FixedStatusError):
    """The HTTP version of the request is not spoken here (RFC 9110, 15.6.6)."""

    fixed_status = "505 HTTP Version Not Supported"


class HTTPInsufficientStorage(FixedStatusError):
    """There is no room for what the request would store (RFC 4918, 11.5)."""

    fixed_status = "507 Insufficient Storage"


class HTTPLoopDetected(FixedStatusError):
    """The request goes around in a circle (RFC 5842, 7.2)."""

    fixed_status = "508 Loop Detected"


class HTTPNetworkAuthenticationRequired(FixedStatusError):
    """The client has to log in to the network first (RFC 6585, 6)."""

    fixed_status = "511 Network Authentication Required"


class HTTPServiceUnavailable(FixedStatusError):
    """The server cannot do this now (RFC 9110, 15.6.4)."""

    fixed_status = "503 Service Unavailable"

    def __init__(
        self, *, retry_after: int | datetime | None = None, **kwargs: Any
    ) -> None:
        """Describe the error.

        Args:
            retry_after: Seconds to wait, or a time to wait for, before another try.
            **kwargs: As for `HTTPError`.
        """
        merge_headers(kwargs, retry_after_header(retry_after))
        super().__init__(**kwargs)
