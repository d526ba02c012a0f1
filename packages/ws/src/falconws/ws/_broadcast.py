"""A message for many WebSockets: `broadcast`, and the `SharedMessage` that it is made of."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

from .errors import WebSocketDisconnected

if TYPE_CHECKING:
    from .socket import WebSocket

__all__ = ("SharedMessage", "broadcast")


class SharedMessage:
    """A text or binary message that is sent to many clients.

    A server that can is let frame it once, instead of once for each of them: see
    `WebSocket.send_shared`.

    Attributes:
        payload: A string or bytes.
    """

    __slots__ = ("_build", "_frame", "payload")

    def __init__(self, payload: str | bytes | bytearray | memoryview) -> None:
        """Make a message; what can be changed is copied.

        Raises:
            TypeError: The payload is neither a string nor bytes.
        """
        if isinstance(payload, bytearray | memoryview):
            payload = bytes(payload)
        if not isinstance(payload, str | bytes):
            raise TypeError(
                f"A message is a string or bytes, not {type(payload).__name__}."
            )
        self.payload = payload
        self._build: Callable[[str | bytes], Any] | None = None
        self._frame: Any = None

    def frame(self, build: Callable[[str | bytes], Any]) -> Any:
        """Give what a server's function makes of the message; it is called once.

        Args:
            build: That of the extension ``falconws.shared_frame``.
        """
        if build != self._build:  # There may be two servers in a process.
            self._frame = build(self.payload)
            self._build = build
        return self._frame


async def broadcast(
    sockets: Iterable[WebSocket],
    message: SharedMessage | str | bytes | bytearray | memoryview,
) -> None:
    """Send a message to many WebSockets, and return when each of them was given it.

    Those whose connection is over are passed by; their responders hear of it. A client that
    does not read is waited for, as by `WebSocket.send_text`, for ``send_timeout`` at the most,
    and the others have the message meanwhile. Whoever must not be held up by it has a queue
    and a task for each client.

    Args:
        sockets: Open ones. They may come and go while this waits.
        message: Its payload, or what is made of it already.

    Raises:
        TypeError: The message is neither a string nor bytes.
        OperationNotAllowed: One of them was not accepted. Those before it have the message.
    """
    if not isinstance(message, SharedMessage):
        message = SharedMessage(message)
    waiting = []
    # A snapshot: responders that end take their sockets out of what they were in.
    for ws in tuple(sockets):
        try:
            if not ws.send_shared(message):
                waiting.append(ws)
        except WebSocketDisconnected:
            pass
    if waiting:
        await asyncio.gather(*(_send(ws, message.payload) for ws in waiting))


async def _send(ws: WebSocket, payload: str | bytes) -> None:
    try:
        if isinstance(payload, str):
            await ws.send_text(payload)
        else:
            await ws.send_data(payload)
    except WebSocketDisconnected:
        pass
