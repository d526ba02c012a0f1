"""`WebSocket`: a connection, as a responder sees it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable, Mapping
from contextlib import AbstractAsyncContextManager
from datetime import datetime
from typing import Any, NoReturn, TypeVar, overload

from falconws.core import Context, Event, OperationNotAllowed, Receive, Scope, Send
from falconws.core.headers import header_name, header_value, read_headers
from falconws.core.scopes import path_below_root
from falconws.media import PayloadTypeError
from falconws.media.typed import convert

from ._ahead import ReceiveAhead
from ._rate import TokenBucket
from ._state import State, next_state
from ._tasks import task_group
from .closing import CloseCode, check_close, check_code
from .errors import WebSocketDisconnected
from .options import WebSocketOptions
from .payload import WebSocketPayloadType

__all__ = ("WebSocket",)

_TEXT, _BINARY = WebSocketPayloadType

T = TypeVar("T")


class WebSocket:
    """A WebSocket connection.

    The client waits for `accept` or `close`. After `accept`, messages are sent and received
    until one side closes. From then on every call that needs the connection raises
    `WebSocketDisconnected`; a responder that does not catch it simply ends.

    Attributes:
        scope: The ASGI connection scope.
        heard: Set by every message that is received; `WebSocketOptions.idle_timeout` is kept
            by it.
    """

    __slots__ = (
        "__weakref__",
        "_ahead",
        "_bucket",
        "_close_code",
        "_close_reason",
        "_context",
        "_expires_at",
        "_given_up",
        "_headers",
        "_idle_sweeps",
        "_on_disconnect",
        "_options",
        "_receive",
        "_receiving",
        "_send",
        "_sending",
        "_state",
        "_subprotocols",
        "_watchers",
        "heard",
        "scope",
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
        self.scope = scope
        self._receive = receive
        self._send = send
        self._options = options or WebSocketOptions()
        self._state = State.CONNECTING
        self._receiving = False
        self._idle_sweeps = 0
        self.heard = False
        self._ahead: ReceiveAhead | None = None
        self._bucket: TokenBucket | None = None
        self._expires_at: float | None = None
        self._given_up: asyncio.Task[Any] | None = None
        self._sending: Any = None
        self._watchers: set[Callable[[], None]] | None = None
        self._on_disconnect: Callable[[], None] | None = None
        self._close_code: int | None = None
        self._close_reason = ""
        self._context: Context | None = None
        self._headers: dict[str, str] | None = None
        self._subprotocols: tuple[str, ...] | None = None

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
        return self._state is State.CONNECTING

    @property
    def ready(self) -> bool:
        """Whether the connection is open, as far as is known."""
        return self._state is State.OPEN

    @property
    def closed(self) -> bool:
        """Whether the connection is over, as far as is known."""
        return self._state is State.CLOSED

    @property
    def close_code(self) -> int | None:
        """The code that the connection was closed with; None while it is not."""
        return self._close_code

    @property
    def close_reason(self) -> str:
        """The reason that the connection was closed with; empty for none."""
        return self._close_reason

    @property
    def context(self) -> Context:
        """A place for the application's own data: ``ws.context.user = user``."""
        context = self._context
        if context is None:
            context = self._context = Context()
        return context

    @property
    def expires_at(self) -> float | None:
        """When the client's authorization ends, in seconds since 1970; None for never.

        The connection is closed with 1008 then. It may be set to a datetime that has a zone,
        and again when the client has renewed its authorization. Setting it raises
        `ValueError` for a datetime without a zone.
        """
        return self._expires_at

    @expires_at.setter
    def expires_at(self, moment: datetime | float | None) -> None:
        if isinstance(moment, datetime):
            if moment.tzinfo is None:
                raise ValueError(
                    "expires_at takes a datetime with a zone, such as datetime.now(UTC) + ..."
                )
            moment = moment.timestamp()
        self._expires_at = moment

    @property
    def path(self) -> str:
        """The path of the handshake, decoded, without root path and query string."""
        return path_below_root(self.scope)

    @property
    def query_string(self) -> str:
        """The query string of the handshake, without the ``?``."""
        raw: bytes = self.scope.get("query_string", b"")
        return raw.decode("utf-8", "replace")

    @property
    def headers(self) -> dict[str, str]:
        """The headers of the handshake, by their lower-case names."""
        headers = self._headers
        if headers is None:
            headers = self._headers = read_headers(self.scope)
        return headers

    @property
    def client_address(self) -> tuple[str, int] | None:
        """Host and port of the client; None if the server does not tell."""
        client = self.scope.get("client")
        return (client[0], client[1]) if client else None

    @property
    def subprotocols(self) -> tuple[str, ...]:
        """The subprotocols that the client offers, the one it likes best first."""
        subprotocols = self._subprotocols
        if subprotocols is None:
            subprotocols = self._subprotocols = tuple(
                self.scope.get("subprotocols") or ()
            )
        return subprotocols

    @property
    def supports_accept_headers(self) -> bool:
        """Whether the server can send headers with `accept` (ASGI WebSocket 2.1)."""
        return self._spec_version() >= (2, 1)

    def _spec_version(self) -> tuple[int, ...]:
        version: str = self.scope.get("asgi", {}).get("spec_version", "2.0")
        return tuple(int(part) for part in version.split("."))

    # Its beginning and end.

    async def accept(
        self,
        subprotocol: str | None = None,
        headers: Mapping[str, str] | Iterable[tuple[str, str]] | None = None,
    ) -> None:
        """Accept the handshake.

        Args:
            subprotocol: One of `subprotocols`; None for none.
            headers: Headers for the handshake's answer.

        Raises:
            OperationNotAllowed: It was accepted already, or the server cannot send headers.
            ValueError: The subprotocol is none that the client offers, or a header is not
                valid.
            WebSocketDisconnected: The client did not wait, or `close` was called.
        """
        opened = self._after("websocket.accept")
        event: Event = {"type": "websocket.accept"}
        if subprotocol is not None:
            # RFC 6455, 4.2.2: the server chooses among those that the client offers.
            if subprotocol not in self.subprotocols:
                raise ValueError(
                    f"The client does not offer the subprotocol {subprotocol!r}, but "
                    f"{list(self.subprotocols)!r}."
                )
            event["subprotocol"] = subprotocol
        if headers is not None:
            event["headers"] = self._accept_headers(headers)
        self._state = opened
        try:
            await self._send(event)
        except OSError as exc:
            raise self._broke_off() from exc

    def _accept_headers(
        self, headers: Mapping[str, str] | Iterable[tuple[str, str]]
    ) -> list[tuple[bytes, bytes]]:
        if not self.supports_accept_headers:
            raise OperationNotAllowed(
                "This server speaks ASGI WebSocket 2.0, which has no headers for accept(); see "
                "supports_accept_headers."
            )
        items = headers.items() if isinstance(headers, Mapping) else headers
        encoded = []
        for name, value in items:
            key = header_name(name)
            if key == "sec-websocket-protocol":
                raise ValueError("Choose a subprotocol by accept(subprotocol=...).")
            encoded.append(
                (key.encode("latin-1"), header_value(name, value).encode("latin-1"))
            )
        return encoded

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
        self._end(code, reason)
        try:
            await self._send(event)
        except OSError:
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
        denying = self._after("websocket.http.response.start")
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
        except OSError:
            pass  # The client was faster.
        self._end(None, "")

    def _end(self, code: int | None, reason: str) -> None:
        self._state = State.CLOSED
        self._close_code = code
        self._close_reason = reason
        if self._watchers is not None:
            for watcher in tuple(self._watchers):
                watcher()

    def tasks(self) -> AbstractAsyncContextManager[asyncio.TaskGroup]:
        """Run several tasks for the connection: ``async with ws.tasks() as group``.

        It is an `asyncio.TaskGroup` that ends with the connection: when one side closes, the
        tasks are cancelled, and the block raises `WebSocketDisconnected`. If one task fails,
        the others are cancelled, and the block raises what that task did, by itself and not in
        an exception group; a responder that does not catch it closes the connection with 1011.

        Raises:
            WebSocketDisconnected: The connection is over.
        """
        if self.closed:
            raise self._disconnected()
        if self._watchers is None:
            self._watchers = set()
        return task_group(self._watchers, self._disconnected)

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
        if self._state is not State.OPEN:
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
        except OSError as exc:
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
        if self._state is not State.OPEN:
            self._refuse("websocket.send")
        if self._sending is not None:
            await self._send_behind({"type": "websocket.send", "bytes": payload})
            return
        self._sending = sending = self._send(
            {"type": "websocket.send", "bytes": payload}
        )
        try:
            await sending
        except OSError as exc:
            raise self._broke_off() from exc
        except asyncio.CancelledError:
            self._check_given_up()
            raise
        finally:
            self._sending = None

    async def _send_behind(self, event: Event) -> None:
        """Send while another send waits for the client to read."""
        try:
            async with asyncio.timeout(self._options.send_timeout):
                await self._send(event)
        except TimeoutError:
            self._lose(1006, "")
            raise self._disconnected() from None
        except OSError as exc:
            raise self._broke_off() from exc

    def give_up(self) -> None:
        """Take the client for gone, as it does not read what is being sent to it.

        The send that waits for it raises `WebSocketDisconnected`, if its task can be found:
        there is no way to that from here but by looking who awaits it.
        """
        self._given_up = _awaiting_task(self._sending)
        self._lose(1006, "")
        if self._given_up is not None:
            self._given_up.cancel()

    def _check_given_up(self) -> None:
        """Tell `give_up` from a cancellation by anyone else."""
        task, self._given_up = self._given_up, None
        if task is not None and task.uncancel() == 0:
            raise self._disconnected() from None

    async def send_media(
        self,
        media: object,
        payload_type: WebSocketPayloadType = WebSocketPayloadType.TEXT,
    ) -> None:
        """Send an object, by the media handler for a kind of message.

        Args:
            media: What the handler takes.
            payload_type: ``TEXT`` for JSON, ``BINARY`` for MessagePack, unless
                ``media_handlers`` has others.

        Raises:
            OperationNotAllowed: `accept` was not called.
            WebSocketDisconnected: The connection is over.
        """
        payload = self._options.media_handlers[payload_type].serialize(media)
        if payload_type == WebSocketPayloadType.TEXT:
            await self.send_text(payload)
        else:
            await self.send_data(payload)

    async def send_json(self, obj: object) -> None:
        """Send an object as JSON, in a text message.

        Raises:
            TypeError: The object is of a type that JSON has no form for.
            OperationNotAllowed: `accept` was not called.
            WebSocketDisconnected: The connection is over.
        """
        await self.send_text(self._options.json_handler().serialize(obj))

    async def send_msgpack(self, obj: object) -> None:
        """Send an object as MessagePack, in a binary message.

        Raises:
            TypeError: The object is of a type that MessagePack has no form for.
            OperationNotAllowed: `accept` was not called.
            WebSocketDisconnected: The connection is over.
        """
        await self.send_data(self._options.msgpack_handler().serialize(obj))

    def _broke_off(self) -> WebSocketDisconnected:
        """Take note that the server could not send, and give the error for that."""
        # RFC 6455, 7.1.5: a connection that broke off has the code 1006.
        self._lose(1006, "")
        return self._disconnected()

    # Receiving.

    async def receive_text(self) -> str:
        """Receive a text message.

        Raises:
            PayloadTypeError: The next message is binary; it is lost.
            OperationNotAllowed: `accept` was not called.
            WebSocketDisconnected: The connection is over.
        """
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
        message = await self._receive_message()
        if isinstance(message, bytes):
            return message
        raise PayloadTypeError(
            "Expected a binary message, and the client sent a text one."
        )

    @overload
    async def receive_media(self) -> Any: ...
    @overload
    async def receive_media(self, kind: type[T]) -> T: ...

    async def receive_media(self, kind: Any = None) -> Any:
        """Receive an object, by the media handler for the kind of message that comes.

        Args:
            kind: A type for the object, such as a `msgspec.Struct`; None for dictionaries and
                lists. It takes ``falconws-media[msgspec]``.

        Raises:
            PayloadError: The message is not what the handler reads, or is not of the type.
                It is lost. A responder that does not catch it closes the connection with
                1007, and says what was wrong.
            OperationNotAllowed: `accept` was not called.
            WebSocketDisconnected: The connection is over.
        """
        message = await self._receive_message()
        payload_type = _TEXT if isinstance(message, str) else _BINARY
        media = self._options.media_handlers[payload_type].deserialize(message)
        return media if kind is None else convert(media, kind)

    async def receive_json(self) -> Any:
        """Receive JSON in a text message, as an object.

        Raises:
            PayloadError: The message is not JSON; it is a ValueError, and the message is
                lost.
            PayloadTypeError: The next message is binary; it is lost.
            OperationNotAllowed: `accept` was not called.
            WebSocketDisconnected: The connection is over.
        """
        return self._options.json_handler().deserialize(await self.receive_text())

    async def receive_msgpack(self) -> Any:
        """Receive MessagePack in a binary message, as an object.

        Raises:
            PayloadError: The message is not MessagePack; it is a ValueError, and the message
                is lost.
            PayloadTypeError: The next message is text; it is lost.
            OperationNotAllowed: `accept` was not called.
            WebSocketDisconnected: The connection is over.
        """
        return self._options.msgpack_handler().deserialize(await self.receive_data())

    async def __aiter__(self) -> AsyncIterator[str | bytes]:
        """Iterate over the messages until the connection is over: ``async for message in ws``."""
        while True:
            try:
                message = await self._receive_message()
            except WebSocketDisconnected:
                return
            yield message

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
                if self._state is not State.OPEN:
                    self._refuse("websocket.receive")
                event = await self._receive()
            else:
                event = await self._next_ahead(ahead)
        finally:
            self._receiving = False
            self._idle_sweeps = 0
        if event["type"] != "websocket.receive":
            self._note_disconnect(event)
            raise self._disconnected()
        self.heard = True
        message: str | bytes | None = event.get("text")
        if message is None:
            message = event["bytes"]
        options = self._options
        limit = options.max_message_size
        if limit is not None and len(message) > limit >> 2:
            # RFC 3629, 3: a character has four bytes at the most, so most need no counting.
            await self._check_size(message, limit)
        if options.rate_limit is not None:
            await self._check_rate(options.rate_limit)
        return message

    async def _check_size(self, message: str | bytes, limit: int) -> None:
        size = len(message) if isinstance(message, bytes) else len(message.encode())
        if size > limit:
            await self.close(
                CloseCode.MESSAGE_TOO_BIG, f"A message has at most {limit} bytes"
            )
            raise self._disconnected()

    async def _check_rate(self, limit: tuple[float, int]) -> None:
        if self._bucket is None:
            self._bucket = TokenBucket(*limit)
        if not self._bucket.take(asyncio.get_running_loop().time()):
            await self.close(CloseCode.POLICY_VIOLATION, "Too many messages")
            raise self._disconnected()

    async def _next_ahead(self, ahead: ReceiveAhead) -> Event:
        """Give the next event of those that were received ahead."""
        if self._state is State.CONNECTING:
            self._refuse("websocket.receive")
        if self.closed and ahead.empty:
            raise self._disconnected()
        return await ahead.next()

    def _note_disconnect(self, event: Event) -> None:
        """Take note that the client has left, once."""
        if next_state(self._state, event["type"]) is not State.CLOSED:
            raise OperationNotAllowed(
                f"The server sent {event['type']!r} to a WebSocket."
            )
        # What was closed here keeps its own code. ASGI, "Disconnect": it defaults to 1005.
        self._lose(event.get("code", 1005), event.get("reason") or "")

    def _lose(self, code: int, reason: str) -> None:
        if not self.closed:
            self._end(code, reason)
            if self._on_disconnect is not None:
                self._on_disconnect()

    # What the extension does with it.

    def watch(self, on_disconnect: Callable[[], None]) -> None:
        """Have a function called when the client leaves, at once if somebody receives.

        If nobody does it takes two calls of `sweep`.
        """
        self._on_disconnect = on_disconnect

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
            self._ahead = ReceiveAhead(
                self._receive, self._options.max_receive_queue, self._note_disconnect
            )
        self._ahead.fill()

    def stop(self) -> None:
        """Receive ahead no more."""
        if self._ahead is not None:
            self._ahead.stop()

    def _after(self, event_type: str) -> State:
        """Give the state that an event leads to.

        Raises:
            OperationNotAllowed: The event must not happen now.
            WebSocketDisconnected: It must not, as the connection is over.
        """
        state = next_state(self._state, event_type)
        if state is None:
            self._refuse(event_type)
        return state

    def _refuse(self, event_type: str) -> NoReturn:
        if self._state is State.CONNECTING:
            verb = event_type.removeprefix("websocket.")
            raise OperationNotAllowed(f"Call accept() before you {verb} anything.")
        if self._state is State.OPEN:
            raise OperationNotAllowed(
                "The handshake of this WebSocket was answered already."
            )
        raise self._disconnected()

    def _disconnected(self) -> WebSocketDisconnected:
        return WebSocketDisconnected(self._close_code, self._close_reason)


def _awaiting_task(awaitable: object | None) -> asyncio.Task[Any] | None:
    """Find the task that awaits something, through coroutines; None if it cannot be found."""
    for task in asyncio.all_tasks():
        step: Any = task.get_coro()
        while step is not None:
            if step is awaitable:
                return task
            step = getattr(step, "cr_await", None)
    return None
