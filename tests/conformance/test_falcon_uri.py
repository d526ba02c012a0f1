"""Encoding, authorities and query strings beside Falcon's."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tests.conformance.calls import result, results
from tests.conformance.manifest import requirement
from tests.conformance.outcomes import raised, shown

TEXTS = st.text(max_size=9)

URIS = TEXTS | st.text("aé%2Ff+&=/?#[]: ", max_size=9) | TEXTS.map(quote)


@requirement("falcon:uri:decode")
@requirement("falcon:uri:encode")
@given(URIS)
@example("caf%C3%A9+%2B%ff%zz%")
@example("/%C3%A9")
@example("/%C3%A9 ")
@settings(max_examples=200)
def test_uris_are_encoded_and_decoded_alike(text: str) -> None:
    assert result(lambda f: f.uri.decode(f.uri.encode_value(text))) == shown(text)
    plain = result("uri.decode", text, unquote_plus=False)
    assert "%" in text or plain == shown(text)
    result("uri.decode", text)
    for name in ("encode", "encode_check_escaped", "encode_value_check_escaped"):
        once = result(f"uri.{name}", text)
        assert once.isascii()
    checked = result(lambda f: f.uri.encode_check_escaped(f.uri.encode(text)))
    assert checked == result("uri.encode", text)


@requirement("falcon:uri:decode")
@requirement("falcon:uri:encode")
@pytest.mark.parametrize(
    ("name", "text", "expected"),
    [
        ("decode", "a%20b+%C3%A9%ff", "a b \xe9\ufffd"),
        ("decode", "%zz%4", "%zz%4"),
        ("encode", "/a b?c=d&é#%20", "/a%20b?c=d&%C3%A9#%2520"),
        ("encode_check_escaped", "/%C3%A9?a", "/%C3%A9?a"),
        ("encode_value", "a/b&c~", "a%2Fb%26c~"),
        ("encode_value_check_escaped", "a%2Fb", "a%2Fb"),
        ("unquote_string", '"a\\"b\\\\"', 'a"b\\'),
        ("unquote_string", '"a', '"a'),
    ],
)
def test_a_text_is_encoded_by_what_it_is_part_of(
    name: str, text: str, expected: str
) -> None:
    assert result(f"uri.{name}", text) == shown(expected)


@requirement("falcon:uri:unquote-string")
@given(st.text('ab"\\', max_size=6) | st.text('ab"\\', max_size=6).map('"{}"'.format))
def test_quoted_strings_are_unquoted_alike(text: str) -> None:
    result("uri.unquote_string", text)


HOSTS = st.one_of(
    st.from_regex(r"[a-z0-9.-]{0,12}", fullmatch=True),
    st.ip_addresses(v=4).map(str),
    st.ip_addresses(v=6).map("[{}]".format),
)


@requirement("falcon:uri:parse-host")
@given(HOSTS, st.none() | st.integers(0, 65535), st.none() | st.just(7))
def test_an_authority_is_a_host_and_maybe_a_port(
    host: str, port: int | None, default: int | None
) -> None:
    text = host if port is None else f"{host}:{port}"
    found = result("uri.parse_host", text, default_port=default)
    assert found == shown((host.strip("[]"), default if port is None else port))


@requirement("falcon:uri:parse-host")
@requirement("falcon:uri:parse-host-strict")
@pytest.mark.parametrize(
    ("text", "theirs", "ours"),
    [
        ("::1", ("::1", 7), ("::1", 7)),
        ("a:b", None, None),
        ("a:", None, ("a", 7)),
        ("[::1]:", None, ("::1", 7)),
        ("a:99999", ("a", 99999), None),
        ("a:-1", ("a", -1), None),
        ("a:1_0", ("a", 10), None),
        ("[::1", ("::", 7), None),
    ],
)
def test_an_authority_has_a_port_that_is_one(text: str, theirs: Any, ours: Any) -> None:
    expected = (shown(e) if e else raised("ValueError") for e in (theirs, ours))
    assert results("uri.parse_host", text, 7) == tuple(expected)


QUERIES = st.lists(
    st.text("ab%2C,+é;=", max_size=6) | st.sampled_from(["a=1", "a=2,3", "a=", "b"]),
    max_size=5,
).map("&".join)


@requirement("falcon:uri:parse-query-string")
@given(QUERIES, st.booleans(), st.booleans())
@example("a=1&a=2,3&b=&%61=%2C", True, True)
@settings(max_examples=300)
def test_query_strings_are_parsed_alike(query: str, keep: bool, csv: bool) -> None:
    fields = [field.partition("=") for field in query.split("&")]
    if any(not name and not value for name, _, value in fields):
        keep = False  # see the requirement on blanks
    if not keep and any(csv and "," in value for *_, value in fields):
        csv = False
    found = result("uri.parse_query_string", query, keep_blank=keep, csv=csv)
    assert found.startswith("dict(")


@requirement("falcon:uri:parse-query-string")
@requirement("falcon:uri:parse-query-string-blanks")
@pytest.mark.parametrize(
    ("query", "keep", "csv", "theirs", "ours"),
    [
        ("a=1&a=2&b=c+d%26", False, False, {"a": ["1", "2"], "b": "c d&"}, None),
        ("a&b=", True, False, {"a": "", "b": ""}, None),
        ("a&b=", False, False, {}, None),
        ("a=1,,2&a=3", True, True, {"a": ["1", "", "2", "3"]}, None),
        ("a=1,,2", False, True, {"a": ["1", "2"]}, None),
        ("a=1%2C2", False, True, {"a": "1,2"}, None),
        ("=", True, False, {"": ""}, {}),
        ("a=,", False, True, {"a": []}, {}),
        ("a=1,", False, True, {"a": ["1"]}, {"a": "1"}),
    ],
)
def test_blanks_and_lists_are_kept_as_asked_for(
    query: str, keep: bool, csv: bool, theirs: Any, ours: Any
) -> None:
    found = results("uri.parse_query_string", query, keep, csv)
    assert found == (shown(theirs), shown(theirs if ours is None else ours))


SCALARS = TEXTS | st.integers() | st.floats(allow_nan=False) | st.none()


@requirement("falcon:uri:to-query-str")
@given(
    st.dictionaries(TEXTS, SCALARS | st.booleans() | st.lists(SCALARS), max_size=3)
    | st.none(),
    st.booleans(),
    st.booleans(),
)
@example({"a": True, "b": ["x,y", 1]}, True, True)
def test_query_strings_are_written_alike(
    params: dict[str, Any] | None, comma: bool, prefix: bool
) -> None:
    found = result("to_query_str", params, comma_delimited_lists=comma, prefix=prefix)
    lists = [v for v in (params or {}).values() if isinstance(v, list)]
    if params and (comma or all(lists)):
        assert found.startswith("'?") is prefix


@requirement("falcon:uri:to-query-str")
@requirement("falcon:uri:to-query-str-lists")
@pytest.mark.parametrize(
    ("value", "comma", "theirs", "ours"),
    [
        ([1, 2], True, "?a=1,2", "?a=1,2"),
        ([1, 2], False, "?a=1&a=2", "?a=1&a=2"),
        ("é&", True, "?a=%C3%A9%26", "?a=%C3%A9%26"),
        (True, True, "?a=true", "?a=true"),
        ([True, False], True, "?a=True,False", "?a=true,false"),
        ((1, 2), True, "?a=%281%2C%202%29", "?a=1,2"),
        ((1, 2), False, "?a=%281%2C%202%29", "?a=1&a=2"),
    ],
)
def test_a_list_is_written_in_one_field_or_in_several(
    value: Any, comma: bool, theirs: str, ours: str
) -> None:
    found = results("to_query_str", {"a": value}, comma)
    assert found == (shown(theirs), shown(ours))
