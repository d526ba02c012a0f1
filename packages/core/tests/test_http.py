import io
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from types import SimpleNamespace
from typing import Any

import pytest

from falconws.core import (
    App,
    Event,
    HTTPForbidden,
    Request,
    Response,
    Stream,
)
from falconws.media import BaseHandler, JSONHandler
from falconws.testing import Result, TestClient, create_scope

Responder = Callable[..., Awaitable[None]]


async def pieces(*chunks: bytes) -> AsyncIterator[bytes]:
    for chunk in chunks:
        yield chunk


async def nothing(req: Request, resp: Response, **params: Any) -> None:
    """Answer with what a response is from the start."""


def answered(on_get: Responder, method: str = "GET", **kwargs: Any) -> Result:
    app = App(extensions=())
    app.add_route("/", SimpleNamespace(on_get=on_get, on_head=on_get, on_post=on_get))
    return TestClient(app).request(method, "/", **kwargs)


def log_of(caplog: pytest.LogCaptureFixture) -> list[logging.LogRecord]:
    return [record for record in caplog.records if record.levelno >= logging.ERROR]


# Methods.


@pytest.mark.parametrize(
    "method", ["GET", "POST", "DELETE", "PROPFIND", "VERSION-CONTROL"]
)
def test_a_responder_answers_its_method(method: str) -> None:
    async def responder(req: Request, resp: Response) -> None:
        resp.text = req.method

    app = App(extensions=())
    name = f"on_{method.lower().replace('-', '_')}"
    app.add_route("/", SimpleNamespace(**{name: responder}))
    assert TestClient(app).request(method).text == method


@pytest.mark.parametrize("method", ["DELETE", "HEAD", "LOCK"])
def test_a_method_without_a_responder_is_a_405_that_says_which_have_one(
    method: str,
) -> None:
    app = App(extensions=())
    app.add_route("/", SimpleNamespace(on_put=nothing, on_get=nothing))
    result = TestClient(app).request(method)
    assert result.status_code == 405
    assert result.headers["allow"] == "GET, OPTIONS, PUT"
    if method != "HEAD":
        assert result.json == {"title": "405 Method Not Allowed"}


def test_options_are_answered_with_the_methods_of_the_resource() -> None:
    app = App(extensions=())
    app.add_route("/{field}", SimpleNamespace(on_put=nothing, on_get=nothing))
    result = TestClient(app).options("/x")
    assert (result.status_code, result.content) == (200, b"")
    assert result.headers["allow"] == "GET, PUT"
    assert result.headers["content-length"] == "0"


def test_options_of_a_resource_without_responders_allow_nothing() -> None:
    app = App(extensions=())
    app.add_route("/", object())
    assert "allow" not in TestClient(app).options().headers


def test_a_resource_may_answer_options_itself() -> None:
    async def on_options(req: Request, resp: Response) -> None:
        resp.text = "mine"

    app = App(extensions=())
    app.add_route("/", SimpleNamespace(on_options=on_options))
    assert TestClient(app).options().text == "mine"


@pytest.mark.parametrize("method", ["FOO", "WEBSOCKET"])
def test_what_is_no_method_of_http_is_a_400(method: str) -> None:
    app = App(extensions=())
    app.add_route("/", SimpleNamespace(on_get=nothing))
    result = TestClient(app).request(method)
    assert result.status_code == 400
    assert result.json == {
        "title": "Bad request",
        "description": "Invalid HTTP method",
    }


def test_a_path_without_a_route_is_a_404_whatever_the_method() -> None:
    for method in ("GET", "OPTIONS", "FOO"):
        assert TestClient(App(extensions=())).request(method, "/x").status_code == 404


def test_a_request_knows_the_template_of_its_route() -> None:
    async def on_get(req: Request, resp: Response, room: str) -> None:
        resp.text = f"{req.uri_template} {room}"

    app = App(extensions=())
    app.add_route("/rooms/{room}", SimpleNamespace(on_get=on_get))
    assert TestClient(app).get("/rooms/a%20b").text == "/rooms/{room} a b"


# Bodies.


@pytest.mark.parametrize("left_out", range(6))
def test_the_first_body_that_is_set_is_sent_and_every_stream_is_closed(
    left_out: int,
) -> None:
    class File(io.BytesIO):
        async def read(self, size: int | None = -1) -> bytes:  # type: ignore[override]
            return super().read(size)

    file, events = File(b"stream"), pieces(b"sse")
    bodies = {
        "sse": events,
        "text": "text",
        "data": b"data",
        "media": "media",
        "stream": file,
    }
    chosen = list(bodies)[left_out:]

    async def on_get(req: Request, resp: Response) -> None:
        for name in chosen:
            setattr(resp, name, bodies[name])

    app = App(extensions=())
    app.resp_options.event_stream = lambda events, resp: Stream(events)
    app.add_route("/", SimpleNamespace(on_get=on_get))
    result = TestClient(app).get()
    expected = {"media": b'"media"'}.get(name := (*chosen, "")[0], name.encode())
    assert result.content == expected
    assert file.closed == ("stream" in chosen)
    # An asynchronous generator that is closed has no frame any more.
    assert (events.ag_frame is None) == ("sse" in chosen)  # type: ignore[attr-defined]


def test_the_length_of_a_body_is_that_of_its_bytes() -> None:
    async def on_get(req: Request, resp: Response) -> None:
        resp.content_length = 99
        resp.text = "Zoë"

    result = answered(on_get)
    assert result.content == b"Zo\xc3\xab"
    assert result.headers["content-length"] == "4"


def test_a_response_without_a_body_has_length_0_and_the_default_type() -> None:
    result = answered(nothing)
    assert (result.status_code, result.content) == (200, b"")
    assert result.headers["content-length"] == "0"
    assert result.content_type == "application/json"


@pytest.mark.parametrize("status", [204, 304])
@pytest.mark.parametrize("streamed", [False, True])
def test_a_status_without_content_has_neither_body_nor_type(
    status: int, streamed: bool
) -> None:
    async def on_get(req: Request, resp: Response) -> None:
        resp.status = status
        if streamed:
            resp.stream = pieces(b"never sent")
        else:
            resp.text = "never sent"

    result = answered(on_get)
    assert (result.status_code, result.content) == (status, b"")
    assert result.content_type is None
    assert "content-length" not in result.headers


@pytest.mark.parametrize(
    ("attribute", "value", "length"),
    [
        ("text", "Zoë", "4"),
        ("data", b"", "0"),
        ("media", [1], "3"),
        ("content_length", 7, "7"),  # as the application says that a GET would have
        ("text", None, "0"),
    ],
)
def test_a_head_is_told_the_length_and_not_sent_the_body(
    attribute: str, value: Any, length: str
) -> None:
    async def on_head(req: Request, resp: Response) -> None:
        setattr(resp, attribute, value)

    result = answered(on_head, "HEAD")
    assert result.content == b""
    assert result.headers["content-length"] == length
    assert result.content_type == "application/json"


# Bodies that cannot be rendered.


def test_media_that_cannot_be_serialized_is_a_500_with_a_body_and_one_traceback(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async def on_get(req: Request, resp: Response) -> None:
        resp.media = object()

    result = answered(on_get)
    assert result.status_code == 500
    assert result.json == {"title": "500 Internal Server Error"}
    (record,) = log_of(caplog)
    assert record.getMessage() == "Unhandled exception at GET /"
    assert record.exc_info is not None


def test_media_without_a_handler_for_its_type_is_a_415_with_a_body() -> None:
    async def on_get(req: Request, resp: Response) -> None:
        resp.media, resp.content_type = {}, "text/csv"

    result = answered(on_get)
    assert result.status_code == 415
    assert "text/csv" in result.json["description"]
    assert result.content_type == "application/json"


def test_an_error_that_the_applications_handler_cannot_serialize_is_a_500_with_a_body(
    caplog: pytest.LogCaptureFixture,
) -> None:
    def dumps(media: Any) -> str:
        raise ZeroDivisionError

    async def on_get(req: Request, resp: Response) -> None:
        raise HTTPForbidden()

    app = App(extensions=())
    app.resp_options.media_handlers["application/json"] = JSONHandler(dumps=dumps)
    app.add_route("/", SimpleNamespace(on_get=on_get))
    result = TestClient(app).get()
    assert result.status_code == 500
    assert result.json == {"title": "500 Internal Server Error"}
    assert log_of(caplog)


async def _as_media(req: Request, resp: Response) -> None:
    resp.media = await req.get_media()


@pytest.mark.parametrize(
    ("kwargs", "status", "description"),
    [
        ({"body": '{"a": ', "content_type": "application/json"}, 400, "line 1 column"),
        ({"body": "", "content_type": "application/json"}, 400, "an empty JSON body"),
        ({"body": "\xc1", "content_type": "application/msgpack"}, 400, "MessagePack"),
        ({"body": "a,b", "content_type": "text/csv"}, 415, "text/csv"),
    ],
)
def test_a_body_that_cannot_be_read_is_answered_with_what_is_wrong(
    kwargs: dict[str, Any], status: int, description: str
) -> None:
    result = answered(_as_media, "POST", **kwargs)
    assert result.status_code == status
    assert description in result.json["description"]


def test_media_of_either_kind_goes_through() -> None:
    assert answered(_as_media, "POST", json={"a": [1]}).json == {"a": [1]}
    assert answered(_as_media, "POST", msgpack={"a": [1]}).json == {"a": [1]}


def test_a_handler_that_awaits_serves_both_directions() -> None:
    class Slow(BaseHandler):
        async def serialize_async(
            self, media: object, content_type: str | None = None
        ) -> bytes:
            return f"slow {media}".encode()

        async def deserialize_async(
            self,
            stream: Any,
            content_type: str | None = None,
            content_length: int | None = None,
        ) -> object:
            return (await stream.read()).decode()

    app = App(media_type="a/slow", extensions=())
    app.req_options.media_handlers["a/slow"] = Slow()
    app.resp_options.media_handlers["a/slow"] = Slow()
    app.add_route("/", SimpleNamespace(on_post=_as_media))
    result = TestClient(app).post(body="body")
    assert (result.text, result.content_type) == ("slow body", "a/slow")


# The application's own types.


def test_a_response_of_the_applications_own_may_render_differently() -> None:
    class Framed(Response):
        async def render_body(self) -> bytes | None:
            body = await super().render_body()
            return None if body is None else b"<" + body + b">"

    class Named(Request):
        name = "named"

    async def on_get(req: Request, resp: Response) -> None:
        assert isinstance(req, Named)
        resp.text = req.name

    app = App(request_type=Named, response_type=Framed, extensions=())
    app.add_route("/", SimpleNamespace(on_get=on_get))
    assert TestClient(app).get().text == "<named>"


@pytest.mark.parametrize("with_template", [False, True])
def test_a_router_of_the_applications_own_may_leave_out_the_template(
    with_template: bool,
) -> None:
    async def on_get(req: Request, resp: Response, room: str) -> None:
        resp.text = f"{room} {req.uri_template}"

    class Everywhere:
        def add_route(self, uri_template: str, resource: object, **kw: Any) -> None:
            raise AssertionError("There is one route.")

        def find(self, uri: str, req: Any = None) -> Any:
            found = (object(), {"GET": on_get}, {"room": uri})
            return (*found, "/{room}") if with_template else found

    app = App(router=Everywhere(), extensions=())
    expected = "/x /{room}" if with_template else "/x None"
    assert TestClient(app).get("/x").text == expected


# A client that leaves before its request is complete.


@pytest.mark.parametrize(
    "reads", ["process_request", "responder", "process_response", "error handler"]
)
async def test_a_client_that_leaves_in_the_middle_gets_nothing_and_is_no_error(
    reads: str, caplog: pytest.LogCaptureFixture
) -> None:
    called = []

    async def read(req: Request, *args: Any) -> None:
        await req.get_media()

    async def fail(req: Request, resp: Response) -> None:
        raise KeyError

    async def clean_up(*args: Any) -> None:
        called.append("clean_up")

    app = App(extensions=(), middleware=SimpleNamespace(process_response=clean_up))
    if reads.startswith("process"):
        app.add_middleware(SimpleNamespace(**{reads: read}))
    if reads == "error handler":
        app.add_error_handler(KeyError, read)
    responders = {"responder": read, "error handler": fail}
    app.add_route("/", SimpleNamespace(on_post=responders.get(reads, nothing)))
    sent: list[Event] = []

    async def receive() -> Event:
        return {"type": "http.disconnect"}

    async def send(event: Event) -> None:
        sent.append(event)

    await app(create_scope(method="POST"), receive, send)
    assert sent == []
    assert called == ["clean_up"]  # what was opened for the request can be closed
    assert log_of(caplog) == []
