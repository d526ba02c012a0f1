"""A resource that keeps what its responders were called with."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

import pytest

from falconws.core import App, Request, Response, before
from falconws.testing import TestClient
from falconws.testing.resource import (
    SimpleTestResource,
    SimpleTestResourceAsync,
    capture_responder_args,
    capture_responder_args_async,
    set_resp_defaults,
    set_resp_defaults_async,
)


def client_of(resource: object) -> TestClient:
    app = App(extensions=())
    app.add_route("/{name}", resource)
    return TestClient(app)


def test_nothing_is_captured_before_there_is_a_request() -> None:
    resource = SimpleTestResource()
    assert not resource.called
    assert resource.captured_req is None
    assert resource.captured_resp is None
    assert resource.captured_kwargs is None
    assert resource.captured_req_media is None
    assert resource.captured_req_body is None


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_what_a_responder_was_called_with_is_captured(method: str) -> None:
    resource = SimpleTestResource()
    result = client_of(resource).simulate_request(method, "/ann?a=1", body=b"x")
    assert (result.status_code, result.content) == (200, b"")
    assert resource.called
    assert isinstance(resource.captured_req, Request)
    assert resource.captured_req.method == method
    assert resource.captured_req.get_param("a") == "1"
    assert isinstance(resource.captured_resp, Response)
    assert resource.captured_kwargs == {"name": "ann"}
    assert resource.captured_req_body is None
    assert resource.captured_req_media is None


def test_other_methods_are_not_answered() -> None:
    resource = SimpleTestResource()
    assert client_of(resource).simulate_put("/ann").status_code == 405
    assert not resource.called


def test_so_many_bytes_of_the_body_are_captured() -> None:
    resource = SimpleTestResource()
    client = client_of(resource)
    asked = {"Capture-Req-Body-Bytes": "3", "Capture-Req-Media": "yes"}
    client.simulate_post("/ann", body=b"abcd", headers=asked)
    assert resource.captured_req_body == b"abc"
    assert resource.captured_req_media is None


def test_the_media_is_captured() -> None:
    resource = SimpleTestResource()
    client = client_of(resource)
    client.simulate_post("/ann", json=[1], headers={"Capture-Req-Media": "yes"})
    assert resource.captured_req_media == [1]
    assert resource.captured_req_body is None
    client.simulate_post("/bob", json=[1])
    assert resource.captured_req_media is None


def test_the_response_is_as_it_was_chosen() -> None:
    headers = {"X-A": "1", "Content-Type": "text/plain"}
    resource = SimpleTestResource("202 Accepted", "é", headers=headers)
    for result in [client_of(resource).simulate_get("/ann") for _ in range(2)]:
        assert (result.status_code, result.text) == (202, "é")
        assert result.headers["x-a"] == "1"
        assert result.content_type == "text/plain"


def test_headers_may_be_given_as_an_iterator_for_all_responses() -> None:
    client = client_of(SimpleTestResource(headers=iter([("X-A", "1")])))
    for _ in range(2):
        assert client.simulate_get("/ann").headers["x-a"] == "1"


@pytest.mark.parametrize("status", [202, HTTPStatus.ACCEPTED, "202 Accepted"])
def test_a_status_is_given_in_any_form(status: str | int | HTTPStatus) -> None:
    client = client_of(SimpleTestResource(status))
    assert client.simulate_get("/ann").status_code == 202


@pytest.mark.parametrize("json", [{"é": [1]}, [], 0, False, ""])
def test_json_is_sent(json: Any) -> None:
    result = client_of(SimpleTestResource(json=json)).simulate_get("/ann")
    assert result.json == json
    assert "\\u" not in result.text


def test_a_body_and_json_are_too_much() -> None:
    with pytest.raises(ValueError, match="as body or as json, not as both"):
        SimpleTestResource(body="", json={})


def test_what_was_not_chosen_stays_as_it_is() -> None:
    class Own(SimpleTestResource):
        @before(set_resp_defaults)
        async def on_put(self, req: Request, resp: Response, **params: Any) -> None:
            assert (resp.status_code, resp.text) == (200, None)
            resp.text = "own"

    resource = Own()
    assert client_of(resource).simulate_put("/ann").text == "own"
    assert not resource.called


def test_the_hook_that_captures_is_for_any_resource() -> None:
    class Rooms:
        captured_kwargs: Any = None

        @before(capture_responder_args)
        async def on_get(self, req: Request, resp: Response, **params: Any) -> None:
            params["name"] = "changed"

    rooms = Rooms()
    assert client_of(rooms).simulate_get("/ann").status_code == 200
    assert rooms.captured_kwargs == {"name": "ann"}


async def test_the_hook_that_answers_is_for_a_resource_that_has_answers() -> None:
    with pytest.raises(
        TypeError, match="set_resp_defaults is for a SimpleTestResource"
    ):
        await set_resp_defaults(None, None, object(), {})  # type: ignore[arg-type]


def test_the_names_of_falcon_are_there() -> None:
    assert SimpleTestResourceAsync is SimpleTestResource
    assert capture_responder_args_async is capture_responder_args
    assert set_resp_defaults_async is set_resp_defaults
