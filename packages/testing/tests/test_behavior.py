"""What a client does that a well-behaved one does not."""

from __future__ import annotations

from typing import Any

import pytest

from falconws.testing.behavior import Behavior

EMPTY = [
    {"type": "http.request", "more_body": True},
    {"type": "http.request", "body": b"", "more_body": True},
]


def chunk(body: bytes, more_body: bool = True) -> dict[str, Any]:
    return {"type": "http.request", "body": body, "more_body": more_body}


@pytest.mark.parametrize(
    ("body", "chunks"),
    [
        (b"", [chunk(b"", False)]),
        (b"ab", [chunk(b"ab", False)]),
        (b"abc", [chunk(b"ab"), chunk(b"c", False)]),
        (b"abcd", [chunk(b"ab"), chunk(b"cd", False)]),
    ],
)
def test_a_whole_body_comes_in_chunks(
    body: bytes, chunks: list[dict[str, Any]]
) -> None:
    assert list(Behavior(chunk_size=2).events(body)) == chunks


def test_a_body_in_pieces_ends_with_an_empty_event() -> None:
    behavior = Behavior()
    events = [*behavior.piece(b"a"), *behavior.piece(b""), *behavior.end()]
    assert events == [chunk(b"a"), chunk(b""), chunk(b"", False)]


def test_empty_events_come_between_the_others_and_leave_keys_out() -> None:
    behavior = Behavior(chunk_size=1, empty_chunks=True)
    end = {"type": "http.request"}
    whole = [*EMPTY, chunk(b"a"), *EMPTY, chunk(b"b"), end]
    assert list(behavior.events(b"ab")) == whole
    assert [*behavior.piece(b"a"), *behavior.end()] == [*EMPTY, chunk(b"a"), end]


@pytest.mark.parametrize("size", [0, -1])
def test_a_chunk_has_a_byte_at_least(size: int) -> None:
    with pytest.raises(ValueError, match="1 byte or more"):
        Behavior(chunk_size=size)


@pytest.mark.parametrize("name", ["leave_after", "leave_after_bytes", "write_limit"])
def test_a_limit_is_not_negative(name: str) -> None:
    given: dict[str, Any]
    for value in (None, 0, 1):
        given = {name: value}
        assert getattr(Behavior(**given), name) == value
    given = {name: -1}
    with pytest.raises(ValueError, match=f"{name} is 0 or more, or None; not -1"):
        Behavior(**given)
