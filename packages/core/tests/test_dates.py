from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from falconws.core.dates import dt_to_http, http_date_to_dt, http_now

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


def test_the_present_time_is_written() -> None:
    before = datetime.now(UTC).replace(microsecond=0)
    assert before <= http_date_to_dt(http_now()) <= datetime.now(UTC)


@given(st.datetimes(timezones=st.just(UTC)), st.booleans())
def test_a_time_that_was_written_is_read_back(dt: datetime, obs_date: bool) -> None:
    assert http_date_to_dt(dt_to_http(dt), obs_date) == dt.replace(microsecond=0)


@pytest.mark.parametrize(
    "date", ["Sun, 6 Nov 1994 8:49:37 GMT", "sun, 06 NOV 1994 08:49:37 gmt"]
)
def test_a_date_that_is_not_quite_as_it_should_be_is_read(date: str) -> None:
    assert http_date_to_dt(date) == EXAMPLE


@pytest.mark.parametrize(
    "date",
    [
        "Sunday, 06-Nov-94 08:49:37 GMT",
        "Sun, 06-Nov-1994 08:49:37 GMT",
        "Sun Nov  6 08:49:37 1994",
        "Sun Nov 06 08:49:37 1994",
    ],
)
def test_the_obsolete_forms_are_read_where_it_is_asked_for(date: str) -> None:
    assert http_date_to_dt(date, obs_date=True) == EXAMPLE
    with pytest.raises(ValueError, match="is not an HTTP date like"):
        http_date_to_dt(date)


def test_a_leap_second_is_taken_for_the_one_before_it() -> None:
    read = http_date_to_dt("Sat, 31 Dec 2016 23:59:60 GMT")
    assert read == datetime(2016, 12, 31, 23, 59, 59, tzinfo=UTC)


@pytest.mark.parametrize("ahead", [-49, 0, 1, 49, 50, 51])
def test_a_year_of_two_digits_is_at_most_fifty_years_ahead(ahead: int) -> None:
    year = datetime.now(UTC).year + ahead
    date = f"Sunday, 06-Nov-{year % 100:02} 08:49:37 GMT"
    meant = year - 100 if ahead == 51 else year
    assert http_date_to_dt(date, obs_date=True).year == meant


@pytest.mark.parametrize(
    "date",
    [
        "",
        "today",
        "Sun, 06 Nov 1994 08:49:37",
        "Sun, 06 Nov 1994 08:49:37 CET",
        "Sun, 32 Nov 1994 08:49:37 GMT",
        "Thu, 29 Feb 1900 08:49:37 GMT",
        "Sun, 06 Nov 1994 24:00:00 GMT",
        "Sun, 06 Nov 0000 08:49:37 GMT",
        "Sun, 06 Now 1994 08:49:37 GMT",
        "Sun, 06 Nov 1994 08:49:3\N{ARABIC-INDIC DIGIT SEVEN} GMT",
        "Sunday, 31-Feb-94 08:49:37 GMT",
        "Sun Nov 31 08:49:37 1994",
    ],
)
def test_what_is_no_date_is_a_value_error(date: str) -> None:
    for obs_date in (False, True):
        with pytest.raises(ValueError, match="is not an HTTP date like"):
            http_date_to_dt(date, obs_date)
