import asyncio
import gzip
import importlib
import sys
import zlib
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import nullcontext
from pathlib import Path
from random import Random
from types import SimpleNamespace
from typing import Any
from unittest.mock import AsyncMock

import pytest
from hypothesis import given
from hypothesis import strategies as st

from falconws.core import (
    App,
    CompressionMiddleware,
    HTTPForbidden,
    Request,
    Response,
    Stream,
)
from falconws.core._codings import _ZSTD
from falconws.testing import ASGIConductor, Result, TestClient, create_scope

TEXT = b"All work and no play makes Jack a dull boy. " * 100
GZIP = {"Accept-Encoding": "gzip"}
Fill = Callable[[Response], None]


def app_of(fill: Fill, before: Sequence[object] = (), **kwargs: Any) -> App:
    """An App whose one resource fills its response, a text/plain, by a function."""

    async def on_get(req: Request, resp: Response) -> None:
        resp.content_type = "text/plain"
        fill(resp)

    app = App(extensions=(), middleware=[*before, CompressionMiddleware(**kwargs)])
    app.add_route("/", SimpleNamespace(on_get=on_get, on_head=on_get))
    return app


def sent(
    fill: Fill, accept: str = "gzip", *, method: str = "GET", **kwargs: Any
) -> Result:
    headers = {"Accept-Encoding": accept}
    return TestClient(app_of(fill, **kwargs)).request(method, "/", headers=headers)


def body(data: Any = TEXT, **attributes: Any) -> Fill:
    """What sets a body, and attributes or, by names with a capital, headers."""

    def fill(resp: Response) -> None:
        resp.data = data
        for name, value in attributes.items():
            if name.islower():
                setattr(resp, name, value)
            else:
                resp.set_header(name.replace("_", "-"), value)

    return fill


def media(resp: Response) -> None:
    resp.media = [TEXT.decode()]
    resp.content_type = None


class Source:
    """A stream that notes whether it was closed."""

    def __init__(self, *pieces: Any) -> None:
        self.pieces = list(pieces)
        self.closed = False

    async def __aiter__(self) -> AsyncIterator[Any]:
        while self.pieces:
            yield self.pieces.pop(0)

    async def aclose(self) -> None:
        self.closed = True


def stream(resp: Response) -> None:
    resp.stream = Source(TEXT[:10], b"", TEXT[10:])


def untouched(result: Result) -> bool:
    """Say whether a response is one that the middleware leaves alone."""
    return "content-encoding" not in result.headers and "vary" not in result.headers


@pytest.mark.parametrize(
    ("fill", "expected"),
    [
        (body(), TEXT),
        (body(None, text=TEXT.decode()), TEXT),
        (media, b'["' + TEXT + b'"]'),
        (stream, TEXT),
    ],
)
def test_bodies_of_all_kinds_are_compressed_and_a_head_is_answered_alike(
    fill: Fill, expected: bytes
) -> None:
    result = sent(fill)
    assert gzip.decompress(result.content) == expected
    assert result.headers["content-encoding"] == "gzip"
    length = result.headers.get("content-length")
    assert length == (None if fill is stream else str(len(result.content)))
    plain = sent(fill, "")
    assert plain.content == expected
    assert "content-encoding" not in plain.headers
    for name in ("vary", "content-type"):
        assert plain.headers[name] == result.headers[name]
    assert plain.headers["vary"] == "Accept-Encoding"
    head = sent(fill, method="HEAD")
    assert (head.headers, head.content) == (result.headers, b"")


@given(st.lists(st.binary(max_size=99) | st.just(TEXT)), st.booleans())
def test_any_stream_comes_back_up_to_its_end(pieces: list[bytes], known: bool) -> None:
    def fill(resp: Response) -> None:
        resp.stream = Source(*pieces, None, b"never")
        if known:
            resp.content_length = sum(map(len, pieces))

    result = sent(fill, minimum_size=0)
    assert gzip.decompress(result.content) == b"".join(pieces)


@given(st.binary(max_size=2000) | st.integers(0, 3000).map(lambda n: b"x" * n))
def test_any_body_comes_back_and_is_never_larger(data: bytes) -> None:
    result = sent(body(data), minimum_size=0)
    assert len(result.content) <= len(data)
    is_compressed = "content-encoding" in result.headers
    assert (gzip.decompress if is_compressed else bytes)(result.content) == data


@pytest.mark.parametrize("size", [1, 500, 1000])
def test_a_body_is_compressed_from_the_smallest_size_on(size: int) -> None:
    options: dict[str, Any] = {} if size == 500 else {"minimum_size": size}
    assert untouched(sent(body(b"x" * (size - 1)), **options))
    assert "vary" in sent(body(b"x" * size), **options).headers

    for length, is_small in ((size - 1, True), (size, False)):
        announced = body(None, stream=Source(), content_length=length)
        assert untouched(sent(announced, method="HEAD", **options)) == is_small


@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_a_response_without_a_body_is_left_alone(method: str) -> None:
    for fill in (body(None), body(status=204), body(status=205)):
        assert untouched(sent(fill, method=method, minimum_size=0))
    announced = sent(body(None, content_length=1000), method=method)
    assert untouched(announced) == (method == "GET")


@pytest.mark.parametrize(
    ("name", "value", "gains"),
    [
        ("Content-Encoding", "br", False),
        ("Content-Range", "bytes 0-9/10", False),
        ("Content-Digest", "sha-256=:abcd:", False),
        ("Repr-Digest", "sha-256=:abcd:", False),
        ("Cache-Control", "public, No-Transform", False),
        ("Cache-Control", "public, max-age=60", True),
        ("Content-Type", "image/png", False),
        ("Content-Type", "image/svg+xml", True),
        ("Content-Type", "Video/MP4", False),
        ("Content-Type", "audio/ogg; codecs=opus", False),
        ("Content-Type", "application/zip", False),
        ("Content-Type", "application/epub+zip", False),
        ("Content-Type", "application/vnd.oasis.opendocument.text", False),
        ("Content-Type", "application/vnd.unknown", True),
        ("Content-Type", "application/octet-stream", False),
        ("Content-Type", "APPLICATION/problem+json; a=b", True),
        ("Content-Type", "font/woff2", False),
        ("Content-Type", "Text/Event-Stream; charset=utf-8", False),
    ],
)
def test_what_is_final_or_compressed_already_is_left_alone(
    name: str, value: str, gains: bool
) -> None:
    result = sent(body(**{name: value}))
    assert (result.content != TEXT) == gains
    assert ("vary" in result.headers) == gains


@pytest.mark.parametrize(
    ("name", "compressed"),
    [
        ("text/html", True),
        ("image/PNG; x=y", True),
        ("image/gif", False),
        (None, False),  # which is JSON by default
        ("text/event-stream", False),  # not even then
    ],
)
def test_the_types_to_compress_can_be_named(name: str | None, compressed: bool) -> None:
    result = sent(body(content_type=name), media_types=["text/*", "image/png"])
    assert untouched(result) != compressed


def test_what_would_not_be_smaller_is_sent_as_it_is() -> None:
    data = Random(1).randbytes(1000)
    result = sent(body(data, etag="a", accept_ranges="bytes"))
    assert result.content == data
    assert result.headers["etag"] == '"a"'
    assert result.headers["accept-ranges"] == "bytes"
    assert result.headers["vary"] == "Accept-Encoding"


@pytest.mark.parametrize(
    ("name", "value", "changed"),
    [
        ("Vary", "Origin", "Origin, Accept-Encoding"),
        ("Vary", "accept-encoding", "accept-encoding"),
        ("ETag", '"a"', 'W/"a"'),
        ("ETag", 'W/"a"', 'W/"a"'),
        ("Accept-Ranges", "bytes", None),
    ],
)
def test_headers_tell_of_the_other_bytes(
    name: str, value: str, changed: str | None
) -> None:
    result = sent(body(**{name: value}))
    assert result.headers.get(name) == changed
    assert ("etag" in result.headers) == (name == "ETag")


@pytest.mark.parametrize("status", [403, 500])
def test_an_error_is_compressed_as_others_are_and_a_failure_to_render_is_not(
    status: int,
) -> None:
    def fill(resp: Response) -> None:
        media(resp)
        resp.media = object()
        if status == 403:
            raise HTTPForbidden(description=TEXT.decode())

    result = sent(fill)
    assert result.status_code == status
    assert ("content-encoding" in result.headers) == (status == 403)
    assert status == 500 or TEXT in gzip.decompress(result.content)


def test_an_event_stream_is_left_alone() -> None:
    def fill(resp: Response) -> None:
        # falconws-sse sets the type later, when the stream is opened.
        resp.options.event_stream = lambda events, resp: Stream(events)
        resp.sse = Source(TEXT)
        resp.data = b"x" * 1000

    result = sent(fill, minimum_size=0)
    assert untouched(result)
    assert result.content == TEXT


def decompressor(coding: str) -> Callable[[bytes], bytes]:
    """What a client reads a stream with; without its library the test is skipped."""
    if coding == "gzip":
        return zlib.decompressobj(31).decompress
    if coding == "br":
        process: Any = pytest.importorskip("brotli").Decompressor().process
        # It gives what it has bit by bit; nothing when that is all.
        return lambda data: b"".join([process(data), *iter(lambda: process(b""), b"")])
    decompressor: Any = pytest.importorskip(_ZSTD).ZstdDecompressor()
    return decompressor.decompress  # type: ignore[no-any-return]


def complete(coding: str) -> Callable[[bytes], bytes]:
    """What a client reads a whole body with, and refuses one without an end."""
    if coding == "gzip":
        return gzip.decompress
    library: Any = pytest.importorskip("brotli" if coding == "br" else _ZSTD)
    return library.decompress  # type: ignore[no-any-return]


@pytest.mark.parametrize("coding", ["br", "zstd", "gzip"])
async def test_no_piece_of_a_stream_waits_for_the_next(coding: str) -> None:
    decompress = decompressor(coding)
    go_on, closed = asyncio.Event(), asyncio.Event()

    async def source() -> AsyncIterator[bytes]:
        try:
            yield b"first"
            await go_on.wait()
            yield b"second" * 20_000  # in a thread
            await asyncio.Event().wait()
        finally:
            closed.set()

    headers = {"Accept-Encoding": coding}
    async with ASGIConductor(app_of(body(None, stream=source()))) as conductor:
        async with conductor.simulate_get_stream("/", headers=headers) as result:
            assert decompress(await result.stream.read()) == b"first"
            go_on.set()
            assert decompress(await result.stream.read()) == b"second" * 20_000
            assert not closed.is_set()
        # The client has left.
        assert closed.is_set()


@pytest.mark.parametrize("first", [TEXT, b"", None])
@pytest.mark.parametrize("coding", ["br", "zstd", "gzip"])
async def test_a_stream_that_a_drain_ends_has_the_end_of_its_coding(
    coding: str, first: bytes | None
) -> None:
    decoded = complete(coding)

    async def source() -> AsyncIterator[bytes]:
        if first is not None:
            yield first
        await asyncio.Event().wait()

    headers = {"Accept-Encoding": coding}
    app = app_of(body(None, stream=source()))
    async with ASGIConductor(app) as conductor:
        async with conductor.simulate_get_stream("/", headers=headers) as result:
            received = await result.stream.read() if first else b""
            await app.drain(grace=5)
            received += b"".join([chunk async for chunk in result.stream])
    assert decoded(received) == (first or b"")


async def test_a_stream_that_lost_a_piece_to_a_drain_has_no_end(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    compressing = asyncio.Event()

    async def never(function: object) -> bytes:
        compressing.set()
        return await asyncio.Future()

    monkeypatch.setattr(asyncio, "to_thread", never)
    large = b"x" * 65_537
    app = app_of(body(None, stream=Source(TEXT, large)))
    async with ASGIConductor(app) as conductor:
        async with conductor.simulate_get_stream("/", headers=GZIP) as result:
            received = await result.stream.read()
            await compressing.wait()
            await app.drain(grace=5)
            received += b"".join([chunk async for chunk in result.stream])
    assert zlib.decompressobj(wbits=31).decompress(received) == TEXT
    with pytest.raises(EOFError):
        gzip.decompress(received)


async def test_a_stream_whose_end_was_given_has_no_other() -> None:
    streams = []

    class Keep:
        async def process_response(self, req: Any, resp: Any, *args: Any) -> None:
            streams.append(resp.stream)

    app = app_of(body(None, stream=Source(TEXT)), before=[Keep()])
    async with ASGIConductor(app) as conductor:
        result = await conductor.simulate_get("/", headers=GZIP)
    assert gzip.decompress(result.content) == TEXT
    assert streams[0].farewell() == b""


@pytest.mark.parametrize(
    ("method", "piece", "left"), [("GET", TEXT, 0), ("HEAD", TEXT, 1), ("GET", "a", 0)]
)
def test_a_source_is_closed_whatever_happens(
    method: str, piece: Any, left: int
) -> None:
    source = Source(piece)
    fails = pytest.raises(TypeError, match="bytes") if piece == "a" else nullcontext()
    with fails:
        sent(body(None, stream=source), method=method)
    assert source.closed
    assert len(source.pieces) == left  # For a HEAD it is not read.


@pytest.mark.parametrize("known", [True, False])
def test_a_file_is_compressed_as_a_whole_if_its_length_is_known(known: bool) -> None:
    pieces = [TEXT[i : i + 100] for i in range(0, len(TEXT), 100)]
    read = AsyncMock(side_effect=[*pieces, b""])
    file = SimpleNamespace(read=read, close=AsyncMock())
    length = len(TEXT) if known else None
    result = sent(body(None, stream=file, content_length=length))
    assert gzip.decompress(result.content) == TEXT
    assert "content-length" not in result.headers
    file.close.assert_awaited()
    # If it is, nobody waits for a part of it, and every flush would cost a few bytes.
    assert (len(result.content) < 200) == known


class Framed(Response):
    """A response whose body is put into something."""

    async def render_body(self) -> bytes | None:
        return b"<%s>" % (await super().render_body() or b"")


class Late:
    """Fails behind compression."""

    async def process_response(self, *args: Any) -> None:
        raise HTTPForbidden(description="Not you." * 100)


@pytest.mark.parametrize("accept", ["gzip", "identity"])
@pytest.mark.parametrize("before", [[], [Late()]])
def test_a_body_is_rendered_once_by_a_response_of_the_applications_own(
    accept: str, before: list[Any]
) -> None:
    async def on_get(req: Request, resp: Response) -> None:
        resp.data = TEXT

    middleware = [*before, CompressionMiddleware()]
    app = App(extensions=(), middleware=middleware, response_type=Framed)
    app.add_route("/", SimpleNamespace(on_get=on_get))
    result = TestClient(app).get("/", headers={"Accept-Encoding": accept})
    if before:  # The error is not compressed, and does not say that it is.
        assert "content-encoding" not in result.headers
        assert result.content.startswith(b'<{"title":"403 Forbidden"')
    else:
        is_plain = accept == "identity"
        content = result.content if is_plain else gzip.decompress(result.content)
        assert content == b"<%s>" % TEXT


@pytest.mark.parametrize(("size", "threads"), [(65_536, 0), (65_537, 1)])
@pytest.mark.parametrize("streamed", [True, False])
def test_what_is_large_is_compressed_in_a_thread(
    monkeypatch: pytest.MonkeyPatch, size: int, threads: int, streamed: bool
) -> None:
    to_thread = AsyncMock(wraps=asyncio.to_thread)
    monkeypatch.setattr(asyncio, "to_thread", to_thread)
    data = b"x" * size
    result = sent(body(None, stream=Source(data)) if streamed else body(data))
    assert gzip.decompress(result.content) == data
    assert to_thread.await_count == threads


class Spy:
    """Sees what compression has made of a stream."""

    name = ""

    async def process_response(self, req: Any, resp: Any, *args: Any) -> None:
        self.name = resp.stream.__qualname__


async def test_every_generator_is_closed_in_the_end_and_the_source_has_its_name() -> (
    None
):
    hooks = sys.get_asyncgen_hooks()
    begun: list[Any] = []
    sys.set_asyncgen_hooks(firstiter=begun.append)
    file = SimpleNamespace(__qualname__="report", read=AsyncMock(return_value=TEXT))
    spy = Spy()
    app = app_of(body(None, stream=file), before=[spy])
    send = AsyncMock(side_effect=[None, None, OSError])  # ASGI: the client has left
    try:
        receive = asyncio.get_running_loop().create_future
        await app(create_scope(headers=GZIP), receive, send)
    finally:
        sys.set_asyncgen_hooks(*hooks)
    assert send.await_count == 3
    assert begun
    assert all(generator.ag_frame is None for generator in begun)
    assert spy.name == "report"


# With static files.


@pytest.fixture
def files(tmp_path: Path) -> TestClient:
    (tmp_path / "small.txt").write_bytes(TEXT)
    (tmp_path / "large.txt").write_bytes(TEXT * 100)
    app = App(extensions=(), middleware=CompressionMiddleware(encodings=["gzip"]))
    app.add_static_route("/", tmp_path)
    return TestClient(app)


@pytest.mark.parametrize(("name", "times"), [("small", 1), ("large", 100)])
def test_a_file_is_compressed_and_its_tag_is_known_again(
    files: TestClient, name: str, times: int
) -> None:
    path = f"/{name}.txt"
    plain, result = files.get(path), files.get(path, headers=GZIP)
    assert gzip.decompress(result.content) == plain.content == TEXT * times
    weak = result.headers["etag"]
    assert weak == "W/" + plain.headers["etag"]
    # RFC 9110, 14.3: a part of these bytes is not to be had.
    assert "accept-ranges" in plain.headers
    assert "accept-ranges" not in result.headers
    assert "content-length" not in result.headers or times == 1
    for tag in (weak, plain.headers["etag"]):
        again = files.get(path, headers=GZIP | {"If-None-Match": f'"x", {tag}'})
        assert again.status_code == 304
        assert again.content == b""
        # RFC 9110, 15.4.5: with the headers that a 200 would have.
        assert again.headers["etag"] == tag
        assert again.headers["vary"] == "Accept-Encoding"
        assert "content-encoding" not in again.headers


def test_a_head_of_a_file_tells_no_length_that_the_get_does_not_have(
    files: TestClient,
) -> None:
    head = files.request("HEAD", "/large.txt", headers=GZIP)
    assert head.headers == files.get("/large.txt", headers=GZIP).headers
    plain = files.request("HEAD", "/large.txt")
    assert plain.headers["content-length"] == str(len(TEXT) * 100)


def test_a_part_of_a_file_is_a_part_of_the_file(files: TestClient) -> None:
    result = files.get("/small.txt", headers=GZIP | {"Range": "bytes=0-999"})
    assert result.status_code == 206
    assert result.content == TEXT[:1000]
    tag = files.get("/small.txt", headers=GZIP).headers["etag"]
    # RFC 9110, 13.1.5: a weak tag does not continue anything.
    fields = GZIP | {"Range": "bytes=0-999", "If-Range": tag}
    assert files.get("/small.txt", headers=fields).status_code == 200


@pytest.mark.parametrize(("accept", "sends"), [("gzip", False), ("br", True)])
async def test_a_server_sends_no_file_by_itself_that_is_to_be_compressed(
    files: TestClient, accept: str, sends: bool
) -> None:
    send = AsyncMock()
    scope = create_scope("/large.txt", headers={"Accept-Encoding": accept})
    scope["extensions"] = {"http.response.pathsend": {}}
    await files.app(scope, asyncio.get_running_loop().create_future, send)
    kinds = {call.args[0]["type"] for call in send.await_args_list}
    assert ("http.response.pathsend" in kinds) == sends


# What it is made with.


def test_the_first_coding_is_preferred_and_a_level_is_that_of_its_coding() -> None:
    pytest.importorskip("brotli")
    for names in (["gzip", "br"], ["br", "gzip"]):
        result = sent(body(), "gzip, br", encodings=names)
        assert result.headers["content-encoding"] == names[0]
    fast, small = (len(sent(media, levels={"gzip": level}).content) for level in (1, 9))
    assert small < fast


@pytest.mark.parametrize(
    ("kwargs", "match"),
    [
        ({"encodings": ["deflate"]}, "'deflate' is none"),
        ({"levels": {"deflate": 1}}, "'deflate' is none"),
        ({"levels": {"gzip": 0}}, "levels of gzip are 1 to 9, not 0"),
        ({"levels": {"gzip": 10}}, "levels of gzip are 1 to 9, not 10"),
        ({"levels": {"br": 12}}, "levels of br are 0 to 11, not 12"),
        ({"levels": {"zstd": 20}}, "levels of zstd are 1 to 19, not 20"),
        ({"encodings": []}, "Without encodings"),
    ],
)
def test_what_there_is_not_is_refused(kwargs: dict[str, Any], match: str) -> None:
    with pytest.raises(ValueError, match=match):
        CompressionMiddleware(**kwargs)


def test_without_their_libraries_codings_are_left_out_or_if_they_are_named_refused(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def refuse(name: str) -> Any:
        raise ModuleNotFoundError(name)

    pytest.importorskip("brotli")
    pytest.importorskip(_ZSTD)
    assert CompressionMiddleware().encodings == ("br", "zstd", "gzip")
    monkeypatch.setattr(importlib, "import_module", refuse)
    assert CompressionMiddleware().encodings == ("gzip",)
    for name, extra in (("br", "brotli"), ("zstd", "zstd")):
        with pytest.raises(RuntimeError, match=rf"install falconws-core\[{extra}\]"):
            CompressionMiddleware(encodings=["gzip", name])
