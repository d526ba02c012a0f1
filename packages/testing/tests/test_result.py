"""A response, as a test looks at it."""

from __future__ import annotations

import sys

import pytest

from falconws.media import UnsupportedMediaTypeError
from falconws.sse import Event
from falconws.testing import Result
from falconws.testing.result import ResultBase


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
        (b"", b'{"a": 1}'),
        (b"application/json", b'{"a": 1}'),
        (b"application/problem+json; charset=utf-8", b'{"a": 1}'),
        (b"application/x-www-form-urlencoded", b"a=1"),
        (b"application/msgpack", b"\x81\xa1a\x01"),
        (b"application/x-msgpack", b"\x81\xa1a\x01"),
    ],
)
def test_media_is_read_as_the_content_type_says(
    content_type: bytes, content: bytes
) -> None:
    result = with_headers((b"content-type", content_type), content=content)
    assert result.media in ({"a": 1}, {"a": "1"})


def test_media_of_another_type_is_not_guessed() -> None:
    result = with_headers((b"content-type", b"text/html"), content=b"{}")
    with pytest.raises(UnsupportedMediaTypeError, match="text/html"):
        assert result.media


def test_cookies_are_those_that_the_response_sets() -> None:
    result = with_headers(
        (b"set-cookie", b"a=1; Path=/; Expires=Wed, 09 Jun 2027 10:18:14 GMT"),
        (b"Set-Cookie", b"b=x=y"),
        (b"x-cookie", b"c=3"),
    )
    assert result.cookies == {"a": "1", "b": "x=y"}
    assert result.cookies["a"].path == "/"
    assert result.cookies["b"].path is None


@pytest.mark.parametrize(
    ("content_type", "encoding"),
    [
        (b"", None),
        (b"text/plain", None),
        (b"image/png", None),
        (b"application/json", "UTF-8"),
        (b"Application/JSON; a=b", "UTF-8"),
        (b"application/json; charset=latin-1", "latin-1"),
        (b"text/plain; charset=latin-1", "latin-1"),
    ],
)
def test_the_encoding_is_what_the_content_type_says(
    content_type: bytes, encoding: str | None
) -> None:
    assert with_headers((b"content-type", content_type)).encoding == encoding


def test_events_are_those_of_the_whole_body() -> None:
    result = Result(200, [], b"event: a\ndata: 1\nid: x\n\n: note\n\ndata: 2\n\ndata")
    assert result.events == [Event("a", "1", "x"), Event("message", "2", "x")]


def test_without_the_package_events_say_how_to_get_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(sys.modules, "falconws.sse", None)
    with pytest.raises(RuntimeError, match="pip install falconws-sse"):
        assert Result(200, []).events


def test_a_response_is_complete_unless_it_is_said_not_to_be() -> None:
    assert Result(200, []).complete
    assert not Result(200, [], complete=False).complete


@pytest.mark.parametrize(
    ("result", "text"),
    [
        (Result(204, []), "Result<204 No Content b''>"),
        (ResultBase(204, []), "ResultBase<204 No Content>"),
        (Result(200, [], b"x" * 400), f"Result<200 OK b'{'x' * 400}'>"),
        (
            Result(200, [(b"content-type", b"text/html")], b"x" * 300 + b"y" * 101),
            f"Result<200 OK text/html \n  b'{'x' * 200}'\n  ...\n  b'{'y' * 100}'\n"
            "  (401 bytes)>",
        ),
    ],
)
def test_the_repr_is_short_for_every_response(result: ResultBase, text: str) -> None:
    assert repr(result) == text


@pytest.mark.parametrize(
    ("code", "colour"),
    [
        (100, "blue"),
        (200, "green"),
        (302, "yellow"),
        (404, "red"),
        (500, "magenta"),
        (799, "magenta"),
    ],
)
def test_rich_shows_the_status_in_its_colour(code: int, colour: str) -> None:
    result = Result(code, [], b"[1]")
    expected = f"Result<[bold {colour}]{result.status}[/] b'\\[1]'>"
    assert result.__rich__() == expected


def test_the_repr_shows_status_type_and_content() -> None:
    result = with_headers((b"content-type", b"text/plain"), content=b"hi")
    assert repr(result) == "Result<200 OK text/plain b'hi'>"
