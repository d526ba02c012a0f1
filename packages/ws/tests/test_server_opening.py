"""How a connection opens, or does not: the request, the application and its answer."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest
from uvicorn.protocols.utils import ClientDisconnected

from falconws.ws.server import WebSocketProtocol

Serve = Callable[..., Any]

ACCEPT = {"type": "websocket.accept"}
CLOSE = {"type": "websocket.close"}
CONNECT = {"type": "websocket.connect"}
GONE = {"type": "websocket.disconnect", "code": 1006, "reason": ""}
START = {"type": "websocket.http.response.start", "status": 401, "headers": []}


def body(content: bytes, more: bool = False) -> dict[str, Any]:
    return {
        "type": "websocket.http.response.body",
        "body": content,
        "more_body": more,
    }


class App:
    """Sends events, and keeps what it is given and what becomes of it."""

    def __init__(self, *events: Any) -> None:
        self.events = events
        self.scope: dict[str, Any] = {}
        self.received: list[Any] = []
        self.error: BaseException | None = None

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        self.scope = scope
        self.received.append(await receive())
        try:
            for event in self.events:
                await send(event)
        except Exception as exc:
            self.error = exc
        self.received.append(await receive())


# The request.


async def test_an_application_gets_the_scope_that_uvicorn_makes(serve: Serve) -> None:
    app = App(ACCEPT)
    client = serve(app, root_path="/mounted", proxy_headers=False)
    client.transport._extra |= {
        "peername": ("192.0.2.1", 1234),
        "sockname": ("192.0.2.2", 80),
    }
    await client.open("sec-websocket-protocol: a, b", "x-a: b", target="/c%20d?e=f")
    extensions = app.scope.pop("extensions")
    assert extensions["websocket.http.response"] == {}
    assert set(extensions["falconws.shared_frame"]) == {"build", "write"}
    headers = app.scope.pop("headers")
    assert headers[0] == (b"host", b"a.example")
    assert headers[-1] == (b"x-a", b"b")
    assert app.scope == {
        "type": "websocket",
        "asgi": {"version": "3.0", "spec_version": "2.4"},
        "http_version": "1.1",
        "scheme": "ws",
        "server": ("192.0.2.2", 80),
        "client": ("192.0.2.1", 1234),
        "root_path": "/mounted",
        "path": "/mounted/c d",
        "raw_path": b"/mounted/c%20d",
        "query_string": b"e=f",
        "subprotocols": ["a", "b"],
        "state": {"key": "value"},
    }
    assert app.scope["state"] is not client.app_state


async def test_the_scheme_is_wss_behind_tls(serve: Serve) -> None:
    app = App(ACCEPT)
    client = serve(app)
    client.transport._extra |= {"sslcontext": object()}
    await client.open()
    assert app.scope["scheme"] == "wss"


async def test_proxy_headers_are_heeded_by_uvicorn(
    serve: Serve, caplog: pytest.LogCaptureFixture
) -> None:
    app = App(ACCEPT)
    client = serve(app, forwarded_allow_ips="*")
    with caplog.at_level(logging.INFO, "uvicorn.error"):
        await client.open("x-forwarded-for: 192.0.2.9", "x-forwarded-proto: https")
    assert app.scope["client"] == ("192.0.2.9", 0)
    assert app.scope["scheme"] == "wss"
    assert caplog.messages == ['192.0.2.9:0 - "WebSocket /" [accepted]']


async def test_the_application_waits_for_the_whole_head(serve: Serve) -> None:
    app = App(ACCEPT)
    client = serve(app)
    client.protocol.data_received(b"GET / HTTP/1.1\r\nhost: a.example\r\nconn")
    await client.settle()
    assert not app.received
    client.protocol.data_received(
        b"ection: upgrade\r\nupgrade: websocket\r\nsec-websocket-version: 13\r\n"
        b"sec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r"
    )
    client.protocol.data_received(b"\n")
    await client.settle()
    assert app.received == [CONNECT]


async def test_a_head_has_an_end(serve: Serve) -> None:
    client = serve(App())
    client.protocol.data_received(b"a" * 65536)
    assert client.take() == b""
    client.protocol.data_received(b"a")
    assert client.take().startswith(b"HTTP/1.1 400 ")
    assert client.transport.calls == ["close"]


@pytest.mark.parametrize(
    ("old", "new", "status"),
    [
        ("websocket-version: 13", "websocket-version: 8", b"426 Upgrade Required"),
        ("sec-websocket-key", "x-key", b"400 Bad Request"),
        ("host: a", "sec-websocket-extensions: ;\r\nhost: a", b"400 Bad Request"),
    ],
)
async def test_a_bad_handshake_costs_the_client_only(
    serve: Serve, old: str, new: str, status: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    app = App(ACCEPT)
    client = serve(app)
    request = client.protocol.data_received
    client.protocol = SimpleNamespace(
        data_received=lambda data: request(data.replace(old.encode(), new.encode())),
        connection_lost=client.protocol.connection_lost,
    )
    client.request()
    await client.settle()
    response = client.take()
    assert response.startswith(b"HTTP/1.1 " + status + b"\r\nserver: uvicorn\r\n")
    assert response.endswith(b".\n")
    assert client.transport.calls == ["close"]
    assert not app.received
    assert not caplog.records


async def test_extensions_are_not_looked_at_without_compression(serve: Serve) -> None:
    client = serve(App(ACCEPT), ws_per_message_deflate=False)
    offer = "sec-websocket-extensions: permessage-deflate"
    assert b"extensions" not in await client.open(offer)


async def test_what_comes_before_the_answer_is_not_lost(serve: Serve) -> None:
    answered = asyncio.Event()
    received = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        await answered.wait()
        await send(ACCEPT)
        received.extend([await receive() for _ in range(4)])

    client = serve(app)
    client.request()
    client.feed((0x81, b"a"), (0x81, b"b"))
    long = client.frame(0x82, b"c" * 65535)
    cut = 65536 - 14  # What the two before have.
    client.protocol.data_received(long[:cut])
    assert client.transport.calls == []
    client.protocol.data_received(long[cut:-1])
    client.protocol.data_received(long[-1:])
    assert client.transport.calls == ["pause_reading"]
    answered.set()
    await client.settle()
    assert client.transport.calls[1] == "resume_reading"
    assert received[0] == CONNECT  # Also to who accepts without having looked.
    assert [event.get("text") for event in received[1:3]] == ["a", "b"]
    assert received[3]["bytes"] == b"c" * 65535


async def test_a_request_and_frames_may_come_together(serve: Serve) -> None:
    app = App(ACCEPT)
    client = serve(app)
    data: list[bytes] = []
    client.protocol, protocol = (
        SimpleNamespace(data_received=data.append),
        client.protocol,
    )
    client.request()
    client.protocol = protocol
    protocol.data_received(b"".join(data) + client.frame(0x81, b"early"))
    await client.settle()
    assert app.received == [CONNECT, {"type": "websocket.receive", "text": "early"}]


async def test_an_application_can_be_loaded_late(serve: Serve) -> None:
    client = serve(App(ACCEPT))
    config = client.protocol._config
    assert config.loaded
    other = WebSocketProtocol(config, client.state, {})
    assert other._loop is asyncio.get_running_loop()


# The answer.


async def test_an_application_accepts(
    serve: Serve, caplog: pytest.LogCaptureFixture
) -> None:
    client = serve(App({**ACCEPT, "subprotocol": "b", "headers": [(b"x-a", b"b")]}))
    client.transport._extra |= {"peername": ("192.0.2.1", 1234)}
    with caplog.at_level(logging.INFO, "uvicorn.error"):
        response = await client.open(
            "sec-websocket-protocol: a, b", target="/c%20d?e=f"
        )
    assert (
        b"\r\nsec-websocket-protocol: b\r\nserver: uvicorn\r\nx-a: b\r\n\r\n"
        in response
    )
    assert caplog.messages == ['192.0.2.1:1234 - "WebSocket /c%20d?e=f" [accepted]']


async def test_an_application_refuses(
    serve: Serve, caplog: pytest.LogCaptureFixture
) -> None:
    app = App(CLOSE)
    client = serve(app)
    with caplog.at_level(logging.INFO, "uvicorn.error"):
        client.request()
        await client.settle()
    response = client.take()
    assert response.startswith(b"HTTP/1.1 403 Forbidden\r\nserver: uvicorn\r\n")
    assert response.endswith(b"content-length: 0\r\nconnection: close\r\n\r\n")
    assert app.received == [CONNECT, GONE]
    assert client.transport.calls == ["close"]
    assert caplog.messages == [' - "WebSocket /" 403']


async def test_an_application_responds_in_parts(
    serve: Serve, caplog: pytest.LogCaptureFixture
) -> None:
    app = App(START, body(b"a", more=True), body(b"b"))
    client = serve(app)
    with caplog.at_level(logging.INFO, "uvicorn.error"):
        client.request()
        await client.settle()
    response = client.take()
    assert response.startswith(b"HTTP/1.1 401 Unauthorized\r\nserver: uvicorn\r\n")
    assert response.endswith(b"\r\n\r\n1\r\na\r\n1\r\nb\r\n0\r\n\r\n")
    assert app.received == [CONNECT, GONE]
    assert client.transport.calls == ["close"]
    assert caplog.messages == [' - "WebSocket /" 401']


async def test_nothing_is_logged_that_nobody_reads(
    serve: Serve, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING, "uvicorn.error"):
        await serve(App(ACCEPT)).open()
    assert not caplog.messages


async def test_what_comes_while_it_responds_is_kept_small(serve: Serve) -> None:
    client = serve(App(START, body(b"a", more=True)))
    client.request()
    await client.settle()
    client.protocol.data_received(bytes(65537))
    assert client.transport.calls == ["pause_reading"]
    await client.leave()


@pytest.mark.parametrize(
    ("events", "words"),
    [
        ([{"type": "websocket.send", "text": "a"}], "Expected .* 'websocket.accept'"),
        ([body(b"a")], "Expected .* 'websocket.accept'"),
        ([START, ACCEPT], "Expected .* 'websocket.http.response.body'"),
        ([CLOSE, ACCEPT], "'websocket.accept', after"),
        ([START, body(b""), body(b"")], "body', after"),
        ([ACCEPT, ACCEPT], "Expected .* 'websocket.send' or"),
        ([ACCEPT, CLOSE, CLOSE], "'websocket.close', after"),
        ([{**START, "status": 101}], "200 to 599"),
    ],
)
async def test_events_have_an_order(
    serve: Serve, events: list[Any], words: str
) -> None:
    app = App(*events)
    client = serve(app)
    client.request()
    await client.settle()
    with pytest.raises(RuntimeError, match=words):
        raise app.error or AssertionError


async def test_who_has_left_is_not_answered(serve: Serve) -> None:
    left = asyncio.Event()
    errors = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        assert await receive() == CONNECT
        assert await receive() == GONE
        for event in (ACCEPT, CLOSE, START):
            try:
                await send(event)
            except OSError as exc:
                errors.append(exc)
        left.set()

    client = serve(app)
    client.request()
    await client.settle()
    await client.leave()
    assert left.is_set()
    assert [type(error) for error in errors] == [ClientDisconnected] * 3
    assert client.take() == b""


# The end of the application.


async def failing(scope: Any, receive: Any, send: Any) -> None:
    raise ValueError("what is wrong")


async def returning(scope: Any, receive: Any, send: Any) -> None:
    pass


@pytest.mark.parametrize(
    ("app", "message"),
    [
        (failing, "Exception in ASGI application\n"),
        (returning, "ASGI callable returned without completing handshake."),
    ],
)
async def test_who_is_not_answered_gets_a_500(
    serve: Serve, app: Any, message: str, caplog: pytest.LogCaptureFixture
) -> None:
    client = serve(app)
    client.request()
    await client.settle()
    response = client.take()
    assert response.startswith(b"HTTP/1.1 500 Internal Server Error\r\n")
    assert response.endswith(b"\r\n\r\nInternal Server Error")
    assert client.transport.calls == ["close"]
    assert caplog.messages == [message]


@pytest.mark.parametrize("has_begun", [False, True])
async def test_a_response_must_be_completed(
    serve: Serve, has_begun: bool, caplog: pytest.LogCaptureFixture
) -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        await send(START)
        if has_begun:
            await send(body(b"a", more=True))

    client = serve(app)
    client.request()
    await client.settle()
    response = client.take()
    if has_begun:
        assert response.endswith(b"\r\n\r\n1\r\na\r\n")
    else:
        assert response.startswith(b"HTTP/1.1 500 ")
    assert client.transport.calls == ["close"]
    assert caplog.messages == ["ASGI callable returned without completing response."]


async def test_an_application_returns_nothing(
    serve: Serve, caplog: pytest.LogCaptureFixture
) -> None:
    async def app(scope: Any, receive: Any, send: Any) -> int:
        await send(ACCEPT)
        return 1

    await serve(app).open()
    assert caplog.messages == ["ASGI callable should return None, but returned '1'."]


async def test_who_was_told_that_there_is_nobody_need_not_mind(
    serve: Serve, caplog: pytest.LogCaptureFixture
) -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        await receive()
        await receive()
        await send(ACCEPT)

    client = serve(app)
    client.request()
    await client.leave()
    assert not caplog.messages


async def test_who_was_told_so_of_another_client_minds(
    serve: Serve, caplog: pytest.LogCaptureFixture
) -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        await send(ACCEPT)
        raise ClientDisconnected

    client = serve(app)
    client.request()
    await client.settle()
    assert client.take().endswith(b"\x88\x02\x03\xf3")
    assert caplog.messages == ["Exception in ASGI application\n"]


@pytest.mark.parametrize("is_shut_down", [False, True])
async def test_who_is_cancelled_by_a_server_that_stops_is_not_logged(
    serve: Serve, is_shut_down: bool, caplog: pytest.LogCaptureFixture
) -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        await send(ACCEPT)
        await asyncio.Event().wait()

    client = serve(app)
    await client.open()
    if is_shut_down:
        client.protocol.shutdown()
    for task in client.state.tasks:
        task.cancel()
    await client.settle()
    assert bool(caplog.messages) is not is_shut_down
