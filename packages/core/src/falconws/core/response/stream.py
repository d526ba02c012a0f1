"""`Stream`: a body that is sent piece by piece, and how its source is closed."""

from __future__ import annotations

import asyncio
import inspect
import logging
from collections.abc import AsyncIterable, AsyncIterator, Callable
from dataclasses import dataclass
from typing import IO, Any

__all__ = (
    "FileStream",
    "Stream",
    "check_stream",
    "close_source",
    "file_chunks",
    "stream_file",
)

logger = logging.getLogger("falconws")

# One ASGI send each: large enough that its cost does not show, small enough to wait for.
FILE_CHUNK_SIZE = 64 * 1024
# Here each costs a change of threads too.
_THREADED_CHUNK_SIZE = 256 * 1024


@dataclass(slots=True)
class Stream:
    """A body that is sent piece by piece.

    Attributes:
        source: Where the pieces come from; closed when the response is over, however it ends.
        encode: Turns a piece into bytes; None if they are bytes already.
        keep_alive: What to send when there was silence for a while.
        keep_alive_interval: How long that while is, in seconds; None for for ever.
        path: The absolute path of the file that the pieces are all of, for a server that sends
            files by itself; None for anything else.
        farewell: Gives the last piece of a stream that the App ends; None for none.
        opening: What goes before the first piece, and does not wait for it; empty for nothing.
        first_keep_alive: How long the first piece may take until `keep_alive` is sent for the
            first time, in seconds; None for as long as every other. What holds headers back
            until there is a body lets them go then.
        send_timeout: What `ResponseOptions.send_timeout` is for other streams, in seconds; None
            for the same as for them, `math.inf` for no limit.
        coalesce: Whether pieces that are ready together are sent together; it takes ``encode``.
    """

    source: AsyncIterable[Any]
    encode: Callable[[Any], bytes] | None = None
    keep_alive: bytes = b""
    keep_alive_interval: float | None = None
    path: str | None = None
    farewell: Callable[[], bytes] | None = None
    opening: bytes = b""
    first_keep_alive: float | None = None
    send_timeout: float | None = None
    coalesce: bool = False


class FileStream:
    """A file, or a part of one, that is read and closed in threads.

    It is there before the file is: a thread that opens one goes on when nobody waits for it
    any more, and what it gives to a stream that was closed is closed too.

    Attributes:
        path: The file's absolute path if all of it is to be read, else None.
    """

    def __init__(self) -> None:
        self._file: IO[bytes] | None = None
        self._left = 0
        self._closed = False
        self.path: str | None = None

    def take(self, file: IO[bytes], length: int, path: str | None = None) -> None:
        """Take over an open file; to be called in the thread that opened it.

        Args:
            file: At the place to read from. It has to bear being closed while another thread
                reads, as a buffered one does.
            length: How many bytes to read at most.
            path: The file's absolute path if that is all of it, else None.
        """
        self._left = length
        self.path = path
        self._file = file
        if self._closed:
            file.close()

    async def read(self, size: int) -> bytes:
        """Read up to so many bytes; none at the end."""
        assert self._file is not None  # Whoever reads has waited for the file.
        chunk = await asyncio.to_thread(self._file.read, min(size, self._left))
        self._left -= len(chunk)
        return chunk

    async def close(self) -> None:
        """Close the file; nothing happens if it is closed already."""
        self._closed = True
        file, self._file = self._file, None
        if file is not None:
            # Whoever is cancelled while all threads are busy does not take this back.
            loop = asyncio.get_running_loop()
            await asyncio.shield(loop.run_in_executor(None, file.close))


def check_stream(value: Any, attribute: str) -> None:
    """Refuse what cannot be streamed, where it is assigned.

    Raises:
        TypeError: It is neither an asynchronous iterable nor a file to be read by awaiting.
    """
    if inspect.isfunction(value) or inspect.ismethod(value) or inspect.isclass(value):
        kind = "class" if inspect.isclass(value) else "function"
        raise TypeError(
            f"resp.{attribute} was given the {kind} {value.__qualname__}; call it, and give "
            "what it returns."
        )
    if not hasattr(value, "__aiter__") and (
        attribute == "sse" or not hasattr(value, "read")
    ):
        if inspect.iscoroutine(value):
            value.close()  # or Python would warn that nobody has awaited it
        raise TypeError(
            f"resp.{attribute} takes an asynchronous iterable, such as what an `async def` with "
            f"`yield` in it returns, not {type(value).__name__}."
        )


def stream_file(file: Any) -> Stream:
    """Make a `Stream` of a file that is read by awaiting ``file.read(size)``."""
    if isinstance(file, FileStream):
        return Stream(file_chunks(file, _THREADED_CHUNK_SIZE), path=file.path)
    return Stream(file_chunks(file))


async def file_chunks(
    file: Any, chunk_size: int = FILE_CHUNK_SIZE
) -> AsyncIterator[bytes]:
    """Read a file by awaiting ``file.read(size)``, until there is nothing more."""
    while chunk := await file.read(chunk_size):
        yield chunk


async def close_source(source: Any) -> None:
    """Close what a stream came from, by ``aclose()`` or ``close()``, awaited if need be.

    That this fails is logged: nobody who could do something about it waits for it.
    """
    close = getattr(source, "aclose", None) or getattr(source, "close", None)
    if close is None:
        return
    try:
        result = close()
        if inspect.isawaitable(result):
            await result
    except Exception as exc:
        logger.error("%r could not be closed", source, exc_info=exc)
