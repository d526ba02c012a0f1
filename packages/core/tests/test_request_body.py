import asyncio
from collections.abc import Awaitable, Callable, Iterable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from falconws.core import BoundedStream, ClientDisconnected, Event, OperationNotAllowed

Receive = Callable[[], Awaitable[Event]]
CHUNKS = st.lists(st.binary(max_size=5), min_size=1)


def delivered(chunks: Iterable[bytes], *, leaves: bool = False) -> Receive:
    """A server that delivers a body in chunks; in the end the client leaves."""
    events: list[Event] = [
        {"type": "http.request", "body": chunk, "more_body": True} for chunk in chunks
    ]
    if events and not leaves:
        del events[-1]["more_body"]  # ASGI: it may be left out, and is false then

    async def receive() -> Event:
        return events.pop(0) if events else {"type": "http.disconnect"}

    return receive


async def _read_by(stream: BoundedStream, sizes: Iterable[int]) -> bytes:
    body = b""
    for size in sizes:
        if stream.eof:
            break
        piece = await stream.read(size)
        assert len(piece) == size or stream.eof
        body += piece
        assert stream.tell() == len(body)
    return body


@given(CHUNKS, st.lists(st.integers(1, 9), min_size=1), st.booleans())
def test_reads_of_any_sizes_over_any_chunks_give_the_body(
    chunks: list[bytes], sizes: list[int], announced: bool
) -> None:
    body = b"".join(chunks)
    length = len(body) if announced else None
    stream = BoundedStream(delivered(chunks), content_length=length)
    assert asyncio.run(_read_by(stream, sizes * (len(body) + 1))) == body
    assert stream.eof


@given(CHUNKS, st.integers(0, 12))
def test_nothing_past_the_announced_length_is_read(
    chunks: list[bytes], length: int
) -> None:
    stream = BoundedStream(delivered(chunks), content_length=length)
    assert asyncio.run(stream.read()) == b"".join(chunks)[:length]
    assert stream.eof


@pytest.mark.parametrize("size", [None, -1])
async def test_everything_that_is_left_is_read_without_a_size(size: int | None) -> None:
    stream = BoundedStream(delivered([b"abc", b"def"]))
    assert await stream.read(0) == b""
    assert await stream.read(2) == b"ab"
    assert not stream.eof
    assert await stream.read(size) == b"cdef"
    assert stream.eof
    assert await stream.readall() == b""


@pytest.mark.parametrize(
    ("length", "body"), [(None, b"abcdef"), (4, b"abcd"), (2, b"ab"), (0, b"")]
)
async def test_an_event_that_was_received_already_comes_first(
    length: int | None, body: bytes
) -> None:
    first: Event = {"type": "http.request", "body": b"abc", "more_body": True}
    stream = BoundedStream(delivered([b"def"]), first, length)
    assert await stream.read() == body


async def test_iterating_gives_the_chunks_as_they_come_once() -> None:
    stream = BoundedStream(delivered([b"abc", b"", b"def"]))
    assert await stream.read(1) == b"a"
    assert [chunk async for chunk in stream] == [b"bc", b"def"]
    assert stream.tell() == 6
    with pytest.raises(OperationNotAllowed, match="iterated over once"):
        aiter(stream)


async def test_what_is_exhausted_is_gone() -> None:
    stream = BoundedStream(delivered([b"abc", b"def"]))
    await stream.exhaust()
    assert stream.eof
    assert await stream.read() == b""


async def test_a_closed_stream_refuses_to_be_read() -> None:
    stream = BoundedStream(delivered([b"abc"]))
    assert not stream.closed
    stream.close()
    assert stream.closed
    assert stream.eof
    with pytest.raises(OperationNotAllowed, match="closed"):
        await stream.read()
    with pytest.raises(OperationNotAllowed, match="closed"):
        await stream.exhaust()
    with pytest.raises(OperationNotAllowed, match="closed"):
        aiter(stream)


def test_a_body_is_a_file_for_reading_only() -> None:
    stream = BoundedStream(delivered([b""]))
    assert stream.readable()
    assert not stream.writable()
    assert not stream.seekable()
    assert not stream.isatty()
    with pytest.raises(OSError, match="no file descriptor"):
        stream.fileno()


@pytest.mark.parametrize("chunks", [[], [b"abc"]])
async def test_a_client_that_leaves_in_the_middle_is_an_error(
    chunks: list[bytes],
) -> None:
    for length in (None, 6):
        receive = delivered(chunks, leaves=True)
        with pytest.raises(ClientDisconnected):
            await BoundedStream(receive, content_length=length).read()


async def test_what_came_before_a_client_left_can_still_be_read() -> None:
    stream = BoundedStream(delivered([b"abc"], leaves=True))
    with pytest.raises(ClientDisconnected):
        await stream.read()
    assert await stream.read(3) == b"abc"


async def test_nothing_is_lost_when_a_read_is_cancelled() -> None:
    events: asyncio.Queue[Event] = asyncio.Queue()
    starved = asyncio.Event()

    async def receive() -> Event:
        if events.empty():
            starved.set()
        return await events.get()

    stream = BoundedStream(receive)
    events.put_nowait({"type": "http.request", "body": b"abc", "more_body": True})
    reading = asyncio.create_task(stream.read())
    async with asyncio.timeout(5):
        await starved.wait()
    reading.cancel()
    with pytest.raises(asyncio.CancelledError):
        await reading
    events.put_nowait({"type": "http.request", "body": b"def"})
    async with asyncio.timeout(5):
        assert await stream.read() == b"abcdef"


# What the framework does while the application reads, or does not.


class Delivery:
    """A server that delivers when it is told to, and counts how often it was asked."""

    def __init__(self) -> None:
        self.asked = 0
        self._events: asyncio.Queue[Event] = asyncio.Queue()

    def __call__(self) -> Awaitable[Event]:
        self.asked += 1
        return self._events.get()

    def deliver(self, body: bytes, *, more: bool = True) -> None:
        self._events.put_nowait(
            {"type": "http.request", "body": body, "more_body": more}
        )

    def leave(self) -> None:
        self._events.put_nowait({"type": "http.disconnect"})


async def _settled() -> None:
    """Let every task go on for as long as it can."""
    for _ in range(10):
        await asyncio.sleep(0)


@pytest.mark.parametrize("length", [None, 3, 2])
async def test_a_client_that_leaves_is_noticed_and_the_body_stays_to_be_read(
    length: int | None,
) -> None:
    delivery = Delivery()
    stream = BoundedStream(delivery, content_length=length)
    watching = asyncio.create_task(stream.watch())
    delivery.deliver(b"abc", more=False)
    await _settled()
    assert not watching.done()
    delivery.leave()
    async with asyncio.timeout(5):
        await watching
        await stream.watch()
        assert await stream.read() == b"abc"[:length]
    assert stream.eof


async def test_a_client_that_leaves_in_the_middle_is_noticed_by_both() -> None:
    delivery = Delivery()
    stream = BoundedStream(delivery)
    watching = asyncio.create_task(stream.watch())
    reading = asyncio.create_task(stream.read())
    delivery.deliver(b"abc")
    delivery.leave()
    async with asyncio.timeout(5):
        await watching
        with pytest.raises(ClientDisconnected):
            await reading
        assert await stream.read(3) == b"abc"


@pytest.mark.parametrize("watch_first", [False, True])
async def test_a_body_that_is_watched_is_read_in_its_order(watch_first: bool) -> None:
    delivery = Delivery()
    stream = BoundedStream(delivery)
    watching = asyncio.create_task(stream.watch()) if watch_first else None
    reading = asyncio.create_task(stream.read())
    watching = watching or asyncio.create_task(stream.watch())
    chunks = [bytes([number]) * 3 for number in range(20)]
    for chunk in chunks:
        delivery.deliver(chunk)
        await _settled()
    delivery.deliver(b"", more=False)
    async with asyncio.timeout(5):
        assert await reading == b"".join(chunks)
        delivery.leave()
        await watching


@pytest.mark.parametrize(("size", "noticed"), [(65535, True), (65536, False)])
async def test_less_than_64_kib_that_nobody_reads_do_not_hide_that_a_client_leaves(
    size: int, noticed: bool
) -> None:
    delivery = Delivery()
    stream = BoundedStream(delivery)
    watching = asyncio.create_task(stream.watch())
    for chunk in (b"a", b"", b"b" * (size - 1)):
        delivery.deliver(chunk)
    delivery.leave()
    await _settled()
    assert watching.done() is noticed
    assert delivery.asked == 3 + noticed
    async with asyncio.timeout(5):
        assert await stream.read(size) == b"a" + b"b" * (size - 1)
        await watching


async def test_a_whole_body_that_nobody_reads_does_not_hide_that_a_client_leaves() -> (
    None
):
    delivery = Delivery()
    stream = BoundedStream(delivery)
    watching = asyncio.create_task(stream.watch())
    delivery.deliver(b"a" * 65536, more=False)
    delivery.leave()
    await _settled()
    assert watching.done()


async def test_a_body_that_nobody_reads_is_not_piled_up() -> None:
    delivery = Delivery()
    stream = BoundedStream(delivery)
    watching = asyncio.create_task(stream.watch())
    for number in range(5):
        delivery.deliver(bytes([number]) * 40000)
    await _settled()
    assert delivery.asked == 2
    async with asyncio.timeout(5):
        assert await stream.read(14464) == bytes(14464)  # 65536 are left
        await _settled()
        assert delivery.asked == 2
        assert await stream.read(1) == b"\0"
    await _settled()
    assert delivery.asked == 3
    watching.cancel()


async def test_chunks_that_came_while_nobody_read_are_iterated_over_as_one() -> None:
    delivery = Delivery()
    stream = BoundedStream(delivery)
    watching = asyncio.create_task(stream.watch())
    delivery.deliver(b"a")
    delivery.deliver(b"b")
    await _settled()
    delivery.deliver(b"c", more=False)
    assert [chunk async for chunk in stream] == [b"ab", b"c"]
    watching.cancel()
