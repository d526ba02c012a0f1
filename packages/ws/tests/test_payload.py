"""The two kinds of messages."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from falconws.ws import WebSocketPayloadType
from falconws.ws.payload import exceeds


def test_the_kinds_have_the_numbers_of_their_opcodes() -> None:
    assert {kind.name: int(kind) for kind in WebSocketPayloadType} == {
        "TEXT": 1,
        "BINARY": 2,
    }


@given(st.text() | st.binary(), st.integers(1, 40))
def test_a_message_exceeds_a_limit_by_its_bytes(
    message: str | bytes, limit: int
) -> None:
    octets = message if isinstance(message, bytes) else message.encode()
    assert exceeds(message, limit) == (len(octets) > limit)


@pytest.mark.parametrize("unit", ["x", "é", "🦅"])
def test_the_last_byte_of_a_limit_may_be_used(unit: str) -> None:
    message = unit * 8
    size = len(message.encode())
    assert not exceeds(message, size)
    assert exceeds(message, size - 1)
