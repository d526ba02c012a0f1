"""The contract of a WebSocket media handler: one whole message in, one object out."""

from __future__ import annotations

from typing import Any

__all__ = ("BinaryBaseHandlerWS", "TextBaseHandlerWS")


class TextBaseHandlerWS:
    """Turns objects into TEXT messages (RFC 6455, 5.6) and back."""

    def serialize(self, media: Any) -> str:
        """Turn an object into the text of a message."""
        raise NotImplementedError(f"{type(self).__name__} does not serialize.")

    def deserialize(self, payload: str) -> Any:
        """Turn the text of a message into an object.

        Raises:
            PayloadError: The text is the peer's mistake.
        """
        raise NotImplementedError(f"{type(self).__name__} does not deserialize.")


class BinaryBaseHandlerWS:
    """Turns objects into BINARY messages (RFC 6455, 5.6) and back."""

    def serialize(self, media: Any) -> bytes | bytearray | memoryview:
        """Turn an object into the bytes of a message."""
        raise NotImplementedError(f"{type(self).__name__} does not serialize.")

    def deserialize(self, payload: bytes) -> Any:
        """Turn the bytes of a message into an object.

        Raises:
            PayloadError: The bytes are the peer's mistake.
        """
        raise NotImplementedError(f"{type(self).__name__} does not deserialize.")
