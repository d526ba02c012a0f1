import asyncio
import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from types import SimpleNamespace
from typing import IO, Annotated, Any

import msgspec
import pydantic
import pytest
from hypothesis import given
from hypothesis import strategies as st

from falconws.core import (
    App,
    ClientDisconnected,
    Context,
    Event,
    HTTPError,
    HTTPInvalidHeader,
    HTTPUnsupportedMediaType,
    MediaMalformedError,
    MediaNotFoundError,
    MediaValidationError,
    Request,
    RequestOptions,
    Response,
    UnsupportedError,
)
from falconws.media import BaseHandler, Handlers, PayloadError
from falconws.media.multipart import MultipartFormHandler
from falconws.testing import TestClient, create_scope, create_scope_ws


def request(
    chunks: Iterable[bytes] = (b"",),
    *,
    leaves: bool = False,
    options: RequestOptions | None = None,
    **scope: Any,
) -> Request:
    """A request whose body comes in chunks; then the client leaves."""
    events: list[Event] = [
        {"type": "http.request", "body": chunk, "more_body": True} for chunk in chunks
    ]
    if events and not leaves:
        events[-1]["more_body"] = False

    async def receive() -> Event:
        return events.pop(0) if events else {"type": "http.disconnect"}

    return Request(create_scope(**scope), receive, options=options)


def json_request(body: bytes, **kwargs: Any) -> Request:
    return request([body], headers={"Content-Type": "application/json"}, **kwargs)


def test_a_request_shows_its_method_and_address() -> None:
    req = request(path="/a", query_string="x=1", host="example.com", method="PUT")
    assert repr(req) == "<Request: PUT 'http://example.com/a?x=1'>"


def test_an_empty_path_is_the_root() -> None:
    req = Request(create_scope() | {"path": ""}, asyncio.Event().wait)  # type: ignore[arg-type]
    assert req.path == "/"


@pytest.mark.parametrize(
    ("path", "routed"), [("/rooms/", "/rooms"), ("/rooms", "/rooms"), ("/", "/")]
)
def test_a_trailing_slash_is_left_out_where_it_is_asked_for(
    path: str, routed: str
) -> None:
    assert request(path=path).path == path
    options = RequestOptions(strip_url_path_trailing_slash=True)
    assert request(path=path, options=options).path == routed


@pytest.mark.parametrize(("scheme", "port"), [("ws", 80), ("wss", 443)])
async def test_the_handshake_of_a_websocket_is_a_get_without_a_body(
    scheme: str, port: int
) -> None:
    scope = create_scope_ws("/chat", scheme=scheme)
    req = Request(scope, asyncio.Event().wait)  # type: ignore[arg-type]
    assert req.is_websocket
    assert (req.method, req.scheme, req.port) == ("GET", scheme, port)
    assert req.url == f"{scheme}://falconws.test/chat"
    with pytest.raises(UnsupportedError, match="has no body"):
        _ = req.stream


def test_a_context_is_the_requests_own_and_of_the_type_of_its_class() -> None:
    class Session(Context):
        pass

    class SessionRequest(Request):
        context_type = Session

    req = SessionRequest(create_scope(), asyncio.Event().wait)  # type: ignore[arg-type]
    req.context.user = "Zoë"
    assert isinstance(req.context, Session)
    assert req.context.user == "Zoë"
    assert not request().context


# Media.


@given(
    st.dictionaries(st.text(), st.integers(-(2**53), 2**53)),
    st.integers(1, 7),
)
def test_media_is_read_from_a_body_in_any_chunks(media: Any, size: int) -> None:
    body = json.dumps(media).encode()
    chunks = [body[i : i + size] for i in range(0, len(body), size)]
    assert asyncio.run(request(chunks).get_media()) == media


async def test_media_is_read_once_and_given_again() -> None:
    req = json_request(b'{"a": 1}')
    first = await req.get_media()
    assert first == {"a": 1}
    assert await req.get_media() is first
    assert await req.media is first
    assert await req.stream.read() == b""


async def test_media_that_is_null_is_not_taken_for_unread() -> None:
    req = json_request(b"null")
    assert await req.get_media() is None
    assert await req.get_media() is None


async def test_messagepack_is_read_by_its_type_and_json_by_default() -> None:
    msgpack = {"Content-Type": "application/msgpack"}
    assert await request([b"\x81\xa1a\x01"], headers=msgpack).get_media() == {"a": 1}
    assert await request([b"[1]"]).get_media() == [1]
    options = RequestOptions(default_media_type="application/msgpack")
    assert await request([b"\x91\x01"], options=options).get_media() == [1]


async def test_malformed_media_is_a_400_that_says_where() -> None:
    req = json_request(b'{"a": }')
    for _ in range(2):  # The body is gone, and the error stays.
        with pytest.raises(MediaMalformedError) as caught:
            await req.get_media()
        assert caught.value.status == "400 Bad Request"
        assert caught.value.title == "Invalid JSON"
        assert "line 1 column 7" in str(caught.value.description)
        with pytest.raises(MediaMalformedError):
            await req.get_media(default_when_empty=None)


async def test_an_empty_body_is_a_400_unless_there_is_a_default() -> None:
    req = json_request(b"")
    with pytest.raises(MediaNotFoundError) as caught:
        await req.get_media()
    assert caught.value.status == "400 Bad Request"
    assert caught.value.description == "Could not parse an empty JSON body"
    assert await req.get_media(default_when_empty=None) is None
    with pytest.raises(MediaNotFoundError):
        await req.get_media()


class Order(msgspec.Struct):
    id: int


class Model(pydantic.BaseModel):
    id: int


@dataclass
class Record:
    id: int


@pytest.mark.parametrize("kind", [Order, Model, Record])
async def test_media_is_made_an_instance_of_a_type_once(kind: Any) -> None:
    req = json_request(b'{"id": 7}')
    first = await req.get_media(kind)
    assert first == kind(id=7)
    assert await req.get_media(kind) is first
    assert await req.get_media() == {"id": 7}  # as it was before
    assert await req.get_media(dict[str, int]) == {"id": 7}
    assert await req.get_media(kind) is first


async def test_a_type_may_be_one_that_cannot_be_hashed() -> None:
    kind: Any = Annotated[dict[str, int], ["unhashable"]]
    req = json_request(b'{"id": 7}')
    first = await req.get_media(kind)
    assert first == {"id": 7}
    assert await req.get_media(kind) is first


@pytest.mark.parametrize(
    ("kind", "description"),
    [
        (Order, r"Expected `int`, got `str` - at `\$.id`"),
        (Model, r"Input should be a valid integer, .* - at `\$.id`"),
    ],
)
async def test_media_that_is_not_of_the_type_is_a_400_that_says_where(
    kind: Any, description: str
) -> None:
    req = json_request(b'{"id": "x"}')
    for _ in range(2):
        with pytest.raises(MediaValidationError) as caught:
            await req.get_media(kind, default_when_empty=None)
        assert caught.value.status == "400 Bad Request"
        assert caught.value.title == f"Invalid {kind.__name__}"
        assert re.fullmatch(description, str(caught.value.description))
    assert await req.get_media() == {"id": "x"}


@pytest.mark.parametrize("default", [None, {}, [], "", 0, False, Order(1)])
async def test_a_first_argument_that_is_no_type_is_the_default(default: Any) -> None:
    assert await json_request(b"").get_media(default) is default
    assert await json_request(b"[1]").get_media(default) == [1]
    with pytest.raises(TypeError, match="takes a type first"):
        await json_request(b"").get_media(default, default_when_empty=None)


async def test_a_type_is_no_default_and_may_have_one() -> None:
    req = json_request(b"")
    for kind in (Order, dict, list[int], Order | None):
        with pytest.raises(MediaNotFoundError):
            await req.get_media(kind)
        assert await req.get_media(kind, default_when_empty=dict) is dict


async def test_malformed_media_is_malformed_of_any_type() -> None:
    with pytest.raises(MediaMalformedError):
        await json_request(b"{").get_media(Order)


async def test_a_type_that_no_library_knows_is_no_fault_of_the_clients() -> None:
    with pytest.raises(NotImplementedError):
        await json_request(b"{}").get_media(BaseHandler)


async def test_a_type_without_a_handler_is_a_415_and_the_body_stays_to_be_read() -> (
    None
):
    req = request([b"a,b"], headers={"Content-Type": "text/csv"})
    with pytest.raises(HTTPUnsupportedMediaType) as caught:
        await req.get_media()
    assert "text/csv" in str(caught.value.description)
    assert await req.stream.read() == b"a,b"


class YAML(BaseHandler):
    """A handler as one that moves over from Falcon has it, with errors of HTTP's."""

    exhaust_stream = True

    def deserialize(
        self,
        stream: IO[bytes],
        content_type: str | None = None,
        content_length: int | None = None,
    ) -> object:
        text = stream.read().decode()
        if not text:
            raise MediaNotFoundError("YAML")
        if text == "?":
            raise PayloadError("YAML")
        return {text: content_type}


YAML_OPTIONS = RequestOptions(media_handlers=Handlers({"application/yaml": YAML()}))
YAML_HEADERS = {"Content-Type": "application/yaml"}


async def test_a_handler_of_the_applications_own_reads_the_stream() -> None:
    req = request([b"a", b"b"], headers=YAML_HEADERS, options=YAML_OPTIONS)
    assert await req.get_media() == {"ab": "application/yaml"}
    assert req.stream.eof


async def test_a_handler_may_say_by_http_that_a_body_is_empty() -> None:
    req = request([b""], headers=YAML_HEADERS, options=YAML_OPTIONS)
    with pytest.raises(MediaNotFoundError):
        await req.get_media()
    assert await req.get_media(default_when_empty={}) == {}


async def test_any_other_fault_in_a_payload_is_a_400() -> None:
    req = request([b"?"], headers=YAML_HEADERS, options=YAML_OPTIONS)
    with pytest.raises(HTTPError) as caught:
        await req.get_media()
    assert caught.value.status == "400 Bad Request"
    assert caught.value.title == "Invalid YAML"


async def test_what_a_handler_leaves_unread_is_thrown_away_if_it_says_so() -> None:
    class FirstByte(BaseHandler):
        exhaust_stream = True

        async def deserialize_async(
            self,
            stream: Any,
            content_type: str | None = None,
            content_length: int | None = None,
        ) -> object:
            return await stream.read(1)

    options = RequestOptions(media_handlers=Handlers({"a/b": FirstByte()}))
    req = request([b"xy", b"z"], headers={"Content-Type": "a/b"}, options=options)
    assert await req.get_media() == b"x"
    assert await req.stream.read() == b""


async def test_media_is_read_from_what_a_stream_has_left() -> None:
    req = request([b"#[1", b"]"])
    assert await req.stream.read(1) == b"#"
    assert await req.get_media() == [1]


@pytest.mark.parametrize("chunks", [[], [b"[1"], [b"[1", b", 2"]])
async def test_a_body_that_breaks_off_is_not_taken_for_a_whole_one(
    chunks: list[bytes],
) -> None:
    req = request(chunks, leaves=True)
    for _ in range(2):
        with pytest.raises(ClientDisconnected):
            await req.get_media()
    with pytest.raises(ClientDisconnected):
        await req.stream.read()


async def test_media_is_whole_also_when_an_earlier_wait_for_it_was_cancelled() -> None:
    events: asyncio.Queue[Event] = asyncio.Queue()
    starved = asyncio.Event()

    async def receive() -> Event:
        if events.empty():
            starved.set()
        return await events.get()

    req = Request(create_scope(), receive)
    events.put_nowait({"type": "http.request", "body": b'[{"a"', "more_body": True})
    reading = asyncio.create_task(req.get_media())
    async with asyncio.timeout(5):
        await starved.wait()
    reading.cancel()
    with pytest.raises(asyncio.CancelledError):
        await reading
    events.put_nowait({"type": "http.request", "body": b": 1}]"})
    async with asyncio.timeout(5):
        assert await req.get_media() == [{"a": 1}]


async def test_a_stream_whose_length_makes_no_sense_is_a_400() -> None:
    with pytest.raises(HTTPInvalidHeader):
        _ = request(headers={"Content-Length": "many"}).stream


async def test_an_event_that_was_received_already_comes_first() -> None:
    events = [{"type": "http.request", "body": b"def"}]

    async def receive() -> Any:
        return events.pop(0)

    first = {"type": "http.request", "body": b"abc", "more_body": True}
    req = Request(create_scope(), receive, first)
    assert await req.stream.read() == b"abcdef"


async def test_a_long_poll_is_told_when_the_client_leaves() -> None:
    left = asyncio.Event()
    events = [{"type": "http.request", "body": b""}]

    async def receive() -> Any:
        if events:
            return events.pop(0)
        await left.wait()
        return {"type": "http.disconnect"}

    req = Request(create_scope(), receive)
    waiting = asyncio.create_task(req.wait_disconnect())
    await asyncio.sleep(0)
    assert not waiting.done()
    left.set()
    async with asyncio.timeout(5):
        await waiting
    with pytest.raises(UnsupportedError):
        await Request(create_scope_ws("/"), receive).wait_disconnect()


@pytest.mark.parametrize(
    ("body", "status"), [(b"--b--\r\n", 200), (b"--b\r\nContent-", 400)]
)
def test_a_form_that_is_cut_off_is_the_clients_mistake(
    body: bytes, status: int
) -> None:
    async def on_post(req: Request, resp: Response) -> None:
        async for _ in await req.get_media():
            pass

    app = App(extensions=())
    app.req_options.media_handlers["multipart/form-data"] = MultipartFormHandler()
    app.add_route("/", SimpleNamespace(on_post=on_post))
    headers = {"Content-Type": "multipart/form-data; boundary=b"}
    result = TestClient(app).post("/", body=body, headers=headers)
    assert result.status_code == status
