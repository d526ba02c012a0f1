"""`PartStream`: the content of a part as an asynchronous file."""

from __future__ import annotations

import sys
from collections.abc import Awaitable, Callable
from typing import Protocol, Self

__all__ = ("PartStream", "Writable")


class Writable(Protocol):
    """Where `PartStream.pipe` writes to."""

    async def write(self, data: bytes, /) -> object:
        """Write all of the bytes."""
        ...


class PartStream:
    """The content of a part, as an asynchronous file that can be read once.

    The client is asked for more only when what came is used up. An end that does not come,
    because the client leaves or the form is malformed, is an error: a part is never shorter
    than the client made it.
    """

    __slots__ = ("_buffer", "_ended", "_next", "_position")

    def __init__(self, next_chunk: Callable[[], Awaitable[bytes]]) -> None:
        """Read from a source.

        Args:
            next_chunk: Gives the next bytes; none at the end.
        """
        self._next = next_chunk
        # What was not read yet begins at the position: cutting it off for each small read
        # would copy the rest each time.
        self._buffer = b""
        self._position = 0
        self._ended = False

    async def read(self, size: int | None = -1) -> bytes:
        """Read ``size`` bytes.

        Args:
            size: None and negative numbers stand for everything that is left, however much
                that is; `BodyPart.get_data` has a limit.

        Returns:
            As many bytes as that; fewer only at the end, and none once it is reached.

        Raises:
            MultipartParseError: The form is malformed.
            PayloadTooLargeError: The form goes beyond a limit.
            RuntimeError: The form has gone on to its next part.
        """
        wanted = sys.maxsize if size is None or size < 0 else size
        pieces = [self._take(wanted)]
        length = len(pieces[0])
        try:
            while length < wanted and (chunk := await self._chunk()):
                pieces.append(chunk)
                length += len(chunk)
        except BaseException:  # What came stays there to be read.
            self._keep(b"".join(pieces))
            raise
        if length > wanted:
            pieces[-1] = self._split(pieces[-1], len(pieces[-1]) - length + wanted)
        return b"".join(pieces)

    async def readall(self) -> bytes:
        """Read everything that is left."""
        return await self.read()

    async def exhaust(self) -> None:
        """Read everything that is left, and throw it away."""
        async for _ in self:
            pass

    async def pipe(self, destination: Writable | None = None) -> None:
        """Read everything that is left, piece by piece, into something.

        Args:
            destination: Has a coroutine function ``write(data)``. None throws it away.
        """
        async for chunk in self:
            if destination is not None:
                await destination.write(chunk)

    def __aiter__(self) -> Self:
        """Iterate over what is left, in the pieces in which it comes."""
        return self

    async def __anext__(self) -> bytes:
        chunk = self._take(sys.maxsize) if self._buffer else await self._chunk()
        if not chunk:
            raise StopAsyncIteration
        return chunk

    async def _chunk(self) -> bytes:
        if self._ended:
            return b""
        chunk = await self._next()
        self._ended = not chunk
        return chunk

    def _take(self, size: int) -> bytes:
        start, end = self._position, self._position + size
        if end < len(self._buffer):
            self._position = end
            return self._buffer[start:end]
        data = self._buffer[start:]
        self._keep(b"")
        return data

    def _split(self, chunk: bytes, size: int) -> bytes:
        self._keep(chunk)
        return self._take(size)

    def _keep(self, data: bytes) -> None:
        self._buffer = data
        self._position = 0
