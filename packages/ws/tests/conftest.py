"""A transport and a clock in memory, for the tests of `falconws.ws.server`."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from itertools import starmap
from typing import Any

import pytest


class Transport(asyncio.Transport):
    """Keeps what is written; its buffer has what a test says."""

    def __init__(self, **extra: Any) -> None:
        super().__init__(extra)
        self.written: list[bytes] = []
        self.calls: list[str] = []
        self.buffered = 0
        self.has_eof = True

    def write(self, data: bytes | bytearray | memoryview[Any]) -> None:
        assert "close" not in self.calls
        assert "write_eof" not in self.calls
        self.written.append(bytes(data))

    def is_closing(self) -> bool:
        return "close" in self.calls or "abort" in self.calls

    def get_write_buffer_size(self) -> int:
        return self.buffered

    def can_write_eof(self) -> bool:
        return self.has_eof

    def write_eof(self) -> None:
        self.calls.append("write_eof")

    def close(self) -> None:
        self.calls.append("close")

    def abort(self) -> None:
        self.calls.append("abort")

    def pause_reading(self) -> None:
        self.calls.append("pause_reading")

    def resume_reading(self) -> None:
        self.calls.append("resume_reading")


class Timer:
    def __init__(self, when: float, callback: Callable[..., None], args: Any) -> None:
        self.when = when
        self.callback = callback
        self.args = args
        self.is_cancelled = False

    def cancel(self) -> None:
        self.is_cancelled = True


class Clock:
    """An event loop whose time goes on when a test says so."""

    def __init__(self) -> None:
        self.now = 0.0
        self.timers: list[Timer] = []

    def __getattr__(self, name: str) -> Any:
        return getattr(asyncio.get_running_loop(), name)

    def call_later(self, delay: float, callback: Any, *args: Any) -> Timer:
        timer = Timer(self.now + delay, callback, args)
        self.timers.append(timer)
        return timer

    @property
    def waiting(self) -> list[float]:
        """How many seconds each timer has to go."""
        return sorted(
            timer.when - self.now for timer in self.timers if not timer.is_cancelled
        )

    def advance(self, seconds: float) -> None:
        """Let time pass, and call what is due."""
        self.now += seconds
        due = [timer for timer in self.timers if timer.when <= self.now]
        self.timers = [timer for timer in self.timers if timer.when > self.now]
        for timer in due:
            if not timer.is_cancelled:
                timer.callback(*timer.args)


class Client:
    """What is at the other end of a connection that an application is served by."""

    def __init__(
        self, app: Any, transport: Transport, clock: Clock, **config: Any
    ) -> None:
        # Here, as the other tests of the package run without the extra.
        from uvicorn.config import Config
        from uvicorn.server import ServerState

        from falconws.ws.server import WebSocketProtocol

        self.transport = transport
        self.clock = clock
        self.state = ServerState()
        self.state.default_headers = [(b"server", b"uvicorn")]
        options: dict[str, Any] = {"log_config": None, "ws_ping_interval": None}
        self.app_state = {"key": "value"}
        self.protocol: Any = WebSocketProtocol(
            Config(app, **options | config),
            self.state,
            self.app_state,
            clock,  # type: ignore[arg-type]
        )
        self.protocol.connection_made(transport)

    def request(self, *headers: str, target: str = "/") -> None:
        """Ask for a WebSocket."""
        lines = [f"GET {target} HTTP/1.1", "host: a.example", "connection: Upgrade"]
        lines += ["upgrade: websocket", "sec-websocket-version: 13"]
        lines += ["sec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==", *headers, "", ""]
        self.protocol.data_received("\r\n".join(lines).encode())

    async def open(self, *headers: str, target: str = "/") -> bytes:
        """Ask for one, and have it accepted; give the response."""
        self.request(*headers, target=target)
        await self.settle()
        response = self.take()
        assert response.startswith(b"HTTP/1.1 101 ")
        return response

    def feed(self, *frames: tuple[int, bytes]) -> None:
        """Send frames, each of a first byte and a payload."""
        self.protocol.data_received(b"".join(starmap(self.frame, frames)))

    @staticmethod
    def frame(first: int, payload: bytes) -> bytes:
        assert len(payload) < 65536
        size = len(payload)
        length = bytes((0x80 | size,)) if size < 126 else b"\xfe" + size.to_bytes(2)
        return bytes((first,)) + length + bytes(4) + payload

    async def settle(self) -> None:
        """Let the application do what it can do."""
        for _ in range(10):
            await asyncio.sleep(0)

    def take(self) -> bytes:
        """Take what was written."""
        octets = b"".join(self.transport.written)
        self.transport.written.clear()
        return octets

    async def leave(self) -> None:
        """Close the connection as a client does that has crashed, and let all end."""
        if not self.is_lost:
            self.is_lost = True
            self.protocol.connection_lost(None)
        await self.settle()

    is_lost = False


@pytest.fixture
async def serve(
    transport: Transport, clock: Clock
) -> AsyncIterator[Callable[..., Client]]:
    """Give a function that serves an application to a client; it ends with the test."""
    clients: list[Client] = []

    def run(app: Any, **config: Any) -> Client:
        clients.append(Client(app, transport, clock, **config))
        return clients[-1]

    yield run
    for client in clients:
        await client.leave()
        assert not client.state.connections
        assert not client.state.tasks
        assert clock.waiting == []


@pytest.fixture
def transport() -> Transport:
    return Transport()


@pytest.fixture
def clock() -> Clock:
    return Clock()


class App:
    """Accepts, and lets a test send and receive."""

    def __init__(self) -> None:
        self.scope: Any = None
        self.receive: Any = None
        self.send: Any = None
        self.ended = asyncio.Event()

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        self.scope, self.receive, self.send = scope, receive, send
        assert await receive() == {"type": "websocket.connect"}
        await send({"type": "websocket.accept"})
        await self.ended.wait()


@pytest.fixture
async def app() -> App:
    return App()


@pytest.fixture
async def client(serve: Callable[..., Client], app: App) -> AsyncIterator[Client]:
    found = serve(app)
    await found.open()
    yield found
    app.ended.set()
