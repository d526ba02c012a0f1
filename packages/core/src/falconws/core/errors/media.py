"""What a payload that cannot be read means over HTTP: falconws.media's errors with a status."""

from __future__ import annotations

from typing import Any

from falconws.media import (
    PayloadEmptyError,
    PayloadError,
    PayloadInvalidError,
    PayloadMalformedError,
    UnsupportedMediaTypeError,
)
from falconws.media import errors as payloads

from .client import (
    HTTPBadRequest,
    HTTPContentTooLarge,
    HTTPInvalidHeader,
    HTTPUnsupportedMediaType,
)
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

    def __init__(
        self, media_type: str, *, detail: str | None = None, **kwargs: Any
    ) -> None:
        """Describe the error.

        Args:
            media_type: What the body should have been, such as ``'JSON'``.
            detail: What the parser said, and where; None for what the exception says that
                this one is raised from.
            **kwargs: As for `HTTPError`.
        """
        self._sentence = f"Could not parse {media_type} body"
        self._detail = detail
        self._describes_itself = "description" not in kwargs
        kwargs.setdefault("title", f"Invalid {media_type}")
        super().__init__(**kwargs)

    @property
    def description(self) -> str | None:
        """What happened this time, for people."""
        if self._description is not None or not self._describes_itself:
            return self._description
        detail = str(self.__cause__ or "") if self._detail is None else self._detail
        return f"{self._sentence} - {detail}" if detail else self._sentence

    @description.setter
    def description(self, description: str | None) -> None:
        self._description = description


class MediaValidationError(HTTPBadRequest):
    """The body is well formed, and not what is expected of it."""


class MultipartParseError(MediaMalformedError):
    """The body is no multipart form (RFC 7578)."""

    def __init__(self, **kwargs: Any) -> None:
        """Describe the error; the arguments are those of `HTTPError`."""
        kwargs.setdefault("title", "Malformed multipart/form-data request media")
        kwargs.setdefault("description", None)
        super().__init__("multipart/form-data", **kwargs)


def payload_to_http_error(exc: PayloadError) -> HTTPError:
    """Give the HTTP error that tells a client what was wrong with its body."""
    if isinstance(exc, PayloadEmptyError):
        return MediaNotFoundError(exc.media_type)
    if isinstance(exc, payloads.BoundaryError):
        return HTTPInvalidHeader(exc.detail, "Content-Type")
    if isinstance(exc, payloads.MultipartParseError):
        return MultipartParseError(description=str(exc))
    if isinstance(exc, payloads.PayloadTooLargeError):
        return HTTPContentTooLarge(description=str(exc))
    if isinstance(exc, PayloadMalformedError):
        return MediaMalformedError(exc.media_type, detail=exc.detail)
    if isinstance(exc, PayloadInvalidError):
        return MediaValidationError(
            title=f"Invalid {exc.media_type}", description=exc.detail or None
        )
    if isinstance(exc, UnsupportedMediaTypeError):
        return HTTPUnsupportedMediaType(
            description=f"{exc.media_type} is an unsupported media type."
        )
    return HTTPBadRequest(title=f"Invalid {exc.media_type}", description=str(exc))
