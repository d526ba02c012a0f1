"""The protocol that uvicorn hands WebSockets over to."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from uvicorn.logging import TRACE_LOG_LEVEL
from uvicorn.protocols.utils import get_remote_addr

from ..closing import check_close
from ._deflate import LEAST_DEFLATED, Deflater, Inflater
from ._frames import (
    MESSAGE_COST,
    End,
    FrameParser,
    close_frame,
    data_frame,
    deflated_frame,
    ping_frame,
    pong_frame,
    text_frame,
)
from ._keepalive import Keepalive
from ._opening import LINGER, LOGGER, Opening
from ._states import CLOSING, CONNECTING, OPEN, OVER
from .shared_frames import SharedFrame

if TYPE_CHECKING:
    from uvicorn.config import Config
    from uvicorn.server import ServerState

__all__ = ("WebSocketProtocol",)

# How many bytes of messages may be unread before the client has to wait, and then go on: as many
# as one read of a transport may bring anyway.
_MOST_UNREAD = 262144
_FEW_UNREAD = _MOST_UNREAD // 2

# Seconds for the client to answer a close frame. They begin anew while it still reads what it
# was sent.
_CLOSE_TIMEOUT = 10.0

# RFC 6455, 7.4.1.
_NO_STATUS, _ABNORMAL, _INTERNAL_ERROR, _RESTART = 1005, 1006, 1011, 1012


class WebSocketProtocol(Opening):
    """Serves a WebSocket: ``uvicorn --ws falconws.ws.server:WebSocketProtocol``.

    It serves any ASGI application, with the scope and the events that uvicorn's own protocols
    have, and the extension that `shared_frames` describes.
    """

    __slots__ = (
        "_deflater",
        "_disconnect",
        "_end",
        "_has_connected",
        "_keepalive",
        "_late_pong",
        "_messages",
        "_parser",
        "_waiter",
    )

    def __init__(
        self,
        config: Config,
        server_state: ServerState,
        app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None,
    ) -> None:
        """Begin with a connection that is about to be handed over.

        Args:
            config: What uvicorn was started with.
            server_state: What is shared by all connections.
            app_state: What the application has put into the state of its lifespan.
        """
        super().__init__(config, server_state, app_state, _loop)

        # What the client sends.
        self._messages: deque[str | bytes] = deque()
        self._parser: FrameParser | None = None
        self._waiter: asyncio.Future[None] | None = None
        self._has_connected = False
        self._end: End | None = None
        self._disconnect: dict[str, Any] | None = None

        # What it is sent.
        self._deflater: Deflater | None = None
        self._keepalive: Keepalive | None = None
        self._late_pong: bytes | None = None

    # What uvicorn and the transport call.

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Take over a transport; the request is yet to come."""
        self._transport = transport  # type: ignore[assignment]
        self._server_state.connections.add(self)  # type: ignore[arg-type]
        self._trace("made")

    def data_received(self, data: bytes) -> None:
        """Take what the client sends."""
        parser = self._parser
        if parser is None:
            self._take_early(data)
            return
        if self._keepalive is not None:
            self._keepalive.has_heard = True
        if parser.feed(data):
            self._take_controls(parser)
        if self._messages:
            waiter = self._waiter
            if waiter is not None and not waiter.done():
                waiter.set_result(None)
            if parser.unread > _MOST_UNREAD and not self._is_read_paused:
                self._is_read_paused = True
                self._transport.pause_reading()

    def eof_received(self) -> None:
        """Take note that nothing more comes; the transport closes then."""
        if self._state != OVER:
            self._lose(_ABNORMAL, "")
            self._end_output(LINGER)

    def resume_writing(self) -> None:
        """Let who waits for the client to read go on."""
        super().resume_writing()
        if self._late_pong is not None:
            self._send_pong(self._late_pong)

    def connection_lost(self, exc: Exception | None) -> None:
        """Take note that there is no client any more."""
        self._trace("lost")
        self._server_state.connections.discard(self)
        self._corked = None
        # 7.1.5: the code of a connection that has ended without a close frame.
        self._lose(_ABNORMAL, "")
        self._stop_timer()

    def shutdown(self) -> None:
        """End the connection, as the server stops.

        A response that the application has begun is left to it, as with HTTP.
        """
        self._is_shut_down = True
        if self._state == CONNECTING:
            self._respond(503, "The server is shutting down.\n")
        elif self._state == OPEN:
            self._write(close_frame(_RESTART))
            self._lose(_RESTART, "")
            self._end_output(LINGER, is_half=True)
        elif self._timer is not None:
            self._break_off_later(LINGER)

    def _trace(self, what: str) -> None:
        if LOGGER.isEnabledFor(TRACE_LOG_LEVEL):
            client = get_remote_addr(self._transport)
            prefix = f"{client[0]}:{client[1]} - " if client else ""
            LOGGER.log(TRACE_LOG_LEVEL, "%sWebSocket connection %s", prefix, what)

    # What the application calls.

    async def receive(self) -> dict[str, Any]:
        """Give the next event; the last is given again and again.

        Raises:
            RuntimeError: Another task waits for it already.
        """
        if not self._has_connected:
            self._has_connected = True
            return {"type": "websocket.connect"}
        messages = self._messages
        while not messages:
            if self._end is not None:
                self._answer_end()
            if self._disconnect is not None:
                return self._disconnect.copy()
            if self._corked is not None:
                self._flush()
            self._has_written = False
            if self._waiter is not None and not self._waiter.done():
                raise RuntimeError("Another task waits for the next event already.")
            self._waiter = waiter = self._loop.create_future()
            await waiter
        message = messages.popleft()
        parser = self._parser
        if parser is not None:
            parser.unread -= len(message) + MESSAGE_COST
            if self._is_read_paused and parser.unread <= _FEW_UNREAD:
                self._resume_reading()
        if isinstance(message, str):
            return {"type": "websocket.receive", "text": message}
        return {"type": "websocket.receive", "bytes": message}

    async def send(self, event: Mapping[str, Any]) -> None:
        """Take an event. All but a close wait while the client does not read.

        Raises:
            OSError: There is no client any more.
            RuntimeError: The event must not be sent now.
            ValueError: It has a close code, a reason or a header that must not be sent.
        """
        kind = event["type"]
        if self._is_write_paused and kind != "websocket.close":
            await self._drained()
        if self._state != OPEN:
            self._answer(event)
        elif kind == "websocket.send":
            payload = event.get("bytes")
            is_text = payload is None
            if payload is None:
                text = event.get("text")
                if text is None:
                    raise RuntimeError("A 'websocket.send' has neither text nor bytes.")
                payload = text.encode()
            if self._agreement is not None and len(payload) >= LEAST_DEFLATED:
                frame = self._deflate(payload, is_text)
            else:
                frame = text_frame(payload) if is_text else data_frame(payload)
            # Several frames of a burst are written at once: while there are messages left, or
            # something was written without a look at whether there are.
            if self._has_written or self._messages:
                self._cork(frame)
            else:
                self._has_written = True
                self._transport.write(frame)
        elif kind == "websocket.close":
            code, reason = event.get("code", 1000), event.get("reason") or ""
            # 7.1.5: a relay passes on that there was no code, by sending none.
            if code != _NO_STATUS or reason:
                check_close(code, reason)
            self._close(code, reason)
        else:
            raise RuntimeError(
                f"Expected ASGI message 'websocket.send' or 'websocket.close', but got '{kind}'."
            )

    def write_shared(self, frame: Any) -> bool:
        """Send a frame that many clients get, now; `shared_frames` has the contract.

        Returns:
            False if it was not sent, as the client does not read.

        Raises:
            OSError: There is no client any more.
            RuntimeError: Messages must not be sent now.
            TypeError: It is no shared frame.
        """
        if not isinstance(frame, SharedFrame):
            raise TypeError(
                f"A frame is what build() gives, not {type(frame).__name__}."
            )
        if self._state != OPEN:
            self._answer({"type": "websocket.send"})
        if self._is_write_paused:
            return False
        if self._has_written or self._messages:
            self._cork(frame.octets)
        else:
            self._has_written = True
            self._transport.write(frame.octets)
        return True

    def _deflate(self, payload: bytes, is_text: bool) -> bytes:
        if self._deflater is None:
            assert self._agreement is not None
            self._deflater = Deflater(self._agreement)
        return deflated_frame(self._deflater.deflate(payload), is_text)

    # A connection that is open.

    def _open(self, early: bytes) -> None:
        config, agreement = self._config, self._agreement
        inflater = None if agreement is None else Inflater(agreement)
        self._parser = FrameParser(self._messages, config.ws_max_size, inflater)
        if config.ws_ping_interval:
            self._keepalive = Keepalive(
                self, self._loop, config.ws_ping_interval, config.ws_ping_timeout
            )
        self._resume_reading()
        if early:
            self.data_received(early)

    def _take_controls(self, parser: FrameParser) -> None:
        for is_ping, payload in parser.controls:
            if is_ping:
                self._send_pong(payload)
            elif self._keepalive is not None:
                self._keepalive.take_pong(payload)
        parser.controls.clear()
        self._flush()
        if parser.end is not None:
            self._take_end(parser.end)

    def _send_pong(self, payload: bytes) -> None:
        # 5.5.3: who cannot answer all pings at once may answer the last of them. A client that
        # does not read would fill the memory otherwise.
        self._late_pong = payload if self._is_write_paused else None
        if not self._is_write_paused:
            self._cork(pong_frame(payload))

    def _take_end(self, end: End) -> None:
        """Take the last frame of the client, which need not be a close frame.

        Messages that came before it can still be answered: a close frame follows when they are
        read, or at the end of a time.
        """
        self._end = end
        self._parser = None
        if self._state != OPEN or not self._messages:
            self._answer_end()
            return
        self._stop_keepalive()
        self._tell(end.code, end.reason)
        self._timer = self._loop.call_later(_CLOSE_TIMEOUT, self._answer_end)

    def _answer_end(self) -> None:
        """Answer the last frame of the client, unless that is an answer itself (5.5.1)."""
        assert self._end is not None
        code, reason, has_failed = self._end
        if self._state == OPEN:
            self._write(close_frame(code, reason))
        self._lose(code, reason)
        self._end_output(LINGER, is_half=has_failed)

    # What keeps the connection alive.

    def send_ping(self, payload: bytes) -> None:
        """Send a ping of the server's own."""
        self._write(ping_frame(payload))

    def is_reading(self) -> bool:
        """Say whether what the client sends is being read."""
        return not self._is_read_paused

    def give_up(self) -> None:
        """End the connection, as the client has given no sign of life."""
        reason = "keepalive ping timeout"
        self._write(close_frame(_INTERNAL_ERROR, reason))
        self._lose(_INTERNAL_ERROR, reason)
        self._end_output(LINGER)

    # The end.

    def _close(self, code: int, reason: str) -> None:
        """Send a close frame, and wait for the client's (7.1.2)."""
        self._write(close_frame(code, reason))
        if self._end is not None:  # It was here before.
            has_failed = self._end.has_failed
            self._lose(code, reason)
            self._end_output(LINGER, is_half=has_failed)
            return
        self._state = CLOSING
        self._messages.clear()
        assert self._parser is not None
        self._parser.drop_messages()
        self._end_waiting()
        self._tell(code, reason)
        self._resume_reading()
        self._break_off_later(_CLOSE_TIMEOUT)

    def _lose(self, code: int, reason: str) -> None:
        """Take leave of the client, which is gone or is not listened to any more."""
        self._state = OVER
        self._parser = None
        self._end = None
        self._scope = None
        self._early = b""
        self._end_waiting()
        self._tell(code, reason)
        self._resume_reading()

    def _end_waiting(self) -> None:
        self._stop_keepalive()
        self._late_pong = None
        self.resume_writing()

    def _stop_keepalive(self) -> None:
        if self._keepalive is not None:
            self._keepalive.stop()
            self._keepalive = None

    def _tell(self, code: int, reason: str) -> None:
        """Tell the application that it is over, and how; the first time counts."""
        if self._disconnect is None:
            event = {"type": "websocket.disconnect", "code": code, "reason": reason}
            self._disconnect = event
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)
