import asyncio
import io
import logging
import threading
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import suppress
from types import SimpleNamespace
from typing import Any

import pytest

from falconws.core import (
    App,
    CompatibilityError,
    Event,
    Hook,
    HTTPForbidden,
    Request,
    Response,
    Stream,
    SuffixedMethodNotFoundError,
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


@pytest.mark.parametrize("method", ["DELETE", "FOO"])
def test_a_method_is_refused_after_the_hooks_of_the_resource_and_they_hear_of_it(
    method: str,
) -> None:
    seen: list[Any] = []

    class Log:
        async def process_resource(self, req: Any, resp: Any, *rest: Any) -> None:
            seen.append(("resource", *rest))

        async def process_response(self, req: Any, resp: Any, *rest: Any) -> None:
            seen.append(("response", *rest))

    app = App(extensions=(), middleware=Log())
    resource = SimpleNamespace(on_get=nothing)
    app.add_route("/{room}", resource)
    app.set_error_reporter(lambda req, exc, params, handled: seen.append(params))
    TestClient(app).request(method, "/tea")
    params = {"room": "tea"}
    assert seen == [
        ("resource", resource, params),
        params,
        ("response", resource, False),
    ]


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
        ("text", None, None),  # nobody knows what a GET would have
    ],
)
def test_a_head_is_told_the_length_and_not_sent_the_body(
    attribute: str, value: Any, length: str | None
) -> None:
    async def on_head(req: Request, resp: Response) -> None:
        setattr(resp, attribute, value)

    result = answered(on_head, "HEAD")
    assert result.content == b""
    assert result.headers.get("content-length") == length
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


def test_media_that_cannot_be_serialized_is_a_500_beside_a_stream_too() -> None:
    async def pieces() -> AsyncIterator[bytes]:
        yield b"never"

    async def on_get(req: Request, resp: Response) -> None:
        resp.media, resp.stream = object(), pieces()

    result = answered(on_get)
    assert (result.status_code, result.json["title"]) == (
        500,
        "500 Internal Server Error",
    )


def test_an_error_handler_may_answer_with_a_stream_when_rendering_fails() -> None:
    async def pieces() -> AsyncIterator[bytes]:
        yield b"what "
        yield b"is left"

    async def handle(req: Request, resp: Response, *args: Any) -> None:
        resp.stream = pieces()

    async def on_get(req: Request, resp: Response) -> None:
        resp.media = object()

    app = App(extensions=())
    app.add_route("/", SimpleNamespace(on_get=on_get))
    app.add_error_handler(TypeError, handle)
    assert TestClient(app).get().content == b"what is left"


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


def test_a_response_type_that_cannot_render_is_a_500_with_a_body() -> None:
    class Broken(Response):
        async def render_body(self) -> bytes | None:
            raise RuntimeError("broken")

    app = App(response_type=Broken, extensions=())
    result = TestClient(app).get()
    assert result.status_code == 500
    assert result.json == {"title": "500 Internal Server Error"}


@pytest.mark.parametrize("nothing_found", [None, (None, None, None)])
def test_a_router_of_the_applications_own_may_say_nothing_with_a_tuple(
    nothing_found: Any,
) -> None:
    router = SimpleNamespace(find=lambda uri, req: nothing_found)
    assert TestClient(App(router=router, extensions=())).get().status_code == 404


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


# Methods of one's own, and a responder for all of them.


def test_a_method_of_ones_own_has_a_responder() -> None:
    async def responder(req: Request, resp: Response) -> None:
        resp.text = req.method

    app = App(extensions=(), http_methods=["PURGE", "M-SEARCH"])
    app.add_route("/", SimpleNamespace(on_purge=responder, on_m_search=responder))
    client = TestClient(app)
    assert client.request("PURGE").text == "PURGE"
    assert client.request("M-SEARCH").text == "M-SEARCH"
    assert client.get().headers["allow"] == "M-SEARCH, OPTIONS, PURGE"


@pytest.mark.parametrize(
    ("method", "message"), [("GET", "known"), ("purge", "PURGE"), ("A B", "PURGE")]
)
def test_what_is_no_new_method_is_refused(method: str, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        App(extensions=(), http_methods=[method])


def default_app(**kwargs: Any) -> App:
    app = App(extensions=(), **kwargs)
    app.router_options.default_to_on_request = True
    return app


def test_on_request_answers_the_methods_that_have_no_responder_where_it_is_asked_for() -> (
    None
):
    async def on_request(req: Request, resp: Response) -> None:
        resp.text = f"any {req.method}"

    async def on_get(req: Request, resp: Response) -> None:
        resp.text = "get"

    resource = SimpleNamespace(
        on_get=on_get, on_request=on_request, on_request_s=on_get
    )
    app = default_app()
    app.add_route("/", resource)
    app.add_route("/suffix", resource, suffix="s")
    client = TestClient(app)
    assert client.get().text == "get"
    assert client.post().text == "any POST"
    assert client.request("QUERY").text == "any QUERY"
    assert client.post("/suffix").text == "get"
    assert client.request("FOO").status_code == 400
    options = client.options()
    assert options.content == b""
    assert {"GET", "POST", "PROPFIND"} <= set(options.headers["allow"].split(", "))
    plain = App(extensions=())
    plain.add_route("/", resource)
    assert TestClient(plain).post().status_code == 405


def test_on_request_is_a_responder_like_any_other() -> None:
    def on_request(req: Request, resp: Response) -> None:
        resp.text = "plain"

    with pytest.raises(TypeError, match="on_request responder"):
        default_app().add_route("/", SimpleNamespace(on_request=on_request))
    app = default_app(wrap_sync=True)
    app.add_route("/", SimpleNamespace(on_request=on_request))
    assert TestClient(app).get().text == "plain"
    with pytest.raises(SuffixedMethodNotFoundError):
        default_app().add_route("/", SimpleNamespace(on_request=on_request), suffix="s")


# Plain functions.


def test_plain_functions_are_called_in_a_thread_where_the_app_wraps_them() -> None:
    threads = []

    class Component:
        def process_startup(self, scope: Any, event: Any) -> None:
            threads.append(threading.current_thread())

        def process_request(self, req: Request, resp: Response) -> None:
            threads.append(threading.current_thread())

    def on_get(req: Request, resp: Response) -> None:
        threads.append(threading.current_thread())
        raise KeyError("k")

    def handle(req: Request, resp: Response, exc: KeyError, params: Any) -> None:
        threads.append(threading.current_thread())
        resp.text = "handled"

    app = App(extensions=(), middleware=Component(), wrap_sync=True)
    app.add_route("/", SimpleNamespace(on_get=on_get, on_post=nothing))
    app.add_error_handler(KeyError, handle)
    assert TestClient(app).get().text == "handled"
    assert len(threads) == 4
    assert threading.current_thread() not in threads
    assert TestClient(app).post().status_code == 200


def test_a_plain_function_serves_no_websocket() -> None:
    def plain(*args: Any) -> None: ...

    class WebSockets:
        def install(self, app: App) -> None:
            app.add_scope(
                "websocket",
                nothing,  # type: ignore[arg-type]
                responders={"WEBSOCKET": "on_websocket"},
                hooks=[Hook("process_request_ws", ("req", "ws"))],
            )

    app = App(extensions=[WebSockets()], wrap_sync=True)
    with pytest.raises(TypeError, match="plain responder"):
        app.add_route("/", SimpleNamespace(on_websocket=plain))
    with pytest.raises(CompatibilityError, match="process_request_ws"):
        app.add_middleware(SimpleNamespace(process_request_ws=plain))


# Middleware that depends on what is outside of it.


class Layer:
    """Notes its hooks, and raises or completes in one of them."""

    def __init__(self, name: str, log: list[str], raises_in: str = "") -> None:
        self._name, self._log, self._raises_in = name, log, raises_in

    def _note(self, hook: str) -> None:
        self._log.append(f"{hook} {self._name}")
        if hook == self._raises_in:
            raise HTTPForbidden()

    async def process_request(self, req: Request, resp: Response) -> None:
        self._note("request")

    async def process_resource(self, req: Request, resp: Response, *rest: Any) -> None:
        self._note("resource")

    async def process_response(self, req: Request, resp: Response, *rest: Any) -> None:
        self._note("response")


@pytest.mark.parametrize(
    ("independent", "raises_in", "responses"),
    [
        (True, "request", ["c", "b", "only", "a"]),
        (False, "request", ["only", "a"]),
        (True, "resource", ["c", "b", "only", "a"]),
        (False, "resource", ["c", "b", "only", "a"]),
        (False, "", ["c", "b", "only", "a"]),
    ],
)
def test_a_request_hook_that_fails_keeps_inner_response_hooks_from_being_called(
    independent: bool, raises_in: str, responses: list[str]
) -> None:
    log: list[str] = []

    class Only:
        async def process_response(self, *args: Any) -> None:
            log.append("response only")

    app = App(extensions=(), independent_middleware=independent)
    app.add_middleware([Layer("a", log), Only()])
    app.add_middleware([Layer("b", log, raises_in), Layer("c", log)])
    app.add_route("/", SimpleNamespace(on_get=nothing))
    status = TestClient(app).get().status_code
    assert status == (403 if raises_in else 200)
    assert [e.split()[1] for e in log if e.startswith("response")] == responses


# What is scheduled.


@pytest.mark.parametrize("ends", ["text", "error", "stream", "failing stream"])
async def test_what_was_scheduled_runs_when_the_response_is_over(ends: str) -> None:
    log: list[str] = []

    async def callback() -> None:
        log.append("callback")

    async def broken() -> AsyncIterator[bytes]:
        yield b"a"
        raise KeyError("broken")

    async def on_get(req: Request, resp: Response) -> None:
        resp.schedule(callback)
        resp.schedule_sync(lambda: log.append("sync"))
        if ends == "error":
            raise HTTPForbidden()
        if ends == "text":
            resp.text = "text"
        else:
            resp.stream = pieces(b"a") if ends == "stream" else broken()

    app = App(extensions=())
    app.add_route("/", SimpleNamespace(on_get=on_get))
    receive: Any = asyncio.Event().wait

    async def send(event: Event) -> None:
        log.append(event["type"])

    with suppress(KeyError):
        await app(create_scope(), receive, send)
    assert "callback" not in log
    await app.background.finish(5)
    assert sorted(log[-2:]) == ["callback", "sync"]


async def test_what_was_scheduled_behind_an_event_stream_does_not_wait_for_its_end() -> (
    None
):
    called, over = asyncio.Event(), asyncio.Event()

    async def callback() -> None:
        called.set()

    async def events() -> AsyncIterator[bytes]:
        await called.wait()
        yield b"called"

    async def on_get(req: Request, resp: Response) -> None:
        resp.sse = events()
        resp.schedule(callback)

    app = App(extensions=())
    app.resp_options.event_stream = lambda events, resp: Stream(events)
    app.add_route("/", SimpleNamespace(on_get=on_get))
    receive: Any = over.wait
    sent: list[Event] = []

    async def send(event: Event) -> None:
        sent.append(event)

    async with asyncio.timeout(5):
        await app(create_scope(), receive, send)
    assert sent[1]["body"] == b"called"
