"""The two callables that an application is given, and what each does when it is simulated.

For tests that call an application themselves: ``await app(scope, emitter, collector)``.
"""

from __future__ import annotations

import asyncio
import math
import time
from collections.abc import Collection

from falconws.core import Event

from .alarms import Alarm
from .bounded import DEFAULT_TIMEOUT
from .protocol import (
    ASGIProtocolError,
    LifespanState,
    ResponseState,
    check_headers,
    check_http_event,
    check_lifespan_event,
)

__all__ = (
    "ASGILifespanEventEmitter",
    "ASGIProtocolError",
    "ASGIRequestEventEmitter",
    "ASGIResponseEventCollector",
    "LifespanState",
    "ResponseState",
    "check_headers",
    "check_http_event",
    "check_lifespan_event",
)


class ASGIRequestEventEmitter:
    """The ``receive`` of a request: its body in pieces, and at last that the client has left.

    ASGI allows for events that servers seldom send, and an application has to read: pieces
    that are empty, and optional keys that are missing. Some are among these events; the same
    ones for the same body.

    Between the body and the client's leaving nothing runs; `disconnect` is for the thread of
    the event loop.
    """

    def __init__(
        self,
        body: str | bytes | bytearray | memoryview | None = None,
        chunk_size: int | None = None,
        disconnect_at: float | None = None,
    ) -> None:
        """Describe a request's body, and when the client leaves.

        Args:
            body: A string is sent as UTF-8; None for an empty one.
            chunk_size: The most bytes of the body in one event; None for 4096.
            disconnect_at: When the client leaves, as a time of `time.time`, in real seconds; it
                has sent the body before that. None for 5 seconds from now, ``math.inf`` for
                never; 0 for a client that leaves at once, without a body.

        Raises:
            ValueError: ``chunk_size`` is less than 1.
        """
        size = 4096 if chunk_size is None else chunk_size
        if size < 1:
            raise ValueError(f"chunk_size has to be at least 1, and is {size}.")
        payload = body.encode() if isinstance(body, str) else bytes(body or b"")
        if disconnect_at is None:
            disconnect_at = time.time() + DEFAULT_TIMEOUT
        self._disconnect_at = disconnect_at
        self._gone = asyncio.Event()
        # The last first, to be popped.
        self._left = list(reversed(_body_events(payload, size)))
        if disconnect_at == 0:
            self._left.clear()

    @property
    def disconnected(self) -> bool:
        """Whether the client has left; of its body there may be something to read."""
        return self._gone.is_set() or time.time() >= self._disconnect_at

    def disconnect(self, exhaust_body: bool | None = None) -> None:
        """Let the client leave.

        Args:
            exhaust_body: Whether the application can read what is left of the body before
                it is told; None for yes.
        """
        if exhaust_body is False:
            self._left.clear()
        self._gone.set()

    async def emit(self) -> Event:
        """Give the next event, as a server's ``receive`` does; the same as calling the emitter."""
        if self._left:
            return self._left.pop()
        if self._disconnect_at == math.inf:
            await self._gone.wait()
            return {"type": "http.disconnect"}
        alarm = Alarm(max(0, self._disconnect_at - time.time()), self._gone.set)
        try:
            await self._gone.wait()
        finally:
            alarm.cancel()
        return {"type": "http.disconnect"}

    __call__ = emit


def _body_events(body: bytes, size: int) -> list[Event]:
    """Give the events of a body, with variations in the form that ASGI leaves free."""
    # ASGI, "Request": `body` is optional, and `more_body` may be set with an empty one.
    events: list[Event] = [
        {"type": "http.request", "more_body": True},
        {"type": "http.request", "more_body": True, "body": b""},
    ]
    chunks = [body[start : start + size] for start in range(0, len(body), size)]
    for index, chunk in enumerate(chunks):
        if index % 4 == 2:
            events.append({"type": "http.request", "more_body": True})
        events.append({"type": "http.request", "more_body": True, "body": chunk})
    if not chunks:
        events.append({"type": "http.request"})
    # `more_body` is optional, too. A body in one piece goes without, as most tests' are.
    if len(chunks) % 2:
        del events[-1]["more_body"]
    else:
        events[-1]["more_body"] = False
    return events


class ASGIResponseEventCollector:
    """The ``send`` of a request, or of a lifespan: checks what comes, and keeps it.

    The first event says which of the two it is.

    Attributes:
        events: What was sent, as far as it was allowed.
        headers: The names and values of the response's headers.
        status: The response's status; None before it was sent.
        body_chunks: The pieces of the body, empty ones too.
        more_body: Whether more of the body is to come; None before there was any of it.
    """

    def __init__(
        self, extensions: Collection[str] = (), *, method: str | None = None
    ) -> None:
        """Collect what is sent for one scope.

        Args:
            extensions: Those that the scope offers, such as ``http.response.pathsend``; what
                they add is refused without.
            method: The request's; None if it is not known, which leaves a response unsuspected
                whose Content-Length is not that of its empty body.
        """
        self.events: list[Event] = []
        self.headers: list[tuple[str, str]] = []
        self.status: int | None = None
        self.body_chunks: list[bytes] = []
        self.more_body: bool | None = None
        self._response = ResponseState(method=method, extensions=extensions)
        self._lifespan: LifespanState | None = None

    async def collect(self, event: Event) -> None:
        """Take an event, as a server's ``send`` does; the same as calling the collector.

        Raises:
            ASGIProtocolError: ASGI does not allow it; it is an AssertionError.
        """
        if not self.events and _is_of_lifespan(event):
            self._lifespan = LifespanState()
        if self._lifespan is not None:
            check_lifespan_event(event, self._lifespan)
            self.events.append(event)
            return
        checked = check_http_event(event, self._response)
        self.events.append(checked)
        if checked["type"] == "http.response.start":
            self.status = checked["status"]
            self.headers = [
                (name.decode("latin-1"), value.decode("latin-1"))
                for name, value in checked["headers"]
            ]
        elif checked["type"] == "http.response.body":
            self.body_chunks.append(checked.get("body", b""))
            self.more_body = checked.get("more_body", False)

    __call__ = collect


def _is_of_lifespan(event: Event) -> bool:
    return isinstance(event, dict) and str(event.get("type")).startswith("lifespan.")


class ASGILifespanEventEmitter:
    """The ``receive`` of a lifespan: start-up, and shutdown when the test says so.

    In between comes an event of a type that no application knows, and each has to ignore.
    """

    def __init__(self, shutting_down: asyncio.Condition | asyncio.Event) -> None:
        """Choose what begins the shutdown.

        Args:
            shutting_down: An event that is set, or a condition that is notified while the
                application waits for it; a notification before that is lost.
        """
        self._shutting_down = shutting_down
        self._left: list[Event] = [
            {"type": "lifespan._nonstandard_event"},
            {"type": "lifespan.startup"},
        ]

    async def emit(self) -> Event:
        """Give the next event, as a server's ``receive`` does; the same as calling the emitter."""
        if self._left:
            return self._left.pop()
        if isinstance(self._shutting_down, asyncio.Event):
            await self._shutting_down.wait()
        else:
            async with self._shutting_down:
                await self._shutting_down.wait()
        return {"type": "lifespan.shutdown"}

    __call__ = emit
