"""Request bodies with a Content-Encoding (RFC 9110, 8.4), inflated as they are read."""

from __future__ import annotations

import asyncio
import zlib
from collections.abc import Collection, Sequence
from typing import Any

from ..errors import (
    HTTPBadRequest,
    HTTPContentTooLarge,
    HTTPError,
    HTTPUnsupportedMediaType,
)
from ..options import RequestOptions
from ..scopes import Event, Receive
from ._body import BoundedStream

__all__ = ("InflatedStream", "codings_of")

# Bytes that come out of zlib at once: what a body takes in memory before anybody has read it,
# however large it becomes.
_BLOCK = 64 * 1024
# Bytes that go in at once: zlib makes a copy of what it leaves of them, for each block.
_INPUT = 16 * 1024

# What zlib calls the formats. "deflate" is the one with a header and a checksum (RFC 9110,
# 8.4.1.2); the bare one, which some clients send by that name, could be cut or changed unseen.
_FORMATS = {"gzip": 16 + zlib.MAX_WBITS, "deflate": zlib.MAX_WBITS}


def codings_of(header: str) -> list[str]:
    """Give the codings that a Content-Encoding header names, in the order of their use."""
    names = (name.strip().lower() for name in header.split(","))
    # RFC 9110, 8.4.1.3: "x-gzip" is another name. 12.5.3: "identity" stands for no coding.
    return [
        "gzip" if name == "x-gzip" else name
        for name in names
        if name not in ("", "identity")
    ]


class InflatedStream(BoundedStream):
    """The body of a request, as it was before the client compressed it.

    A body without any bytes is one that is empty, and not one that was cut off.
    """

    __slots__ = ("_fault", "_inflater", "_raw")

    def __init__(
        self,
        receive: Receive,
        content_length: int | None,
        codings: Sequence[str],
        options: RequestOptions,
    ) -> None:
        """Read from a server.

        What is wrong with the body, or its coding, is an error where it is read.

        Args:
            receive: The server's callable.
            content_length: The length of what is sent, in bytes; None when not announced.
            codings: What `codings_of` gives; one or more.
            options: Which codings are read, and up to which size.
        """
        super().__init__(receive)
        self._raw = BoundedStream(receive, content_length=content_length)
        self._inflater = _Inflater(codings[0], options.max_inflated_size)
        # What was wrong; every later read raises it again.
        self._fault: HTTPError | None = None
        # Of several codings, one on top of the other, none is read: each would multiply what
        # the others make of a few bytes.
        if len(codings) > 1 or codings[0] not in options.content_encodings:
            self._fault = _unsupported(codings, options.content_encodings)

    def take(self, event: Event) -> None:
        """Take an event of the server's into the stream."""
        self._raw.take(event)

    async def watch(self) -> None:
        """Return when the client has left; what comes meanwhile is not inflated."""
        await self._raw.watch()

    async def _next_chunk(self) -> bytes:
        """Give what is at hand, or the next block; nothing at the end.

        Raises:
            HTTPBadRequest: The body is not in the format of its coding, or not all of it.
            HTTPContentTooLarge: It is larger than `RequestOptions.max_inflated_size`.
            HTTPUnsupportedMediaType: Its coding is not read here.
            ClientDisconnected: The client left before the body was complete.
        """
        while not self._buffer and self._remaining != 0:
            if self._fault is not None:
                raise self._fault
            try:
                await self._inflate()
            except HTTPError as exc:
                self._fault = exc
                raise
        return self._take_all()

    async def _inflate(self) -> None:
        """Put the next block into the buffer, or note the end."""
        if self._inflater.is_hungry:
            chunk = await self._raw._next_chunk()
            if not chunk:
                self._inflater.finish()
                self._remaining = 0
                return
            self._inflater.feed(chunk)
        else:
            await asyncio.sleep(0)  # Few bytes can be work for long, and others wait.
        self._buffer = self._inflater.next_block()


class _Inflater:
    """Inflates what it is fed with, block by block.

    Attributes:
        is_hungry: Whether there is no more to come of what it was fed with.
    """

    def __init__(self, coding: str, limit: int | None) -> None:
        self._coding = coding
        self._limit = limit
        self._input = memoryview(b"")
        self._size = 0
        # None before the first byte, and behind the end.
        self._format: Any = None
        self._ended = False

    @property
    def is_hungry(self) -> bool:
        return not self._input

    def feed(self, data: bytes) -> None:
        self._input = memoryview(data)

    def next_block(self) -> bytes:
        """Give what comes next; it may be nothing yet."""
        if self._format is None:
            # RFC 1952, 2.2: a gzip file is one member, or several. A zlib stream is one.
            if self._ended and self._coding != "gzip":
                raise _malformed(self._coding, "there is more behind its end")
            self._format = zlib.decompressobj(_FORMATS[self._coding])
        size = _BLOCK
        if self._limit is not None:  # and one byte, to see whether there are more
            size = min(size, self._limit - self._size + 1)
        part = self._input[:_INPUT]
        try:
            block: bytes = self._format.decompress(part, size)
        except zlib.error as exc:
            raise _malformed(self._coding, "it is not in that format") from exc
        left = len(self._format.unconsumed_tail) + len(self._format.unused_data)
        # Nothing left and a full block is no end: both formats have a checksum behind it.
        self._input = self._input[len(part) - left :]
        self._size += len(block)
        if self._limit is not None and self._size > self._limit:
            raise HTTPContentTooLarge(
                description=f"The body is larger than {self._limit} bytes when it is "
                "decompressed."
            )
        if self._format.eof:
            self._format = None
            self._ended = True
        return block

    def finish(self) -> None:
        """Check that nothing is missing."""
        if self._format is not None:
            raise _malformed(self._coding, "its end is missing")


def _malformed(coding: str, detail: str) -> HTTPBadRequest:
    return HTTPBadRequest(
        title="Invalid Content-Encoding",
        description=f"Could not decompress the body from {coding} - {detail}",
    )


def _unsupported(
    codings: Sequence[str], allowed: Collection[str]
) -> HTTPUnsupportedMediaType:
    names = ", ".join(sorted(allowed))
    return HTTPUnsupportedMediaType(
        description=f"The Content-Encoding of a body is one of {names}, and not "
        f"{', '.join(codings)}.",
        # RFC 9110, 15.5.16: what tells this from a media type that is not read.
        headers={"Accept-Encoding": names},
    )
