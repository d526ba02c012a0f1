"""A response, as a test looks at it."""

from __future__ import annotations

import pytest

from falconws.testing import Result


def with_headers(*headers: tuple[bytes, bytes], content: bytes = b"") -> Result:
    return Result(200, list(headers), content)


def test_headers_are_found_by_their_names_in_any_case() -> None:
    headers = with_headers((b"X-Tag", b"\xe9")).headers
    assert headers["x-tag"] == headers["X-TAG"] == headers.get("X-Tag") == "é"
    assert "X-tag" in headers


def test_a_header_that_is_not_there_is_not_found() -> None:
    headers = with_headers().headers
    assert "x-tag" not in headers
    assert headers.get("x-tag", "none") == "none"
    with pytest.raises(KeyError):
        headers["x-tag"]


def test_headers_that_are_repeated_are_joined_and_kept_apart_as_they_came() -> None:
    pairs = ((b"vary", b"Accept"), (b"Vary", b"Cookie"))
    result = with_headers(*pairs)
    assert result.headers["vary"] == "Accept, Cookie"
    assert result.raw_headers == list(pairs)


@pytest.mark.parametrize(
    ("code", "line"),
    [(200, "200 OK"), (404, "404 Not Found"), (799, "799 Unknown")],
)
def test_the_status_line_has_the_phrase_of_the_code(code: int, line: str) -> None:
    assert Result(code, []).status == line


@pytest.mark.parametrize(
    ("content_type", "content", "text"),
    [
        (b"text/plain", "é".encode(), "é"),
        (b"text/plain; charset=latin-1", b"\xe9", "é"),
        (b'text/plain; charset="utf-16"', "é".encode("utf-16"), "é"),
    ],
)
def test_the_text_is_decoded_by_the_charset_of_the_content_type(
    content_type: bytes, content: bytes, text: str
) -> None:
    result = with_headers((b"content-type", content_type), content=content)
    assert result.text == text
    assert result.content_type == content_type.decode()


def test_a_response_without_a_content_type_is_taken_for_utf_8() -> None:
    result = Result(200, [], "é".encode())
    assert result.content_type is None
    assert result.text == "é"


def test_json_is_read_whatever_the_content_type() -> None:
    assert Result(200, [], b'{"a": 1}').json == {"a": 1}


@pytest.mark.parametrize(
    ("content_type", "content"),
    [
        (b"application/json", b'{"a": 1}'),
        (b"application/msgpack", b"\x81\xa1a\x01"),
        (b"application/x-msgpack", b"\x81\xa1a\x01"),
    ],
)
def test_media_is_read_as_the_content_type_says(
    content_type: bytes, content: bytes
) -> None:
    result = with_headers((b"content-type", content_type), content=content)
    assert result.media == {"a": 1}


def test_cookies_are_those_that_the_response_sets() -> None:
    result = with_headers(
        (b"set-cookie", b"a=1; Path=/; Expires=Wed, 09 Jun 2027 10:18:14 GMT"),
        (b"Set-Cookie", b"b=x=y"),
        (b"x-cookie", b"c=3"),
    )
    assert result.cookies == {"a": "1", "b": "x=y"}


def test_the_repr_shows_status_type_and_content() -> None:
    result = with_headers((b"content-type", b"text/plain"), content=b"hi")
    assert repr(result) == "Result<200 OK text/plain b'hi'>"
