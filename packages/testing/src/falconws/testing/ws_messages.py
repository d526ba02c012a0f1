"""The kinds of messages that a simulated WebSocket client sends and receives."""

from __future__ import annotations

import json
from abc import ABC, abstractmethod
from collections.abc import AsyncIterator
from typing import Any

from falconws.core import Event
from falconws.media import MessagePackHandlerWS

from .errors import WebSocketDisconnected

__all__ = ("MessageMethods", "NORMAL_CODES")

_MSGPACK = MessagePackHandlerWS()

# RFC 6455, 7.4.1: the purpose was fulfilled, or one side goes away as it should.
NORMAL_CODES = (1000, 1001)


class MessageMethods(ABC):
    """What there is for each kind of message, on top of what there is for any."""

    @abstractmethod
    async def receive(self, timeout: float | None = None) -> str | bytes:
        """Wait for a message, and give it."""
        ...

    @abstractmethod
    def _deliver(self, event: Event) -> None:
        """Send a message to the application."""
        ...

    async def send_text(self, payload: str) -> None:
        """Send a text message.

        Raises:
            TypeError: The payload is not a string.
            WebSocketDisconnected: The connection is over.
            OperationNotAllowed: It was not accepted, or the client has vanished.
        """
        if not isinstance(payload, str):
            raise TypeError(
                f"send_text() takes a string, not {type(payload).__name__}; bytes go by "
                "send_data(), objects by send_json()."
            )
        self._deliver({"type": "websocket.receive", "text": payload})

    async def send_data(self, payload: bytes | bytearray | memoryview) -> None:
        """Send a binary message.

        Raises:
            TypeError: The payload is not bytes.
            WebSocketDisconnected: The connection is over.
            OperationNotAllowed: It was not accepted, or the client has vanished.
        """
        if not isinstance(payload, bytes | bytearray | memoryview):
            raise TypeError(
                f"send_data() takes bytes, not {type(payload).__name__}; strings go by "
                "send_text(), objects by send_msgpack()."
            )
        self._deliver({"type": "websocket.receive", "bytes": bytes(payload)})

    async def send_json(self, media: object) -> None:
        """Send an object as JSON, in a text message; it raises what `send_text` does."""
        await self.send_text(json.dumps(media))

    async def send_msgpack(self, media: object) -> None:
        """Send an object as MessagePack, in a binary message; it raises what `send_data` does."""
        await self.send_data(_MSGPACK.serialize(media))

    async def receive_text(self, timeout: float | None = None) -> str:
        """Wait for a message, which has to be text.

        Args:
            timeout: In seconds; None for the simulator's own.

        Raises:
            AssertionError: The message is binary.
            Exception: What `receive` raises.
        """
        message = await self.receive(timeout)
        if isinstance(message, str):
            return message
        raise AssertionError(f"Expected a text message, and got {message!r}.")

    async def receive_data(self, timeout: float | None = None) -> bytes:
        """Wait for a message, which has to be binary.

        Args:
            timeout: In seconds; None for the simulator's own.

        Raises:
            AssertionError: The message is text.
            Exception: What `receive` raises.
        """
        message = await self.receive(timeout)
        if isinstance(message, bytes):
            return message
        raise AssertionError(f"Expected a binary message, and got {message!r}.")

    async def receive_json(self, timeout: float | None = None) -> Any:
        """Wait for a text message, and read it as JSON; it raises what `receive_text` does."""
        return json.loads(await self.receive_text(timeout))

    async def receive_msgpack(self, timeout: float | None = None) -> Any:
        """Wait for a binary message, and read it as MessagePack, as `receive_data` does."""
        return _MSGPACK.deserialize(await self.receive_data(timeout))

    async def __aiter__(self) -> AsyncIterator[str | bytes]:
        """Iterate over the messages until the connection is closed with 1000 or 1001.

        Raises:
            WebSocketDisconnected: It ended otherwise.
            Exception: What `receive` raises.
        """
        while True:
            try:
                message = await self.receive()
            except WebSocketDisconnected as exc:
                if exc.code in NORMAL_CODES:
                    return
                raise
            yield message
