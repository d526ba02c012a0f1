"""Conditional requests and ranges: what a file's state makes of a request (RFC 9110, 13, 14)."""

from __future__ import annotations

import re
from datetime import datetime
from typing import TYPE_CHECKING

from ..dates import http_date_to_dt

if TYPE_CHECKING:
    from ..request import Request

__all__ = ("choose_response",)

# More digits than any file has bytes, and fewer than int() refuses to read.
_RANGE = re.compile(r"bytes=([0-9]{0,99})-([0-9]{0,99})", re.IGNORECASE)


def choose_response(
    req: Request, etag: str, modified: datetime, size: int
) -> tuple[int, range]:
    """Decide how to answer a GET or HEAD, in the order of RFC 9110, 13.2.2.

    A Range with more than one range in it, of another unit or malformed is ignored, as RFC
    9110, 14.2 lets a server do; so is any for a file that is empty.

    Args:
        req: Its conditions and its Range are read; a date that is none is no condition.
        etag: The file's strong entity tag, with the quotes.
        modified: When the file changed, in whole seconds.
        size: The file's length in bytes.

    Returns:
        The status, which is 200, 206, 304, 412 or 416, and the bytes that belong to a 200 or
        206.
    """
    whole = range(size)
    if _is_another(req, etag, modified):
        return 412, whole
    if _is_known(req, etag, modified):
        return 304, whole
    part = None
    # RFC 9110, 14.2: Range means nothing with another method.
    if req.method == "GET" and _is_continued(req, etag, modified):
        part = _requested_part(req.get_header("Range", default=""), size)
    if part is None:
        return 200, whole
    return (206 if part else 416), part


def _is_another(req: Request, etag: str, modified: datetime) -> bool:
    """Say whether the client wants a state that the file is not in (RFC 9110, 13.1.1, 13.1.4)."""
    tags = req.get_header("If-Match")
    if tags is not None:
        return etag not in _members(tags) and tags != "*"
    date = _date(req.get_header("If-Unmodified-Since"))
    return date is not None and modified > date


def _is_known(req: Request, etag: str, modified: datetime) -> bool:
    """Say whether the client has what is there now (RFC 9110, 13.1.2, 13.1.3)."""
    tags = req.get_header("If-None-Match")
    if tags is not None:
        # RFC 9110, 8.8.3.2: the weak comparison, to which the mark makes no difference.
        known = [tag.removeprefix("W/") for tag in _members(tags)]
        return etag in known or tags == "*"
    date = _date(req.get_header("If-Modified-Since"))
    return date is not None and modified <= date


def _is_continued(req: Request, etag: str, modified: datetime) -> bool:
    """Say whether a part fits to those that the client has (RFC 9110, 13.1.5)."""
    validator = req.get_header("If-Range")
    return validator in (None, etag) or _date(validator) == modified


def _members(tags: str) -> list[str]:
    # A comma inside of another's quotes is no harm: what is between two commas and has quotes
    # at both its ends is a whole tag.
    return [tag.strip() for tag in tags.split(",")]


def _date(value: str | None) -> datetime | None:
    try:
        # RFC 9110, 5.6.7: a recipient has to read the obsolete forms too.
        return http_date_to_dt(value or "", obs_date=True)
    except ValueError:
        return None


def _requested_part(value: str, size: int) -> range | None:
    """Give the part that a Range asks for, empty if it is beyond the end; None to ignore it."""
    match = _RANGE.fullmatch(value)
    if match is None or not size:
        return None
    first, last = match.groups()
    if not first:  # the last so many bytes
        return range(max(size - int(last), 0), size) if last else None
    if not last:
        return range(int(first), size)
    if int(last) < int(first):
        return None
    return range(int(first), min(int(last) + 1, size))
