"""`ASGIWebSocketSimulator`: the client's side of a WebSocket, in memory."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from types import TracebackType
from typing import Any, TypeVar

from falconws.core import Event, OperationNotAllowed, Scope

from .bounded import DEFAULT_TIMEOUT, bounded, finish, give_up
from .errors import (
    WebSocketDisconnected,
    WebSocketHandlerNotFound,
    WebSocketPathNotFound,
    WebSocketServerError,
)
from .result import Result
from .ws_channel import SendError, SocketChannel
from .ws_messages import MessageMethods
from .ws_protocol import close_fault

__all__ = ("ASGIWebSocketSimulator",)

T = TypeVar("T")

_KINDS: dict[int, type[WebSocketDisconnected]] = {
    3404: WebSocketPathNotFound,
    3405: WebSocketHandlerNotFound,
    3500: WebSocketServerError,
    1011: WebSocketServerError,
}


class ASGIWebSocketSimulator(MessageMethods):
    """A WebSocket client that is connected to an application without a network.

    Every wait ends after ``timeout`` seconds with a `TimeoutError` that shows where the
    application is. ``async with`` waits for the application to accept, and at the end closes,
    waits for the application to return, and lets out what it raised. ``async for`` gives the
    messages of the application up to a normal end of the connection.

    What the application sends has to be as ASGI wants it. If it is not, its ``send`` raises an
    `ASGIProtocolError`, and so does what the test awaits next, also if the application catches it.
    """

    def __init__(
        self,
        app: Any,
        scope: Scope,
        timeout: float = DEFAULT_TIMEOUT,
        *,
        write_limit: int | None = None,
        send_error: SendError | None = None,
    ) -> None:
        """Prepare a connection; `connect` or ``async with`` opens it.

        Args:
            app: An ASGI application.
            scope: Of type ``websocket``. Its ``spec_version`` says what the server is capable of:
                headers with accept from 2.1 on, reasons from 2.3, and from 2.4 a send that raises
                an `OSError` when the client has left, which is ignored before. Without
                ``websocket.http.response`` in its ``extensions`` a denial is an empty 403.
            timeout: Seconds that each wait may take.
            write_limit: Makes the client a slow reader: the application's send waits while the
                messages that the test has not received have more bytes than that. 0 makes each
                send wait for its message to be received; None is for a send that never waits.
            send_error: What the application's send raises when the client has left, as servers
                differ; None for what the ``spec_version`` says.
        """
        self._app = app
        self._scope = scope
        self._timeout = timeout
        self._channel = SocketChannel(scope, write_limit, send_error)
        self._task: asyncio.Task[None] | None = None

    @property
    def ready(self) -> bool:
        """Whether the connection is open."""
        return self._channel.accepted and not self.closed

    @property
    def closed(self) -> bool:
        """Whether the connection is over, or was denied."""
        return self._channel.ended.is_set()

    @property
    def subprotocol(self) -> str | None:
        """What the application chose; None for none."""
        return self._channel.subprotocol

    @property
    def headers(self) -> list[tuple[bytes, bytes]]:
        """The headers that the application accepted with."""
        return self._channel.headers if self._channel.accepted else []

    @property
    def close_code(self) -> int | None:
        """The code that the connection was closed with; None while it is not.

        1006 is for one that broke off, and 3000 + status for a handshake that was denied.
        """
        return self._channel.close_code

    @property
    def close_reason(self) -> str:
        """The reason that the connection was closed with; empty for none."""
        return self._channel.close_reason

    @property
    def denial(self) -> Result | None:
        """The response that the handshake was denied with; None if it was not."""
        return self._channel.denial

    async def __aenter__(self) -> ASGIWebSocketSimulator:
        self.connect()
        try:
            await self.wait_ready()
        except TimeoutError:
            raise
        except asyncio.CancelledError:
            self._running().cancel()  # Nobody else knows of it.
            raise
        except Exception:
            await self.disconnect()
            await self.finish()
            raise
        return self

    async def __aexit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        tb: TracebackType | None,
    ) -> None:
        if isinstance(
            exc, TimeoutError
        ):  # The test has failed, and is not to wait again.
            await self.disconnect()
            await give_up(self._running(), self._timeout)
            return
        if self._channel.vanished:
            await self.disconnect()
        else:
            await self.close()
        await self.finish()

    def connect(self) -> None:
        """Send the handshake.

        Raises:
            OperationNotAllowed: It was sent already.
        """
        if self._task is not None:
            raise OperationNotAllowed(
                "This simulator was connected already; make another."
            )
        self._task = asyncio.get_running_loop().create_task(
            self._app(self._scope, self._channel.receive, self._channel.send)
        )
        self._task.add_done_callback(self._over)

    def _over(self, task: asyncio.Task[None]) -> None:
        if not self.closed:
            self._channel.end(1006, "", None)

    async def wait_ready(self, timeout: float | None = None) -> None:
        """Wait for the application to accept the handshake.

        Args:
            timeout: In seconds; None for the simulator's own.

        Raises:
            WebSocketPathNotFound: It was denied with 404.
            WebSocketHandlerNotFound: It was denied with 405.
            WebSocketServerError: It was denied with 500.
            WebSocketDisconnected: It was denied otherwise; the code is 3000 + status.
            ASGIProtocolError: It was answered with what ASGI does not allow.
            TimeoutError: Nothing of that happened.
        """
        answered = self._channel.answered.wait
        await self._bounded(answered, timeout, "answer the handshake", cancels=True)
        if not self._channel.accepted or self._channel.violation:
            raise self._disconnected()

    async def wait_closed(self, timeout: float | None = None) -> None:
        """Wait for the application to end the connection, by a close or as it returns.

        Messages that were not received do not matter, nor does a client that has vanished.

        Args:
            timeout: In seconds; None for the simulator's own.

        Raises:
            TimeoutError: It did not end it.
        """
        await self._bounded(self._channel.ended.wait, timeout, "end the connection")

    async def finish(self, timeout: float | None = None) -> None:
        """Wait for the application to return, and let out what it raised.

        This is what the end of ``async with`` does. That a send has raised as the client had left
        is no fault of the application, if it lets that out.

        Args:
            timeout: In seconds; None for the simulator's own.

        Raises:
            ASGIProtocolError: It has sent what ASGI does not allow.
            TimeoutError: It did not return; it is cancelled.
        """
        task, error = self._running(), None
        try:
            await finish(task, self._seconds(timeout))
        except asyncio.CancelledError:
            task.cancel()  # Nobody else knows of it.
            raise
        except Exception as exc:
            error = exc
        error = self._channel.violation or error
        if error is not None and error is not self._channel.left_error:
            raise error

    # Ways to leave.

    async def close(self, code: int | None = 1000, reason: str | None = "") -> None:
        """Close the connection, as a client does; nothing happens if it is over.

        Messages that came before can still be received. A handshake that was not answered is
        broken off, with 1006, as there is no connection yet to close.

        Args:
            code: None for 1000.
            reason: None for an empty one.

        Raises:
            ValueError: A client cannot send such a code or reason. A connection that breaks off,
                with 1006, is for `disconnect`.
            OperationNotAllowed: The client has vanished.
        """
        code, reason = 1000 if code is None else code, reason or ""
        if fault := close_fault(code, reason):
            raise ValueError(
                f"A client does not close {fault[0]}. {fault[1]} For a connection that breaks "
                "off use disconnect()."
            )
        if self.closed:
            return
        self._check_present()
        if self._channel.accepted:
            self._channel.leave(code, reason)
        else:
            self._channel.leave(1006, "")

    async def disconnect(self, code: int = 1006, reason: str = "") -> None:
        """Break off the connection, at any time; nothing happens if it is over.

        The application is told at its next receive, behind the messages that were sent before. A
        send of it fails or is ignored at once, also one that waits for the client to read.
        Messages that were not received are lost.

        Args:
            code: What the server tells the application; 1006 for a loss without a close.
            reason: What it tells of the reason.
        """
        if not self.closed:
            self._channel.leave(code, reason)
        self._channel.forget()

    async def vanish(self) -> None:
        """Be gone without a word, like a client whose network has gone.

        The application is told nothing, and nothing of what it sends is read. Its send waits when
        there is more than the write limit; without one, when there are more than 65,536 bytes.
        It ends by `disconnect`, when the server notices, or when the application closes; the end
        of ``async with`` disconnects.
        """
        self._channel.vanish()

    # Messages; the methods for their kinds are those of `MessageMethods`.

    async def receive(self, timeout: float | None = None) -> str | bytes:
        """Wait for a message, and give it: a string, or bytes if it is binary.

        Args:
            timeout: In seconds; None for the simulator's own.

        Raises:
            WebSocketDisconnected: The connection is over.
            ASGIProtocolError: The application has sent what ASGI does not allow.
            OperationNotAllowed: The client has vanished.
            TimeoutError: There was no message.
        """
        self._check_present()
        next_message = self._channel.next_message
        event = await self._bounded(next_message, timeout, "send a message")
        if event is None:
            raise self._disconnected()
        message: str | bytes = event["text"] if "text" in event else event["bytes"]
        return message

    def _deliver(self, event: Event) -> None:
        if self.closed:
            raise self._disconnected()
        if not self._channel.accepted:
            raise OperationNotAllowed(
                "The application has not accepted the connection."
            )
        self._check_present()
        self._channel.deliver(event)

    def _check_present(self) -> None:
        if self._channel.vanished:
            raise OperationNotAllowed(
                "The client has vanished, and neither sends nor reads; disconnect() is what "
                "may follow."
            )

    async def _bounded(
        self,
        function: Callable[[], Awaitable[T]],
        timeout: float | None,
        what: str,
        cancels: bool = False,
    ) -> T:
        task = self._running()
        return await bounded(
            function(), self._seconds(timeout), what, task, cancels=cancels
        )

    def _seconds(self, timeout: float | None) -> float:
        return self._timeout if timeout is None else timeout

    def _running(self) -> asyncio.Task[None]:
        if self._task is None:
            raise OperationNotAllowed("Call connect(), or use `async with`.")
        return self._task

    def _disconnected(self) -> Exception:
        """Say how the connection ended."""
        channel = self._channel
        if channel.violation is not None:
            return channel.violation
        code = 1006 if channel.close_code is None else channel.close_code
        kind = _KINDS.get(code, WebSocketDisconnected)
        exc = kind(code, channel.close_reason, channel.initiator)
        if channel.denial is not None:
            exc.add_note(f"The handshake was denied with {channel.denial!r}.")
        elif self._task is not None and self._task.done():
            exc.add_note(f"The application has returned: {self._task!r}.")
        return exc
