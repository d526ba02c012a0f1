"""What an application may send, event by event."""

from __future__ import annotations

import io
import os
from collections.abc import Iterator
from http import HTTPStatus
from typing import Any

import pytest

from falconws.testing.protocol import (
    ASGIProtocolError,
    LifespanPhase,
    LifespanState,
    ResponsePhase,
    ResponseState,
    check_headers,
    check_http_event,
    check_lifespan_event,
)

EXTENSIONS = (
    "http.response.debug",
    "http.response.early_hint",
    "http.response.pathsend",
    "http.response.push",
    "http.response.trailers",
    "http.response.zerocopysend",
)
NAMES = ("start", "body", *(name.removeprefix("http.response.") for name in EXTENSIONS))


def event(name: str, **more: Any) -> dict[str, Any]:
    """Give an event that is right, or is but for what is given."""
    needed: dict[str, dict[str, Any]] = {
        "start": {"status": 200},
        "debug": {"info": {}},
        "early_hint": {"links": [b"</a>; rel=preload"]},
        "pathsend": {"path": os.path.abspath("a")},
        "push": {"path": "/a"},
        "zerocopysend": {"file": Descriptor()},
    }
    return {"type": f"http.response.{name}", **needed.get(name, {}), **more}


class Descriptor:
    def fileno(self) -> int:
        return 3


# The state that each phase is reached in, and what may be sent in it, spelled again by hand.
PHASES: dict[str, tuple[list[dict[str, Any]], set[str]]] = {
    "unsent": ([], {"debug", "early_hint", "start"}),
    "debugged": ([event("debug")], {"early_hint", "start"}),
    "hinted": ([event("early_hint")], {"debug", "early_hint", "start"}),
    "started": (
        [event("start")],
        {"early_hint", "push", "body", "zerocopysend", "pathsend"},
    ),
    "pushed": (
        [event("start"), event("push")],
        {"early_hint", "push", "body", "zerocopysend", "pathsend"},
    ),
    "sending": (
        [event("start"), event("body", more_body=True)],
        {"early_hint", "push", "body", "zerocopysend"},
    ),
    "sending a file": (
        [event("start"), event("zerocopysend", more_body=True)],
        {"early_hint", "push", "body", "zerocopysend"},
    ),
    "trailing": ([event("start", trailers=True), event("body")], {"trailers"}),
    "trailing a file": (
        [event("start", trailers=True), event("pathsend")],
        {"trailers"},
    ),
    "more trailers": (
        [
            event("start", trailers=True),
            event("zerocopysend"),
            event("trailers", more_trailers=True),
        ],
        {"trailers"},
    ),
    "complete": ([event("start"), event("body")], set()),
    "complete with a file": ([event("start"), event("pathsend")], set()),
    "complete with trailers": (
        [event("start", trailers=True), event("body"), event("trailers")],
        set(),
    ),
}


def state_after(*events: dict[str, Any], **more: Any) -> ResponseState:
    state = ResponseState(extensions=EXTENSIONS, **more)
    for each in events:
        check_http_event(each, state)
    return state


def refused(state: ResponseState, sent: Any) -> str:
    """Assert that an event is refused without a trace of it, and give the message."""
    before = repr(state)
    with pytest.raises(ASGIProtocolError) as caught:
        check_http_event(sent, state)
    assert repr(state) == before
    return str(caught.value)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("phase", PHASES)
def test_an_event_is_allowed_in_its_order_only(phase: str, name: str) -> None:
    sent, allowed = PHASES[phase]
    state = state_after(*sent)
    if name in allowed:
        assert check_http_event(event(name), state)["type"] == f"http.response.{name}"
    else:
        assert f"'http.response.{name}'" in refused(state, event(name))


def test_an_error_says_what_was_sent_and_when_and_quotes_the_rule() -> None:
    state = state_after(event("start"), event("body"))
    with pytest.raises(AssertionError) as caught:
        check_http_event(event("start"), state)
    assert str(caught.value) == (
        "The application sent 'http.response.start' after the response was complete. "
        'ASGI, "Response Start": it starts "sending a response to the client", once.'
    )
    error = caught.value
    assert isinstance(error, ASGIProtocolError)
    assert (error.kind, error.fault) == (
        "http.response.start",
        "after the response was complete",
    )
    assert error.rule.startswith('ASGI, "Response Start"')


def test_the_rule_that_is_quoted_is_that_of_the_event() -> None:
    texts = {
        name: refused(state_after(event("start"), event("body")), event(name))
        for name in NAMES
    }
    assert '"Response Body"' in texts["body"]
    assert '"Zero Copy Send"' in texts["zerocopysend"]
    assert '"Path Send"' in texts["pathsend"]
    assert '"HTTP/2 Server Push"' in texts["push"]
    assert '"Early Hints"' in texts["early_hint"]
    assert '"HTTP Trailers"' in texts["trailers"]
    assert '"Debug"' in texts["debug"]


def test_debug_information_is_sent_once() -> None:
    assert "twice" in refused(state_after(event("debug")), event("debug"))


@pytest.mark.parametrize("name", EXTENSIONS)
def test_what_an_extension_adds_has_to_be_offered(name: str) -> None:
    text = refused(ResponseState(), event(name.removeprefix("http.response.")))
    assert f"needs {name} in the `extensions` of the scope" in text
    others = [other for other in EXTENSIONS if other != name]
    state = ResponseState(extensions={key: {} for key in others})
    refused(state, event(name.removeprefix("http.response.")))


def test_trailers_are_announced_where_they_are_offered() -> None:
    text = refused(ResponseState(), event("start", trailers=True))
    assert "without being offered them" in text
    state = ResponseState()
    check_http_event(event("start", trailers=False), state)
    check_http_event(event("body"), state)
    assert state.phase is ResponsePhase.COMPLETE


@pytest.mark.parametrize(
    "kind",
    [
        "http.response",
        "http.response.",
        "http.response.end",
        "start",
        "body",
        "websocket.send",
        "lifespan.startup.complete",
        "",
    ],
)
def test_a_type_that_is_unknown_is_refused(kind: str) -> None:
    for state in (ResponseState(), state_after(event("start"))):
        text = refused(state, {"type": kind, "status": 200})
        assert text.startswith(f"The application sent {kind!r} for a request.")


@pytest.mark.parametrize(
    "sent", [None, "http.response.start", [], {}, {"type": 1}, {"type": b"a"}]
)
def test_an_event_is_a_dict_that_has_a_type(sent: Any) -> None:
    assert "a dict with a `type` that is a string" in refused(ResponseState(), sent)
    with pytest.raises(
        ASGIProtocolError, match=r"as an event\..* a dict with a `type`"
    ):
        check_lifespan_event(sent, LifespanState())


@pytest.mark.parametrize(
    "status", [None, "200", "200 OK", 200.0, True, b"200", -1, 0, 100, 199, 1000]
)
def test_a_status_is_a_number_of_three_digits_and_final(status: Any) -> None:
    assert f"a `status` of {status!r}" in refused(
        ResponseState(), event("start", status=status)
    )


@pytest.mark.parametrize("status", [200, 599, 999, HTTPStatus.OK])
def test_other_numbers_are_a_status(status: int) -> None:
    state = state_after(event("start", status=status))
    assert state.status == status


def test_a_status_has_to_be_there() -> None:
    assert "a `status` of None" in refused(
        ResponseState(), {"type": "http.response.start"}
    )


@pytest.mark.parametrize(
    ("before", "name", "more", "says"),
    [
        ([], "start", {"trailers": 1}, "`trailers` of 1"),
        ([], "start", {"trailers": None}, "`trailers` of None"),
        (["start"], "body", {"body": "text"}, "`body` of type str"),
        (["start"], "body", {"body": bytearray(b"a")}, "`body` of type bytearray"),
        (["start"], "body", {"body": None}, "`body` of type NoneType"),
        (["start"], "body", {"more_body": 1}, "`more_body` of 1"),
        (["start"], "body", {"more_body": None}, "`more_body` of None"),
        (["start"], "pathsend", {"path": b"/a"}, "`path` of b'/a'"),
        (["start"], "pathsend", {"path": "a"}, "`path` of 'a'"),
        (["start"], "push", {"path": b"/a"}, "`path` of b'/a'"),
        (["start"], "push", {"headers": None}, "headers None"),
        (["start"], "zerocopysend", {"file": io.BytesIO()}, "`file` of"),
        (["start"], "zerocopysend", {"file": 3}, "`file` of 3"),
        (["start"], "zerocopysend", {"offset": "1"}, "`offset` of '1'"),
        (["start"], "zerocopysend", {"count": 1.0}, "`count` of 1.0"),
        (["start"], "zerocopysend", {"more_body": "no"}, "`more_body` of 'no'"),
        ([], "early_hint", {"links": None}, "`links` of None"),
        ([], "early_hint", {"links": ["</a>"]}, "'</a>' in its `links`"),
        ([], "early_hint", {"links": b"</a>"}, "60 in its `links`"),
        ([], "early_hint", {"links": [b"a", b"a\r\nb"]}, "in its `links`"),
        ([], "debug", {"info": []}, "`info` of []"),
    ],
)
def test_what_is_of_another_type_is_refused(
    before: list[str], name: str, more: dict[str, Any], says: str
) -> None:
    state = state_after(*map(event, before))
    assert says in refused(state, event(name, **more))


def test_a_file_has_to_be_there() -> None:
    state = state_after(event("start"))
    sent = {"type": "http.response.zerocopysend"}
    assert "`file` of None" in refused(state, sent)


def test_a_file_may_have_an_offset_and_a_count() -> None:
    state = state_after(event("start"), event("zerocopysend", offset=1, count=2))
    assert state.phase is ResponsePhase.COMPLETE


@pytest.mark.parametrize(
    "more", [{"more_trailers": 0}, {"headers": [(b"A", b"")]}, {"headers": 1}]
)
def test_trailers_are_headers_and_a_flag(more: dict[str, Any]) -> None:
    state = state_after(event("start", trailers=True), event("body"))
    refused(state, event("trailers", **more))


# Headers.


@pytest.mark.parametrize(
    "headers",
    [
        None,
        1,
        [1],
        ["ab"],
        [b"ab"],
        [(b"a",)],
        [(b"a", b"b", b"c")],
        [("a", b"b")],
        [(b"a", "b")],
        {b"a": b"b"},
    ],
)
def test_headers_are_pairs_of_byte_strings(headers: Any) -> None:
    text = refused(ResponseState(), event("start", headers=headers))
    assert '"an iterable of [name, value] two-item iterables" of byte strings' in text


@pytest.mark.parametrize("name", [b"A", b"content-Type", b"x-\xc3\x89".upper() + b"A"])
def test_a_name_is_in_lower_case(name: bytes) -> None:
    with pytest.raises(ASGIProtocolError, match="Header names must be lowercased"):
        check_headers("http.response.start", [(name, b"")])


@pytest.mark.parametrize(
    "name",
    [b"", b" a", b"a ", b"a b", b"a:", b":status", b"a\n", b"a\0", b"\x7f", b"\xe9"]
    + [bytes([separator]) for separator in b'"(),/:;<=>?@[\\]{}'],
)
def test_a_name_is_a_token(name: bytes) -> None:
    with pytest.raises(ASGIProtocolError, match=r"RFC 9110, 5\.1"):
        check_headers("http.response.start", [(name, b"")])


@pytest.mark.parametrize("name", [b"a", b"1st", b"x.y", b"!#$%&'*+-.^_`|~09az"])
def test_a_token_may_have_signs_and_digits(name: bytes) -> None:
    assert check_headers("any", [(name, b"v")]) == [(name, b"v")]


@pytest.mark.parametrize(
    "value",
    [b" a", b"a ", b"\ta", b"a\t", b" ", b"a\nb", b"a\rb", b"a\r\nb: c", b"a\n"]
    + [bytes((97, control, 98)) for control in (*range(9), *range(10, 32), 127)],
)
def test_a_value_has_no_control_characters_and_no_spaces_around_it(
    value: bytes,
) -> None:
    with pytest.raises(ASGIProtocolError, match=r"RFC 9110, 5\.5"):
        check_headers("http.response.start", [(b"x-a", value)])


@pytest.mark.parametrize("value", [b"", b"a", b"!", b"~", b"a \tb", b"\x80\xff", b"ab"])
def test_a_value_may_have_spaces_and_tabs_inside(value: bytes) -> None:
    assert check_headers("any", [(b"x-a", value)]) == [(b"x-a", value)]


@pytest.mark.parametrize(
    "name",
    [
        b"age",
        b"content-length",
        b"content-location",
        b"content-range",
        b"content-type",
        b"date",
        b"etag",
        b"expires",
        b"last-modified",
        b"location",
        b"retry-after",
        b"server",
    ],
)
def test_a_field_that_is_no_list_is_not_repeated(name: bytes) -> None:
    with pytest.raises(ASGIProtocolError, match=r"more than one .*RFC 9110, 5\.3"):
        check_headers("any", [(name, b"1"), (b"a", b"b"), (name, b"1")])


def test_lists_and_cookies_may_be_repeated() -> None:
    headers = [(b"vary", b"a"), (b"set-cookie", b"a=1")] * 2
    assert check_headers("any", headers) == headers


def test_iterators_are_read_once_and_given_back_as_a_list() -> None:
    def pairs() -> Iterator[Any]:
        yield iter((b"a", b"b"))
        yield [b"c", b"d"]

    state = ResponseState(extensions=EXTENSIONS)
    sent = event("early_hint", links=iter([b"</a>"]))
    assert check_http_event(sent, state)["links"] == [b"</a>"]
    sent = event("start", headers=pairs(), trailers=True)
    kept = sent["headers"]
    checked = check_http_event(sent, state)
    assert checked == {**sent, "headers": [(b"a", b"b"), (b"c", b"d")]}
    assert sent["headers"] is kept
    for name in ("push", "body", "trailers"):
        checked = check_http_event(event(name, headers=pairs()), state)
    assert checked["headers"] == [(b"a", b"b"), (b"c", b"d")]


def test_headers_are_optional() -> None:
    assert check_http_event(event("start"), ResponseState())["headers"] == []


# The length.


def with_length(length: bytes, **more: Any) -> dict[str, Any]:
    return event("start", headers=[(b"content-length", length)], **more)


@pytest.mark.parametrize("length", [b"", b"-1", b"+1", b"1.0", b"a", b"1, 1"])
def test_a_content_length_is_digits(length: bytes) -> None:
    text = refused(ResponseState(), with_length(length))
    assert f"a Content-Length of {length!r}" in text


@pytest.mark.parametrize("method", [None, "GET"])
def test_a_body_is_as_long_as_its_content_length(method: str | None) -> None:
    state = state_after(with_length(b"3"), method=method)
    check_http_event(event("body", body=b"ab", more_body=True), state)
    text = refused(state, event("body", body=b"cd"))
    assert "with 4 bytes of a body whose Content-Length is 3" in text
    text = refused(state, event("body", body=b"cd", more_body=True))
    text = refused(state, event("body"))
    assert "as the last, with 2 bytes of a body whose Content-Length is 3" in text
    check_http_event(event("body", body=b"c", more_body=True), state)
    check_http_event(event("body"), state)
    assert (state.phase, state.sent) == (ResponsePhase.COMPLETE, 3)


def test_an_empty_body_has_another_length_for_a_head_only() -> None:
    assert "as the last" in refused(
        state_after(with_length(b"3"), method="GET"), event("body")
    )
    for method in ("HEAD", None):
        state = state_after(with_length(b"3"), event("body"), method=method)
        assert state.phase is ResponsePhase.COMPLETE


def test_the_body_of_a_head_is_not_looked_at() -> None:
    body = event("body", body=b"abcd")
    for start in (with_length(b"3"), event("start", status=204)):
        state = state_after(start, body, method="HEAD")
        assert state.phase is ResponsePhase.COMPLETE


@pytest.mark.parametrize("status", [204, 304])
def test_some_statuses_have_no_body(status: int) -> None:
    for start in (event("start", status=status), with_length(b"1", status=status)):
        state = state_after(start, method="GET")
        text = refused(state, event("body", body=b"a"))
        assert f"with a body to a {status}. RFC 9110, 6.4.1" in text
        check_http_event(event("body", more_body=True), state)
        check_http_event(event("body"), state)


@pytest.mark.parametrize("status", [200, 203, 205, 303, 305])
def test_other_statuses_have_one(status: int) -> None:
    state = state_after(event("start", status=status), method="GET")
    check_http_event(event("body", body=b"a"), state)


def test_a_file_is_not_looked_into() -> None:
    state = state_after(with_length(b"3"), event("zerocopysend", more_body=True))
    check_http_event(event("body", body=b"abcd"), state)
    state = state_after(with_length(b"3"), event("pathsend"))
    assert state.phase is ResponsePhase.COMPLETE


# The lifespan.

LIFESPAN = {
    (): ("startup.complete", "startup.failed"),
    ("startup.complete",): ("shutdown.complete", "shutdown.failed"),
    ("startup.failed",): (),
    ("startup.complete", "shutdown.complete"): (),
    ("startup.complete", "shutdown.failed"): (),
}


@pytest.mark.parametrize("before", LIFESPAN)
@pytest.mark.parametrize("phase", ["startup", "shutdown"])
@pytest.mark.parametrize("result", ["complete", "failed"])
def test_a_lifespan_is_answered_in_its_order(
    before: tuple[str, ...], phase: str, result: str
) -> None:
    state = LifespanState()
    for name in before:
        check_lifespan_event({"type": f"lifespan.{name}"}, state)
    sent = {"type": f"lifespan.{phase}.{result}"}
    if f"{phase}.{result}" in LIFESPAN[before]:
        check_lifespan_event(sent, state)
        return
    kept = state.phase
    with pytest.raises(ASGIProtocolError, match="start-up is answered once"):
        check_lifespan_event(sent, state)
    assert state.phase is kept


def test_an_error_of_a_lifespan_says_when_it_was() -> None:
    with pytest.raises(ASGIProtocolError, match="before the start-up was complete"):
        check_lifespan_event({"type": "lifespan.shutdown.complete"}, LifespanState())


@pytest.mark.parametrize("kind", ["lifespan.startup", "http.response.start", "", "a"])
def test_a_lifespan_knows_four_types(kind: str) -> None:
    with pytest.raises(ASGIProtocolError, match="in its lifespan") as caught:
        check_lifespan_event({"type": kind}, LifespanState())
    assert "lifespan.startup.complete, lifespan.startup.failed" in str(caught.value)


def test_a_failure_may_have_a_message_that_is_text() -> None:
    state = LifespanState()
    sent: dict[str, Any] = {"type": "lifespan.startup.failed", "message": b"no disk"}
    with pytest.raises(ASGIProtocolError, match="`message` of b'no disk'"):
        check_lifespan_event(sent, state)
    assert repr(state) == repr(LifespanState())
    check_lifespan_event({**sent, "message": "no disk"}, state)
    assert state.phase is LifespanPhase.OVER
