"""What the error classes of one status each have in common."""

from __future__ import annotations

from datetime import datetime
from typing import Any, ClassVar

from ..dates import dt_to_http
from .http_error import Headers, HTTPError


class FixedStatusError(HTTPError):
    """An `HTTPError` whose class decides the status."""

    fixed_status: ClassVar[str]

    def __init__(
        self,
        *,
        title: str | None = None,
        description: str | None = None,
        headers: Headers | None = None,
        href: str | None = None,
        href_text: str | None = None,
        code: int | None = None,
    ) -> None:
        """Describe the error; the arguments are those of `HTTPError`."""
        super().__init__(
            self.fixed_status,
            title=title,
            description=description,
            headers=headers,
            href=href,
            href_text=href_text,
            code=code,
        )


def merge_headers(kwargs: dict[str, Any], headers: dict[str, str]) -> None:
    """Add headers to the ``headers`` that a caller passed on; they go before those."""
    if headers:
        kwargs["headers"] = dict(kwargs.get("headers") or {}) | headers


def retry_after_header(retry_after: int | datetime | None) -> dict[str, str]:
    """Give ``Retry-After`` (RFC 9110, 10.2.3); nothing for None."""
    if retry_after is None:
        return {}
    if isinstance(retry_after, datetime):
        return {"Retry-After": dt_to_http(retry_after)}
    return {"Retry-After": str(retry_after)}
