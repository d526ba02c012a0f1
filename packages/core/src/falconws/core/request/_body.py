"""The body of a request: `BoundedStream`, and reading it whole."""

from __future__ import annotations

import asyncio
import math
from collections.abc import AsyncIterator
from typing import NoReturn

from ..errors import ClientDisconnected, OperationNotAllowed
from ..scopes import Receive

__all__ = ("BoundedStream", "read_body")


def _left() -> NoReturn:
    raise ClientDisconnected(
        "The client disconnected before the body of its request was complete."
    )


async def read_body(receive: Receive) -> bytes:
    """Read a whole body.

    Raises:
        ClientDisconnected: The client left in the middle.
    """
    event = await receive()
    if event["type"] == "http.disconnect":
        _left()
    body: bytes = event.get("body", b"")
    if not event.get("more_body", False):
        return body
    chunks = [body]
    while True:
        event = await receive()
        if event["type"] == "http.disconnect":
            _left()
        chunks.append(event.get("body", b""))
        if not event.get("more_body", False):
            return b"".join(chunks)


class BoundedStream:
    """The body of a request as an asynchronous file that can be read once.

    It ends with the body, at the latest after Content-Length bytes. A client that leaves
    before that raises `ClientDisconnected`: a truncated body is never taken for a whole one.
    """

    __slots__ = (
        "_all_received",
        "_buffer",
        "_closed",
        "_iterated",
        "_position",
        "_receive",
        "_remaining",
    )

    def __init__(self, receive: Receive, content_length: int | None = None) -> None:
        """Read from a server.

        Args:
            receive: The server's callable.
            content_length: The length in bytes; None when it was not announced.
        """
        self._receive = receive
        self._buffer = b""
        # What the server still has for us: None for an unknown number of bytes, 0 for none.
        self._remaining = content_length
        self._position = 0
        self._closed = False
        self._iterated = False
        self._all_received: asyncio.Event | None = None

    @property
    def eof(self) -> bool:
        """Whether everything was read."""
        return not self._buffer and self._remaining == 0

    @property
    def closed(self) -> bool:
        """Whether `close` was called."""
        return self._closed

    def tell(self) -> int:
        """Give the number of bytes that were read so far."""
        return self._position

    def readable(self) -> bool:
        """Always true."""
        return True

    def seekable(self) -> bool:
        """Always false: the bytes come from the network, once."""
        return False

    def writable(self) -> bool:
        """Always false."""
        return False

    def close(self) -> None:
        """Refuse further reading; what is left unread stays unread."""
        self._closed = True

    async def read(self, size: int | None = None) -> bytes:
        """Read up to ``size`` bytes.

        Args:
            size: None and -1 stand for everything that is left.

        Returns:
            As many bytes as that; fewer only at the end, and none once it is reached.

        Raises:
            OperationNotAllowed: The stream was closed.
            ClientDisconnected: The client left before the body was complete.
        """
        self._check_open()
        wanted = math.inf if size is None or size < 0 else size
        chunks = [self._buffer]
        length = len(self._buffer)
        self._buffer = b""
        try:
            while length < wanted and (chunk := await self._next_chunk()):
                chunks.append(chunk)
                length += len(chunk)
        finally:  # also when this is cancelled: what came stays there to be read
            self._buffer = b"".join(chunks)
        data = self._buffer if length <= wanted else self._buffer[: int(wanted)]
        self._buffer = self._buffer[len(data) :]
        self._position += len(data)
        return data

    async def wait_received(self) -> None:
        """Wait until the server has nothing more of the body for us."""
        if self._remaining != 0:
            if self._all_received is None:
                self._all_received = asyncio.Event()
            await self._all_received.wait()

    async def readall(self) -> bytes:
        """Read everything that is left."""
        return await self.read()

    async def exhaust(self) -> None:
        """Read everything that is left, and throw it away."""
        async for _ in self._chunks():
            pass

    def __aiter__(self) -> AsyncIterator[bytes]:
        """Iterate over the chunks in which the server delivers the body.

        Raises:
            OperationNotAllowed: The stream was closed, or is being iterated already.
        """
        self._check_open()
        if self._iterated:
            raise OperationNotAllowed("The body can be iterated over once.")
        self._iterated = True
        return self._chunks()

    async def _chunks(self) -> AsyncIterator[bytes]:
        while chunk := self._buffer or await self._next_chunk():
            self._buffer = b""
            self._position += len(chunk)
            yield chunk

    def _check_open(self) -> None:
        if self._closed:
            raise OperationNotAllowed("The stream is closed.")

    async def _next_chunk(self) -> bytes:
        """Receive the next bytes; none at the end. Nothing past Content-Length comes through."""
        while self._remaining != 0:
            event = await self._receive()
            if event["type"] == "http.disconnect":
                _left()
            chunk: bytes = event.get("body", b"")
            if self._remaining is not None:
                chunk = chunk[: self._remaining]
                self._remaining -= len(chunk)
            if not event.get("more_body", False):
                self._remaining = 0
            if self._remaining == 0 and self._all_received is not None:
                self._all_received.set()
            if chunk:
                return chunk
        return b""
