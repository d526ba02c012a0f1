"""The body of a request, on its way to the application."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest

from falconws.testing.behavior import Behavior, Body
from falconws.testing.upload import Changes, Upload

EMPTY_END = {"type": "http.request", "body": b"", "more_body": False}


class Taker:
    """What takes the events of an upload, as an application does."""

    def __init__(self, body: Body, **behavior: Any) -> None:
        self.changes = Changes()
        self.upload = Upload(body, Behavior(**behavior), self.changes)

    async def take(self) -> dict[str, Any]:
        async with asyncio.timeout(5):
            await self.changes.until(lambda: self.upload.is_ready)
        return dict(self.upload.take())

    async def take_all(self) -> list[bytes]:
        bodies = []
        while True:
            event = await self.take()
            bodies.append(event["body"])
            if not event["more_body"]:
                return bodies


async def test_whoever_waits_looks_at_every_change() -> None:
    changes = Changes()
    steps: list[int] = []
    waiting = asyncio.ensure_future(changes.until(lambda: len(steps) >= 2))
    for _ in range(2):
        await asyncio.sleep(0)
        assert not waiting.done()
        steps.append(1)
        changes.notify()
    async with asyncio.timeout(5):
        await waiting


async def test_what_is_so_already_is_not_waited_for() -> None:
    await Changes().until(lambda: True)


async def test_a_whole_body_is_ready_at_once() -> None:
    taker = Taker(b"abc", chunk_size=2)
    assert taker.upload.is_ready
    assert taker.upload.feeder is None
    assert await taker.take_all() == [b"ab", b"c"]
    assert not taker.upload.is_ready
    assert not taker.upload.is_cut


def sync_pieces() -> Iterator[bytes]:
    yield from (b"a", b"", b"bcd")


async def async_pieces() -> AsyncIterator[bytes]:
    for piece in sync_pieces():
        yield piece


@pytest.mark.parametrize(
    "body",
    [[b"a", b"", b"bcd"], sync_pieces, async_pieces],
    ids=["list", "generator", "asynchronous"],
)
async def test_pieces_come_as_they_are_given(body: Any) -> None:
    taker = Taker(body() if callable(body) else body, chunk_size=1)
    assert await taker.take_all() == [b"a", b"", b"bcd", b""]


async def test_a_piece_is_asked_for_when_the_one_before_was_taken() -> None:
    asked: list[int] = []

    async def pieces() -> AsyncIterator[bytes]:
        for number in range(3):
            asked.append(number)
            yield b"x"

    taker = Taker(pieces())
    await taker.changes.until(lambda: taker.upload.is_ready)
    assert asked == [0]
    taker.upload.take()
    await taker.changes.until(lambda: taker.upload.is_ready)
    assert asked == [0, 1]
    assert await taker.take_all() == [b"x", b"x", b""]


async def failing() -> AsyncIterator[bytes]:
    yield b"a"
    raise ZeroDivisionError("of the test")


async def not_bytes() -> AsyncIterator[Any]:
    yield b"a"
    yield "text"


@pytest.mark.parametrize(
    ("body", "kind", "text"),
    [
        (failing, ZeroDivisionError, "of the test"),
        (not_bytes, TypeError, "made of bytes, not 'text'"),
    ],
)
async def test_an_error_of_the_test_is_kept(body: Any, kind: type, text: str) -> None:
    taker = Taker(body())
    assert (await taker.take())["body"] == b"a"
    async with asyncio.timeout(5):
        await taker.changes.until(lambda: taker.upload.error is not None)
    assert isinstance(taker.upload.error, kind)
    assert text in str(taker.upload.error)
    assert not taker.upload.is_ready


@pytest.mark.parametrize("kind", ["sync", "async"])
async def test_a_generator_that_is_left_in_the_middle_is_closed(kind: str) -> None:
    closed = asyncio.Event()

    def sync_endless() -> Iterator[bytes]:
        try:
            while True:
                yield b"x"
        finally:
            closed.set()

    async def async_endless() -> AsyncIterator[bytes]:
        try:
            while True:
                yield b"x"
        finally:
            closed.set()

    taker = Taker(sync_endless() if kind == "sync" else async_endless())
    await taker.take()
    assert taker.upload.feeder is not None
    taker.upload.feeder.cancel()
    await asyncio.wait({taker.upload.feeder})
    assert closed.is_set()


# Clients that leave before the end of the body.


@pytest.mark.parametrize(
    ("limit", "taken"),
    [
        (1, [(b"a", True)]),
        (2, [(b"ab", True)]),
        (3, [(b"ab", True), (b"c", True)]),
        (4, [(b"ab", True), (b"cd", False)]),
        (5, [(b"ab", True), (b"cd", False)]),
    ],
)
async def test_a_client_leaves_behind_so_many_bytes(
    limit: int, taken: list[tuple[bytes, bool]]
) -> None:
    taker = Taker(b"abcd", chunk_size=2, leave_after_bytes=limit)
    found = []
    while not taker.upload.is_cut:
        event = await taker.take()
        found.append((event["body"], event["more_body"]))
    assert found == taken


async def test_a_client_leaves_before_the_first_byte() -> None:
    assert Taker(b"abcd", leave_after_bytes=0).upload.is_cut


async def test_empty_events_do_not_count() -> None:
    taker = Taker(b"ab", leave_after_bytes=1, empty_chunks=True)
    assert "body" not in await taker.take()
    assert (await taker.take())["body"] == b""
    assert not taker.upload.is_cut
    assert await taker.take() == {
        "type": "http.request",
        "body": b"a",
        "more_body": True,
    }
    assert taker.upload.is_cut


async def test_a_body_that_is_shorter_is_sent_whole() -> None:
    taker = Taker([b"a"], leave_after_bytes=2)
    await taker.take()
    assert not taker.upload.is_cut
    assert await taker.take() == EMPTY_END
    assert taker.upload.is_cut
    taker = Taker(b"a", leave_after_bytes=2, empty_chunks=True)
    for _ in range(3):
        await taker.take()
        assert not taker.upload.is_cut
    assert await taker.take() == {"type": "http.request"}
    assert taker.upload.is_cut
