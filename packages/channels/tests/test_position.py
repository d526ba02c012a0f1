"""Ids, and what clients send in their place."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from falconws.channels import Position

EPOCHS = st.from_regex(r"[0-9A-Za-z]{1,32}", fullmatch=True)


@given(EPOCHS, st.integers(0, 10**18 - 1))
def test_an_id_is_read_as_what_it_was_made_of(epoch: str, offset: int) -> None:
    position = Position(epoch, offset)
    assert str(position) == f"{epoch}:{offset}"
    assert Position.parse(str(position)) == position


@given(st.text(max_size=60))
def test_whatever_is_read_as_an_id_is_written_the_same_way(text: str) -> None:
    position = Position.parse(text)
    assert position is None or str(position) == text


@pytest.mark.parametrize(
    "text",
    [
        "",
        ":",
        "e",
        "e:",
        ":1",
        "e1",
        "e:-1",
        "e:01",
        "e:+1",
        "e:1.0",
        "e:1 ",
        " e:1",
        "e:1\n",
        "e:1:2",
        "e-f:1",
        "e_f:1",
        "\u00e9:1",
        "e:\u0661",
        "e:1\0",
        "a" * 33 + ":1",
        "e:" + "1" * 19,
        "e:" + "9" * 100_000,
    ],
)
def test_nonsense_is_no_id(text: str) -> None:
    assert Position.parse(text) is None


@pytest.mark.parametrize("text", ["e:0", "0:1", "a" * 32 + ":1", "e:" + "9" * 18])
def test_the_ends_of_every_range_are_inside(text: str) -> None:
    assert str(Position.parse(text)) == text


def test_positions_of_an_epoch_are_in_order() -> None:
    assert Position("e", 9) < Position("e", 10)


@pytest.mark.parametrize("text", [None, 5, b"e:1", ["e", 1]])
def test_what_is_no_string_is_no_id(text: object) -> None:
    assert Position.parse(text) is None
