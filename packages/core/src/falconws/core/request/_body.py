"""The body of a request: `BoundedStream`."""

from __future__ import annotations

import asyncio
import math
from collections.abc import AsyncIterator

from ..errors import ClientDisconnected, OperationNotAllowed
from ..scopes import Event, Receive

__all__ = ("BoundedStream",)

# Bytes that nobody has read, up to which `watch` receives more: what a server like uvicorn holds
# back by itself before it lets the client wait. What is added to them is copied with them,
# which this bounds too, however small the chunks are.
_READ_AHEAD = 64 * 1024


class BoundedStream:
    """The body of a request as an asynchronous file that can be read once.

    It ends with the body, at the latest after Content-Length bytes. A client that leaves
    before that raises `ClientDisconnected`: a truncated body is never taken for a whole one.
    """

    __slots__ = (
        "_buffer",
        "_closed",
        "_consumed",
        "_iterated",
        "_left",
        "_lock",
        "_position",
        "_receive",
        "_remaining",
        "_start",
    )

    def __init__(
        self,
        receive: Receive,
        first_event: Event | None = None,
        content_length: int | None = None,
    ) -> None:
        """Read from a server.

        Args:
            receive: The server's callable.
            first_event: What was received from it already; None for nothing.
            content_length: The length in bytes; None when it was not announced.
        """
        self._receive = receive
        # What was not read yet begins at the start: to cut off what was, for each small read,
        # would copy the rest each time.
        self._buffer = b""
        self._start = 0
        # What the server still has for us: None for an unknown number of bytes, 0 for none.
        self._remaining = content_length
        self._position = 0
        self._closed = False
        self._iterated = False
        self._left = False
        # The application reads, and the framework watches for the client's leaving; one of
        # them at a time asks the server.
        self._lock = asyncio.Lock()
        self._consumed = asyncio.Event()
        if first_event is not None:
            self.take(first_event)

    @property
    def eof(self) -> bool:
        """Whether everything was read, or the stream was closed."""
        return self._closed or (not self._buffer and self._remaining == 0)

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

    def isatty(self) -> bool:
        """Always false."""
        return False

    def fileno(self) -> int:
        """Raise `OSError`: there is no file descriptor that is the body alone."""
        raise OSError("The body of a request has no file descriptor.")

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
        if size is not None and 0 <= size <= self._held:
            self._consumed.set()
            return self._pop(size)
        wanted = math.inf if size is None or size < 0 else size
        chunks: list[bytes] = []
        length = 0
        try:
            while length < wanted and (chunk := await self._next_chunk()):
                chunks.append(chunk)
                length += len(chunk)
        finally:  # also when this is cancelled: what came stays there to be read
            self._buffer = b"".join([*chunks, self._take_all()])
        return self._pop(int(min(wanted, length)))

    async def watch(self) -> None:
        """Return when the client has left.

        What comes of the body meanwhile stays to be read. While 64 KiB of it are not read,
        and it is not complete, nothing more is received, and the client's leaving is not
        noticed.
        """
        while not self._left:
            if self._is_full():
                self._consumed.clear()
                await self._consumed.wait()
            async with self._lock:
                if not self._left and not self._is_full():
                    self.take(await self._receive())

    def _is_full(self) -> bool:
        return self._held >= _READ_AHEAD and self._remaining != 0

    @property
    def _held(self) -> int:
        return len(self._buffer) - self._start

    def take(self, event: Event) -> None:
        """Take an event of the server's into the stream."""
        if event["type"] == "http.disconnect":
            self._left = True
            return
        if self._remaining == 0:
            return
        chunk: bytes = event.get("body", b"")
        if self._remaining is not None:
            chunk = chunk[: self._remaining]
            self._remaining -= len(chunk)
        if not event.get("more_body", False):
            self._remaining = 0
        self._buffer = self._take_all() + chunk

    async def readall(self) -> bytes:
        """Read everything that is left."""
        return await self.read()

    async def exhaust(self) -> None:
        """Read everything that is left, and throw it away.

        Raises:
            OperationNotAllowed: The stream was closed.
            ClientDisconnected: The client left before the body was complete.
        """
        self._check_open()
        async for _ in self._chunks():
            pass

    def __aiter__(self) -> AsyncIterator[bytes]:
        """Iterate over the chunks in which the server delivers the body.

        Those that came during `watch`, and were not read yet, are one.

        Raises:
            OperationNotAllowed: The stream was closed, or is being iterated already.
        """
        self._check_open()
        if self._iterated:
            raise OperationNotAllowed("The body can be iterated over once.")
        self._iterated = True
        return self._chunks()

    async def _chunks(self) -> AsyncIterator[bytes]:
        while chunk := await self._next_chunk():
            self._position += len(chunk)
            yield chunk

    def _check_open(self) -> None:
        if self._closed:
            raise OperationNotAllowed("The stream is closed.")

    def _pop(self, size: int) -> bytes:
        end = self._start + size
        if end < len(self._buffer):
            data = self._buffer[self._start : end]
            self._start = end
        else:
            data = self._take_all()
        self._position += len(data)
        return data

    def _take_all(self) -> bytes:
        """Give everything that is held, and hold nothing."""
        data = self._buffer[self._start :]  # no copy from the very start
        self._buffer = b""
        self._start = 0
        return data

    async def _next_chunk(self) -> bytes:
        """Give what is at hand, or the next that comes; nothing at the end."""
        while not self._buffer and self._remaining != 0:
            async with self._lock:
                if not self._buffer and self._remaining != 0 and not self._left:
                    self.take(await self._receive())
            if self._left and not self._buffer and self._remaining != 0:
                raise ClientDisconnected(
                    "The client disconnected before the body of its request was complete."
                )
        self._consumed.set()
        return self._take_all()
