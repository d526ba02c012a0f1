"""A response that is still being sent, for ordinary code."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from falconws.core import OperationNotAllowed, Receive, Scope, Send
from falconws.testing import ASGIConductor
from falconws.testing.blocking import BlockingSession
from falconws.testing.blocking_stream import BlockingStreamedResult


class Talker:
    """An application that sends some words, and then waits for its client to leave."""

    def __init__(self, *words: bytes, ends: bool = False) -> None:
        self.words = words
        self.ends = ends
        self.left = False

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            raise NotImplementedError
        await receive()
        headers = [(b"x-tag", b"1")]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        for word in self.words:
            event = {"type": "http.response.body", "body": word, "more_body": True}
            await send(event)
        if self.ends:
            await send({"type": "http.response.body"})
            return
        self.left = (await receive())["type"] == "http.disconnect"


@contextmanager
def streaming(
    app: Any, timeout: float = 5, **arguments: Any
) -> Iterator[BlockingStreamedResult]:
    session = BlockingSession(lambda: ASGIConductor(app, timeout=timeout))
    with session as conductor:
        opening = conductor.simulate_get_stream("/", **arguments)
        result = session.run(opening.__aenter__)
        try:
            yield BlockingStreamedResult(result, session)
        finally:
            session.run(opening.__aexit__, None, None, None)


def test_what_is_known_of_a_response_is_known_at_its_beginning() -> None:
    with streaming(Talker()) as result:
        assert (result.status_code, result.headers["x-tag"]) == (200, "1")
        assert not result.complete
        assert repr(result) == "BlockingStreamedResult<200 OK being sent>"


def test_a_read_gives_what_came_until_the_end() -> None:
    with streaming(Talker(b"a", b"b", ends=True)) as result:
        assert result.stream.read() == b"ab"
        assert result.stream.read() == b""
        assert result.complete


def test_the_pieces_are_given_one_by_one() -> None:
    with streaming(Talker(b"a", b"bc", b"d", ends=True)) as result:
        assert next(iter(result.stream)) == b"a"
        assert list(result.stream) == [b"bc", b"d"]
        assert list(result.stream) == []


def test_events_are_given_one_by_one() -> None:
    words = (b"data: 1\n\ndata: 2\n\n", b"data: 3\n\n")
    with streaming(Talker(*words, ends=True)) as result:
        assert next(result.events()).data == "1"
        assert [event.data for event in result.events()] == ["2", "3"]
        assert list(result.events()) == []


def test_what_does_not_come_fails() -> None:
    with streaming(Talker(), timeout=0.05) as result:
        with pytest.raises(TimeoutError, match="did not send anything"):
            result.stream.read()
        with pytest.raises(TimeoutError, match="did not send an event"):
            next(result.events())


def test_a_client_leaves_in_the_middle() -> None:
    talker = Talker(b"a")
    with streaming(talker) as result:
        result.disconnect()
        assert result.stream.read() == b""
        result.finish()
        assert talker.left


def test_finalize_leaves_and_waits() -> None:
    talker = Talker(b"a")
    with streaming(talker) as result:
        result.finalize()
        assert talker.left


def test_a_client_that_vanishes_tells_nobody() -> None:
    talker = Talker(b"a")
    with streaming(talker) as result:
        result.vanish()
        with pytest.raises(OperationNotAllowed, match="has vanished"):
            result.stream.read()
        with pytest.raises(TimeoutError, match=r"did not return within 0\.05 s"):
            result.finish(0.05)
        assert not talker.left


def test_behind_the_block_nothing_runs_any_more() -> None:
    with streaming(Talker(b"a")) as result:
        pass
    with pytest.raises(OperationNotAllowed, match="within the `with` block"):
        result.stream.read()


async def test_in_a_running_loop_it_says_so() -> None:
    results = []

    def open_elsewhere() -> None:
        with streaming(Talker(b"a")) as result:
            results.append(result)

    await asyncio.to_thread(open_elsewhere)
    with pytest.raises(RuntimeError, match="running event loop"):
        results[0].stream.read()
