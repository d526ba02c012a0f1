from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from falconws.core import Request, Response, ResponseOptions
from falconws.testing import create_scope


def lines(resp: Response) -> list[str]:
    """The response's Set-Cookie headers."""
    return [v.decode() for n, v in resp.asgi_headers() if n == b"set-cookie"]


async def receive() -> Any:
    raise AssertionError("Cookies are read without the body.")


@given(
    st.dictionaries(
        st.text("abcXYZ019!#$%&'*+.^_`|~-", min_size=1),
        st.text(st.characters(exclude_categories=["Cs"])),
        min_size=1,
    )
)
def test_a_client_that_sends_cookies_back_is_understood(
    cookies: dict[str, str],
) -> None:
    resp = Response()
    for name, value in cookies.items():
        resp.set_cookie(name, value)
    pairs = [line.partition(";")[0] for line in lines(resp)]
    scope = create_scope(headers={"Cookie": "; ".join(pairs)})
    assert Request(scope, receive).cookies == cookies


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_a_value_cannot_add_to_its_cookie_or_to_the_headers(value: str) -> None:
    resp = Response(ResponseOptions(secure_cookies_by_default=False))
    resp.set_cookie("a", value, http_only=False)
    (line,) = lines(resp)
    assert line.isascii()
    assert line.isprintable()
    assert not set(line) & set(";,")


@pytest.mark.parametrize(
    ("value", "written"),
    [
        ("a=b/c:d", "a=b/c:d"),
        ("", ""),
        ("a b", '"a b"'),
        ('"a"\\', '"\\"a\\"\\\\"'),
        ("a,b;c", '"a\\054b\\073c"'),
        ("é\n", '"\\303\\251\\012"'),
    ],
)
def test_a_value_is_quoted_where_it_could_not_be_sent_as_it_is(
    value: str, written: str
) -> None:
    resp = Response()
    resp.set_cookie("a", value, secure=False, http_only=False)
    assert lines(resp) == [f"a={written}"]


@pytest.mark.parametrize(
    ("kwargs", "attributes"),
    [
        ({}, "; Secure; HttpOnly"),
        ({"secure": False, "http_only": False}, ""),
        ({"max_age": 60}, "; Max-Age=60; Secure; HttpOnly"),
        ({"max_age": 0}, "; Max-Age=0; Secure; HttpOnly"),
        ({"max_age": 1.9}, "; Max-Age=1; Secure; HttpOnly"),
        (
            {"expires": datetime(1994, 11, 6, 8, 49, 37, tzinfo=UTC)},
            "; Expires=Sun, 06 Nov 1994 08:49:37 GMT; Secure; HttpOnly",
        ),
        (
            {"domain": "example.com", "path": "/a"},
            "; Domain=example.com; Path=/a; Secure; HttpOnly",
        ),
        ({"domain": "", "path": "", "same_site": ""}, "; Secure; HttpOnly"),
        ({"same_site": "strict"}, "; Secure; HttpOnly; SameSite=Strict"),
        (
            {"same_site": "None", "partitioned": True},
            "; Secure; HttpOnly; SameSite=None; Partitioned",
        ),
    ],
)
def test_attributes_follow_the_value(kwargs: dict[str, Any], attributes: str) -> None:
    resp = Response()
    resp.set_cookie("a", "b", **kwargs)
    assert lines(resp) == [f"a=b{attributes}"]


def test_whether_a_cookie_is_for_https_is_said_by_the_options_if_not_by_the_call() -> (
    None
):
    resp = Response(ResponseOptions(secure_cookies_by_default=False))
    resp.set_cookie("a", "1")
    resp.set_cookie("b", "2", secure=True)
    assert lines(resp) == ["a=1; HttpOnly", "b=2; Secure; HttpOnly"]


def test_a_cookie_that_is_set_again_is_replaced_and_others_stay() -> None:
    resp = Response()
    resp.set_header("X-A", "1")
    for name, value in (("a", "1"), ("b", "2"), ("a", "3")):
        resp.set_cookie(name, value, secure=False, http_only=False)
    assert lines(resp) == ["a=3", "b=2"]
    assert resp.headers == {"x-a": "1"}


def test_a_cookie_that_is_set_again_keeps_nothing_of_what_it_was() -> None:
    resp = Response()
    resp.set_cookie("a", "1", max_age=60, path="/a", domain="example.com")
    resp.unset_cookie("a")
    resp.set_cookie("a", "2")
    assert lines(resp) == ["a=2; Secure; HttpOnly"]


@pytest.mark.parametrize(
    ("name", "kwargs", "attributes"),
    [
        ("a", {}, "SameSite=Lax"),
        ("a", {"same_site": None}, ""),
        (
            "a",
            {"domain": "example.com", "path": "/a", "same_site": "strict"},
            "Domain=example.com; Path=/a; SameSite=Strict",
        ),
        ("a", {"same_site": "none"}, "Secure; SameSite=None"),
        ("a", {"partitioned": True}, "Secure; SameSite=Lax; Partitioned"),
        ("__Host-a", {"path": "/"}, "Path=/; Secure; SameSite=Lax"),
        ("__secure-a", {}, "Secure; SameSite=Lax"),
    ],
)
def test_an_unset_cookie_is_over_at_once_where_it_was_set(
    name: str, kwargs: dict[str, Any], attributes: str
) -> None:
    resp = Response()
    resp.unset_cookie(name, **kwargs)
    (line,) = lines(resp)
    over = f"{name}=; Expires=Thu, 01 Jan 1970 00:00:00 GMT; Max-Age=0"
    assert line == (f"{over}; {attributes}" if attributes else over)


def test_cookies_are_appended_as_they_are_besides_those_that_are_set() -> None:
    resp = Response()
    resp.append_header("Set-Cookie", "a=1; Path=/")
    resp.set_cookie("a", "2", secure=False, http_only=False)
    resp.append_header("set-cookie", "a=1; Path=/")
    resp.append_header("Vary", "Cookie")
    assert lines(resp) == ["a=1; Path=/", "a=2", "a=1; Path=/"]
    assert resp.headers == {"vary": "Cookie"}


@pytest.mark.parametrize("char", "\r\n\0")
def test_an_appended_cookie_cannot_write_headers_of_its_own(char: str) -> None:
    resp = Response()
    with pytest.raises(ValueError, match="control character"):
        resp.append_header("Set-Cookie", f"a=b{char}")
    assert lines(resp) == []


@pytest.mark.parametrize(
    "name", ["", "a b", "a=b", "a;b", "a:b", "ä", "a\r\n", 5, None]
)
def test_a_name_that_is_no_token_is_a_key_error(name: Any) -> None:
    with pytest.raises(KeyError, match="is not a cookie name"):
        Response().set_cookie(name, "b")
    with pytest.raises(KeyError, match="is not a cookie name"):
        Response().unset_cookie(f"{name} ")


@pytest.mark.parametrize("name", ["path", "Max-Age", "HttpOnly", "partitioned"])
def test_a_name_that_would_be_taken_for_an_attribute_is_a_key_error(name: str) -> None:
    with pytest.raises(KeyError, match="is an attribute of cookies"):
        Response().set_cookie(name, "b")


@pytest.mark.parametrize("value", [None, 5, b"b"])
def test_a_value_that_is_no_string_is_a_value_error(value: Any) -> None:
    with pytest.raises(ValueError, match="The cookie 'a' takes a string, not"):
        Response().set_cookie("a", value)


@pytest.mark.parametrize("attribute", ["domain", "path"])
@pytest.mark.parametrize("text", ["a;b", "a\r\nb", "a\0", "\x7f", "/Ā"])
def test_an_attribute_that_could_not_be_sent_is_a_value_error(
    attribute: str, text: str
) -> None:
    resp = Response()
    with pytest.raises(ValueError, match=f"The cookie's {attribute.title()}"):
        resp.set_cookie("a", "b", **{attribute: text})  # type: ignore[arg-type]
    assert lines(resp) == []


def test_a_same_site_of_another_kind_is_a_value_error() -> None:
    with pytest.raises(ValueError, match="'Strict', 'Lax' or 'None'"):
        Response().set_cookie("a", "b", same_site="Always")
