"""Server-Sent Events, compared with Falcon."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from types import SimpleNamespace
from typing import Any

import falcon
import pytest
from hypothesis import given
from hypothesis import strategies as st

import falconws.core
from falconws.sse import SSEvent as OurEvent
from falconws.testing import clock, create_scope
from tests.conformance.differential import Answer, Build, Exchange, both
from tests.conformance.manifest import requirement
from tests.conformance.outcomes import outcomes, shown

Event = falcon.asgi.SSEvent
FRAMEWORKS = (falcon, falconws.core)


def responding(act: Callable[[Any, Any], None]) -> Build:
    """Build an application whose only responder does something with a response."""

    def build(framework: Any) -> Any:
        async def responder(req: Any, resp: Any) -> None:
            act(framework, resp)

        app = framework.asgi.App()
        app.add_route("/", SimpleNamespace(on_get=responder, on_head=responder))
        return app

    return build


def sending(*items: Callable[[Any], Any], method: str = "GET") -> tuple[Answer, Answer]:
    """Send what each item makes with a framework's SSEvent; give the answer of each."""

    def act(framework: Any, resp: Any) -> None:
        async def events() -> AsyncIterator[Any]:
            for item in items:
                yield item(framework.asgi.SSEvent)

        resp.sse = events()

    return both(responding(act), Exchange(method=method))


lines = st.none() | st.text(
    st.characters(codec="utf-8", exclude_characters="\r\n\0"), min_size=1
)


@requirement("falcon:event-streams:fields")
@requirement("falcon:event-streams:ping")
@requirement("falcon:event-streams:serialize")
@given(lines, lines, lines, lines, st.none() | st.integers(1, 10**9))
def test_an_event_of_single_lines_is_the_same_on_the_wire(
    text: str | None,
    event: str | None,
    event_id: str | None,
    comment: str | None,
    retry: int | None,
) -> None:
    arguments: dict[str, Any] = {"event": event, "event_id": event_id, "retry": retry}
    arguments |= {"text": text, "comment": comment}
    theirs, ours = Event(**arguments), OurEvent(**arguments)
    assert theirs.serialize() == bytes(ours) == ours.serialize().encode()
    if text is not None:
        given_bytes = Event(data=text.encode()).serialize()
        assert given_bytes == bytes(OurEvent(data=text.encode()))


@requirement("falcon:event-streams:ping")
@requirement("falcon:event-streams:any-object")
@requirement("falcon:event-streams:content-type")
def test_none_is_a_ping_and_an_object_sends_what_it_serializes_to() -> None:
    class Framed:
        def serialize(self, handler: Any) -> bytes:
            return b"data: mine\n\n"

    theirs, ours = sending(lambda _: None, lambda event: event(), lambda _: Framed())
    assert theirs.body == ours.body == b": ping\n\n: ping\n\ndata: mine\n\n"
    for answer in (theirs, ours):
        assert answer.header("content-type") == "text/event-stream"

    def act(framework: Any, resp: Any) -> None:
        async def events() -> AsyncIterator[None]:
            yield None

        resp.content_type, resp.sse = "text/plain", events()

    theirs, ours = both(responding(act), Exchange())
    assert theirs.header("content-type") == ours.header("content-type") == "text/plain"


@requirement("falcon:event-streams:json")
@pytest.mark.parametrize("value", [{"a": [1, "é"]}, [], 0, "", False])
def test_json_says_the_same(value: object) -> None:
    def indent(media: object) -> str:
        return json.dumps(media, separators=(" ,", " : "))

    for answer in sending(lambda event: event(json=value)):
        assert json.loads(answer.body.removeprefix(b"data: ")) == value
    for framework in FRAMEWORKS:
        handler = framework.media.JSONHandler(dumps=indent)
        framed: Any = framework.asgi.SSEvent(json=value).serialize(handler)
        text = framed if isinstance(framed, str) else framed.decode()
        assert text == f"data: {indent(value)}\n\n"


@requirement("falcon:event-streams:types")
@pytest.mark.parametrize(
    "arguments",
    [
        {"data": 1},
        {"text": b"x"},
        {"event": 1},
        {"event_id": 1},
        {"retry": "1"},
        {"comment": 1},
    ],
)
def test_an_argument_of_a_wrong_type_is_a_type_error(arguments: Any) -> None:
    for event in (Event, OurEvent):
        with pytest.raises(TypeError):
            event(**arguments)


@requirement("falcon:event-streams:lines")
@requirement("falcon:event-streams:injection")
def test_lines_of_a_text_stay_text_and_no_field_is_forged() -> None:
    text = "a\n\nevent: admin\ndata: b"
    assert Event(text=text).serialize() == f"data: {text}\n\n".encode()
    lines = ["data: a", "data: ", "data: event: admin", "data: data: b", "", ""]
    assert OurEvent(text=text).serialize() == "\n".join(lines)
    for name in ("event", "event_id"):
        for breaks in ("\n", "\r", "\0"):
            arguments: Any = {name: f"a{breaks}data: b"}
            assert breaks.encode() in Event(**arguments).serialize()
            with pytest.raises(ValueError, match=r"has a (line break|NUL)"):
                OurEvent(**arguments)


@requirement("falcon:event-streams:several")
@requirement("falcon:event-streams:attributes")
def test_an_event_has_one_text() -> None:
    theirs = Event(data=b"a", text="b", json="c", event="d")
    assert theirs.serialize() == b"event: d\ndata: a\n\n"
    assert (theirs.data, theirs.text, theirs.json) == (b"a", "b", "c")
    others: Any
    for others in ({"text": "b"}, {"json": "c"}):
        with pytest.raises(TypeError, match="not both"):
            OurEvent(data=b"a", **others)
    ours = OurEvent(data=b"a", event="d")
    assert (ours.data, ours.event_type, theirs.event) == ("a", "d", "d")
    assert not any(hasattr(ours, name) for name in ("text", "json", "event"))


@requirement("falcon:event-streams:other-items")
@pytest.mark.parametrize(
    ("item", "theirs", "ours"),
    [
        (lambda event: "a", None, b"data: a\n\n"),
        (
            lambda event: [event(text="a"), event(text="b")],
            None,
            b"data: a\n\ndata: b\n\n",
        ),
        (lambda event: "", b": ping\n\n", b"data: \n\n"),
        (lambda event: [], b": ping\n\n", b""),
    ],
)
def test_more_is_an_event_than_events(
    item: Callable[[Any], Any], theirs: bytes | None, ours: bytes
) -> None:
    answers = sending(item)
    assert (answers[0].error, answers[0].body) == (
        ("AttributeError", b"") if theirs is None else (None, theirs)
    )
    assert (answers[1].error, answers[1].body) == (None, ours)


@requirement("falcon:event-streams:headers")
@requirement("falcon:event-streams:head")
def test_the_headers_of_a_stream_keep_it_moving_also_those_of_a_head() -> None:
    theirs, ours = sending(lambda event: event(text="a"))
    stream = [
        ("cache-control", "no-cache"),
        ("content-type", "text/event-stream"),
        ("x-accel-buffering", "no"),
    ]
    assert theirs.headers == stream[1:2]
    assert ours.headers == stream
    theirs, ours = sending(lambda event: event(text="a"), method="HEAD")
    assert (theirs.header("content-length"), theirs.body) == ("0", b"")
    assert theirs.header("content-type") == "application/json"
    assert (ours.headers, ours.body) == (stream, b"")


@requirement("falcon:event-streams:function")
def test_a_function_is_refused_where_it_is_assigned() -> None:
    refused: list[Any] = []

    def act(framework: Any, resp: Any) -> None:
        async def events() -> AsyncIterator[None]:
            yield None

        try:
            resp.sse = events
        except TypeError:
            refused.append(framework)

    theirs, _ = both(responding(act), Exchange())
    assert theirs.error == "TypeError"
    assert refused == [falconws.core]


@requirement("falcon:event-streams:error")
def test_an_error_behind_the_assignment_is_the_response() -> None:
    def act(framework: Any, resp: Any) -> None:
        async def events() -> AsyncIterator[Any]:
            yield framework.asgi.SSEvent(text="secret")

        resp.sse = events()
        raise framework.HTTPForbidden()

    theirs, ours = both(responding(act), Exchange())
    assert (theirs.status, theirs.body) == (403, b"data: secret\n\n")
    assert (ours.status, json.loads(ours.body)) == (403, {"title": "403 Forbidden"})


@requirement("falcon:event-streams:last-event-id")
def test_the_last_event_id_is_read_as_browsers_send_it() -> None:
    for value in ("7", "7-€"):
        sent = value.encode().decode("latin-1")
        exchange = Exchange(headers=[("Last-Event-ID", sent)])
        theirs, ours = outcomes(lambda req: req.last_event_id, exchange)
        assert (theirs, ours) == (shown(sent), shown(value))


@requirement("falcon:event-streams:sends")
async def test_events_that_are_ready_together_are_one_send() -> None:
    async def texts() -> AsyncIterator[str]:
        for text in "abc":
            yield text
        await asyncio.sleep(0)
        yield "d"

    for framework, sends in ((falcon, 4), (falconws.core, 3)):
        sent: list[bytes] = []

        def act(framework: Any, resp: Any) -> None:
            async def events() -> AsyncIterator[Any]:
                async for text in texts():
                    yield framework.asgi.SSEvent(text=text)

            resp.sse = events()

        requests = [{"type": "http.request"}]

        async def receive(requests: list[Any] = requests) -> Any:
            return requests.pop() if requests else await asyncio.Event().wait()

        async def send(event: Any, sent: list[bytes] = sent) -> None:
            sent.append(event.get("body", b""))

        with clock():
            await responding(act)(framework)(create_scope("/"), receive, send)
        bodies = [body for body in sent if body]
        assert b"".join(bodies) == b"data: a\n\ndata: b\n\ndata: c\n\ndata: d\n\n"
        assert len(bodies) == sends


@requirement("falcon:event-streams:keep-alive")
@requirement("falcon:event-streams:leaving")
async def test_a_silent_source_is_kept_alive_and_closed_when_its_client_leaves() -> (
    None
):
    for framework in FRAMEWORKS:
        leaves, closed = asyncio.Event(), asyncio.Event()
        sent: list[bytes] = []
        requests = [{"type": "http.request"}]

        async def receive(
            leaves: asyncio.Event = leaves, requests: list[Any] = requests
        ) -> Any:
            if requests:
                return requests.pop()
            await leaves.wait()
            return {"type": "http.disconnect"}

        async def send(event: Any, sent: list[bytes] = sent) -> None:
            sent.append(event.get("body"))

        def act(framework: Any, resp: Any, closed: asyncio.Event = closed) -> None:
            async def events() -> AsyncIterator[None]:
                try:
                    await asyncio.Event().wait()
                    yield
                finally:
                    closed.set()

            resp.sse = events()

        app: Any = responding(act)(framework)
        with clock() as time:
            task = asyncio.create_task(app(create_scope(), receive, send))
            await time.advance(15.2)
            pings = [b": ping\n\n"] * 2 * (framework is falconws.core)
            assert sent == [None, *pings]
            leaves.set()
            await time.advance(0)
        assert closed.is_set() is task.done() is (framework is falconws.core)
        task.cancel()
        await asyncio.wait([task])
