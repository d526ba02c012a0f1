"""A real Redis, for the tests of channels."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

pytest.register_assert_rewrite("falconws.channels.contract")

# Seconds that Redis may take to start, on a machine that is busy with other things.
PATIENCE = 20.0


class RedisServer:
    """A server in a process of its own, which is ended by its id.

    Attributes:
        port: Where it listens; the same after it was started again.
        path: Where it listens as well: a socket in the file system.
    """

    def __init__(self, directory: Path, *options: str) -> None:
        self.port = _free_port()
        self.path = directory / "redis.sock"
        self._directory = directory
        self._options = options
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"redis://127.0.0.1:{self.port}"

    def start(self) -> None:
        command = ["redis-server", "--port", str(self.port), "--bind", "127.0.0.1"]
        command += ["--dir", str(self._directory), "--unixsocket", str(self.path)]
        command += ["--save", "", "--appendonly", "no", "--loglevel", "warning"]
        command += self._options
        with (self._directory / "redis.log").open("ab") as log:
            self._process = subprocess.Popen(command, stdout=log, stderr=log)
        deadline = time.monotonic() + PATIENCE
        while not self._answers():
            if self._process.poll() is not None or time.monotonic() > deadline:
                log_text = (self._directory / "redis.log").read_text()
                pytest.fail(f"redis-server does not start:\n{log_text}")
            time.sleep(0.01)

    def _answers(self) -> bool:
        import redis

        try:
            return self.ask("PING") is not None
        except redis.ConnectionError:
            return False

    def ask(self, *words: Any) -> Any:
        """Send a command, and give the answer."""
        # Here, as tests of the rest of the package run without the extra.
        import redis

        client: Any = redis.Redis(port=self.port, socket_timeout=PATIENCE, protocol=2)
        try:
            return client.execute_command(*words)
        finally:
            client.close()

    def until(self, condition: Callable[[], bool]) -> None:
        """Wait until Redis says that something is so."""
        deadline = time.monotonic() + PATIENCE
        while not condition():
            assert time.monotonic() < deadline, (
                "Redis does not come to what is waited for"
            )
            time.sleep(0.005)

    def send_signal(self, number: signal.Signals) -> None:
        assert self._process is not None
        self._process.send_signal(number)

    def pause(self) -> None:
        """Let it do nothing: connections stay, and nobody answers."""
        self.send_signal(signal.SIGSTOP)

    def resume(self) -> None:
        self.send_signal(signal.SIGCONT)

    def kill(self) -> None:
        """End it at once, as a crash does; it need not run."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def require_redis() -> None:
    """Skip a test where there is no Redis; but not where all tests have to run."""
    if shutil.which("redis-server") is None:
        reason = "redis-server is not installed"
        if os.environ.get("CI"):
            pytest.fail(reason)
        pytest.skip(reason)


@pytest.fixture(scope="session")
def redis_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RedisServer]:
    """Give a Redis that all tests share, each with names of its own."""
    require_redis()
    server = RedisServer(tmp_path_factory.mktemp("redis"))
    server.start()
    yield server
    server.kill()


@pytest.fixture
def own_redis(tmp_path: Path) -> Iterator[RedisServer]:
    """Give a Redis that a test may do to what it likes."""
    require_redis()
    server = RedisServer(tmp_path)
    server.start()
    yield server
    server.kill()
