"""What a client makes of a stream's bytes, in any chunks (WHATWG HTML, 9.2.5 and 9.2.6)."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from falconws.sse import (
    Event,
    EventParser,
    EventTooLargeError,
    SSEvent,
    aiter_events,
)

patient = settings(suppress_health_check=[HealthCheck.too_slow])


def message(data: str, type: str = "message", id: str = "") -> Event:
    return Event(type, data, id)


def cut(stream: bytes, places: list[int]) -> list[bytes]:
    """Cut a stream into chunks, some of which may be empty."""
    ends = sorted(min(place, len(stream)) for place in places)
    return [stream[i:j] for i, j in zip([0, *ends], [*ends, len(stream)], strict=True)]


@pytest.mark.parametrize(
    ("stream", "events"),
    [
        (b"data: a\n\n", [message("a")]),
        (b"data: a\r\n\r\ndata: b\r\rdata: c\n\n", [*map(message, "abc")]),
        (b"data:a\ndata\ndata:  b \n\n", [message("a\n\n b ")]),
        (b"data\n\ndata\ndata\n\ndata:", [message(""), message("\n")]),
        (b"event: x\ndata: a\n\ndata: b\n\n", [message("a", "x"), message("b")]),
        (b"event: x\n\ndata: b\n\n", [message("b")]),
        (b"event: x\nevent\ndata: b\n\n", [message("b")]),
        (b": data: a\n\nDATA: a\n data: a\ndatas: a\n\n", []),
        (b"data: a:b\nevent: c: d\n\n", [message("a:b", "c: d")]),
        (b"\xef\xbb\xbfdata: a\n\n\xef\xbb\xbfdata: b\n\n", [message("a")]),
        (b"\xef\xbb\xbf\xef\xbb\xbfdata: a\n\n", []),
        (b"data: \xff\xe2\x82\ndata: \xc3\xa9\n\n", [message("\ufffd\ufffd\né")]),
        (b"data: \x85\xe2\x80\xa8\x0b\n\n", [message("\ufffd\u2028\x0b")]),
        (b"data: a\n", []),
    ],
)
def test_a_stream_of_bytes_is_read_as_the_standard_says(
    stream: bytes, events: list[Event]
) -> None:
    assert EventParser().feed(stream) == events
    parser = EventParser()
    one_by_one = [event for byte in stream for event in parser.feed(bytes([byte]))]
    assert one_by_one == events


def test_an_event_is_given_as_soon_as_its_last_line_has_an_end() -> None:
    parser = EventParser()
    assert parser.feed(b"data: a\r\n\r") == [message("a")]
    assert parser.feed(b"") == []
    assert parser.feed(b"\ndata: b\n\n") == [message("b")]
    assert parser.feed(b"data: c\r") == []
    assert parser.feed(b"\n\n") == [message("c")]


def test_the_last_id_is_kept_until_another_one_is_dispatched() -> None:
    parser = EventParser()
    assert parser.last_event_id == ""
    found = parser.feed(b"id: 1\ndata: a\n\ndata: b\n\nid: 2\x00\ndata: c\n\n")
    assert found == [message(data, id="1") for data in "abc"]
    assert parser.feed(b"id: 3\n") == []
    assert parser.last_event_id == "1"
    assert parser.feed(b"\n") == []
    assert parser.last_event_id == "3"
    assert parser.feed(b"id\ndata: d\n\n") == [message("d")]
    assert parser.last_event_id == ""


@pytest.mark.parametrize(
    ("value", "retry"),
    [
        (b"0", 0),
        (b"0030", 30),
        (b"9" * 18, 10**18 - 1),
        (b"9" * 19, 1),
        (b"", 1),
        (b"-1", 1),
        (b"2.5", 1),
        (b" 2", 1),
        ("\u0663".encode(), 1),
    ],
)
def test_a_retry_counts_at_once_and_only_if_it_is_digits(
    value: bytes, retry: int
) -> None:
    parser = EventParser()
    assert parser.retry is None
    parser.feed(b"retry: 1\n")
    assert parser.retry == 1
    assert parser.feed(b"retry: " + value + b"\n") == []
    assert parser.retry == retry


# Limits.

LINE = b"data: 1\n\nid: 123456\n\nid: 1234567\n\ndata: 2\n\n"
EVENT = b"data: 123\ndata: 567\n\ndata: 1234\ndata: 567\n\ndata: 2\n\n"


@pytest.mark.parametrize(
    ("stream", "words", "before"),
    [
        (LINE, "A line of the event stream is larger than 10 bytes.", [message("1")]),
        (EVENT, "An event .* larger than 8 bytes.", [message("123\n567")]),
    ],
)
@pytest.mark.parametrize("size", [1, 7, 100])
async def test_what_is_too_large_is_an_error_behind_the_events_before_it(
    stream: bytes, words: str, before: list[Event], size: int
) -> None:
    async def chunks() -> AsyncIterator[bytes]:
        for start in range(0, len(stream), size):
            yield stream[start : start + size]

    parser = EventParser(max_line_size=10, max_event_size=8)
    events = aiter_events(chunks(), parser)
    assert [await anext(events) for _ in before] == before
    with pytest.raises(EventTooLargeError, match=words):
        await anext(events)
    with pytest.raises(EventTooLargeError, match=words) as caught:
        parser.feed(b"data: 3\n\n")
    assert caught.value.events == []


@pytest.mark.parametrize("kind", ["line", "event"])
def test_the_limits_are_a_mebibyte_each(kind: str) -> None:
    many = 2**20
    line = b"x" * (many - 6) if kind == "line" else b"x" * (many // 2 - 1)
    largest = b"data: " + line if kind == "line" else b"data:%b\ndata:%b" % (line, line)
    (event,) = EventParser().feed(largest + b"\n\n")
    assert len(event.data) == (many - 6 if kind == "line" else many - 1)
    with pytest.raises(EventTooLargeError) as caught:
        EventParser().feed(largest + b"x\n")
    assert caught.value.limit == many


def test_a_line_without_an_end_is_given_up_at_the_limit() -> None:
    parser = EventParser(max_line_size=10)
    assert parser.feed(b":123456789") == []
    with pytest.raises(EventTooLargeError):
        parser.feed(b"x")


# Any chunks.

TOKENS = b"data id event retry : 1 \xc3\xa9 \xe2\x82 \xef\xbb\xbf \0".split(b" ")
pieces = st.sampled_from([*TOKENS, b" ", b"\r", b"\n", b"\r\n", b"data: x\n\n"])
streams = st.lists(pieces | st.binary(max_size=3), max_size=30).map(b"".join)
places = st.lists(st.integers(0, 100), max_size=8)


@patient
@given(streams, places)
@example(b"data: x\r\n\r\n", [8, 10])
def test_any_bytes_in_any_chunks_give_the_same_events(
    stream: bytes, places: list[int]
) -> None:
    whole, parser = EventParser(), EventParser()
    expected = whole.feed(stream)
    found = [event for chunk in cut(stream, places) for event in parser.feed(chunk)]
    assert found == expected
    assert parser.last_event_id == whole.last_event_id
    assert parser.retry == whole.retry


lines = st.text(st.characters(codec="utf-8", exclude_characters="\r\n\0"))
texts = st.lists(st.text() | st.sampled_from(["\r", "\n", "\r\n", "\ufeff", "data: x"]))
sent_events = st.builds(
    SSEvent,
    data=st.none() | texts.map("".join),
    event_type=st.none() | lines,
    event_id=st.none() | lines,
    retry=st.none() | st.integers(0, 10**9),
    comment=st.none() | texts.map("".join),
)


@patient
@given(st.lists(sent_events, max_size=5), places)
async def test_what_was_sent_is_received(
    sent: list[SSEvent], places: list[int]
) -> None:
    async def chunks() -> AsyncIterator[bytes]:
        for chunk in cut(b"".join(map(bytes, sent)), places):
            yield chunk

    expected, last_event_id, retry = [], "", None
    for event in sent:
        if event.event_id is not None:
            last_event_id = event.event_id
        if event.retry is not None:
            retry = event.retry
        if event.data is not None:
            data = event.data.replace("\r\n", "\n").replace("\r", "\n")
            expected.append(Event(event.event_type or "message", data, last_event_id))
    parser = EventParser()
    assert [event async for event in aiter_events(chunks(), parser)] == expected
    assert (parser.last_event_id, parser.retry) == (last_event_id, retry)


async def test_events_are_given_without_a_parser_as_well() -> None:
    async def chunks() -> AsyncIterator[bytes]:
        yield b"data: a\n\ndata: b\n"
        yield b"\n"

    assert [event.data async for event in aiter_events(chunks())] == ["a", "b"]
