"""Any bytes in any chunks are a form or a documented error, however cut, and no more is held than the limits allow.

``python -m fuzz.multipart [seconds]`` looks for what breaks that, 60 seconds by default.
"""

from __future__ import annotations

import asyncio
import sys
import time
from collections.abc import AsyncIterator
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from falconws.media import PayloadError
from falconws.media.multipart import MultipartForm, MultipartParseOptions

LIMITS: dict[str, Any] = {
    "max_body_part_count": 4,
    "max_body_part_buffer_size": 24,
    "max_body_part_headers_size": 90,
    "max_body_size": 600,
}
BOUNDARY = "Bb"
CHUNK = 64
# The parser takes 16 header lines before they are counted together, and then keeps at most
# a line that has not ended, or a boundary that is not complete.
HELD = 16 * LIMITS["max_body_part_headers_size"] + 2 * CHUNK

HEADERS = [
    *(
        b"Content-Disposition: ",
        b"form-data",
        b"; name=",
        b'"a"',
        b'"%22\\"',
        b"; filename=",
    ),
    *(b"; filename*=utf-8''%C3%BC", b"''%ff", b"Content-Type: ", b"text/plain"),
    *(b"; charset=", b"punycode", b"klingon", b"utf-16", b"application/json"),
    *(b"multipart/form-data; boundary=Bb", b"application/x-www-form-urlencoded"),
    *(b"Content-Length: ", b"1", b"X-Other: ", b"\xc3\xa9", b"\0", b"\xff", b"a" * 30),
]
FRAMES = [
    *(
        b"\r\n",
        b"\r",
        b"\n",
        b"--Bb",
        b"--Bb\r\n",
        b"--Bb--",
        b"\r\n--Bb\r\n",
        b"-",
        b" ",
    ),
    b'\r\n--Bb\r\nContent-Disposition: form-data; name="a"\r\n\r\n',
    b'\r\n--Bb\r\nContent-Disposition: form-data; name="a"\r\nContent-Type: ',
    *(b"\r\n\r\n", b"\r\n--Bb--\r\n", b"{}", b"a=b"),
]
ANYTHING = st.lists(
    st.sampled_from(FRAMES) | st.sampled_from(HEADERS) | st.binary(max_size=40)
).map(b"".join)
# What is nearly a form comes further than that.
LINES = st.lists(
    st.sampled_from(
        [
            *(b"X-A: b", b"X-A: b\nc", b"x-a:", b" d", b"Content-Length: 1", b"X: b\r"),
            *(b"Content-Type: text/plain; charset=punycode", b"Content-Type: a/b"),
            *(
                b"Content-Disposition: form-data; name=b",
                b"Content-Type: application/json",
            ),
        ]
    ),
    max_size=3,
)
PARTS = st.tuples(LINES, ANYTHING | st.binary(max_size=30)).map(
    lambda part: b"\r\n".join(
        [
            b"--Bb",
            b'Content-Disposition: form-data; name="a"',
            *part[0],
            b"",
            part[1],
            b"",
        ]
    )
)
BODIES = ANYTHING | st.tuples(
    st.lists(PARTS, max_size=5).map(b"".join), st.just(b"--Bb--\r\n") | ANYTHING
).map(b"".join)
SIZES = st.lists(st.integers(1, CHUNK), min_size=1, max_size=4)
# How each part is read, in turn.
WAYS = st.lists(
    st.sampled_from(["stream", "data", "text", "media", "some", "name", "none"]),
    min_size=1,
)


class Body:
    """A body that comes in chunks of some sizes, over and over."""

    def __init__(self, body: bytes, sizes: list[int]) -> None:
        self._body = body
        self._sizes = sizes

    async def __aiter__(self) -> AsyncIterator[bytes]:
        position = 0
        while position < len(self._body):
            for size in self._sizes:
                yield self._body[position : position + size]
                position += size

    async def read(self, size: int | None = None, /) -> bytes:
        raise NotImplementedError


def held(form: MultipartForm) -> int:
    lines = form._parser._segment_headerlist
    headers = sum(len(name) + len(value) for name, value in lines)
    return len(form._parser._buffer) + len(form._start or b"") + headers


async def read_part(part: Any, way: str) -> object:
    try:
        if way == "stream":
            return b"".join([chunk async for chunk in part.stream])
        if way == "some":
            return await part.stream.read(2)
        if way == "name":
            return part.secure_filename
        if way == "none":
            return None
        media = await getattr(part, way)
    except PayloadError as exc:
        return type(exc)
    if isinstance(media, bytes):
        assert len(media) <= LIMITS["max_body_part_buffer_size"]
    return str(media)


async def read(body: bytes, sizes: list[int], ways: list[str]) -> object:
    """Give what the parts of a form are; None if one of them, or the form, is malformed."""
    form = MultipartForm(Body(body, sizes), BOUNDARY, MultipartParseOptions(**LIMITS))
    found: list[object] = []
    try:
        async for part in form:
            assert held(form) <= HELD
            assert len(found) < LIMITS["max_body_part_count"]
            way = ways[len(found) % len(ways)]
            read = await read_part(part, way)
            found.append((part.name, part.filename, part.headers, read))
            assert held(form) <= HELD
    except PayloadError:
        return None
    assert len(body) <= LIMITS["max_body_size"]
    return found


@given(BODIES, SIZES, WAYS)
def check(body: bytes, sizes: list[int], ways: list[str]) -> None:
    whole = asyncio.run(read(body, [len(body) or 1], ways))
    assert asyncio.run(read(body, sizes, ways)) == whole


def main(seconds: float = 60) -> None:
    checked = settings(
        max_examples=2000,
        deadline=None,
        database=None,
        suppress_health_check=list(HealthCheck),
    )(check)
    rounds = 0
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        checked()
        rounds += 1
    print(f"{rounds * 2000} bodies, nothing found")


if __name__ == "__main__":
    main(*map(float, sys.argv[1:2]))
