"""One simulated HTTP request: what the application is told, and what it answers."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

from falconws.core import Event, Scope

from .bounded import bounded, finish
from .result import Result

__all__ = ("Exchange", "StreamedResult")

_CHUNK_SIZE = 4096


class Exchange:
    """A request on its way through an application.

    The client stays until the response is complete, or until `disconnect`.
    """

    def __init__(self, app: Any, scope: Scope, body: bytes = b"") -> None:
        """Start it; there must be a running loop.

        Args:
            app: An ASGI application.
            scope: Of type ``http``.
            body: The body of the request; sent in chunks of 4 KiB.
        """
        self._requests = _body_events(body)
        self._gone = asyncio.Event()
        self._started = asyncio.Event()
        self._status = 0
        self._headers: list[tuple[bytes, bytes]] = []
        self._chunks: asyncio.Queue[bytes | None] = asyncio.Queue()
        self.task: asyncio.Task[None] = asyncio.get_running_loop().create_task(
            app(scope, self._receive, self._send)
        )
        self.task.add_done_callback(self._over)

    def disconnect(self) -> None:
        """Let the client leave."""
        self._gone.set()

    async def _receive(self) -> Event:
        if self._requests and not self._gone.is_set():
            return self._requests.pop(0)
        await self._gone.wait()
        return {"type": "http.disconnect"}

    async def _send(self, event: Event) -> None:
        if event["type"] == "http.response.start":
            if self._started.is_set():
                raise AssertionError("The application started its response twice.")
            self._status = event["status"]
            self._headers = list(event.get("headers", ()))
            self._started.set()
        elif event["type"] == "http.response.body":
            if not self._started.is_set():
                raise AssertionError(
                    "The application sent a body before http.response.start."
                )
            if self._gone.is_set():
                return  # As servers do: nobody is there to read it.
            if chunk := event.get("body", b""):
                self._chunks.put_nowait(bytes(chunk))
            if not event.get("more_body", False):
                self._chunks.put_nowait(None)
                self._gone.set()
        else:
            raise AssertionError(
                f"The application sent {event['type']!r} to an HTTP client."
            )

    def _over(self, task: asyncio.Task[None]) -> None:
        # Whoever waits for the response learns that there will be none, or no more of it.
        self._started.set()
        self._chunks.put_nowait(None)

    async def result(self, seconds: float) -> Result:
        """Wait for the whole response.

        Raises:
            TimeoutError: It did not come within that many seconds.
        """
        await self.started(seconds)
        chunks = []
        while chunk := await bounded(
            self._chunks.get(), seconds, "complete its response", self.task
        ):
            chunks.append(chunk)
        await finish(self.task, seconds)
        return Result(self._status, self._headers, b"".join(chunks))

    async def started(self, seconds: float) -> Result:
        """Wait for the beginning of the response, and give it without a body.

        Raises:
            TimeoutError: It did not come within that many seconds.
        """
        await bounded(self._started.wait(), seconds, "start its response", self.task)
        if not self._status:
            await self.task  # which raises what the application did
            raise AssertionError("The application returned without a response.")
        return Result(self._status, self._headers)

    async def next_chunk(self, seconds: float) -> bytes | None:
        """Wait for the next piece of the body; None when it has ended."""
        chunk = await bounded(
            self._chunks.get(), seconds, "send anything", self.task, cancels=False
        )
        if chunk is None:
            self._chunks.put_nowait(None)  # for whoever asks again
        return chunk

    def chunks_at_hand(self) -> list[bytes]:
        """Give the pieces of the body that came already."""
        found = []
        while not self._chunks.empty():
            chunk = self._chunks.get_nowait()
            if chunk is None:
                self._chunks.put_nowait(None)
                break
            found.append(chunk)
        return found


def _body_events(body: bytes) -> list[Event]:
    chunks = [body[i : i + _CHUNK_SIZE] for i in range(0, len(body), _CHUNK_SIZE)] or [
        b""
    ]
    events: list[Event] = [
        {"type": "http.request", "body": chunk, "more_body": True} for chunk in chunks
    ]
    events[-1]["more_body"] = False
    return events


class ResultStream:
    """The body of a response that is still being sent."""

    def __init__(self, exchange: Exchange, timeout: float) -> None:
        self._exchange = exchange
        self._timeout = timeout

    async def read(self) -> bytes:
        """Wait for at least one piece, and give all that came; nothing when it has ended."""
        first = await self._exchange.next_chunk(self._timeout)
        if first is None:
            return b""
        return b"".join([first, *self._exchange.chunks_at_hand()])

    async def __aiter__(self) -> AsyncIterator[bytes]:
        """Iterate over the pieces, as the application sends them."""
        while (chunk := await self._exchange.next_chunk(self._timeout)) is not None:
            yield chunk


class StreamedResult(Result):
    """A response whose body is still being sent.

    Attributes:
        stream: The body: ``await result.stream.read()``, or ``async for chunk in
            result.stream``.
    """

    def __init__(self, beginning: Result, exchange: Exchange, timeout: float) -> None:
        """Describe a response that has begun."""
        super().__init__(beginning.status_code, beginning.raw_headers)
        self.stream = ResultStream(exchange, timeout)
        self._exchange = exchange
        self._timeout = timeout

    async def finalize(self) -> None:
        """Disconnect, and wait for the application to return."""
        self._exchange.disconnect()
        await finish(self._exchange.task, self._timeout)
