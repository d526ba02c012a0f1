import io
from collections.abc import AsyncIterator
from http import HTTPStatus
from typing import IO, Any

import msgspec
import pydantic
import pytest

from falconws.core import (
    Context,
    ExtensionNotInstalledError,
    HTTPUnsupportedMediaType,
    Response,
    ResponseOptions,
    Stream,
)
from falconws.media import BaseHandler, Handlers


async def pieces() -> AsyncIterator[bytes]:
    yield b"piece"


@pytest.mark.parametrize(
    "status", ["404 Not Found", "404 Gone Fishing", 404, HTTPStatus.NOT_FOUND]
)
def test_a_status_is_set_in_any_form(status: Any) -> None:
    resp = Response()
    assert (resp.status, resp.status_code) == ("200 OK", 200)
    resp.status = status
    assert resp.status == status
    assert resp.status_code == 404
    resp.status_code = 201
    assert (resp.status, resp.status_code) == (201, 201)


@pytest.mark.parametrize("status", [99, 1000, "OK", "bogus"])
def test_what_is_no_status_is_refused_where_it_is_set(status: Any) -> None:
    resp = Response()
    with pytest.raises(ValueError, match="is not an HTTP status"):
        resp.status = status
    assert resp.status_code == 200


def test_a_response_shows_its_status() -> None:
    assert repr(Response()) == "<Response: 200 OK>"


def test_a_context_is_the_responses_own_and_of_the_type_of_its_class() -> None:
    class Timing(Context):
        pass

    class TimedResponse(Response):
        context_type = Timing

    resp = TimedResponse()
    resp.context.began = 7
    assert isinstance(resp.context, Timing)
    assert resp.context.began == 7
    assert not Response().context


# Bodies.


@pytest.mark.parametrize(
    ("body", "text", "data"), [("a", "a", None), (b"a", None, b"a"), (None, None, None)]
)
def test_a_body_is_text_or_data(
    body: str | bytes | None, text: str | None, data: bytes | None
) -> None:
    resp = Response()
    for resp.body in ("before", b"before", body):
        pass
    assert (resp.text, resp.data, resp.body) == (text, data, body)


def test_a_body_that_is_an_object_is_refused_with_where_it_goes() -> None:
    with pytest.raises(TypeError, match=r"not dict; .* resp\.media"):
        Response().body = {}  # type: ignore[assignment]


async def test_the_first_body_that_is_set_is_rendered() -> None:
    resp = Response()
    assert await resp.render_body() is None
    resp.media = ["Zoë"]
    assert await resp.render_body() == '["Zoë"]'.encode()
    resp.data = b"data"
    assert await resp.render_body() == b"data"
    resp.text = "Zoë"
    assert await resp.render_body() == b"Zo\xc3\xab"
    resp.clear_body()
    assert await resp.render_body() is None


@pytest.mark.parametrize("media", [{}, [], 0, False, ""])
async def test_media_that_is_empty_is_media_all_the_same(media: Any) -> None:
    resp = Response()
    resp.media = media
    assert await resp.render_body()


async def test_media_is_rendered_by_its_type_and_by_default_as_json() -> None:
    resp = Response()
    resp.media = {"a": 1}
    await resp.render_body()
    assert resp.content_type == "application/json"
    resp.content_type = "application/msgpack"
    assert await resp.render_body() == b"\x81\xa1a\x01"
    resp = Response(ResponseOptions(default_media_type="application/msgpack"))
    resp.media = {"a": 1}
    assert await resp.render_body() == b"\x81\xa1a\x01"
    assert resp.content_type == "application/msgpack"


async def test_media_may_be_or_contain_instances_of_structs_and_models() -> None:
    class Order(msgspec.Struct):
        id: int

    class Model(pydantic.BaseModel):
        id: int

    for kind in ("application/json", "application/msgpack"):
        resp = Response(ResponseOptions(default_media_type=kind))
        for media in (Order(7), Model(id=7)):
            resp.media = media
            alone = await resp.render_body()
            resp.media = [media, {"it": media}]
            body = await resp.render_body()
            assert alone is not None
            assert body is not None
            assert body.count(alone) == 2


async def test_media_without_a_handler_for_its_type_is_a_415() -> None:
    resp = Response()
    resp.media, resp.content_type = {}, "text/csv"
    with pytest.raises(HTTPUnsupportedMediaType, match="text/csv"):
        await resp.render_body()


async def test_a_handler_of_the_applications_own_is_told_the_type() -> None:
    class Echo(BaseHandler):
        def serialize(self, media: object, content_type: str | None = None) -> bytes:
            return f"{media} {content_type}".encode()

        def deserialize(
            self,
            stream: IO[bytes],
            content_type: str | None = None,
            content_length: int | None = None,
        ) -> object:
            return stream.read()

    resp = Response(ResponseOptions(media_handlers=Handlers({"a/b": Echo()})))
    resp.media, resp.content_type = 7, "a/b; c=d"
    assert await resp.render_body() == b"7 a/b; c=d"


# Streams.


async def test_a_stream_is_an_iterable_or_a_file() -> None:
    resp = Response()
    assert resp.open_stream() is None
    resp.stream = iterable = pieces()
    opened = resp.open_stream()
    assert opened is not None
    assert opened.source is resp.stream is iterable
    resp.set_stream(io.BytesIO(), 7)
    assert resp.content_length == "7"
    assert isinstance(resp.open_stream(), Stream)
    resp.stream = None
    assert resp.open_stream() is None
    await iterable.aclose()


@pytest.mark.parametrize("stream", [b"bytes", [b"list"], 7, iter([b""])])
def test_what_cannot_be_streamed_is_refused_where_it_is_set(stream: Any) -> None:
    with pytest.raises(TypeError, match=r"resp\.stream takes an asynchronous iterable"):
        Response().stream = stream


def test_a_stream_that_was_not_called_is_refused_with_what_to_do() -> None:
    with pytest.raises(TypeError, match=r"function pieces; call it"):
        Response().stream = pieces


async def test_events_are_served_by_what_fills_the_slot() -> None:
    def open_events(events: Any, resp: Response) -> Stream:
        resp.content_type = "text/event-stream"
        return Stream(events, str.encode)

    resp = Response(ResponseOptions(event_stream=open_events))
    resp.sse = events = pieces()
    opened = resp.open_stream()
    assert opened is not None
    assert opened.source is resp.sse is events
    assert resp.content_type == "text/event-stream"
    for wrong in (io.BytesIO(), pieces, [1]):
        with pytest.raises(TypeError, match=r"resp\.sse"):
            resp.sse = wrong  # type: ignore[assignment]
    await resp.close_streams()
    assert resp.sse is None


async def test_events_without_what_serves_them_name_the_package_to_install() -> None:
    resp, events = Response(), pieces()
    with pytest.raises(ExtensionNotInstalledError, match="Install falconws-sse"):
        resp.sse = events
    resp.sse = None  # as a hook does that wants no events
    await events.aclose()  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("attribute", "value", "kind"),
    [("text", 5, "a string"), ("data", "text", "bytes"), ("data", [1], "bytes")],
)
def test_a_body_of_the_wrong_type_says_which_attribute_takes_what(
    attribute: str, value: Any, kind: str
) -> None:
    resp = Response()
    setattr(resp, attribute, value)
    with pytest.raises(TypeError, match=rf"resp\.{attribute} takes {kind}, not"):
        resp.render()


@pytest.mark.parametrize("kind", [bytes, bytearray, memoryview])
def test_a_body_of_bytes_may_be_of_any_kind(kind: Any) -> None:
    resp = Response()
    resp.data = kind(b"data")
    body = resp.render()
    assert type(body) is bytes
    assert body == b"data"


async def _coroutine_function() -> None: ...


def test_what_is_scheduled_is_a_function_of_the_right_kind() -> None:
    resp = Response()
    with pytest.raises(TypeError, match=r"schedule\(_coroutine_function\)"):
        resp.schedule(_coroutine_function())  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="goes into schedule_sync"):
        resp.schedule(lambda: None)
    for wrong in (_coroutine_function, "no function"):
        with pytest.raises(TypeError, match=r"schedule_sync.. takes a plain function"):
            resp.schedule_sync(wrong)  # type: ignore[arg-type]
    assert resp.take_scheduled() == []
    resp.schedule(_coroutine_function)
    resp.schedule_sync(print)
    assert resp.take_scheduled() == [_coroutine_function, print]
    assert resp.take_scheduled() == []


async def test_what_was_rendered_is_not_rendered_again() -> None:
    class Framed(Response):
        async def render_body(self) -> bytes | None:
            return b"<%s>" % (await super().render_body() or b"")

    for kind, cleared in ((Response, None), (Framed, b"<>")):
        resp = kind()
        resp.text = "before"
        resp.set_rendered(b"body")
        resp.set_rendered(b"changed body")
        assert await resp.render_body() == b"changed body"
        resp.clear_body()
        assert await resp.render_body() == cleared


def test_a_body_that_is_forgotten_leaves_no_encoding_behind() -> None:
    resp = Response()
    resp.data = b"compressed"
    resp.set_header("Content-Encoding", "br")
    resp.set_header("Vary", "Accept-Encoding")
    resp.clear_body()
    assert resp.headers == {"vary": "Accept-Encoding"}
