import pytest
from hypothesis import given
from hypothesis import strategies as st

from falconws.core.uri import (
    decode,
    encode,
    encode_value,
    parse_host,
    parse_query_string,
)

TEXT = st.text(st.characters(exclude_categories=["Cs"]))


@given(TEXT)
def test_an_encoded_value_is_decoded_to_what_it_was(value: str) -> None:
    encoded = encode_value(value)
    assert decode(encoded) == decode(encoded, unquote_plus=False) == value
    assert encoded.isascii()
    assert not set(encoded) & set(":/?#[]@!$&'()*+,;= ")


@pytest.mark.parametrize(
    ("uri", "encoded"),
    [
        ("/a/b?c=d&e=f#g", "/a/b?c=d&e=f#g"),
        ("/a b/Zoë", "/a%20b/Zo%C3%AB"),
        ("/caf%C3%A9", "/caf%C3%A9"),
        ("/x\r\nSet-Cookie: a=b", "/x%0D%0ASet-Cookie:%20a=b"),
        (
            "/100%",
            "/100%25",
        ),  # RFC 3986, 2.1: a percent sign is followed by two digits.
    ],
)
def test_a_uri_keeps_its_delimiters_and_its_escapes(uri: str, encoded: str) -> None:
    assert encode(uri) == encoded


def test_a_plus_is_a_space_where_it_is_asked_for() -> None:
    assert decode("a+b%2Bc") == "a b+c"
    assert decode("a+b%2Bc", unquote_plus=False) == "a+b+c"


def test_bytes_that_are_no_utf_8_are_replaced() -> None:
    assert decode("%FF") == "\ufffd"


@pytest.mark.parametrize(
    ("authority", "host", "port"),
    [
        ("example.com", "example.com", None),
        ("example.com:8000", "example.com", 8000),
        ("example.com:", "example.com", None),
        ("[::1]:8000", "::1", 8000),
        ("[::1]", "::1", None),
        ("::1", "::1", None),
    ],
)
def test_an_authority_is_split_into_host_and_port(
    authority: str, host: str, port: int | None
) -> None:
    assert parse_host(authority) == (host, port)
    assert parse_host(authority, 80) == (host, port or 80)


@pytest.mark.parametrize("authority", ["example.com:http", "[::1]:x"])
def test_a_port_that_is_no_number_is_a_value_error(authority: str) -> None:
    with pytest.raises(ValueError, match="invalid literal"):
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


@given(st.dictionaries(TEXT, st.lists(TEXT.filter(bool), min_size=1)))
def test_parameters_that_are_encoded_are_parsed_to_what_they_were(
    params: dict[str, list[str]],
) -> None:
    query = "&".join(
        f"{encode_value(name)}={encode_value(value)}"
        for name, values in params.items()
        for value in values
    )
    expected = {name: v[0] if len(v) == 1 else v for name, v in params.items()}
    assert parse_query_string(query) == expected


@given(st.text(), st.booleans(), st.booleans())
def test_whatever_a_query_string_is_a_parameter_has_a_value(
    query: str, keep_blank: bool, csv: bool
) -> None:
    for value in parse_query_string(query, keep_blank, csv).values():
        assert isinstance(value, str) or len(value) >= 2
