import asyncio
import io
import threading
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import given
from hypothesis import strategies as st

from falconws.core.response.stream import (
    FileStream,
    check_stream,
    close_source,
    stream_file,
)

CONTENT = bytes(range(256)) * 2400  # of 600 KiB


class File:
    """A file that is read by awaiting."""

    def __init__(self, content: bytes) -> None:
        self._file = io.BytesIO(content)

    async def read(self, size: int) -> bytes:
        return self._file.read(size)


class Watched(io.BytesIO):
    """A file that notes in which threads it is used."""

    def __init__(self, content: bytes = b"") -> None:
        super().__init__(content)
        self.reads: list[int] = []
        self.closes: list[int] = []

    def read(self, size: int | None = -1) -> bytes:
        self.reads.append(threading.get_ident())
        return super().read(size)

    def close(self) -> None:
        self.closes.append(threading.get_ident())
        super().close()


def opened(file: io.BytesIO, length: int) -> FileStream:
    stream = FileStream()
    stream.take(file, length)
    return stream


@pytest.mark.parametrize(
    ("blocks", "extra"), [(0, 0), (0, 1), (1, -1), (1, 0), (1, 1), (2, 9)]
)
@pytest.mark.parametrize(("threaded", "block"), [(False, 65536), (True, 262144)])
async def test_a_file_is_sent_in_blocks_to_its_end(
    threaded: bool, block: int, blocks: int, extra: int
) -> None:
    content = CONTENT[: block * blocks + extra]
    source = FileStream()
    source.take(io.BytesIO(CONTENT), len(content), "/the/file")
    stream = stream_file(source if threaded else File(content))
    chunks = [chunk async for chunk in stream.source]
    assert b"".join(chunks) == content
    assert len(chunks) == -(-len(content) // block)
    assert stream.path == ("/the/file" if threaded else None)


@given(
    st.integers(0, 30), st.integers(0, 30), st.lists(st.integers(1, 20), max_size=20)
)
def test_never_more_of_a_file_is_read_than_its_length(
    start: int, length: int, sizes: list[int]
) -> None:
    async def read() -> list[bytes]:
        file = io.BytesIO(CONTENT[:40])
        file.seek(start)
        stream = opened(file, length)
        return [await stream.read(size) for size in sizes]

    chunks = asyncio.run(read())
    assert b"".join(chunks) == CONTENT[:40][start : start + length][: sum(sizes)]
    assert all(len(chunk) <= size for chunk, size in zip(chunks, sizes, strict=True))


async def test_a_file_is_read_and_closed_in_threads_and_closed_once() -> None:
    file = Watched(b"abc")
    stream = opened(file, 3)
    assert [await stream.read(2), await stream.read(2), await stream.read(2)] == [
        b"ab",
        b"c",
        b"",
    ]
    await close_source(stream)
    await close_source(stream)
    assert len(file.reads) == 3
    assert len(file.closes) == 1
    assert threading.get_ident() not in file.reads + file.closes


async def test_a_file_that_comes_when_nobody_waits_for_it_is_closed() -> None:
    file, stream = Watched(), FileStream()
    await stream.close()
    stream.take(file, 0)
    assert len(file.closes) == 1


async def test_a_file_is_closed_also_when_that_is_cancelled_in_the_queue() -> None:
    loop, occupied = asyncio.get_running_loop(), threading.Event()
    loop.set_default_executor(ThreadPoolExecutor(1))
    file = Watched()
    busy = loop.run_in_executor(None, occupied.wait, 5)
    closing = asyncio.create_task(opened(file, 0).close())
    await asyncio.sleep(0)
    closing.cancel()
    with pytest.raises(asyncio.CancelledError):
        await closing
    assert not file.closed
    occupied.set()
    await busy
    await asyncio.to_thread(int)  # behind it in the queue
    assert file.closed


async def test_a_source_is_closed_in_the_way_that_it_has() -> None:
    closed = []

    class Awaited:
        async def close(self) -> None:
            closed.append("awaited")

    class Plain:
        def close(self) -> None:
            closed.append("plain")

    async def generator() -> AsyncIterator[bytes]:
        try:
            yield b""
        finally:
            closed.append("generator")

    started = generator()
    await anext(started)
    for source in (Awaited(), Plain(), started, object()):
        await close_source(source)
    assert closed == ["awaited", "plain", "generator"]


async def test_that_a_source_cannot_be_closed_is_logged(
    caplog: pytest.LogCaptureFixture,
) -> None:
    class Broken:
        def close(self) -> None:
            raise OSError("The disk is gone.")

    await close_source(Broken())
    assert [
        str(record.exc_info[1]) for record in caplog.records if record.exc_info
    ] == ["The disk is gone."]


@pytest.mark.parametrize("attribute", ["stream", "sse"])
def test_what_cannot_be_streamed_is_refused_with_what_to_do(attribute: str) -> None:
    async def function() -> AsyncIterator[bytes]:
        yield b""

    check_stream(function(), attribute)
    with pytest.raises(TypeError, match=r"function .*; call it"):
        check_stream(function, attribute)
    with pytest.raises(TypeError, match=r"not list\."):
        check_stream([b""], attribute)


def test_a_file_is_a_stream_and_has_no_events() -> None:
    check_stream(File(b""), "stream")
    with pytest.raises(TypeError, match=r"not File\."):
        check_stream(File(b""), "sse")
