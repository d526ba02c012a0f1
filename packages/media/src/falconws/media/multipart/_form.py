"""`MultipartForm`: the parts of a form, one after the other, as they arrive."""

from __future__ import annotations

import math
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import contextmanager
from typing import Any, Final, Self

from multipart import (
    MultipartError,
    MultipartSegment,
    ParserLimitReached,
    PushMultipartParser,
)

from ..errors import MultipartParseError, PayloadError
from ..handler import AsyncReader
from ._headers import too_large
from ._options import MultipartParseOptions
from ._part import BodyPart

__all__ = ("MultipartForm",)

# Bytes that are asked for at once from a stream that does not give its chunks by itself.
_CHUNK = 64 * 1024
# RFC 7578, 4.8 knows three headers, and has others ignored. Each may be as long as all may
# be together: this many times the limit are held before they are counted.
_MAX_HEADERS = 16

_MISSING: Final = "missing"
_END: Final = "end"


class MultipartForm:
    """The parts of a multipart form, to be iterated over once.

    The client is asked for more of the form only when what came is used up; what is left
    unread of a part is skipped by going on to the next.

    What is not a form as RFC 7578 has it meets one of these ends, however it is cut into
    chunks:

    - Bytes in front of the first boundary, other than one line break: malformed. No form has
      them, and whoever looks for the boundary in them may find another than we do.
    - Bytes behind the last boundary: read up to the end of the body and ignored, as RFC 2046,
      5.1.1 has it.
    - No last boundary: malformed, and the part that was cut off is never taken for whole.
    - Lines that end with a bare line feed, blanks behind a boundary, a line that only begins
      as the boundary does: malformed.
    - A part without ``Content-Disposition: form-data``, with two of them or two of
      Content-Type, or not as long as its own Content-Length says: malformed.
    - A part with a Content-Transfer-Encoding that its content would have to be decoded by:
      malformed (RFC 7578, 4.7).
    - A part without a name: its name is empty.

    Attributes:
        translate_error: Makes of each `PayloadError` what is raised instead, for the
            application; None to raise it as it is.
    """

    def __init__(
        self, stream: AsyncReader, boundary: str, options: MultipartParseOptions
    ) -> None:
        self.translate_error: Callable[[PayloadError], Exception] | None = None
        self._options = options
        # Chunks as they come, if that is possible: the first part of a form is not to wait
        # for the 64 KiB behind it.
        chunks = getattr(stream, "__aiter__", None)
        self._chunks: AsyncIterator[bytes] = chunks() if chunks else _read(stream)
        self._parser = PushMultipartParser(
            boundary,
            max_header_size=options.max_body_part_headers_size,
            max_header_count=_MAX_HEADERS,
            max_segment_count=options.max_body_part_count or math.inf,
        )
        self._delimiter = f"--{boundary}".encode()
        self._start: bytes | None = b""
        self._events: Iterator[Any] = iter(())
        self._size = 0
        self._ended = False
        self._iterated = False
        self._part: BodyPart | None = None
        self._failure: Exception | None = None

    def __aiter__(self) -> AsyncIterator[BodyPart]:
        """Iterate over the parts.

        Each step raises what is wrong with the form: `MultipartParseError` if it is malformed,
        `PayloadTooLargeError` if it goes beyond a limit.

        Raises:
            RuntimeError: That was done before.
        """
        if self._iterated:
            raise RuntimeError("A form can be iterated over once; its parts are gone.")
        self._iterated = True
        return _Parts(self._next_part)

    async def _next_part(self) -> BodyPart:
        """Give the next part, or raise StopAsyncIteration."""
        self._part = None
        while (event := await self._next_event()) is not _END:
            if isinstance(event, MultipartSegment):
                try:
                    self._part = BodyPart(event, self, self._options, self._next_chunk)
                except PayloadError as exc:
                    self._failure = self.error(exc)
                    raise self._failure from None
                return self._part
        raise StopAsyncIteration

    def error(self, exc: PayloadError) -> Exception:
        """Give what is raised for an error."""
        return exc if self.translate_error is None else self.translate_error(exc)

    @contextmanager
    def translated(self) -> Iterator[None]:
        """Raise for each `PayloadError` what `translate_error` makes of it."""
        try:
            yield
        except PayloadError as exc:
            if self.translate_error is None:
                raise
            raise self.translate_error(exc) from exc

    async def _next_chunk(self, part: BodyPart) -> bytes:
        """Give the next bytes of a part; none at its end."""
        if part is not self._part:
            raise RuntimeError(
                "The form has gone on to its next part; read a part before that."
            )
        event = await self._next_event()
        # A part begins when the one before has ended, and the end of the form is no sooner.
        assert event is None or isinstance(event, bytes)
        return event or b""

    async def _next_event(self) -> Any:
        """Give a part that begins, bytes of it, None for its end, or `_END`."""
        if self._failure is not None:
            raise self._failure
        try:
            while (event := next(self._events, _MISSING)) is _MISSING:
                if self._ended:
                    return _END
                await self._feed()
            return event
        except ParserLimitReached as exc:
            self._failure = self.error(too_large(self._limit_of(exc)))
        except MultipartError as exc:
            self._failure = self.error(MultipartParseError(_sentence(exc)))
        except PayloadError as exc:
            self._failure = self.error(exc)
        except Exception as exc:
            self._failure = exc
        except BaseException:  # An iterator that is cancelled has ended, not the body.
            self._failure = RuntimeError("The reading of this form was cancelled.")
            raise
        # Not where the parser's error is at hand, which keeps its buffers alive.
        raise self._failure

    def _limit_of(self, exc: ParserLimitReached) -> str:
        sentence = _sentence(exc)
        if "segment count" in sentence:
            return f"the form has more than {self._options.max_body_part_count} parts"
        if "header count" in sentence:
            return f"a part has more than {_MAX_HEADERS} headers"
        size = self._options.max_body_part_headers_size
        return f"the headers of a part have more than {size} bytes"

    async def _feed(self) -> None:
        """Give the parser what comes next of the body."""
        try:
            chunk = await self._chunks.__anext__()  # anext() takes longer.
        except StopAsyncIteration:
            self._ended = True
            self._parser.close()
            return
        self._size += len(chunk)
        limit = self._options.max_body_size
        if limit is not None and self._size > limit:
            raise too_large(f"the form has more than {limit} bytes")
        if self._start is not None:
            self._start += chunk
            if not self._begins():
                return
            chunk, self._start = self._start, None
        if chunk:  # The parser takes an empty one for the end.
            self._events = self._parser.parse(chunk)

    def _begins(self) -> bool:
        """Say whether the first boundary is there; False if it may still come.

        The parser would skip what is in front of it, and what it takes for that depends on
        how the body was cut into chunks.
        """
        assert self._start is not None
        start = self._start.removeprefix(b"\r\n")
        if start.startswith(self._delimiter):
            return True
        if start == b"\r" or self._delimiter.startswith(start):
            return False
        raise MultipartParseError("it does not begin with its boundary")


class _Parts:
    """The iterator over the parts of a form; it may be left, and gone on with."""

    def __init__(self, next_part: Callable[[], Awaitable[BodyPart]]) -> None:
        self._next_part = next_part

    def __aiter__(self) -> Self:
        return self

    def __anext__(self) -> Awaitable[BodyPart]:
        return self._next_part()


async def _read(stream: AsyncReader) -> AsyncIterator[bytes]:
    while chunk := await stream.read(_CHUNK):
        yield chunk


def _sentence(exc: MultipartError) -> str:
    text = str(exc.args[0]).removesuffix(" (parser closed)")
    return text[:1].lower() + text[1:]
