import string
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from falconws.core.uri import (
    decode,
    encode,
    encode_check_escaped,
    encode_value,
    encode_value_check_escaped,
    parse_host,
    parse_query_string,
    to_query_str,
    unquote_string,
)

TEXT = st.text(st.characters(exclude_categories=["Cs"]))
UNRESERVED = string.ascii_letters + string.digits + "-._~"
RESERVED = ":/?#[]@!$&'()*+,;="


@given(TEXT)
def test_what_is_encoded_is_decoded_to_what_it_was_and_not_encoded_again(
    text: str,
) -> None:
    value = encode_value(text)
    assert decode(value) == decode(value, unquote_plus=False) == text
    assert set(value) <= set(UNRESERVED + "%")
    uri = encode(text)
    assert decode(uri, unquote_plus=False) == text
    assert set(uri) <= set(UNRESERVED + RESERVED + "%")
    assert encode_check_escaped(uri) == uri
    assert encode_value_check_escaped(value) == value


@pytest.mark.parametrize(
    ("uri", "encoded"),
    [
        (UNRESERVED + RESERVED, UNRESERVED + RESERVED),
        ("/a b/Zoë", "/a%20b/Zo%C3%AB"),
        ("/x\r\nSet-Cookie: a=b", "/x%0D%0ASet-Cookie:%20a=b"),
        ("/100%", "/100%25"),
        ("/a%2Fb", "/a%252Fb"),
    ],
)
def test_a_uri_keeps_its_delimiters(uri: str, encoded: str) -> None:
    assert encode(uri) == encoded


@pytest.mark.parametrize(
    "text", ["%", "%2", "%zz", "%41%", "a b%20", "é%C3%A9", "%0a\n"]
)
def test_what_is_not_encoded_as_a_whole_is_encoded_as_a_whole(text: str) -> None:
    assert encode_check_escaped(text) == encode(text)
    assert encode_value_check_escaped(text) == encode_value(text)


def test_a_delimiter_in_a_value_is_encoded() -> None:
    assert encode_value_check_escaped("a/%2Fb") == "a%2F%252Fb"


def test_a_plus_is_a_space_where_it_is_asked_for() -> None:
    assert decode("a+b%2Bc%FF") == "a b+c\ufffd"
    assert decode("a+b%2Bc", unquote_plus=False) == "a+b+c"


@pytest.mark.parametrize(
    ("authority", "host", "port"),
    [
        ("example.com", "example.com", None),
        ("example.com:8000", "example.com", 8000),
        ("example.com:", "example.com", None),
        ("example.com:0", "example.com", 0),
        ("[::1]:65535", "::1", 65535),
        ("[::1]", "::1", None),
        ("::1", "::1", None),
    ],
)
def test_an_authority_is_split_into_host_and_port(
    authority: str, host: str, port: int | None
) -> None:
    assert parse_host(authority) == (host, port)
    assert parse_host(authority, 80) == (host, 80 if port is None else port)


@pytest.mark.parametrize("host", ["example.com", "[::1]"])
@pytest.mark.parametrize("port", ["http", "-1", "+1", " 1", "1_0", "\u0661", "65536"])
def test_a_port_that_is_no_number_up_to_65535_is_a_value_error(
    host: str, port: str
) -> None:
    with pytest.raises(ValueError, match="is not a port"):
        parse_host(f"{host}:{port}")


@pytest.mark.parametrize("authority", ["[::1", "[::1]80", "[::1]x:80"])
def test_brackets_that_are_not_around_the_host_are_a_value_error(
    authority: str,
) -> None:
    with pytest.raises(ValueError, match="is not an IPv6 host"):
        parse_host(authority)


@pytest.mark.parametrize(
    ("query", "dropped", "kept"),
    [
        ("", {}, {}),
        ("a=1&b=2&b=3&b=4", {"a": "1", "b": ["2", "3", "4"]}, None),
        ("a=&b&c=1", {"c": "1"}, {"a": "", "b": "", "c": "1"}),
        ("&&=&a=1", {"a": "1"}, None),
        ("a=1=2&%61=%33+x", {"a": ["1=2", "3 x"]}, None),
        ("a=1,2", {"a": "1,2"}, None),
    ],
)
def test_a_query_string_is_parsed_with_or_without_blank_values(
    query: str, dropped: dict[str, object], kept: dict[str, object] | None
) -> None:
    assert parse_query_string(query) == dropped
    assert parse_query_string(query, keep_blank=True) == (kept or dropped)


@pytest.mark.parametrize(
    ("query", "dropped", "kept"),
    [
        ("a=1,2", {"a": ["1", "2"]}, {"a": ["1", "2"]}),
        ("a=1,2&a=3", {"a": ["1", "2", "3"]}, {"a": ["1", "2", "3"]}),
        ("a=1&a=2,3", {"a": ["1", "2", "3"]}, {"a": ["1", "2", "3"]}),
        ("a=1%2C2", {"a": "1,2"}, {"a": "1,2"}),
        ("a=1,,2", {"a": ["1", "2"]}, {"a": ["1", "", "2"]}),
        ("a=1,", {"a": "1"}, {"a": ["1", ""]}),
        ("a=,", {}, {"a": ["", ""]}),
    ],
)
def test_a_comma_separates_values_where_it_is_asked_for(
    query: str, dropped: dict[str, object], kept: dict[str, object]
) -> None:
    assert parse_query_string(query, csv=True) == dropped
    assert parse_query_string(query, keep_blank=True, csv=True) == kept


@given(st.text("ab=&+%2C,"), st.booleans())
def test_a_query_string_is_read_field_by_field(query: str, csv: bool) -> None:
    expected: dict[str, list[str]] = {}
    for field in query.split("&"):
        name, _, value = field.partition("=")
        for part in filter(None, value.split(",") if csv else [value]):
            expected.setdefault(decode(name), []).append(decode(part))
    assert parse_query_string(query, csv=csv) == {
        name: values if len(values) > 1 else values[0]
        for name, values in expected.items()
    }


@given(
    st.dictionaries(TEXT, TEXT.filter(bool) | st.lists(TEXT.filter(bool), min_size=2)),
    st.booleans(),
)
def test_parameters_that_are_written_are_read_as_what_they_were(
    params: dict[str, str | list[str]], csv: bool
) -> None:
    query = to_query_str(params, comma_delimited_lists=csv, prefix=False)
    assert parse_query_string(query, csv=csv) == params


@pytest.mark.parametrize(
    ("params", "with_commas", "repeated"),
    [
        (None, "", ""),
        ({}, "", ""),
        ({"a": 1, "b": "c d"}, "?a=1&b=c%20d", "?a=1&b=c%20d"),
        ({"a": True, "b": [False]}, "?a=true&b=false", "?a=true&b=false"),
        ({"a": [1, "x,y"], "b": (2, 3)}, "?a=1,x%2Cy&b=2,3", "?a=1&a=x%2Cy&b=2&b=3"),
        ({"a": []}, "?a=", ""),
    ],
)
def test_parameters_are_written_as_text(
    params: Any, with_commas: str, repeated: str
) -> None:
    assert to_query_str(params) == with_commas
    assert to_query_str(params, prefix=False) == with_commas[1:]
    assert to_query_str(params, comma_delimited_lists=False) == repeated


@pytest.mark.parametrize(
    ("quoted", "text"),
    [
        ('"a \\"b\\" \\\\ \\c"', 'a "b" \\ c'),
        ('""', ""),
        ('"a"b"', 'a"b'),
        ("a\\b", "a\\b"),
        ('"a', '"a'),
        ('a"', 'a"'),
        ('"', '"'),
    ],
)
def test_a_quoted_text_is_what_it_says_and_other_text_is_itself(
    quoted: str, text: str
) -> None:
    assert unquote_string(quoted) == text
