"""What an application may send to a WebSocket."""

from __future__ import annotations

from itertools import product
from typing import Any

import pytest

from falconws.testing.protocol import ASGIProtocolError
from falconws.testing.ws_protocol import (
    SocketPhase,
    SocketState,
    check_ws_event,
    close_fault,
)

DENIAL = "websocket.http.response"
START = {"type": "websocket.http.response.start", "status": 401, "headers": []}
BODY = {"type": "websocket.http.response.body", "body": b"no"}
EVENTS: dict[str, dict[str, Any]] = {
    "accept": {"type": "websocket.accept"},
    "send": {"type": "websocket.send", "text": "x"},
    "close": {"type": "websocket.close"},
    "start": START,
    "body": BODY,
}
# The events that lead to each phase.
PATHS = {
    SocketPhase.CONNECTING: (),
    SocketPhase.OPEN: ("accept",),
    SocketPhase.DENYING: ("start",),
    SocketPhase.CLOSED: ("accept", "close"),
}
ALLOWED = {
    (SocketPhase.CONNECTING, "accept"): SocketPhase.OPEN,
    (SocketPhase.CONNECTING, "close"): SocketPhase.CLOSED,
    (SocketPhase.CONNECTING, "start"): SocketPhase.DENYING,
    (SocketPhase.OPEN, "send"): SocketPhase.OPEN,
    (SocketPhase.OPEN, "close"): SocketPhase.CLOSED,
    (SocketPhase.DENYING, "body"): SocketPhase.CLOSED,
}


def state_after(*names: str, **settings: Any) -> SocketState:
    state = SocketState(extensions=[DENIAL], **settings)
    for name in names:
        check_ws_event(EVENTS[name], state)
    return state


def refused(event: Any, state: SocketState, *words: str) -> None:
    """See that an event is refused, that these words say why, and that nothing has changed."""
    phase = state.phase
    with pytest.raises(ASGIProtocolError) as caught:
        check_ws_event(event, state)
    for word in words:
        assert word in str(caught.value)
    assert state.phase is phase


@pytest.mark.parametrize(("phase", "name"), list(product(SocketPhase, EVENTS)))
def test_an_event_is_allowed_in_its_phases_only(phase: SocketPhase, name: str) -> None:
    state = state_after(*PATHS[phase])
    assert state.phase is phase
    if (phase, name) in ALLOWED:
        check_ws_event(EVENTS[name], state)
        assert state.phase is ALLOWED[phase, name]
    else:
        refused(EVENTS[name], state, f"'{EVENTS[name]['type']}'", phase.value, "ASGI, ")


@pytest.mark.parametrize(
    "event", [None, [], {}, {"type": None}, {"type": b"websocket.accept"}]
)
def test_what_is_no_event_is_refused(event: Any) -> None:
    refused(event, SocketState(), f"{event!r} as an event. ", '"Events"')


@pytest.mark.parametrize(
    "kind",
    ["http.response.start", "websocket.ping", "websocket.http.response.trailers", ""],
)
def test_other_types_are_refused(kind: str) -> None:
    refused({"type": kind}, state_after(), f"{kind!r} to a WebSocket", "websocket.send")


@pytest.mark.parametrize("event", [START, BODY])
def test_a_denial_needs_its_extension(event: dict[str, Any]) -> None:
    refused(event, SocketState(), "without being offered it", DENIAL)


def test_nothing_but_a_denial_needs_an_extension() -> None:
    state = SocketState()
    for name in ("accept", "send", "close"):
        check_ws_event(EVENTS[name], state)
    assert state.phase is SocketPhase.CLOSED


def test_an_empty_denial_has_no_other_length_as_a_handshake_is_a_get() -> None:
    state = state_after()
    check_ws_event({**START, "headers": [(b"content-length", b"2")]}, state)
    refused({"type": BODY["type"]}, state, "0 bytes", "Content-Length is 2")


def test_a_denial_goes_on_until_there_is_no_more_body() -> None:
    state = state_after("start")
    for event in (
        {**BODY, "more_body": True},
        {"type": BODY["type"], "more_body": True},
    ):
        check_ws_event(event, state)
        assert state.phase is SocketPhase.DENYING
    check_ws_event(BODY, state)
    assert state.phase is SocketPhase.CLOSED


@pytest.mark.parametrize(
    ("event", "word"),
    [
        ({**START, "status": "401"}, "`status` is an int"),
        ({"type": START["type"]}, "`status` is an int"),
        ({**START, "headers": [("x", "y")]}, "headers"),
        ({**START, "headers": [(b"X-Tag", b"y")]}, "lowercase"),
        ({**START, "headers": 7}, "headers"),
    ],
)
def test_a_denial_is_as_a_response_is(event: dict[str, Any], word: str) -> None:
    refused(event, state_after(), f"'{event['type']}'", word)


def test_the_body_of_a_denial_is_of_bytes_and_as_long_as_was_said() -> None:
    state = state_after()
    length = {**START, "headers": iter([[b"content-length", b"3"]])}
    assert check_ws_event(length, state)["headers"] == [(b"content-length", b"3")]
    refused({**BODY, "body": "no!"}, state, f"'{BODY['type']}'", "byte string")
    refused(BODY, state, f"'{BODY['type']}'", "Content-Length")
    check_ws_event({**BODY, "body": b"no!"}, state)


# Accept.


def test_an_accept_without_more_has_no_subprotocol_and_no_headers() -> None:
    assert check_ws_event(EVENTS["accept"], state_after()) == {
        "type": "websocket.accept",
        "subprotocol": None,
        "headers": [],
    }


def test_an_accept_may_choose_one_of_the_subprotocols_and_send_headers() -> None:
    event = {
        "type": "websocket.accept",
        "subprotocol": "v2",
        "headers": iter([[b"x-tag", b"1"], [b"x-tag", b"2"]]),
    }
    checked = check_ws_event(event, state_after(subprotocols=["v1", "v2"]))
    assert checked["subprotocol"] == "v2"
    assert checked["headers"] == [(b"x-tag", b"1"), (b"x-tag", b"2")]


@pytest.mark.parametrize("subprotocol", ["v3", "", b"v1", 1, ["v1"]])
def test_a_subprotocol_that_was_not_offered_is_refused(subprotocol: Any) -> None:
    event = {"type": "websocket.accept", "subprotocol": subprotocol}
    state = state_after(subprotocols=["v1", "v2"])
    refused(event, state, repr(subprotocol), "['v1', 'v2']")


@pytest.mark.parametrize(
    ("headers", "word"),
    [
        (None, "None"),
        ([("x-tag", "1")], "byte strings"),
        ([(b"X-Tag", b"1")], "lowercased"),
        ([(b"x-tag", b"1\n")], "control characters"),
        ([(b"sec-websocket-protocol", b"v1")], "`subprotocol`"),
    ],
)
def test_headers_of_accept_are_checked(headers: Any, word: str) -> None:
    event = {"type": "websocket.accept", "headers": headers}
    refused(event, state_after(subprotocols=["v1"]), "'websocket.accept'", word)


# Send.


@pytest.mark.parametrize(
    ("content", "checked"),
    [
        ({"text": "é"}, {"text": "é", "size": 2}),
        ({"text": "", "bytes": None}, {"text": "", "size": 0}),
        ({"bytes": b"\xff"}, {"bytes": b"\xff", "size": 1}),
        ({"bytes": b"", "text": None}, {"bytes": b"", "size": 0}),
    ],
)
def test_a_message_is_of_text_or_of_bytes(
    content: dict[str, Any], checked: dict[str, Any]
) -> None:
    event = {"type": "websocket.send", **content}
    assert check_ws_event(event, state_after("accept")) == {
        "type": "websocket.send",
        **checked,
    }


@pytest.mark.parametrize(
    ("content", "word"),
    [
        ({}, "with neither"),
        ({"text": None, "bytes": None}, "with neither"),
        ({"text": "x", "bytes": b"x"}, "with `text` and `bytes`"),
        ({"text": "", "bytes": b""}, "with `text` and `bytes`"),
        ({"text": b"x"}, "`text` of type bytes"),
        ({"text": {"a": 1}}, "`text` of type dict"),
        ({"bytes": "x"}, "`bytes` of type str"),
        ({"bytes": bytearray(b"x")}, "`bytes` of type bytearray"),
        ({"text": "\ud800"}, "UTF-8"),
    ],
)
def test_any_other_message_is_refused(content: dict[str, Any], word: str) -> None:
    refused({"type": "websocket.send", **content}, state_after("accept"), word)


# Close.


@pytest.mark.parametrize("path", [(), ("accept",)])
def test_a_close_without_more_is_1000_without_a_reason(path: tuple[str, ...]) -> None:
    close = {"type": "websocket.close"}
    checked = {**close, "code": 1000, "reason": ""}
    assert check_ws_event(close, state_after(*path)) == checked
    assert check_ws_event({**close, "reason": None}, state_after(*path)) == checked


def test_a_close_may_have_a_code_and_a_reason() -> None:
    event = {"type": "websocket.close", "code": 4000, "reason": "bye"}
    assert check_ws_event(event, state_after("accept")) == event


@pytest.mark.parametrize(
    ("code", "reason", "word"),
    [
        (1006, "", "`code` of 1006"),
        (None, "", "`code` of None"),
        (1000, 7, "`reason` of 7"),
        (1000, "x" * 124, "123 bytes"),
    ],
)
def test_a_close_with_something_else_is_refused(
    code: Any, reason: Any, word: str
) -> None:
    event = {"type": "websocket.close", "code": code, "reason": reason}
    refused(event, state_after("accept"), "'websocket.close'", word)


@pytest.mark.parametrize(
    "code", [1000, 1001, 1002, 1003, 1007, 1011, 1014, 3000, 4000, 4999]
)
def test_a_code_that_may_be_sent_has_no_fault(code: int) -> None:
    assert close_fault(code, "") is None


@pytest.mark.parametrize(
    "code",
    [-1, 0, 999, 1004, 1005, 1006, 1015, 2999, 5000, True, "1000", 1000.0, None],
)
def test_any_other_code_has_one(code: object) -> None:
    fault = close_fault(code, "")
    assert fault is not None
    assert fault[0] == f"with a `code` of {code!r}"


@pytest.mark.parametrize("reason", ["", "x" * 123, "é" * 61])
def test_a_reason_of_123_bytes_has_no_fault(reason: str) -> None:
    assert close_fault(1000, reason) is None


@pytest.mark.parametrize("reason", [None, b"", "x" * 124, "é" * 62, "\ud800"])
def test_any_other_reason_has_one(reason: object) -> None:
    fault = close_fault(1000, reason)
    assert fault is not None
    assert fault[0] == f"with a `reason` of {reason!r}"
