from typing import Any

import pytest

from falconws.core import Request
from falconws.testing import create_scope, create_scope_ws


async def receive() -> Any:
    raise AssertionError("An address is read without the body.")


def request(**scope: Any) -> Request:
    return Request(create_scope(**scope), receive)


def test_a_request_tells_where_it_was_sent_to() -> None:
    req = request(
        path="/a%20b",
        query_string="x=1",
        scheme="https",
        host="example.com",
        root_path="/app",
    )
    assert (req.scheme, req.host, req.port) == ("https", "example.com", 443)
    assert req.netloc == "example.com"
    assert (req.root_path, req.path, req.query_string) == ("/app", "/a b", "x=1")
    assert req.app == req.root_path
    assert req.prefix == "https://example.com/app"
    assert req.relative_uri == "/app/a b?x=1"
    assert req.url == req.uri == "https://example.com/app/a b?x=1"


@pytest.mark.parametrize(
    ("host", "netloc", "name", "port"),
    [
        ("example.com:80", "example.com", "example.com", 80),
        ("example.com:8000", "example.com:8000", "example.com", 8000),
        ("[::1]:8000", "[::1]:8000", "::1", 8000),
        ("[::1]", "[::1]", "::1", 80),
        ("example.com:x", "falconws.test", "falconws.test", 80),  # as the server says
    ],
)
def test_the_authority_is_that_of_the_host_header(
    host: str, netloc: str, name: str, port: int
) -> None:
    req = request(headers={"Host": host})
    assert (req.netloc, req.host, req.port) == (netloc, name, port)
    assert req.relative_uri == "/"


@pytest.mark.parametrize(
    ("host", "subdomain"),
    [
        ("rooms.example.com", "rooms"),
        ("example.com:8000", "example"),
        ("4.example.com", "4"),
        ("localhost", None),
        ("192.0.2.7", None),
        ("[::ffff:192.0.2.7]", None),
        ("", None),
    ],
)
def test_a_subdomain_is_the_first_label_of_a_name(
    host: str, subdomain: str | None
) -> None:
    assert request(headers={"Host": host}).subdomain == subdomain


@pytest.mark.parametrize(("scheme", "port"), [("ws", 80), ("wss", 443)])
def test_a_websocket_has_a_scheme_of_its_own(scheme: str, port: int) -> None:
    req = Request(create_scope_ws("/chat", scheme=scheme), receive)
    assert (req.scheme, req.port) == (scheme, port)
    assert req.url == f"{scheme}://falconws.test/chat"


def test_a_scope_that_leaves_out_what_it_may_is_enough() -> None:
    scope = create_scope_ws("/") | {"headers": []}
    for key in ("scheme", "root_path", "query_string", "server"):
        del scope[key]
    req = Request(scope, receive)
    assert (req.scheme, req.host, req.port) == ("ws", "localhost", 80)
    assert (req.query_string, req.root_path) == ("", "")
    assert Request(scope | {"type": "http", "method": "GET"}, receive).scheme == "http"


@pytest.mark.parametrize(
    ("path", "root_path", "below"),
    [
        ("/api/items", "/api", "/items"),
        ("/api/", "/api", "/"),
        ("/api", "/api", "/"),
        ("/items", "/api", "/items"),  # as servers do that leave it out
        ("/apiary", "/api", "/apiary"),
        ("/items", "", "/items"),
        ("", "", "/"),
    ],
)
def test_the_path_begins_below_the_root_path(
    path: str, root_path: str, below: str
) -> None:
    scope = {**create_scope("/", root_path=root_path), "path": path}
    req = Request(scope, receive)
    assert req.path == below
    assert req.relative_uri == root_path + below
