"""Dates as HTTP writes them (RFC 9110, 5.6.7)."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from email.utils import format_datetime

__all__ = ("dt_to_http", "http_date_to_dt", "http_now")

# Not strptime(): to that, the names of days and months are those of the process's locale.
_MONTHS = "jan feb mar apr may jun jul aug sep oct nov dec".split()
_DAY_NAME = "(?:mon|tue|wed|thu|fri|sat|sun)"
_MONTH = f"(?P<month>{'|'.join(_MONTHS)})"
_TIME = r"(?P<hour>\d\d?):(?P<minute>\d\d):(?P<second>\d\d)"


def _form(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern, re.ASCII | re.IGNORECASE)


_IMF_FIXDATE = _form(
    rf"{_DAY_NAME}, (?P<day>\d\d?) {_MONTH} (?P<year>\d{{4}}) {_TIME} GMT"
)
_OBSOLETE = (
    # RFC 850 has two digits for the year, and cookies used to have four.
    _form(
        rf"{_DAY_NAME}[a-z]*, (?P<day>\d\d)-{_MONTH}-(?P<year>\d\d(?:\d\d)?) {_TIME} GMT"
    ),
    _form(rf"{_DAY_NAME} {_MONTH} (?P<day>[ \d]?\d) {_TIME} (?P<year>\d{{4}})"),
)


def http_now() -> str:
    """Give the present time as HTTP writes it."""
    return dt_to_http(datetime.now(UTC))


def dt_to_http(dt: datetime) -> str:
    """Write a time as HTTP does: ``'Tue, 15 Nov 1994 08:12:31 GMT'``.

    Args:
        dt: A time in any zone; one without a zone is taken for UTC.
    """
    aware = dt.replace(tzinfo=UTC) if dt.tzinfo is None else dt.astimezone(UTC)
    return format_datetime(aware, usegmt=True)


def http_date_to_dt(http_date: str, obs_date: bool = False) -> datetime:
    """Read a time as HTTP writes it; the name of the day is not compared with the date.

    Args:
        http_date: For example ``'Tue, 15 Nov 1994 08:12:31 GMT'``.
        obs_date: Whether to read the two obsolete forms too.

    Returns:
        A time in UTC.

    Raises:
        ValueError: It is no such date, or there is no such day or time.
    """
    for form in (_IMF_FIXDATE, *(_OBSOLETE if obs_date else ())):
        match = form.fullmatch(http_date)
        if match is None:
            continue
        try:
            return _moment(**match.groupdict())
        except ValueError:  # such as the 31st of February
            break
    raise ValueError(
        f"{http_date!r} is not an HTTP date like 'Tue, 15 Nov 1994 08:12:31 GMT'."
    )


def _moment(
    year: str, month: str, day: str, hour: str, minute: str, second: str
) -> datetime:
    return datetime(
        _full_year(year) if len(year) == 2 else int(year),
        _MONTHS.index(month.lower()) + 1,
        int(day),
        int(hour),
        int(minute),
        # RFC 9110, 5.6.7 has a leap second, which `datetime` has no place for.
        59 if second == "60" else int(second),
        tzinfo=UTC,
    )


def _full_year(year: str) -> int:
    """Add the century: what would be more than 50 years in the future is in the past."""
    this_year = datetime.now(UTC).year
    full = this_year - this_year % 100 + int(year)
    return full - 100 if full > this_year + 50 else full
