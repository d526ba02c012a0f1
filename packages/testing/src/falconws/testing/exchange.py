"""One simulated HTTP request: what the application is told, and what it answers."""

from __future__ import annotations

import asyncio
from collections import deque
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from falconws.core import Event, Scope

from .behavior import Behavior, Body
from .bounded import bounded, finish
from .protocol import ASGIProtocolError, ResponseState, check_http_event
from .result import Result, ResultBase
from .scope import check_spec_version
from .upload import Changes, Upload

if TYPE_CHECKING:
    from falconws.sse import Event as ServerSentEvent
    from falconws.sse import EventParser

__all__ = ("Exchange",)

# An application that never waits for anything would keep the event loop to itself, and no
# bound of time would hold. After so many events it lets the others go on.
_EVENTS_PER_TURN = 64

# What asyncio's transports let an application write before it has to wait.
_USUAL_WRITE_LIMIT = 64 * 1024


class Exchange:
    """A request on its way through an application.

    The client stays until the response is complete, or until it leaves as its behavior says,
    or by `disconnect`.
    """

    def __init__(
        self,
        app: Any,
        scope: Scope,
        body: Body = b"",
        behavior: Behavior | None = None,
    ) -> None:
        """Start it; there must be a running loop.

        Args:
            app: An ASGI application.
            scope: Of type ``http``.
            body: The body of the request.
            behavior: What the client does; None for nothing unusual.
        """
        loop = asyncio.get_running_loop()
        self._behavior = behavior = behavior or Behavior()
        self._write_limit = behavior.write_limit
        self._tells_senders = check_spec_version(scope["asgi"]["spec_version"]) >= (
            2,
            4,
        )
        self._gone = behavior.leave_after == 0
        self._vanished = self._complete = self._keeps_late = False
        self._status = 0
        self._headers: list[tuple[bytes, bytes]] = []
        self._chunks: deque[bytes] = deque()
        self._unread = 0
        self._events = 0
        # What was raised in the application's send(), and what it has done wrong first.
        self._refusals: list[Exception] = []
        self._violation: ASGIProtocolError | None = None
        self._response = ResponseState(
            method=scope["method"], extensions=scope.get("extensions") or ()
        )
        self._changes = Changes()
        self._upload = Upload(body, behavior, self._changes)
        self._timer: asyncio.TimerHandle | None = None
        if behavior.leave_after:
            self._timer = loop.call_later(behavior.leave_after, self._leave)
        self.task: asyncio.Task[None] = loop.create_task(self._run(app, scope))
        self.task.add_done_callback(lambda _: self._changes.notify())

    # The client's side.

    def disconnect(self) -> None:
        """Let the client leave. What is sent from now on is lost, and what was not read."""
        self._chunks.clear()
        self._leave()

    def vanish(self) -> None:
        """Let the client stop to read and to send, without a word."""
        self._vanished = True
        if self._write_limit is None:
            self._write_limit = _USUAL_WRITE_LIMIT

    @property
    def complete(self) -> bool:
        """Whether the application has sent the end of the response."""
        return self._complete

    @property
    def vanished(self) -> bool:
        """Whether the client has stopped to read."""
        return self._vanished

    async def result(self, seconds: float) -> Result:
        """Wait for the whole response.

        What the application sends when the client has left already is part of it, unless
        ``send`` raises then: it shows whether the application went on.

        Raises:
            TimeoutError: It did not come within that many seconds.
            ConnectionError: The client left, and the application did not answer any more.
        """
        self._keeps_late = True
        try:
            await self.started(seconds)
            reading = self._read_all()
            content = await bounded(
                reading, seconds, "complete its response", self.task
            )
        except BaseException:
            await self.close(seconds)
            raise
        await self.end(seconds)
        return Result(self._status, self._headers, content, complete=self._complete)

    async def started(self, seconds: float) -> ResultBase:
        """Wait for the beginning of the response, and give it without a body.

        Raises:
            TimeoutError: It did not come within that many seconds.
            ConnectionError: The client left, and the application did not answer any more.
        """
        starting = self._changes.until(lambda: bool(self._status) or self._is_over())
        await bounded(starting, seconds, "start its response", self.task)
        if not self._status:
            await self.returned(seconds)  # which raises what the application did
            if self._left:
                cause = self._refusals[-1] if self._refusals else None
                raise ConnectionError(
                    "The client left before the application responded."
                ) from cause
            raise AssertionError("The application returned without a response.")
        return ResultBase(self._status, self._headers)

    async def next_chunk(self, seconds: float) -> bytes | None:
        """Wait for the next piece of the body; None when it has ended."""
        waiting = self._next()
        return await bounded(
            waiting, seconds, "send anything", self.task, cancels=False
        )

    async def next_events(
        self, parser: EventParser, seconds: float
    ) -> list[ServerSentEvent]:
        """Wait for pieces that complete an event; nothing when the body has ended."""
        waiting = self._next_events(parser)
        return await bounded(
            waiting, seconds, "send an event", self.task, cancels=False
        )

    def chunks_at_hand(self) -> list[bytes]:
        """Give the pieces of the body that came already."""
        return [self._take() for _ in range(len(self._chunks))]

    async def returned(self, seconds: float) -> None:
        """Wait for the application to return, and let out what it raised.

        Raises:
            TimeoutError: It did not; it is cancelled.
        """
        try:
            await finish(self.task, seconds)
        finally:
            self._check_faults()

    async def end(self, seconds: float) -> None:
        """Wait for the application to return, and end everything else.

        Raises:
            TimeoutError: It did not; it is cancelled.
        """
        try:
            await self.returned(seconds)
        finally:
            await self.close(seconds)
        self._check_faults()  # A body in pieces may fail as it is closed.

    async def close(self, seconds: float) -> None:
        """End everything that is still running."""
        if self._timer is not None:
            self._timer.cancel()
        tasks = (self.task, self._upload.feeder)
        running = {task for task in tasks if task is not None and not task.done()}
        for task in running:
            task.cancel()
        if running:
            ending = asyncio.wait(running)
            with suppress(TimeoutError):  # the test has another error to show
                await bounded(ending, seconds, "end", self.task, cancels=False)
        for task in running:
            if task.done() and not task.cancelled():
                task.exception()  # Nobody asks for it, and asyncio would complain.

    def _check_faults(self) -> None:
        """Let out what the test's own body raised, or what breaks a rule of ASGI."""
        if self._upload.error is not None:
            raise self._upload.error
        if self._violation is not None:  # also if the application has caught it
            raise self._violation

    async def _read_all(self) -> bytes:
        chunks = []
        while (chunk := await self._next()) is not None:
            chunks.append(chunk)
        return b"".join(chunks)

    async def _next_events(self, parser: EventParser) -> list[ServerSentEvent]:
        while (chunk := await self._next()) is not None:
            if events := parser.feed(chunk):
                return events
        return []

    async def _next(self) -> bytes | None:
        await self._changes.until(lambda: bool(self._chunks) or self._ended())
        return self._take() if self._chunks else None

    def _ended(self) -> bool:
        is_lost = self._left and not self._keeps_late
        return self._complete or is_lost or self._is_over()

    def _is_over(self) -> bool:
        return self.task.done() or self._upload.error is not None

    def _take(self) -> bytes:
        chunk = self._chunks.popleft()
        self._unread -= len(chunk)
        self._changes.notify()
        return chunk

    def _leave(self) -> None:
        self._gone = True
        self._changes.notify()

    # The application's side.

    async def _run(self, app: Any, scope: Scope) -> None:
        try:
            await app(scope, self._receive, self._send)
        except Exception as exc:
            # ASGI, "Disconnected Client": a server catches what its own send() raised.
            if not any(exc is refusal for refusal in self._refusals):
                raise

    @property
    def _left(self) -> bool:
        """Whether the client is not there any more, and the server knows it."""
        return self._gone or self._upload.is_cut or self._upload.error is not None

    async def _receive(self) -> Event:
        await self._take_turns()
        await self._changes.until(self._has_news)
        if self._left or self._complete:
            return {"type": "http.disconnect"}
        return self._upload.take()

    def _has_news(self) -> bool:
        if self._left or self._complete:
            return True
        return self._upload.is_ready and not self._vanished

    async def _send(self, event: Event) -> None:
        await self._take_turns()
        if self._left and not self._complete:
            self._refuse()
        event = self._checked(event)
        if event["type"] == "http.response.start":
            self._start(event)
        else:
            self._add(event)
        await self._changes.until(self._may_go_on)

    def _checked(self, event: Event) -> Event:
        """Give an event as the rules want it; note that it breaks one."""
        try:
            event = check_http_event(event, self._response)
        except ASGIProtocolError as exc:
            self._violation = self._violation or exc
            raise
        if event["type"] in ("http.response.start", "http.response.body"):
            return event
        raise NotImplementedError(
            f"This client does not read {event['type']!r}, which the scope offers; call the "
            "application with an ASGIResponseEventCollector."
        )

    def _refuse(self) -> None:
        """Tell the application that the client has left, where servers do."""
        error = self._behavior.send_error
        if error is None:
            if not self._tells_senders:
                return
            error = OSError("The client has left.")
        self._refusals.append(error if isinstance(error, Exception) else error())
        raise self._refusals[-1]

    def _start(self, event: Event) -> None:
        self._status = event["status"]
        self._headers = event["headers"]
        self._changes.notify()

    def _add(self, event: Event) -> None:
        if self._left and not self._keeps_late:
            return  # As servers do: nobody is there to read it.
        if chunk := bytes(event.get("body", b"")):
            self._chunks.append(chunk)
            self._unread += len(chunk)
        self._complete = not event.get("more_body", False)
        self._changes.notify()

    def _may_go_on(self) -> bool:
        limit = self._write_limit
        return self._left or limit is None or self._unread <= limit

    async def _take_turns(self) -> None:
        self._events += 1
        if self._events % _EVENTS_PER_TURN == 0:
            await asyncio.sleep(0)
