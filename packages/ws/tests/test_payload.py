"""The two kinds of messages."""

from __future__ import annotations

from falconws.ws import WebSocketPayloadType


def test_the_kinds_have_the_numbers_of_their_opcodes() -> None:
    assert {kind.name: int(kind) for kind in WebSocketPayloadType} == {
        "TEXT": 1,
        "BINARY": 2,
    }
