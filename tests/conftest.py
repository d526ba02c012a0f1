"""What the tests that cross packages share: real servers."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

# How long anything of a server may take. It is for a machine that is busy with other things;
# what is waited for comes in a fraction of it.
PATIENCE = 30.0


class Server:
    """A server in a process of its own, ended by its id."""

    def __init__(self, command: list[str], cwd: Path) -> None:
        environment = {**os.environ, "PYTHONUNBUFFERED": "1"}
        self.process = subprocess.Popen(
            command,
            cwd=cwd,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,  # so that what it starts can be ended with it
        )
        self._lines: list[str] = []
        self._over = False
        self._news = threading.Condition()
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    @property
    def port(self) -> int:
        return int(self.wait_for(r"http://[\w.]+:(\d+)")[1])

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def ws_url(self) -> str:
        return f"ws://127.0.0.1:{self.port}"

    @property
    def output(self) -> str:
        with self._news:
            return "".join(self._lines)

    def wait_for(self, pattern: str) -> re.Match[str]:
        """Wait until the output matches a regular expression."""
        with self._news:
            arrived = self._news.wait_for(
                lambda: self._over or re.search(pattern, "".join(self._lines)),
                PATIENCE,
            )
            match = re.search(pattern, "".join(self._lines))
        if match is None:
            state = "ended" if arrived else f"ran for {PATIENCE:g} s"
            pytest.fail(
                f"The server {state} without saying {pattern!r}:\n{self.output}"
            )
        return match

    def stop(self, number: signal.Signals = signal.SIGINT) -> int:
        """Send a signal, and wait for the process to end."""
        if self.process.poll() is None:
            self.process.send_signal(number)
            try:
                self.process.wait(PATIENCE)
            except subprocess.TimeoutExpired:
                self._kill()
                pytest.fail(f"The server did not end on {number.name}:\n{self.output}")
        self._reader.join(PATIENCE)
        if self._reader.is_alive():  # somebody holds the other end of the pipe
            self._kill()
            pytest.fail(f"The server left processes behind:\n{self.output}")
        if self.process.stdout is not None:
            self.process.stdout.close()
        return self.process.returncode

    def _kill(self) -> None:
        """End the process and what it has started."""
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            with self._news:
                self._lines.append(line)
                self._news.notify_all()
        with self._news:
            self._over = True
            self._news.notify_all()


Serve = Callable[..., Server]


@pytest.fixture
def run_server() -> Iterator[Serve]:
    """Give a function that starts a command, and stop what it started at the end."""
    started: list[Server] = []

    def run(
        command: list[str], cwd: Path, ready: str = "Application startup complete"
    ) -> Server:
        server = Server(command, cwd)
        started.append(server)
        server.wait_for(ready)
        return server

    yield run
    for server in started:
        server.stop()


@pytest.fixture
def serve(run_server: Serve) -> Serve:
    """Give a function that serves an application with uvicorn on a free port."""

    def run(target: str, cwd: Path, *options: str, port: int = 0) -> Server:
        command = [
            sys.executable,
            "-m",
            "uvicorn",
            target,
            "--port",
            str(port),
            *options,
        ]
        return run_server(command, cwd)

    return run


@pytest.fixture
def free_port(free_ports: list[int]) -> int:
    """Give a port that nobody listens on, for a program that has to be told one."""
    return free_ports[0]


@pytest.fixture
def free_ports() -> list[int]:
    """Give three such ports."""
    probes = [socket.socket() for _ in range(3)]
    for probe in probes:
        probe.bind(("127.0.0.1", 0))
    ports: list[int] = [probe.getsockname()[1] for probe in probes]
    for probe in probes:
        probe.close()
    return ports
