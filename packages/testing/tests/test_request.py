"""A request to be read in a test."""

from __future__ import annotations

from typing import Any

import pytest

from falconws.core import Request, RequestOptions
from falconws.testing.request import create_asgi_req


async def test_a_request_is_of_the_scope_that_is_described() -> None:
    req = create_asgi_req(
        method="PUT", path="/rooms/a%20b", query_string="n=1", headers={"X-A": "1"}
    )
    assert type(req) is Request
    assert (req.method, req.path, req.get_param("n")) == ("PUT", "/rooms/a b", "1")
    assert req.get_header("X-A") == "1"
    assert await req.stream.read() == b""


@pytest.mark.parametrize("body", ["hé", b"h\xc3\xa9"])
async def test_a_request_has_the_body(body: str | bytes) -> None:
    req = create_asgi_req(body)
    assert req.content_length is None
    assert await req.stream.read() == b"h\xc3\xa9"


async def test_a_body_may_have_a_length() -> None:
    req = create_asgi_req(b'{"a": 1}', content_length=8, method="POST")
    assert req.content_length == 8
    assert await req.get_media() == {"a": 1}


def test_a_request_may_be_of_another_class() -> None:
    class Own(Request):
        pass

    own: Own = create_asgi_req(req_type=Own, path="/a")
    assert type(own) is Own
    assert type(create_asgi_req(b"", Own)) is Own


def test_a_request_has_the_options() -> None:
    options = RequestOptions()
    assert create_asgi_req(options=options).options is options


@pytest.mark.parametrize("scope", [{"path": "a"}, {"scheme": "gopher"}])
def test_a_scope_that_cannot_be_is_refused(scope: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"slash|scheme"):
        create_asgi_req(**scope)
