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
        (
            {"expires": datetime(1994, 11, 6, 8, 49, 37, tzinfo=UTC)},
            "; Expires=Sun, 06 Nov 1994 08:49:37 GMT; Secure; HttpOnly",
        ),
        (
            {"domain": "example.com", "path": "/a"},
            "; Domain=example.com; Path=/a; Secure; HttpOnly",
        ),
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


def test_an_unset_cookie_is_over_at_once() -> None:
    resp = Response()
    resp.unset_cookie("a", domain="example.com", path="/a")
    assert lines(resp) == [
        "a=; Expires=Thu, 01 Jan 1970 00:00:00 GMT; Max-Age=0; Domain=example.com; "
        "Path=/a; Secure; HttpOnly; SameSite=Lax"
    ]


@pytest.mark.parametrize("name", ["", "a b", "a=b", "a;b", "ä", "a\r\n"])
def test_a_name_that_is_no_token_is_a_key_error(name: str) -> None:
    with pytest.raises(KeyError, match="is not a cookie name"):
        Response().set_cookie(name, "b")


@pytest.mark.parametrize("attribute", ["domain", "path"])
@pytest.mark.parametrize("text", ["a;b", "a\r\nb", "a\0", "\x7f", "/Ā"])
def test_an_attribute_that_could_not_be_sent_is_a_value_error(
    attribute: str, text: str
) -> None:
    resp = Response()
    with pytest.raises(ValueError, match=f"The cookie's {attribute}"):
        resp.set_cookie("a", "b", **{attribute: text})  # type: ignore[arg-type]
    assert lines(resp) == []


def test_a_same_site_of_another_kind_is_a_value_error() -> None:
    with pytest.raises(ValueError, match="'Strict', 'Lax' or 'None'"):
        Response().set_cookie("a", "b", same_site="Always")
