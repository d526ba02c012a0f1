"""uvicorn in a process of its own, on a core of its own."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from types import TracebackType

__all__ = ("LOAD_CORE", "SERVER_CORE", "Server", "pin")

_ROOT = Path(__file__).parents[1]

# Seconds that a server may take to listen, and to stop.
_PATIENCE = 20.0


def _cores() -> list[int]:
    if not hasattr(os, "sched_getaffinity"):
        return [0]
    return sorted(os.sched_getaffinity(0))


# Where there is one core only, they share it, and the figures say less.
LOAD_CORE = _cores()[0]
SERVER_CORE = _cores()[-1]


def pin(core: int) -> None:
    """Keep this process on a core, where the system can."""
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {core})


class Server:
    """A server of one peer's application."""

    def __init__(self, peer: str, loop: str, ws: str = "auto") -> None:
        """Start it.

        Args:
            peer: The name of a module in `benchmarks.apps`.
            loop: What uvicorn's ``--loop`` takes.
            ws: What uvicorn's ``--ws`` takes.

        Raises:
            RuntimeError: It does not come up; the message has what it said.
        """
        self.port = _free_port()
        self._said = tempfile.TemporaryFile("w+")
        command = f"-m uvicorn benchmarks.apps.{peer}:build --factory --host 127.0.0.1"
        command += f" --port {self.port} --loop {loop} --ws {ws} --log-level warning"
        self._process = subprocess.Popen(
            [sys.executable, *command.split(), "--no-access-log"],
            stdout=self._said,
            stderr=self._said,
            cwd=_ROOT,
            preexec_fn=lambda: pin(SERVER_CORE),
        )
        self.pid = self._process.pid
        self._await_start()

    def __enter__(self) -> Server:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._process.terminate()
        try:
            self._process.wait(_PATIENCE)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._said.close()

    def _await_start(self) -> None:
        deadline = time.monotonic() + _PATIENCE
        while self._process.poll() is None and time.monotonic() < deadline:
            try:
                socket.create_connection(("127.0.0.1", self.port), 1).close()
                return
            except OSError:
                time.sleep(0.05)
        said = self.said()
        self.__exit__(None, None, None)
        raise RuntimeError(f"The server does not start: {said}")

    def said(self) -> str:
        """Give the last of what the server wrote."""
        self._said.seek(0)
        return self._said.read().strip()[-300:]

    def cpu(self) -> float:
        """Give the seconds of processor time that it has used."""
        nanoseconds = 0
        for path in Path(f"/proc/{self.pid}/task").glob("*/schedstat"):
            nanoseconds += int(path.read_text().split()[0])
        return nanoseconds / 1e9

    def memory(self) -> float:
        """Give the memory that it has, in KiB."""
        pages = int(Path(f"/proc/{self.pid}/statm").read_text().split()[1])
        return pages * os.sysconf("SC_PAGE_SIZE") / 1024


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port
