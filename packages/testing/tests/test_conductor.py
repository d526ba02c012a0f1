"""Requests to an application, from within a running event loop."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace
from typing import Any

import pytest

from falconws.core import App, Event, Receive, Request, Response, Scope, Send
from falconws.sse import EventStreams, SSEvent
from falconws.testing import ASGIConductor, ASGIProtocolError, Result
from falconws.ws import WebSocket, WebSocketDisconnected, WebSockets

METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")


async def mirror(scope: Scope, receive: Receive, send: Send) -> None:
    """Answer with what a request was made of; an ASGI application."""
    if scope["type"] != "http":
        raise NotImplementedError(scope["type"])
    body = b""
    more_body = True
    while more_body:
        event = await receive()
        body += event["body"]
        more_body = event["more_body"]
    facts = (scope["method"], scope["path"], scope["query_string"].decode())
    headers: list[tuple[bytes, bytes]] = [
        (b"x-sent-" + name, value) for name, value in scope["headers"]
    ]
    headers.append((b"x-facts", " ".join(facts).strip().encode()))
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": body})


async def ask(method: str = "GET", path: str = "/", **arguments: Any) -> Result:
    return await ASGIConductor(mirror).simulate_request(method, path, **arguments)


def sent(result: Result, name: str) -> str | None:
    """Give a header of the request."""
    value: str | None = result.headers.get(f"x-sent-{name}")
    return value


@pytest.mark.parametrize("method", METHODS)
async def test_every_method_has_functions_of_its_own(method: str) -> None:
    conductor = ASGIConductor(mirror)
    for name in (f"simulate_{method.lower()}", method.lower()):
        result = await getattr(conductor, name)("/rooms", params={"a": 1})
        assert result.headers["x-facts"] == f"{method} /rooms a=1"


@pytest.mark.parametrize("method", METHODS)
async def test_a_request_is_for_the_root_by_default(method: str) -> None:
    result = await getattr(ASGIConductor(mirror), method.lower())()
    assert result.headers["x-facts"] == f"{method} /"


async def test_any_method_can_be_sent_in_any_case() -> None:
    assert (await ask("report")).headers["x-facts"] == "REPORT /"


@pytest.mark.parametrize(
    "arguments",
    [
        {"path": "/a?b=1&b=2"},
        {"path": "/a", "query_string": "b=1&b=2"},
        {"path": "/a", "params": {"b": [1, 2]}},
    ],
)
async def test_a_query_can_be_given_in_three_ways(arguments: dict[str, Any]) -> None:
    assert (await ask(**arguments)).headers["x-facts"] == "GET /a b=1&b=2"


@pytest.mark.parametrize(
    ("arguments", "content", "content_type"),
    [
        ({}, b"", None),
        ({"body": b"\x00\xff"}, b"\x00\xff", None),
        ({"body": "é"}, "é".encode(), None),
        ({"body": "a=1", "content_type": "text/x"}, b"a=1", "text/x"),
        ({"json": {"a": "é"}}, b'{"a": "\\u00e9"}', "application/json"),
        ({"json": [], "content_type": "text/x"}, b"[]", "text/x"),
        ({"msgpack": {"a": 1}}, b"\x81\xa1a\x01", "application/msgpack"),
        ({"msgpack": 0, "content_type": "text/x"}, b"\x00", "text/x"),
        (
            {"json": 1, "headers": {"Content-Type": "application/x+json"}},
            b"1",
            "application/x+json",
        ),
    ],
)
async def test_a_body_is_bytes_or_text_or_an_object(
    arguments: dict[str, Any], content: bytes, content_type: str | None
) -> None:
    result = await ask("POST", **arguments)
    assert result.content == content
    assert sent(result, "content-type") == content_type
    assert sent(result, "content-length") == (str(len(content)) if content else None)


@pytest.mark.parametrize(
    "arguments", [{"body": "", "json": 1}, {"json": 1, "msgpack": 1}]
)
async def test_a_body_that_is_given_twice_is_refused(arguments: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="one of them"):
        await ask("POST", **arguments)


@pytest.mark.parametrize(
    "headers", [{"X-Token": "own", "x-a": "1"}, [("X-Token", "own"), ("x-a", "1")]]
)
async def test_the_headers_of_a_request_go_before_those_of_every_request(
    headers: Any,
) -> None:
    conductor = ASGIConductor(mirror, headers={"X-TOKEN": "all", "X-B": "2"})
    result = await conductor.simulate_get("/", headers=headers)
    assert [sent(result, f"x-{n}") for n in ("token", "a", "b")] == ["own", "1", "2"]
    result = await conductor.simulate_get("/")
    assert [sent(result, f"x-{n}") for n in ("token", "a")] == ["all", None]


async def test_what_a_scope_can_have_can_be_given() -> None:
    result = await ask(cookies={"a": "1"}, host="a.test", port=8000)
    assert sent(result, "cookie") == "a=1"
    assert sent(result, "host") == "a.test:8000"


@pytest.mark.parametrize(
    "call",
    [
        lambda c: c.simulate_request("GET", "/", bdy=b""),
        lambda c: c.simulate_get("/", bdy=b""),
        lambda c: c.simulate_stream("GET", "/", bdy=b"").__aenter__(),
        lambda c: c.simulate_get_stream("/", bdy=b"").__aenter__(),
    ],
)
async def test_an_argument_that_there_is_not_is_named(call: Any) -> None:
    with pytest.raises(TypeError, match=r"no argument 'bdy'\. Is 'body'"):
        await call(ASGIConductor(mirror))


async def test_the_message_names_the_function_that_takes_it() -> None:
    conductor: Any = ASGIConductor(mirror)
    with pytest.raises(TypeError, match=r"^simulate_request\(\) takes"):
        await conductor.simulate_request("GET", "/", bdy=b"")
    with pytest.raises(TypeError, match=r"^simulate_stream\(\) takes"):
        await conductor.simulate_stream("GET", "/", bdy=b"").__aenter__()


def test_an_argument_that_a_websocket_has_not_is_named() -> None:
    arguments: Any = {"body": b""}
    with pytest.raises(TypeError, match=r"simulate_ws\(\) takes no argument 'body'"):
        ASGIConductor(mirror).simulate_ws("/", **arguments)


async def test_a_request_may_have_its_own_timeout() -> None:
    async def silent(scope: Scope, receive: Receive, send: Send) -> None:
        await asyncio.Event().wait()

    for of_all, its_own in ((0.05, None), (60, 0.05)):
        conductor = ASGIConductor(silent, timeout=of_all)
        with pytest.raises(TimeoutError, match=r"within 0\.05 s"):
            await conductor.simulate_get("/", timeout=its_own)
        with pytest.raises(TimeoutError, match=r"within 0\.05 s"):
            async with conductor.simulate_get_stream("/", timeout=its_own):
                raise AssertionError("The block must not begin.")


async def test_a_client_leaves_as_it_is_told_to() -> None:
    conductor = ASGIConductor(mirror)
    with pytest.raises(KeyError, match="body"):  # mirror knows no disconnect
        await conductor.simulate_post("/", body="abc", leave_after_bytes=2)
    with pytest.raises(KeyError, match="body"):
        await conductor.simulate_post("/", body="abc", asgi_disconnect_ttl=0)


async def test_a_stream_may_be_the_answer_to_any_request() -> None:
    conductor = ASGIConductor(mirror, headers={"X-A": "1"})
    async with conductor.simulate_stream("post", "/a?b=1", body=[b"x", b"y"]) as result:
        assert result.headers["x-facts"] == "POST /a b=1"
        assert result.headers["x-sent-x-a"] == "1"
        assert await result.stream.read() == b"xy"


async def test_a_stream_without_arguments_is_a_get_of_the_root() -> None:
    conductor = ASGIConductor(mirror)
    assert (await conductor.simulate_request()).headers["x-facts"] == "GET /"
    for opened in (conductor.simulate_stream(), conductor.simulate_get_stream()):
        async with opened as result:
            assert result.headers["x-facts"] == "GET /"


class Listener:
    """An application that streams nothing, and notes how it ended."""

    def __init__(self) -> None:
        self.log: list[str] = []

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        try:
            while (await receive())["type"] != "http.disconnect":
                pass
            self.log.append("told")
        except asyncio.CancelledError:
            self.log.append("cancelled")
            raise


async def test_the_end_of_the_block_waits_for_the_application() -> None:
    app = Listener()
    async with ASGIConductor(app).simulate_get_stream("/"):
        assert app.log == []
    assert app.log == ["told"]


async def test_a_block_that_fails_ends_the_application_and_keeps_its_error() -> None:
    app = Listener()
    with pytest.raises(ZeroDivisionError):
        async with ASGIConductor(app).simulate_get_stream("/"):
            raise ZeroDivisionError
    with pytest.raises(TimeoutError, match="of the test"):
        async with ASGIConductor(app).simulate_get_stream("/"):
            raise TimeoutError("of the test")
    assert app.log == ["told", "cancelled"]


async def test_a_test_that_is_cancelled_takes_the_application_with_it() -> None:
    began, ended = asyncio.Event(), asyncio.Event()

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        began.set()
        try:
            await asyncio.Event().wait()
        finally:
            ended.set()

    opening = ASGIConductor(app).simulate_get_stream("/").__aenter__()
    waiting = asyncio.ensure_future(opening)
    await began.wait()
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    assert ended.is_set()


async def test_only_a_request_leaves_by_itself() -> None:
    """By the clock of the loop, which a test may move on."""
    loop = asyncio.get_running_loop()
    delays: list[float] = []
    call_later = loop.call_later

    def noting(delay: float, *arguments: Any, **keywords: Any) -> asyncio.TimerHandle:
        delays.append(delay)
        return call_later(delay, *arguments, **keywords)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(loop, "call_later", noting)
        await ASGIConductor(mirror).simulate_get("/")
        assert 300 in delays
        delays.clear()
        async with ASGIConductor(mirror).simulate_get_stream("/"):
            assert 300 not in delays


# Cookies.


async def bakery(scope: Scope, receive: Receive, send: Send) -> None:
    """Set the cookies that the query string says, and tell which there are."""
    if scope["type"] == "lifespan":
        raise NotImplementedError
    sent = [v for n, v in scope["headers"] if n == b"cookie"]
    headers = [(b"x-cookie", b"|".join(sent))]
    headers += [(b"set-cookie", c) for c in scope["query_string"].split(b"&") if c]
    if scope["type"] == "websocket":
        await receive()
        await send({"type": "websocket.accept", "headers": headers})
        await receive()
        return
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body"})


async def test_cookies_are_kept_if_that_is_asked_for() -> None:
    async with ASGIConductor(bakery, keep_cookies=True) as conductor:
        result = await conductor.simulate_get("/", query_string="a=1&b=2;Path=/p")
        assert result.headers["x-cookie"] == ""
        assert (await conductor.simulate_get("/")).headers["x-cookie"] == "a=1"
        result = await conductor.simulate_get("/p/q", cookies={"c": "3"})
        assert result.headers["x-cookie"] == "c=3; b=2; a=1"
        assert [cookie.name for cookie in conductor.cookies] == ["a", "b"]
        await conductor.simulate_get("/", query_string="a=;Max-Age=0")
        assert (await conductor.simulate_get("/")).headers["x-cookie"] == ""


async def test_cookies_are_not_kept_otherwise() -> None:
    conductor = ASGIConductor(bakery)
    async with conductor.simulate_get_stream("/", query_string="a=1"):
        pass
    async with conductor.simulate_ws("/", query_string="b=1"):
        pass
    assert (await conductor.simulate_get("/")).headers["x-cookie"] == ""
    assert len(conductor.cookies) == 0


async def test_streams_and_handshakes_set_and_return_cookies_too() -> None:
    conductor = ASGIConductor(bakery, keep_cookies=True)
    async with conductor.simulate_get_stream("/", query_string="a=1"):
        assert (await conductor.simulate_get("/")).headers["x-cookie"] == "a=1"
    async with conductor.simulate_ws("/", query_string="b=2") as ws:
        assert (b"x-cookie", b"a=1") in ws.headers
    async with conductor.simulate_get_stream("/") as result:
        assert result.headers["x-cookie"] == "a=1; b=2"


async def test_a_handshake_that_is_denied_sets_cookies_too() -> None:
    async def denying(scope: Scope, receive: Receive, send: Send) -> None:
        await receive()
        headers = [(b"set-cookie", b"a=1")]
        await send(
            {
                "type": "websocket.http.response.start",
                "status": 401,
                "headers": headers,
            }
        )
        await send({"type": "websocket.http.response.body"})

    conductor = ASGIConductor(denying, keep_cookies=True)
    with pytest.raises(WebSocketDisconnected):
        async with conductor.simulate_ws("/"):
            raise AssertionError("The block must not begin.")
    assert list(conductor.cookies) == ["1"]


async def test_cookies_of_a_handshake_leave_its_headers_as_they_are() -> None:
    pairs = [(b"set-cookie", b"a=1"), (b"x-tag", b"b")]

    async def accepting(scope: Scope, receive: Receive, send: Send) -> None:
        await receive()
        await send({"type": "websocket.accept", "headers": iter(pairs)})
        # A key that the event does not have is nobody's business.
        await send({"type": "websocket.send", "text": "c", "headers": None})
        await receive()

    conductor = ASGIConductor(accepting, keep_cookies=True)
    async with conductor.simulate_ws("/") as ws:
        assert ws.headers == pairs
        assert await ws.receive_text() == "c"
        assert list(conductor.cookies) == ["1"]


@pytest.mark.parametrize(
    "event", [None, {}, {"type": "websocket.accept", "headers": None}]
)
async def test_a_wrong_answer_to_a_handshake_is_refused_before_cookies_are_kept(
    event: Any,
) -> None:
    async def wrong(scope: Scope, receive: Receive, send: Send) -> None:
        await send(event)

    conductor = ASGIConductor(wrong, keep_cookies=True)
    with pytest.raises(ASGIProtocolError):
        async with conductor.simulate_ws("/"):
            raise AssertionError("The block must not begin.")


# The run of the application.


class Runs:
    """Middleware that counts the runs of its App."""

    def __init__(self) -> None:
        self.log: list[str] = []

    async def process_startup(self, scope: Scope, event: Event) -> None:
        self.log.append("up")

    async def process_shutdown(self, scope: Scope, event: Event) -> None:
        self.log.append("down")


async def test_the_block_is_one_run_of_the_application() -> None:
    runs = Runs()
    async with ASGIConductor(App(extensions=(), middleware=runs)) as conductor:
        assert runs.log == ["up"]
        for _ in range(2):
            assert (await conductor.simulate_get("/")).status_code == 404
    assert runs.log == ["up", "down"]


async def test_a_conductor_is_started_once_at_a_time() -> None:
    runs = Runs()
    conductor = ASGIConductor(App(extensions=(), middleware=runs))
    async with conductor:
        with pytest.raises(RuntimeError, match="started the application up already"):
            await conductor.__aenter__()
    async with conductor:
        assert (await conductor.simulate_get("/")).status_code == 404
    assert runs.log == ["up", "down"] * 2


async def test_what_the_application_shares_is_in_the_scope_of_each_request() -> None:
    states: list[Any] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            scope["state"]["pool"] = 1
            return
        states.append(scope.get("state"))
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body"})

    conductor = ASGIConductor(app)
    await conductor.simulate_get("/")
    async with conductor:
        await conductor.simulate_get("/")
        await conductor.simulate_get("/", extras={"state": {"pool": 2}})
    assert states == [None, {"pool": 1}, {"pool": 2}]


async def test_the_application_is_shut_down_when_the_test_fails() -> None:
    runs = Runs()
    with pytest.raises(ZeroDivisionError):
        async with ASGIConductor(App(extensions=(), middleware=runs)):
            raise ZeroDivisionError
    assert runs.log == ["up", "down"]


async def test_without_the_block_the_application_is_used_as_it_is() -> None:
    runs = Runs()
    conductor = ASGIConductor(App(extensions=(), middleware=runs))
    assert (await conductor.simulate_get("/")).status_code == 404
    assert runs.log == []


async def test_a_startup_that_fails_fails_the_block() -> None:
    class Component:
        async def process_startup(self, scope: Scope, event: Event) -> None:
            raise ZeroDivisionError("no database")

    app = App(extensions=(), middleware=Component())
    conductor = ASGIConductor(app)
    for _ in range(2):
        with pytest.raises(RuntimeError, match=r"startup failed(.|\n)*no database"):
            async with conductor:
                raise AssertionError("The block must not begin.")


async def test_an_application_without_lifespan_is_tested_like_any_other() -> None:
    async with ASGIConductor(mirror) as conductor:
        assert (await conductor.simulate_post("/", body="x")).text == "x"


def chat() -> App:
    """Give an App with what a request, a stream and a socket can be sent to."""

    class Room:
        async def on_get(self, req: Request, resp: Response, room: str) -> None:
            resp.media = {"room": room, **req.params, "token": req.get_header("X-T")}

    class Events:
        async def on_get(self, req: Request, resp: Response) -> None:
            async def events() -> Any:
                yield SSEvent(req.query_string + req.headers["x-t"])

            resp.sse = events()

        async def on_websocket(self, req: Request, ws: WebSocket) -> None:
            await ws.accept(subprotocol="v1")
            await ws.send_text(req.query_string + ws.headers["x-t"])

    app = App(extensions=[WebSockets(), EventStreams()])
    app.add_route("/rooms/{room}", Room())
    app.add_route("/events", Events())
    return app


@pytest.mark.parametrize("name", ["simulate_get_stream", "get_stream"])
async def test_a_stream_takes_the_query_and_the_headers_of_a_request(name: str) -> None:
    conductor = ASGIConductor(chat(), headers={"X-T": "!"})
    for given in ({"query_string": "a=1"}, {"params": {"a": 1}}):
        async with getattr(conductor, name)("/events", **given) as result:
            assert await result.stream.read() == b"data: a=1!\n\n"


@pytest.mark.parametrize("name", ["simulate_ws", "websocket"])
async def test_a_websocket_takes_the_query_and_the_headers_of_a_request(
    name: str,
) -> None:
    conductor = ASGIConductor(chat(), headers={"X-T": "!"})
    for given in ({"query_string": "a=1"}, {"params": {"a": 1}}):
        connecting = getattr(conductor, name)("/events", subprotocols=["v1"], **given)
        async with connecting as ws:
            assert ws.subprotocol == "v1"
            assert await ws.receive_text() == "a=1!"


async def test_one_run_serves_requests_streams_and_sockets_together() -> None:
    async with ASGIConductor(chat(), headers={"X-T": "1"}) as conductor:
        async with (
            conductor.simulate_get_stream("/events") as stream,
            conductor.simulate_ws("/events", subprotocols=["v1"]) as ws,
        ):
            result = await conductor.simulate_get("/rooms/a", params={"b": 2})
            assert result.json == {"room": "a", "b": "2", "token": "1"}
            assert await stream.stream.read() == b"data: 1\n\n"
            assert await ws.receive_text() == "1"
            with pytest.raises(WebSocketDisconnected):
                await ws.receive_text()


async def test_a_websocket_is_for_the_root_by_default() -> None:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "websocket.accept"})
        await send({"type": "websocket.send", "text": scope["path"]})

    async with ASGIConductor(app).simulate_ws() as ws:
        assert await ws.receive_text() == "/"


async def test_a_websocket_reads_slowly_and_fails_as_it_is_told_to() -> None:
    raised: list[Exception] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "websocket.accept"})
        try:
            for _ in range(2):
                await send({"type": "websocket.send", "text": "abc"})
        except KeyError as exc:
            raised.append(exc)
            raise

    error = KeyError("gone")
    conductor = ASGIConductor(app)
    arguments: Any = {"write_limit": 5, "send_error": error}
    async with conductor.simulate_ws("/", **arguments) as ws:
        with pytest.raises(TimeoutError, match="did not end the connection"):
            await ws.wait_closed(0.01)
    assert raised == [error]


async def test_the_timeout_of_a_websocket_is_its_own_or_the_conductors() -> None:
    async def silent(req: Request, ws: WebSocket) -> None:
        await ws.accept()
        await ws.receive_text()

    app = App(extensions=[WebSockets()])
    app.add_route("/", SimpleNamespace(on_websocket=silent))
    for of_all, its_own in ((0.05, None), (60, 0.05)):
        conductor = ASGIConductor(app, timeout=of_all)
        async with conductor.simulate_ws("/", timeout=its_own) as ws:
            with pytest.raises(TimeoutError, match=r"within 0\.05 s"):
                await ws.receive_text()
