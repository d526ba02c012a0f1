"""From the handshake to the end: what the extension makes of a connection."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from types import SimpleNamespace
from typing import Any

import msgspec
import pytest

from falconws.core import (
    App,
    Event,
    ExtensionNotInstalledError,
    HTTPForbidden,
    HTTPNotFound,
    HTTPStatus,
    HTTPTooManyRequests,
    HTTPUnauthorized,
    Receive,
    Request,
    Scope,
    Send,
)
from falconws.media import PayloadError, PayloadInvalidError
from falconws.testing import (
    ASGIConductor,
    ASGIResponseEventCollector,
    ASGIWebSocketSimulator,
    Result,
    clock,
    create_scope_ws,
)
from falconws.ws import (
    WebSocket,
    WebSocketDisconnected,
    WebSocketHandlerNotFound,
    WebSocketOptions,
    WebSocketPathNotFound,
    WebSockets,
    WebSocketServerError,
)

Responder = Callable[..., Awaitable[None]]


def serving(responder: Responder, *middleware: object) -> App:
    """Give an App whose only route, at ``/``, is a responder for WebSockets."""
    app = App(extensions=[WebSockets()], middleware=middleware)
    app.add_route("/", SimpleNamespace(on_websocket=responder))
    return app


def connect(app: Any, path: str = "/", **scope_args: Any) -> ASGIWebSocketSimulator:
    return ASGIConductor(app).simulate_ws(path, **scope_args)


async def denial(app: App, path: str = "/", **scope_args: Any) -> Result:
    """Open a WebSocket that is not accepted, and give the response to the handshake."""
    client = connect(app, path, **scope_args)
    with pytest.raises(WebSocketDisconnected):
        async with client:
            pass
    assert client.denial is not None
    return client.denial


async def end(app: App, **scope_args: Any) -> tuple[int | None, str]:
    """Open a WebSocket that the application closes, and give the code and the reason."""
    async with connect(app, **scope_args) as client:
        with pytest.raises(WebSocketDisconnected):
            await client.receive_text()
    return client.close_code, client.close_reason


def complaints(caplog: pytest.LogCaptureFixture) -> list[logging.LogRecord]:
    """Give what an operator would be woken for."""
    return [record for record in caplog.records if record.levelno >= logging.WARNING]


async def echo(req: Request, ws: WebSocket) -> None:
    await ws.accept()
    async for message in ws:
        assert isinstance(message, str)
        await ws.send_text(message)


async def bug(req: Request, ws: WebSocket) -> None:
    await ws.accept()
    raise ZeroDivisionError("secret")


# The extension and its options.


def test_the_options_of_the_app_are_those_of_the_extension() -> None:
    options = WebSocketOptions()
    app = App(extensions=[WebSockets(options)])
    assert app.extension(WebSockets).options is options
    assert app.ws_options is options


def test_every_app_has_options_of_its_own() -> None:
    first, second = App(extensions=[WebSockets()]), App(extensions=[WebSockets()])
    assert first.ws_options is not second.ws_options


def test_an_app_that_is_not_told_has_the_extension_because_it_is_installed() -> None:
    assert isinstance(App().extension(WebSockets).options, WebSocketOptions)


class Echo:
    """A resource as applications write them."""

    async def on_websocket(self, req: Request, ws: WebSocket) -> None:
        await echo(req, ws)


@pytest.mark.parametrize("resource", [Echo(), SimpleNamespace(on_websocket=echo)])
def test_an_app_without_the_extension_names_the_package_that_on_websocket_takes(
    resource: object,
) -> None:
    app = App(extensions=())
    with pytest.raises(ExtensionNotInstalledError, match="Install falconws-ws"):
        app.add_route("/", resource)


async def test_a_changed_option_holds_for_the_next_connection() -> None:
    app = serving(bug)
    app.ws_options.error_close_code = 4500
    assert await end(app) == (4500, "")


# Finding the responder.


async def test_messages_go_to_the_responder_and_back() -> None:
    async with connect(serving(echo)) as client:
        await client.send_text("hé")
        assert await client.receive_text() == "hé"


async def test_fields_of_the_path_are_arguments_of_the_responder() -> None:
    async def responder(req: Request, ws: WebSocket, room: str, seat: int) -> None:
        await ws.accept()
        await ws.send_json([room, seat, req.uri_template])

    app = App(extensions=[WebSockets()])
    template = "/rooms/{room}/seats/{seat:int}"
    app.add_route(template, SimpleNamespace(on_websocket=responder))
    async with connect(app, "/rooms/a%20b/seats/7") as client:
        assert await client.receive_json() == ["a b", 7, template]


async def test_a_suffix_chooses_the_responder() -> None:
    async def named(req: Request, ws: WebSocket) -> None:
        await ws.accept()
        await ws.send_text("named")

    app = App(extensions=[WebSockets()])
    resource = SimpleNamespace(on_websocket=echo, on_websocket_named=named)
    app.add_route("/named", resource, suffix="named")
    async with connect(app, "/named") as client:
        assert await client.receive_text() == "named"


async def test_a_path_without_a_route_is_a_404() -> None:
    client = connect(serving(echo), "/nowhere")
    with pytest.raises(WebSocketPathNotFound):
        async with client:
            pass
    assert client.denial is not None
    assert client.denial.status_code == 404
    assert client.denial.json == {"title": "404 Not Found"}


async def test_a_router_of_ones_own_need_not_tell_the_template() -> None:
    templates: list[str | None] = []

    async def on_websocket(req: Request, ws: WebSocket, room: str) -> None:
        templates.append(req.uri_template)
        await ws.accept()
        await ws.send_text(room)

    found = (object(), {"WEBSOCKET": on_websocket}, {"room": "tea"})
    router = SimpleNamespace(find=lambda path, req: found)
    app = App(extensions=[WebSockets()], router=router)
    async with connect(app) as client:
        assert await client.receive_text() == "tea"
    assert templates == [None]


@pytest.mark.parametrize("nothing", [None, (None, None, None), (None,) * 4])
async def test_a_router_of_ones_own_may_say_in_two_ways_that_there_is_no_route(
    nothing: Any,
) -> None:
    router = SimpleNamespace(find=lambda path, req: nothing)
    app = App(extensions=[WebSockets()], router=router)
    assert (await denial(app)).status_code == 404


async def test_a_resource_without_on_websocket_is_a_405_and_says_what_it_allows() -> (
    None
):
    async def on_get(req: Request, resp: Any) -> None:
        raise AssertionError("A WebSocket is no GET.")

    app = App(extensions=[WebSockets()])
    app.add_route("/", SimpleNamespace(on_get=on_get))
    called: list[str] = []
    app.add_middleware(Recorder("a", called))
    client = connect(app)
    with pytest.raises(WebSocketHandlerNotFound):
        async with client:
            pass
    assert client.denial is not None
    assert client.denial.status_code == 405
    assert client.denial.headers["allow"] == "GET, OPTIONS"
    assert called == ["request a", "resource a", "response a False"]


async def test_a_get_for_a_resource_of_websockets_is_a_405() -> None:
    result = await ASGIConductor(serving(echo)).simulate_get("/")
    assert result.status_code == 405


async def test_a_client_that_leaves_before_it_connects_is_not_noticed() -> None:
    called: list[str] = []

    async def receive() -> Event:
        return {"type": "websocket.disconnect", "code": 1006}

    app = serving(echo, Recorder("only", called))
    collector = ASGIResponseEventCollector()
    await app(create_scope_ws(), receive, collector)
    assert (called, collector.events) == ([], [])


# Refusing the handshake.


async def test_an_http_error_before_accept_is_an_http_response() -> None:
    async def responder(req: Request, ws: WebSocket) -> None:
        raise HTTPUnauthorized(
            title="Who are you?",
            description="Send a token.",
            challenges=["Bearer"],
            headers={"X-Trace": "17"},
        )

    result = await denial(serving(responder))
    assert result.status_code == 401
    assert result.headers["www-authenticate"] == "Bearer"
    assert result.headers["x-trace"] == "17"
    assert result.content_type == "application/json"
    assert result.headers["content-length"] == str(len(result.content))
    assert result.json == {"title": "Who are you?", "description": "Send a token."}


async def test_a_denial_is_serialized_by_the_serializer_of_the_app() -> None:
    async def responder(req: Request, ws: WebSocket) -> None:
        raise HTTPForbidden(title="No.")

    def serializer(req: Request, resp: Any, exc: Any) -> None:
        resp.content_type = "text/plain"
        resp.text = f"{req.path}: {exc.title}"

    app = serving(responder)
    app.set_error_serializer(serializer)
    result = await denial(app)
    assert (result.content_type, result.text) == ("text/plain", "/: No.")


async def test_an_http_error_is_a_403_where_the_server_sends_no_http_response() -> None:
    async def responder(req: Request, ws: WebSocket) -> None:
        raise HTTPUnauthorized()

    scope = {**create_scope_ws(), "extensions": {}}
    client = ASGIWebSocketSimulator(serving(responder), scope)
    with pytest.raises(WebSocketDisconnected) as caught:
        async with client:
            pass
    assert caught.value.code == 3403
    assert client.denial is not None
    assert client.denial.status_code == 403


async def test_an_http_status_before_accept_is_an_http_response() -> None:
    async def responder(req: Request, ws: WebSocket) -> None:
        raise HTTPStatus(307, headers={"Location": "/new"}, text="moved")

    result = await denial(serving(responder))
    assert result.status_code == 307
    assert result.headers["location"] == "/new"
    assert result.text == "moved"


async def test_an_http_status_without_headers_and_text_is_an_empty_response() -> None:
    async def responder(req: Request, ws: WebSocket) -> None:
        raise HTTPStatus(410)

    result = await denial(serving(responder))
    assert (result.status_code, result.content) == (410, b"")


async def test_a_responder_that_returns_without_accept_refuses_with_403() -> None:
    async def responder(req: Request, ws: WebSocket) -> None:
        pass

    assert (await denial(serving(responder))).status_code == 403


async def test_closing_before_accept_refuses_with_403() -> None:
    async def responder(req: Request, ws: WebSocket) -> None:
        await ws.close(4000)

    assert (await denial(serving(responder))).status_code == 403


async def test_refusing_a_handshake_is_nothing_to_be_woken_for(
    caplog: pytest.LogCaptureFixture,
) -> None:
    await denial(serving(echo), "/nowhere")
    assert complaints(caplog) == []


# Closing what is open.


async def test_a_responder_that_returns_closes_with_1000() -> None:
    async def responder(req: Request, ws: WebSocket) -> None:
        await ws.accept()

    assert await end(serving(responder)) == (1000, "Normal Closure")


@pytest.mark.parametrize(
    ("exc", "code", "reason"),
    [
        (HTTPNotFound(), 3404, "Not Found"),
        (HTTPForbidden(description="not you"), 3403, "Forbidden"),
        (HTTPTooManyRequests(), 3429, "Too Many Requests"),
        (HTTPStatus(302, headers={"Location": "/new"}), 3302, "Found"),
    ],
)
async def test_an_http_error_after_accept_closes_with_3000_and_the_status(
    exc: Exception, code: int, reason: str, caplog: pytest.LogCaptureFixture
) -> None:
    async def responder(req: Request, ws: WebSocket) -> None:
        await ws.accept()
        raise exc

    assert await end(serving(responder)) == (code, reason)
    assert complaints(caplog) == []


async def test_an_http_error_after_close_changes_nothing() -> None:
    async def responder(req: Request, ws: WebSocket) -> None:
        await ws.accept()
        await ws.close(4000, "enough")
        raise HTTPNotFound()

    assert await end(serving(responder)) == (4000, "enough")


async def test_a_bug_closes_with_1011_and_logs_one_traceback(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async with connect(serving(bug)) as client:
        with pytest.raises(WebSocketServerError):
            await client.receive_text()
    assert (client.close_code, client.close_reason) == (1011, "Internal Server Error")
    [record] = complaints(caplog)
    assert record.exc_info is not None
    assert record.exc_info[0] is ZeroDivisionError
    assert "/" in record.getMessage()


async def test_a_bug_before_accept_is_a_500_that_keeps_its_secrets(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async def responder(req: Request, ws: WebSocket) -> None:
        raise ZeroDivisionError("secret")

    result = await denial(serving(responder))
    assert result.status_code == 500
    assert result.json == {"title": "500 Internal Server Error"}
    [record] = complaints(caplog)
    assert record.exc_info is not None
    assert record.exc_info[0] is ZeroDivisionError


class Move(msgspec.Struct):
    x: int


async def receive_move(ws: WebSocket) -> None:
    await ws.receive_media(Move)


@pytest.mark.parametrize(
    ("receive", "message", "ending"),
    [
        (WebSocket.receive_json, "{", (1007, "The JSON payload is malformed")),
        (WebSocket.receive_media, "{", (1007, "The JSON payload is malformed")),
        (
            WebSocket.receive_media,
            b"\xc1",
            (1007, "The MessagePack payload is malformed"),
        ),
        (WebSocket.receive_msgpack, b"\xc1", (1007, "The MessagePack payload")),
        (
            receive_move,
            '{"x": "7"}',
            (1007, "The Move payload is invalid: Expected `int`"),
        ),
        (WebSocket.receive_text, b"x", (1003, "Unsupported Data")),
        (WebSocket.receive_json, b"1", (1003, "Unsupported Data")),
        (WebSocket.receive_data, "x", (1003, "Unsupported Data")),
    ],
)
async def test_a_bad_message_closes_with_its_code_and_is_nothing_to_be_woken_for(
    receive: Callable[[WebSocket], Awaitable[Any]],
    message: str | bytes,
    ending: tuple[int, str],
    caplog: pytest.LogCaptureFixture,
) -> None:
    async def responder(req: Request, ws: WebSocket) -> None:
        await ws.accept()
        await receive(ws)

    async with connect(serving(responder)) as client:
        if isinstance(message, str):
            await client.send_text(message)
        else:
            await client.send_data(message)
        with pytest.raises(WebSocketDisconnected):
            await client.receive_text()
    assert client.close_code == ending[0]
    assert client.close_reason.startswith(ending[1])
    assert complaints(caplog) == []


async def test_a_message_becomes_an_instance_or_an_error_that_can_be_answered() -> None:
    async def responder(req: Request, ws: WebSocket) -> None:
        await ws.accept()
        for _ in range(2):
            try:
                move = await ws.receive_media(Move)
                await ws.send_media({"doubled": move.x * 2})
            except PayloadInvalidError as exc:
                await ws.send_media({"error": exc.detail})

    async with connect(serving(responder)) as client:
        await client.send_json({"x": "7"})
        assert "Expected `int`" in (await client.receive_json())["error"]
        await client.send_msgpack({"x": 7})
        assert await client.receive_json() == {"doubled": 14}


async def test_a_disconnect_that_nobody_catches_ends_the_responder_quietly(
    caplog: pytest.LogCaptureFixture,
) -> None:
    ended: list[str] = []

    async def responder(req: Request, ws: WebSocket) -> None:
        await ws.accept()
        try:
            await ws.receive_text()
        finally:
            ended.append(f"{ws.close_code} {ws.close_reason}")

    async with connect(serving(responder)) as client:
        await client.close(4001, "page closed")
    assert ended == ["4001 page closed"]
    assert complaints(caplog) == []


async def test_the_disconnect_of_another_connection_is_a_bug(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async def responder(req: Request, ws: WebSocket) -> None:
        await ws.accept()
        raise WebSocketDisconnected(1001)  # as a client of some other server gets it

    assert await end(serving(responder)) == (1011, "Internal Server Error")
    assert len(complaints(caplog)) == 1


# Middleware.


class Recorder:
    """Writes down its hooks."""

    def __init__(self, name: str, called: list[str]) -> None:
        self.name = name
        self.called = called

    async def process_request_ws(self, req: Request, ws: WebSocket) -> None:
        self.called.append(f"request {self.name}")

    async def process_resource_ws(
        self, req: Request, ws: WebSocket, resource: object, params: dict[str, Any]
    ) -> None:
        self.called.append(f"resource {self.name}")

    async def process_response_ws(
        self, req: Request, ws: WebSocket, resource: object, req_succeeded: bool
    ) -> None:
        self.called.append(f"response {self.name} {req_succeeded}")


async def test_hooks_are_called_outside_in_and_back_out() -> None:
    called: list[str] = []

    async def responder(req: Request, ws: WebSocket) -> None:
        called.append("responder")
        await ws.accept()

    app = serving(responder, Recorder("a", called), Recorder("b", called))
    await end(app)
    assert called == [
        "request a",
        "request b",
        "resource a",
        "resource b",
        "responder",
        "response b True",
        "response a True",
    ]


async def test_hooks_may_leave_out_the_socket() -> None:
    called: list[object] = []

    class Component:
        async def process_request_ws(self, req: Request) -> None:
            called.append(req.path)

        async def process_resource_ws(
            self, req: Request, resource: object, params: dict[str, Any]
        ) -> None:
            called.extend((resource, params))

        async def process_response_ws(
            self, req: Request, resource: object, req_succeeded: bool
        ) -> None:
            called.extend((resource, req_succeeded))

    resource = SimpleNamespace(on_websocket=bug)
    app = App(extensions=[WebSockets()], middleware=Component())
    app.add_route("/", resource)
    await end(app)
    assert called == ["/", resource, {}, resource, False]


async def test_a_resource_hook_may_change_the_arguments_of_the_responder() -> None:
    class Component:
        async def process_resource_ws(
            self, req: Request, ws: WebSocket, resource: object, params: dict[str, Any]
        ) -> None:
            params["user"] = "ann"

    async def responder(req: Request, ws: WebSocket, user: str) -> None:
        await ws.accept()
        await ws.send_text(user)

    async with connect(serving(responder, Component())) as client:
        assert await client.receive_text() == "ann"


async def test_without_a_route_there_is_no_resource_for_the_hooks() -> None:
    called: list[str] = []
    await denial(serving(echo, Recorder("a", called)), "/nowhere")
    assert called == ["request a", "response a False"]


class Guard:
    """Ends the connection in one of its hooks."""

    def __init__(self, hook: str, act: Callable[[WebSocket], Awaitable[None]]) -> None:
        self.hook = hook
        self.act = act

    async def process_request_ws(self, req: Request, ws: WebSocket) -> None:
        if self.hook == "request":
            await self.act(ws)

    async def process_resource_ws(
        self, req: Request, ws: WebSocket, resource: object, params: dict[str, Any]
    ) -> None:
        if self.hook == "resource":
            await self.act(ws)


async def refuse(ws: WebSocket) -> None:
    raise HTTPForbidden(title="Guarded")


async def accept_and_close(ws: WebSocket) -> None:
    await ws.accept()
    await ws.close(4403)


async def untouched(req: Request, ws: WebSocket) -> None:
    raise AssertionError("The responder must not run.")


@pytest.mark.parametrize("hook", ["request", "resource"])
async def test_middleware_that_closes_keeps_the_responder_from_running(
    hook: str, caplog: pytest.LogCaptureFixture
) -> None:
    result = await denial(serving(untouched, Guard(hook, WebSocket.close)))
    assert result.status_code == 403
    assert await end(serving(untouched, Guard(hook, accept_and_close))) == (4403, "")
    assert complaints(caplog) == []


@pytest.mark.parametrize("hook", ["request", "resource"])
async def test_middleware_that_raises_an_http_error_refuses_the_handshake(
    hook: str,
) -> None:
    result = await denial(serving(untouched, Guard(hook, refuse)))
    assert (result.status_code, result.json) == (403, {"title": "Guarded"})


async def leave(ws: WebSocket) -> None:
    await ws.accept()
    await ws.receive_text()


async def fail(ws: WebSocket) -> None:
    await ws.accept()
    raise HTTPNotFound()


@pytest.mark.parametrize(
    ("act", "succeeded"),
    [(WebSocket.accept, True), (leave, False), (fail, False)],
)
async def test_response_hooks_learn_whether_the_responder_succeeded(
    act: Callable[[WebSocket], Awaitable[None]], succeeded: bool
) -> None:
    async def responder(req: Request, ws: WebSocket) -> None:
        await act(ws)

    called: list[str] = []
    async with connect(serving(responder, Recorder("a", called))):
        pass
    assert called[-1] == f"response a {succeeded}"


async def test_a_connection_that_is_cancelled_runs_its_finally_blocks_and_hooks() -> (
    None
):
    running: asyncio.Queue[asyncio.Task[None] | None] = asyncio.Queue()
    called: list[str] = []

    async def responder(req: Request, ws: WebSocket) -> None:
        await ws.accept()
        try:
            running.put_nowait(asyncio.current_task())
            await ws.receive_text()
        finally:
            called.append("finally")

    app = serving(responder, Recorder("a", called))
    async with connect(app) as client:
        task = await running.get()
        assert task is not None
        task.cancel()
        await client.finish()
        assert task.cancelled()
        assert client.close_code == 1001
    assert called[-2:] == ["finally", "response a False"]
    assert len(app.connections) == 0


async def test_receiving_ahead_ends_with_the_responder() -> None:
    cancelled: list[bool] = []

    async def responder(req: Request, ws: WebSocket) -> None:
        await ws.accept()
        await asyncio.sleep(1)

    app = serving(responder)

    async def noting(scope: Scope, receive: Receive, send: Send) -> None:
        async def receive_and_note() -> Event:
            try:
                return await receive()
            except asyncio.CancelledError:
                cancelled.append(True)
                raise

        await app(scope, receive_and_note, send)

    with clock() as time:
        async with connect(noting) as client:
            await time.advance(0.9)
            assert cancelled == []
            await time.advance(0.1)
            assert client.closed
            assert cancelled == [True]


async def test_the_grace_of_a_disconnect_ends_with_the_responder() -> None:
    went_on: list[bool] = []
    app = serving(echo)
    app.ws_options.disconnect_grace = 3

    async def going_on(scope: Scope, receive: Receive, send: Send) -> None:
        """Use the task for longer, as a server may."""
        await app(scope, receive, send)
        await asyncio.sleep(4)
        went_on.append(True)

    with clock():
        async with connect(going_on):
            pass
    assert went_on == [True]


async def test_a_response_hook_that_fails_does_not_keep_others_from_running(
    caplog: pytest.LogCaptureFixture,
) -> None:
    class Broken:
        async def process_response_ws(
            self, req: Request, ws: WebSocket, resource: object, req_succeeded: bool
        ) -> None:
            raise ZeroDivisionError

    async def responder(req: Request, ws: WebSocket) -> None:
        await ws.accept()

    called: list[str] = []
    app = serving(responder, Recorder("outer", called), Broken())
    assert await end(app) == (1011, "Internal Server Error")
    assert called[-1] == "response outer True"
    assert len(complaints(caplog)) == 1


# Error handlers.


class Banned(Exception):
    """What the application below raises."""


async def banning(req: Request, ws: WebSocket, **params: object) -> None:
    await ws.accept()
    raise Banned("for ever")


async def test_an_error_handler_with_an_argument_ws_has_the_socket(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async def handle(
        req: Request, resp: None, exc: Banned, params: dict[str, Any], ws: WebSocket
    ) -> None:
        await ws.close(4003, str(exc))

    app = serving(banning)
    app.add_error_handler(Banned, handle)
    assert await end(app) == (4003, "for ever")
    assert complaints(caplog) == []


async def test_an_error_handler_without_it_is_called_and_the_socket_is_closed() -> None:
    seen: list[object] = []

    async def handle(
        req: Request, resp: None, exc: Banned, params: dict[str, Any]
    ) -> None:
        seen.extend((req.path, resp, str(exc), params))

    app = App(extensions=[WebSockets()])
    app.add_route("/{room}", SimpleNamespace(on_websocket=banning))
    app.add_error_handler(Banned, handle)
    async with connect(app, "/7") as client:
        with pytest.raises(WebSocketDisconnected):
            await client.receive_text()
    assert client.close_code == 1000
    assert seen == ["/7", None, "for ever", {"room": "7"}]


async def test_an_error_handler_that_hides_its_signature_is_called_without_the_socket() -> (
    None
):
    seen: list[str] = []

    class Opaque:
        __signature__ = object()

        async def __call__(self, req: Request, *args: object) -> None:
            seen.append(req.path)

    app = serving(banning)
    app.add_error_handler(Banned, Opaque())
    assert await end(app) == (1000, "Normal Closure")
    assert seen == ["/"]


async def test_an_error_handler_for_exception_leaves_the_usual_ends_alone() -> None:
    async def handle(*args: object, ws: WebSocket) -> None:
        await ws.close(4500)

    async def not_found(req: Request, ws: WebSocket) -> None:
        await ws.accept()
        raise HTTPNotFound()

    for responder, code in ((not_found, 3404), (bug, 4500)):
        app = serving(responder)
        app.add_error_handler(Exception, handle)
        assert (await end(app))[0] == code


async def test_an_error_handler_for_bad_messages_goes_before_the_default() -> None:
    async def handle(
        req: Request,
        resp: None,
        exc: PayloadError,
        params: dict[str, Any],
        ws: WebSocket,
    ) -> None:
        await ws.close(4400, str(exc.media_type))

    async def responder(req: Request, ws: WebSocket) -> None:
        await ws.accept()
        await ws.receive_json()

    app = serving(responder)
    app.add_error_handler(PayloadError, handle)
    async with connect(app) as client:
        await client.send_text("{")
        with pytest.raises(WebSocketDisconnected):
            await client.receive_text()
    assert (client.close_code, client.close_reason) == (4400, "JSON")


@pytest.mark.parametrize(
    ("raised", "code", "logged"),
    [
        (HTTPForbidden(), 3403, 0),
        (HTTPStatus(302), 3302, 0),
        (ZeroDivisionError(), 1011, 1),
    ],
)
async def test_an_error_handler_may_raise_what_a_responder_may(
    raised: Exception, code: int, logged: int, caplog: pytest.LogCaptureFixture
) -> None:
    async def handle(*args: object) -> None:
        raise raised

    app = serving(banning)
    app.add_error_handler(Banned, handle)
    assert (await end(app))[0] == code
    assert len(complaints(caplog)) == logged


async def test_an_error_handler_that_meets_the_disconnect_ends_quietly(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async def handle(
        req: Request, resp: None, exc: Banned, params: dict[str, Any], ws: WebSocket
    ) -> None:
        await ws.receive_text()  # the client leaves instead

    app = serving(banning)
    app.add_error_handler(Banned, handle)
    async with connect(app):
        pass
    assert complaints(caplog) == []


# The end of the App.


async def test_a_drain_closes_open_sockets_with_1001() -> None:
    app = serving(echo)
    async with connect(app) as first, connect(app) as second:
        await app.drain()
        for client in (first, second):
            with pytest.raises(WebSocketDisconnected):
                await client.receive_text()
            assert (client.close_code, client.close_reason) == (1001, "Going Away")
    assert len(app.connections) == 0


async def test_a_drain_refuses_what_is_not_accepted_yet() -> None:
    async def hesitate(req: Request, ws: WebSocket) -> None:
        await asyncio.Event().wait()

    app = serving(hesitate)
    app.ws_options.disconnect_grace = 0
    client = connect(app)
    with clock() as time:
        client.connect()
        draining = asyncio.create_task(app.drain(grace=5))
        await time.advance(0)
        with pytest.raises(WebSocketDisconnected):
            await client.wait_ready()
        await time.advance(5)
        await draining
        await client.finish()
    assert client.denial is not None
    assert client.denial.status_code == 503


async def test_a_draining_app_refuses_new_sockets_with_503() -> None:
    called: list[str] = []
    app = serving(untouched, Recorder("a", called))
    await app.drain()
    assert (await denial(app)).status_code == 503
    assert called == ["response a False"]


async def test_a_draining_app_says_when_to_come_back() -> None:
    app = serving(untouched)
    await app.drain()
    assert int((await denial(app)).headers["retry-after"]) > 0


async def test_a_responder_has_the_grace_of_a_drain_to_end_by_itself() -> None:
    saved: list[str] = []

    async def responder(req: Request, ws: WebSocket) -> None:
        await ws.accept()
        async for _ in ws:
            raise AssertionError("The client sends nothing.")
        await asyncio.sleep(4.9)
        saved.append("everything")

    app = serving(responder)
    with clock() as time:
        async with connect(app) as client:
            draining = asyncio.create_task(app.drain(grace=5))
            with pytest.raises(WebSocketDisconnected):
                await client.receive_text()
            await time.advance(5)
            await draining
    assert saved == ["everything"]


async def test_a_drain_cancels_a_responder_that_outlasts_the_grace(
    caplog: pytest.LogCaptureFixture,
) -> None:
    called: list[str] = []

    async def responder(req: Request, ws: WebSocket) -> None:
        await ws.accept()
        try:
            await asyncio.Event().wait()
        finally:
            called.append(f"finally {ws.close_code}")

    app = serving(responder, Recorder("a", called))
    with clock() as time:
        async with connect(app) as client:
            draining = asyncio.create_task(app.drain(grace=5))
            await time.advance(4.9)
            assert client.close_code == 1001
            assert called == ["request a", "resource a"]
            await time.advance(0.1)
            await draining
            assert called[-2:] == ["finally 1001", "response a False"]
    assert len(app.connections) == 0
    assert complaints(caplog) == []


async def for_ever(*args: object) -> None:
    await asyncio.Event().wait()


@pytest.mark.parametrize("where", ["responder", "error handler", "response hook"])
async def test_what_a_drain_cancels_is_no_error_for_the_server(where: str) -> None:
    ended: list[str] = []

    async def responder(req: Request, ws: WebSocket) -> None:
        await ws.accept()
        if where == "responder":
            await for_ever()
        elif where == "error handler":
            raise Banned

    class Component:
        async def process_response_ws(
            self, req: Request, ws: WebSocket, resource: object, req_succeeded: bool
        ) -> None:
            if where == "response hook":
                await for_ever()

    app = serving(responder, Component())
    app.add_error_handler(Banned, for_ever)

    async def as_a_server(scope: Scope, receive: Receive, send: Send) -> None:
        # It would log what comes out: uvicorn writes a traceback.
        try:
            await app(scope, receive, send)
        except BaseException as exc:
            ended.append(repr(exc))
            raise
        ended.append("quietly")

    with clock() as time:
        async with connect(as_a_server):
            draining = asyncio.create_task(app.drain(grace=5))
            await time.advance(5)
            await draining
            assert ended == ["quietly"]


# The error reporter.


@pytest.mark.parametrize(
    ("raised", "handler_raises", "reports"),
    [
        (HTTPForbidden(), None, [("HTTPForbidden", True)]),
        (ZeroDivisionError(), None, [("ZeroDivisionError", True)]),
        (KeyError(), HTTPNotFound(), [("KeyError", True), ("HTTPNotFound", True)]),
        (KeyError(), HTTPStatus(302), [("KeyError", True), ("HTTPStatus", True)]),
        (KeyError(), OSError(), [("KeyError", False), ("OSError", False)]),
        (WebSocketDisconnected(1001), None, []),
    ],
)
async def test_the_reporter_hears_of_errors_and_not_of_a_clients_leaving(
    raised: Exception,
    handler_raises: Exception | None,
    reports: list[tuple[str, bool]],
) -> None:
    async def on_websocket(req: Request, ws: WebSocket) -> None:
        await ws.accept()
        await ws.close()
        raise raised

    async def handle(*args: Any) -> None:
        assert handler_raises is not None
        raise handler_raises

    found: list[tuple[str, bool]] = []
    app = serving(on_websocket)
    app.set_error_reporter(
        lambda req, exc, params, handled: found.append((type(exc).__name__, handled))
    )
    app.add_error_handler(KeyError, handle)
    await end(app)
    assert found == reports
