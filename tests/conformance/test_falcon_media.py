"""Media handlers and schemas beside Falcon's."""

from __future__ import annotations

import copy
import dataclasses
import datetime
import enum
import json
import math
import uuid
from collections import UserDict
from collections.abc import Callable
from typing import Any

import falcon.media.validators.jsonschema
import jsonschema
import msgpack
import pytest
from hypothesis import given
from hypothesis import strategies as st

import falconws.core.validators.jsonschema
from tests.conformance.apps import FRAMEWORKS
from tests.conformance.differential import Build, Exchange, both, same
from tests.conformance.manifest import requirement
from tests.conformance.outcomes import Read, outcome, outcomes, raised, shown
from tests.conformance.responses import responding

VALIDATE: dict[Any, Callable[..., Callable[[Any], Any]]] = {
    falcon: falcon.media.validators.jsonschema.validate,
    falconws.core: falconws.core.validators.jsonschema.validate,
}
MSGPACK = "application/msgpack"


def post(body: bytes, content_type: str = "application/json") -> Exchange:
    headers = [("Content-Type", content_type)]
    return Exchange(method="POST", headers=headers, body=[body])


def reading(
    *media_types: str, change: Callable[[Any, Any], None] | None = None
) -> Build:
    """An App with a handler for each type, which answers whose handler a body was read by."""

    def build(falcon: Any) -> Any:
        class Named(falcon.media.BaseHandler):  # type: ignore[misc]
            def __init__(self, name: str) -> None:
                self.name = name

            def deserialize(self, stream: Any, content_type: Any, length: Any) -> str:
                return f"{self.name} read {stream.read().decode()} as {content_type}"

        async def answer(req: Any, resp: Any, **params: Any) -> None:
            first = await req.get_media()
            if change is not None:
                change(app.req_options.media_handlers, Named("changed"))
            resp.text = first

        app = falcon.asgi.App()
        handlers = falcon.media.Handlers({name: Named(name) for name in media_types})
        app.req_options.media_handlers = handlers
        app.add_sink(answer)
        return app

    return build


@requirement("falcon:media:handlers")
def test_handlers_are_a_mapping_of_what_they_are_given() -> None:
    for framework in FRAMEWORKS:
        json_handler = framework.media.JSONHandler()
        handlers = framework.media.Handlers({"a/b": json_handler})
        assert isinstance(handlers, UserDict)
        assert isinstance(
            framework.media.Handlers()["application/json"], type(json_handler)
        )
        for copied in (handlers.copy(), copy.copy(handlers)):
            assert type(copied) is framework.media.Handlers
            assert dict(copied) == {"a/b": json_handler}
            copied["c/d"] = json_handler
            assert list(handlers) == ["a/b"]


def _set(handlers: Any, new: Any) -> None:
    handlers["a/b"] = new


def _delete(handlers: Any, new: Any) -> None:
    del handlers["a/b"]


@requirement("falcon:media:resolve-changes")
@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (_set, b"changed read x as a/b"),
        (lambda handlers, new: handlers.update({"a/b": new}), b"changed read x as a/b"),
        (_delete, None),
        (lambda handlers, new: handlers.clear(), None),
    ],
)
def test_a_change_counts_from_the_next_request_on(
    change: Callable[[Any, Any], None], expected: bytes | None
) -> None:
    def build(framework: Any) -> Any:
        app = reading("a/b", change=change)(framework)

        async def twice(scope: Any, receive: Any, send: Any) -> None:
            events: list[Any] = []

            async def drop(event: Any) -> None:
                events.append(event)

            async def body() -> Any:
                return {"type": "http.request", "body": b"x", "more_body": False}

            await app({**scope, "headers": list(scope["headers"])}, body, drop)
            assert events[1]["body"] == b"a/b read x as a/b"
            await app(scope, receive, send)

        return twice

    answer = same(build, post(b"x", "a/b"))
    if expected is None:
        assert answer.status == 415
    else:
        assert answer.body == expected


@requirement("falcon:media:resolve-parameters")
@pytest.mark.parametrize(
    ("registered", "content_type", "found"),
    [
        (["a/b"], "a/b; v=1", "a/b"),
        (["a/b; v=1"], "a/b", "a/b; v=1"),
        (["a/b; v=1"], "a/b; v=1; w=2", "a/b; v=1"),
        (["a/b; v=1"], "a/b;v=1", "a/b; v=1"),
        (["a/b; v=1"], "a/b; v=2", None),
        (["a/b; v=1", "a/b"], "a/b; v=2", "a/b"),
        (["a/b; v=1", "a/b; v=2"], "a/b; w=2; v=2", "a/b; v=2"),
        (["a/b", "a/b; v=1"], "a/b", "a/b"),
        (["a/b"], "a/c", None),
        (["a/b"], "a", None),
    ],
)
def test_a_handler_is_found_by_type_and_parameters(
    registered: list[str], content_type: str, found: str | None
) -> None:
    answer = same(reading(*registered), post(b"x", content_type))
    if found is None:
        assert answer.status == 415
    else:
        assert answer.body.decode() == f"{found} read x as {content_type}"


@requirement("falcon:media:resolve-best")
@requirement("falcon:media:resolve-charset")
def test_a_handler_with_more_of_the_parameters_is_the_better_one() -> None:
    exchange = post(b"", "a/b; v=1; w=2")
    theirs, ours = both(reading("a/b", "a/b; v=1"), exchange)
    assert theirs.body.startswith(b"a/b read")
    assert ours.body.startswith(b"a/b; v=1 read")

    exchange = post(b"", "a/b; charset=UTF-8")
    theirs, ours = both(reading("a/b; charset=utf-8"), exchange)
    assert (theirs.status, ours.status) == (415, 200)


@requirement("falcon:media:base")
def test_a_handler_that_overrides_nothing_does_nothing() -> None:
    for framework in FRAMEWORKS:
        body = framework.media.BaseHandler()
        with pytest.raises(NotImplementedError):
            body.serialize({}, "a/b")
        with pytest.raises(NotImplementedError):
            body.deserialize(None, "a/b", 0)
        for name in ("TextBaseHandlerWS", "BinaryBaseHandlerWS"):
            message = getattr(framework.media, name)()
            with pytest.raises(NotImplementedError):
                message.serialize({})
            with pytest.raises(NotImplementedError):
                message.deserialize("")


# JSON.


@requirement("falcon:media:json-libraries")
@pytest.mark.parametrize("as_bytes", [False, True])
def test_json_is_read_and_sent_by_any_library(as_bytes: bool) -> None:
    def dumps(media: Any) -> str | bytes:
        text = f"dumped {media}"
        return text.encode() if as_bytes else text

    def build(falcon: Any) -> Any:
        async def answer(req: Any, resp: Any, **params: Any) -> None:
            resp.content_type = "text/json-ish"
            resp.media = await req.get_media()

        app = falcon.asgi.App()
        handler = falcon.media.JSONHandler(
            dumps=dumps, loads=lambda text: int(text) + 1
        )
        app.req_options.media_handlers["application/json"] = handler
        app.resp_options.media_handlers["text/json-ish"] = handler
        app.add_sink(answer)
        return app

    assert same(build, post(b"7")).body == b"dumped 8"
    for body in (b"x", b""):
        assert [answer.status for answer in both(build, post(body))] == [400, 400]


@requirement("falcon:media:json-loads")
def test_a_library_is_given_the_body_as_it_came() -> None:
    def read(req: Any) -> Any:
        handlers = req.options.media_handlers
        handlers["text/x"] = type(handlers["application/json"])(loads=ascii)
        return req.get_media()

    texts = outcomes(read, post("é".encode(), "text/x"))
    assert texts == (shown(ascii("é")), shown(ascii("é".encode())))


def sending(media: object, content_type: str = "application/json") -> Build:
    def act(falcon: Any, resp: Any) -> None:
        resp.content_type = content_type
        handlers = resp.options.media_handlers
        handlers.setdefault(MSGPACK, falcon.media.MessagePackHandler())
        resp.media = media

    return responding(act)


KEYS = st.text() | st.integers() | st.booleans() | st.none() | st.just(1.5)


@requirement("falcon:media:json-sent")
@given(st.dictionaries(KEYS, st.integers() | st.text(), max_size=4))
def test_json_is_sent_with_keys_and_integers_of_any_kind(media: Any) -> None:
    answer = same(sending(media), Exchange())
    assert json.loads(answer.body) == json.loads(json.dumps(media))


@requirement("falcon:media:json-unsendable")
@pytest.mark.parametrize("media", [b"bytes", {1, 2}, {(1, 2): 3}, "\ud800", object()])
def test_what_json_has_no_form_for_is_a_500(media: object) -> None:
    theirs, ours = both(sending(media), Exchange())
    assert (theirs.status, ours.status) == (500, 500)


class Color(enum.Enum):
    RED = "red"


@dataclasses.dataclass
class Point:
    x: int


@requirement("falcon:media:json-nan")
@requirement("falcon:media:json-dates")
@pytest.mark.parametrize(
    ("media", "theirs", "ours"),
    [
        ([math.nan, -math.inf], (200, b"[NaN, -Infinity]"), b"[null,null]"),
        (datetime.date(2020, 1, 2), (500, b""), b'"2020-01-02"'),
        (datetime.time(1, 2, 3, 45_000), (500, b""), b'"01:02:03.045000"'),
        (uuid.UUID(int=0), (500, b""), f'"{uuid.UUID(int=0)}"'.encode()),
        (Color.RED, (500, b""), b'"red"'),
        (Point(1), (500, b""), b'{"x":1}'),
    ],
)
def test_more_is_sent_than_the_standard_library_has_a_form_for(
    media: object, theirs: tuple[int, bytes], ours: bytes
) -> None:
    falcons, found = both(sending(media), Exchange())
    assert (falcons.status, falcons.body) == theirs
    assert (found.status, found.body) == (200, ours)


@requirement("falcon:media:json-message")
@requirement("falcon:media:messagepack-message")
def test_messages_are_made_and_read() -> None:
    for framework in FRAMEWORKS:
        text = framework.media.JSONHandlerWS()
        assert json.loads(text.serialize({"é": [1]})) == {"é": [1]}
        assert text.deserialize('{"é": [1]}') == {"é": [1]}
        assert framework.media.JSONHandlerWS(str, int).deserialize("7") == 7
        data = framework.media.MessagePackHandlerWS()
        assert data.serialize({"é": [1]}) == msgpack.packb({"é": [1]})
        assert data.deserialize(msgpack.packb({"é": [1]})) == {"é": [1]}
        for handler, bad in ((text, "{"), (data, b"\xc1")):
            with pytest.raises(ValueError, match=r".*"):
                handler.deserialize(bad)


# MessagePack.


def packed(body: bytes) -> str:
    def read(req: Any) -> Any:
        name = "falconws" if type(req).__module__.startswith("falconws") else "falcon"
        framework = {"falconws": falconws.core, "falcon": falcon}[name]
        handler = framework.media.MessagePackHandler()
        req.options.media_handlers[MSGPACK] = handler
        return req.get_media()

    return outcome(read, post(body, MSGPACK))


@requirement("falcon:media:messagepack")
@pytest.mark.parametrize(
    "value",
    [
        {"a": [1, 1.5, None, True, "é", b"\xff"]},
        *(2**64 - 1, -(2**63), math.inf),
        *(msgpack.ExtType(5, b"x"), msgpack.Timestamp(2**40, 7), {b"key": 1}),
    ],
)
def test_messagepack_is_read_and_sent_as_msgpack_does_it(value: object) -> None:
    body = msgpack.packb(value)
    assert packed(body) == shown(value)
    assert same(sending(value, MSGPACK), Exchange()).body == body


@requirement("falcon:media:messagepack-malformed")
@pytest.mark.parametrize(
    ("body", "error"),
    [
        (b"", "MediaNotFoundError"),
        (b"\xc1", "MediaMalformedError"),
        (b"\x01\x02", "MediaMalformedError"),
        (b"\x92\x01", "MediaMalformedError"),
        (b"\xa1\xff", "MediaMalformedError"),
        (b"\x81\x90\x01", "MediaMalformedError"),
        (b"\x81\x01\x01", "MediaMalformedError"),
        (b"\x91" * 5000, "MediaMalformedError"),
    ],
)
def test_what_is_not_one_object_of_messagepack_is_a_400(
    body: bytes, error: str
) -> None:
    assert packed(body) == raised(error, "400 Bad Request", "Invalid MessagePack")


# The argument of get_media.


def media_or(*default: Any, **named: Any) -> Read:
    return lambda req: req.get_media(*default, **named)


@requirement("falcon:media:default-positional")
@requirement("falcon:media:default-type")
@pytest.mark.parametrize("default", [{}, None, [1], "x", 0])
def test_a_default_may_come_first_unless_it_is_a_type(default: object) -> None:
    assert outcome(media_or(default), post(b"")) == shown(default)
    assert outcome(media_or(default), post(b"7")) == "7"
    theirs, ours = outcomes(media_or(dict), post(b""))
    assert theirs == shown(dict)
    assert ours == raised("MediaNotFoundError", "400 Bad Request", "Invalid JSON")
    assert outcome(media_or(default_when_empty=dict), post(b"")) == shown(dict)


# Schemas.

SCHEMA = {"type": "object", "properties": {"x": {"type": "integer"}}}


def validated(*schemas: Any, sent: object = None, **named: Any) -> Build:
    def build(framework: Any) -> Any:
        class Resource:
            @VALIDATE[framework](*schemas, **named)
            async def on_post(self, req: Any, resp: Any, **params: Any) -> None:
                resp.media = [params, await req.get_media()] if sent is None else sent

        app = framework.asgi.App()
        app.add_route("/{number}", Resource())
        return app

    return build


def to_seven(body: bytes) -> Exchange:
    return dataclasses.replace(post(body), path="/7")


@requirement("falcon:media:schema")
@requirement("falcon:media:schema-where")
@pytest.mark.parametrize(
    ("build", "body", "status"),
    [
        (validated(SCHEMA), b'{"x": 1}', 200),
        (validated(), b'"anything"', 200),
        (validated(req_schema=SCHEMA), b"[]", 400),
        (validated({"format": "date"}), b'"2020-13-01"', 400),
        (validated(SCHEMA), b"", 400),
        (validated(SCHEMA), b"{", 400),
        (validated(None, SCHEMA, sent={"x": 1}), b"[]", 200),
        (validated(resp_schema=SCHEMA, sent={"x": "1"}), b"[]", 500),
    ],
)
def test_media_is_checked_on_its_way_in_and_out(
    build: Build, body: bytes, status: int
) -> None:
    theirs, ours = both(build, to_seven(body))
    assert theirs.status == ours.status == status
    if body == b"{":  # Each parser has its own words.
        assert json.loads(ours.body)["title"] == json.loads(theirs.body)["title"]
    else:
        assert ours.comparable() == theirs.comparable()

    theirs, ours = both(validated(SCHEMA), to_seven(b'{"x": "y"}'))
    said = "'y' is not of type 'integer'"
    assert json.loads(theirs.body)["description"] == said
    assert json.loads(ours.body)["description"] == f"{said} - at `$.x`"


@requirement("falcon:media:schema-schema")
def test_what_is_no_schema_is_found_early() -> None:
    build = validated({"type": "no such type"})
    with pytest.raises(jsonschema.SchemaError):
        build(falconws.core)
    assert build(falcon)
