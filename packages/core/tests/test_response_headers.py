from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from falconws.core import HeaderNotSupported, Response
from falconws.core.etags import ETag
from falconws.core.response._cookies import _content_type

WHEN = datetime(1994, 11, 6, 8, 49, 37, tzinfo=UTC)
WEAK = ETag("7")
WEAK.is_weak = True
TEXTS = (
    "accept_ranges",
    "cache_control",
    "content_range",
    "content_type",
    "etag",
    "expires",
    "vary",
)


def test_a_header_is_set_got_and_deleted_in_any_case() -> None:
    resp = Response()
    resp.set_header("X-Request-ID", "7")
    assert resp.get_header("x-request-id") == "7"
    assert resp.headers == {"x-request-id": "7"}
    resp.set_header("X-REQUEST-ID", "8")
    assert resp.asgi_headers() == [(b"x-request-id", b"8")]
    resp.delete_header("X-Request-Id")
    resp.delete_header("X-Request-Id")
    assert resp.get_header("X-Request-ID") is None
    assert resp.get_header("X-Request-ID", "none") == "none"


def test_headers_are_given_as_a_copy() -> None:
    resp = Response()
    resp.headers["x-a"] = "1"
    assert resp.headers == {}


def test_several_headers_are_set_from_a_mapping_or_from_pairs() -> None:
    resp = Response()
    resp.set_headers({"X-A": "1"})
    resp.set_headers([("X-A", "2"), ("X-B", "ä")])
    assert resp.asgi_headers() == [(b"x-a", b"2"), (b"x-b", b"\xe4")]


def test_an_appended_value_stands_behind_a_comma() -> None:
    resp = Response()
    resp.append_header("X-A", "1")
    resp.append_header("x-a", "1")
    assert resp.get_header("X-A") == "1, 1"


@pytest.mark.parametrize(
    ("appended", "vary"),
    [
        (["Accept", "Origin"], "Accept, Origin"),
        (["Accept", "accept", "Accept"], "Accept"),
        (["Accept , Origin", "origin,Cookie"], "Accept , Origin, Cookie"),
        (["Accept-Encoding", "Accept"], "Accept-Encoding, Accept"),
    ],
)
def test_vary_names_a_header_once(appended: list[str], vary: str) -> None:
    resp = Response()
    for names in appended:
        resp.append_header("Vary", names)
    assert resp.vary == vary


@pytest.mark.parametrize(
    "act",
    [
        lambda resp: resp.get_header("SET-COOKIE"),
        lambda resp: resp.set_header("Set-Cookie", "a=b"),
        lambda resp: resp.set_headers({"set-cookie": "a=b"}),
        lambda resp: resp.delete_header("Set-Cookie"),
    ],
)
def test_cookies_have_methods_of_their_own(act: Callable[[Response], object]) -> None:
    with pytest.raises(HeaderNotSupported, match="set_cookie"):
        act(Response())


@given(st.text(), st.sampled_from("\r\n\0"), st.text())
def test_a_value_that_would_write_headers_of_its_own_is_refused(
    before: str, char: str, after: str
) -> None:
    resp, value = Response(), before + char + after
    with pytest.raises(ValueError, match="control character"):
        resp.set_header("X-A", value)
    with pytest.raises(ValueError, match="control character"):
        resp.append_header("X-A", value)
    for name in (*TEXTS, "location", "content_location"):
        with pytest.raises(ValueError, match="control character"):
            setattr(resp, name, value)
    with pytest.raises(ValueError, match="control character"):
        resp.content_range = (0, 1, value)
    for name in ("downloadable_as", "viewable_as"):
        with pytest.raises(ValueError, match="may not be in a header"):
            setattr(resp, name, value)
    assert resp.asgi_headers() == []


@given(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\r\n\0")))
def test_a_location_is_encoded_and_cannot_end_its_header(location: str) -> None:
    resp = Response()
    resp.location = location
    assert resp.location.isascii()
    assert not set(resp.location) & set("\r\n\0 ")


def test_a_name_that_is_no_token_is_refused() -> None:
    with pytest.raises(ValueError, match="is not a header name"):
        Response().set_header("X A", "1")


@pytest.mark.parametrize(
    ("name", "value", "header", "text"),
    [
        ("content_type", "text/html", "Content-Type", "text/html"),
        ("accept_ranges", "bytes", "Accept-Ranges", "bytes"),
        ("content_length", 0, "Content-Length", "0"),
        ("content_length", "7", "Content-Length", "7"),
        ("content_range", (0, 1, 2), "Content-Range", "bytes 0-1/2"),
        ("content_range", (0, 1, "*"), "Content-Range", "bytes 0-1/*"),
        ("content_range", [0, 1, 2, "items"], "Content-Range", "items 0-1/2"),
        ("content_range", "bytes */2", "Content-Range", "bytes */2"),
        (
            "downloadable_as",
            "a b.txt",
            "Content-Disposition",
            'attachment; filename="a b.txt"',
        ),
        (
            "viewable_as",
            "ä.txt",
            "Content-Disposition",
            "inline; filename=a_.txt; filename*=UTF-8''%C3%A4.txt",
        ),
        ("cache_control", "no-store", "Cache-Control", "no-store"),
        (
            "cache_control",
            ["no-store", "private"],
            "Cache-Control",
            "no-store, private",
        ),
        ("content_location", "/Zoë", "Content-Location", "/Zo%C3%AB"),
        ("location", "/a b", "Location", "/a%20b"),
        ("location", "/a%20b", "Location", "/a%20b"),
        ("etag", "7", "ETag", '"7"'),
        ("etag", '"7"', "ETag", '"7"'),
        ("etag", 'W/"7"', "ETag", 'W/"7"'),
        ("etag", ETag("7"), "ETag", '"7"'),
        ("etag", WEAK, "ETag", 'W/"7"'),
        ("expires", WHEN, "Expires", "Sun, 06 Nov 1994 08:49:37 GMT"),
        ("last_modified", WHEN, "Last-Modified", "Sun, 06 Nov 1994 08:49:37 GMT"),
        ("retry_after", 7, "Retry-After", "7"),
        ("retry_after", WHEN, "Retry-After", "Sun, 06 Nov 1994 08:49:37 GMT"),
        ("vary", ("Accept", "Origin"), "Vary", "Accept, Origin"),
    ],
)
def test_common_headers_are_attributes(
    name: str, value: Any, header: str, text: str
) -> None:
    resp = Response()
    assert getattr(resp, name) is None
    setattr(resp, name, value)
    assert getattr(resp, name) == resp.get_header(header) == text
    setattr(resp, name, None)
    assert resp.headers == {}
    setattr(resp, name, value)
    delattr(resp, name)
    delattr(resp, name)
    assert resp.headers == {}


@pytest.mark.parametrize("length", [-1, "-1", "", "x", 1.5, True, "\u0661"])
def test_a_length_that_is_no_number_of_bytes_is_refused(length: Any) -> None:
    with pytest.raises(ValueError, match="Content-Length is a number of bytes"):
        Response().content_length = length


@pytest.mark.parametrize("parts", [(0, 1), (0, 1, 2, "bytes", 3)])
def test_a_range_of_too_few_or_too_many_parts_is_refused(parts: Any) -> None:
    with pytest.raises(ValueError, match=r"\(start, end, length, unit\)"):
        Response().content_range = parts


def test_content_types_that_an_application_makes_up_are_sent_and_not_all_kept() -> None:
    for number in range(100):
        resp = Response()
        resp.content_type = f"a/b; n={number}"
        assert resp.asgi_headers_of(b"four") == [
            (b"content-type", f"a/b; n={number}".encode()),
            (b"content-length", b"4"),
        ]
    assert _content_type.cache_info().currsize <= 64
