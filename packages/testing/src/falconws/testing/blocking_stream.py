"""`BlockingStreamedResult`: a response that is still being sent, for ordinary code."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from typing import TYPE_CHECKING, Generic, TypeVar

from .blocking import BlockingSession
from .result import ResultBase
from .streaming import StreamedResult

if TYPE_CHECKING:
    from falconws.sse import Event

__all__ = ("BlockingResultStream", "BlockingStreamedResult")

T = TypeVar("T")


class BlockingResultStream:
    """The body of a response that is still being sent."""

    def __init__(self, result: StreamedResult, session: BlockingSession) -> None:
        self._stream = result.stream
        self._session = session

    def read(self) -> bytes:
        """Wait for at least one piece, and give all that came; nothing when it has ended.

        Raises:
            TimeoutError: There was no piece.
            OperationNotAllowed: The client has vanished.
        """
        return self._session.run(self._stream.read)

    def __iter__(self) -> Iterator[bytes]:
        """Iterate over the pieces, as the application sends them."""
        return _Blocking(self._stream, self._session)


class BlockingStreamedResult(ResultBase):
    """A response whose body is still being sent; the twin of `StreamedResult` without ``await``.

    The application runs while the test waits in one of these methods, and stands still between
    them.

    Attributes:
        stream: The body: ``result.stream.read()``, or ``for chunk in result.stream``.
    """

    def __init__(self, result: StreamedResult, session: BlockingSession) -> None:
        """Show a response to ordinary code.

        Args:
            result: A response that has begun.
            session: What the application runs in.
        """
        super().__init__(result.status_code, result.raw_headers)
        self.stream = BlockingResultStream(result, session)
        self._result = result
        self._session = session

    def _parts(self) -> list[str]:
        return self._result._parts()

    @property
    def complete(self) -> bool:
        """Whether the application has sent the end of the body."""
        return self._result.complete

    def events(self) -> Iterator[Event]:
        """Iterate over the events of the body, as `StreamedResult.events` does.

        Raises:
            RuntimeError: falconws-sse is not installed.
            TimeoutError: There was none.
        """
        return _Blocking(self._result.events(), self._session)

    def disconnect(self) -> None:
        """Leave, in the middle of the response, as by `StreamedResult.disconnect`."""
        self._session.run(self._result.disconnect)

    def vanish(self) -> None:
        """Stop reading, and never tell, as by `StreamedResult.vanish`."""
        self._session.run(self._result.vanish)

    def finish(self, timeout: float | None = None) -> None:
        """Wait for the application to return by itself, and let out what it raised.

        Args:
            timeout: In seconds; None for the client's own.

        Raises:
            TimeoutError: It did not return; it is cancelled.
        """
        self._session.run(self._result.finish, timeout)

    def finalize(self) -> None:
        """Disconnect, and wait for the application to return.

        Raises:
            TimeoutError: It did not; it is cancelled.
        """
        self._session.run(self._result.finalize)


class _Blocking(Generic[T]):
    """An asynchronous iterator, for ordinary code."""

    def __init__(self, items: AsyncIterator[T], session: BlockingSession) -> None:
        self._items = items
        self._session = session

    def __iter__(self) -> Iterator[T]:
        return self

    def __next__(self) -> T:
        try:
            return self._session.run(self._items.__anext__)
        except StopAsyncIteration:
            raise StopIteration from None
