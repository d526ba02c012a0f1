"""What is between a simulated WebSocket client and the application, in place of a server."""

from __future__ import annotations

import asyncio
from collections import deque
from typing import Any, Literal

from falconws.core import Event, Scope

from .protocol import ASGIProtocolError
from .result import Result
from .ws_protocol import SocketState, check_ws_event

__all__ = ("SendError", "SocketChannel")

SendError = Exception | type[Exception]

# What a server takes for a client that does not read, if a test does not say: that of asyncio.
_DEFAULT_LIMIT = 65536

# Unread messages from which on each send lets others run.
_MANY = 100


class SocketChannel:
    """One connection, as a server has it.

    Attributes:
        answered: Set when the handshake was answered, or will not be.
        ended: Set when the connection is over.
        accepted: Whether the application has accepted.
        subprotocol: What it chose; None for none.
        headers: The headers that it accepted with.
        denial: The response that it denied the handshake with; None if it did not.
        close_code: The code that the connection ended with; None while it is open.
        close_reason: The reason that it ended with.
        initiator: Who began the end; None if the connection broke off.
        vanished: Whether the client neither reads nor leaves.
        violation: What the application sent first that ASGI does not allow; None for nothing.
        left_error: What a send raises when the connection is over; None for nothing.
    """

    def __init__(
        self, scope: Scope, write_limit: int | None, send_error: SendError | None
    ) -> None:
        """Prepare a connection; the arguments are those of the simulator."""
        version = scope.get("asgi", {}).get("spec_version", "2.0")
        self._version = tuple(int(part) for part in version.split("."))
        self._state = SocketState(
            subprotocols=tuple(scope.get("subprotocols") or ()),
            extensions=tuple(scope.get("extensions") or ()),
        )
        self._limit = write_limit
        self._to_app: asyncio.Queue[Event] = asyncio.Queue()
        self._inbox: deque[Event] = deque()
        self._unread = 0
        self._news = asyncio.Event()
        self._writable = asyncio.Event()
        self._body = b""
        self._status = 0
        self.answered = asyncio.Event()
        self.ended = asyncio.Event()
        self.accepted = False
        self.subprotocol: str | None = None
        self.headers: list[tuple[bytes, bytes]] = []
        self.denial: Result | None = None
        self.close_code: int | None = None
        self.close_reason = ""
        self.initiator: Literal["client", "server"] | None = None
        self.vanished = False
        self.violation: ASGIProtocolError | None = None
        self.left_error = self._left_error(send_error)
        self._to_app.put_nowait({"type": "websocket.connect"})

    def _left_error(self, send_error: SendError | None) -> Exception | None:
        if isinstance(send_error, type):
            return send_error()
        if send_error is None and self._version >= (2, 4):
            # ASGI WebSocket 2.4, "Disconnected Client": send raises an OSError.
            return OSError("The client has left.")
        return send_error

    # The application's side.

    async def receive(self) -> Event:
        """Give the application its next event."""
        return await self._to_app.get()

    async def send(self, event: Event) -> None:
        """Take an event from the application.

        Raises:
            ASGIProtocolError: ASGI does not allow it.
            Exception: The client has left, and the version of ASGI or the test wants it raised.
        """
        if self.ended.is_set() and self.initiator != "server":
            await self._refuse()
            return
        try:
            checked = check_ws_event(event, self._state)
        except ASGIProtocolError as exc:
            self._note_violation(exc)
            raise
        match checked["type"]:
            case "websocket.accept":
                self._accept(checked)
            case "websocket.send":
                await self._write(checked)
            case "websocket.close":
                self._close(checked)
            case _:
                self._deny(checked)

    async def _refuse(self) -> None:
        if self.left_error is not None:
            raise self.left_error.with_traceback(None)
        await asyncio.sleep(0)  # for the reason that _write() has

    def _note_violation(self, exc: ASGIProtocolError) -> None:
        # The test learns of it even if the application catches it.
        self.violation = self.violation or exc
        self.answered.set()
        self._news.set()

    def _accept(self, event: Event) -> None:
        self.accepted = True
        self.subprotocol = event["subprotocol"]
        if self._version >= (2, 1):  # ASGI WebSocket 2.1 has added `headers`.
            self.headers = event["headers"]
        self.answered.set()

    async def _write(self, event: Event) -> None:
        self._inbox.append(event)
        self._unread += event["size"]
        self._news.set()
        if len(self._inbox) > _MANY:
            # An application that sends without end, and waits for nothing, must not stop the test.
            await asyncio.sleep(0)
        while self._limit is not None and self._unread > self._limit:
            if self.ended.is_set():
                await self._refuse()
                return
            self._writable.clear()
            await self._writable.wait()

    def _close(self, event: Event) -> None:
        code = event["code"]
        if not self.accepted:
            # ASGI, "Close": the client gets a 403. The code says more of what went wrong.
            told = code if code == 1011 or 3000 <= code <= 3999 else 3403
            self._answer(Result(403, []), told, event["reason"])
            return
        # ASGI WebSocket 2.3 has added `reason`.
        reason = event["reason"] if self._version >= (2, 3) else ""
        self.end(code, reason, "server")
        self.tell_end(code, reason)

    def _deny(self, event: Event) -> None:
        if event["type"] == "websocket.http.response.start":
            self._status, self.headers = event["status"], event["headers"]
            return
        self._body += event.get("body", b"")
        if not event.get("more_body", False):
            denial = Result(self._status, self.headers, self._body)
            self._answer(denial, 3000 + self._status, "")

    def _answer(self, denial: Result, code: int, reason: str) -> None:
        self.denial = denial
        self.end(code, reason, "server")
        self.tell_end(1006, "")

    # The client's side.

    def deliver(self, event: Event) -> None:
        """Send a message to the application."""
        self._to_app.put_nowait(event)

    async def next_message(self) -> Event | None:
        """Wait for a message of the application, and give it; None if there will be no more."""
        while not self._inbox:
            if self.ended.is_set() or self.violation is not None:
                return None
            self._news.clear()
            await self._news.wait()
        event = self._inbox.popleft()
        self._unread -= event["size"]
        self._writable.set()
        return event

    def leave(self, code: int, reason: str) -> None:
        """End the connection from the client's side, and tell the application."""
        self.end(code, reason, None if code == 1006 else "client")
        self.tell_end(code, reason)

    def forget(self) -> None:
        """Lose what the client has not read."""
        self._inbox.clear()

    def vanish(self) -> None:
        """Read nothing more, and do not leave."""
        self.vanished = True
        if self._limit is None:
            self._limit = _DEFAULT_LIMIT

    def end(
        self, code: int, reason: str, initiator: Literal["client", "server"] | None
    ) -> None:
        """Take note of the end, and wake whoever waits for something."""
        self.close_code, self.close_reason = code, reason
        self.initiator = initiator
        for event in (self.answered, self.ended, self._news, self._writable):
            event.set()

    def tell_end(self, code: int, reason: str) -> None:
        """Tell the application of the end."""
        event: dict[str, Any] = {"type": "websocket.disconnect", "code": code}
        if self._version >= (2, 3):
            event["reason"] = reason
        self._to_app.put_nowait(event)
