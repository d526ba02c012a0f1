"""Errors of status 4xx: what the client did wrong."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from ._fixed import FixedStatusError, merge_headers, retry_after_header

__all__ = (
    "HTTPBadRequest",
    "HTTPConflict",
    "HTTPContentTooLarge",
    "HTTPFailedDependency",
    "HTTPForbidden",
    "HTTPGone",
    "HTTPInvalidHeader",
    "HTTPInvalidParam",
    "HTTPLengthRequired",
    "HTTPLocked",
    "HTTPMethodNotAllowed",
    "HTTPMissingHeader",
    "HTTPMissingParam",
    "HTTPNotAcceptable",
    "HTTPNotFound",
    "HTTPPayloadTooLarge",
    "HTTPPreconditionFailed",
    "HTTPPreconditionRequired",
    "HTTPRangeNotSatisfiable",
    "HTTPRequestHeaderFieldsTooLarge",
    "HTTPRouteNotFound",
    "HTTPTooManyRequests",
    "HTTPUnauthorized",
    "HTTPUnavailableForLegalReasons",
    "HTTPUnprocessableEntity",
    "HTTPUnsupportedMediaType",
    "HTTPUriTooLong",
)


class HTTPBadRequest(FixedStatusError):
    """The request is wrong in a way that no other status says (RFC 9110, 15.5.1)."""

    fixed_status = "400 Bad Request"


class HTTPForbidden(FixedStatusError):
    """The client may not do this, whoever it says it is (RFC 9110, 15.5.4)."""

    fixed_status = "403 Forbidden"


class HTTPNotFound(FixedStatusError):
    """There is no such resource, or none to admit to (RFC 9110, 15.5.5)."""

    fixed_status = "404 Not Found"


class HTTPNotAcceptable(FixedStatusError):
    """No representation is one that the client accepts (RFC 9110, 15.5.7)."""

    fixed_status = "406 Not Acceptable"


class HTTPConflict(FixedStatusError):
    """The request conflicts with the resource's state (RFC 9110, 15.5.10)."""

    fixed_status = "409 Conflict"


class HTTPGone(FixedStatusError):
    """The resource was here, and will not be again (RFC 9110, 15.5.11)."""

    fixed_status = "410 Gone"


class HTTPLengthRequired(FixedStatusError):
    """The request needs a Content-Length (RFC 9110, 15.5.12)."""

    fixed_status = "411 Length Required"


class HTTPPreconditionFailed(FixedStatusError):
    """A condition in the request's headers does not hold (RFC 9110, 15.5.13)."""

    fixed_status = "412 Precondition Failed"


class HTTPUriTooLong(FixedStatusError):
    """The request target is longer than the server reads (RFC 9110, 15.5.15)."""

    fixed_status = "414 URI Too Long"


class HTTPUnsupportedMediaType(FixedStatusError):
    """The body is in a format that is not read here (RFC 9110, 15.5.16)."""

    fixed_status = "415 Unsupported Media Type"


class HTTPUnprocessableEntity(FixedStatusError):
    """The body is well formed and means nothing sensible (RFC 9110, 15.5.21)."""

    fixed_status = "422 Unprocessable Content"


class HTTPLocked(FixedStatusError):
    """The resource is locked (RFC 4918, 11.3)."""

    fixed_status = "423 Locked"


class HTTPFailedDependency(FixedStatusError):
    """Another action that this one needs has failed (RFC 4918, 11.4)."""

    fixed_status = "424 Failed Dependency"


class HTTPPreconditionRequired(FixedStatusError):
    """The request has to be conditional (RFC 6585, 3)."""

    fixed_status = "428 Precondition Required"


class HTTPRequestHeaderFieldsTooLarge(FixedStatusError):
    """The header fields are larger than the server reads (RFC 6585, 5)."""

    fixed_status = "431 Request Header Fields Too Large"


class HTTPUnavailableForLegalReasons(FixedStatusError):
    """The resource is withheld by a legal demand (RFC 7725, 3)."""

    fixed_status = "451 Unavailable For Legal Reasons"


class HTTPUnauthorized(FixedStatusError):
    """The client has to say who it is (RFC 9110, 15.5.2)."""

    fixed_status = "401 Unauthorized"

    def __init__(
        self, *, challenges: Iterable[str] | None = None, **kwargs: Any
    ) -> None:
        """Describe the error.

        Args:
            challenges: Values for ``WWW-Authenticate``, such as ``['Bearer']``
                (RFC 9110, 11.6.1).
            **kwargs: As for `HTTPError`.
        """
        if challenges:
            merge_headers(kwargs, {"WWW-Authenticate": ", ".join(challenges)})
        super().__init__(**kwargs)


class HTTPRouteNotFound(HTTPNotFound):
    """No route, sink or static file matches the path."""


class HTTPMethodNotAllowed(FixedStatusError):
    """The resource does not have this method (RFC 9110, 15.5.6)."""

    fixed_status = "405 Method Not Allowed"

    def __init__(self, allowed_methods: Iterable[str], **kwargs: Any) -> None:
        """Describe the error.

        Args:
            allowed_methods: The methods that the resource has, for ``Allow``.
            **kwargs: As for `HTTPError`.
        """
        merge_headers(kwargs, {"Allow": ", ".join(allowed_methods)})
        super().__init__(**kwargs)


class HTTPContentTooLarge(FixedStatusError):
    """The body is larger than the server reads (RFC 9110, 15.5.14)."""

    fixed_status = "413 Content Too Large"

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


HTTPPayloadTooLarge = HTTPContentTooLarge
"""The name that RFC 7231 had for it."""


class HTTPRangeNotSatisfiable(FixedStatusError):
    """No part of the resource is in the requested range (RFC 9110, 15.5.17)."""

    fixed_status = "416 Range Not Satisfiable"

    def __init__(self, resource_length: int, **kwargs: Any) -> None:
        """Describe the error.

        Args:
            resource_length: The length of the resource in bytes, for ``Content-Range``.
            **kwargs: As for `HTTPError`.
        """
        merge_headers(kwargs, {"Content-Range": f"bytes */{resource_length}"})
        super().__init__(**kwargs)


class HTTPTooManyRequests(FixedStatusError):
    """The client sends more requests than it may (RFC 6585, 4)."""

    fixed_status = "429 Too Many Requests"

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


class HTTPInvalidHeader(HTTPBadRequest):
    """A header's value makes no sense."""

    def __init__(self, msg: str, header_name: str, **kwargs: Any) -> None:
        """Describe the error.

        Args:
            msg: What is wrong with the value.
            header_name: Which header.
            **kwargs: As for `HTTPError`.
        """
        kwargs.setdefault("title", "Invalid header value")
        kwargs.setdefault(
            "description",
            f'The value provided for the "{header_name}" header is invalid. {msg}',
        )
        super().__init__(**kwargs)


class HTTPMissingHeader(HTTPBadRequest):
    """A header that is needed is absent."""

    def __init__(self, header_name: str, **kwargs: Any) -> None:
        """Describe the error.

        Args:
            header_name: Which header.
            **kwargs: As for `HTTPError`.
        """
        kwargs.setdefault("title", "Missing header value")
        kwargs.setdefault("description", f'The "{header_name}" header is required.')
        super().__init__(**kwargs)


class HTTPInvalidParam(HTTPBadRequest):
    """A query parameter's value makes no sense."""

    def __init__(self, msg: str, param_name: str, **kwargs: Any) -> None:
        """Describe the error.

        Args:
            msg: What is wrong with the value.
            param_name: Which parameter.
            **kwargs: As for `HTTPError`.
        """
        kwargs.setdefault("title", "Invalid parameter")
        kwargs.setdefault(
            "description", f'The "{param_name}" parameter is invalid. {msg}'
        )
        super().__init__(**kwargs)


class HTTPMissingParam(HTTPBadRequest):
    """A query parameter that is needed is absent."""

    def __init__(self, param_name: str, **kwargs: Any) -> None:
        """Describe the error.

        Args:
            param_name: Which parameter.
            **kwargs: As for `HTTPError`.
        """
        kwargs.setdefault("title", "Missing parameter")
        kwargs.setdefault("description", f'The "{param_name}" parameter is required.')
        super().__init__(**kwargs)
