"""`ASGIWebSocketSimulator`: the client's side of a WebSocket, in memory."""

from __future__ import annotations

import asyncio
import json
from types import TracebackType
from typing import Any, Literal

from falconws.core import Event, OperationNotAllowed, Scope
from falconws.media import MessagePackHandlerWS

from .bounded import DEFAULT_TIMEOUT, bounded, finish
from .result import Result

__all__ = ("ASGIWebSocketSimulator",)

_MSGPACK = MessagePackHandlerWS()


class ASGIWebSocketSimulator:
    """A WebSocket client that is connected to an application without a network.

    Every wait ends after ``timeout`` seconds with a `TimeoutError` that shows where the
    application is. ``async with`` waits for the application to accept, and closes at the end.

    Attributes:
        subprotocol: What the application chose; None for none.
        headers: The headers that the application accepted with.
        close_code: The code that the connection was closed with; None while it is open.
        close_reason: The reason that it was closed with.
        denial: The response that the handshake was denied with; None if it was not.
    """

    def __init__(
        self, app: Any, scope: Scope, timeout: float = DEFAULT_TIMEOUT
    ) -> None:
        """Prepare a connection; `connect` or ``async with`` opens it.

        Args:
            app: An ASGI application.
            scope: Of type ``websocket``.
            timeout: Seconds that each wait may take.
        """
        self._app = app
        self._scope = scope
        self._timeout = timeout
        self._to_app: asyncio.Queue[Event] = asyncio.Queue()
        # What the application sent; None when there will be nothing more.
        self._to_client: asyncio.Queue[Event | None] = asyncio.Queue()
        self._answered = asyncio.Event()
        self._accepted = False
        self._gone = False
        self._denial_start: Event | None = None
        self._body = b""
        self._task: asyncio.Task[None] | None = None
        self.subprotocol: str | None = None
        self.headers: list[tuple[bytes, bytes]] = []
        self.close_code: int | None = None
        self.close_reason = ""
        self._initiator: Literal["client", "server"] | None = None
        self.denial: Result | None = None

    @property
    def ready(self) -> bool:
        """Whether the connection is open."""
        return self._accepted and self.close_code is None

    @property
    def closed(self) -> bool:
        """Whether the connection is over, or was denied."""
        return self.close_code is not None or self.denial is not None

    async def __aenter__(self) -> ASGIWebSocketSimulator:
        self.connect()
        try:
            await self.wait_ready()
        except TimeoutError:
            raise
        except Exception:
            await self._finish()
            raise
        return self

    async def __aexit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        tb: TracebackType | None,
    ) -> None:
        await self.close()
        await self._finish()

    def connect(self) -> None:
        """Send the handshake.

        Raises:
            OperationNotAllowed: It was sent already.
        """
        if self._task is not None:
            raise OperationNotAllowed(
                "This simulator was connected already; make another."
            )
        self._to_app.put_nowait({"type": "websocket.connect"})
        self._task = asyncio.get_running_loop().create_task(
            self._app(self._scope, self._receive, self._send)
        )
        self._task.add_done_callback(self._over)

    async def wait_ready(self, timeout: float | None = None) -> None:
        """Wait for the application to accept the handshake.

        Args:
            timeout: In seconds; None for the simulator's own.

        Raises:
            WebSocketPathNotFound: It was denied with 404.
            WebSocketHandlerNotFound: It was denied with 405.
            WebSocketServerError: It was denied with 500.
            WebSocketDisconnected: It was denied otherwise; the code is 3000 + status.
            TimeoutError: Nothing of that happened.
        """
        seconds = self._timeout if timeout is None else timeout
        task = self._running()
        await bounded(self._answered.wait(), seconds, "answer the handshake", task)
        if not self._accepted:
            raise self._disconnected()

    async def close(self, code: int = 1000, reason: str = "") -> None:
        """Close the connection, as a client does; nothing happens if it is closed."""
        if self.closed or self._gone:
            return
        self.close_code = code
        self.close_reason = reason
        self._initiator = "client"
        self._leave(code, reason)

    def _leave(self, code: int, reason: str) -> None:
        self._gone = True
        event = {"type": "websocket.disconnect", "code": code, "reason": reason}
        self._to_app.put_nowait(event)
        self._to_client.put_nowait(None)

    async def _finish(self) -> None:
        self._gone = True
        await finish(self._running(), self._timeout)

    # Messages.

    async def send_text(self, payload: str) -> None:
        """Send a text message."""
        self._deliver({"type": "websocket.receive", "text": payload})

    async def send_data(self, payload: bytes) -> None:
        """Send a binary message."""
        self._deliver({"type": "websocket.receive", "bytes": bytes(payload)})

    async def send_json(self, media: object) -> None:
        """Send an object as JSON, in a text message."""
        await self.send_text(json.dumps(media))

    async def send_msgpack(self, media: object) -> None:
        """Send an object as MessagePack, in a binary message."""
        await self.send_data(_MSGPACK.serialize(media))

    async def receive_text(self) -> str:
        """Wait for a message, which has to be text.

        Raises:
            WebSocketDisconnected: The connection is over.
            AssertionError: The message is binary.
            TimeoutError: There was no message.
        """
        event = await self._next_message()
        text: str | None = event.get("text")
        if text is None:
            raise AssertionError(
                f"Expected a text message, and got {event.get('bytes')!r}."
            )
        return text

    async def receive_data(self) -> bytes:
        """Wait for a message, which has to be binary.

        Raises:
            WebSocketDisconnected: The connection is over.
            AssertionError: The message is text.
            TimeoutError: There was no message.
        """
        event = await self._next_message()
        data: bytes | None = event.get("bytes")
        if data is None:
            raise AssertionError(
                f"Expected a binary message, and got {event.get('text')!r}."
            )
        return data

    async def receive_json(self) -> Any:
        """Wait for a text message, and read it as JSON."""
        return json.loads(await self.receive_text())

    async def receive_msgpack(self) -> Any:
        """Wait for a binary message, and read it as MessagePack."""
        return _MSGPACK.deserialize(await self.receive_data())

    def _deliver(self, event: Event) -> None:
        if self.closed:
            raise self._disconnected()
        if not self._accepted:
            raise OperationNotAllowed(
                "The application has not accepted the connection."
            )
        self._to_app.put_nowait(event)

    async def _next_message(self) -> Event:
        task = self._running()
        event = await bounded(
            self._to_client.get(), self._timeout, "send a message", task, cancels=False
        )
        if event is None:
            self._to_client.put_nowait(None)  # for whoever asks again
            raise self._disconnected()
        return event

    def _running(self) -> asyncio.Task[None]:
        if self._task is None:
            raise OperationNotAllowed("Call connect(), or use `async with`.")
        return self._task

    def _disconnected(self) -> Exception:
        """Say how the connection ended."""
        from falconws.ws import (  # here, as the package need not be installed
            WebSocketDisconnected,
            WebSocketHandlerNotFound,
            WebSocketPathNotFound,
            WebSocketServerError,
        )

        if self.denial is not None:
            code = 3000 + self.denial.status_code
        else:
            code = 1006 if self.close_code is None else self.close_code
        kinds = {
            3404: WebSocketPathNotFound,
            3405: WebSocketHandlerNotFound,
            3500: WebSocketServerError,
            1011: WebSocketServerError,
        }
        return kinds.get(code, WebSocketDisconnected)(
            code, self.close_reason, self._initiator
        )

    # The application's side.

    async def _receive(self) -> Event:
        return await self._to_app.get()

    async def _send(self, event: Event) -> None:
        kind = event["type"]
        if self._gone:
            # ASGI WebSocket 2.4: an application that sends to a client that has left is told.
            raise OSError("The client has left.")
        if not self._accepted:
            self._answer_handshake(kind, event)
        elif kind == "websocket.send":
            self._to_client.put_nowait(event)
        elif kind == "websocket.close":
            self.close_code = event.get("code", 1000)
            self.close_reason = event.get("reason") or ""
            self._initiator = "server"
            self._leave(self.close_code, self.close_reason)
        else:
            raise AssertionError(f"The application sent {kind!r} to an open WebSocket.")

    def _answer_handshake(self, kind: str, event: Event) -> None:
        if self._denial_start is not None and kind != "websocket.http.response.body":
            raise AssertionError(
                f"The application sent {kind!r} in the middle of a denial."
            )
        if kind == "websocket.accept":
            self._accepted = True
            self.subprotocol = event.get("subprotocol")
            self.headers = list(event.get("headers", ()))
            self._answered.set()
        elif kind == "websocket.close":
            self._deny(Result(403, []))
        elif kind == "websocket.http.response.start":
            self._denial_start = event
        elif kind == "websocket.http.response.body" and self._denial_start is not None:
            self._body += event.get("body", b"")
            if not event.get("more_body", False):
                start = self._denial_start
                self._deny(Result(start["status"], list(start["headers"]), self._body))
        else:
            raise AssertionError(
                f"The application answered the handshake with {kind!r}."
            )

    def _deny(self, denial: Result) -> None:
        self.denial = denial
        self._initiator = "server"
        self._answered.set()
        self._leave(1006, "")

    def _over(self, task: asyncio.Task[None]) -> None:
        # Whoever waits learns that nothing more will come.
        if not self.closed:
            self.close_code = 1006
        self._gone = True
        self._answered.set()
        self._to_client.put_nowait(None)
