from typing import Any

import jsonschema
import pytest

from falconws.core import App, CompatibilityError, Request, Response
from falconws.core.validators.jsonschema import validate
from falconws.testing import TestClient

SCHEMA = {"type": "object", "properties": {"x": {"type": "integer"}}}


def served(
    req_schema: Any = None, resp_schema: Any = None, sent: Any = None
) -> tuple[TestClient, list[Any]]:
    """An App with a validated responder, and what the responder was given."""
    given: list[Any] = []

    class Resource:
        @validate(req_schema, resp_schema)
        async def on_post(self, req: Request, resp: Response, number: int) -> None:
            """Take it."""
            given.append((number, await req.get_media()))
            resp.media = sent

    assert Resource.on_post.__doc__ == "Take it."
    app = App(extensions=())
    app.add_route("/{number:int}", Resource())
    return TestClient(app), given


def test_a_request_that_fits_reaches_the_responder_with_its_arguments() -> None:
    client, given = served(SCHEMA, SCHEMA, {"x": 2})
    assert client.post("/7", json={"x": 1}).json == {"x": 2}
    assert given == [(7, {"x": 1})]


def test_a_request_that_does_not_fit_is_a_400_and_does_not_reach_it() -> None:
    client, given = served(req_schema=SCHEMA)
    result = client.post("/7", json={"x": "1"})
    assert result.status_code == 400
    assert result.json == {
        "title": "Request data failed validation",
        "description": "'1' is not of type 'integer' - at `$.x`",
    }
    assert given == []


@pytest.mark.parametrize(
    ("body", "title"), [(b"", "Invalid JSON"), (b"{", "Invalid JSON")]
)
def test_an_empty_or_malformed_body_is_what_it_is_without_a_schema(
    body: bytes, title: str
) -> None:
    client, given = served(req_schema=SCHEMA)
    result = client.post("/7", body=body)
    assert (result.status_code, result.json["title"]) == (400, title)
    assert given == []


def test_a_response_that_does_not_fit_is_a_500_that_does_not_tell_what_it_was() -> None:
    client, given = served(resp_schema=SCHEMA, sent={"x": "secret"})
    result = client.post("/7", json={"x": "anything"})
    assert result.status_code == 500
    assert result.json == {"title": "Response data failed validation"}
    assert given


def test_without_schemas_nothing_is_checked() -> None:
    client, _ = served(sent=["anything"])
    assert client.post("/7", json=[]).json == ["anything"]


def test_a_schema_or_a_responder_that_cannot_be_used_is_refused_at_once() -> None:
    with pytest.raises(jsonschema.SchemaError):
        validate({"type": "no such type"})

    def on_get(self: object, req: Request, resp: Response) -> None: ...

    with pytest.raises(CompatibilityError, match="coroutine function"):
        validate(SCHEMA)(on_get)  # type: ignore[type-var]
