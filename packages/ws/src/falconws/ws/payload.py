"""The two kinds of messages."""

from __future__ import annotations

from enum import IntEnum

__all__ = ("WebSocketPayloadType",)


class WebSocketPayloadType(IntEnum):
    """The two kinds of messages, with the numbers of their opcodes (RFC 6455, 5.6)."""

    TEXT = 1
    """A string, sent as UTF-8."""

    BINARY = 2
    """Bytes."""
