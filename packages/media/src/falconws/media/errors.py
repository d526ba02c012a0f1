"""What can be wrong with a payload, in terms that know no transport.

    PayloadError (ValueError)
    ├── PayloadEmptyError            there was nothing to deserialize
    ├── PayloadMalformedError        the bytes are not in the format they claim
    │   ├── JSONMalformedError       the same, also a json.JSONDecodeError
    │   └── MultipartParseError      the same, of a form
    │       └── BoundaryError        whose Content-Type does not say what separates its parts
    ├── PayloadInvalidError          they are, and what they say is not what was expected
    ├── PayloadTooLargeError         they go beyond a limit
    └── UnsupportedMediaTypeError    no handler is registered for the type
    PayloadTypeError (TypeError)     text where bytes were expected, or the reverse

An HTTP body, a WebSocket message and an event's data all come to these errors, and only one
of the three has status codes: what an error means to the peer is decided by the package that
talks to it.
"""

from __future__ import annotations

import json
from typing import ClassVar

__all__ = (
    "BoundaryError",
    "JSONMalformedError",
    "MultipartParseError",
    "PayloadEmptyError",
    "PayloadError",
    "PayloadInvalidError",
    "PayloadMalformedError",
    "PayloadTooLargeError",
    "PayloadTypeError",
    "UnsupportedMediaTypeError",
)


class PayloadError(ValueError):
    """A payload could not be deserialized.

    Attributes:
        media_type: What the payload was taken for, as a person would call it: ``"JSON"``.
    """

    def __init__(self, media_type: str) -> None:
        # Not super(): beside another ValueError in the bases, that would be its __init__.
        ValueError.__init__(self, media_type)
        self.media_type = media_type

    def __str__(self) -> str:
        return f"The {self.media_type} payload could not be read."


class PayloadEmptyError(PayloadError):
    """There was nothing to deserialize."""

    def __str__(self) -> str:
        return f"The {self.media_type} payload is empty."


class _DetailedError(PayloadError):
    """A payload that has something to be said of."""

    fault: ClassVar[str]

    def __init__(self, media_type: str, detail: str = "") -> None:
        super().__init__(media_type)
        self.detail = detail

    def __str__(self) -> str:
        sentence = f"The {self.media_type} payload is {self.fault}"
        return f"{sentence}: {self.detail}" if self.detail else f"{sentence}."


class PayloadMalformedError(_DetailedError):
    """The payload is not in the format that it claims.

    Attributes:
        detail: What the parser said of it, and where, when the parser tells.
    """

    fault = "malformed"


class JSONMalformedError(PayloadMalformedError, json.JSONDecodeError):
    """The payload is not JSON (RFC 8259).

    It is a `json.JSONDecodeError` too, so code that was written for the standard library's
    parser catches it, and finds ``msg``, ``pos``, ``lineno`` and ``colno`` where it looks
    for them; the last three are 0 when the parser did not tell. ``doc`` is empty: an error
    must not keep a whole payload alive.
    """

    def __init__(self, msg: str, pos: int = 0, lineno: int = 0, colno: int = 0) -> None:
        PayloadError.__init__(self, "JSON")
        self.detail = f"{msg}: line {lineno} column {colno}" if lineno else msg
        self.msg = msg
        self.doc = ""
        self.pos = pos
        self.lineno = lineno
        self.colno = colno

    def __reduce__(self) -> tuple[type[JSONMalformedError], tuple[str, int, int, int]]:
        return type(self), (self.msg, self.pos, self.lineno, self.colno)


class MultipartParseError(PayloadMalformedError):
    """The payload is no multipart form (RFC 7578)."""

    def __init__(self, detail: str = "") -> None:
        super().__init__("multipart/form-data", detail)


class BoundaryError(MultipartParseError):
    """The Content-Type of a form has no boundary, or one that cannot be (RFC 2046, 5.1.1)."""


class PayloadInvalidError(_DetailedError):
    """The payload is well formed, and not of the type that is expected.

    Attributes:
        detail: What does not fit, and where.
    """

    fault = "invalid"


class PayloadTooLargeError(_DetailedError):
    """The payload goes beyond a limit of the server's.

    Attributes:
        detail: Which limit, and what it is.
    """

    fault = "too large"


class UnsupportedMediaTypeError(PayloadError):
    """No handler is registered for a media type."""

    def __str__(self) -> str:
        return f"No media handler is registered for {self.media_type!r}."


class PayloadTypeError(TypeError):
    """A payload is text where bytes were expected, or the reverse."""
