"""WebSockets, beside Falcon's."""

from __future__ import annotations

import asyncio
import json
import logging
import re
from collections.abc import Callable
from fnmatch import fnmatchcase
from types import SimpleNamespace
from typing import Any

import msgpack
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tests.conformance.apps import FRAMEWORKS
from tests.conformance.manifest import requirement
from tests.conformance.outcomes import shown
from tests.conformance.sockets import (
    DENIAL,
    Act,
    Application,
    Notes,
    both,
    disconnect,
    here,
    message,
    responding,
    same,
)

_token = st.text("abcXYZ019-", min_size=1, max_size=5)
_value = st.from_regex(r"[!-~]([ -~]*[!-~])?|", fullmatch=True)
_payloads = st.text(max_size=5) | st.binary(max_size=5)
_json = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=5,
)


def unqueued(act: Act) -> Application:
    """Make an App that asks the server when it receives, in Falcon too."""
    return responding(act, max_receive_queue=0)


def doing(*calls: Callable[[Any], Any], accept: bool = True) -> Act:
    """Give what a responder does that notes what calls of the WebSocket give."""

    async def act(falcon: Any, ws: Any, notes: Notes) -> None:
        if accept:
            await ws.accept()
        for call in calls:
            await notes(call(ws))

    return act


def raises(make: Callable[[Any], Exception], accept: bool = True) -> Act:
    """Give what a responder does that raises an exception."""

    async def act(falcon: Any, ws: Any, notes: Notes) -> None:
        if accept:
            await ws.accept()
        raise make(falcon)

    return act


def with_app(
    change: Callable[[Any, Any, Notes], object], act: Act | None = None
) -> Application:
    """Make an App that something is done with, beside a responder for ``/``."""

    def make(falcon: Any, notes: Notes) -> Any:
        app = responding(act or doing())(falcon, notes)
        change(falcon, app, notes)
        return app

    return make


# The handshake, and operations in any order.

OPERATIONS: dict[str, Callable[[Any, Any], Any]] = {
    "accept": lambda ws, value: ws.accept(),
    "close": lambda ws, value: ws.close(value),
    "send_text": lambda ws, value: ws.send_text("é"),
    "send_data": lambda ws, value: ws.send_data(b"\x80"),
    "receive_text": lambda ws, value: ws.receive_text(),
    "receive_data": lambda ws, value: ws.receive_data(),
}
_CODES = st.sampled_from([None, 1000, 3999, 4000, 4999])


@requirement("falcon:websocket:operations")
@requirement("falcon:websocket:accept-once")
@requirement("falcon:websocket:close")
@requirement("falcon:websocket:disconnected")
@requirement("falcon:websocket:receive")
@given(
    st.booleans(),
    st.lists(st.tuples(st.sampled_from(sorted(OPERATIONS)), _CODES), max_size=8),
    st.lists(_payloads, max_size=4),
    st.integers(1000, 4999),
)
@example(True, [("accept", None), ("receive_text", None)], [b"a"], 1001)
@example(True, [("close", 4000), ("send_text", None), ("close", 4001)], ["a"], 1001)
@example(True, [("receive_data", None), ("send_data", None)], [], 1001)
@settings(max_examples=200)
def test_operations_in_any_order_do_the_same(
    accept: bool, operations: list[tuple[str, Any]], payloads: list[Any], code: int
) -> None:
    async def act(falcon: Any, ws: Any, notes: Notes) -> None:
        if accept:
            await ws.accept()
        for name, value in operations:
            if name != "accept" or not ws.closed:  # see accept-closed
                await notes(OPERATIONS[name](ws, value))
            notes.append(f"{ws.unaccepted} {ws.ready} {ws.closed}")

    events = [*map(message, payloads), disconnect(code)]
    same(unqueued(act), events=events)


@requirement("falcon:websocket:subprotocols")
@requirement("falcon:websocket:accept")
@given(
    st.lists(_token, max_size=3),
    st.integers(0, 2),
    st.lists(st.tuples(_token, _value)),
    st.sampled_from([list, dict, tuple]),
)
@example(["chat"], 0, [("X-A", "b"), ("Sec-WebSocket-Protocol", "chat")], list)
def test_accepting_sends_a_subprotocol_and_headers(
    offered: list[str], chosen: int, headers: Any, kind: Any
) -> None:
    async def act(falcon: Any, ws: Any, notes: Notes) -> None:
        notes.append(repr(ws.subprotocols))
        subprotocol = dict(enumerate(offered)).get(chosen)
        await notes(ws.accept(subprotocol, kind(headers)))

    same(responding(act), subprotocols=offered)


@requirement("falcon:websocket:accept-headers-version")
@requirement("asgi:websocket:accept-headers")
@pytest.mark.parametrize("version", ["2.0", "2.1", "2.2", "2.3", "2.4", "2.10"])
def test_headers_depend_on_the_version_of_asgi(version: str) -> None:
    async def act(falcon: Any, ws: Any, notes: Notes) -> None:
        notes.append(str(ws.supports_accept_headers))
        await notes(ws.accept(headers={"X-A": "b"}))

    found = same(responding(act), spec_version=version)
    expected = ["True", "None"], ["False", "OperationNotAllowed"]
    assert found.notes == expected[version == "2.0"]


@requirement("falcon:websocket:accept")
@pytest.mark.parametrize("subprotocol", [1, b"chat", ["chat"], False])
def test_a_subprotocol_is_a_string(subprotocol: Any) -> None:
    act = doing(lambda ws: ws.accept(subprotocol), accept=False)
    found = same(responding(act), subprotocols=["chat"])
    assert found.notes == ["ValueError"]


# What differs in what a responder may do: that, what the server has, and what each notes.


def accepting(name: str, value: str) -> Act:
    return doing(lambda ws: ws.accept(headers=[(name, value)]), accept=False)


async def _has_context(falcon: Any, ws: Any, notes: Notes) -> None:
    notes.append(str(hasattr(ws, "context")))


async def _ended(falcon: Any, ws: Any, notes: Notes) -> None:
    notes.append(str(falcon.WebSocketDisconnected().code))


async def _receive_twice(falcon: Any, ws: Any, notes: Notes) -> None:
    await ws.accept()
    receiving = asyncio.create_task(ws.receive_text())
    await asyncio.sleep(0)
    await notes(ws.receive_text())
    receiving.cancel()


def broken(error: Exception, words: str = "") -> dict[str, Any]:
    error.__cause__ = Exception(words)
    return {"breaks": error}


_accept_closed = doing(lambda ws: ws.close(), lambda ws: ws.accept(), accept=False)
_unoffered = doing(lambda ws: ws.accept("other"), accept=False)
_receiving = doing(lambda ws: ws.receive_data())
_sending = doing(lambda ws: ws.send_text("a"))
LIST = Exception("protocol accepted must be from the list")
NOTHING = {"type": "websocket.receive"}
WSD = "WebSocketDisconnected"


@requirement("falcon:websocket:context")
@requirement("falcon:websocket:accept-closed")
@requirement("falcon:websocket:accept-unoffered")
@requirement("falcon:websocket:accept-headers-checked")
@requirement("falcon:websocket:receive-nothing")
@requirement("falcon:websocket:receive-twice")
@requirement("falcon:websocket:disconnected-no-code")
@requirement("falcon:websocket:send-fails-code")
@requirement("falcon:websocket:send-fails-words")
@pytest.mark.parametrize(
    ("act", "server", "theirs", "ours"),
    [
        (_has_context, {}, "False", "True"),
        (_accept_closed, {}, "None, OperationNotAllowed", f"None, {WSD} 1000"),
        (_unoffered, {"subprotocols": ["chat"]}, "None", "ValueError"),
        (_unoffered, {"breaks": LIST, "breaks_at": 0}, "ValueError", "ValueError"),
        (accepting("X-A", "é"), {}, "ValueError", "None"),
        (accepting("X-A", "a\r\nX-B: c"), {}, "None", "ValueError"),
        (accepting("X A", "b"), {}, "None", "ValueError"),
        (_receiving, {"events": [NOTHING]}, "PayloadTypeError", "KeyError"),
        (_receive_twice, {}, "AssertionError", "OperationNotAllowed"),
        (_ended, {}, "1000", "1005"),
        (_receiving, {"events": [disconnect()]}, f"{WSD} 1000", f"{WSD} 1005"),
        (_sending, broken(OSError()), f"{WSD} 1000", f"{WSD} 1006"),
        (_sending, broken(OSError(), "received 1001"), f"{WSD} 1001", f"{WSD} 1006"),
        (_sending, broken(Exception("code = 1000 (OK)")), f"{WSD} 1000", "Exception"),
        (_sending, broken(RuntimeError("Over.")), "RuntimeError", f"{WSD} 1006"),
    ],
)
def test_some_of_what_a_responder_does_differs_for_a_reason(
    act: Act, server: dict[str, Any], theirs: str, ours: str
) -> None:
    found = both(responding(act), **server)
    assert [", ".join(talk.notes) for talk in found] == [theirs, ours]


# Messages.


@requirement("falcon:websocket:send-types")
@requirement("falcon:websocket:send-types-first")
@given(
    st.sampled_from(["unaccepted", "open", "closed"]),
    st.sampled_from(
        [(str, "send_text"), ((bytes, bytearray, memoryview), "send_data")]
    ),
    st.one_of(
        st.text(st.characters()),
        st.binary(),
        st.binary().map(bytearray),
        st.binary().map(lambda payload: memoryview(payload)),
        st.none() | st.integers() | st.lists(st.integers(0, 9), max_size=1),
    ),
)
def test_a_payload_is_a_string_or_bytes(state: str, send: Any, payload: Any) -> None:
    async def act(falcon: Any, ws: Any, notes: Notes) -> None:
        if state != "unaccepted":
            await ws.accept()
        if state == "closed":
            await ws.close(4000)
        await notes(getattr(ws, name)(payload))

    kind, name = send
    if isinstance(payload, kind) or state == "open":
        same(responding(act))
        return
    theirs, ours = both(responding(act))
    of_the_state = {
        "unaccepted": ["OperationNotAllowed"],
        "closed": ["WebSocketDisconnected 4000"],
    }
    assert (theirs.notes, ours.notes) == (of_the_state[state], ["TypeError"])


@requirement("falcon:websocket:media")
@requirement("asgi:websocket:receive")
@given(_json, st.booleans(), st.booleans())
@settings(max_examples=50)
def test_media_goes_by_the_handler_for_its_kind(
    media: Any, comes_as_text: bool, absent_is_none: bool
) -> None:
    async def act(falcon: Any, ws: Any, notes: Notes) -> None:
        await ws.accept()
        await notes(ws.receive_media())
        await ws.send_media(media)
        await ws.send_media(media, falcon.WebSocketPayloadType.BINARY)

    packed = msgpack.packb(media)
    event = message(json.dumps(media) if comes_as_text else packed)
    if absent_is_none:
        event = {"text": None, "bytes": None} | event
    theirs, ours = both(responding(act), events=[event])
    assert theirs.notes == ours.notes == [shown(media)]
    for talk in (theirs, ours):  # The one writes JSON with spaces, the other without.
        assert talk.short == "accept, send, send, close 1000"
        assert json.loads(talk.sent[1]["text"]) == media
        assert talk.sent[2]["bytes"] == packed


@requirement("falcon:websocket:receive-direct")
def test_nothing_is_received_before_somebody_asks() -> None:
    async def act(falcon: Any, ws: Any, notes: Notes) -> None:
        await ws.accept()
        for _ in range(20):
            await asyncio.sleep(0)
        notes.append(f"{ws.ready} {ws.closed}")

    theirs, ours = both(responding(act), events=[message("a"), disconnect(1001)])
    assert (theirs.notes, len(theirs.left)) == (["False True"], 0)
    assert (ours.notes, len(ours.left)) == (["True False"], 2)


@requirement("falcon:websocket:receive-size")
@requirement("rfc6455:7.4.1:meanings")
@pytest.mark.parametrize("payload", ["a" * 2**20, "é" * 2**19, b"a" * 2**20])
def test_a_message_has_a_size(payload: Any) -> None:
    name = "receive_text" if isinstance(payload, str) else "receive_data"
    application = responding(doing(lambda ws: getattr(ws, name)()))
    same(application, events=[message(payload)])
    theirs, ours = both(application, events=[message(payload + payload[:1])])
    assert theirs.short == "accept, close 1000"
    assert ours.short == "accept, close 1009"


# The end.

REGISTERED = (1000, 1001, 1002, 1003, *range(1007, 1015))


@requirement("falcon:websocket:close-codes")
@requirement("falcon:websocket:close-codes-unassigned")
@requirement("rfc6455:7.4.1:reserved")
@requirement("rfc6455:7.4.2:ranges")
@given(
    st.integers() | st.integers(990, 5010) | st.sampled_from(["1000", 1e3, [], True]),
    st.booleans(),
)
@example(1004, False)
@example(1005, False)
@example(1006, True)
@example(1015, False)
@example(2999, False)
@example(3000, True)
@example(4999, False)
@example(5000, True)
@settings(max_examples=200)
def test_some_codes_are_refused(code: Any, closed: bool) -> None:
    async def act(falcon: Any, ws: Any, notes: Notes) -> None:
        await ws.accept()
        if closed:
            await ws.close()
        await notes(ws.close(code))

    application = responding(act, default_close_reasons={})
    theirs, ours = both(application)
    is_code = isinstance(code, int) and code >= 1000
    if is_code and (2000 <= code < 3000 or code >= 5000):
        assert theirs.notes == ["None"]
    else:
        same(application)
    # RFC 6455, 7.4: what is registered, and what applications may define.
    may_be_sent = is_code and (code in REGISTERED or 3000 <= code < 5000)
    assert ours.notes == ["None" if may_be_sent else "ValueError"]
    expected = code if may_be_sent and not closed else 1000
    assert ours.short == f"accept, close {expected}"


@requirement("falcon:websocket:close-reason")
@requirement("falcon:websocket:close-reason-checked")
@requirement("asgi:websocket:close-reason")
@requirement("rfc6455:5.5:reason")
@requirement("rfc6455:5.5.1:utf-8")
@given(
    st.text(st.characters(), max_size=130),
    st.sampled_from(["2.0", "2.2", "2.3", "2.4", "2.10"]),
)
@example("é" * 61 + "e", "2.3")
@example("é" * 62, "2.3")
@example("\ud800", "2.3")
def test_a_reason_is_sent_where_the_server_can(reason: str, version: str) -> None:
    application = responding(doing(lambda ws: ws.close(4000, reason)))
    try:
        fits = len(reason.encode()) <= 123
    except UnicodeEncodeError:
        fits = False
    if fits:
        found = same(application, spec_version=version)
        speaks = version not in ("2.0", "2.2")
        assert found.sent[-1].get("reason", "") == (reason if speaks else "")
        return
    theirs, ours = both(application, spec_version=version)
    assert (theirs.notes, ours.notes) == (["None"], ["ValueError"])


_REASONS, OUR_REASONS = (
    framework.asgi.App().ws_options.default_close_reasons for framework in FRAMEWORKS
)
# Their phrases are not those of the status lines, or were not at Falcon's time.
_OTHERS = (3413, 3414, 3416, 3418, 3422)


@requirement("falcon:websocket:default-close-reasons")
@pytest.mark.parametrize("code", sorted({*_REASONS} - {3011, *_OTHERS}))
def test_codes_have_reasons(code: int) -> None:
    found = same(responding(doing(lambda ws: ws.close(code, ""))))
    assert found.sent[-1]["reason"] == _REASONS[code]


@requirement("falcon:websocket:default-close-reasons-phrases")
@pytest.mark.parametrize("code", _OTHERS)
def test_codes_of_statuses_have_the_phrases_of_these(code: int) -> None:
    for framework, reasons in zip(FRAMEWORKS, (_REASONS, OUR_REASONS), strict=True):
        line = framework.code_to_http_status(code - 3000)
        assert line == f"{code - 3000} {reasons[code]}"


@requirement("falcon:websocket:default-close-reasons-others")
def test_some_codes_have_reasons_in_one_of_both_only() -> None:
    assert {*_REASONS} - {*OUR_REASONS} == {3011}
    assert {*OUR_REASONS} - {*_REASONS} == {1001, 1003, 1007}


@requirement("falcon:websocket:send-fails")
@pytest.mark.parametrize(
    "error", [OSError, ConnectionResetError, ValueError, ZeroDivisionError]
)
def test_what_the_server_raises_may_be_the_end(error: type[Exception]) -> None:
    async def act(falcon: Any, ws: Any, notes: Notes) -> None:
        await ws.accept()
        with pytest.raises((error, falcon.WebSocketDisconnected)) as caught:
            await ws.send_text("a")
        notes.append(f"{caught.typename} {ws.ready} {ws.closed}")

    found = same(responding(act), breaks=error())
    is_end = issubclass(error, OSError)
    expected = f"{WSD} False True" if is_end else f"{error.__name__} True False"
    assert found.notes == [expected]


@requirement("falcon:websocket:disconnect-grace")
def test_a_responder_does_not_outlive_its_client() -> None:
    async def act(falcon: Any, ws: Any, notes: Notes) -> None:
        await ws.accept()
        await notes(ws.receive_text())
        try:
            for _ in range(20):
                await asyncio.sleep(0)
            notes.append("It went on.")
        except asyncio.CancelledError:
            notes.append("It was cancelled.")
            raise

    def at_once(falcon: Any, app: Any, notes: Notes) -> None:
        if hasattr(app.ws_options, "disconnect_grace"):
            app.ws_options.disconnect_grace = 0

    theirs, ours = both(with_app(at_once, act), events=[disconnect(1001)])
    assert theirs.notes[1:] == ["It went on."]
    assert (ours.notes[1:], ours.error) == (["It was cancelled."], None)


# How a connection goes.


async def _return(falcon: Any, ws: Any, notes: Notes) -> None: ...


async def _accept(falcon: Any, ws: Any, notes: Notes) -> None:
    await ws.accept()


async def _receive(falcon: Any, ws: Any, notes: Notes) -> None:
    await ws.accept()
    await ws.receive_text()


async def _receive_media(falcon: Any, ws: Any, notes: Notes) -> None:
    await ws.accept()
    try:
        await ws.receive_media()
    except ValueError:
        notes.append("ValueError")
        raise


_bug = raises(lambda falcon: ZeroDivisionError())
_gone = raises(lambda falcon: falcon.HTTPGone())
_other_end = raises(lambda falcon: falcon.WebSocketDisconnected(1001))


@requirement("falcon:websocket:returns-unaccepted")
@requirement("falcon:websocket:returns-accepted")
@requirement("falcon:websocket:exceptions")
@requirement("falcon:websocket:disconnected-unhandled")
@pytest.mark.parametrize(
    ("act", "expected"),
    [
        (_return, "close 1000"),
        (_accept, "accept, close 1000"),
        (_bug, "accept, close 1011"),
        (_receive, "accept"),
        (_other_end, "accept, close 1011"),
    ],
)
def test_a_connection_goes_the_same_way(act: Act, expected: str) -> None:
    for scope in ({}, DENIAL):
        found = same(responding(act), events=[disconnect(1001)], **scope)
        assert found.short == expected


def with_sink(prefix: str, sink: Callable[..., Any]) -> Application:
    """Make an App with a sink, which is given the notes before all else."""
    return with_app(
        lambda falcon, app, notes: app.add_sink(sink(notes), re.compile(prefix))
    )


def of_http(notes: Notes) -> Any:
    async def sink(req: Any, resp: Any, **groups: Any) -> None:
        notes.append(f"{type(resp).__name__} {groups}")

    return sink


def of_both(notes: Notes) -> Any:
    async def sink(req: Any, resp: Any, ws: Any = None, **groups: Any) -> None:
        notes.append(f"{type(resp).__name__} {type(ws).__name__} {groups}")

    return sink


def handled(handler: Callable[..., Any]) -> Application:
    """Make an App with an error handler for what its responder raises."""
    return with_app(
        lambda falcon, app, notes: app.add_error_handler(ZeroDivisionError, handler),
        _bug,
    )


async def _silent(req: Any, resp: Any, ex: Any, params: Any) -> None: ...


async def _of_http_only(req: Any, resp: Any, ex: Any, params: Any) -> None:
    resp.text = ""


_without_responder = with_app(
    lambda falcon, app, notes: app.add_route("/a", SimpleNamespace(on_get=_return))
)
_static = with_app(lambda falcon, app, notes: app.add_static_route("/a", "/"))
_early_bug = responding(raises(lambda falcon: ZeroDivisionError(), accept=False))
ROOM = {"path": "/a/b"}
PAGE = {"headers": [(b"host", b"a.test"), (b"origin", b"https://b.test")]}


@requirement("falcon:websocket:first-event")
@requirement("falcon:websocket:no-route")
@requirement("falcon:websocket:no-responder")
@requirement("falcon:websocket:exceptions-unaccepted")
@requirement("falcon:websocket:static-route")
@requirement("falcon:websocket:sink-without-ws")
@requirement("falcon:websocket:sink-group")
@requirement("falcon:websocket:origin")
@requirement("falcon:websocket:wrong-kind")
@requirement("falcon:websocket:malformed-media")
@requirement("falcon:websocket:error-handler-without-ws")
@requirement("falcon:websocket:error-handler-raises")
@requirement("rfc6455:7.4.1:meanings")
@pytest.mark.parametrize(
    ("application", "server", "theirs", "ours"),
    [
        (responding(_accept), {"first": "websocket.disconnect"}, "close 1011", ""),
        (responding(_accept), ROOM, "close 3404", "denied 404"),
        (_without_responder, {"path": "/a"}, "close 3405", "denied 405"),
        (_early_bug, {}, "close 1011", "denied 500"),
        (_static, ROOM, "close 3400", "denied 404"),
        (with_sink("/a", of_http), ROOM, "close 1000; WebSocket {}", "denied 404"),
        (
            with_sink("/(?P<ws>a)", of_both),
            ROOM,
            "close 1000; WebSocket str {}",
            "denied 404",
        ),
        (responding(_accept), PAGE, "accept, close 1000", "denied 403"),
        (handled(_silent), {}, "accept", "accept, close 1000"),
        (
            handled(_of_http_only),
            {},
            "accept, raised AttributeError",
            "accept, close 1011",
        ),
        *(
            (
                responding(_receive_media),
                {"events": [message(payload)]},
                "accept, close 1011; ValueError",
                "accept, close 1007; ValueError",
            )
            for payload in ("", "{", "é" * 200, b"\xc1")
        ),
        (
            responding(_receive),
            {"events": [message(b"")]},
            "accept, close 1011",
            "accept, close 1003",
        ),
    ],
)
@pytest.mark.filterwarnings("ignore::falcon.util.deprecation.DeprecatedWarning")
def test_some_connections_go_another_way_for_a_reason(
    application: Application, server: dict[str, Any], theirs: str, ours: str
) -> None:
    found = both(application, **server, **DENIAL)
    told = ["; ".join([talk.short, *talk.notes]) for talk in found]
    assert told[0] == theirs
    assert fnmatchcase(told[1], ours)
    assert all(len(event.get("reason", "").encode()) <= 123 for event in found[1].sent)
    if ours.startswith("denied"):  # Without the extension it is the 403 of a server.
        assert here(application, **server).short == "close 1000"


@requirement("falcon:websocket:sink")
@requirement("falcon:websocket:middleware")
def test_a_sink_that_wants_them_is_given_websockets() -> None:
    application = with_sink("/(?P<room>[a-z]+)", of_both)
    assert same(application, **ROOM).notes == ["NoneType WebSocket {'room': 'a'}"]


PLACES = ("process_request_ws", "process_resource_ws", "on_websocket", "handler")


def failing(place: str, fail: Callable[[Any, Any], Any]) -> Application:
    """Make an App with a hook, a responder or an error handler that fails."""

    def change(falcon: Any, app: Any, notes: Notes) -> None:
        async def failing(self: Any, req: Any, ws: Any, *rest: Any) -> None:
            await fail(falcon, ws)

        async def on_websocket(self: Any, req: Any, ws: Any) -> None:
            raise ZeroDivisionError

        async def handler(req: Any, resp: Any, ex: Any, params: Any, ws: Any) -> None:
            notes.append(str(resp))
            await fail(falcon, ws)

        kind = type("Resource", (), {"on_websocket": on_websocket, place: failing})
        if place.startswith("process"):
            app.add_middleware(kind())
        app.add_error_handler(ZeroDivisionError, handler)
        app.add_route("/a/b", kind())

    return with_app(change)


@requirement("falcon:websocket:errors")
@requirement("falcon:websocket:errors-unaccepted")
@requirement("falcon:websocket:error-handler")
@given(
    st.sampled_from(PLACES),
    st.booleans(),
    st.sampled_from(["HTTPError", "HTTPStatus"]),
    st.integers(300, 599).filter(lambda status: 3000 + status not in _OTHERS),
)
@settings(max_examples=60)
def test_an_http_error_closes_with_its_status(
    place: str, accept: bool, kind: str, status: int
) -> None:
    async def fail(falcon: Any, ws: Any) -> None:
        if accept:
            await ws.accept()
        raise getattr(falcon, kind)(status, headers={"X-A": "b"})

    application = failing(place, fail)
    if accept:
        found = same(application, **ROOM, **DENIAL)
        assert found.short == f"accept, close {3000 + status}"
        return
    theirs, ours = both(application, **ROOM, **DENIAL)
    assert theirs.short == f"close {3000 + status}"
    assert ours.short == f"denied {status}"
    assert (b"x-a", b"b") in ours.sent[0]["headers"]
    assert ours.notes == theirs.notes == ["None"] * (place == "handler")
    assert here(application, **ROOM).short == "close 1000"


@requirement("falcon:websocket:errors-logged")
@requirement("falcon:websocket:exceptions")
@requirement("falcon:websocket:disconnected-unhandled")
@requirement("falcon:websocket:malformed-media")
@requirement("falcon:websocket:wrong-kind")
@pytest.mark.parametrize(
    ("act", "event", "theirs", "ours"),
    [
        (_gone, message(""), "ERROR", "DEBUG"),
        (_bug, message(""), "ERROR", "ERROR"),
        (_receive, disconnect(1001), "DEBUG", "DEBUG"),
        (_receive, message(b""), "ERROR", "DEBUG"),
        (_receive_media, message("{"), "ERROR", "DEBUG"),
    ],
)
def test_what_a_client_does_is_no_error(
    act: Act, event: Any, theirs: str, ours: str, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG):
        both(responding(act), events=[event])
    levels = {record.name: record.levelname for record in caplog.records}
    assert (levels["falcon"], levels["falconws"]) == (theirs, ours)


# What can be set, and what can be put before.


@requirement("falcon:websocket:options")
@requirement("falcon:websocket:max-receive-queue")
def test_there_are_the_same_options() -> None:
    def change(falcon: Any, app: Any, notes: Notes) -> None:
        options = app.ws_options
        assert options.error_close_code == 1011
        assert options.max_receive_queue == (4 if falcon is FRAMEWORKS[0] else 32)
        handler = SimpleNamespace(serialize=str.upper, deserialize=len)
        options.media_handlers[falcon.WebSocketPayloadType.TEXT] = handler

    calls = [lambda ws: ws.receive_media(), lambda ws: ws.send_media("cd")]
    found = same(with_app(change, doing(*calls)), events=[message("ab")])
    assert (found.notes[0], found.sent[1]["text"]) == ("2", "CD")


@requirement("falcon:websocket:exceptions")
@requirement("falcon:websocket:error-close-code")
@pytest.mark.parametrize("code", [1000, 1013, 3000, 4999, 0, 999, 1005, 1015, "1011"])
def test_the_code_for_exceptions_can_be_set(code: Any) -> None:
    application = responding(_bug, error_close_code=code, default_close_reasons={})
    if code in (1000, 1013, 3000, 4999):
        assert same(application).short == f"accept, close {code}"
        return
    theirs, ours = both(application)
    last = "raised ValueError" if code == "1011" else "close 3011"
    assert (theirs.short, ours.short) == (f"accept, {last}", "raised ValueError")
    assert ours.left != []  # It was refused where it was set.


class Hooks:
    """A component that notes what it hears, and may close the WebSocket."""

    def __init__(self, notes: Notes, closes: bool) -> None:
        self.note = notes.append
        self.closes = closes

    async def process_request_ws(self, req: Any, ws: Any) -> None:
        self.note("request")
        if self.closes:
            await ws.close(4000)

    async def process_resource_ws(self, *arguments: Any) -> None:
        self.note(f"resource {arguments[-1]}")
        arguments[-1]["more"] = self.closes

    async def process_response_ws(self, *arguments: Any) -> None:
        self.note(f"response {arguments[-1]}")


def hooked(closes: bool) -> Application:
    def change(falcon: Any, app: Any, notes: Notes) -> None:
        async def on_websocket(req: Any, ws: Any, **params: Any) -> None:
            notes.append(f"responder {params}")

        app.add_middleware([Hooks(notes, closes), Hooks(notes, False)])
        app.add_route("/a/{name}", SimpleNamespace(on_websocket=on_websocket))
        app.add_sink(of_both(notes), "/sink")

    return with_app(change)


REQUESTS = "request, request"
TAKEN = f"{REQUESTS}, resource {{'name': 'b'}}, resource {{'name': 'b', 'more': %s}}"
HEARD = f"{TAKEN}, responder {{'name': 'b', 'more': False}}"
SUNK = f"{REQUESTS}, NoneType WebSocket {{}}"


@requirement("falcon:websocket:middleware")
@requirement("falcon:websocket:middleware-closes")
@requirement("falcon:websocket:process-response-ws")
@requirement("falcon:websocket:sink")
@pytest.mark.parametrize(
    ("path", "closes", "theirs", "ours", "succeeded"),
    [
        ("/a/b", False, HEARD % False, HEARD % False, True),
        ("/a/b", True, HEARD % True, "request", True),
        ("/none", False, REQUESTS, REQUESTS, False),
        ("/sink", False, SUNK, SUNK, True),
    ],
)
def test_hooks_go_before_and_behind_the_responder(
    path: str, closes: bool, theirs: str, ours: str, succeeded: bool
) -> None:
    found = both(hooked(closes), path=path)
    ends = f", response {succeeded}" * 2
    assert [", ".join(talk.notes) for talk in found] == [theirs, ours + ends]
