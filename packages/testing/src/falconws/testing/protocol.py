"""What an application may send for a request and in its lifespan: the rules of ASGI.

`check_http_event` and `check_lifespan_event` look at one event, and move a state on. An event that
breaks a rule raises `ASGIProtocolError`, which quotes the rule, and leaves the state as it was.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from enum import Enum
from functools import partial

from falconws.core import Event

__all__ = (
    "ASGIProtocolError",
    "LifespanPhase",
    "LifespanState",
    "ResponsePhase",
    "ResponseState",
    "check_headers",
    "check_http_event",
    "check_lifespan_event",
)


class ASGIProtocolError(AssertionError):
    """An application sent what ASGI does not allow.

    Attributes:
        kind: The type of the event.
        fault: What is wrong with it.
        rule: The rule that it breaks.
    """

    def __init__(self, kind: object, fault: str, rule: str) -> None:
        super().__init__(kind, fault, rule)
        self.kind = kind
        self.fault = fault
        self.rule = rule

    def __str__(self) -> str:
        return f"The application sent {self.kind!r} {self.fault}. {self.rule}"


class ResponsePhase(Enum):
    """How far a response has come; the values complete the sentence "It was sent ..."."""

    UNSENT = "before http.response.start"
    STARTED = "after http.response.start"
    SENDING = "in the middle of the body"
    TRAILING = "after the last of the body, where trailers are due"
    COMPLETE = "after the response was complete"


@dataclass(slots=True, kw_only=True)
class ResponseState:
    """What an application has sent of a response.

    Attributes:
        method: The request's; None if it is not known, and may be HEAD.
        extensions: Those that the scope offers, such as ``http.response.pathsend``.
        phase: How far it has come.
        status: The response's status; None before it was sent.
        trailers: Whether the application has announced trailers.
        length: The value of Content-Length; None for none, and for files, which are not read.
        sent: Bytes of the body that were sent.
        debugged: Whether debug information was sent.
    """

    method: str | None = None
    extensions: Collection[str] = ()
    phase: ResponsePhase = ResponsePhase.UNSENT
    status: int | None = None
    trailers: bool = False
    length: int | None = None
    sent: int = 0
    debugged: bool = False


class LifespanPhase(Enum):
    """How far a lifespan has come; the values complete the sentence "It was sent ..."."""

    STARTING = "before the start-up was complete"
    RUNNING = "after the start-up was complete"
    OVER = "after the lifespan was over"


@dataclass(slots=True, kw_only=True)
class LifespanState:
    """What an application has said of its lifespan."""

    phase: LifespanPhase = LifespanPhase.STARTING


# What may be sent next. ASGI has early hints after the start as well as RFC 8297, 2, before it.
_NEXT: dict[ResponsePhase, tuple[str, ...]] = {
    ResponsePhase.UNSENT: ("debug", "early_hint", "start"),
    ResponsePhase.STARTED: ("early_hint", "push", "body", "zerocopysend", "pathsend"),
    ResponsePhase.SENDING: ("early_hint", "push", "body", "zerocopysend"),
    ResponsePhase.TRAILING: ("trailers",),
    ResponsePhase.COMPLETE: (),
}
_ORDER = {
    "start": 'ASGI, "Response Start": it starts "sending a response to the client", once.',
    "body": 'ASGI, "Response Body": it "continues sending a response", after Response Start; '
    "what follows the last one is ignored.",
    "zerocopysend": 'ASGI, "Zero Copy Send": it is sent "after the Response Start message but '
    'before the final Response Body message".',
    "pathsend": 'ASGI, "Path Send": it is sent once, after Response Start, and "cannot be mixed '
    'with http.response.body".',
    "push": 'ASGI, "HTTP/2 Server Push": it is sent "after the Response Start message but '
    'before the final Response Body message".',
    "early_hint": 'ASGI, "Early Hints": it is sent "before the final Response Body message".',
    "trailers": 'ASGI, "HTTP Trailers": they follow the last http.response.body, where Response '
    "Start had `trailers` set.",
    "debug": 'ASGI, "Debug": it is sent "once, before the Response Start message".',
}
_PREFIX = "http.response."
_BASIC = ("start", "body")
_TRAILERS = "http.response.trailers"

_EVENT = 'ASGI, "Events": an event is a dict with a `type` that is a string.'
_UNKNOWN = "ASGI, HTTP: a response is made of http.response.start and http.response.body, and of what extensions add."
_OFFERED = 'ASGI, "Extensions": it needs {} in the `extensions` of the scope.'

# RFC 9110, 5.1 and 5.6.2, in lower case; and 5.5, with tabs and spaces inside only.
_NAME = re.compile(rb"[!#$%&'*+.^_`|~0-9a-z-]+")
_VALUE = re.compile(
    rb"(?:[\x21-\x7e\x80-\xff](?:[\t\x20-\x7e\x80-\xff]*[\x21-\x7e\x80-\xff])?)?"
)
_HEADERS = (
    'ASGI, "Response Start": `headers` is "an iterable of [name, value] two-item iterables" '
    "of byte strings."
)
_SINGLE = frozenset(
    b"age content-length content-location content-range content-type date etag expires "
    b"last-modified location retry-after server".split()
)

_Fault = Callable[[str, str], ASGIProtocolError]


def check_http_event(event: Event, state: ResponseState) -> Event:
    """Check an event that an application sends for a request, and note it.

    Args:
        event: What the application sends.
        state: What it has sent before; changed by an event that is allowed.

    Returns:
        A copy of the event with its headers as a list: an iterator is read here.

    Raises:
        ASGIProtocolError: The event is of no known type, not offered, out of order, or has
            something in it of a wrong type or value.
    """
    kind = _kind_of(event)
    name = kind.removeprefix(_PREFIX)
    fault = partial(ASGIProtocolError, kind)
    if not kind.startswith(_PREFIX) or name not in _CHECKS:
        raise fault("for a request", _UNKNOWN)
    if name not in _BASIC and kind not in state.extensions:
        raise fault("without being offered it", _OFFERED.format(kind))
    if name not in _NEXT[state.phase]:
        raise fault(state.phase.value, _ORDER[name])
    checked = dict(event)
    _CHECKS[name](checked, state, fault)
    return checked


def check_lifespan_event(event: Event, state: LifespanState) -> None:
    """Check an event that an application sends in its lifespan, and note it.

    Args:
        event: What the application sends.
        state: What it has sent before; changed by an event that is allowed.

    Raises:
        ASGIProtocolError: The event is of no known type, out of order, or its message is no
            string.
    """
    kind = _kind_of(event)
    if kind not in _LIFESPAN_TYPES:
        rule = f"ASGI, Lifespan: the types are {', '.join(_LIFESPAN_TYPES)}."
        raise ASGIProtocolError(kind, "in its lifespan", rule)
    following = _LIFESPAN[state.phase].get(kind)
    if following is None:
        rule = "ASGI, Lifespan: start-up is answered once, and after it shutdown, if it did not fail."
        raise ASGIProtocolError(kind, state.phase.value, rule)
    if not isinstance(event.get("message", ""), str):
        what = f"with a `message` of {event['message']!r}"
        rule = 'ASGI, "Startup Failed": `message` is a string.'
        raise ASGIProtocolError(kind, what, rule)
    state.phase = following


_LIFESPAN: dict[LifespanPhase, dict[str, LifespanPhase]] = {
    LifespanPhase.STARTING: {
        "lifespan.startup.complete": LifespanPhase.RUNNING,
        "lifespan.startup.failed": LifespanPhase.OVER,
    },
    LifespanPhase.RUNNING: {
        "lifespan.shutdown.complete": LifespanPhase.OVER,
        "lifespan.shutdown.failed": LifespanPhase.OVER,
    },
    LifespanPhase.OVER: {},
}
_LIFESPAN_TYPES = tuple(kind for table in _LIFESPAN.values() for kind in table)


def check_headers(
    kind: str, headers: Iterable[Iterable[bytes]]
) -> list[tuple[bytes, bytes]]:
    """Check headers that an application sends, and give them as a list of pairs.

    Args:
        kind: The type of the event that they are in.
        headers: Its value of ``headers``.

    Raises:
        ASGIProtocolError: They are no pairs of byte strings; a name is no token in lower case; a
            value has control characters in it, or spaces around it; or a name is there twice that
            RFC 9110 has once.
    """
    try:
        pairs = [(name, value) for name, value in headers]
    except (TypeError, ValueError):
        raise ASGIProtocolError(kind, f"with headers {headers!r}", _HEADERS) from None
    seen: set[bytes] = set()
    for name, value in pairs:
        _check_header(kind, name, value, seen)
        seen.add(name)
    return pairs


def _check_header(kind: str, name: bytes, value: bytes, seen: set[bytes]) -> None:
    if not isinstance(name, bytes) or not isinstance(value, bytes):
        raise ASGIProtocolError(kind, f"with the header {name!r}: {value!r}", _HEADERS)
    if name != name.lower():
        rule = 'ASGI, "Response Start": "Header names must be lowercased."'
        raise ASGIProtocolError(kind, f"with a header called {name!r}", rule)
    if not _NAME.fullmatch(name):
        rule = "RFC 9110, 5.1: a name is a token, without spaces, colons and control characters."
        raise ASGIProtocolError(kind, f"with a header called {name!r}", rule)
    if not _VALUE.fullmatch(value):
        rule = "RFC 9110, 5.5: a value has no control characters, nor spaces around it."
        raise ASGIProtocolError(kind, f"with the header {name!r}: {value!r}", rule)
    if name in seen & _SINGLE:
        rule = "RFC 9110, 5.3: a sender does not repeat a field that is no list."
        raise ASGIProtocolError(kind, f"with more than one {name!r}", rule)


def _kind_of(event: Event) -> str:
    if not isinstance(event, dict) or not isinstance(event.get("type"), str):
        raise ASGIProtocolError(event, "as an event", _EVENT)
    kind: str = event["type"]
    return kind


def _check_start(event: Event, state: ResponseState, fault: _Fault) -> None:
    status = event.get("status")
    if not isinstance(status, int) or isinstance(status, bool):
        rule = 'ASGI, "Response Start": `status` is an int.'
        raise fault(f"with a `status` of {status!r}", rule)
    if not 200 <= status <= 999:
        rule = "RFC 9110, 15: a status is of three digits; 1xx is no final response."
        raise fault(f"with a `status` of {status}", rule)
    trailers = _flag(event, "trailers", fault)
    if trailers and _TRAILERS not in state.extensions:
        raise fault(
            "with `trailers` without being offered them", _OFFERED.format(_TRAILERS)
        )
    event["headers"] = check_headers(event["type"], event.get("headers", ()))
    length = dict(event["headers"]).get(b"content-length")
    if length is not None and not length.isdigit():
        raise fault(f"with a Content-Length of {length!r}", "RFC 9110, 8.6: digits.")
    state.phase, state.status, state.trailers = ResponsePhase.STARTED, status, trailers
    state.length = None if length is None else int(length)


def _check_body(event: Event, state: ResponseState, fault: _Fault) -> None:
    body = event.get("body", b"")
    if not isinstance(body, bytes):
        rule = 'ASGI, "Response Body": `body` is a byte string.'
        raise fault(f"with a `body` of type {type(body).__name__}", rule)
    more = _flag(event, "more_body", fault)
    sent = state.sent + len(body)
    _check_length(state, sent, more, fault)
    state.sent = sent
    _go_on(state, more)


def _check_length(state: ResponseState, sent: int, more: bool, fault: _Fault) -> None:
    if (
        state.method == "HEAD"
    ):  # Its length is that of a GET, and servers drop its body.
        return
    if state.status in (204, 304):
        if sent:
            rule = "RFC 9110, 6.4.1: a 204 or 304 has no content."
            raise fault(f"with a body to a {state.status}", rule)
        return
    if state.length is None:
        return
    rule = "RFC 9110, 8.6: Content-Length is the length of the content, and servers refuse others."
    what = f"with {sent} bytes of a body whose Content-Length is {state.length}"
    if sent > state.length:
        raise fault(what, rule)
    may_be_head = state.method is None and not sent
    if sent < state.length and not more and not may_be_head:
        raise fault(f"as the last, {what}", rule)


def _go_on(state: ResponseState, more: bool) -> None:
    if more:
        state.phase = ResponsePhase.SENDING
    elif state.trailers:
        state.phase = ResponsePhase.TRAILING
    else:
        state.phase = ResponsePhase.COMPLETE


def _check_zerocopysend(event: Event, state: ResponseState, fault: _Fault) -> None:
    more = _flag(event, "more_body", fault)
    try:
        event["file"].fileno()
    except (KeyError, AttributeError, ValueError):  # A BytesIO raises a ValueError.
        rule = 'ASGI, "Zero Copy Send": `file` is an open file with a descriptor.'
        raise fault(f"with a `file` of {event.get('file')!r}", rule) from None
    for name in ("offset", "count"):
        if type(event.get(name, 0)) is not int:
            rule = f'ASGI, "Zero Copy Send": `{name}` is an int.'
            raise fault(f"with a `{name}` of {event[name]!r}", rule)
    state.length = None
    _go_on(state, more)


def _check_pathsend(event: Event, state: ResponseState, fault: _Fault) -> None:
    path = event.get("path")
    if not isinstance(path, str) or not os.path.isabs(path):
        rule = 'ASGI, "Path Send": `path` is the string of an absolute path.'
        raise fault(f"with a `path` of {path!r}", rule)
    _go_on(state, False)


def _check_push(event: Event, state: ResponseState, fault: _Fault) -> None:
    if not isinstance(event.get("path"), str):
        rule = 'ASGI, "HTTP/2 Server Push": `path` is a string.'
        raise fault(f"with a `path` of {event.get('path')!r}", rule)
    event["headers"] = check_headers(event["type"], event.get("headers", ()))


def _check_early_hint(event: Event, state: ResponseState, fault: _Fault) -> None:
    links = event.get("links", ())
    rule = 'ASGI, "Early Hints": `links` is an iterable of the byte strings of Link headers.'
    if not isinstance(links, Iterable):
        raise fault(f"with `links` of {links!r}", rule)
    event["links"] = list(links)
    for link in event["links"]:
        if not isinstance(link, bytes) or not _VALUE.fullmatch(link):
            raise fault(f"with {link!r} in its `links`", rule)


def _check_trailers(event: Event, state: ResponseState, fault: _Fault) -> None:
    more = _flag(event, "more_trailers", fault)
    event["headers"] = check_headers(event["type"], event.get("headers", ()))
    if not more:
        state.phase = ResponsePhase.COMPLETE


def _check_debug(event: Event, state: ResponseState, fault: _Fault) -> None:
    if state.debugged:
        raise fault("twice", _ORDER["debug"])
    if not isinstance(event.get("info"), dict):
        rule = 'ASGI, "Debug": `info` is a dict.'
        raise fault(f"with an `info` of {event.get('info')!r}", rule)
    state.debugged = True


def _flag(event: Event, name: str, fault: _Fault) -> bool:
    value = event.get(name, False)
    if not isinstance(value, bool):
        raise fault(f"with a `{name}` of {value!r}", f"ASGI, HTTP: `{name}` is a bool.")
    return value


_CHECKS: dict[str, Callable[[Event, ResponseState, _Fault], None]] = {
    "start": _check_start,
    "body": _check_body,
    "zerocopysend": _check_zerocopysend,
    "pathsend": _check_pathsend,
    "push": _check_push,
    "early_hint": _check_early_hint,
    "trailers": _check_trailers,
    "debug": _check_debug,
}
