from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from falconws.core import dt_to_http, http_date_to_dt

EXAMPLE = datetime(1994, 11, 6, 8, 49, 37, tzinfo=UTC)


@pytest.mark.parametrize(
    "dt",
    [
        EXAMPLE,
        EXAMPLE.replace(tzinfo=None),
        EXAMPLE.astimezone(timezone(timedelta(hours=-5))),
        EXAMPLE.replace(microsecond=999_999),
    ],
)
def test_a_time_is_written_in_utc_and_in_whole_seconds(dt: datetime) -> None:
    assert dt_to_http(dt) == "Sun, 06 Nov 1994 08:49:37 GMT"


@given(st.datetimes(timezones=st.just(UTC)))
def test_a_time_that_was_written_is_read_back(dt: datetime) -> None:
    assert http_date_to_dt(dt_to_http(dt)) == dt.replace(microsecond=0)


@pytest.mark.parametrize(
    "date", ["Sunday, 06-Nov-94 08:49:37 GMT", "Sun Nov  6 08:49:37 1994"]
)
def test_the_obsolete_forms_are_read_where_it_is_asked_for(date: str) -> None:
    assert http_date_to_dt(date, obs_date=True) == EXAMPLE
    with pytest.raises(ValueError, match="is not an HTTP date like"):
        http_date_to_dt(date)


@pytest.mark.parametrize(
    "date",
    ["", "today", "Sun, 06 Nov 1994 08:49:37", "Sun, 32 Nov 1994 08:49:37 GMT"],
)
def test_what_is_no_date_is_a_value_error(date: str) -> None:
    with pytest.raises(ValueError, match="is not an HTTP date like"):
        http_date_to_dt(date, obs_date=True)
