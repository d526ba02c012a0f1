import asyncio
import io
import os
import pickle
import threading
from collections.abc import AsyncIterator
from pathlib import Path
from typing import IO, Any

import pytest
import python_multipart
from hypothesis import given
from hypothesis import strategies as st

from falconws.media import (
    BaseHandler,
    Handlers,
    JSONHandler,
    JSONMalformedError,
    PayloadEmptyError,
    PayloadError,
    UnsupportedMediaTypeError,
)
from falconws.media.errors import (
    BoundaryError,
    MultipartParseError,
    PayloadTooLargeError,
)
from falconws.media.multipart import (
    BodyPart,
    MultipartForm,
    MultipartFormHandler,
    MultipartParseOptions,
)

BOUNDARY = "xYzZY"
CONTENT_TYPE = f"multipart/form-data; boundary={BOUNDARY}"
END = b"--xYzZY--\r\n"


class Body:
    """A body that comes in chunks, and counts those that were asked for."""

    def __init__(self, *chunks: bytes | BaseException) -> None:
        self._chunks = list(chunks)
        self.asked = 0

    def __aiter__(self) -> AsyncIterator[bytes]:
        return self._iterate()

    async def _iterate(self) -> AsyncIterator[bytes]:
        for chunk in self._chunks:
            self.asked += 1
            if isinstance(chunk, BaseException):
                raise chunk
            yield chunk

    async def read(self, size: int | None = None, /) -> bytes:
        raise AssertionError("Chunks are taken as they come.")


class File:
    """A body that can only be read by size."""

    def __init__(self, body: bytes) -> None:
        self._file = io.BytesIO(body)

    async def read(self, size: int | None = None, /) -> bytes:
        assert size is not None
        assert 0 < size <= 64 * 1024
        return self._file.read(size)


def part(
    content: bytes = b"", disposition: str = 'form-data; name="a"', **headers: str
) -> bytes:
    lines = [f"Content-Disposition: {disposition}"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    head = "".join(f"{line}\r\n" for line in lines).encode()
    return b"--xYzZY\r\n" + head + b"\r\n" + content + b"\r\n"


def cut(body: bytes, *sizes: int) -> list[bytes]:
    """Cut a body into chunks of some sizes, over and over."""
    chunks = []
    while body:
        for size in sizes:
            chunks.append(body[:size])
            body = body[size:]
    return chunks


async def open_form(*chunks: bytes | BaseException, **options: Any) -> MultipartForm:
    handler = MultipartFormHandler(MultipartParseOptions(**options))
    return await handler.deserialize_async(Body(*chunks), CONTENT_TYPE)


async def first(*chunks: bytes | BaseException, **options: Any) -> BodyPart:
    return await anext(aiter(await open_form(*chunks, **options)))


async def read(*chunks: bytes, **options: Any) -> list[tuple[Any, ...]]:
    """Read a whole form."""
    form = await open_form(*chunks, **options)
    return [
        (each.name, each.filename, each.content_type, await each.stream.read())
        async for each in form
    ]


async def outcome(*chunks: bytes) -> list[tuple[Any, ...]] | None:
    try:
        return await read(*chunks)
    except PayloadError:
        return None


# Names as browsers can send them: what WHATWG HTML, 4.10.21.8 escapes, and what it does not.
NAMES = st.text(
    st.sampled_from("aé日\"\r\n;='% ")
    | st.characters(exclude_categories=["Cs"], exclude_characters="\0\\")
).filter(lambda name: not any(text in name for text in ("%22", "%0A", "%0D")))
CONTENTS = (
    st.binary()
    | st.lists(st.sampled_from([b"\r\n", b"\r", b"--", b"xYzZ", b"Y", b"a\n"])).map(
        b"".join
    )
).filter(lambda content: b"\r\n--xYzZY" not in b"\r\n" + content)
SIZES = st.lists(st.integers(1, 80), min_size=1, max_size=3)


def quoted(name: str) -> str:
    for char, escape in (('"', "%22"), ("\r", "%0D"), ("\n", "%0A")):
        name = name.replace(char, escape)
    return f'"{name}"'


@st.composite
def forms(draw: st.DrawFn) -> tuple[bytes, list[tuple[Any, ...]]]:
    body, expected = b"", []
    for _ in range(draw(st.integers(0, 4))):
        name, content = draw(NAMES), draw(CONTENTS)
        filename, kind = (
            draw(st.none() | NAMES),
            draw(st.sampled_from(["", "a/b; c=d"])),
        )
        disposition = f"form-data; name={quoted(name)}"
        if filename is not None:
            disposition += f"; filename={quoted(filename)}"
        headers = {"Content_Type": kind} if kind else {}
        body += part(content, disposition, **headers)
        expected.append((name, filename, kind or "text/plain", content))
    return body + END, expected


@given(forms(), SIZES)
async def test_a_form_is_what_was_sent_however_it_is_cut(
    form: tuple[bytes, list[tuple[Any, ...]]], sizes: list[int]
) -> None:
    assert await read(*cut(form[0], *sizes)) == form[1]


@given(forms(), SIZES)
async def test_a_form_is_what_others_read(
    form: tuple[bytes, list[tuple[Any, ...]]], sizes: list[int]
) -> None:
    theirs: list[list[bytes]] = []
    parser = python_multipart.MultipartParser(
        BOUNDARY,
        {
            "on_part_begin": lambda: theirs.append([b"", b""]),
            "on_header_value": lambda data, start, end: add(0, data[start:end]),
            "on_header_end": lambda: add(0, b"|"),
            "on_part_data": lambda data, start, end: add(1, data[start:end]),
        },
    )

    def add(index: int, data: bytes) -> None:
        theirs[-1][index] += data

    for chunk in cut(form[0], *sizes):
        parser.write(chunk)
    ours = [
        ["".join(f"{v}|" for v in each.headers.values()).encode(), await each.data]
        async for each in await open_form(*cut(form[0], *sizes))
    ]
    assert ours == theirs


PIECES = st.sampled_from(
    [
        *(
            b"\r\n",
            b"\r",
            b"\n",
            b"--",
            b"-",
            b"xYzZY",
            b"--xYzZY\r\n",
            END,
            b" ",
            b"a",
        ),
        *(b": ", b"Content-Disposition: form-data; name=a", b"X-A: b\nc", b"\r\n\r\n"),
        *(part(b"b"), part(b"c", Content_Length="1"), part(b"d", Content_Length="2")),
        *(part(b"", "form-data; name=a; filename*=utf-8''%ff"), b"\0", b"\xff"),
    ]
)


@given(st.lists(PIECES).map(b"".join), SIZES)
async def test_what_is_no_form_is_none_however_it_is_cut(
    body: bytes, sizes: list[int]
) -> None:
    assert await outcome(*cut(body, *sizes)) == await outcome(body)


@pytest.mark.parametrize(
    "body",
    [
        END,
        b"--xYzZY--",
        b"\r\n" + END,
        END + b"epilogue" + part(),
        part(b"b") + END,
        part(b"b") + b"--xYzZY--",
        part(b"b", 'form-data; name="a"', X_Other="1", Content_Length="1") + END,
        part(b"b").replace(b"Disposition: ", b"dISPOSITION:") + END,
        part(b"b").replace(b'"a"', b"a").replace(b"; name", b" ;\r\n NAME") + END,
    ],
)
async def test_a_form_may_be_written_so(body: bytes) -> None:
    contents = [("a", None, "text/plain", b"b")] if b"\r\nb\r\n" in body else []
    for chunks in (cut(body, 1), cut(body, 7), [body]):
        assert await read(*chunks) == contents


@pytest.mark.parametrize(
    ("body", "detail"),
    [
        (b"", "unexpected end"),
        (b"--xYzZY", "unexpected end"),
        (b"preamble\r\n" + END, "does not begin with its boundary"),
        (b"\n" + END, "does not begin with its boundary"),
        (b"\r\n\r\n" + END, "does not begin with its boundary"),
        (b"--XyZzy--", "does not begin with its boundary"),
        (b"--xYzZY\n" + END, "line break after first boundary"),
        (b"--xYzZY \r\n", "byte after first boundary"),
        (part(b"b"), "unexpected end"),
        (part(b"b") + b"--xYzZY", "unexpected end"),
        (part(b"b") + b"--xYzZY-\r\n", "bytes after boundary"),
        (part(b"\r\n--xYzZYZ") + END, "bytes after boundary"),
        ((part(b"b") + END).replace(b"\r\n", b"\n"), "line break"),
        (part(b"b", 'form-data; name="a\nb"') + END, "line break"),
        (part(b"b", 'form-data; name="a\0b"') + END, "line break"),
        (part(b"b", X_A="b\rc") + END, "line break"),
        (b"--xYzZY\r\n\r\nb\r\n" + END, "missing Content-Disposition"),
        (part(b"b", "attachment; name=a") + END, "wrong type"),
        (part(b"b", Content_Disposition="form-data; name=b") + END, "two headers"),
        (part(b"b", Content_Type="a/b", Content_type="c/d") + END, "two headers"),
        (part(b"b", Content_Length="2") + END, "Content-Length"),
        (part(b"bcd", Content_Length="2") + END, "Content-Length"),
        (part(b"b").replace(b"a", b"\xff") + END, "header"),
        (part(b"b", "form-data; name=a; filename*=utf-8''%e4") + END, "filename"),
        (part(b"b", "form-data; name=a; filename*=koi8-r''a") + END, "filename"),
    ],
)
async def test_a_form_may_not_be_written_so(body: bytes, detail: str) -> None:
    for chunks in (cut(body, 1), cut(body, 7), [body]):
        with pytest.raises(MultipartParseError, match=f"(?i){detail}"):
            await read(*chunks)


async def test_an_error_does_not_keep_the_parser_alive() -> None:
    with pytest.raises(MultipartParseError) as caught:
        await read(part(b"b") + b"--xYzZY-\r\n")
    assert caught.value.__context__ is None


@pytest.mark.parametrize(
    ("disposition", "name", "filename"),
    [
        ("form-data", "", None),
        ('form-data; name=""', "", None),
        ('form-data; name="a%22%0D%0Ab%25"', 'a"\r\nb%25', None),
        ('form-data; name="é日"; filename="ü.txt"', "é日", "ü.txt"),
        ('form-data; name="a"; filename="b%22.txt"', "a", 'b".txt'),
        ('form-data; name="a\\"b"; filename=c', 'a"b', "c"),
        ('form-data; name="a"; filename=""', "a", ""),
        ('form-data; name="a"; filename="C:\\d\\e.txt"', "a", "e.txt"),
        ("form-data; name=a; filename*=UTF-8'de'%c3%BC.txt", "a", "ü.txt"),
        ("form-data; name=a; filename=u; filename*=iso-8859-1''%FC", "a", "ü"),
        ("form-data; name=a; filename*=utf-8''", "a", ""),
        ('form-data; name="a*"', "a*", None),
    ],
)
async def test_names_are_read_as_browsers_and_others_write_them(
    disposition: str, name: str, filename: str | None
) -> None:
    each = await first(part(b"", disposition))
    assert (each.name, each.filename) == (name, filename)


async def test_the_headers_of_a_part_are_there_by_their_names() -> None:
    each = await first(part(b"", X_A="1", x_a="2", Content_Type="Image/PNG; a=b"))
    assert each.headers == {
        "content-disposition": 'form-data; name="a"',
        "x-a": "1, 2",
        "content-type": "Image/PNG; a=b",
    }
    assert each.content_type == "Image/PNG; a=b"


async def test_a_name_to_store_a_file_under_is_made_of_the_clients() -> None:
    body = part(b"", 'form-data; name="a"; filename="../Zoë.txt"')
    assert (await first(body)).secure_filename == "_._Zoe_.txt"
    limited = await first(body, max_secure_filename_length=6)
    assert limited.secure_filename == "_..txt"
    for disposition in ("form-data; name=a", 'form-data; name=a; filename=""'):
        with pytest.raises(MultipartParseError, match="no file name"):
            _ = (await first(part(b"", disposition))).secure_filename


@pytest.mark.parametrize(
    "content_type",
    [
        None,
        "multipart/form-data",
        'multipart/form-data; boundary=""',
        f"multipart/form-data; boundary={'a' * 71}",
        'multipart/form-data; boundary="a "',
        'multipart/form-data; boundary="é"',
    ],
)
async def test_a_boundary_that_cannot_be_is_refused(content_type: str | None) -> None:
    with pytest.raises(BoundaryError, match="boundary"):
        await MultipartFormHandler().deserialize_async(Body(), content_type)


@pytest.mark.parametrize("boundary", ["a", "a" * 70, "a b;'()+_,-./:=?"])
async def test_a_boundary_has_from_1_to_70_characters(boundary: str) -> None:
    form = await MultipartFormHandler().deserialize_async(
        File(
            part(b"b").replace(b"xYzZY", boundary.encode()) + f"--{boundary}--".encode()
        ),
        f'Multipart/Form-Data; Boundary="{boundary}"',
    )
    assert [await each.data async for each in form] == [b"b"]


async def test_an_empty_body_is_told_from_a_malformed_one() -> None:
    with pytest.raises(PayloadEmptyError):
        await MultipartFormHandler().deserialize_async(Body(), CONTENT_TYPE, 0)


async def test_a_stream_without_chunks_of_its_own_is_read_by_size() -> None:
    content = os.urandom(200_000)
    form = await MultipartFormHandler().deserialize_async(
        File(part(content) + END), CONTENT_TYPE
    )
    assert [await each.data async for each in form] == [content]


async def test_the_client_is_asked_for_more_only_when_the_application_is() -> None:
    body = Body(part(b"b")[:-3], b"c", b"", b"d\r\n", part(b"e") + END, b"")
    form = await MultipartFormHandler().deserialize_async(body, CONTENT_TYPE)
    assert body.asked == 0
    parts = aiter(form)
    each = await anext(parts)
    assert body.asked == 1
    assert [chunk async for chunk in each.stream] == [b"c", b"d"]
    assert body.asked == 5  # An end is known by the line behind it.
    assert await (await anext(parts)).stream.read(1) == b"e"
    assert body.asked == 5


async def test_what_is_left_of_a_part_is_skipped() -> None:
    body = part(b"bcd") + part(b"efg") + part(b"hij") + END
    form = await open_form(*cut(body, 3))
    found = [(each, await each.stream.read(1)) async for each in form]
    assert [start for _, start in found] == [b"b", b"e", b"h"]
    with pytest.raises(RuntimeError, match="gone on"):
        await found[0][0].stream.read()
    with pytest.raises(RuntimeError, match="gone on"):
        await found[2][0].get_data()


async def test_what_was_read_of_a_part_stays_there() -> None:
    form = await open_form(part(b"b") + part(b"c") + END)
    parts = [each async for each in form if await each.data]
    assert [await each.get_data() for each in parts] == [b"b", b"c"]
    assert await parts[0].stream.read() == b""  # That is known to be the end.


async def test_a_form_is_iterated_over_once() -> None:
    form = await open_form(part(b"b") + part(b"c") + END)
    parts = aiter(form)
    with pytest.raises(RuntimeError, match="once"):
        aiter(form)
    assert await (await anext(parts)).data == b"b"
    assert [await each.data async for each in parts] == [b"c"]  # It goes on.
    with pytest.raises(StopAsyncIteration):
        await anext(parts)


@given(st.binary(), SIZES, st.lists(st.integers(0, 30)))
async def test_a_stream_gives_as_many_bytes_as_are_asked_for(
    content: bytes, sizes: list[int], wanted: list[int]
) -> None:
    each = await first(*cut(part(content) + END, *sizes))
    expected = io.BytesIO(content)
    for size in wanted:
        assert await each.stream.read(size) == expected.read(size)
    assert await each.stream.read(None) == expected.read()
    assert await each.stream.read() == b""


class Target:
    def __init__(self) -> None:
        self.written = b""

    async def write(self, data: bytes) -> None:
        self.written += data


async def test_a_stream_is_read_in_each_way_that_files_are() -> None:
    form = await open_form(*cut(part(b"abcdef") * 5 + END, 2))
    target = Target()
    parts = aiter(form)
    stream = (await anext(parts)).stream
    assert await stream.read(1) == b"a"
    assert await stream.readall() == b"bcdef"
    stream = (await anext(parts)).stream
    await stream.read(1)
    await stream.pipe(destination=target)
    assert target.written == b"bcdef"
    for name in ("exhaust", "pipe"):
        stream = (await anext(parts)).stream
        await getattr(stream, name)()
        assert await stream.read() == b""
    stream = (await anext(parts)).stream
    await stream.read(3)
    assert b"".join([chunk async for chunk in stream]) == b"def"


async def test_a_client_that_leaves_is_no_end_of_a_part() -> None:
    parts = aiter(await open_form(part(b"b")[:-2], ConnectionError("gone")))
    each = await anext(parts)
    with pytest.raises(ConnectionError, match="gone"):
        await each.stream.read()
    with pytest.raises(ConnectionError, match="gone"):  # nor later
        await each.get_data()
    with pytest.raises(ConnectionError, match="gone"):
        await anext(parts)
    assert await each.stream.read(1) == b"b"  # what came stays


async def test_a_form_whose_reading_was_cancelled_does_not_go_on() -> None:
    form = await open_form(part(b"b")[:-2], asyncio.CancelledError(), END)
    each = await anext(aiter(form))
    with pytest.raises(asyncio.CancelledError):
        await each.stream.read()
    with pytest.raises(RuntimeError, match="cancelled"):
        await each.get_data()


async def test_a_part_that_is_read_at_once_has_a_limit() -> None:
    limit = 1024 * 1024
    assert len(await (await first(part(b"b" * limit) + END)).get_data()) == limit
    parts = aiter(await open_form(part(b"b" * (limit + 3)) + part(b"c") + END))
    each = await anext(parts)
    for _ in range(2):  # The rest of it is not given for the whole, either.
        with pytest.raises(PayloadTooLargeError, match="1048576 bytes"):
            await each.get_data()
    assert await (await anext(parts)).get_text() == "c"


async def test_a_form_has_as_many_parts_as_the_limit() -> None:
    assert len(await read(part() * 64 + END)) == 64
    with pytest.raises(PayloadTooLargeError, match="more than 64 parts"):
        await read(part() * 65 + END)
    assert len(await read(part() * 65 + END, max_body_part_count=0)) == 65


@pytest.mark.parametrize("sizes", [(1,), (100_000,)])
async def test_the_headers_of_a_part_have_a_limit(sizes: tuple[int, ...]) -> None:
    used = len('Content-Disposition: form-data; name="a"\r\nX-A: \r\n')
    fits = part(b"", X_A="é" + "b" * (8192 - used - 2)) + END
    assert len(await read(*cut(fits, *sizes))) == 1
    one_more = fits.replace(b"bb", b"bbb", 1)
    one_line = part(b"", X_A="b" * 9000) + END
    lines = part(b"", **{f"X-{n}": "" for n in range(16)}) + END
    for body in (one_more, one_line, one_line[:8500], lines):
        with pytest.raises(PayloadTooLargeError, match="header"):
            await read(*cut(body, *sizes))


async def test_a_body_has_a_limit() -> None:
    body = part(b"b" * 50) + END
    assert len(await read(*cut(body, 9), max_body_size=len(body))) == 1
    with pytest.raises(PayloadTooLargeError, match="the form has more than"):
        await read(*cut(body, 9), max_body_size=len(body) - 1)
    assert len(await read(body + b"b" * 99, max_body_size=None)) == 1
    handler = MultipartFormHandler()
    await handler.deserialize_async(Body(), CONTENT_TYPE, 1024**3)
    with pytest.raises(PayloadTooLargeError, match="1073741824"):
        await handler.deserialize_async(Body(), CONTENT_TYPE, 1024**3 + 1)
    handler.parse_options.max_body_size = None
    await handler.deserialize_async(Body(), CONTENT_TYPE, 1024**3 + 1)


async def test_of_a_large_part_little_is_held() -> None:
    form = await open_form(part()[:-2], *[b"\r\n--xYzZ" * 8192] * 256, b"\r\n" + END)
    each = await anext(aiter(form))
    size = held = 0
    async for chunk in each.stream:
        size += len(chunk)
        held = max(held, len(form._parser._buffer) + len(each.stream._buffer))
    assert size == 256 * 64 * 1024
    assert held < 64 * 1024


@pytest.mark.parametrize(
    ("content", "content_type", "text"),
    [
        ("é".encode(), "text/plain", "é"),
        ("é".encode(), "Text/Plain; Charset=UTF-8", "é"),
        (b"\xe9", "text/plain; charset=latin-1", "é"),
        (b"{}", "application/json", None),
        (b"a", "text/html", None),
    ],
)
async def test_a_part_is_text_if_it_says_so(
    content: bytes, content_type: str, text: str | None
) -> None:
    each = await first(part(content, Content_Type=content_type) + END)
    assert (await each.get_text(), await each.text) == (text, text)
    assert await each.data == content


async def test_a_part_that_says_nothing_is_text_in_the_default_charset() -> None:
    assert await (await first(part("é".encode()) + END)).text == "é"
    latin = await first(part(b"\xe9") + END, default_charset="latin-1")
    assert await latin.text == "é"


@pytest.mark.parametrize(
    ("content", "charset"),
    [
        (b"\xe9", "utf-8"),
        (b"a", "klingon"),
        (b"a", "rot13"),
        (b"a", "IDNA"),
        (b"a-", "Punycode"),
    ],
)
async def test_text_that_cannot_be_decoded_is_malformed(
    content: bytes, charset: str
) -> None:
    body = part(content, Content_Type=f"text/plain; charset={charset}") + END
    with pytest.raises(MultipartParseError, match="text"):
        await (await first(body)).get_text()


class Counting(BaseHandler):
    """Reads a stream piece by piece."""

    async def deserialize_async(
        self, stream: Any, content_type: Any = None, content_length: Any = None
    ) -> object:
        return [len(chunk) async for chunk in stream], content_type, content_length


class Whole(BaseHandler):
    """Reads all of a stream."""

    def deserialize(
        self, stream: IO[bytes], content_type: Any = None, content_length: Any = None
    ) -> object:
        return stream.read(), content_type, content_length


async def test_a_part_is_an_object_by_the_handler_for_its_type() -> None:
    form = await open_form(
        part(b'{"a": 1}', Content_Type="application/json")
        + part(b"a=1", Content_Type="application/x-www-form-urlencoded")
        + END
    )
    found = [
        (await each.media, await each.get_media(), await each.data)
        async for each in form
    ]
    assert found == [
        ({"a": 1}, {"a": 1}, b'{"a": 1}'),
        ({"a": "1"}, {"a": "1"}, b"a=1"),
    ]
    assert found[0][0] is found[0][1]


async def test_a_handler_that_streams_is_given_the_stream() -> None:
    handlers = Handlers({"a/b": Counting(), "c/d": Whole()})
    options = {"media_handlers": handlers, "max_body_part_buffer_size": 3}
    body = part(b"bcdef", Content_Type="a/b") + END
    head = len(body) - len(b"bcdef\r\n") - len(END)
    each = await first(body[: head + 2], body[head + 2 :], **options)
    assert await each.media == ([2, 3], "a/b", None)
    each = await first(part(b"bcd", Content_Type="a/b") + END, **options)
    assert (await each.data, await each.media) == (b"bcd", ([3], "a/b", None))
    each = await first(part(b"", Content_Type="a/b") + END, **options)
    assert (await each.data, await each.media) == (b"", ([], "a/b", None))
    each = await first(part(b"bcd", Content_Type="c/d; e=f") + END, **options)
    assert await each.media == (b"bcd", "c/d; e=f", 3)
    each = await first(part(b"bcde", Content_Type="c/d") + END, **options)
    with pytest.raises(PayloadTooLargeError):
        await each.media


async def test_a_part_that_is_no_such_object_is_an_error() -> None:
    each = await first(part(b"{", Content_Type="application/json") + END)
    with pytest.raises(JSONMalformedError):
        await each.get_media()
    with pytest.raises(UnsupportedMediaTypeError, match="text/plain"):
        await (await first(part(b"b") + END)).get_media()


async def test_a_form_in_a_form_is_streamed() -> None:
    handler = MultipartFormHandler()
    handler.parse_options.media_handlers["multipart/form-data"] = handler
    inner = part(b"b") + END.replace(b"\r\n", b"")
    body = part(inner, Content_Type=CONTENT_TYPE) + END
    outer = body.replace(inner, b"\0").replace(b"xYzZY\r\n", b"o\r\n", 1)
    outer = outer.replace(END, b"--o--").replace(b"\0", inner)
    form = await handler.deserialize_async(Body(*cut(outer, 5)), "a/b; boundary=o")
    found = [await each.data async for out in form async for each in await out.media]
    assert found == [b"b"]


async def test_what_errors_are_for_the_application_is_for_the_server_to_say() -> None:
    class Status(Exception):
        pass

    def translate(exc: PayloadError) -> Exception:
        return Status(type(exc))

    json = part(b"{", Content_Type="application/json")
    form = await open_form(part(b"\xff") + json + b"--xYzZY-\r\n")
    form.translate_error = translate
    parts = aiter(form)
    each = await anext(parts)
    for failing in (each.get_text(), each.get_media()):
        with pytest.raises(Status):
            await failing
    with pytest.raises(Status, match="MultipartParseError"):
        _ = each.secure_filename
    each = await anext(parts)
    with pytest.raises(Status, match="MultipartParseError"):
        await each.get_data()
    form = await open_form(part(b"b", X_A="b\rc"), max_body_part_buffer_size=0)
    form.translate_error = translate
    parts = aiter(form)
    for _ in range(2):
        with pytest.raises(Status, match="MultipartParseError"):
            await anext(parts)
    each = await first(part(b"b") + END, max_body_part_buffer_size=0)
    each._form.translate_error = translate
    with pytest.raises(Status, match="TooLarge"):
        await each.get_data()


async def test_what_is_wrong_with_a_form_in_a_form_is_for_the_server_to_say_too() -> (
    None
):
    class Status(Exception):
        pass

    handler = MultipartFormHandler()
    handler.parse_options.media_handlers["multipart/mixed"] = MultipartFormHandler()
    mixed = part(b"--o\r\n", Content_Type="multipart/mixed; boundary=o") + END
    form = await handler.deserialize_async(Body(mixed), CONTENT_TYPE)
    form.translate_error = lambda exc: Status(type(exc))
    inner = await (await anext(aiter(form))).get_media()
    with pytest.raises(Status, match="MultipartParseError"):
        await anext(aiter(inner))


@pytest.mark.parametrize("coding", ["7bit", "8BIT", "binary "])
async def test_a_coding_that_changes_nothing_is_no_fault(coding: str) -> None:
    (found,) = await read(part(b"b", Content_Transfer_Encoding=coding) + END)
    assert b"b" in found


@pytest.mark.parametrize("coding", ["base64", "Quoted-Printable", "x-own", ""])
async def test_a_part_that_would_have_to_be_decoded_is_malformed(coding: str) -> None:
    with pytest.raises(MultipartParseError, match="Content-Transfer-Encoding"):
        await read(part(b"Yg==", Content_Transfer_Encoding=coding) + END)


async def test_a_part_is_saved_to_a_file_as_it_comes(tmp_path: Path) -> None:
    path, content = tmp_path / "a", os.urandom(2_500_000)
    sizes = []

    class Watched(Body):
        async def _iterate(self) -> AsyncIterator[bytes]:
            async for chunk in super()._iterate():
                yield chunk
                sizes.append(path.stat().st_size)

    body = Watched(*cut(part(content) + END, 100_000))
    form = await MultipartFormHandler().deserialize_async(body, CONTENT_TYPE)
    each = await anext(aiter(form))
    assert await each.stream.read(7) == content[:7]
    assert await each.save(path) == 2_499_993
    assert path.read_bytes() == content[7:]
    # In blocks of a MiB and what is left of the chunk; the last is a file's own buffer.
    assert len(set(sizes)) == 3
    assert all(given * 100_000 - size < 1_200_000 for given, size in enumerate(sizes))


async def test_what_was_buffered_and_what_is_empty_is_saved_as_well(
    tmp_path: Path,
) -> None:
    each = await first(part(b"b") + END)
    await each.data
    assert await each.save(str(tmp_path / "a")) == 1
    assert await each.save(tmp_path / "b") == 1
    assert (tmp_path / "b").read_bytes() == b"b"
    assert await (await first(part() + END)).save(tmp_path / "c") == 0
    assert (tmp_path / "c").read_bytes() == b""


async def test_a_file_that_is_there_is_replaced_only_by_a_whole_one(
    tmp_path: Path,
) -> None:
    path = tmp_path / "a"
    path.write_bytes(b"old")
    with pytest.raises(FileExistsError):
        await (await first(part(b"new") + END)).save(path)
    assert path.read_bytes() == b"old"
    with pytest.raises(MultipartParseError):
        await (await first(part(b"new"))).save(path, overwrite=True)
    assert path.read_bytes() == b"old"
    assert await (await first(part(b"new") + END)).save(path, overwrite=True) == 3
    assert path.read_bytes() == b"new"
    assert os.listdir(tmp_path) == ["a"]


async def test_a_file_that_cannot_become_whole_is_removed(tmp_path: Path) -> None:
    chunks = [part()[:-2], *[b"b" * 600_000] * 4]
    with pytest.raises(ConnectionError):
        await (await first(*chunks, ConnectionError())).save(tmp_path / "a")
    with pytest.raises(FileNotFoundError):
        await (await first(*chunks)).save(tmp_path / "no" / "a")
    assert os.listdir(tmp_path) == []


async def test_a_save_that_is_cancelled_waits_for_its_thread(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    loop, writing, go_on = (
        asyncio.get_running_loop(),
        asyncio.Event(),
        threading.Event(),
    )
    real, ended = os.replace, []

    def replace(*args: Any) -> None:
        loop.call_soon_threadsafe(writing.set)
        go_on.wait(5)
        real(*args)
        ended.append(args)

    monkeypatch.setattr(os, "replace", replace)
    each = await first(part(b"b") + END)
    saving = asyncio.create_task(each.save(tmp_path / "a", overwrite=True))
    async with asyncio.timeout(5):
        await writing.wait()
        saving.cancel()
        await asyncio.sleep(0)
        saving.cancel()
        await asyncio.sleep(0)
        assert not saving.done()
        go_on.set()
        with pytest.raises(asyncio.CancelledError):
            await saving
    assert len(ended) == 1


@pytest.mark.parametrize(
    "name",
    [
        "max_body_part_count",
        "max_body_part_buffer_size",
        "max_body_part_headers_size",
        "max_body_size",
        "max_secure_filename_length",
    ],
)
def test_a_limit_is_not_negative(name: str) -> None:
    limit: dict[str, Any] = {name: 0}
    assert getattr(MultipartParseOptions(**limit), name) == 0
    limit[name] = -1
    with pytest.raises(ValueError, match=name):
        MultipartParseOptions(**limit)


def test_a_charset_that_is_none_is_refused_at_once() -> None:
    with pytest.raises(LookupError):
        MultipartParseOptions(default_charset="klingon")


def test_registries_of_parts_are_their_own() -> None:
    one, other = MultipartParseOptions(), MultipartParseOptions()
    one.media_handlers["a/b"] = JSONHandler()
    assert "a/b" not in other.media_handlers
    assert set(other.media_handlers) == {
        "application/json",
        "application/x-www-form-urlencoded",
    }


@pytest.mark.parametrize(
    ("error", "sentence"),
    [
        (MultipartParseError("x"), "The multipart/form-data payload is malformed: x"),
        (PayloadTooLargeError("YAML"), "The YAML payload is too large."),
        (PayloadTooLargeError("YAML", "x"), "The YAML payload is too large: x"),
    ],
)
def test_an_error_says_what_is_wrong_also_in_another_process(
    error: PayloadError, sentence: str
) -> None:
    assert str(error) == sentence
    assert str(pickle.loads(pickle.dumps(error))) == sentence
