"""What can be wrong with a form, beside what errors.py has: too much of it, or no structure.

PayloadError
├── PayloadMalformedError
│   └── MultipartParseError      the body is no multipart form
│       └── BoundaryError        its Content-Type does not say what separates the parts
└── PayloadTooLargeError         it goes beyond a limit
"""

from __future__ import annotations

from .errors import PayloadError, PayloadMalformedError

__all__ = ("BoundaryError", "MultipartParseError", "PayloadTooLargeError")


class PayloadTooLargeError(PayloadError):
    """A payload goes beyond a limit of the server's.

    Attributes:
        detail: Which limit, and what it is.
    """

    def __init__(self, media_type: str, detail: str = "") -> None:
        super().__init__(media_type)
        self.detail = detail

    def __str__(self) -> str:
        sentence = f"The {self.media_type} payload is too large"
        return f"{sentence}: {self.detail}" if self.detail else f"{sentence}."


class MultipartParseError(PayloadMalformedError):
    """A body is no multipart form (RFC 7578)."""

    def __init__(self, detail: str = "") -> None:
        super().__init__("multipart/form-data", detail)


class BoundaryError(MultipartParseError):
    """The Content-Type of a form has no boundary, or one that cannot be (RFC 2046, 5.1.1)."""
