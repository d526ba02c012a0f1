"""What an application may send to a WebSocket: the rules of ASGI.

`check_ws_event` looks at one event, and moves the state of its connection on. An event that breaks
a rule raises `ASGIProtocolError`, which quotes the rule, and leaves the state as it was.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

from .protocol import (
    ASGIProtocolError,
    ResponsePhase,
    ResponseState,
    check_headers,
    check_http_event,
)

__all__ = ("SocketPhase", "SocketState", "check_ws_event", "close_fault")


class SocketPhase(Enum):
    """How far a connection has come; the values complete the sentence "It was sent ..."."""

    CONNECTING = "before the handshake was answered"
    OPEN = "after the handshake was accepted"
    DENYING = "in the middle of a denial"
    CLOSED = "after it had ended the connection"


@dataclass(slots=True, kw_only=True)
class SocketState:
    """What an application has sent to a WebSocket.

    Attributes:
        subprotocols: Those that the client offers.
        extensions: Those that the scope offers, such as ``websocket.http.response``.
        phase: How far the connection has come.
        denial: How far a denial has come.
    """

    subprotocols: Collection[str] = ()
    extensions: Collection[str] = ()
    phase: SocketPhase = SocketPhase.CONNECTING
    denial: ResponseState = field(default_factory=lambda: ResponseState(method="GET"))


_ACCEPT = "websocket.accept"
_SEND = "websocket.send"
_CLOSE = "websocket.close"
_DENY = "websocket.http.response.start"
_DENY_BODY = "websocket.http.response.body"
_DENIAL = "websocket.http.response"

# An absent key is an event that must not be sent.
_NEXT: dict[SocketPhase, dict[str, SocketPhase]] = {
    SocketPhase.CONNECTING: {
        _ACCEPT: SocketPhase.OPEN,
        _CLOSE: SocketPhase.CLOSED,
        _DENY: SocketPhase.DENYING,
    },
    SocketPhase.OPEN: {_SEND: SocketPhase.OPEN, _CLOSE: SocketPhase.CLOSED},
    SocketPhase.DENYING: {_DENY_BODY: SocketPhase.DENYING},
    SocketPhase.CLOSED: {},
}
_ORDER = {
    _ACCEPT: 'ASGI, "Connect": it is answered once, with Accept or Close.',
    _SEND: 'ASGI, "Connect": messages pass after Accept, and until Close.',
    _CLOSE: 'ASGI, "Close": it ends the connection, once.',
    _DENY: 'ASGI, "WebSocket Denial Response": it is sent in place of Accept.',
    _DENY_BODY: 'ASGI, "WebSocket Denial Response": it follows its start.',
}

_EVENT = 'ASGI, "Events": an event is a dict with a `type` that is a string.'
_UNKNOWN = f"ASGI, WebSocket: the types are {', '.join(_ORDER)}."
_EXTENSION = f'ASGI, "Extensions": it needs {_DENIAL} in the `extensions` of the scope.'
_ONE_OF = 'ASGI, "Send": exactly one of `bytes` and `text` is not None.'

# RFC 6455, 5.5: a control frame has at most 125 bytes, of which the code takes two.
_MAX_REASON = 123


def check_ws_event(event: Mapping[str, Any], state: SocketState) -> dict[str, Any]:
    """Check an event that an application sends to a WebSocket, and note it.

    Args:
        event: What the application sends.
        state: What it has sent before; changed by an event that is allowed.

    Returns:
        The event, with what it leaves out as ASGI has it, headers as a list of pairs, and a
        message with its ``size`` in bytes.

    Raises:
        ASGIProtocolError: The event is of no known type, not offered, out of order, or has
            something in it of a wrong type or value.
    """
    if not isinstance(event, dict) or not isinstance(event.get("type"), str):
        raise ASGIProtocolError(event, "as an event", _EVENT)
    kind: str = event["type"]
    if kind not in _ORDER:
        raise ASGIProtocolError(kind, "to a WebSocket", _UNKNOWN)
    if kind.startswith(_DENIAL) and _DENIAL not in state.extensions:
        raise ASGIProtocolError(kind, "without being offered it", _EXTENSION)
    following = _NEXT[state.phase].get(kind)
    if following is None:
        raise ASGIProtocolError(kind, state.phase.value, _ORDER[kind])
    checked = _CHECKS[kind](event, state)
    if state.denial.phase is ResponsePhase.COMPLETE:
        following = SocketPhase.CLOSED
    state.phase = following
    return checked


def close_fault(code: object, reason: object) -> tuple[str, str] | None:
    """Say what is wrong with a close code and a reason that are to be sent.

    Returns:
        What it is, and the rule; None if nothing is.
    """
    if type(code) is not int:  # True is an int, and no code.
        return f"with a `code` of {code!r}", 'ASGI, "Close": `code` is an int.'
    # RFC 6455, 7.4.1 and 7.4.2: 1004 means nothing, 1005, 1006 and 1015 are for what was not
    # sent, and 1016 to 2999 are for later versions of the protocol.
    if not (1000 <= code <= 1003 or 1007 <= code <= 1014 or 3000 <= code <= 4999):
        rule = (
            "RFC 6455, 7.4: what is sent is 1000 to 1003, 1007 to 1014 or 3000 to 4999."
        )
        return f"with a `code` of {code}", rule
    if not isinstance(reason, str):
        rule = 'ASGI, "Close": `reason` is a string.'
        return f"with a `reason` of {reason!r}", rule
    size = _size(reason)
    if size is None or size > _MAX_REASON:
        rule = f"RFC 6455, 5.5 and 5.5.1: a reason is UTF-8, of at most {_MAX_REASON} bytes."
        return f"with a `reason` of {reason!r}", rule
    return None


def _check_accept(event: Mapping[str, Any], state: SocketState) -> dict[str, Any]:
    kind, subprotocol = event["type"], event.get("subprotocol")
    if subprotocol is not None and subprotocol not in tuple(state.subprotocols):
        rule = f"RFC 6455, 4.2.2: it is one that the client offers: {list(state.subprotocols)!r}."
        raise ASGIProtocolError(kind, f"with a `subprotocol` of {subprotocol!r}", rule)
    headers = check_headers(kind, event.get("headers", ()))
    if any(name == b"sec-websocket-protocol" for name, _ in headers):
        rule = 'ASGI, "Accept": use `subprotocol` instead.'
        raise ASGIProtocolError(kind, "with a sec-websocket-protocol header", rule)
    return {"type": kind, "subprotocol": subprotocol, "headers": headers}


def _check_send(event: Mapping[str, Any], state: SocketState) -> dict[str, Any]:
    kind, text, data = event["type"], event.get("text"), event.get("bytes")
    if (text is None) is (data is None):
        fault = "with neither of them" if text is None else "with `text` and `bytes`"
        raise ASGIProtocolError(kind, fault, _ONE_OF)
    if text is None:
        if not isinstance(data, bytes):
            rule = 'ASGI, "Send": `bytes` is a byte string.'
            raise ASGIProtocolError(
                kind, f"with `bytes` of type {type(data).__name__}", rule
            )
        return {"type": kind, "bytes": data, "size": len(data)}
    if not isinstance(text, str):
        rule = 'ASGI, "Send": `text` is a string.'
        raise ASGIProtocolError(
            kind, f"with a `text` of type {type(text).__name__}", rule
        )
    size = _size(text)
    if size is None:
        rule = "RFC 6455, 5.6: a text message is UTF-8, which has no surrogates."
        raise ASGIProtocolError(kind, f"with a `text` of {text!r}", rule)
    return {"type": kind, "text": text, "size": size}


def _check_close(event: Mapping[str, Any], state: SocketState) -> dict[str, Any]:
    code, reason = event.get("code", 1000), event.get("reason")
    if fault := close_fault(code, "" if reason is None else reason):
        raise ASGIProtocolError(event["type"], *fault)
    return {"type": event["type"], "code": code, "reason": reason or ""}


def _check_denial(event: Mapping[str, Any], state: SocketState) -> dict[str, Any]:
    checked = dict(event)
    if event["type"] == _DENY:
        checked["headers"] = check_headers(_DENY, event.get("headers", ()))
    as_http = {**checked, "type": event["type"].removeprefix("websocket.")}
    try:
        check_http_event(as_http, state.denial)
    except ASGIProtocolError as exc:
        raise ASGIProtocolError(event["type"], exc.fault, exc.rule) from None
    return checked


def _size(text: str) -> int | None:
    """Give a string's size in UTF-8; None if it has none."""
    try:
        return len(text.encode())
    except UnicodeEncodeError:
        return None


_CHECKS = {
    _ACCEPT: _check_accept,
    _SEND: _check_send,
    _CLOSE: _check_close,
    _DENY: _check_denial,
    _DENY_BODY: _check_denial,
}
