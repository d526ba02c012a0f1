"""`StreamedResult`: a response that is still being sent, as bytes and as events."""

from __future__ import annotations

import asyncio
from collections import deque
from typing import TYPE_CHECKING

from falconws.core import OperationNotAllowed

from .bounded import bounded
from .result import ResultBase, new_event_parser

if TYPE_CHECKING:
    from falconws.sse import Event, EventParser

    from .exchange import Exchange

__all__ = ("EventIterator", "ResultStream", "StreamedResult")


class StreamedResult(ResultBase):
    """A response whose body is still being sent.

    Attributes:
        stream: The body: ``await result.stream.read()``, or ``async for chunk in
            result.stream``.
    """

    def __init__(
        self, beginning: ResultBase, exchange: Exchange, timeout: float
    ) -> None:
        """Describe a response that has begun."""
        super().__init__(beginning.status_code, beginning.raw_headers)
        self.stream = ResultStream(exchange, timeout)
        self._exchange = exchange
        self._timeout = timeout
        self._events: EventIterator | None = None
        self._is_final = False

    def _parts(self) -> list[str]:
        return [*super()._parts(), "complete" if self.complete else "being sent"]

    @property
    def complete(self) -> bool:
        """Whether the application has sent the end of the body."""
        return self._exchange.complete

    def events(self) -> EventIterator:
        """Give the events of the body: ``async for event in result.events()``.

        It is always the same iterator: ``await anext(result.events())`` gives the next event.

        Raises:
            RuntimeError: falconws-sse is not installed.
        """
        if self._events is None:
            self._events = EventIterator(self.stream, new_event_parser())
        return self._events

    async def disconnect(self) -> None:
        """Leave, in the middle of the response. What was not read is lost.

        The application receives ``http.disconnect``, and its ``send`` does what it does when
        the client has left: nothing, from version 2.4 of the specification on an `OSError`,
        or what ``send_error`` says.
        """
        self._exchange.disconnect()

    async def vanish(self) -> None:
        """Stop reading, and never tell: a client whose machine was switched off.

        The application receives nothing more, and its ``send`` waits when more than
        ``write_limit`` bytes are unread; 65,536 if there is no limit. Whether it gives up is
        what `finish` waits for. At the end of the block the server notices, and disconnects.
        """
        self._exchange.vanish()

    async def finish(self, timeout: float | None = None) -> None:
        """Wait for the application to return by itself, and let out what it raised.

        The client stays; what it does not read counts for the ``write_limit``.

        Args:
            timeout: In seconds; None for the client's own.

        Raises:
            TimeoutError: It did not return; it is cancelled.
        """
        seconds = self._timeout if timeout is None else timeout
        task = self._exchange.task
        await bounded(asyncio.wait({task}), seconds, "return", task)
        await self.finalize()

    async def give_up(self) -> None:
        """Cancel the application, without a word of what it says to that."""
        self._is_final = True
        self._exchange.disconnect()
        await self._exchange.close(self._timeout)

    async def finalize(self) -> None:
        """Disconnect, and wait for the application to return.

        Raises:
            TimeoutError: It did not; it is cancelled.
        """
        if self._is_final:
            return
        self._is_final = True
        self._exchange.disconnect()
        await self._exchange.end(self._timeout)


class ResultStream:
    """The body of a response that is still being sent."""

    def __init__(self, exchange: Exchange, timeout: float) -> None:
        self._exchange = exchange
        self._timeout = timeout

    async def read(self) -> bytes:
        """Wait for at least one piece, and give all that came; nothing when it has ended.

        Raises:
            TimeoutError: There was no piece.
            OperationNotAllowed: The client has vanished.
        """
        first = await self._next()
        if first is None:
            return b""
        return b"".join([first, *self._exchange.chunks_at_hand()])

    def __aiter__(self) -> ResultStream:
        return self

    async def __anext__(self) -> bytes:
        """Wait for the next piece, as the application sent it.

        A client that reads slowly is ``await anext(result.stream)`` with a ``write_limit``.
        """
        chunk = await self._next()
        if chunk is None:
            raise StopAsyncIteration
        return chunk

    async def next_events(self, parser: EventParser) -> list[Event]:
        """Wait for the pieces that complete an event; nothing when the body has ended."""
        self._check()
        return await self._exchange.next_events(parser, self._timeout)

    async def _next(self) -> bytes | None:
        self._check()
        return await self._exchange.next_chunk(self._timeout)

    def _check(self) -> None:
        if self._exchange.vanished:
            raise OperationNotAllowed("The client has vanished, and does not read.")


class EventIterator:
    """The events of a response that is still being sent (WHATWG HTML, 9.2.6)."""

    def __init__(self, stream: ResultStream, parser: EventParser) -> None:
        self._stream = stream
        self._parser = parser
        self._events: deque[Event] = deque()

    def __aiter__(self) -> EventIterator:
        return self

    async def __anext__(self) -> Event:
        """Wait for the next event.

        Raises:
            TimeoutError: There was none, though perhaps comments.
        """
        if not self._events:
            self._events.extend(await self._stream.next_events(self._parser))
        if not self._events:
            raise StopAsyncIteration
        return self._events.popleft()
