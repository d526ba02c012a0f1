"""How a WebSocket begins and ends, and how its messages pass."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable, Iterable, Mapping
from typing import Any, NoReturn

from falconws.core import Event, OperationNotAllowed, Receive, Scope, Send
from falconws.media import PayloadTypeError

from ._ahead import Dropped, ReceiveAhead
from ._broadcast import SharedMessage
from ._handshake import Handshake
from ._rate import TokenBucket
from ._state import State, next_state
from .closing import CloseCode, check_close, check_code, initiator_of
from .errors import Initiator, WebSocketDisconnected
from .options import WebSocketOptions
from .payload import BYTES_PER_CHARACTER, exceeds

__all__ = ("Transport",)

# The states, as names of this module: to look one up in an enumeration takes a tenth of the time of
# a message.
_CONNECTING, _OPEN, _CLOSED = State.CONNECTING, State.OPEN, State.CLOSED

# What a server raises for a send when the connection is over, and the application could not know:
# OSError as ASGI WebSocket 2.4 says, and RuntimeError from uvicorn where it has closed the
# connection itself, for a frame that is not valid. Here nothing is sent that is out of order.
_OVER = (OSError, RuntimeError)


class Transport(Handshake):
    """The part of `WebSocket` that awaits the server."""

    __slots__ = (
        "__weakref__",
        "_ahead",
        "_behind",
        "_bucket",
        "_close_code",
        "_close_reason",
        "_given_up",
        "_idle_sweeps",
        "_initiator",
        "_receive",
        "_receiving",
        "_send",
        "_sending",
        "_shared",
        "_short",
        "_state",
        "_unread",
        "_watchers",
        "heard",
        "on_disconnect",
    )

    def __init__(
        self,
        scope: Scope,
        receive: Receive,
        send: Send,
        options: WebSocketOptions | None = None,
    ) -> None:
        """Describe a connection scope whose ``websocket.connect`` event was received.

        Args:
            scope: Of type ``websocket``.
            receive: The server's callable.
            send: The server's callable.
            options: None for the defaults.
        """
        Handshake.__init__(self, scope, options)
        self._receive = receive
        self._send = send
        self._state = _CONNECTING
        self._receiving = False
        # The length up to which messages are looked at no further; -1 before the first.
        self._short = -1
        # Whether a send has failed and the server may have messages that came before.
        self._unread = False
        self._idle_sweeps = 0
        self.heard = False
        self._ahead: ReceiveAhead | None = None
        self._bucket: TokenBucket | None = None
        self._given_up: asyncio.Task[Any] | None = None
        self._sending: Any = None
        self._behind = 0  # how many sends wait behind that one
        # The server's extension for shared messages; empty if there is none, None until asked.
        self._shared: dict[str, Any] | None = None
        self._watchers: set[Callable[[], None]] | None = None
        self.on_disconnect: Callable[[], None] | None = None
        self._close_code: int | None = None
        self._close_reason = ""
        self._initiator: Initiator | None = None

    def __repr__(self) -> str:
        return f"<{type(self).__name__}: {self.path!r} {self._state.name}>"

    # What is known of the connection.

    @property
    def ready_state(self) -> int:
        """0 before `accept`, 1 while it is open, 2 while it is denied, 3 when it is over.

        These are the numbers of ``WebSocket.readyState`` in browsers.
        """
        return int(self._state)

    @property
    def unaccepted(self) -> bool:
        """Whether the client still waits for its handshake to be answered."""
        return self._state is _CONNECTING

    @property
    def ready(self) -> bool:
        """Whether the connection is open, as far as is known."""
        return self._state is _OPEN

    @property
    def closed(self) -> bool:
        """Whether the connection is over, as far as is known."""
        return self._state is _CLOSED

    @property
    def close_code(self) -> int | None:
        """The code that the connection was closed with; None while it is not."""
        return self._close_code

    @property
    def close_reason(self) -> str:
        """The reason that the connection was closed with; empty for none."""
        return self._close_reason

    @property
    def close_initiator(self) -> Initiator | None:
        """Who began the end: `WebSocketDisconnected.initiator`; None while there is none."""
        return self._initiator

    # Its beginning and end.

    async def accept(
        self,
        subprotocol: str | None = None,
        headers: Mapping[str, str] | Iterable[tuple[str, str]] | None = None,
    ) -> None:
        """Accept the handshake.

        Args:
            subprotocol: One of `subprotocols`; None for none, or for the name that stands
                before a token that was taken out of them.
            headers: Headers for the handshake's answer.

        Raises:
            OperationNotAllowed: It was accepted already, or the server cannot send headers.
            ValueError: The subprotocol is none that the client offers, or a header is not
                valid.
            WebSocketDisconnected: The client did not wait, or `close` was called.
        """
        opened = next_state(self._state, "websocket.accept")
        if opened is None:
            self._refuse("websocket.accept")
        event: Event = {"type": "websocket.accept"}
        if subprotocol is not None:
            # RFC 6455, 4.2.2: the server chooses among those that the client offers.
            if subprotocol not in self.subprotocols:
                raise ValueError(
                    f"The client does not offer the subprotocol {subprotocol!r}, but "
                    f"{list(self.subprotocols)!r}."
                )
            event["subprotocol"] = subprotocol
        elif self._answer is not None:
            event["subprotocol"] = self._answer
        if headers is not None and (fields := self._accept_headers(headers)):
            event["headers"] = fields
        self._state = opened
        try:
            await self._send(event)
        except _OVER as exc:
            raise self._broke_off() from exc
        except Exception:
            self._state = _CONNECTING  # It was not answered, and waits for it.
            raise

    async def close(
        self, code: int | None = CloseCode.NORMAL_CLOSURE, reason: str | None = None
    ) -> None:
        """Close the connection; nothing happens if it is closed.

        Before `accept` this denies the handshake: the client gets a 403, and no code.

        Args:
            code: 1000 to 1014 as registered, or 3000 to 4999 (RFC 6455, 7.4); None for 1000.
            reason: At most 123 bytes in UTF-8. None or an empty one for what
                ``default_close_reasons`` has for the code.

        Raises:
            ValueError: The code must not be sent, or the reason is too long.
        """
        if code is None:
            code = CloseCode.NORMAL_CLOSURE
        check_code(code)
        reason = reason or self._options.default_close_reasons.get(code, "")
        check_close(code, reason)
        if next_state(self._state, "websocket.close") is None:
            return
        event: Event = {"type": "websocket.close", "code": code}
        if self._spec_version() >= (2, 3):
            event["reason"] = reason
        self._end(code, reason, "server")
        try:
            await self._send(event)
        except _OVER:
            pass  # The client was faster.

    async def deny(
        self, status: int, headers: list[tuple[bytes, bytes]], body: bytes = b""
    ) -> None:
        """Answer the handshake with an HTTP response.

        A server without the extension ``websocket.http.response`` answers with a 403 of its
        own. An `HTTPError` that a responder raises before `accept` is sent by this.

        Args:
            status: The status code.
            headers: As ASGI wants them.
            body: What the response has to say.

        Raises:
            OperationNotAllowed: The handshake was accepted already.
            WebSocketDisconnected: It was denied already, or the client did not wait.
        """
        denying = next_state(self._state, "websocket.http.response.start")
        if denying is None:
            self._refuse("websocket.http.response.start")
        if "websocket.http.response" not in (self.scope.get("extensions") or {}):
            await self.close()
            return
        self._state = denying
        start = {
            "type": "websocket.http.response.start",
            "status": status,
            "headers": headers,
        }
        try:
            await self._send(start)
            await self._send({"type": "websocket.http.response.body", "body": body})
        except _OVER:
            pass  # The client was faster.
        self._end(None, "", "server")

    def _end(self, code: int | None, reason: str, initiator: Initiator | None) -> None:
        self._state = _CLOSED
        self._close_code = code
        self._initiator = initiator
        self._close_reason = reason
        if self._watchers is not None:
            for watcher in tuple(self._watchers):
                watcher()

    # Sending.

    async def send_text(self, payload: str) -> None:
        """Send a text message.

        Raises:
            TypeError: The payload is not a string.
            OperationNotAllowed: `accept` was not called.
            WebSocketDisconnected: The connection is over.
        """
        if not isinstance(payload, str):
            raise TypeError(
                f"send_text() takes a string, not {type(payload).__name__}; bytes go by "
                "send_data(), objects by send_media()."
            )
        if self._state is not _OPEN:
            self._refuse("websocket.send")
        # send_data() has the same lines: no coroutine stands between these and the server's.
        if self._sending is not None:
            await self._send_behind({"type": "websocket.send", "text": payload})
            return
        self._sending = sending = self._send(
            {"type": "websocket.send", "text": payload}
        )
        try:
            await sending
        except _OVER as exc:
            raise self._broke_off() from exc
        except asyncio.CancelledError:
            self._check_given_up()
            raise
        finally:
            self._sending = None

    async def send_data(self, payload: bytes | bytearray | memoryview) -> None:
        """Send a binary message.

        Raises:
            TypeError: The payload is not bytes.
            OperationNotAllowed: `accept` was not called.
            WebSocketDisconnected: The connection is over.
        """
        if not isinstance(payload, bytes):
            if not isinstance(payload, bytearray | memoryview):
                raise TypeError(
                    f"send_data() takes bytes, not {type(payload).__name__}; strings go by "
                    "send_text(), objects by send_media()."
                )
            payload = bytes(payload)
        if self._state is not _OPEN:
            self._refuse("websocket.send")
        if self._sending is not None:
            await self._send_behind({"type": "websocket.send", "bytes": payload})
            return
        self._sending = sending = self._send(
            {"type": "websocket.send", "bytes": payload}
        )
        try:
            await sending
        except _OVER as exc:
            raise self._broke_off() from exc
        except asyncio.CancelledError:
            self._check_given_up()
            raise
        finally:
            self._sending = None

    def send_shared(self, message: SharedMessage) -> bool:
        """Send a message that many clients get, now and without waiting.

        That takes a server with the extension ``falconws.shared_frame``, such as
        ``uvicorn --ws falconws.ws.server:WebSocketProtocol``. `broadcast` does it where it can
        be done, and sends as usual elsewhere.

        Returns:
            Whether it was sent. If not, as the server cannot or the client does not read,
            ``await ws.send_text(message.payload)`` waits for that.

        Raises:
            OperationNotAllowed: `accept` was not called.
            WebSocketDisconnected: The connection is over.
        """
        if self._state is not _OPEN:
            self._refuse("websocket.send")
        shared = self._shared
        if shared is None:
            extensions = self.scope.get("extensions") or {}
            shared = self._shared = extensions.get("falconws.shared_frame") or {}
        # Behind sends that wait, it would have to wait as well.
        if not shared or self._sending is not None or self._behind:
            return False
        try:
            return shared["write"](message.frame(shared["build"]))  # type: ignore[no-any-return]
        except _OVER as exc:
            raise self._broke_off() from exc

    async def _send_behind(self, event: Event) -> None:
        """Send while another send waits for the client to read."""
        self._behind += 1
        try:
            async with asyncio.timeout(self._options.send_timeout):
                await self._send(event)
        except TimeoutError:
            self._lose(1006, "", "server")
            raise self._disconnected() from None
        except _OVER as exc:
            raise self._broke_off() from exc
        finally:
            self._behind -= 1

    def give_up(self) -> None:
        """Take the client for gone, as it does not read what is being sent to it.

        The send that waits for it raises `WebSocketDisconnected`, if its task can be found:
        there is no way to that from here but by looking who awaits it.
        """
        self._given_up = _awaiting_task(self._sending)
        self._lose(1006, "", "server")
        if self._given_up is not None:
            self._given_up.cancel()

    def _check_given_up(self) -> None:
        """Tell `give_up` from a cancellation by anyone else."""
        task, self._given_up = self._given_up, None
        if task is not None and task.uncancel() == 0:
            raise self._disconnected() from None

    def _broke_off(self) -> WebSocketDisconnected:
        """Take note that the server could not send, and give the error for that."""
        self._unread = self._unread or not self.closed
        # RFC 6455, 7.1.5: a connection that broke off has the code 1006.
        self._lose(1006, "", None)
        return self._disconnected()

    # Receiving.

    async def receive_text(self) -> str:
        """Receive a text message.

        Those that came before the client left can still be received, also when a send has
        failed.

        Raises:
            PayloadTypeError: The next message is binary; it is lost.
            OperationNotAllowed: `accept` was not called.
            WebSocketDisconnected: The connection is over.
        """
        # receive_data() has the same lines: those of most messages, without a coroutine between.
        if self._state is _OPEN and self._ahead is None and not self._receiving:
            self._receiving = True
            try:
                event = await self._receive()
            finally:
                self._receiving = False
                self._idle_sweeps = 0
            text: str | None = event.get("text")
            if text is not None and len(text) <= self._short:
                self.heard = True
                return text
            message = self._message_of(event)
            if len(message) > self._short:
                await self._keep_limits(message)
        else:
            message = await self._receive_message()
        if isinstance(message, str):
            return message
        raise PayloadTypeError(
            "Expected a text message, and the client sent a binary one."
        )

    async def receive_data(self) -> bytes:
        """Receive a binary message.

        Raises:
            PayloadTypeError: The next message is text; it is lost.
            OperationNotAllowed: `accept` was not called.
            WebSocketDisconnected: The connection is over.
        """
        if self._state is _OPEN and self._ahead is None and not self._receiving:
            self._receiving = True
            try:
                event = await self._receive()
            finally:
                self._receiving = False
                self._idle_sweeps = 0
            data: bytes | None = event.get("bytes")
            if data is not None and len(data) <= self._short:
                self.heard = True
                return data
            message = self._message_of(event)
            if len(message) > self._short:
                await self._keep_limits(message)
        else:
            message = await self._receive_message()
        if isinstance(message, bytes):
            return message
        raise PayloadTypeError(
            "Expected a binary message, and the client sent a text one."
        )

    async def _receive_message(self) -> str | bytes:
        if self._receiving:
            raise OperationNotAllowed(
                "Another task receives on this WebSocket; let one receive, and hand on to others."
            )
        self._receiving = True
        try:
            ahead = self._ahead
            if ahead is not None and ahead.exhausted:
                ahead = self._ahead = None
            if ahead is None:
                if self._state is not _OPEN and not self._unread:
                    self._refuse("websocket.receive")
                event = await self._receive()
            else:
                event = await self._next_ahead(ahead)
        finally:
            self._receiving = False
            self._idle_sweeps = 0
        message = self._message_of(event)
        if len(message) > self._short:
            await self._keep_limits(message)
        return message

    def _message_of(self, event: Event) -> str | bytes:
        """Give the message of an event, or raise what tells of the end."""
        if event["type"] != "websocket.receive":
            self._note_disconnect(event)
            raise self._disconnected()
        self.heard = True
        message: str | bytes | None = event.get("text")
        return event["bytes"] if message is None else message

    async def _keep_limits(self, message: str | bytes) -> None:
        """Close the connection for a message that is too long, or one too many."""
        options = self._options
        limit = options.max_message_size
        if limit is not None and exceeds(message, limit):
            reason = f"A message has at most {limit} bytes"
            raise await self._closed_with(CloseCode.MESSAGE_TOO_BIG, reason)
        if options.rate_limit is not None:
            await self._check_rate(options.rate_limit)
        else:
            self._short = sys.maxsize if limit is None else limit // BYTES_PER_CHARACTER

    async def _check_rate(self, limit: tuple[float, int]) -> None:
        if self._bucket is None:
            self._bucket = TokenBucket(*limit)
        if not self._bucket.take(asyncio.get_running_loop().time()):
            raise await self._closed_with(
                CloseCode.POLICY_VIOLATION, "Too many messages"
            )

    async def _closed_with(self, code: int, reason: str) -> WebSocketDisconnected:
        """Close the connection, and give what tells so."""
        await self.close(code, reason)
        return self._disconnected()

    async def _next_ahead(self, ahead: ReceiveAhead) -> Event:
        """Give the next event of those that were received ahead."""
        if self._state is _CONNECTING:
            self._refuse("websocket.receive")
        if self.closed and ahead.empty and not self._unread:
            raise self._disconnected()
        event = await ahead.next()
        if isinstance(event, Dropped):
            raise await self._closed_with(event.code, event.reason)
        return event

    def _note_disconnect(self, event: Event) -> None:
        """Take note that the client has left, once."""
        if event["type"] != "websocket.disconnect":  # which no state is without
            raise OperationNotAllowed(
                f"The server sent {event['type']!r} to a WebSocket."
            )
        # ASGI, "Disconnect": the code defaults to 1005.
        code, reason = event.get("code", 1005), event.get("reason") or ""
        initiator = initiator_of(code)
        if self._unread:
            self._unread = False  # and now it is known how the connection has ended
            self._close_code, self._close_reason = code, reason
            self._initiator = initiator
        self._lose(code, reason, initiator)  # What was closed here keeps its own.

    def _lose(self, code: int, reason: str, initiator: Initiator | None) -> None:
        if self._state is not _CLOSED:
            self._end(code, reason, initiator)
            if self.on_disconnect is not None:
                self.on_disconnect()

    # What the extension does with it.

    @property
    def sending(self) -> Any:
        """What the server was given to send, while it has not taken it."""
        return self._sending

    def sweep(self) -> None:
        """Receive ahead if nobody has received since the last time."""
        self._idle_sweeps += 1
        if self._receiving or self._idle_sweeps < 2:
            return
        if not self._options.max_receive_queue:
            return
        if self._ahead is None:
            options = self._options
            self._ahead = ReceiveAhead(
                self._receive,
                options.max_receive_queue,
                options.max_message_size,
                self._note_disconnect,
            )
        self._ahead.fill()

    def stop(self) -> None:
        """Receive ahead no more, and tell nobody of the end."""
        self.on_disconnect = None
        if self._ahead is not None:
            self._ahead.stop()

    def _refuse(self, event_type: str) -> NoReturn:
        if self._state is _CONNECTING:
            verb = event_type.removeprefix("websocket.")
            raise OperationNotAllowed(f"Call accept() before you {verb} anything.")
        if self._state is _OPEN:
            raise OperationNotAllowed(
                "The handshake of this WebSocket was answered already."
            )
        raise self._disconnected()

    def _disconnected(self) -> WebSocketDisconnected:
        return WebSocketDisconnected(
            self._close_code, self._close_reason, self._initiator
        )


def _awaiting_task(awaitable: object | None) -> asyncio.Task[Any] | None:
    """Find the task that awaits something, through coroutines; None if it cannot be found."""
    for task in asyncio.all_tasks():
        step: Any = task.get_coro()
        while step is not None:
            if step is awaitable:
                return task
            step = getattr(step, "cr_await", None)
    return None
