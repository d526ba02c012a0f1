"""The body of a request, and any other source, as a stream, compared with Falcon."""

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine
from functools import partial
from typing import Any, TypeVar

import falcon
import falcon.asgi.reader
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import falconws.core
from tests.conformance.differential import Exchange
from tests.conformance.manifest import requirement
from tests.conformance.outcomes import (
    Read,
    attempt,
    outcome,
    raised,
    shown,
)

T = TypeVar("T")
CHUNKS = st.lists(st.binary(max_size=5), min_size=1, max_size=5)
HTTP = {"type": "http", "method": "PUT", "path": "/", "query_string": b""}
LEFT = raised("ClientDisconnected")
NOT_ALLOWED = raised("OperationNotAllowed")


def server(chunks: list[bytes], *, leaves: bool = False) -> Any:
    """A server that delivers a body; in the end the client leaves, perhaps too early."""
    events: list[dict[str, Any]] = [
        {"type": "http.request", "body": chunk, "more_body": True} for chunk in chunks
    ]
    events[-1]["more_body"] = leaves
    events.append({"type": "http.disconnect"})

    async def receive() -> dict[str, Any]:
        return events.pop(0) if len(events) > 1 else events[0]

    return receive


async def listed(source: Any) -> list[bytes]:
    return [chunk async for chunk in source]


async def first_of(source: Any) -> Any:
    async for chunk in source:
        return chunk
    return None


def of_both(test: Callable[[Any], Coroutine[Any, Any, T]]) -> tuple[T, T]:
    """Give what a coroutine function gives for Falcon, and for ours."""
    return asyncio.run(test(falcon)), asyncio.run(test(falconws.core))


# A stream.

SIZES = st.none() | st.integers(-1, 9)


def exhaust(stream: Any) -> Any:
    return stream.exhaust()


def close(stream: Any) -> Any:
    return stream.close()


def read_by(*sizes: int | None) -> list[Read]:
    def reader(size: int | None) -> Read:
        return lambda stream: stream.read(size)

    return [reader(size) for size in sizes]


def played(
    chunks: list[bytes],
    steps: list[Read],
    *,
    length: int | None = None,
    leaves: bool = False,
) -> tuple[list[tuple[str, int, bool]], list[tuple[str, int, bool]]]:
    """Take steps on a stream of each framework; give what each gave, and the state then."""

    async def play(framework: Any) -> list[tuple[str, int, bool]]:
        receive = server(chunks, leaves=leaves)
        stream = framework.asgi.BoundedStream(receive, content_length=length)
        return [
            (await attempt(step, stream), stream.tell(), stream.eof) for step in steps
        ]

    return of_both(play)


@requirement("falcon:stream:read")
@requirement("falcon:stream:length")
@given(CHUNKS, st.lists(SIZES, min_size=1, max_size=8), st.none() | st.integers(0, 3))
def test_reads_of_any_sizes_over_any_chunks_are_the_same(
    chunks: list[bytes], sizes: list[int | None], more: int | None
) -> None:
    body = b"".join(chunks)
    length = None if more is None else len(body) + more
    theirs, ours = played(chunks, read_by(*sizes, None, None), length=length)
    assert ours == theirs
    assert ours[-1] == (shown(b""), len(body), True)


@requirement("falcon:stream:read")
@requirement("falcon:stream:readall")
@requirement("falcon:stream:exhaust")
@requirement("falcon:stream:close")
@requirement("falcon:stream:iteration")
@given(
    CHUNKS,
    st.lists(SIZES, max_size=2),
    st.sampled_from(["readall", "exhaust", "iterate", "close"]),
)
def test_a_stream_is_read_iterated_over_exhausted_or_closed(
    chunks: list[bytes], sizes: list[int | None], last: str
) -> None:
    async def play(framework: Any) -> list[object]:
        stream = framework.asgi.BoundedStream(server(chunks))
        found: list[object] = [await attempt(step, stream) for step in read_by(*sizes)]
        step = listed if last == "iterate" else lambda each: getattr(each, last)()
        found.append(await attempt(step, stream))
        found += [await attempt(step, stream) for step in read_by(None, 0)]
        return [*found, stream.eof, stream.closed]

    theirs, ours = of_both(play)
    assert ours == theirs
    assert ours[-2:] == [True, last == "close"]
    assert (NOT_ALLOWED in ours) == (last == "close")


@requirement("falcon:stream:read")
@requirement("falcon:stream:readall")
@requirement("falcon:stream:iteration")
@requirement("falcon:stream:close")
def test_a_stream_gives_its_bytes_once() -> None:
    steps: list[Read] = [
        *read_by(0, 2),
        listed,
        lambda stream: stream.readall(),
        close,
        *read_by(1),
        lambda stream: stream.readall(),
        listed,
    ]
    theirs, ours = played([b"abc", b"", b"def"], steps)
    assert [text for text, *_ in ours] == [text for text, *_ in theirs]
    assert [text for text, *_ in ours] == [
        shown(b""),
        shown(b"ab"),
        shown([b"c", b"def"]),
        shown(b""),
        shown(None),
        *[NOT_ALLOWED] * 3,
    ]


@requirement("falcon:stream:close")
def test_a_closed_stream_is_not_exhausted() -> None:
    theirs, ours = played([b"a"], [close, exhaust])
    assert (theirs[1][0], ours[1][0]) == (raised("ValueError"), NOT_ALLOWED)
    assert issubclass(falconws.core.OperationNotAllowed, ValueError)


@requirement("falcon:stream:file")
def test_a_stream_is_a_file_for_reading_only() -> None:
    def read(req: Any) -> list[Any]:
        stream = req.stream
        flags = [stream.readable(), stream.seekable(), stream.writable()]
        return [*flags, stream.isatty(), stream.closed, stream is req.bounded_stream]

    assert outcome(read) == shown([True, False, False, False, False, True])
    assert outcome(lambda req: req.stream.fileno()) == raised("OSError")


@requirement("falcon:stream:length")
@settings(max_examples=50)
@given(CHUNKS, st.integers(0, 12), st.sampled_from(["read", "readall", "iterate"]))
def test_nothing_past_the_announced_length_is_read(
    chunks: list[bytes], length: int, how: str
) -> None:
    async def play(framework: Any) -> bytes:
        stream = framework.asgi.BoundedStream(server(chunks), content_length=length)
        if how == "iterate":
            return b"".join(await listed(stream))
        data: bytes = await getattr(stream, how)()
        return data

    theirs, ours = of_both(play)
    assert ours == theirs == b"".join(chunks)[:length]


@requirement("falcon:stream:length")
@requirement("falcon:request:content-length")
def test_the_stream_of_a_request_has_its_content_length() -> None:
    async def read(req: Any) -> bytes:
        data: bytes = await req.stream.read()
        return data

    for length, expected in (("2", shown(b"ab")), ("9", shown(b"abc"))):
        exchange = Exchange(headers=[("Content-Length", length)], body=[b"abc"])
        assert outcome(read, exchange) == expected


@requirement("falcon:stream:overread")
@settings(max_examples=50)
@given(st.integers(1, 8), st.integers(1, 4), st.integers(1, 4))
def test_no_more_is_read_than_is_asked_for(size: int, left: int, beyond: int) -> None:
    length = size + left
    steps = read_by(size, None)
    theirs, ours = played([b"x" * (length + beyond)], steps, length=length)
    assert [text for text, *_ in theirs] == [shown(b"x" * length), shown(b"")]
    assert [text for text, *_ in ours] == [shown(b"x" * size), shown(b"x" * left)]


@requirement("falcon:stream:truncated")
@settings(max_examples=50)
@given(CHUNKS, st.none() | st.integers(1, 9))
def test_a_body_that_breaks_off_is_no_whole_one(
    chunks: list[bytes], missing: int | None
) -> None:
    body = b"".join(chunks)
    length = None if missing is None else len(body) + missing
    theirs, ours = played(chunks, read_by(None), length=length, leaves=True)
    assert theirs == [(shown(body), len(body), True)]
    assert ours == [(LEFT, 0, False)]


@requirement("falcon:stream:first-event")
def test_an_event_that_was_received_already_comes_first() -> None:
    first = {"type": "http.request", "body": b"abc", "more_body": True}

    async def play(framework: Any) -> list[bytes]:
        stream = framework.asgi.BoundedStream(server([b"def"]), first, 5)
        req = framework.asgi.Request(HTTP | {"headers": []}, server([b"def"]), first)
        return [await stream.read(), await req.stream.read()]

    theirs, ours = of_both(play)
    assert ours == theirs == [b"abcde", b"abcdef"]


@requirement("falcon:stream:iterated-twice")
@requirement("falcon:stream:eof")
@requirement("falcon:stream:exhaust-tell")
def test_a_stream_knows_its_end() -> None:
    again, other = played([b"a", b"b"], [first_of, listed])
    assert again[1][0] == other[1][0] == NOT_ALLOWED
    theirs, ours = played([b"a"], [listed, listed])
    assert (theirs[1][0], ours[1][0]) == (shown([]), NOT_ALLOWED)
    theirs, ours = played([b"a"], [first_of])
    assert (theirs, ours) == ([(shown(b"a"), 1, False)], [(shown(b"a"), 1, True)])

    theirs, ours = played([b"abc", b"def"], [*read_by(1), exhaust])
    assert (theirs[1][1:], ours[1][1:]) == ((4, True), (6, True))


@requirement("falcon:request:media-truncated")
def test_media_is_not_read_from_a_body_that_breaks_off() -> None:
    async def play(framework: Any) -> str:
        scope = HTTP | {"headers": [(b"content-length", b"100")]}
        req = framework.asgi.Request(scope, server([b"[1]"], leaves=True))
        return await attempt(lambda req: req.get_media(), req)

    assert of_both(play) == (shown([1]), LEFT)


# The reader of any source.

TEXTS = st.lists(st.text("a-", max_size=6).map(str.encode), max_size=5)
DELIMITERS = st.sampled_from([b"-", b"--", b"a-a"])
ANY_SIZE = st.integers(-1, 7)
Step = tuple[Any, ...]


class Destination:
    def __init__(self) -> None:
        self.data = b""

    async def write(self, data: bytes) -> None:
        self.data += data


async def taken(step: Step, reader: Any) -> Any:
    """Take a step on a reader: the name of its method, and the arguments."""
    name, *arguments = step
    match name:
        case "pipe" | "pipe_until":
            destination = Destination()
            delimiter, rest = arguments[:1], arguments[1:]
            await getattr(reader, name)(*delimiter, destination, *rest)
            return destination.data
        case "delimit":
            return await reader.delimit(arguments[0]).read()
        case "iterate":
            return b"".join(await listed(reader))
        case _:
            return await getattr(reader, name)(*arguments)


def read_through(
    chunks: list[bytes], steps: list[Step], chunk_size: int = 8
) -> tuple[list[tuple[str, int]], list[tuple[str, int]]]:
    """Take steps on a reader of each framework; give what each gave, and where it was."""

    async def source() -> AsyncIterator[bytes]:
        for chunk in chunks:
            yield chunk

    async def play(framework: Any) -> list[tuple[str, int]]:
        reader = framework.asgi.reader.BufferedReader(source(), chunk_size)
        found = []
        for step in steps:
            text = await attempt(partial(taken, step), reader)
            found.append((text, reader.tell()))
        return [*found, (shown(reader.eof), reader.tell())]

    return of_both(play)


READS = (
    st.tuples(st.sampled_from(["read", "peek"]), ANY_SIZE)
    | st.tuples(st.sampled_from(["readall", "pipe", "exhaust", "iterate"]))
    | st.just(("read", None))
)


@requirement("falcon:reader:read")
@requirement("falcon:reader:peek")
@requirement("falcon:reader:pipe")
@requirement("falcon:reader:iteration")
@given(TEXTS, st.lists(READS, max_size=5), st.integers(1, 9))
def test_a_reader_gives_the_bytes_of_any_chunks(
    chunks: list[bytes], steps: list[Step], chunk_size: int
) -> None:
    theirs, ours = read_through(chunks, [*steps, ("read",)], chunk_size)
    assert ours == theirs
    assert ours[-1] == ("True", len(b"".join(chunks)))


@requirement("falcon:reader:read-until")
@requirement("falcon:reader:delimit")
@requirement("falcon:reader:pipe-until")
@given(
    TEXTS,
    DELIMITERS,
    st.lists(
        st.tuples(st.just("read_until"), ANY_SIZE)
        | st.tuples(st.sampled_from(["read_until", "pipe_until"]), st.booleans())
        | st.tuples(st.sampled_from(["read", "peek"]), st.integers(0, 7))
        | st.tuples(st.just("delimit")),
        max_size=5,
    ),
    st.integers(3, 9),
)
def test_a_reader_stops_in_front_of_a_delimiter(
    chunks: list[bytes], delimiter: bytes, plan: list[Step], chunk_size: int
) -> None:
    # More of them than the steps can read: where there is none, both differ.
    chunks = [*chunks, *[b"xxxxxxxx" + delimiter] * (len(plan) + 1)]
    steps = [_step(delimiter, *each) for each in plan]
    theirs, ours = read_through(chunks, steps, chunk_size)
    assert ours == theirs
    assert not any("raised" in text for text, _ in ours)


def _step(delimiter: bytes, name: str, argument: Any = None) -> Step:
    match name:
        case "read_until" if isinstance(argument, bool):
            return (name, delimiter, -1, argument)
        case "read_until":
            return (name, delimiter, argument)
        case "pipe_until":
            return (name, delimiter, argument)
        case "delimit":
            return (name, delimiter)
        case _:
            return (name, argument)


@requirement("falcon:reader:read")
@requirement("falcon:reader:peek")
@requirement("falcon:reader:read-until")
@requirement("falcon:reader:delimit")
@requirement("falcon:reader:pipe-until")
def test_a_reader_reads_by_size_and_up_to_a_delimiter() -> None:
    steps: list[tuple[Step, bytes, int]] = [
        (("peek", 3), b"ab-", 0),
        (("read_until", b"--", 1), b"a", 1),
        (("read_until", b"--", -1, True), b"b", 4),
        (("pipe_until", b"--"), b"cd", 6),
        (("read", 2), b"--", 8),
        (("delimit", b"--"), b"e", 9),
        (("readall",), b"--f", 12),
        (("read", 1), b"", 12),
    ]
    chunks = [b"ab-", b"-c", b"d--", b"", b"e--f"]
    theirs, ours = read_through(chunks, [step for step, *_ in steps])
    assert ours == theirs
    assert ours == [*((shown(data), at) for _, data, at in steps), ("True", 12)]


@requirement("falcon:reader:delimiter-missing")
def test_a_delimiter_that_does_not_follow_is_an_error_if_it_is_to_be_consumed() -> None:
    steps: list[Step] = [("read_until", b"--", 1, True)]
    theirs, ours = read_through([b"ab--"], [*steps, ("read",)])
    assert theirs[0][0] == ours[0][0] == raised("DelimiterError")
    assert issubclass(falconws.core.DelimiterError, OSError)
    assert (theirs[1][0], ours[1][0]) == (shown(b"b--"), shown(b"ab--"))


@requirement("falcon:reader:delimiter-absent")
@settings(max_examples=50)
@given(st.lists(st.sampled_from([b"a", b"b"]), min_size=1), DELIMITERS)
def test_bytes_in_front_of_the_end_are_given_once(
    chunks: list[bytes], delimiter: bytes
) -> None:
    body = b"".join(chunks)
    steps: list[Step] = [("read_until", delimiter), ("read",)]
    theirs, ours = read_through(chunks, steps, chunk_size=100)
    assert [text for text, _ in theirs[:2]] == [shown(body), shown(body)]
    assert ours == [
        (shown(body), len(body)),
        (shown(b""), len(body)),
        ("True", len(body)),
    ]


@requirement("falcon:reader:delimiter-length")
@requirement("falcon:reader:chunk-size")
@requirement("falcon:reader:pieces")
def test_a_reader_takes_any_delimiter_and_makes_pieces_of_the_chunk_size() -> None:
    error = raised("ValueError")
    theirs, ours = read_through([b"ab"], [("read_until", b"")])
    assert theirs[0][0] == ours[0][0] == error
    theirs, ours = read_through([b"ab---"], [("read_until", b"---")], chunk_size=2)
    assert (theirs[0][0], ours[0][0]) == (error, shown(b"ab"))

    async def source() -> AsyncIterator[bytes]:
        yield b"abcde"

    async def pieces(framework: Any) -> list[bytes]:
        return await listed(framework.asgi.reader.BufferedReader(source(), 2))

    assert of_both(pieces) == ([b"abcde"], [b"ab", b"cd", b"e"])
    with pytest.raises(ValueError, match="positive"):
        falconws.core.BufferedReader(source(), 0)


@requirement("falcon:reader:file")
@requirement("falcon:reader:iteration")
def test_a_reader_is_a_file_for_reading_only_and_iterated_over_once() -> None:
    async def source() -> AsyncIterator[bytes]:
        yield b"ab"

    async def play(framework: Any) -> list[Any]:
        reader = framework.asgi.reader.BufferedReader(source())
        flags = [reader.readable(), reader.seekable(), reader.writable()]
        texts = [await attempt(listed, reader), await attempt(listed, reader)]
        with pytest.raises(OSError, match="file descriptor"):
            reader.fileno()
        return [*flags, reader.isatty(), reader.eof, *texts]

    theirs, ours = of_both(play)
    assert ours == theirs
    assert ours == [True, False, False, False, True, shown([b"ab"]), NOT_ALLOWED]
