"""Requests to an application, from within a running event loop."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from falconws.core import App, Event, Receive, Request, Response, Scope, Send
from falconws.sse import EventStreams, SSEvent
from falconws.testing import ASGIConductor, Result
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
    with pytest.raises(RuntimeError, match=r"startup failed(.|\n)*no database"):
        async with ASGIConductor(app):
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
