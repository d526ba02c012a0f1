"""Dates as HTTP writes them (RFC 9110, 5.6.7)."""

from __future__ import annotations

from datetime import UTC, datetime
from email.utils import format_datetime

__all__ = ("dt_to_http", "http_date_to_dt")

_IMF_FIXDATE = "%a, %d %b %Y %H:%M:%S GMT"
_OBSOLETE = ("%A, %d-%b-%y %H:%M:%S GMT", "%a %b %d %H:%M:%S %Y")


def dt_to_http(dt: datetime) -> str:
    """Write a time as HTTP does: ``'Tue, 15 Nov 1994 08:12:31 GMT'``.

    Args:
        dt: A time in any zone; one without a zone is taken for UTC.
    """
    aware = dt.replace(tzinfo=UTC) if dt.tzinfo is None else dt.astimezone(UTC)
    return format_datetime(aware, usegmt=True)


def http_date_to_dt(http_date: str, obs_date: bool = False) -> datetime:
    """Read a time as HTTP writes it.

    Args:
        http_date: For example ``'Tue, 15 Nov 1994 08:12:31 GMT'``.
        obs_date: Whether to read the two obsolete forms too.

    Returns:
        A time in UTC.

    Raises:
        ValueError: It is no such date.
    """
    for form in (_IMF_FIXDATE, *(_OBSOLETE if obs_date else ())):
        try:
            return datetime.strptime(http_date, form).replace(tzinfo=UTC)
        except ValueError:
            continue
    raise ValueError(
        f"{http_date!r} is not an HTTP date like 'Tue, 15 Nov 1994 08:12:31 GMT'."
    )
