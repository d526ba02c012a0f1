"""The two kinds of messages."""

from __future__ import annotations

from enum import IntEnum

__all__ = ("BYTES_PER_CHARACTER", "WebSocketPayloadType", "exceeds")

# RFC 3629, 3: of UTF-8, at the most. So most text needs no encoding to be found short enough.
BYTES_PER_CHARACTER = 4


class WebSocketPayloadType(IntEnum):
    """The two kinds of messages, with the numbers of their opcodes (RFC 6455, 5.6)."""

    TEXT = 1
    """A string, sent as UTF-8."""

    BINARY = 2
    """Bytes."""


def exceeds(message: str | bytes, limit: int) -> bool:
    """Say whether a message has more bytes than a limit, in UTF-8 if it is text."""
    if len(message) <= limit // BYTES_PER_CHARACTER:
        return False
    return len(message if isinstance(message, bytes) else message.encode()) > limit
