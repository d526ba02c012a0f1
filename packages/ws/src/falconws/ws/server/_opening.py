"""From the request to the answer: the application is called, and accepts, refuses or responds."""

from __future__ import annotations

import asyncio
import logging
from abc import abstractmethod
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from uvicorn.protocols.utils import (
    ClientDisconnected,
    get_client_addr,
    get_local_addr,
    get_path_with_query_string,
    get_remote_addr,
    is_ssl,
)

from ._deflate import Agreement
from ._handshake import BadHandshake, accept, agree, make_scope, parse_request
from ._output import Output
from ._responses import Denial, Headers, response
from ._states import CLOSING, CONNECTING, DENYING, OPEN, OVER
from .shared_frames import EXTENSION, build_shared_frame

if TYPE_CHECKING:
    from uvicorn.config import Config
    from uvicorn.server import ServerState

__all__ = ("LINGER", "LOGGER", "Opening")

LINGER = 2.0
"""Seconds for the client to close its side when nothing more is to be said. They begin anew
while it still reads what it was sent."""

LOGGER = logging.getLogger("uvicorn.error")

# How many bytes a client may send before it is answered; it has no reason to send any.
_MOST_EARLY = 65536

# RFC 6455, 7.4.1.
_NORMAL, _ABNORMAL, _INTERNAL_ERROR = 1000, 1006, 1011


class Opening(Output):
    """A connection that opens."""

    __slots__ = (
        "_agreement",
        "_app_state",
        "_config",
        "_denial",
        "_early",
        "_is_read_paused",
        "_is_shut_down",
        "_key",
        "_scope",
        "_server_state",
        "_state",
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
        super().__init__(_loop or asyncio.get_running_loop())
        if not config.loaded:
            config.load()
        self._config = config
        self._server_state = server_state
        self._app_state = app_state
        self._state: int = CONNECTING
        self._is_shut_down = False
        self._is_read_paused = False

        # Until it is answered.
        self._early = b""
        self._scope: dict[str, Any] | None = None
        self._key = b""
        self._agreement: Agreement | None = None
        self._denial: Denial | None = None

    @abstractmethod
    async def receive(self) -> dict[str, Any]:
        """Give the application the next event."""

    @abstractmethod
    async def send(self, event: Mapping[str, Any]) -> None:
        """Take an event of the application's."""

    @abstractmethod
    def write_shared(self, frame: Any) -> bool:
        """Take a frame of the application's."""

    @abstractmethod
    def _open(self, early: bytes) -> None:
        """Go on with frames, the first of which may be here."""

    @abstractmethod
    def _close(self, code: int, reason: str) -> None:
        """Begin to close a connection that is open."""

    @abstractmethod
    def _tell(self, code: int, reason: str) -> None:
        """Tell the application that it is over."""

    # The request.

    def _take_early(self, data: bytes) -> None:
        """Take what comes before the connection is open, and drop what comes when it is over."""
        if self._state not in (CONNECTING, DENYING):
            return
        self._early += data
        if self._scope is None:
            head, end, rest = self._early.partition(b"\r\n\r\n")
            if end:
                self._early = rest
                self._begin(head)
            elif len(self._early) > _MOST_EARLY:
                self._respond(400, "The head of the request is too long.\n")
        elif len(self._early) > _MOST_EARLY and not self._is_read_paused:
            self._is_read_paused = True
            self._transport.pause_reading()

    def _begin(self, head: bytes) -> None:
        """Check a request, and have the application answer it."""
        config, transport = self._config, self._transport
        try:
            request = parse_request(head)
            if config.ws_per_message_deflate:
                self._agreement = agree(request)
        except BadHandshake as exc:
            self._respond(exc.status, f"{exc}\n", exc.headers)
            return
        self._key = request.key
        self._scope = make_scope(
            request,
            config.root_path,
            asgi={"version": config.asgi_version, "spec_version": "2.4"},
            scheme="wss" if is_ssl(transport) else "ws",
            server=get_local_addr(transport),
            client=get_remote_addr(transport),
            state=self._app_state.copy(),
            extensions={
                "websocket.http.response": {},
                EXTENSION: {"build": build_shared_frame, "write": self.write_shared},
            },
        )
        task = self._loop.create_task(self._run(self._scope))
        self._server_state.tasks.add(task)
        task.add_done_callback(self._server_state.tasks.discard)

    # The application.

    async def _run(self, scope: dict[str, Any]) -> None:
        code = _NORMAL
        app: Any = self._config.loaded_app
        try:
            result = await app(scope, self.receive, self.send)
        except BaseException as exc:
            code = _INTERNAL_ERROR
            if not self._is_expected(exc):
                LOGGER.exception("Exception in ASGI application\n")
        else:
            if self._state == CONNECTING:
                LOGGER.error("ASGI callable returned without completing handshake.")
            elif self._state == DENYING:
                LOGGER.error("ASGI callable returned without completing response.")
            elif result is not None:
                message = "ASGI callable should return None, but returned '%s'."
                LOGGER.error(message, result)
        self._end_application(code)

    def _is_expected(self, exc: BaseException) -> bool:
        """Say whether an application may end with an exception."""
        # It has sent to a client that is gone. That of another connection may not be.
        if self._state == OVER and isinstance(exc, ClientDisconnected):
            return True
        # uvicorn cancels what does not end in time, and says so itself.
        return self._is_shut_down and isinstance(exc, asyncio.CancelledError)

    def _end_application(self, code: int) -> None:
        """End what the application has left open."""
        if self._state == OPEN:
            self._close(code, "")
        elif self._state == CONNECTING:
            self._respond(500, "Internal Server Error")
        elif self._state == DENYING:
            assert self._denial is not None
            if self._denial.has_begun:
                self._leave()  # The client sees that the response is not whole.
            else:
                self._respond(500, "Internal Server Error")

    # The answer.

    def _answer(self, event: Mapping[str, Any]) -> None:
        """Take an event that is not one of an open connection.

        Raises:
            ClientDisconnected: There is no client any more.
            RuntimeError: The event must not be sent now.
        """
        kind = event["type"]
        if self._state == OVER:
            raise ClientDisconnected
        if self._state == CLOSING:
            raise RuntimeError(
                f"Unexpected ASGI message '{kind}', after the connection was closed or refused."
            )
        if self._state == DENYING:
            self._go_on_denying(event)
        elif kind == "websocket.accept":
            self._accept(event)
        elif kind == "websocket.close":
            self._log_answer("403")
            self._respond(403)
        elif kind == "websocket.http.response.start":
            self._denial = Denial(event, self._server_state.default_headers)
            self._log_answer(str(self._denial.status))
            self._state = DENYING
        else:
            raise RuntimeError(
                "Expected ASGI message 'websocket.accept', 'websocket.close' or "
                f"'websocket.http.response.start', but got '{kind}'."
            )

    def _accept(self, event: Mapping[str, Any]) -> None:
        headers = [*self._server_state.default_headers, *event.get("headers", ())]
        octets = accept(self._key, self._agreement, event.get("subprotocol"), headers)
        self._log_answer("[accepted]")
        self._write(octets)
        self._state = OPEN
        self._scope = None  # It refers to us, and is of no more use.
        early, self._early = self._early, b""
        self._open(early)

    def _go_on_denying(self, event: Mapping[str, Any]) -> None:
        if event["type"] != "websocket.http.response.body":
            raise RuntimeError(
                "Expected ASGI message 'websocket.http.response.body', "
                f"but got '{event['type']}'."
            )
        assert self._denial is not None
        self._write(self._denial.encode_body(event))
        if self._denial.is_complete:
            self._leave()

    def _respond(self, status: int, text: str = "", headers: Headers = ()) -> None:
        """Answer with a response, and close."""
        headers = [*self._server_state.default_headers, *headers]
        self._write(response(status, headers, text))
        self._leave()

    def _leave(self) -> None:
        """Close a connection that has not become a WebSocket."""
        self._state = CLOSING
        self._scope = None
        self._early = b""
        # What uvicorn tells of a handshake that was refused.
        self._tell(_ABNORMAL, "")
        self._end_output(LINGER)

    def _resume_reading(self) -> None:
        if self._is_read_paused and not self._transport.is_closing():
            self._is_read_paused = False
            self._transport.resume_reading()

    def _log_answer(self, answer: str) -> None:
        if self._scope is not None and LOGGER.isEnabledFor(logging.INFO):
            scope: Any = self._scope
            client, path = get_client_addr(scope), get_path_with_query_string(scope)
            LOGGER.info('%s - "WebSocket %s" %s', client, path, answer)
