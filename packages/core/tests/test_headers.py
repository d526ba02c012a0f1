import pytest
from hypothesis import given
from hypothesis import strategies as st

from falconws.core.headers import header_name, header_value, read_headers

LATIN_1 = st.characters(max_codepoint=255)


def test_headers_that_are_repeated_are_joined() -> None:
    headers = [(b"accept", b"a/b"), (b"x-a", b"1"), (b"accept", b"c/\xe4")]
    assert read_headers({"headers": headers}) == {"accept": "a/b,c/ä", "x-a": "1"}


@pytest.mark.parametrize("name", ["content-length", "content-type", "cookie", "host"])
def test_of_headers_that_a_request_has_once_the_last_counts(name: str) -> None:
    headers = [(name.encode(), b"1"), (name.encode(), b"2")]
    assert read_headers({"headers": headers}) == {name: "2"}


def test_a_name_is_written_in_lower_case() -> None:
    assert header_name("X-Request-ID") == "x-request-id"


@pytest.mark.parametrize(
    "name", ["", "a b", "a:", "a\r\n", "\n", "ä", "a\0", '"a"', "(a)"]
)
def test_a_name_that_is_no_token_is_a_value_error(name: str) -> None:
    with pytest.raises(ValueError, match="is not a header name"):
        header_name(name)


@given(st.text(LATIN_1), st.sampled_from("\r\n\0"), st.text(LATIN_1))
def test_a_value_with_a_line_break_or_a_nul_is_refused_wherever_it_stands(
    before: str, char: str, after: str
) -> None:
    with pytest.raises(ValueError, match="The value of the X-A header"):
        header_value("X-A", before + char + after)


@given(st.text(st.characters(max_codepoint=255, exclude_characters="\r\n\0")))
def test_any_other_latin_1_text_is_a_value(text: str) -> None:
    assert header_value("X-A", text) == text


def test_a_value_outside_of_latin_1_is_refused_with_what_to_do() -> None:
    assert header_value("X-A", "ÿ") == "ÿ"
    with pytest.raises(ValueError, match=r"X-A header .*encode_value"):
        header_value("X-A", "Ā")


def test_a_value_that_is_no_string_is_turned_into_one() -> None:
    assert header_value("X-A", 7) == "7"
