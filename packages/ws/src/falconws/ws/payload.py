"""The two kinds of messages."""

from __future__ import annotations

from enum import IntEnum

__all__ = ("WebSocketPayloadType", "exceeds")


class WebSocketPayloadType(IntEnum):
    """The two kinds of messages, with the numbers of their opcodes (RFC 6455, 5.6)."""

    TEXT = 1
    """A string, sent as UTF-8."""

    BINARY = 2
    """Bytes."""


def exceeds(message: str | bytes, limit: int) -> bool:
    """Say whether a message has more bytes than a limit, in UTF-8 if it is text."""
    # RFC 3629, 3: a character has four bytes at the most, so most text needs no encoding.
    if len(message) <= limit >> 2:
        return False
    return len(message if isinstance(message, bytes) else message.encode()) > limit
