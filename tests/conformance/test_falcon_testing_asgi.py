"""The kit for tests, beside Falcon's: WebSockets, scopes and events."""

from __future__ import annotations

import asyncio
import functools
import math
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

import falconws.core
import falconws.testing
from tests.conformance.kits import app_of, both, raw, same
from tests.conformance.manifest import requirement

# WebSockets.

Talk = Callable[[Any], Any]
"""What a test does with a WebSocket; a coroutine function."""


def talking(on_websocket: Talk, talk: Talk, path: str = "/", **arguments: Any) -> Any:
    """Give the act of talking with a responder.

    Args:
        on_websocket: The responder; a function of the WebSocket.
        talk: What the test does; a function of the simulated client.
        path: Where to.
        **arguments: Of `simulate_ws`.
    """

    async def act(framework: Any, kit: Any) -> Any:
        async def respond(self: Any, req: Any, ws: Any) -> None:
            await on_websocket(ws)

        app = app_of(framework)
        app.add_route("/ws", type("Resource", (), {"on_websocket": respond})())
        async with kit.ASGIConductor(app) as conductor:
            async with conductor.simulate_ws(path, **arguments) as ws:
                return await talk(ws)

    return act


async def attempt(awaitable: Any) -> Any:
    try:
        return await awaitable
    except Exception as exc:
        return f"raised {type(exc).__name__}"


async def nothing(ws: Any) -> None:
    """Say nothing."""


@requirement("falcon:testing:ws")
@pytest.mark.parametrize("name", ["simulate_ws", "websocket"])
def test_a_websocket_is_open_for_a_block(name: str) -> None:
    async def act(framework: Any, kit: Any) -> Any:
        told: list[object] = []

        async def app(scope: Any, receive: Any, send: Any) -> None:
            told.append((await receive())["type"])
            await send({"type": "websocket.accept"})
            event = await receive()
            told.append((event["type"], event["code"]))

        async with kit.ASGIConductor(raw(app)) as conductor:
            async with getattr(conductor, name)("/") as ws:
                assert isinstance(ws, kit.ASGIWebSocketSimulator)
                assert ws.ready
        return told, ws.closed, ws.close_code

    told = ["websocket.connect", ("websocket.disconnect", 1000)]
    assert same(act) == (told, True, 1000)


@requirement("falcon:testing:ws-query")
def test_the_path_of_a_websocket_may_have_a_query() -> None:
    async def http(scope: Any, receive: Any, send: Any) -> None:
        await receive()
        text = f"{scope['path']} {scope['query_string'].decode()}"
        await send({"type": "websocket.accept", "subprotocol": None})
        await send({"type": "websocket.send", "text": text})
        await receive()

    async def act(framework: Any, kit: Any) -> Any:
        async with kit.ASGIConductor(raw(http)) as conductor:
            async with conductor.simulate_ws("/ws?a=1") as ws:
                return await ws.receive_text()

    assert both(act) == ("/ws?a=1 ", "/ws a=1")


@requirement("falcon:testing:ws-state")
@requirement("falcon:testing:ws-state-missing")
def test_a_websocket_has_a_state() -> None:
    async def chosen(ws: Any) -> None:
        await ws.accept(subprotocol="chat", headers=[("X-A", "1")])
        await ws.receive_text()
        await ws.close(4001, "done")

    async def plain(ws: Any) -> None:
        await ws.accept()
        await attempt(ws.receive_text())

    async def look(ws: Any) -> Any:
        states = [(ws.ready, ws.closed, ws.subprotocol, [*ws.headers], ws.close_code)]
        await ws.send_text("go")
        await attempt(ws.receive_text())
        return [*states, (ws.ready, ws.closed, ws.close_code, ws.close_reason)]

    headers = [(b"x-a", b"1")]
    offer: dict[str, Any] = {"subprotocols": ["chat"], "spec_version": "2.3"}
    states = same(talking(chosen, look, "/ws", **offer))
    assert states == [(True, False, "chat", headers, None), (False, True, 4001, "done")]

    async def look_again(ws: Any) -> Any:
        return ws.headers, ws.close_reason

    assert both(talking(plain, look_again, "/ws")) == ((None, None), ([], ""))


@requirement("falcon:testing:ws-messages")
def test_messages_are_sent_and_received() -> None:
    async def echo(ws: Any) -> None:
        await ws.accept()
        for _ in range(2):
            await ws.send_text(await ws.receive_text())
        for _ in range(2):
            await ws.send_data(await ws.receive_data())

    async def talk(ws: Any) -> Any:
        await ws.send_text("é")
        await ws.send_json({"é": [1]})
        await ws.send_data(b"\0")
        await ws.send_msgpack({"a": b"1"})
        return [
            await ws.receive_text(),
            await ws.receive_json(),
            await ws.receive_data(),
            await ws.receive_msgpack(),
        ]

    assert same(talking(echo, talk, "/ws")) == ["é", {"é": [1]}, b"\0", {"a": b"1"}]


@requirement("falcon:testing:ws-types")
def test_a_payload_is_of_its_type() -> None:
    async def accept(ws: Any) -> None:
        await ws.accept()
        await attempt(ws.receive_text())

    async def talk(ws: Any) -> Any:
        return [await attempt(ws.send_text(b"a")), await attempt(ws.send_data("a"))]

    assert same(talking(accept, talk, "/ws")) == ["raised TypeError"] * 2


@requirement("falcon:testing:ws-kinds")
def test_a_message_of_the_other_kind_fails_the_test() -> None:
    async def say(ws: Any) -> None:
        await ws.accept()
        await ws.send_text("text")
        await ws.send_data(b"data")
        await attempt(ws.receive_text())

    async def talk(ws: Any) -> Any:
        return [await attempt(ws.receive_data()), await attempt(ws.receive_text())]

    theirs, ours = both(talking(say, talk, "/ws"))
    assert theirs == ["raised PayloadTypeError"] * 2
    assert ours == ["raised AssertionError"] * 2


@requirement("falcon:testing:ws-wait")
def test_waiting_for_a_message_costs_nothing_and_ends() -> None:
    async def silent(ws: Any) -> None:
        await ws.accept()
        await attempt(ws.receive_text())

    async def talk(ws: Any) -> Any:
        loop: Any = asyncio.get_running_loop()
        waiting = asyncio.ensure_future(ws.receive_text())
        for _ in range(50):  # Whatever has to be done first is done then.
            await asyncio.sleep(0)
        idle = not loop._ready
        waiting.cancel()
        await asyncio.wait({waiting})
        return idle

    assert both(talking(silent, talk, "/ws")) == (False, True)

    async def wait(ws: Any) -> Any:
        await ws.receive_text()

    act = talking(silent, wait, "/ws", timeout=0.05)
    ours = [act(falconws.core, falconws.testing)]
    with pytest.raises(TimeoutError, match="silent"):
        asyncio.run(ours.pop())


@requirement("falcon:testing:ws-handshake-timeout")
def test_a_handshake_has_to_be_answered() -> None:
    async def never(ws: Any) -> None:
        await asyncio.Event().wait()

    assert same(talking(never, nothing, "/ws", timeout=0.05)) == "raised TimeoutError"


@requirement("falcon:testing:ws-exit-timeout")
def test_an_application_has_to_return() -> None:
    async def stay(ws: Any) -> None:
        await ws.accept()
        await asyncio.Event().wait()

    assert same(talking(stay, nothing, "/ws", timeout=0.05)) == "raised TimeoutError"
    from falcon.testing.helpers import _WSContextManager

    assert _WSContextManager._DEFAULT_CLOSE_TIMEOUT == 30
    assert falconws.testing.DEFAULT_TIMEOUT == 5


@requirement("falcon:testing:ws-denied")
@pytest.mark.parametrize(
    ("path", "error"),
    [("/nowhere", "WebSocketPathNotFound"), ("/", "WebSocketHandlerNotFound")],
)
def test_a_handshake_that_is_denied_says_why(path: str, error: str) -> None:
    assert same(talking(nothing, nothing, path)) == f"raised {error}"


async def disconnection(act: Any, framework: Any, kit: Any) -> Any:
    """Give the name and the code of what an act raises."""
    try:
        await act(framework, kit)
    except Exception as exc:
        return type(exc).__name__, getattr(exc, "code", None)


@requirement("falcon:testing:ws-denied")
@requirement("falcon:testing:ws-denied-close")
@pytest.mark.parametrize(
    ("code", "error", "seen"),
    [
        (1000, "WebSocketDisconnected", 3403),
        (1001, "WebSocketDisconnected", 3403),
        (1011, "WebSocketServerError", 1011),
        (3000, "WebSocketDisconnected", 3000),
        (3404, "WebSocketPathNotFound", 3404),
        (3999, "WebSocketDisconnected", 3999),
        (4000, "WebSocketDisconnected", 3403),
    ],
)
def test_closing_before_accepting_is_seen_as_a_denial(
    code: int, error: str, seen: int
) -> None:
    async def close(ws: Any) -> None:
        await ws.close(code)

    act = talking(close, nothing, "/ws")
    assert same(functools.partial(disconnection, act)) == (error, seen)


@requirement("falcon:testing:ws-denied-response")
def test_a_handshake_may_be_denied_by_a_response() -> None:
    async def http(scope: Any, receive: Any, send: Any) -> None:
        await receive()
        start = {"type": "websocket.http.response.start", "status": 429, "headers": []}
        await send(start)
        await send({"type": "websocket.http.response.body", "body": b"later"})

    async def act(framework: Any, kit: Any) -> Any:
        async with kit.ASGIConductor(raw(http)) as conductor:
            async with conductor.simulate_ws("/"):
                pass

    assert both(functools.partial(disconnection, act)) == (
        ("OperationNotAllowed", None),
        ("WebSocketDisconnected", 3429),
    )


@requirement("falcon:testing:ws-closed-send")
@requirement("falcon:testing:ws-closed-receive")
def test_an_application_is_told_that_the_client_has_left() -> None:
    async def act(framework: Any, kit: Any) -> Any:
        told: list[Any] = []

        async def app(scope: Any, receive: Any, send: Any) -> None:
            await receive()
            await send({"type": "websocket.accept"})
            await receive()
            try:
                await send({"type": "websocket.send", "text": ""})
            except OSError:
                told.append("OSError")
            again = asyncio.ensure_future(attempt(receive()))
            await asyncio.wait({again}, timeout=0.05)
            told.append(again.result() if again.done() else "waits")
            again.cancel()

        async with kit.ASGIConductor(raw(app)) as conductor:
            async with conductor.simulate_ws("/"):
                pass
        return told

    theirs, ours = both(act)
    assert theirs == ["OSError", "raised OperationNotAllowed"]
    assert ours[0] == "OSError"
    assert ours[1] == "waits" or ours[1]["type"] == "websocket.disconnect"


# Scopes.


def read(scope: dict[str, Any]) -> dict[str, Any]:
    """Give a scope with its iterators read."""
    lists = {
        key: [*value] if isinstance(value, Iterator) else value
        for key, value in scope.items()
    }
    lists["headers"] = sorted((*pair,) for pair in lists["headers"])
    return lists


@requirement("falcon:testing:scope")
@requirement("falcon:testing:scope-path")
def test_a_scope_is_that_of_a_request() -> None:
    def act(framework: Any, kit: Any) -> Any:
        scope = kit.create_scope(
            path="/a%20b",
            query_string="c=d%20e",
            method="PUT",
            headers={"X-A": "1", "User-Agent": "ua"},
            host="example.org",
            scheme="https",
            port=8443,
            http_version="2",
            remote_addr="192.0.2.7",
            root_path="/api",
            content_length=3,
            cookies={"a": "1"},
        )
        scope = read(scope)
        version = scope.pop("asgi")["version"]
        client = scope.pop("client")[0]
        return {**scope, "version": version, "client": client, "extensions": {}} | {
            "server": tuple(scope["server"])
        }

    assert same(act) == {
        "type": "http",
        "version": "3.0",
        "http_version": "2",
        "method": "PUT",
        "scheme": "https",
        "path": "/a b",
        "raw_path": b"/a%20b",
        "query_string": b"c=d%20e",
        "root_path": "/api",
        "headers": [
            (b"content-length", b"3"),
            (b"cookie", b"a=1"),
            (b"host", b"example.org:8443"),
            (b"user-agent", b"ua"),
            (b"x-a", b"1"),
        ],
        "client": "192.0.2.7",
        "server": ("example.org", 8443),
        "extensions": {},
    }


@requirement("falcon:testing:scope-query")
def test_a_path_of_a_scope_has_no_query() -> None:
    theirs, ours = both(lambda _, kit: kit.create_scope(path="/a?b")["path"])
    assert (theirs, ours) == ("/a?b", "raised ValueError")


@requirement("falcon:testing:scope-iterators")
def test_a_scope_can_be_read_twice() -> None:
    def act(framework: Any, kit: Any) -> Any:
        scope = kit.create_scope(remote_addr="192.0.2.7")
        keys = ("headers", "client", "server")
        return [[*scope[key]] == [*scope[key]] for key in keys]

    assert both(act) == ([False] * 3, [True] * 3)


@requirement("falcon:testing:scope-client")
@requirement("falcon:testing:scope-missing")
def test_a_scope_has_what_servers_give() -> None:
    def act(framework: Any, kit: Any) -> Any:
        scope = kit.create_scope()
        return [key in scope for key in ("client", "scheme", "root_path")]

    assert both(act) == ([False] * 3, [True] * 3)
    scope = falconws.testing.create_scope()
    assert (scope["client"][0], scope["scheme"]) == ("127.0.0.1", "http")
    assert "client" not in falconws.testing.create_scope(remote_addr=None)


@requirement("falcon:testing:scope-server")
def test_a_scope_may_be_without_a_server() -> None:
    def act(framework: Any, kit: Any) -> Any:
        makers = (kit.create_scope, kit.create_scope_ws)
        return ["server" in make(include_server=False) for make in makers]

    assert same(act) == [False, False]


@requirement("falcon:testing:scope-version")
def test_a_scope_is_of_a_version_of_asgi() -> None:
    def act(framework: Any, kit: Any) -> Any:
        scopes = (kit.create_scope(), kit.create_scope_ws())
        return [scope["asgi"]["spec_version"] for scope in scopes]

    assert both(act) == (["2.1", "2.1"], ["2.3", "2.4"])
    chosen = falconws.testing.create_scope(spec_version="2.0")
    assert chosen["asgi"]["spec_version"] == "2.0"


@requirement("falcon:testing:scope-host")
@pytest.mark.parametrize(
    ("arguments", "host"),
    [
        ({}, b"a"),
        ({"port": 80}, b"a"),
        ({"port": 443}, b"a:443"),
        ({"scheme": "https"}, b"a"),
        ({"scheme": "https", "port": 80}, b"a:80"),
        ({"http_version": "1.0"}, None),
        ({"http_version": "2.0"}, b"a"),
    ],
)
def test_the_host_has_the_port(arguments: dict[str, Any], host: bytes | None) -> None:
    def act(framework: Any, kit: Any) -> Any:
        scope = kit.create_scope(host="a", **arguments)
        return dict(map(tuple, scope["headers"])).get(b"host")

    assert same(act) == host


@requirement("falcon:testing:scope-http-version")
@pytest.mark.parametrize(
    ("version", "expected"),
    [("1", "1.0"), ("2.0", "2"), ("1.1", "1.1"), ("0.9", "raised ValueError")],
)
def test_a_version_of_http_is_one_of_some(version: str, expected: str) -> None:
    act = lambda _, kit: kit.create_scope(http_version=version)["http_version"]  # noqa: E731
    assert same(act) == expected


@requirement("falcon:testing:scope-ws")
@requirement("falcon:testing:scope-ws-subprotocols")
def test_a_scope_may_be_that_of_a_websocket() -> None:
    def act(framework: Any, kit: Any) -> Any:
        scope = kit.create_scope_ws(subprotocols=["a", "b"], spec_version="2.3")
        assert "method" not in scope
        spec_version = scope["asgi"]["spec_version"]
        return scope["type"], scope["scheme"], spec_version, scope["subprotocols"]

    assert same(act) == ("websocket", "ws", "2.3", ["a", "b"])

    def subprotocols(framework: Any, kit: Any) -> Any:
        headers = kit.create_scope_ws(subprotocols=["a", "b"])["headers"]
        header = dict(map(tuple, headers)).get(b"sec-websocket-protocol")
        return kit.create_scope_ws().get("subprotocols"), header

    assert both(subprotocols) == ((None, None), ([], b"a, b"))


# Events.


async def received(emitter: Any) -> list[Any]:
    """Receive until the body has ended."""
    events = [await emitter()]
    while events[-1].get("more_body"):
        events.append(await emitter.emit())
    return events


@requirement("falcon:testing:emitter-body")
@pytest.mark.parametrize(
    ("arguments", "pieces"),
    [
        ({}, []),
        ({"body": "é"}, [b"\xc3\xa9"]),
        ({"body": b"abc", "chunk_size": 2}, [b"ab", b"c"]),
        ({"body": b"x" * 4097}, [b"x" * 4096, b"x"]),
    ],
)
def test_a_body_is_emitted_in_pieces(
    arguments: dict[str, Any], pieces: list[bytes]
) -> None:
    async def act(framework: Any, kit: Any) -> Any:
        events = await received(kit.ASGIRequestEventEmitter(**arguments))
        return events[:2], [e["body"] for e in events if e.get("body")]

    empty = {"type": "http.request", "more_body": True}
    assert same(act) == ([empty, {**empty, "body": b""}], pieces)


@requirement("falcon:testing:emitter-variations")
def test_a_body_is_emitted_the_same_way_each_time() -> None:
    async def act(framework: Any, kit: Any) -> Any:
        emitters = [kit.ASGIRequestEventEmitter(b"a") for _ in range(4)]
        events = [await received(emitter) for emitter in emitters]
        return all(each == events[0] for each in events)

    assert both(act) == (False, True)


@requirement("falcon:testing:emitter-disconnect")
@pytest.mark.parametrize(
    ("arguments", "body"),
    [((), b"abc"), ((None,), b"abc"), ((True,), b"abc"), ((False,), b"")],
)
def test_a_client_leaves_when_it_is_told(
    arguments: tuple[bool | None, ...], body: bytes
) -> None:
    async def act(framework: Any, kit: Any) -> Any:
        emitter = kit.ASGIRequestEventEmitter(b"abc", 1)
        assert not emitter.disconnected
        emitter.disconnect(*arguments)
        events = await received(emitter)
        last = [await emitter(), await emitter()]
        return emitter.disconnected, b"".join(e.get("body", b"") for e in events), last

    assert same(act) == (True, body, [{"type": "http.disconnect"}] * 2)


@requirement("falcon:testing:emitter-disconnect-at")
@requirement("falcon:testing:emitter-disconnect-default")
def test_a_client_leaves_at_its_time(monkeypatch: pytest.MonkeyPatch) -> None:
    now = 1000.0
    monkeypatch.setattr(time, "time", lambda: now)

    async def at_once(framework: Any, kit: Any) -> Any:
        return await kit.ASGIRequestEventEmitter(b"a", disconnect_at=0)()

    assert same(at_once) == {"type": "http.disconnect"}

    def later(framework: Any, kit: Any) -> Any:
        nonlocal now
        emitters = [
            kit.ASGIRequestEventEmitter(disconnect_at=1001),
            kit.ASGIRequestEventEmitter(),
        ]
        seen = []
        for seconds in (0.0, 1.0, 5.0, 29.5, 30.0):
            now = 1000 + seconds
            seen.append([emitter.disconnected for emitter in emitters])
        now = 1000.0
        return seen

    theirs, ours = both(later)
    assert [each[0] for each in ours] == [each[0] for each in theirs]
    assert [each[0] for each in ours] == [False, True, True, True, True]
    assert [each[1] for each in theirs] == [False, False, False, False, True]
    assert [each[1] for each in ours] == [False, False, True, True, True]


@requirement("falcon:testing:emitter-wait")
def test_an_emitter_that_waits_costs_nothing() -> None:
    async def act(framework: Any, kit: Any) -> Any:
        emitter = kit.ASGIRequestEventEmitter(disconnect_at=math.inf)
        await received(emitter)
        loop: Any = asyncio.get_running_loop()
        timers = len(loop._scheduled)
        waiting = asyncio.ensure_future(emitter())
        await asyncio.sleep(0)
        polls = len(loop._scheduled) > timers
        emitter.disconnect()
        await waiting
        return polls

    assert both(act) == (True, False)


@requirement("falcon:testing:emitter-chunk-size")
def test_a_piece_is_not_empty_for_ever() -> None:
    async def act(framework: Any, kit: Any) -> Any:
        emitter = kit.ASGIRequestEventEmitter(b"a", chunk_size=0)
        events = [await emitter() for _ in range(20)]
        return all(event["more_body"] and not event.get("body") for event in events)

    assert both(act) == (True, "raised ValueError")


def collecting(*events: Any, **arguments: Any) -> Callable[[Any, Any], Any]:
    """Give the act of collecting events; it gives what the collector has."""

    async def act(framework: Any, kit: Any) -> Any:
        collector = kit.ASGIResponseEventCollector(**arguments)
        for event in events[:1]:
            await collector.collect({**event})
        for event in events[1:]:
            await collector({**event})
        return {
            "events": collector.events,
            "status": collector.status,
            "headers": [*collector.headers],
            "body_chunks": [*collector.body_chunks],
            "more_body": collector.more_body,
        }

    return act


START: dict[str, Any] = {"type": "http.response.start", "status": 200, "headers": []}
BODY: dict[str, Any] = {"type": "http.response.body"}
PROTOCOL_ERROR = "raised ASGIProtocolError"


@requirement("falcon:testing:collector")
def test_what_an_application_sends_is_collected() -> None:
    assert same(collecting()) == {
        "events": [],
        "status": None,
        "headers": [],
        "body_chunks": [],
        "more_body": None,
    }
    start = {**START, "status": 201, "headers": [(b"x-a", b"\xe9"), (b"x-b", b"")]}
    more = {**BODY, "body": b"a", "more_body": True}
    expected = {
        "events": [start, more],
        "status": 201,
        "headers": [("x-a", "é"), ("x-b", "")],
        "body_chunks": [b"a"],
        "more_body": True,
    }
    assert same(collecting(start, more)) == expected
    assert same(collecting(start, more, BODY)) == {
        **expected,
        "events": [start, more, BODY],
        "body_chunks": [b"a", b""],
        "more_body": False,
    }
    phases = [{"type": f"lifespan.{name}.complete"} for name in ("startup", "shutdown")]
    assert same(collecting(*phases))["events"] == phases


@requirement("falcon:testing:collector-types")
@pytest.mark.parametrize(
    ("events", "theirs"),
    [
        ([{"type": 1}], "TypeError"),
        ([{**START, "status": "200"}], "TypeError"),
        ([{**START, "headers": [("a", b"")]}], "TypeError"),
        ([{**START, "headers": [(b"a", "")]}], "TypeError"),
        ([{**START, "headers": [(b"A", b"")]}], "ValueError"),
        ([{**START, "headers": [(b"a b", b"")]}], "ValueError"),
        ([{**START, "headers": [(b"a", b"\r\nb: c")]}], "ValueError"),
        ([START, {**BODY, "body": "a"}], "TypeError"),
        ([START, {**BODY, "more_body": 1}], "TypeError"),
        ([{"type": "http.response.end"}], "ValueError"),
    ],
)
def test_what_is_of_a_wrong_type_is_refused(
    events: list[dict[str, Any]], theirs: str
) -> None:
    assert both(collecting(*events)) == (f"raised {theirs}", PROTOCOL_ERROR)
    assert issubclass(falconws.testing.ASGIProtocolError, AssertionError)


@requirement("falcon:testing:collector-refused")
def test_what_is_refused_is_not_collected() -> None:
    async def act(framework: Any, kit: Any) -> Any:
        collector = kit.ASGIResponseEventCollector()
        with pytest.raises(Exception, match="end"):
            await collector({"type": "http.response.end"})
        return collector.events

    assert both(act) == ([{"type": "http.response.end"}], [])


@requirement("falcon:testing:collector-order")
@pytest.mark.parametrize("events", [[BODY], [START, START]])
def test_events_are_refused_out_of_their_order(events: list[dict[str, Any]]) -> None:
    theirs, ours = both(collecting(*events))
    assert theirs["events"] == events
    assert ours == PROTOCOL_ERROR


@requirement("falcon:testing:collector-after")
def test_nothing_follows_the_last_of_the_body() -> None:
    theirs, ours = both(collecting(START, BODY, {**BODY, "body": b"lost"}))
    assert theirs["events"] == [START, BODY]
    assert ours == PROTOCOL_ERROR


@requirement("falcon:testing:collector-values")
@pytest.mark.parametrize(
    "events",
    [
        [{**START, "status": 100}],
        [{**START, "status": 0}],
        [{**START, "status": True}],
        [{**START, "headers": [(b"content-type", b"a/b")] * 2}],
        [{**START, "headers": [(b"content-length", b"a")]}],
        [{**START, "headers": [(b"content-length", b"1")]}, {**BODY, "body": b"ab"}],
    ],
)
def test_values_that_servers_refuse_are_refused(events: list[dict[str, Any]]) -> None:
    theirs, ours = both(collecting(*events))
    assert theirs["events"] == events
    assert ours == PROTOCOL_ERROR


@requirement("falcon:testing:collector-names")
@pytest.mark.parametrize(
    ("header", "expected"),
    [((b"x.y", b""), ("x.y", "")), ((b"1a", b""), ("1a", "")), ((b"a", b"b\tc"),) * 2],
)
def test_names_and_values_are_those_of_http(
    header: tuple[bytes, bytes], expected: tuple[Any, Any]
) -> None:
    theirs, ours = both(collecting({**START, "headers": [header]}))
    assert theirs == "raised ValueError"
    name, value = (
        part if isinstance(part, str) else part.decode() for part in expected
    )
    assert ours["headers"] == [(name, value)]


@requirement("falcon:testing:collector-extensions")
def test_what_an_extension_adds_is_collected() -> None:
    start = {**START, "trailers": True}
    trailers = {"type": "http.response.trailers", "headers": [(b"x-a", b"1")]}
    events: list[dict[str, Any]] = [start, BODY, trailers]
    assert both(collecting(trailers)) == ("raised ValueError", PROTOCOL_ERROR)
    collector = falconws.testing.ASGIResponseEventCollector(["http.response.trailers"])

    async def collect() -> None:
        for event in events:
            await collector({**event})

    asyncio.run(collect())
    assert collector.events == events


@requirement("falcon:testing:lifespan-emitter")
@requirement("falcon:testing:lifespan-emitter-early")
def test_a_lifespan_is_emitted() -> None:
    async def act(framework: Any, kit: Any) -> Any:
        shutting_down = asyncio.Condition()
        emitter = kit.ASGILifespanEventEmitter(shutting_down)
        events = [await emitter(), await emitter.emit()]
        waiting = asyncio.ensure_future(emitter())
        await asyncio.sleep(0)
        assert not waiting.done()
        async with shutting_down:
            shutting_down.notify()
        return [event["type"] for event in [*events, await waiting]]

    types = ["startup", "_nonstandard_event", "shutdown"]
    assert same(act) == [f"lifespan.{name}" for name in types]

    async def early(framework: Any, kit: Any) -> Any:
        shutting_down = asyncio.Event()
        shutting_down.set()
        emitter = kit.ASGILifespanEventEmitter(shutting_down)
        async with asyncio.timeout(5):
            return [(await emitter())["type"] for _ in range(3)][-1]

    assert both(early) == ("raised TypeError", "lifespan.shutdown")
