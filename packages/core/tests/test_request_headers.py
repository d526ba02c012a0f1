from datetime import UTC, datetime
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
    assert req.headers["x-request-id"] == req.headers_lower["x-request-id"] == "7"


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


COMMON = {
    "auth": "Authorization",
    "expect": "Expect",
    "if_range": "If-Range",
    "last_event_id": "Last-Event-ID",
    "referer": "Referer",
    "user_agent": "User-Agent",
}


@pytest.mark.parametrize(
    ("name", "header"),
    [*COMMON.items(), ("content_type", "Content-Type"), ("accept", "Accept")],
)
def test_common_headers_are_attributes(name: str, header: str) -> None:
    assert getattr(request((header, "a/b")), name) == "a/b"


@pytest.mark.parametrize(("name", "header"), COMMON.items())
def test_a_common_header_that_is_absent_or_empty_is_none(
    name: str, header: str
) -> None:
    scope = create_scope()
    scope["headers"] = []
    assert getattr(Request(scope, receive), name) is None
    assert getattr(request((header, "")), name) is None


@pytest.mark.parametrize(
    ("sent", "read"),
    [("8-€".encode(), "8-€"), (b"8-\xe9", "8-\ufffd"), (b"\xef\xbb\xbf8", "\ufeff8")],
)
def test_the_last_event_id_is_utf_8(sent: bytes, read: str) -> None:
    assert request(("Last-Event-ID", sent.decode("latin-1"))).last_event_id == read


def test_an_attribute_says_what_its_header_is_for() -> None:
    assert "RFC 9110" in str(Request.expect.__doc__)
    assert "HTTPInvalidHeader" in str(Request.date.__doc__)


@pytest.mark.parametrize(
    ("value", "number"), [("7", 7), ("-7", -7), ("7.0", None), ("", None)]
)
def test_any_header_is_read_as_an_integer(value: str, number: int | None) -> None:
    req = request(("X-A", value))
    if number is not None:
        assert req.get_header_as_int("x-a") == number
        return
    with pytest.raises(HTTPInvalidHeader, match="must be an integer"):
        req.get_header_as_int("X-A")


DATES = {
    "date": "Date",
    "if_modified_since": "If-Modified-Since",
    "if_unmodified_since": "If-Unmodified-Since",
}
OBSOLETE = "Sunday, 06-Nov-94 08:49:37 GMT"


@pytest.mark.parametrize(("name", "header"), DATES.items())
@pytest.mark.parametrize("value", ["Sun, 06 Nov 1994 08:49:37 GMT", OBSOLETE])
def test_dates_are_read_in_any_form(name: str, header: str, value: str) -> None:
    moment = datetime(1994, 11, 6, 8, 49, 37, tzinfo=UTC)
    assert getattr(request((header, value)), name) == moment
    assert getattr(request(), name) is None
    with pytest.raises(HTTPInvalidHeader, match=f'"{header}" header is invalid'):
        getattr(request((header, "")), name)


def test_any_header_is_read_as_a_date_in_the_obsolete_forms_if_it_may_be() -> None:
    req = request(("X-A", OBSOLETE))
    assert req.get_header_as_datetime("x-a", obs_date=True)
    with pytest.raises(HTTPInvalidHeader):
        req.get_header_as_datetime("X-A")


@pytest.mark.parametrize("getter", ["get_header_as_int", "get_header_as_datetime"])
def test_what_is_absent_is_none_or_an_error_in_any_type(getter: str) -> None:
    get = getattr(request(), getter)
    assert get("X-A") is None
    with pytest.raises(HTTPMissingHeader, match='"X-A" header is required'):
        get("X-A", required=True)


@pytest.mark.parametrize(
    ("name", "header"),
    [("if_match", "If-Match"), ("if_none_match", "If-None-Match")],
)
def test_entity_tags_are_read(name: str, header: str) -> None:
    assert getattr(request((header, 'W/"a", "b"')), name) == ["a", "b"]
    assert getattr(request((header, "*")), name) == ["*"]
    assert getattr(request(), name) is None


@pytest.mark.parametrize(
    ("value", "bounds"),
    [
        ("bytes=0-0", (0, 0)),
        ("bytes=5-10", (5, 10)),
        ("bytes=10-10", (10, 10)),
        ("bytes=5-", (5, -1)),
        ("bytes=-1", (-1, -1)),
        (f"Bytes=0-{'9' * 30}", (0, 10**30 - 1)),
        (f"bytes=0-{'9' * 31}", "such as 'bytes=0-499'"),
        ("bytes=10-9", "such as 'bytes=0-499'"),
        ("bytes=-0", "such as 'bytes=0-499'"),
        ("bytes=-", "such as 'bytes=0-499'"),
        ("bytes=", "such as 'bytes=0-499'"),
        ("bytes=5", "such as 'bytes=0-499'"),
        ("bytes=+5-9", "such as 'bytes=0-499'"),
        ("bytes=0-1,5-9", "one range only"),
    ],
)
def test_one_range_is_read(value: str, bounds: tuple[int, int] | str) -> None:
    req = request(("Range", value))
    assert req.range_unit == "bytes"
    if isinstance(bounds, tuple):
        assert req.range == bounds
        return
    with pytest.raises(HTTPInvalidHeader, match=bounds):
        _ = req.range


def test_a_range_has_a_unit() -> None:
    assert (request().range, request().range_unit) == (None, None)
    assert request(("Range", "items=0-9")).range_unit == "items"
    for value in ("0-9", "=0-9", ""):
        req = request(("Range", value))
        for name in ("range", "range_unit"):
            with pytest.raises(HTTPInvalidHeader, match="begin with a unit"):
                getattr(req, name)


@pytest.mark.parametrize(
    ("value", "length"), [("0", 0), ("007", 7), ("9" * 30, 10**30 - 1)]
)
def test_a_content_length_is_a_number(value: str, length: int) -> None:
    assert request(("Content-Length", value)).content_length == length


def test_an_absent_or_empty_content_length_is_none() -> None:
    assert request().content_length is None
    assert request(("Content-Length", "")).content_length is None


@pytest.mark.parametrize(
    "value", ["-1", "+1", "1.5", "many", "1_0", "²", " 1", "9" * 31]
)
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


def test_what_is_no_media_type_is_not_accepted() -> None:
    assert not request().client_accepts("json")
    assert request().client_prefers(["json"]) is None


@pytest.mark.parametrize(
    ("accept", "json", "msgpack", "xml"),
    [
        ("application/json", True, False, False),
        ("application/msgpack", False, True, False),
        ("application/x-msgpack", False, True, False),
        ("application/xml", False, False, True),
        ("application/*", True, True, True),
    ],
)
def test_common_types_are_asked_for_by_name(
    accept: str, json: bool, msgpack: bool, xml: bool
) -> None:
    req = request(("Accept", accept))
    assert req.client_accepts_json is json
    assert req.client_accepts_msgpack is msgpack
    assert req.client_accepts_xml is xml


@pytest.mark.parametrize(
    ("header", "cookies"),
    [
        ("a=1; b=2", {"a": "1", "b": "2"}),
        ("a=1;b=2;a=3", {"a": "1", "b": "2"}),
        ("a=", {"a": ""}),
        ("a=b=c", {"a": "b=c"}),
        ('a="x y"; b="\\"q\\\\"', {"a": "x y", "b": '"q\\'}),
        ('a="\\303\\251"; b="\\351"', {"a": "é", "b": "é"}),  # UTF-8, and Latin-1
        ("novalue; =noname; ; b c=2; \xe9=3; a=1", {"a": "1"}),
        ("", {}),
    ],
)
def test_cookies_are_read_by_name(header: str, cookies: dict[str, str]) -> None:
    req = request(("Cookie", header))
    assert req.cookies == cookies
    assert req.get_cookie_values("missing") is None


def test_all_values_of_a_cookie_are_there() -> None:
    assert request(("Cookie", "a=1; a=2")).get_cookie_values("a") == ["1", "2"]


def test_what_only_wsgi_has_is_an_error_that_says_what_there_is() -> None:
    req = request()
    assert not hasattr(req, "env")
    with pytest.raises(AttributeError, match=r"req\.scope"):
        _ = req.env
    with pytest.raises(NotImplementedError, match="logging"):
        req.log_error("lost")
