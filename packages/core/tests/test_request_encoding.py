import asyncio
import gzip
import tracemalloc
import zlib
from collections.abc import Callable
from functools import partial
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from falconws.core import (
    App,
    ClientDisconnected,
    Event,
    HTTPBadRequest,
    HTTPContentTooLarge,
    HTTPUnsupportedMediaType,
    Request,
    RequestOptions,
    Response,
)
from falconws.media import MEDIA_JSON, BaseHandler
from falconws.testing import TestClient, create_scope

# Without the time, which would be in the names of tests, and another in each process.
gzipped = partial(gzip.compress, mtime=0)

MIB = 1024**2
ENCODE: dict[str, Callable[[bytes], bytes]] = {
    "gzip": gzipped,
    "deflate": zlib.compress,
}
GZIP = gzipped(b"hello")
PLACES = st.lists(st.integers(0, 10**6), max_size=8)


def request(
    chunks: list[bytes], encoding: str = "gzip", *, leaves: bool = False, **options: Any
) -> Request:
    """A request whose body comes in chunks; in the end the client leaves."""
    events: list[Event] = [
        {"type": "http.request", "body": chunk, "more_body": True} for chunk in chunks
    ]
    if not leaves:
        events.append({"type": "http.request", "body": b"", "more_body": False})

    async def receive() -> Event:
        return events.pop(0) if events else {"type": "http.disconnect"}

    length = sum(map(len, chunks))
    headers = {"Content-Encoding": encoding}
    scope = create_scope(method="POST", headers=headers, content_length=length)
    options.setdefault("content_encodings", ENCODE)
    return Request(scope, receive, None, RequestOptions(**options))


def cut(data: bytes, places: list[int]) -> list[bytes]:
    """Cut bytes into chunks; some may be empty."""
    ends = [0, *sorted(place % (len(data) + 1) for place in places), len(data)]
    return [data[a:b] for a, b in pairwise(ends)]


@given(
    st.binary(max_size=20),
    st.sampled_from([1, 1, 30_000]),
    st.sampled_from(sorted(ENCODE)),
    PLACES,
    st.sampled_from([1, 7, 65_535, 65_536, 65_537, -1]),
)
def test_any_body_in_any_chunks_comes_back_by_reads_of_any_size(
    part: bytes, times: int, encoding: str, places: list[int], size: int
) -> None:
    async def read() -> bytes:
        stream = request(cut(ENCODE[encoding](part * times), places), encoding).stream
        found = await stream.read(size)
        while not stream.eof and len(found) < 100:
            found += await stream.read(size)
        found += b"".join([chunk async for chunk in stream])
        assert stream.eof
        assert stream.tell() == len(found)
        return found

    assert asyncio.run(read()) == part * times


@given(st.lists(st.binary(max_size=20), min_size=1), PLACES)
def test_a_gzip_file_of_several_members_is_all_of_them(
    bodies: list[bytes], places: list[int]
) -> None:
    stream = request(cut(b"".join(map(gzipped, bodies)), places)).stream
    assert asyncio.run(stream.read()) == b"".join(bodies)


MISSING = "its end is missing"
OTHER = "it is not in that format"


@pytest.mark.parametrize(
    ("data", "encoding", "reason"),
    [
        # A body that is cut anywhere is never taken for a whole one.
        *((GZIP[:end], "gzip", MISSING) for end in range(1, len(GZIP))),
        (zlib.compress(b"a")[:-1], "deflate", MISSING),
        (b"no gzip", "gzip", OTHER),
        (GZIP + b"junk", "gzip", OTHER),
        (GZIP[:-8] + bytes(8), "gzip", OTHER),
        (zlib.compress(b"a") + b"junk", "deflate", "there is more behind its end"),
        # RFC 9110, 8.4.1.2: with the header of zlib.
        (zlib.compress(b"a")[2:-4], "deflate", OTHER),
        (GZIP, "deflate", OTHER),
    ],
)
async def test_what_is_not_in_the_format_or_not_all_of_it_is_refused(
    data: bytes, encoding: str, reason: str
) -> None:
    stream = request([data], encoding).stream
    with pytest.raises(HTTPBadRequest) as raised:
        await stream.read()
    expected = f"Could not decompress the body from {encoding} - {reason}"
    assert raised.value.description == expected
    assert raised.value.title == "Invalid Content-Encoding"
    with pytest.raises(HTTPBadRequest) as again:  # as often as it is read
        await stream.exhaust()
    assert again.value is raised.value


@pytest.mark.parametrize(
    ("name", "sent", "body"),
    [
        *((name, GZIP, b"hello") for name in ("gzip", "GZIP", "x-gzip", ",gzip,")),
        ("identity, gzip", GZIP, b"hello"),
        ("Identity, identity", b"hello", b"hello"),
        ("", b"hello", b"hello"),
        ("gzip", b"", b""),  # A body without a byte is empty.
    ],
)
async def test_an_encoding_has_the_names_that_the_specification_gives_it(
    name: str, sent: bytes, body: bytes
) -> None:
    assert await request([sent], name).stream.read() == body
    # By default the application gets what was sent.
    assert await request([sent], name, content_encodings=()).stream.read() == sent


@pytest.mark.parametrize("name", ["br", "deflate", "gzip, gzip", "deflate, gzip"])
async def test_another_encoding_is_refused_where_the_body_is_read(name: str) -> None:
    stream = request([GZIP], name, content_encodings={"gzip"}).stream
    with pytest.raises(HTTPUnsupportedMediaType, match=f"gzip, and not {name}") as exc:
        await stream.read()
    assert exc.value.headers == {"Accept-Encoding": "gzip"}


@pytest.mark.parametrize("limit", [1, 3, 65_536, 100_000])
@pytest.mark.parametrize("encoding", sorted(ENCODE))
async def test_a_body_may_be_as_large_as_the_limit_and_no_larger(
    limit: int, encoding: str
) -> None:
    for size in (limit, limit + 1):
        data = ENCODE[encoding](b"x" * size)
        if encoding == "gzip":  # the members of which have one limit together
            data = gzipped(b"x") + gzipped(b"x" * (size - 1))
        chunks = cut(data, [7, 8, len(data) - 9])
        stream = request(chunks, encoding, max_inflated_size=limit).stream
        if size == limit:
            assert await stream.read() == b"x" * limit
        else:
            with pytest.raises(HTTPContentTooLarge, match=f"larger than {limit} bytes"):
                await stream.exhaust()


async def take_turns(count: int) -> None:
    for _ in range(count):
        await asyncio.sleep(0)


async def test_a_bomb_takes_no_more_memory_than_a_block_and_lets_others_run() -> None:
    encoder = zlib.compressobj(wbits=31)
    data = b"".join(encoder.compress(bytes(MIB)) for _ in range(32)) + encoder.flush()
    stream = request([data], max_inflated_size=None).stream
    others = asyncio.create_task(take_turns(500))  # less than there are blocks
    tracemalloc.start()
    try:
        await stream.exhaust()
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert stream.tell() == 32 * MIB
    assert peak < MIB / 2
    assert others.done()


@pytest.mark.parametrize("chunks", [[], [GZIP[:-1]]])
async def test_a_client_that_leaves_is_never_taken_for_one_that_is_done(
    chunks: list[bytes],
) -> None:
    req = request(chunks, leaves=True)
    req.headers["content-length"] = str(len(GZIP))
    with pytest.raises(ClientDisconnected):
        await req.stream.read()


async def test_reading_can_be_cancelled_and_goes_on_where_it_was() -> None:
    data = gzipped(b"x" * 200_000)
    # However many turns the reader has had.
    for turns in range(9):
        events: asyncio.Queue[Event] = asyncio.Queue()
        scope = create_scope(method="POST", headers={"Content-Encoding": "gzip"})
        options = RequestOptions(content_encodings=["gzip"])
        stream = Request(scope, events.get, None, options).stream
        # What was received before is a part of the body.
        stream.take({"type": "http.request", "body": data[:-9], "more_body": True})
        reading = asyncio.create_task(stream.read())
        await take_turns(turns)
        reading.cancel()
        with pytest.raises(asyncio.CancelledError):
            await reading
        events.put_nowait({"type": "http.request", "body": data[-9:]})
        assert await stream.read() == b"x" * 200_000


async def test_watching_for_the_client_takes_nothing_from_the_reader() -> None:
    req = request([GZIP])
    await req.wait_disconnect()
    assert await req.stream.read() == b"hello"


class Reader(BaseHandler):
    """Reads a stream, as the handler for forms does."""

    async def deserialize_async(
        self,
        stream: Any,
        content_type: str | None = None,
        content_length: int | None = None,
    ) -> Any:
        return [(await stream.read()).decode(), content_length]


class Echo:
    async def on_post(self, req: Request, resp: Response) -> None:
        resp.media = [await req.get_media(), req.content_length]


@pytest.mark.parametrize(
    ("data", "encoding", "media_type", "expected"),
    [
        # The Content-Length of the request is that of what was sent.
        (gzipped(b'{"a": 1}'), "gzip", MEDIA_JSON, [{"a": 1}, 28]),
        (b'{"a": 1}', "", MEDIA_JSON, [{"a": 1}, 8]),
        (zlib.compress(b"hello"), "deflate", "a/b", [["hello", None], 13]),
        (b"hello", "identity", "a/b", [["hello", 5], 5]),
        (b"{}", "gzip", MEDIA_JSON, 400),
        (gzipped(b" " * 998 + b"{}"), "gzip", MEDIA_JSON, 200),
        (gzipped(b" " * 999 + b"{}"), "gzip", MEDIA_JSON, 413),
        (b"{}", "br", MEDIA_JSON, 415),
    ],
)
def test_media_is_read_from_what_was_compressed(
    data: bytes, encoding: str, media_type: str, expected: Any
) -> None:
    app = App(extensions=())
    app.req_options.content_encodings = ("gzip", "deflate")
    app.req_options.max_inflated_size = 1000
    app.req_options.media_handlers["a/b"] = Reader()
    app.add_route("/", Echo())
    headers = {"Content-Encoding": encoding}
    result = TestClient(app).simulate_post(
        "/", body=data, content_type=media_type, headers=headers
    )
    assert expected in (result.status_code, result.json)
    accepted = "deflate, gzip" if expected == 415 else None
    assert result.headers.get("accept-encoding") == accepted
