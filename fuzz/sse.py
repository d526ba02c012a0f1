"""Invariant: any bytes in any chunks give the events of one chunk, and what was sent is received.

``python -m fuzz.sse [seconds]`` tries that with random streams for as long (10 seconds), and says
how to repeat what fails. No exception passes but `EventTooLargeError`, and that in both ways or
in none.
"""

from __future__ import annotations

import random
import re

from falconws.sse import Event, EventParser, EventTooLargeError, SSEvent

from ._running import run

__all__ = ("check_chunks", "check_round_trip")

Outcome = tuple[list[Event], str, int | None, str]

# What a parser may stumble on, more often than chance would have it.
_TOKENS = [
    *(b"data", b"event", b"id", b"retry", b":", b" ", b"data: x", b"retry: 15"),
    *(b"\r", b"\n", b"\r\n", b"\n\n", b"\0", b"\xef\xbb\xbf", b"\xc3\xa9", b"\xe2\x82"),
]
_ALPHABET = "ab:\u00e9\u2028\ufeff\x00\x0b\x85 \U0001f600"


def check_chunks(choose: random.Random) -> None:
    """Feed random bytes at once, and in random chunks."""
    stream = b"".join(
        choose.choice(_TOKENS) if choose.random() < 0.9 else choose.randbytes(3)
        for _ in range(choose.randrange(40))
    )
    limit = choose.choice([4, 20, 1000])
    expected = _outcome([stream], limit)
    found = _outcome(_cut(stream, choose), limit)
    assert found == expected, (stream, limit)


def check_round_trip(choose: random.Random) -> None:
    """Read random events, of random chunks of what they serialize to."""
    sent = [_event(choose) for _ in range(choose.randrange(5))]
    expected: list[Event] = []
    last_event_id, retry = "", None
    for event in sent:
        last_event_id = last_event_id if event.event_id is None else event.event_id
        retry = retry if event.retry is None else event.retry
        if event.data is not None:
            data = re.sub("\r\n|\r", "\n", event.data)
            expected.append(Event(event.event_type or "message", data, last_event_id))
    stream = b"".join(map(bytes, sent))
    found = _outcome(_cut(stream, choose), 1000)
    assert found == (expected, last_event_id, retry, ""), sent


def _outcome(chunks: list[bytes], limit: int) -> Outcome:
    """Give everything that a parser makes of chunks."""
    parser = EventParser(max_line_size=limit, max_event_size=limit)
    events: list[Event] = []
    error = ""
    for chunk in chunks:
        try:
            events += parser.feed(chunk)
        except EventTooLargeError as exc:
            events += exc.events
            error = str(exc)
            break
    return events, parser.last_event_id, parser.retry, error


def _cut(stream: bytes, choose: random.Random) -> list[bytes]:
    chunks = []
    while stream:
        size = choose.choice([0, 1, 1, 2, 5, 20])
        chunks.append(stream[:size])
        stream = stream[size:]
    return chunks


def _event(choose: random.Random) -> SSEvent:
    def text(more: str = "") -> str | None:
        if choose.random() < 0.3:
            return None
        return "".join(choose.choices(_ALPHABET + more, k=choose.randrange(8)))

    def line() -> str | None:
        value = text()
        return value if value is None else value.replace("\0", "")

    retry = choose.choice([None, 0, choose.randrange(10**9)])
    return SSEvent(text("\r\n"), line(), line(), retry, comment=text("\r\n"))


if __name__ == "__main__":
    run(check_chunks, check_round_trip)
