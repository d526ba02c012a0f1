import json
from collections import OrderedDict
from http import HTTPStatus as StatusCode
from typing import Any

import pytest

from falconws.core import HTTPError, HTTPStatus
from falconws.media import MessagePackHandler


def test_an_error_that_says_nothing_has_its_status_for_a_title() -> None:
    error = HTTPError(404)
    assert error.title == "404 Not Found"
    assert error.to_dict() == {"title": "404 Not Found"}
    assert str(error) == "404 Not Found"
    assert repr(error) == "<HTTPError: 404 Not Found>"
    assert error.headers is None
    assert error.link is None


@pytest.mark.parametrize("status", [404, "404", "404 Not Found", StatusCode.NOT_FOUND])
def test_a_status_is_given_in_any_form(status: Any) -> None:
    assert HTTPError(status).status_code == 404
    assert HTTPStatus(status).status_code == 404


@pytest.mark.parametrize("status", [99, 1000, "bogus"])
def test_what_is_no_status_is_a_value_error_where_it_is_made(status: Any) -> None:
    with pytest.raises(ValueError, match="is not an HTTP status"):
        HTTPError(status)
    with pytest.raises(ValueError, match="is not an HTTP status"):
        HTTPError(status, title="Titled")
    with pytest.raises(ValueError, match="is not an HTTP status"):
        HTTPStatus(status)


def test_an_error_tells_all_that_it_was_given() -> None:
    error = HTTPError(
        "418 I'm a Teapot",
        title="No coffee",
        description="Ask for tea.",
        headers=[("X-Tea", "yes")],
        href="https://example.com/tea",
        code=7,
    )
    expected = {
        "title": "No coffee",
        "description": "Ask for tea.",
        "code": 7,
        "link": {
            "text": "Documentation related to this error",
            "href": "https://example.com/tea",
            "rel": "help",
        },
    }
    assert error.to_dict() == expected
    assert json.loads(error.to_json()) == expected
    handler = MessagePackHandler()
    assert handler.decode(error.to_json(handler)) == expected
    assert isinstance(error.to_dict(OrderedDict), OrderedDict)
    assert error.headers == {"X-Tea": "yes"}
    assert str(error) == "418 I'm a Teapot - No coffee - Ask for tea."


def test_a_link_may_have_a_text_of_its_own() -> None:
    error = HTTPError(400, href="/help", href_text="Help")
    assert error.link == {"text": "Help", "href": "/help", "rel": "help"}


@pytest.mark.parametrize(
    ("href", "link"), [("/tea for two?ä", "/tea%20for%20two?%C3%A4"), ("/%20", "/%20")]
)
def test_a_link_is_percent_encoded_once(href: str, link: str) -> None:
    error = HTTPError(400, href=href)
    assert error.link is not None
    assert error.link["href"] == link


def test_a_status_that_is_no_error_has_headers_and_a_text() -> None:
    status = HTTPStatus(202, {"X-A": "1"}, "later")
    assert (status.headers, status.text) == ({"X-A": "1"}, "later")
    assert not isinstance(status, HTTPError)
    assert HTTPStatus(204).headers is None
