"""The servers that are tested, and how they are started."""

from __future__ import annotations

import socket
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.conftest import Server

__all__ = ("HTTP_SERVERS", "SERVERS", "Program", "Served", "serving")


@dataclass
class Program:
    """How a server is started."""

    command: str
    ready: str


SERVERS = {
    "uvicorn": Program(
        "uvicorn main:app --port {port} --ws websockets-sansio --loop uvloop",
        "Uvicorn running",
    ),
    "uvicorn-falconws": Program(
        "uvicorn main:app --port {port} --ws falconws.ws.server:WebSocketProtocol"
        " --loop uvloop",
        "Uvicorn running",
    ),
    "uvicorn-wsproto": Program(
        "uvicorn main:app --port {port} --ws wsproto --loop asyncio", "Uvicorn running"
    ),
    "hypercorn": Program(
        "hypercorn main:app --bind 127.0.0.1:{port} --workers 0", "Running on"
    ),
    "granian": Program(
        # A worker that is told to stop while it starts does not hear of it now and then.
        "granian --interface asgi main:app --port {port} --workers-kill-timeout 10",
        "Started worker",
    ),
}

# Our protocol changes nothing in how uvicorn serves HTTP, so tests of HTTP alone do without it.
HTTP_SERVERS = [name for name in SERVERS if name != "uvicorn-falconws"]


@dataclass
class Served:
    """An application that a server serves."""

    name: str
    server: Server
    port: int
    source: Path

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def ws_url(self) -> str:
        return f"ws://127.0.0.1:{self.port}"


@contextmanager
def serving(
    source: str, folder: Path, name: str, command: str | None = None
) -> Iterator[Served]:
    """Serve a program by one of `SERVERS`, or by a command; stop it at the end."""
    path = folder / "main.py"
    path.write_text(source)
    program = SERVERS[name]
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    words = (command or program.command).format(port=port).split()
    server = Server([sys.executable, "-m", *words], folder)
    try:
        server.wait_for(program.ready)
        yield Served(name, server, port, path)
    finally:
        server.stop()
