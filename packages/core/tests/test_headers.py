import pytest
from hypothesis import given
from hypothesis import strategies as st

from falconws.core.headers import (
    CaseInsensitiveDict,
    header_name,
    header_value,
    quoted_string,
    read_headers,
)
from falconws.core.uri import unquote_string

LATIN_1 = st.characters(max_codepoint=255)
ITEMS = st.dictionaries(st.text("aAbBé-", max_size=2), st.integers())


def test_headers_that_are_repeated_are_joined() -> None:
    headers = [(b"accept", b"a/b"), (b"x-a", b"1"), (b"accept", b"c/\xe4")]
    assert read_headers({"headers": headers}) == {"accept": "a/b,c/ä", "x-a": "1"}


@pytest.mark.parametrize("name", ["content-length", "content-type", "host"])
def test_of_headers_that_a_request_has_once_the_last_counts(name: str) -> None:
    headers = [(name.encode(), b"1"), (name.encode(), b"2")]
    assert read_headers({"headers": headers}) == {name: "2"}


def test_a_server_may_give_names_in_any_case_and_cookies_in_pieces() -> None:
    headers = [(b"Cookie", b"a=1"), (b"X-A", b"1"), (b"cookie", b"b=2; c=3")]
    found = read_headers({"headers": headers})
    assert found == {"cookie": "a=1; b=2; c=3", "x-a": "1"}


def test_a_name_is_written_in_lower_case() -> None:
    assert header_name("X-Request-ID") == "x-request-id"


@pytest.mark.parametrize(
    "name", ["", "a b", "a:", "a\r\n", "\n", "ä", "a\0", '"a"', "(a)"]
)
def test_a_name_that_is_no_token_is_a_value_error(name: str) -> None:
    with pytest.raises(ValueError, match="is not a header name"):
        header_name(name)


@given(
    st.text(LATIN_1), st.sampled_from("\r\n\0\x01\x08\x0b\x1f\x7f"), st.text(LATIN_1)
)
def test_a_value_with_a_control_character_is_refused_wherever_it_stands(
    before: str, char: str, after: str
) -> None:
    with pytest.raises(ValueError, match="The value of the X-A header"):
        header_value("X-A", before + char + after)


@given(
    st.text(
        st.characters(max_codepoint=255, exclude_categories=["Cc"])
        | st.sampled_from("\t\x80\x9f")
    )
)
def test_any_other_latin_1_text_is_a_value(text: str) -> None:
    assert header_value("X-A", text) == text


def test_a_value_outside_of_latin_1_is_refused_with_what_to_do() -> None:
    assert header_value("X-A", "ÿ") == "ÿ"
    with pytest.raises(ValueError, match=r"X-A header .*encode_value"):
        header_value("X-A", "Ā")


def test_a_value_that_is_no_string_is_turned_into_one() -> None:
    assert header_value("X-A", 7) == "7"


@given(st.text())
def test_a_quoted_text_can_be_read_and_ends_where_it_says(text: str) -> None:
    quoted = quoted_string(text)
    assert unquote_string(quoted) == text
    assert '"' not in quoted[1:-1].replace("\\\\", "").replace('\\"', "")


# CaseInsensitiveDict


@given(ITEMS, st.text("aAbBé-", max_size=2))
def test_a_key_is_found_in_any_case(items: dict[str, int], key: str) -> None:
    found = CaseInsensitiveDict(items)
    lowered = {name.lower(): value for name, value in items.items()}
    assert len(found) == len(lowered)
    assert found == lowered == found.copy()
    assert (key.upper() in found) == (key.lower() in lowered)
    assert found.get(key.upper()) == lowered.get(key.lower())


def test_a_dictionary_is_changed_by_keys_in_any_case() -> None:
    found = CaseInsensitiveDict([("X-A", 1)], other=2)
    copy = found.copy()
    found["x-a"] = 3
    found.update({"OTHER": 4})
    assert found["X-a"] == found.setdefault("X-A", 9) == 3
    assert found.pop("Other") == 4
    assert found.pop("Other", None) is None
    assert list(found.items()) == [("x-a", 3)]  # as it was set last
    assert repr(found) == "CaseInsensitiveDict({'x-a': 3})"
    del found["X-A"]
    with pytest.raises(KeyError):
        found["x-a"]
    assert copy == {"x-a": 1, "Other": 2}


def test_a_dictionary_differs_from_what_has_other_items_and_from_what_has_none() -> (
    None
):
    assert CaseInsensitiveDict(a=1) != {"a": 2}
    assert CaseInsensitiveDict(a=1) != {5: 1}
    assert CaseInsensitiveDict() != []
