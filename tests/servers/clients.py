"""Clients of real servers."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any, TypeVar

from websockets.asyncio.client import ClientConnection, connect

from tests.conftest import PATIENCE

__all__ = (
    "ClientProcess",
    "frame",
    "connection",
    "opened",
    "retried",
    "stream",
    "upgraded",
)

T = TypeVar("T")

Connection = tuple[asyncio.StreamReader, asyncio.StreamWriter]


async def retried(attempt: Callable[[], Awaitable[T]]) -> T:
    """Try until the server listens: some say so before they do."""
    async with asyncio.timeout(PATIENCE):
        while True:
            try:
                return await attempt()
            except ConnectionRefusedError:
                await asyncio.sleep(0.05)


async def opened(url: str, **kwargs: Any) -> ClientConnection:
    """Connect a WebSocket."""

    async def attempt() -> ClientConnection:
        return await connect(url, **kwargs)

    return await retried(attempt)


@asynccontextmanager
async def connection(port: int) -> AsyncIterator[Connection]:
    """Connect by TCP, and break off at the end."""
    reader, writer = await retried(lambda: asyncio.open_connection("127.0.0.1", port))
    try:
        yield reader, writer
    finally:
        writer.transport.abort()
        await asyncio.sleep(0)  # the loop closes the socket now


@asynccontextmanager
async def stream(port: int, path: str) -> AsyncIterator[Connection]:
    """Send a GET, and read until the first piece of the body has come."""
    async with connection(port) as (reader, writer):
        request = f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n\r\n"
        writer.write(request.encode())
        async with asyncio.timeout(PATIENCE):
            head = await reader.readuntil(b"\r\n\r\n")
            assert b" 200 " in head, head
            await reader.readline()  # the length of the first chunk
        yield reader, writer


@asynccontextmanager
async def upgraded(
    port: int, path: str, answered: bool = True
) -> AsyncIterator[Connection]:
    """Send a handshake, for what no WebSocket client would do; wait for the answer."""
    async with connection(port) as (reader, writer):
        writer.write(
            f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nUpgrade: websocket\r\n"
            "Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
            "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n".encode()
        )
        if answered:
            async with asyncio.timeout(PATIENCE):
                head = await reader.readuntil(b"\r\n\r\n")
            assert b" 101 " in head, head
        yield reader, writer


def frame(opcode: int, payload: bytes) -> bytes:
    """Give a frame of up to 65,535 bytes, as a client sends it (RFC 6455, 5.2)."""
    mask = b"\x01\x02\x03\x04"
    length = len(payload)
    size = bytes([0x80 | length]) if length < 126 else b"\xfe" + length.to_bytes(2)
    masked = bytes(octet ^ mask[i % 4] for i, octet in enumerate(payload))
    return bytes([0x80 | opcode]) + size + mask + masked


_CLIENT = """
import sys
from websockets.sync.client import connect
with connect(sys.argv[1], ping_interval=None) as ws:
    print("connected", flush=True)
    ws.recv()
"""


class ClientProcess:
    """A WebSocket client in a process of its own, which can be killed."""

    def __init__(self, url: str) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-c", _CLIENT, url], stdout=subprocess.PIPE, text=True
        )
        assert self._process.stdout is not None
        assert self._process.stdout.readline() == "connected\n"

    def kill(self) -> None:
        """Kill the process, and wait until it is gone."""
        self._process.kill()
        self._process.wait(PATIENCE)
        assert self._process.stdout is not None
        self._process.stdout.close()
