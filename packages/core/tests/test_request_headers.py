from typing import Any

import pytest

from falconws.core import HTTPInvalidHeader, HTTPMissingHeader, Request
from falconws.testing import create_scope


async def receive() -> Any:
    raise AssertionError("Headers are read without the body.")


def request(*headers: tuple[str, str]) -> Request:
    return Request(create_scope(headers=headers), receive)


def test_a_header_is_found_in_any_case() -> None:
    req = request(("X-Request-ID", "7"))
    assert req.get_header("x-request-id") == req.get_header("X-REQUEST-ID") == "7"
    assert req.headers["x-request-id"] == "7"


def test_an_absent_header_is_none_or_the_default_or_an_error() -> None:
    req = request()
    assert req.get_header("X-A") is None
    assert req.get_header("X-A", default="b") == "b"
    with pytest.raises(HTTPMissingHeader) as caught:
        req.get_header("X-A", required=True)
    assert caught.value.status == "400 Bad Request"
    assert caught.value.description == 'The "X-A" header is required.'


def test_a_header_that_is_empty_is_there() -> None:
    assert request(("X-A", "")).get_header("X-A", required=True) == ""


@pytest.mark.parametrize(
    ("name", "header"),
    [
        ("content_type", "Content-Type"),
        ("auth", "Authorization"),
        ("user_agent", "User-Agent"),
        ("referer", "Referer"),
        ("last_event_id", "Last-Event-ID"),
        ("accept", "Accept"),
    ],
)
def test_common_headers_are_attributes(name: str, header: str) -> None:
    assert getattr(request((header, "a/b")), name) == "a/b"


@pytest.mark.parametrize("name", ["auth", "user_agent", "referer", "last_event_id"])
def test_a_common_header_that_is_absent_or_empty_is_none(name: str) -> None:
    scope = create_scope()
    scope["headers"] = []
    assert getattr(Request(scope, receive), name) is None
    header = {"auth": "Authorization"}.get(name, name.replace("_", "-"))
    assert getattr(request((header, "")), name) is None


@pytest.mark.parametrize(
    ("value", "length"), [("0", 0), ("007", 7), ("123456789012", 123456789012)]
)
def test_a_content_length_is_a_number(value: str, length: int) -> None:
    assert request(("Content-Length", value)).content_length == length


def test_an_absent_or_empty_content_length_is_none() -> None:
    assert request().content_length is None
    assert request(("Content-Length", "")).content_length is None


@pytest.mark.parametrize("value", ["-1", "+1", "1.5", "many", "1_0", "²", " 1"])
def test_a_content_length_that_is_no_number_of_bytes_is_a_400(value: str) -> None:
    with pytest.raises(HTTPInvalidHeader) as caught:
        _ = request(("Content-Length", value)).content_length
    assert caught.value.status == "400 Bad Request"
    assert '"Content-Length"' in str(caught.value.description)


def test_a_client_that_says_nothing_accepts_everything() -> None:
    req = request()
    assert req.accept == "*/*"
    assert req.client_accepts("text/html")
    assert req.client_prefers(["text/html", "application/json"]) == "text/html"


def test_a_client_gets_what_it_prefers() -> None:
    req = request(("Accept", "text/html;q=0.5, application/json, text/csv;q=0"))
    assert req.client_accepts("text/html")
    assert not req.client_accepts("text/csv")
    assert req.client_prefers(["text/html", "application/json"]) == "application/json"
    assert req.client_prefers(["text/csv", "image/png"]) is None


@pytest.mark.parametrize(
    ("header", "cookies"),
    [
        ("a=1; b=2", {"a": "1", "b": "2"}),
        ("a=1;b=2;a=3", {"a": "1", "b": "2"}),
        ("a=", {"a": ""}),
        ("a=b=c", {"a": "b=c"}),
        ('a="x y"; b="\\"q\\\\"', {"a": "x y", "b": '"q\\'}),
        ('a="\\303\\251"; b="\\351"', {"a": "é", "b": "é"}),  # UTF-8, and Latin-1
        ("novalue; =noname; ; a=1", {"a": "1"}),
        ("", {}),
    ],
)
def test_cookies_are_read_by_name(header: str, cookies: dict[str, str]) -> None:
    req = request(("Cookie", header))
    assert req.cookies == cookies
    assert req.get_cookie_values("missing") is None


def test_all_values_of_a_cookie_are_there() -> None:
    assert request(("Cookie", "a=1; a=2")).get_cookie_values("a") == ["1", "2"]
