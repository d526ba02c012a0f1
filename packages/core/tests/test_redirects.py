import pytest

from falconws.core import App, HTTPStatus, Request, Response
from falconws.core.redirects import (
    HTTPFound,
    HTTPMovedPermanently,
    HTTPPermanentRedirect,
    HTTPSeeOther,
    HTTPTemporaryRedirect,
)
from falconws.testing import TestClient


@pytest.mark.parametrize(
    ("redirect", "status"),
    [
        (HTTPMovedPermanently, "301 Moved Permanently"),
        (HTTPFound, "302 Found"),
        (HTTPSeeOther, "303 See Other"),
        (HTTPTemporaryRedirect, "307 Temporary Redirect"),
        (HTTPPermanentRedirect, "308 Permanent Redirect"),
    ],
)
def test_a_redirect_answers_with_its_status_and_a_location_in_ascii(
    redirect: type[HTTPFound], status: str
) -> None:
    class Resource:
        async def on_get(self, req: Request, resp: Response) -> None:
            raise redirect("/шлях?q=a b&c=d", headers={"X-Why": "moved"})

    app = App(extensions=())
    app.add_route("/", Resource())
    result = TestClient(app).get("/")
    assert result.status == status
    assert result.headers["location"] == "/%D1%88%D0%BB%D1%8F%D1%85?q=a%20b&c=d"
    assert result.headers["x-why"] == "moved"
    assert result.text == ""


@pytest.mark.parametrize("as_pairs", [False, True])
def test_the_headers_that_were_passed_are_left_as_they_are(as_pairs: bool) -> None:
    headers = {"Location": "/elsewhere", "X-Why": "moved"}
    redirect = HTTPFound("/here", [*headers.items()] if as_pairs else headers)
    assert redirect.headers == {"X-Why": "moved", "location": "/here"}
    assert headers == {"Location": "/elsewhere", "X-Why": "moved"}


def test_a_redirect_is_an_http_status_without_a_body() -> None:
    redirect = HTTPSeeOther("")
    assert isinstance(redirect, HTTPStatus)
    assert (redirect.status_code, redirect.text) == (303, None)
    assert redirect.headers == {"location": ""}


@pytest.mark.parametrize("char", ["\r", "\n", "\0"])
def test_a_location_that_would_end_the_header_is_refused(char: str) -> None:
    with pytest.raises(ValueError, match="has a control character in it"):
        HTTPFound(f"/x{char}Set-Cookie: a=b")


@pytest.mark.parametrize(
    ("location", "encoded"),
    [
        ("/a\tb\x7f", "/a%09b%7F"),
        ("\\\\evil", "%5C%5Cevil"),
        ("/caf%C3%A9?a=%20", "/caf%C3%A9?a=%20"),
    ],
)
def test_other_characters_that_a_uri_cannot_have_are_encoded_once(
    location: str, encoded: str
) -> None:
    assert HTTPFound(location).headers == {"location": encoded}
