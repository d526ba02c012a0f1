import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from typing import Any, SupportsIndex

import pytest
from hypothesis import given
from hypothesis import strategies as st

from falconws.core import OperationNotAllowed
from falconws.core import reader as reader_module
from falconws.core.reader import BufferedReader, DelimiterError
from falconws.core.typing import AsyncReadableIO

CHUNKS = st.lists(st.text("a-", max_size=5).map(str.encode))
DELIMITERS = st.sampled_from([b"-", b"--", b"-a-", b"--a--a--"])
SIZES = st.integers(-1, 6)


async def given_as(chunks: Iterable[bytes]) -> AsyncIterator[bytes]:
    for chunk in chunks:
        yield chunk


def reader_of(*chunks: bytes, chunk_size: int = 8192) -> BufferedReader:
    return BufferedReader(given_as(chunks), chunk_size)


class Destination:
    """What can be piped into."""

    def __init__(self) -> None:
        self.written: list[bytes] = []

    async def write(self, data: bytes) -> None:
        self.written.append(data)


class Reference:
    """The same over bytes that are all there, as simple as it can be said."""

    def __init__(self, data: bytes, chunk_size: int) -> None:
        self.data = data
        self.chunk_size = chunk_size
        self.position = 0

    def read(self, size: int) -> bytes:
        start = self.position
        self.position = len(self.data) if size < 0 else start + size
        self.position = min(self.position, len(self.data))
        return self.data[start : self.position]

    def peek(self, size: int) -> bytes:
        end = self.chunk_size if size < 0 else min(size, self.chunk_size)
        return self.data[self.position :][:end]

    def read_until(self, delimiter: bytes, size: int, consume: bool) -> bytes | None:
        front = self.data[self.position :].partition(delimiter)[0]
        found = front if size < 0 else front[:size]
        after = self.data[self.position + len(found) :]
        if consume and not after.startswith(delimiter):
            return None
        self.read(len(found) + len(delimiter) * consume)
        return found


async def _or_none(reading: Any) -> bytes | None:
    try:
        result: bytes = await reading
    except DelimiterError:
        return None
    return result


async def _agree(reader: BufferedReader, ref: Reference, operations: Any) -> None:
    for name, delimiter, size, consume in operations:
        if name == "read":
            assert await reader.read(size) == ref.read(size)
        elif name == "peek":
            assert await reader.peek(size) == ref.peek(size)
        elif name == "delimit":
            part = reader.delimit(delimiter)
            front = ref.read_until(delimiter, -1, False)
            assert front is not None
            assert await part.read(len(front)) + await part.read(1) == front
            assert part.eof
            assert part.tell() == len(front)
        elif name == "read_until":
            found = await _or_none(reader.read_until(delimiter, size, consume))
            assert found == ref.read_until(delimiter, size, consume)
        else:
            destination = Destination()
            await reader.pipe_until(delimiter, destination)
            written = b"".join(destination.written)
            assert written == ref.read_until(delimiter, -1, False)
        assert reader.tell() == ref.position
    assert await reader.readall() == ref.read(-1)
    assert reader.eof


@given(
    CHUNKS,
    st.integers(1, 6),
    st.lists(
        st.tuples(
            st.sampled_from(["read", "peek", "read_until", "delimit", "pipe_until"]),
            DELIMITERS,
            SIZES,
            st.booleans(),
        )
    ),
)
def test_chunks_of_any_sizes_are_read_like_all_bytes_at_once(
    chunks: list[bytes], chunk_size: int, operations: Any
) -> None:
    reader = reader_of(*chunks, chunk_size=chunk_size)
    reference = Reference(b"".join(chunks), chunk_size)
    asyncio.run(_agree(reader, reference, operations))


@given(CHUNKS, st.integers(1, 6))
def test_pieces_have_the_chunk_size_but_for_the_last(
    chunks: list[bytes], chunk_size: int
) -> None:
    async def pieces() -> list[bytes]:
        return [piece async for piece in reader_of(*chunks, chunk_size=chunk_size)]

    data = b"".join(chunks)
    starts = range(0, len(data), chunk_size)
    assert asyncio.run(pieces()) == [data[i : i + chunk_size] for i in starts]


class Counted(bytearray):
    """A buffer that counts the bytes that are copied into it and out of it, or searched."""

    work = 0

    def __iadd__(self, data: Any) -> Any:
        Counted.work += len(data)
        return super().__iadd__(data)

    def __add__(self, data: Any) -> Any:
        Counted.work += len(self) + len(data)
        return super().__add__(data)

    def __getitem__(self, key: SupportsIndex | slice) -> Any:
        Counted.work += len(range(len(self))[key]) if isinstance(key, slice) else 1
        return super().__getitem__(key)

    def find(self, sub: Any, start: Any = 0, end: Any = None, /) -> int:
        found = super().find(sub, start, end)
        stop = found if found >= 0 else min(end or len(self), len(self))
        Counted.work += max(0, stop - start)
        return found


async def _lines(reader: BufferedReader) -> None:
    with contextlib.suppress(DelimiterError):
        while True:
            await reader.read_until(b"\n", consume_delimiter=True)


async def _bytes(reader: BufferedReader) -> None:
    while await reader.read(1):
        pass


async def _part(reader: BufferedReader) -> None:
    await reader.delimit(b"--boundary").exhaust()


@pytest.mark.parametrize("size", [1, 7, 10_000])
@pytest.mark.parametrize(
    "consume",
    [
        BufferedReader.readall,
        BufferedReader.exhaust,
        lambda reader: reader.read_until(b"--boundary"),
        lambda reader: reader.pipe_until(b"--boundary"),
        _lines,
        _bytes,
        _part,
    ],
)
async def test_the_work_grows_with_the_bytes_and_not_with_their_square(
    monkeypatch: pytest.MonkeyPatch, consume: Callable[[BufferedReader], Any], size: int
) -> None:
    monkeypatch.setattr(reader_module, "bytearray", Counted, raising=False)
    monkeypatch.setattr(Counted, "work", 0)
    data = b"four\n" * 2_000
    reader = reader_of(*(data[i : i + size] for i in range(0, len(data), size)))
    await consume(reader)
    assert reader.tell() == len(data)
    # Into two buffers and out of both, and a search that looks at a few bytes again.
    assert len(data) <= Counted.work < 20 * len(data)


async def test_a_sized_read_may_end_right_in_front_of_the_delimiter() -> None:
    reader = reader_of(b"abc-", b"-d")
    with pytest.raises(DelimiterError, match=r"b'--' does not follow"):
        await reader.read_until(b"--", 2, consume_delimiter=True)
    assert reader.tell() == 0
    assert await reader.read_until(b"--", 3, consume_delimiter=True) == b"abc"
    assert await reader.read(None) == b"d"


async def test_pipe_until_reads_the_delimiter_if_it_shall() -> None:
    reader, destination = reader_of(b"a--", b"b"), Destination()
    await reader.pipe_until(b"--", consume_delimiter=True)
    assert reader.tell() == 3
    with pytest.raises(DelimiterError, match=r"b'--' does not follow"):
        await reader.pipe_until(b"--", destination, consume_delimiter=True)
    assert destination.written == [b"b"]


async def test_pipe_and_exhaust_read_everything_that_is_left() -> None:
    readers: Sequence[BufferedReader] = [reader_of(b"ab", b"", b"c") for _ in range(3)]
    destination = Destination()
    await readers[0].pipe(destination)
    await readers[1].pipe()
    await readers[2].exhaust()
    assert destination.written == [b"abc"]
    assert all(reader.eof and reader.tell() == 3 for reader in readers)


async def test_the_end_is_known_once_a_read_has_met_it() -> None:
    reader = reader_of(b"ab")
    assert not reader.eof
    assert await reader.read(2) == b"ab"
    assert not reader.eof
    assert await reader.read(1) == b""
    assert reader.eof


async def test_a_reader_is_an_asynchronous_file_to_be_read_once() -> None:
    reader: AsyncReadableIO = reader_of(b"ab")
    assert isinstance(reader, BufferedReader)
    assert reader.readable()
    assert not any([reader.seekable(), reader.writable(), reader.isatty()])
    with pytest.raises(OSError, match="no file descriptor"):
        reader.fileno()
    assert [piece async for piece in reader] == [b"ab"]
    with pytest.raises(OperationNotAllowed, match="once"):
        aiter(reader)


@pytest.mark.parametrize(
    ("read", "args", "found"),
    [
        (BufferedReader.read, (4,), b"abc-"),
        (BufferedReader.peek, (4,), b"abc-"),
        (BufferedReader.read_until, (b"-", 4), b"abc"),
        (BufferedReader.read_until, (b"--", 3), b"abc"),
        (BufferedReader.read_until, (b"bc", 1, True), b"a"),
    ],
)
async def test_no_more_is_asked_for_than_is_needed(
    read: Callable[..., Any], args: tuple[Any, ...], found: bytes
) -> None:
    async def silent() -> AsyncIterator[bytes]:
        yield b"abc-"
        raise AssertionError("It would wait here.")

    assert await read(BufferedReader(silent()), *args) == found


async def test_what_came_in_front_of_a_failure_is_not_taken_for_everything() -> None:
    async def failing() -> AsyncIterator[bytes]:
        yield b"ab"
        raise ConnectionError("gone")

    reader = BufferedReader(failing())
    with pytest.raises(ConnectionError, match="gone"):
        await reader.readall()
    for _ in range(2):
        with pytest.raises(OperationNotAllowed, match="before it ended"):
            await reader.read(3)
    assert (await reader.read(2), reader.eof) == (b"ab", False)


async def test_a_source_that_goes_on_after_a_failure_is_read_on() -> None:
    given: list[bytes | Exception] = [b"ab", TimeoutError("late"), b"c"]

    class Flaky:
        def __aiter__(self) -> AsyncIterator[bytes]:
            return self

        async def __anext__(self) -> bytes:
            if not given:
                raise StopAsyncIteration
            chunk = given.pop(0)
            if isinstance(chunk, Exception):
                raise chunk
            return chunk

    reader = BufferedReader(Flaky())
    with pytest.raises(TimeoutError, match="late"):
        await reader.readall()
    assert await reader.readall() == b"abc"


@pytest.mark.parametrize("chunk_size", [0, -1])
def test_a_chunk_has_at_least_one_byte(chunk_size: int) -> None:
    with pytest.raises(ValueError, match=f"positive number, not {chunk_size}"):
        reader_of(chunk_size=chunk_size)


async def test_a_delimiter_has_at_least_one_byte() -> None:
    reader = reader_of(b"ab")
    for read in (reader.read_until, reader.pipe_until):
        with pytest.raises(ValueError, match="at least one byte"):
            await read(b"")
    with pytest.raises(ValueError, match="at least one byte"):
        reader.delimit(b"")


def test_a_source_that_is_not_asynchronous_is_refused_at_once() -> None:
    with pytest.raises(TypeError, match="async iterable"):
        BufferedReader([b"ab"])  # type: ignore[arg-type]
