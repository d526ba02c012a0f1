"""`BufferedReader`: an asynchronous source of bytes, read by size or up to a delimiter."""

from __future__ import annotations

import io
import sys
from collections.abc import AsyncIterable, AsyncIterator
from typing import NoReturn, Protocol

from .errors import OperationNotAllowed

__all__ = ("BufferedReader", "DelimiterError")


class DelimiterError(OSError):
    """The delimiter that should follow is not there."""


class _Writable(Protocol):
    async def write(self, data: bytes, /) -> object: ...


class BufferedReader:
    """A source of bytes as an asynchronous file that can be read once.

    How the source cuts its bytes into chunks makes no difference, and many tiny chunks cost
    no more than in proportion to their number.
    """

    __slots__ = (
        "_buffer",
        "_chunk_size",
        "_ended",
        "_interrupted",
        "_iterated",
        "_position",
        "_source",
    )

    def __init__(self, source: AsyncIterable[bytes], chunk_size: int = 8192) -> None:
        """Read from a source.

        Args:
            source: Gives chunks of any sizes; `Request.stream` is one.
            chunk_size: In bytes: how large the pieces are that iteration, `pipe` and
                `pipe_until` make, and how far `peek` looks.

        Raises:
            ValueError: The chunk size is not positive.
        """
        if chunk_size < 1:
            raise ValueError(f"chunk_size is a positive number, not {chunk_size}.")
        self._source = aiter(source)
        self._chunk_size = chunk_size
        # Appending to a bytearray, and deleting from its front, moves the rest of it only
        # once in a while.
        self._buffer = bytearray()
        self._position = 0
        self._ended = False
        self._interrupted = False
        self._iterated = False

    @property
    def eof(self) -> bool:
        """Whether everything was read, and a read has met the end of the source."""
        return self._ended and not self._buffer

    def tell(self) -> int:
        """Give the number of bytes that were read so far."""
        return self._position

    def readable(self) -> bool:
        """Always true."""
        return True

    def seekable(self) -> bool:
        """Always false: what was read is gone."""
        return False

    def writable(self) -> bool:
        """Always false."""
        return False

    def isatty(self) -> bool:
        """Always false."""
        return False

    def fileno(self) -> NoReturn:
        """Give nothing: there is no file of the system's.

        Raises:
            OSError: Always.
        """
        raise io.UnsupportedOperation("There is no file descriptor behind this reader.")

    async def read(self, size: int | None = -1) -> bytes:
        """Read ``size`` bytes.

        Args:
            size: None and negative numbers stand for everything that is left.

        Returns:
            As many bytes as that; fewer only at the end, and none once it is reached.

        Raises:
            OperationNotAllowed: The source failed before, or its reading was cancelled.
        """
        return self._take(await self._measure(b"", _limit(size)))

    async def readall(self) -> bytes:
        """Read everything that is left."""
        return await self.read()

    async def peek(self, size: int = -1) -> bytes:
        """Give the next bytes without reading them.

        Args:
            size: At most ``chunk_size``, which negative numbers stand for as well.

        Returns:
            As many bytes as that; fewer only at the end.
        """
        wanted = min(_limit(size), self._chunk_size)
        return bytes(self._buffer[: await self._measure(b"", wanted)])

    async def read_until(
        self, delimiter: bytes, size: int | None = -1, consume_delimiter: bool = False
    ) -> bytes:
        """Read up to a delimiter, which is left to be read.

        Args:
            delimiter: What to stop in front of.
            size: How many bytes to read at most; None and negative numbers for no limit.
            consume_delimiter: Whether the delimiter has to follow what was read, and is
                read as well, without being returned.

        Returns:
            The bytes in front of the delimiter; all that are left if there is none.

        Raises:
            ValueError: The delimiter is empty.
            DelimiterError: It does not follow, but should. Nothing was read then.
        """
        _check(delimiter)
        end = await self._measure(delimiter, _limit(size))
        if consume_delimiter:
            await self._measure(b"", end + len(delimiter))
            if not self._buffer.startswith(delimiter, end):
                raise _missing(delimiter)
        data = self._take(end)
        if consume_delimiter:
            self._skip(len(delimiter))
        return data

    def delimit(self, delimiter: bytes) -> BufferedReader:
        """Make a reader of what is in front of a delimiter.

        It takes up to ``chunk_size`` bytes at once from this reader; once it is exhausted,
        the delimiter is what comes next here.

        Args:
            delimiter: Where that reader ends; at the end of the source if there is none.

        Raises:
            ValueError: The delimiter is empty.
        """
        _check(delimiter)
        return BufferedReader(self._pieces(delimiter), self._chunk_size)

    async def pipe(self, destination: _Writable | None = None) -> None:
        """Read everything that is left, piece by piece.

        Args:
            destination: Has a coroutine function ``write(data)``; None to throw it away.
        """
        await self._pipe(b"", destination)

    async def pipe_until(
        self,
        delimiter: bytes,
        destination: _Writable | None = None,
        consume_delimiter: bool = False,
    ) -> None:
        """Read up to a delimiter, piece by piece.

        Args:
            delimiter: What to stop in front of.
            destination: As for `pipe`.
            consume_delimiter: Whether the delimiter has to follow, and is read as well.

        Raises:
            ValueError: The delimiter is empty.
            DelimiterError: There is none; everything in front of it was read.
        """
        _check(delimiter)
        await self._pipe(delimiter, destination)
        if consume_delimiter:
            if not self._buffer:
                raise _missing(delimiter)
            self._skip(len(delimiter))

    async def exhaust(self) -> None:
        """Read everything that is left, and throw it away."""
        await self.pipe()

    def __aiter__(self) -> AsyncIterator[bytes]:
        """Iterate over what is left, in pieces of ``chunk_size`` and a last one.

        Raises:
            OperationNotAllowed: It is being iterated over already.
        """
        if self._iterated:
            raise OperationNotAllowed("A reader can be iterated over once.")
        self._iterated = True
        return self._pieces(b"")

    async def _pipe(self, delimiter: bytes, destination: _Writable | None) -> None:
        async for piece in self._pieces(delimiter):
            if destination is not None:
                await destination.write(piece)

    async def _pieces(self, delimiter: bytes) -> AsyncIterator[bytes]:
        while length := await self._measure(delimiter, self._chunk_size):
            yield self._take(length)

    async def _measure(self, delimiter: bytes, limit: int) -> int:
        """Fill the buffer until it is known how many bytes of it come next.

        Args:
            delimiter: What comes after them; empty for nothing in particular.
            limit: How many they are at most.
        """
        buffer = self._buffer
        searched = 0  # No delimiter begins in front of this.
        while True:
            if delimiter:
                found = buffer.find(delimiter, searched, limit + len(delimiter))
                if found >= 0:
                    return found
                searched = max(0, len(buffer) - len(delimiter) + 1)
            else:
                searched = len(buffer)
            if searched >= limit:
                return limit
            if not await self._fetch():
                return min(len(buffer), limit)

    async def _fetch(self) -> bool:
        """Put the next chunk into the buffer, and say whether there was one."""
        if self._ended:
            return False
        try:
            chunk = await anext(self._source)
        except StopAsyncIteration:
            if self._interrupted:
                # A generator ends by what is raised in it. What it would still have given is
                # lost, and what came is not to be taken for all there is.
                raise OperationNotAllowed(
                    "The source failed, or its reading was cancelled, before it ended."
                ) from None
            self._ended = True
            return False
        except BaseException:
            self._interrupted = True
            raise
        self._interrupted = False
        self._buffer += chunk
        return True

    def _take(self, length: int) -> bytes:
        data = bytes(self._buffer[:length])
        self._skip(length)
        return data

    def _skip(self, length: int) -> None:
        del self._buffer[:length]
        self._position += length


def _limit(size: int | None) -> int:
    return sys.maxsize if size is None or size < 0 else size


def _check(delimiter: bytes) -> None:
    if not delimiter:
        raise ValueError("A delimiter has at least one byte.")


def _missing(delimiter: bytes) -> DelimiterError:
    return DelimiterError(f"The delimiter {delimiter!r} does not follow.")
