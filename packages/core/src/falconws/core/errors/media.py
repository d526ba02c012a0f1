"""What a payload that cannot be read means over HTTP: falconws.media's errors with a status."""

from __future__ import annotations

from typing import Any

from falconws.media import (
    PayloadEmptyError,
    PayloadError,
    PayloadMalformedError,
    UnsupportedMediaTypeError,
)

from .client import HTTPBadRequest, HTTPUnsupportedMediaType
from .http_error import HTTPError

__all__ = (
    "MediaMalformedError",
    "MediaNotFoundError",
    "MediaValidationError",
    "MultipartParseError",
    "payload_to_http_error",
)


class MediaNotFoundError(HTTPBadRequest):
    """The body is empty where an object was expected."""

    def __init__(self, media_type: str, **kwargs: Any) -> None:
        """Describe the error.

        Args:
            media_type: What the body should have been, such as ``'JSON'``.
            **kwargs: As for `HTTPError`.
        """
        kwargs.setdefault("title", f"Invalid {media_type}")
        kwargs.setdefault("description", f"Could not parse an empty {media_type} body")
        super().__init__(**kwargs)


class MediaMalformedError(HTTPBadRequest):
    """The body is not in the format that its Content-Type claims."""

    def __init__(self, media_type: str, *, detail: str = "", **kwargs: Any) -> None:
        """Describe the error.

        Args:
            media_type: What the body should have been, such as ``'JSON'``.
            detail: What the parser said, and where.
            **kwargs: As for `HTTPError`.
        """
        sentence = f"Could not parse {media_type} body"
        kwargs.setdefault("title", f"Invalid {media_type}")
        kwargs.setdefault(
            "description", f"{sentence} - {detail}" if detail else sentence
        )
        super().__init__(**kwargs)


class MediaValidationError(HTTPBadRequest):
    """The body is well formed, and not what is expected of it."""


class MultipartParseError(MediaMalformedError):
    """The body is no multipart form (RFC 7578), or one that goes beyond the limits."""

    def __init__(self, **kwargs: Any) -> None:
        """Describe the error; the arguments are those of `HTTPError`."""
        kwargs.setdefault("title", "Malformed multipart/form-data request media")
        super().__init__("multipart/form-data", **kwargs)


def payload_to_http_error(exc: PayloadError) -> HTTPError:
    """Give the HTTP error that tells a client what was wrong with its body."""
    if isinstance(exc, PayloadEmptyError):
        return MediaNotFoundError(exc.media_type)
    if isinstance(exc, PayloadMalformedError):
        return MediaMalformedError(exc.media_type, detail=exc.detail)
    if isinstance(exc, UnsupportedMediaTypeError):
        return HTTPUnsupportedMediaType(
            description=f"{exc.media_type} is an unsupported media type."
        )
    return HTTPBadRequest(title=f"Invalid {exc.media_type}", description=str(exc))
