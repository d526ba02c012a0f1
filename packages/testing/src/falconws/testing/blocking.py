"""`WebSocketSimulator`: a simulated WebSocket for tests without ``await``.

The event loop of the application runs in the caller's thread, and only during calls.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Awaitable, Callable, Iterator
from types import TracebackType
from typing import Any, ParamSpec, TypeVar

from falconws.core import OperationNotAllowed

from .conductor import ASGIConductor
from .errors import WebSocketDisconnected
from .result import Result
from .websocket import ASGIWebSocketSimulator
from .ws_messages import NORMAL_CODES

__all__ = ("BlockingSession", "WebSocketSimulator", "check_no_running_loop")

P = ParamSpec("P")
T = TypeVar("T")


def check_no_running_loop() -> None:
    """Refuse a call that would block a running event loop.

    Raises:
        RuntimeError: There is one, as in an ``async def`` test.
    """
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return
    raise RuntimeError(
        "TestClient cannot be used from a running event loop; write "
        "`async with client as conductor:`, and use that ASGIConductor: "
        "`await conductor.simulate_get(...)`, `async with conductor.simulate_ws(...)`."
    )


class BlockingSession(threading.local):
    """An event loop and a lifespan of an application, shared by whoever is inside of it.

    ``with session as conductor`` starts the application up if nobody was inside, and shuts it
    down as the last one leaves. Each thread has its own loop and lifespan.
    """

    def __init__(
        self,
        make_conductor: Callable[[], ASGIConductor],
        loop_factory: Callable[[], asyncio.AbstractEventLoop] = asyncio.new_event_loop,
    ) -> None:
        """Prepare it; nothing runs yet.

        Args:
            make_conductor: Gives a conductor that was not started.
            loop_factory: Gives the event loop.
        """
        self._make_conductor = make_conductor
        self._loop_factory = loop_factory
        self._holders = 0
        self._runner: asyncio.Runner | None = None
        self._conductor: ASGIConductor | None = None

    def __enter__(self) -> ASGIConductor:
        check_no_running_loop()
        if self._conductor is None:
            self._conductor = self._start()
        self._holders += 1
        return self._conductor

    def _start(self) -> ASGIConductor:
        # With a factory asyncio leaves the thread's own event loop alone.
        self._runner = asyncio.Runner(loop_factory=self._loop_factory)
        conductor = self._make_conductor()
        try:
            self.run(conductor.__aenter__)
        except BaseException:
            self._stop()
            raise
        return conductor

    def _stop(self) -> None:
        runner, self._runner, self._conductor = self._runner, None, None
        assert runner is not None  # _start() made it.
        runner.close()

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        tb: TracebackType | None,
    ) -> None:
        self._holders -= 1
        if self._holders:
            return
        assert self._conductor is not None  # __enter__ made it.
        try:
            self.run(self._conductor.__aexit__, exc_type, exc, tb)
        finally:
            self._stop()

    def run(
        self, function: Callable[P, Awaitable[T]], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """Call a coroutine function, and run the loop until it returns.

        Args:
            function: What to call.
            *args: Its arguments.
            **kwargs: Its arguments.

        Raises:
            RuntimeError: There is a running event loop.
            OperationNotAllowed: Nobody is inside of the session, in this thread.
        """
        check_no_running_loop()
        if self._runner is None:
            raise OperationNotAllowed(
                "The application does not run here; do this within the `with` block, and in "
                "its thread."
            )

        async def call() -> T:
            return await function(*args, **kwargs)

        return self._runner.run(call())


class WebSocketSimulator:
    """A WebSocket client for tests without ``await``: `ASGIWebSocketSimulator`, call by call.

    ``with client.simulate_ws("/chat") as ws`` starts the application up, connects, and waits for
    it to accept. The end of the block closes, waits for the application to return, and shuts it
    down. Sockets of one client that are open at the same time share one event loop and lifespan,
    also with the client's requests in between.

    The application runs during calls only: what it does about a `send_text` is done for certain
    when a later call has waited for it, such as a `receive_text`, or when the block has ended.
    ``for message in ws`` gives the messages up to a normal end of the connection.
    """

    def __init__(
        self,
        session: BlockingSession,
        make_socket: Callable[[ASGIConductor], ASGIWebSocketSimulator],
    ) -> None:
        """Prepare a connection; ``with`` opens it.

        Args:
            session: What the application runs in.
            make_socket: Gives a simulator that was not connected.

        Raises:
            RuntimeError: There is a running event loop, as in an ``async def`` test.
        """
        check_no_running_loop()
        self._session = session
        self._make_socket = make_socket
        self._opened: ASGIWebSocketSimulator | None = None

    def __enter__(self) -> WebSocketSimulator:
        if self._opened is not None:
            raise OperationNotAllowed(
                "This simulator was connected already; make another."
            )
        conductor = self._session.__enter__()
        try:
            self._opened = self._make_socket(conductor)
            self._session.run(self._opened.__aenter__)
        except BaseException as exc:
            self._session.__exit__(type(exc), exc, exc.__traceback__)
            raise
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        tb: TracebackType | None,
    ) -> None:
        try:
            self._session.run(self._socket.__aexit__, exc_type, exc, tb)
        finally:
            self._session.__exit__(exc_type, exc, tb)

    @property
    def _socket(self) -> ASGIWebSocketSimulator:
        if self._opened is None:
            raise OperationNotAllowed("Open the connection by `with`.")
        return self._opened

    @property
    def ready(self) -> bool:
        """Whether the connection is open."""
        return self._socket.ready

    @property
    def closed(self) -> bool:
        """Whether the connection is over, or was denied."""
        return self._socket.closed

    @property
    def subprotocol(self) -> str | None:
        """What the application chose; None for none."""
        return self._socket.subprotocol

    @property
    def headers(self) -> list[tuple[bytes, bytes]]:
        """The headers that the application accepted with."""
        return self._socket.headers

    @property
    def close_code(self) -> int | None:
        """As `ASGIWebSocketSimulator.close_code`."""
        return self._socket.close_code

    @property
    def close_reason(self) -> str:
        """The reason that the connection was closed with; empty for none."""
        return self._socket.close_reason

    @property
    def denial(self) -> Result | None:
        """The response that the handshake was denied with; None if it was not."""
        return self._socket.denial

    # Each of these is, and raises, what the method of that name is of `ASGIWebSocketSimulator`.

    def wait_closed(self, timeout: float | None = None) -> None:
        """Wait for the application to end the connection."""
        self._session.run(self._socket.wait_closed, timeout)

    def finish(self, timeout: float | None = None) -> None:
        """Wait for the application to return, and let out what it raised."""
        self._session.run(self._socket.finish, timeout)

    def close(self, code: int | None = 1000, reason: str | None = "") -> None:
        """Close the connection, as a client does."""
        self._session.run(self._socket.close, code, reason)

    def disconnect(self, code: int = 1006, reason: str = "") -> None:
        """Break off the connection, at any time."""
        self._session.run(self._socket.disconnect, code, reason)

    def vanish(self) -> None:
        """Be gone without a word, like a client whose network has gone."""
        self._session.run(self._socket.vanish)

    def send_text(self, payload: str) -> None:
        """Send a text message."""
        self._session.run(self._socket.send_text, payload)

    def send_data(self, payload: bytes | bytearray | memoryview) -> None:
        """Send a binary message."""
        self._session.run(self._socket.send_data, payload)

    def send_json(self, media: object) -> None:
        """Send an object as JSON, in a text message."""
        self._session.run(self._socket.send_json, media)

    def send_msgpack(self, media: object) -> None:
        """Send an object as MessagePack, in a binary message."""
        self._session.run(self._socket.send_msgpack, media)

    def receive(self, timeout: float | None = None) -> str | bytes:
        """Wait for a message, and give it."""
        return self._session.run(self._socket.receive, timeout)

    def receive_text(self, timeout: float | None = None) -> str:
        """Wait for a message, which has to be text."""
        return self._session.run(self._socket.receive_text, timeout)

    def receive_data(self, timeout: float | None = None) -> bytes:
        """Wait for a message, which has to be binary."""
        return self._session.run(self._socket.receive_data, timeout)

    def receive_json(self, timeout: float | None = None) -> Any:
        """Wait for a text message, and read it as JSON."""
        return self._session.run(self._socket.receive_json, timeout)

    def receive_msgpack(self, timeout: float | None = None) -> Any:
        """Wait for a binary message, and read it as MessagePack."""
        return self._session.run(self._socket.receive_msgpack, timeout)

    def __iter__(self) -> Iterator[str | bytes]:
        """Iterate over the messages until the connection is closed with 1000 or 1001."""
        while True:
            try:
                message = self.receive()
            except WebSocketDisconnected as exc:
                if exc.code in NORMAL_CODES:
                    return
                raise
            yield message
