"""Pieces that are ready together; the rest of what streams do is in test_sending.py."""

import asyncio
from collections.abc import AsyncIterator, Callable
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from falconws.core import App, Event, Request, Response, Stream, _stream_sender
from falconws.testing import create_scope


@pytest.fixture(autouse=True)
def no_haste(monkeypatch: pytest.MonkeyPatch) -> None:
    """A slow machine is not taken for a source that computes."""
    monkeypatch.setattr(_stream_sender, "_BATCH_TIME", 60)


async def turns(condition: Callable[[], bool]) -> None:
    """Let others have their turn until something is so."""
    async with asyncio.timeout(5):
        while not condition():  # noqa: ASYNC110 - it has no event
            await asyncio.sleep(0)


class Client:
    """What a server does for the client of a stream whose pieces are strings.

    Attributes:
        bodies: What it was sent of the body.
    """

    def __init__(self, source: Any, **options: Any) -> None:
        self.bodies: list[bytes] = []
        self.gate = asyncio.Event()
        self.gate.set()
        self.fails: Callable[[bytes], Exception | None] = lambda body: None
        self._gone = asyncio.Event()
        self._news = asyncio.Event()

        async def on_get(req: Request, resp: Response) -> None:
            resp.sse = source

        self.app = App(extensions=())
        self.app.resp_options.event_stream = lambda events, resp: Stream(
            events,
            str.encode,
            b"ping",
            coalesce=True,
            **({"first_keep_alive": 60} | options),
        )
        self.app.add_route("/", SimpleNamespace(on_get=on_get))
        self.task = asyncio.create_task(
            self.app(create_scope("/"), self._receive, self._send)
        )

    async def _receive(self) -> Event:
        await self._gone.wait()
        return {"type": "http.disconnect"}

    async def _send(self, event: Event) -> None:
        if event["type"] == "http.response.start":
            return
        if (exc := self.fails(event["body"])) is not None:
            raise exc
        await self.gate.wait()
        self.bodies.append(event["body"])
        self._news.set()

    def leave(self) -> None:
        self._gone.set()

    async def sent(self, *bodies: bytes) -> None:
        """Wait until that was sent, and nothing else was."""
        async with asyncio.timeout(5):
            while len(self.bodies) < len(bodies):
                self._news.clear()
                await self._news.wait()
        assert self.bodies == list(bodies)

    async def over(self) -> None:
        """Wait until the application has returned."""
        async with asyncio.timeout(5):
            await self.task


async def ready(*pieces: str) -> AsyncIterator[str]:
    for piece in pieces:
        yield piece


async def test_what_is_ready_behind_the_first_piece_is_one_send() -> None:
    client = Client(ready("a", "b", "c", "d"))
    await client.over()
    assert client.bodies == [b"a", b"bcd", b""]


async def test_what_is_ready_does_not_wait_for_what_comes_later() -> None:
    later = asyncio.Event()

    async def source() -> AsyncIterator[str]:
        yield "a"
        yield "b"
        yield "c"
        await later.wait()
        yield "d"
        yield "e"

    client = Client(source())
    await client.sent(b"a", b"bc")
    later.set()
    await client.over()
    assert client.bodies == [b"a", b"bc", b"d", b"e", b""]


@pytest.mark.parametrize(("seconds", "sends"), [(0.001, 4), (0.0009, 3)])
async def test_a_source_that_computes_does_not_keep_back_what_it_gave(
    seconds: float, sends: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.undo()  # what `no_haste` did
    loop = asyncio.get_running_loop()
    now = 0.0
    monkeypatch.setattr(loop, "time", lambda: now)

    async def source() -> AsyncIterator[str]:
        nonlocal now
        for piece in "abc":
            now += seconds
            yield piece

    client = Client(source())
    await client.over()
    assert b"".join(client.bodies) == b"abc"
    assert len(client.bodies) == sends


@pytest.mark.parametrize(
    ("size", "sizes"), [(0x8000, [1, 0x10000, 1, 0]), (0x7FFF, [1, 0xFFFF, 0])]
)
async def test_64_kib_that_are_ready_do_not_wait_for_more(
    size: int, sizes: list[int]
) -> None:
    client = Client(ready("a", "b" * size, "c" * size, "d"))
    await client.over()
    assert [len(body) for body in client.bodies] == sizes


async def test_others_have_their_turn_beside_a_source_that_waits_for_nothing() -> None:
    closed = asyncio.Event()

    async def source() -> AsyncIterator[str]:
        try:
            while True:
                yield "a" * 1000
        finally:
            closed.set()

    client = Client(source())
    await turns(lambda: bool(client.bodies))
    client.leave()
    await client.over()
    assert closed.is_set()


class Awaiting:
    """A source that is no generator, and waits by futures of its own."""

    def __init__(self) -> None:
        self.left = 3

    def __aiter__(self) -> "Awaiting":
        return self

    def __anext__(self) -> asyncio.Future[str]:
        future = asyncio.get_running_loop().create_future()
        self.left -= 1
        if self.left:
            future.get_loop().call_soon(future.set_result, "abc"[self.left])
        else:
            future.set_exception(StopAsyncIteration())
        return future


async def test_a_source_may_be_any_asynchronous_iterator() -> None:
    client = Client(Awaiting())
    await client.over()
    assert client.bodies == [b"c", b"b", b""]


async def test_a_timeout_of_the_sources_own_does_not_break_off_what_is_being_sent() -> (
    None
):
    timed_out = asyncio.Event()

    async def source() -> AsyncIterator[str]:
        yield "a"
        yield "b"
        yield "c"
        try:
            async with asyncio.timeout(0):
                await asyncio.Event().wait()
        except TimeoutError:
            timed_out.set()
        yield "d"

    client = Client(source())
    client.fails = lambda body: client.gate.clear() if body == b"bc" else None
    await turns(timed_out.is_set)
    assert client.bodies == [b"a"]
    client.gate.set()
    await client.over()
    assert client.bodies == [b"a", b"bc", b"d", b""]


async def raising() -> AsyncIterator[str]:
    yield "a"
    yield "b"
    raise RuntimeError("a bug")


async def raising_later() -> AsyncIterator[str]:
    yield "a"
    yield "b"
    await asyncio.sleep(0)
    raise RuntimeError("a bug")


async def not_encodable() -> AsyncIterator[Any]:
    yield "a"
    yield "b"
    yield 1


@pytest.mark.parametrize("source", [raising, raising_later, not_encodable])
async def test_what_was_ready_before_an_error_is_sent_before_it(
    source: Callable[[], AsyncIterator[str]],
) -> None:
    client = Client(source())
    with pytest.raises((RuntimeError, TypeError), match=r"a bug|str"):
        await client.over()
    assert client.bodies == [b"a", b"b"]


async def test_an_error_does_not_break_off_what_is_being_sent() -> None:
    client = Client(raising_later())
    client.fails = lambda body: client.gate.clear() if body == b"b" else None
    await turns(lambda: not client.gate.is_set())
    for _ in range(30):
        await asyncio.sleep(0)
    client.gate.set()
    with pytest.raises(RuntimeError, match=r"a bug"):
        await client.over()
    assert client.bodies == [b"a", b"b"]


@pytest.mark.parametrize(
    ("waits", "failing"),
    [(True, b"a"), (True, b"bc"), (True, b"d"), (False, b"a"), (False, b"bcd")],
)
async def test_a_client_that_leaves_while_it_is_sent_a_batch_ends_the_stream(
    failing: bytes, waits: bool
) -> None:
    closed = asyncio.Event()

    async def source() -> AsyncIterator[str]:
        try:
            for piece in "abc":
                yield piece
            if waits:
                await asyncio.sleep(0)
                yield "d"
                await asyncio.Event().wait()
            yield "d"
        finally:
            closed.set()

    client = Client(source())
    client.fails = lambda body: OSError() if body == failing else None
    await client.over()
    assert failing not in client.bodies
    assert b"" not in client.bodies
    assert closed.is_set()


async def test_what_a_server_raises_for_a_batch_goes_through() -> None:
    closed = asyncio.Event()

    async def source() -> AsyncIterator[str]:
        try:
            for piece in "abc":
                yield piece
            await asyncio.Event().wait()
        finally:
            closed.set()

    client = Client(source())
    client.fails = lambda body: LookupError("no such") if body == b"bc" else None
    with pytest.raises(LookupError, match="no such"):
        await client.over()
    assert closed.is_set()


async def test_a_batch_that_is_being_sent_is_not_cut_off_by_a_drain() -> None:
    async def source() -> AsyncIterator[str]:
        for piece in "abc":
            yield piece
        await asyncio.Event().wait()

    client = Client(source(), farewell=lambda: b"bye")
    client.fails = lambda body: client.gate.clear() if body == b"bc" else None
    await turns(lambda: not client.gate.is_set())
    client.fails = lambda body: None
    drain = asyncio.create_task(client.app.drain(grace=5))
    for _ in range(30):
        await asyncio.sleep(0)
    assert client.bodies == [b"a"]
    client.gate.set()
    await client.over()
    await drain
    assert client.bodies == [b"a", b"bc", b"bye", b""]


async def test_the_client_hears_of_nothing_twice_when_a_keep_alive_is_due() -> None:
    resumed = asyncio.Event()

    async def source() -> AsyncIterator[str]:
        yield "a"
        await resumed.wait()
        yield "b"
        yield "c"

    client = Client(source(), first_keep_alive=0.01, keep_alive_interval=0.01)
    await client.sent(b"a")
    await turns(lambda: client.bodies.count(b"ping") > 1)
    resumed.set()
    await client.over()
    assert [body for body in client.bodies if body != b"ping"] == [
        b"a",
        b"b",
        b"c",
        b"",
    ]


@given(st.lists(st.sampled_from([*"abc", "", None]), max_size=12))
def test_every_piece_arrives_in_its_place(script: list[str | None]) -> None:
    async def source() -> AsyncIterator[str]:
        for step in script:
            if step is None:
                await asyncio.sleep(0)
            else:
                yield step

    async def run() -> list[bytes]:
        client = Client(source())
        await client.over()
        return client.bodies

    bodies = asyncio.run(run())
    assert b"".join(bodies).decode() == "".join(filter(None, script))
    assert bodies[-1] == b""
