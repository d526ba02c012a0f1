"""Requests to an application, from ordinary code."""

from __future__ import annotations

import asyncio
import json
from types import SimpleNamespace
from typing import Any

import pytest

from falconws.core import App, Event, Receive, Request, Response, Scope, Send
from falconws.testing import ASGIConductor, TestClient
from falconws.testing.blocking_stream import BlockingStreamedResult
from falconws.ws import WebSocket, WebSockets


class Echo:
    """A resource that answers with the request, and middleware that counts the runs."""

    def __init__(self) -> None:
        self.log: list[str] = []

    async def process_startup(self, scope: Scope, event: Event) -> None:
        self.log.append("up")

    async def process_shutdown(self, scope: Scope, event: Event) -> None:
        self.log.append("down")

    async def on_any(self, req: Request, resp: Response) -> None:
        self.log.append(req.method)
        resp.set_header("X-Token", req.get_header("X-Token", default="none"))
        resp.set_header("X-Query", req.query_string)
        resp.media = {"method": req.method, "params": req.params}

    on_get = on_head = on_post = on_put = on_patch = on_delete = on_options = on_any


def echoing() -> tuple[TestClient, Echo]:
    echo = Echo()
    app = App(extensions=(), middleware=echo)
    app.add_route("/", echo)
    return TestClient(app, headers={"X-Token": "1"}), echo


@pytest.mark.parametrize(
    "method", ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]
)
def test_every_method_has_functions_of_its_own(method: str) -> None:
    client, echo = echoing()
    for name in (f"simulate_{method.lower()}", method.lower()):
        result = getattr(client, name)("/", params={"a": 1})
        assert result.headers["x-token"] == "1"
        assert result.headers["x-query"] == "a=1"
        if method != "HEAD":
            assert result.json == {"method": method, "params": {"a": "1"}}
    assert echo.log == ["up", method, "down"] * 2


def test_a_request_without_arguments_is_a_get() -> None:
    client, echo = echoing()
    assert client.simulate_request().status_code == 200
    assert client.request().status_code == 200
    assert echo.log == ["up", "GET", "down"] * 2


async def test_in_a_running_loop_it_says_what_to_write_instead() -> None:
    client, echo = echoing()
    with pytest.raises(RuntimeError, match="async with client as conductor"):
        client.simulate_get("/")
    with pytest.raises(RuntimeError, match="async with client as conductor"):
        client.simulate_get_stream("/").__enter__()
    with pytest.raises(RuntimeError, match="async with client as conductor"):
        client.__enter__()
    assert echo.log == []


def test_an_argument_that_there_is_not_is_named_before_anything_runs() -> None:
    client, echo = echoing()
    untyped: Any = client
    with pytest.raises(TypeError, match=r"request\(\) .* 'bdy'\. Is 'body'"):
        untyped.simulate_get("/", bdy=b"")
    with pytest.raises(TypeError, match=r"stream\(\) .* 'bdy'\. Is 'body'"):
        untyped.simulate_get_stream("/", bdy=b"").__enter__()
    with pytest.raises(TypeError, match=r"simulate_ws\(\) takes no argument 'body'"):
        untyped.simulate_ws("/", body=b"")
    assert echo.log == []


def test_as_a_block_it_has_one_run_for_all_requests() -> None:
    client, echo = echoing()
    with client as entered:
        assert entered is client
        for _ in range(2):
            assert client.simulate_get("/").status_code == 200
    assert echo.log == ["up", "GET", "GET", "down"]


def test_a_block_that_fails_shuts_the_application_down() -> None:
    client, echo = echoing()
    with pytest.raises(ZeroDivisionError):
        with client:
            raise ZeroDivisionError
    assert echo.log == ["up", "down"]


def test_a_stream_is_read_while_it_is_sent() -> None:
    client, echo = echoing()
    for name in ("simulate_get_stream", "get_stream"):
        with getattr(client, name)("/", params={"a": 1}) as result:
            assert isinstance(result, BlockingStreamedResult)
            assert json.loads(result.stream.read())["params"] == {"a": "1"}
            assert result.headers["x-token"] == "1"
            assert echo.log[-2:] == ["up", "GET"]
        assert echo.log[-1] == "down"


def test_a_stream_may_be_the_answer_to_any_request() -> None:
    client, echo = echoing()
    with client.simulate_stream("POST", "/") as result:
        assert result.status_code == 200
    assert echo.log == ["up", "POST", "down"]


def test_a_stream_that_fails_shuts_the_application_down() -> None:
    client, echo = echoing()
    with pytest.raises(ZeroDivisionError):
        with client.simulate_get_stream("/"):
            raise ZeroDivisionError
    assert echo.log == ["up", "GET", "down"]


def test_a_stream_is_over_at_the_end_of_its_block_while_the_run_goes_on() -> None:
    ended: list[str] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            raise NotImplementedError
        await send({"type": "http.response.start", "status": 200, "headers": []})
        while (await receive())["type"] != "http.disconnect":
            pass
        ended.append("told")

    with TestClient(app) as client:
        with pytest.raises(ZeroDivisionError):
            with client.simulate_get_stream("/"):
                raise ZeroDivisionError
        assert ended == ["told"]
        with client.simulate_get_stream("/"):
            assert ended == ["told"]
        assert ended == ["told"] * 2


def test_requests_within_a_stream_are_of_its_run() -> None:
    client, echo = echoing()
    with client.simulate_get_stream("/"):
        assert client.simulate_post("/").status_code == 200
    assert echo.log == ["up", "GET", "POST", "down"]


@pytest.mark.parametrize("name", ["simulate_ws", "websocket"])
def test_a_websocket_is_talked_to_without_await(name: str) -> None:
    class Room:
        async def on_websocket(self, req: Request, ws: WebSocket) -> None:
            await ws.accept()
            await ws.send_text(req.query_string + str(req.get_header("X-T")))

    app = App(extensions=[WebSockets()])
    app.add_route("/", Room())
    client = TestClient(app, headers={"X-T": "!"})
    with getattr(client, name)("/", query_string="a=1") as ws:
        assert ws.receive_text() == "a=1!"


async def bakery(scope: Scope, receive: Receive, send: Send) -> None:
    if scope["type"] == "lifespan":
        raise NotImplementedError
    cookie = dict(scope["headers"]).get(b"cookie", b"none")
    headers = [(b"x-cookie", cookie), (b"set-cookie", b"a=1")]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body"})


@pytest.mark.parametrize(("keep", "second"), [(True, "a=1"), (False, "none")])
def test_cookies_are_kept_if_that_is_asked_for(keep: bool, second: str) -> None:
    client = TestClient(bakery, keep_cookies=True) if keep else TestClient(bakery)
    assert client.simulate_get("/").headers["x-cookie"] == "none"
    assert client.simulate_get("/").headers["x-cookie"] == second
    client.cookies.clear()
    assert client.simulate_get("/").headers["x-cookie"] == "none"


async def test_both_faces_have_the_same_cookies() -> None:
    client = TestClient(bakery, keep_cookies=True)
    async with client as conductor:
        await conductor.simulate_get("/")
    assert list(client.cookies) == ["1"]
    async with client as conductor:
        result = await conductor.simulate_get("/")
        assert result.headers["x-cookie"] == "a=1"


async def test_it_is_one_block_at_a_time() -> None:
    client, echo = echoing()
    async with client:
        with pytest.raises(RuntimeError, match="started the application up already"):
            await client.__aenter__()
    assert echo.log == ["up", "down"]


async def test_as_a_block_it_is_a_conductor_for_one_run() -> None:
    client, echo = echoing()
    async with client as conductor:
        assert isinstance(conductor, ASGIConductor)
        for _ in range(2):
            result = await conductor.simulate_get("/")
            assert result.headers["x-token"] == "1"
    assert echo.log == ["up", "GET", "GET", "down"]


async def test_it_can_be_a_block_more_than_once() -> None:
    client, echo = echoing()
    for _ in range(2):
        async with client as conductor:
            await conductor.simulate_get("/")
    assert echo.log == ["up", "GET", "down"] * 2


def test_what_an_application_raises_comes_out() -> None:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        raise ZeroDivisionError("a bug")

    with pytest.raises(ZeroDivisionError, match="a bug"):
        TestClient(app).simulate_get("/")


def test_a_responder_that_hangs_fails_and_is_shown() -> None:
    async def hanging_responder(req: Request, resp: Response) -> None:
        await asyncio.Event().wait()

    app = App(extensions=())
    app.add_route("/", SimpleNamespace(on_get=hanging_responder))
    with pytest.raises(TimeoutError, match="in hanging_responder"):
        TestClient(app, timeout=0.05).simulate_get("/")


def test_pytest_does_not_take_it_for_a_class_of_tests() -> None:
    collected: Any = TestClient
    assert collected.__test__ is False


def test_a_block_that_fails_is_left_with_its_error() -> None:
    ended: list[str] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            raise NotImplementedError
        await send({"type": "http.response.start", "status": 200, "headers": []})
        try:
            await asyncio.Event().wait()
        finally:
            ended.append("finally")

    with pytest.raises(TimeoutError, match=r"send anything within 0\.01 s"):
        with TestClient(app).simulate_get_stream(timeout=0.01) as result:
            result.stream.read()
    assert ended == ["finally"]
