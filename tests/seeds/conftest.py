"""What the tests of the documents' programs share."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from tests.conftest import Serve, Server

PATIENCE = 30.0


@pytest.fixture
def programs() -> Path:
    """Give the folder that has a folder of programs for each document."""
    return Path(__file__).parent / "programs"


# For tests of WebSockets: with the protocol that uvicorn chooses, and with ours.
both_protocols = pytest.mark.parametrize(
    "protocol",
    ["auto", "falconws.ws.server:WebSocketProtocol"],
    ids=["auto", "ours"],
    indirect=True,
)


@pytest.fixture
def protocol(request: pytest.FixtureRequest) -> str:
    """Give what ``uvicorn --ws`` is to be; without `both_protocols`, uvicorn chooses."""
    chosen: str = getattr(request, "param", "auto")
    return chosen


@pytest.fixture
def run_server(run_server: Serve) -> Iterator[Serve]:
    """Start servers as elsewhere, and see in the end that none logged an error."""
    started: list[Server] = []

    def run(*args: Any, **kwargs: Any) -> Server:
        server = run_server(*args, **kwargs)
        started.append(server)
        return server

    yield run
    for server in started:
        server.stop()
        assert "ERROR" not in server.output
        assert "Traceback" not in server.output


@pytest.fixture
def serve(serve: Serve, protocol: str) -> Serve:
    """Serve as elsewhere, with one of the WebSocket protocols."""

    def run(target: str, cwd: Path, *options: str, port: int = 0) -> Server:
        return serve(target, cwd, *options, "--ws", protocol, port=port)

    return run


@pytest.fixture
def port_8000() -> int:
    """Give the port that programs have in their text, if nothing else is there."""
    try:
        with socket.create_connection(("localhost", 8000), PATIENCE):
            message = "Port 8000, which the program has in its text, is taken."
            if os.environ.get("CI"):
                pytest.fail(message)
            pytest.skip(message)
    except ConnectionRefusedError:
        return 8000


RunClient = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture
def run_client() -> RunClient:
    """Give a function that runs a client with lines to read from its standard input."""

    def run(path: Path, *lines: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, path],
            input="".join(f"{line}\n" for line in lines),
            capture_output=True,
            text=True,
            timeout=PATIENCE,
        )

    return run
