"""What a request's headers say, compared with Falcon."""

import string
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from falconws.core import SINGLETON_HEADERS, dt_to_http
from tests.conformance.manifest import requirement
from tests.conformance.outcomes import (
    Read,
    attribute,
    joined,
    outcome,
    outcomes,
    raised,
    sent,
    shown,
)

INVALID_HEADER = raised("HTTPInvalidHeader", "400 Bad Request", "Invalid header value")
MISSING_HEADER = raised("HTTPMissingHeader", "400 Bad Request", "Missing header value")

# What a server lets through: Latin-1 without control characters, trimmed.
LATIN_1 = st.characters(max_codepoint=0xFF, exclude_categories=["Cc"])
VALUES = st.text(LATIN_1, max_size=20).map(str.strip)


IMF_FIXDATE = "Sun, 06 Nov 1994 08:49:37 GMT"
OBSOLETE = [
    "Sun, 06-Nov-1994 08:49:37 GMT",
    "Sun Nov  6 08:49:37 1994",
    "Sunday, 06-Nov-94 08:49:37 GMT",
]


NAMES = st.sampled_from(
    ["X-A", "x-b", "Accept", "Set-Cookie", *sorted(SINGLETON_HEADERS)]
)


@requirement("falcon:request:headers")
@requirement("falcon:request:headers-single")
@requirement("falcon:request:get-header")
@given(st.lists(st.tuples(NAMES, VALUES), max_size=6))
def test_headers_are_found_by_name_in_any_case(headers: list[tuple[str, str]]) -> None:
    def read(req: Any) -> list[Any]:
        found = [req.get_header(name.upper(), default="-") for name, _ in headers]
        return [req.headers, req.headers_lower, found]

    text = outcome(read, sent(*headers))
    assert all(shown(name.lower()) in text for name, _ in headers)


@requirement("falcon:request:headers")
@requirement("falcon:request:headers-single")
def test_repeated_headers_are_joined_but_for_those_that_are_single() -> None:
    headers = [("X-A", "1"), ("x-a", "\xe9"), ("HOST", "a"), ("Host", "b"), ("X-C", "")]
    text = outcome(attribute("headers"), sent(*headers))
    assert text == shown({"x-a": "1,\xe9", "host": "b", "x-c": ""})


def by_getter(getter: str, **arguments: Any) -> Read:
    return lambda req: getattr(req, getter)("X-A", **arguments)


@requirement("falcon:request:get-header")
@requirement("falcon:request:get-header-as-int")
@requirement("falcon:request:get-header-as-datetime")
@pytest.mark.parametrize(
    "getter", ["get_header", "get_header_as_int", "get_header_as_datetime"]
)
def test_an_absent_header_is_none_or_an_error(getter: str) -> None:
    assert outcome(by_getter(getter)) == shown(None)
    assert outcome(by_getter(getter, required=True)) == MISSING_HEADER


TEXT_HEADERS = {
    "accept": "Accept",
    "auth": "Authorization",
    "content_type": "Content-Type",
    "expect": "Expect",
    "if_range": "If-Range",
    "referer": "Referer",
    "user_agent": "User-Agent",
}


@requirement("falcon:request:header-properties")
@requirement("falcon:request:accept")
@pytest.mark.parametrize(("name", "header"), TEXT_HEADERS.items())
@settings(max_examples=20)
@given(value=VALUES.filter(bool))
def test_common_headers_are_attributes(name: str, header: str, value: str) -> None:
    assert outcome(attribute(name), sent((header, value))) == shown(value)


@requirement("falcon:request:header-properties")
@requirement("falcon:request:accept")
@pytest.mark.parametrize(("name", "header"), TEXT_HEADERS.items())
def test_a_common_header_that_is_absent_or_empty_is_none(
    name: str, header: str
) -> None:
    absent = shown("*/*" if name == "accept" else None)
    assert outcome(attribute(name)) == absent
    empty = shown("") if name == "content_type" else absent
    assert outcome(attribute(name), sent((header, ""))) == empty


@requirement("falcon:request:get-header-as-int")
@given(VALUES | st.integers().map(str) | st.text("+-_ 0123456789.", max_size=5))
def test_any_header_is_read_as_an_integer(value: str) -> None:
    outcome(by_getter("get_header_as_int"), sent(("X-A", value)))


@requirement("falcon:request:content-length")
@given(st.integers(-9, 10**15).map(str) | st.text(LATIN_1, max_size=3).map(str.strip))
def test_any_content_length_is_a_number_or_a_400(value: str) -> None:
    digits = value.lstrip("+").replace("_", "")  # in which both differ: see below
    outcome(attribute("content_length"), sent(("Content-Length", digits)))


# Each of the properties around it asserts that both are equal; this, what they are.
@requirement("falcon:request:get-header-as-int")
@requirement("falcon:request:content-length")
@requirement("falcon:request:etags")
@requirement("falcon:request:range")
@pytest.mark.parametrize(
    ("read", "header", "value", "expected"),
    [
        (by_getter("get_header_as_int"), "x-a", "-7", "-7"),
        (by_getter("get_header_as_int"), "x-a", "7.0", INVALID_HEADER),
        (attribute("content_length"), "Content-Length", "007", "7"),
        (attribute("content_length"), "Content-Length", "", "None"),
        (attribute("content_length"), "Content-Length", "-1", INVALID_HEADER),
        (attribute("content_length"), "Content-Length", "1.0", INVALID_HEADER),
        (attribute("if_match"), "If-Match", "*", "list('*')"),
        (attribute("if_match"), "If-Match", 'W/"a", ""', "list(weak 'a', strong '')"),
        (attribute("if_none_match"), "If-None-Match", '"a,b"', "list(strong 'a,b')"),
        (attribute("if_none_match"), "If-None-Match", "", "None"),
        (attribute("range", "range_unit"), "X", "", "list(None, None)"),
        (attribute("range"), "Range", "bytes=5-9", "tuple(5, 9)"),
        (attribute("range"), "Range", "bytes=5-", "tuple(5, -1)"),
        (attribute("range"), "Range", "bytes=-9", "tuple(-9, -1)"),
        (attribute("range"), "Range", "bytes=0-1,5-9", INVALID_HEADER),
        (attribute("range"), "Range", "5-9", INVALID_HEADER),
        (attribute("range_unit"), "Range", "items=5-9", "'items'"),
    ],
)
def test_a_header_is_read_as_what_it_stands_for(
    read: Read, header: str, value: str, expected: str
) -> None:
    assert outcome(read, sent((header, value))) == expected


@requirement("falcon:request:content-length-digits")
@pytest.mark.parametrize(("value", "number"), [("+1", 1), ("1_0", 10)])
def test_a_content_length_has_nothing_but_digits(value: str, number: int) -> None:
    texts = outcomes(attribute("content_length"), sent(("Content-Length", value)))
    assert texts == (shown(number), INVALID_HEADER)


# Dates.

DATES = {
    "date": "Date",
    "if_modified_since": "If-Modified-Since",
    "if_unmodified_since": "If-Unmodified-Since",
}
MOMENTS = st.datetimes(timezones=st.just(UTC)).map(
    lambda moment: moment.replace(microsecond=0, fold=0)
)


@requirement("falcon:request:dates")
@requirement("falcon:request:get-header-as-datetime")
@settings(max_examples=50)
@given(MOMENTS, st.sampled_from([str, str.lower, str.upper]))
def test_dates_are_times_in_utc(moment: datetime, case: Callable[[str], str]) -> None:
    value = case(dt_to_http(moment))
    for name, header in DATES.items():
        assert outcome(attribute(name), sent((header, value))) == shown(moment)
    for obs_date in (False, True):
        read = by_getter("get_header_as_datetime", obs_date=obs_date)
        assert outcome(read, sent(("X-A", value))) == shown(moment)


@requirement("falcon:request:dates")
@pytest.mark.parametrize(
    "value", ["", "Sun, 31 Feb 1994 08:49:37 GMT", "1994-11-06T08:49:37Z"]
)
def test_what_is_no_date_is_a_400(value: str) -> None:
    for name, header in DATES.items():
        assert outcome(attribute(name)) == shown(None)
        assert outcome(attribute(name), sent((header, value))) == INVALID_HEADER


@requirement("falcon:request:get-header-as-datetime")
@given(
    st.sampled_from([IMF_FIXDATE, *OBSOLETE[:2]]),
    st.integers(0, 28),
    st.sampled_from(string.ascii_letters + string.digits + ",-:"),
    st.booleans(),
)
def test_a_date_with_a_slip_in_it_is_another_one_or_a_400(
    value: str, index: int, slip: str, obs_date: bool
) -> None:
    slipped = value[:index] + slip + value[index + 1 :]
    read = by_getter("get_header_as_datetime", obs_date=obs_date)
    outcome(read, sent(("X-A", slipped)))


@requirement("falcon:request:dates-obsolete")
@requirement("falcon:request:get-header-as-datetime")
@pytest.mark.parametrize("value", OBSOLETE)
def test_obsolete_dates_are_read_by_the_attributes_too(value: str) -> None:
    moment = shown(datetime(1994, 11, 6, 8, 49, 37, tzinfo=UTC))
    for name, header in DATES.items():
        assert outcomes(attribute(name), sent((header, value))) == (
            INVALID_HEADER,
            moment,
        )
    exchange = sent(("X-A", value))
    assert outcome(by_getter("get_header_as_datetime"), exchange) == INVALID_HEADER
    read = by_getter("get_header_as_datetime", obs_date=True)
    assert outcome(read, exchange) == moment


@requirement("falcon:request:dates-spelling")
@requirement("falcon:request:dates-century")
@pytest.mark.parametrize(
    ("value", "theirs", "ours"),
    [
        ("Sun, 06 Nov 1994 08:49:37 UTC", 1994, None),
        ("Sun,  06 Nov 1994 08:49:37 GMT", 1994, None),
        ("Sun, 06 Nov 1994 8:9:7 GMT", 1994, None),
        ("Sunday, 06-Nov-1994 08:49:37 GMT", None, 1994),
        ("Sundry, 06-Nov-94 08:49:37 GMT", None, 1994),
        ("Wednesday, 06-Nov-69 08:49:37 GMT", 1969, 2069),
    ],
)
def test_dates_are_spelled_as_http_spells_them(
    value: str, theirs: int | None, ours: int | None
) -> None:
    def read(req: Any) -> Any:
        return req.get_header_as_datetime("Date", obs_date=True).year

    assert outcomes(read, sent(("Date", value))) == tuple(
        INVALID_HEADER if year is None else shown(year) for year in (theirs, ours)
    )


# Entity tags and ranges.

OPAQUE = st.text(st.characters(min_codepoint=0x21, max_codepoint=0x7E), max_size=5)
TAGS = st.builds(
    '{}"{}"'.format,
    st.sampled_from(["", "W/", "w/"]),
    OPAQUE.map(lambda tag: tag.replace('"', ",")),
)


@requirement("falcon:request:etags")
@given(st.sampled_from(["*", "bare"]) | joined(TAGS, ", ", ",", " , "))
def test_entity_tags_are_read(value: str) -> None:
    read = attribute("if_match", "if_none_match")
    outcome(read, sent(("If-Match", value), ("If-None-Match", value)))


@requirement("falcon:request:etags-malformed")
@pytest.mark.parametrize(
    ("value", "theirs", "ours"),
    [
        ('"a" "b"', "list(strong 'a\" \"b')", "list(strong 'a', strong 'b')"),
        ('a"', "list(strong 'a\"')", "list(strong 'a')"),
        ('"', "list(strong '')", "None"),
        ("a, b", "None", "list(strong 'a', strong 'b')"),
    ],
)
def test_entity_tags_are_found_between_what_is_malformed(
    value: str, theirs: str, ours: str
) -> None:
    texts = outcomes(attribute("if_none_match"), sent(("If-None-Match", value)))
    assert texts == (theirs, ours)


@requirement("falcon:request:etag-comparison")
@requirement("falcon:request:etag-quote")
def test_a_tag_is_compared_and_written() -> None:
    def read(req: Any) -> list[Any]:
        weak, strong = req.if_match
        return [weak == strong, weak.strong_compare(strong), weak.dumps()]

    text = outcome(read, sent(("If-Match", 'W/"a", "a"')))
    assert text == shown([True, False, 'W/"a"'])

    def quote(req: Any) -> Any:
        return type(req.if_match[0])('a"').dumps()

    texts = outcomes(quote, sent(("If-Match", '"a"')))
    assert texts == (shown('"a""'), raised("ValueError"))


POSITIONS = st.just("") | st.integers(0, 30).map(str)


@requirement("falcon:request:range")
@given(
    st.sampled_from(["bytes=", "items=", "bytes", "bytes ", ""]),
    joined(st.builds("{}{}{}".format, POSITIONS, st.just("-"), POSITIONS), ",", ", "),
)
def test_a_range_is_read_or_a_400(unit: str, text: str) -> None:
    exchange = sent(("Range", unit + text))
    outcome(attribute("range"), exchange)
    expected = shown(unit[:-1]) if "=" in unit else INVALID_HEADER
    assert outcome(attribute("range_unit"), exchange) == expected


@requirement("falcon:request:range-digits")
@requirement("falcon:request:range-unit")
@pytest.mark.parametrize(
    ("value", "theirs", "ours"),
    [
        ("bytes=+1-9", shown([(1, 9), "bytes"]), INVALID_HEADER),
        ("bytes=1_0-", shown([(10, -1), "bytes"]), INVALID_HEADER),
        ("bytes=1- 9", shown([(1, 9), "bytes"]), INVALID_HEADER),
        ("=1-9", shown([(1, 9), ""]), INVALID_HEADER),
        ("Bytes=1-9", shown([(1, 9), "Bytes"]), shown([(1, 9), "bytes"])),
    ],
)
def test_a_range_has_a_unit_and_nothing_but_digits(
    value: str, theirs: str, ours: str
) -> None:
    texts = outcomes(attribute("range", "range_unit"), sent(("Range", value)))
    assert texts == (theirs, ours)


# Cookies.

COOKIE_NAMES = st.sampled_from(["a", "A", "b", "$v", "x-y", "__Host-s", "\xe9", "a b"])
COOKIE_VALUES = st.sampled_from(
    [
        "",
        "1",
        "a b",
        "a=b",
        "x%20y",
        '"q"',
        '"a\\"b"',
        '"\\073"',
        '"',
        'a"b',
        '"a',
        "\xe9",
    ]
)
# Neither escapes of what is not ASCII nor empty quotes, in which both differ.
GARBAGE = st.text(LATIN_1, max_size=8).map(lambda text: text.replace("\\", ""))


def cookies(req: Any) -> list[Any]:
    names = ("a", "b", "$v", "none")
    return [req.cookies, [req.get_cookie_values(name) for name in names]]


COOKIES = st.builds(
    str.join, st.sampled_from(["=", " = "]), st.tuples(COOKIE_NAMES, COOKIE_VALUES)
)


@requirement("falcon:request:cookies")
@requirement("falcon:request:cookie-values")
@requirement("falcon:request:cookie-names")
@given(joined(COOKIES, "; ", ";", " ; ", ";;"))
def test_cookies_are_read_by_name(value: str) -> None:
    outcome(cookies, sent(("Cookie", value)))


@requirement("falcon:request:cookies")
@requirement("falcon:request:cookie-values")
@requirement("falcon:request:cookie-names")
def test_a_cookies_value_is_unquoted_and_the_first_of_several() -> None:
    value = 'a=1; b="x \\"\\073"; a=2; \xe9=3; $v=a=b'
    first = {"a": "1", "b": 'x ";', "$v": "a=b"}
    text = outcome(cookies, sent(("Cookie", value)))
    assert text == shown([first, [["1", "2"], ['x ";'], ["a=b"], None]])


@requirement("falcon:request:cookies")
@given(joined(st.builds("{}={}".format, GARBAGE, GARBAGE), ";", "; ", "=", ","))
def test_garbage_among_cookies_costs_what_is_malformed_only(garbage: str) -> None:
    fields = [f for f in garbage.split(";") if f.partition("=")[2].strip() != '""']
    value = ";".join(field for field in fields if "=" in field)
    text = outcome(attribute("cookies"), sent(("Cookie", f"first=1; {value};last=2")))
    assert "'first': '1'" in text
    assert "'last': '2'" in text


@requirement("falcon:request:cookies-nameless")
@requirement("falcon:request:cookies-empty")
@requirement("falcon:request:cookies-utf-8")
@pytest.mark.parametrize(
    ("value", "theirs", "ours"),
    [
        ("a; a=1", {"a": ""}, {"a": "1"}),
        ("flag", {"flag": ""}, {}),
        ('a=""', {"a": '""'}, {"a": ""}),
        ('a="\\303\\251"', {"a": "\xc3\xa9"}, {"a": "\xe9"}),
    ],
)
def test_cookies_are_read_as_they_were_set(
    value: str, theirs: dict[str, str], ours: dict[str, str]
) -> None:
    texts = outcomes(attribute("cookies"), sent(("Cookie", value)))
    assert texts == (shown(theirs), shown(ours))


# What the client accepts.

OFFERED = [
    "application/json",
    "text/html",
    "text/html;level=1",
    "image/png",
    "text/csv",
]
RANGES = [
    "*/*",
    "*",
    "text/*",
    "application/*",
    "text/html;level=1",
    *OFFERED[:2],
    "a/b",
]
WEIGHTS = st.sampled_from(["", ";q=0", ";q=0.5", "; q=0.3", ";Q=0.2", ";q=1.000"])


def accepted(req: Any) -> list[Any]:
    shortcuts = attribute(
        "client_accepts_json", "client_accepts_msgpack", "client_accepts_xml"
    )
    return [
        *shortcuts(req),
        [req.client_accepts(media_type) for media_type in OFFERED],
        req.client_prefers(OFFERED),
        req.client_prefers(OFFERED[::-1]),
        req.client_prefers([]),
    ]


@requirement("falcon:request:client-accepts")
@requirement("falcon:request:client-prefers")
@requirement("falcon:request:client-accepts-common")
@given(
    joined(st.builds(str.__add__, st.sampled_from(RANGES), WEIGHTS), ", ", ",", " ,")
)
def test_a_client_gets_what_it_prefers_of_what_it_accepts(value: str) -> None:
    # Whether `text/html` is acceptable to one who says `level=1`: see below.
    if "level=1" in value:
        value += ", text/html;q=0.4"
    outcome(accepted, sent(("Accept", value)))


@requirement("falcon:request:client-accepts")
@requirement("falcon:request:client-prefers")
@requirement("falcon:request:client-accepts-common")
def test_the_weights_of_a_client_decide() -> None:
    everything = [True] * 5
    text = outcome(accepted)
    assert text == shown([*everything[:3], everything, OFFERED[0], OFFERED[-1], None])
    text = outcome(accepted, sent(("Accept", "application/x-msgpack, text/*;q=0.1")))
    some = [False, True, True, False, True]
    assert text == shown([False, True, False, some, "text/html", "text/csv", None])
    charset = sent(("Accept", "application/json; charset=utf-8"))
    assert outcome(attribute("client_accepts_json"), charset) == shown(True)


@requirement("falcon:request:accept-malformed")
@pytest.mark.parametrize("slip", ["text", "", "a/b;q=x", "a/b;q=2", "a/b;q=-1"])
def test_a_malformed_range_costs_that_range_only(slip: str) -> None:
    def read(req: Any) -> list[Any]:
        return [req.client_accepts("text/csv"), req.client_prefers(OFFERED)]

    texts = outcomes(read, sent(("Accept", f"{slip}, text/csv")))
    assert texts == (shown([False, None]), shown([True, "text/csv"]))


@requirement("falcon:request:accept-parameters")
@requirement("falcon:request:accept-case")
@requirement("falcon:request:client-accepts-no-type")
@pytest.mark.parametrize(
    ("value", "offered", "theirs", "ours"),
    [
        ("text/html;level=1", "text/html", True, False),
        ("*/html", "text/html", True, False),
        ("Text/HTML", "text/html", False, True),
        ("a/b;charset=UTF-8", "a/b; charset=utf-8", False, True),
        ("*/*", "json", True, False),
    ],
)
def test_a_media_type_matches_a_range_as_http_says(
    value: str, offered: str, theirs: bool, ours: bool
) -> None:
    texts = outcomes(lambda req: req.client_accepts(offered), sent(("Accept", value)))
    assert texts == (shown(theirs), shown(ours))
