"""The tables that are measured on uvicorn: servers on one core, the load on another, in turn, round by round."""

from __future__ import annotations

import importlib
import importlib.util
import json
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson

from ._machine import find_wrk
from ._progress import Progress
from ._results import BARE, OURS, Row, Table
from ._servers import LOAD_CORE, Server, pin

__all__ = (
    "IDLE",
    "OWN",
    "TABLES",
    "Load",
    "client",
    "grown",
    "measure",
    "requests_of",
)

_ROOT = Path(__file__).parents[1]
OWN = "falconws.ws.server:WebSocketProtocol"

# Seconds beyond its own time that a load may take.
_PATIENCE = 90.0
_CONNECTIONS = 8
_CLIENTS = 500
_MESSAGES = 200
IDLE = 1000
_MEMORY_ROUNDS = 3
# Seconds in which a server does what it has put off.
_SETTLED = 0.5

TABLES = {
    "server-http": (
        "HTTP on uvicorn",
        "wrk with one thread and 64 connections. Below each rate stands the processor time that the server "
        "took for a request, which says more on a machine that is busy otherwise.",
    ),
    "server-websocket": (
        "WebSocket echo on uvicorn",
        f"{_CONNECTIONS} connections of a client in C, each with a window of messages that it has not had back. "
        "“Our protocol” is uvicorn with --ws falconws.ws.server:WebSocketProtocol.",
    ),
    "server-rooms": (
        "Many WebSockets on uvicorn",
        f"{_MESSAGES} messages of 64 bytes to {_CLIENTS} clients, each by asyncio.gather, and with our protocol by its "
        f"extension that frames a message once; connections that are opened and "
        f"closed, 16 at a time; and what the process grows by for one of {IDLE:,} idle connections.",
    ),
}

_SCRIPT = """
wrk.method = "POST"
wrk.headers["Content-Type"] = "application/json"
wrk.body = [[{}]]
"""
_DOCUMENT = orjson.dumps(
    {"id": 12345, "name": "Ada Lovelace", "tags": ["analyst", "poet"]}
)


@dataclass(frozen=True)
class Load:
    """How much.

    Attributes:
        rounds: How often each is measured.
        seconds: For how long.
        loop: What event loop servers and clients have.
    """

    rounds: int
    seconds: float
    loop: str


@dataclass(frozen=True)
class _Measurement:
    """A figure of a server.

    Attributes:
        key: As that of a row; with ``-cpu`` behind it, that of the row for processor time.
        label: Of the row.
        take: Loads a server; gives the count and the seconds.
    """

    key: str
    label: str
    take: Callable[[Server], dict[str, float]]


def measure(key: str, peers: Sequence[str], load: Load, progress: Progress) -> Table:
    """Measure a table of `TABLES`."""
    title, note = TABLES[key]
    table = Table(key, title, note)
    reason = _why_not(key)
    if reason:
        table.skipped = reason
        return table
    with ExitStack() as stack:
        servers: dict[str, Server] = {}
        failed: dict[str, str] = {}
        for peer, module, ws in _variants(key, peers):
            progress.show(f"{title}: starting", 0, load.rounds, peer)
            try:
                server = Server(module, load.loop, ws)
                servers[peer] = stack.enter_context(server)
            except RuntimeError as exc:
                failed[peer] = str(exc)
        for measurement in _measurements(key, load, stack):
            _fill(table, measurement, servers, load, progress)
    if key == "server-rooms":
        _fill_memory(table, list(_variants(key, peers)), load, progress)
    for row in table.rows:
        for peer, error in failed.items():
            row.cell(peer).error = error
    return table


def _why_not(key: str) -> str | None:
    if key == "server-http" and find_wrk() is None:
        return "There is no wrk on the path (Debian's package wrk), nor in WRK."
    if key != "server-http" and importlib.util.find_spec("picows") is None:
        return "There is no picows (uv run --group bench)."
    return None if Path("/proc/self/statm").exists() else "This needs Linux: /proc."


def _variants(key: str, peers: Sequence[str]) -> Iterator[tuple[str, str, str]]:
    """Give peers, the applications of theirs, and what uvicorn's ``--ws`` is to be."""
    yield from ((peer, peer, "auto") for peer in peers)
    if key != "server-http" and has_own_protocol():
        yield from ((f"{peer}+ws", peer, OWN) for peer in (BARE, OURS) if peer in peers)


def has_own_protocol() -> bool:
    """Say whether ``falconws.ws.server`` is there, with its dependencies."""
    module, _, name = OWN.partition(":")
    try:
        return hasattr(importlib.import_module(module), name)
    except ImportError:
        return False


def _measurements(key: str, load: Load, stack: ExitStack) -> Iterator[_Measurement]:
    if key == "server-http":
        script = stack.enter_context(tempfile.NamedTemporaryFile("w", suffix=".lua"))
        script.write(_SCRIPT.format(_DOCUMENT.decode()))
        script.flush()
        get = ["/items/42"]
        post = ["/echo", "--script", script.name]
        yield _Measurement("get", "GET, path parameter, JSON", _wrk(load, get))
        yield _Measurement("post", "POST, JSON echo", _wrk(load, post))
    elif key == "server-websocket":
        for size, shown in ((64, "64 B"), (16 * 1024, "16 KiB")):
            for window in (1, 16):
                arguments = ["echo", f"--size={size}", f"--window={window}"]
                arguments += [
                    f"--connections={_CONNECTIONS}",
                    f"--seconds={load.seconds}",
                ]
                label = f"{shown}, window {window}"
                take = client(load, arguments)
                yield _Measurement(f"echo-{size}-{window}", label, take)
    else:
        arguments = ["fan-out", f"--connections={_CLIENTS}", f"--messages={_MESSAGES}"]
        label = f"{_MESSAGES} messages to {_CLIENTS} clients"
        yield _Measurement("fan-out", label, client(load, arguments))
        arguments = ["connections", f"--connections={IDLE}"]
        yield _Measurement("connect", "connections", client(load, arguments))


def _fill(
    table: Table,
    measurement: _Measurement,
    servers: dict[str, Server],
    load: Load,
    progress: Progress,
) -> None:
    key, label = measurement.key, measurement.label
    rate = Row(key, label, "per second", "more")
    cpu = Row(f"{key}-cpu", f"{label}, processor time", "µs", "less")
    table.rows += [rate, cpu]
    for number in range(load.rounds + 1):
        for peer, server in servers.items():
            progress.show(f"{table.title}, {label}", number, load.rounds, peer)
            before = server.cpu()
            try:
                answer = measurement.take(server)
            except RuntimeError as exc:
                rate.cell(peer).error = f"{exc} {server.said()}".strip()
                cpu.cell(peer).error = rate.cell(peer).error
                continue
            used = server.cpu() - before
            if number and answer["count"]:  # The first round warms up.
                rate.cell(peer).rounds.append(answer["count"] / answer["seconds"])
                cpu.cell(peer).rounds.append(used / answer["count"] * 1e6)
                if "busy" in answer:
                    rate.cell(peer).load.append(answer["busy"])


def _wrk(load: Load, arguments: list[str]) -> Callable[[Server], dict[str, float]]:
    wrk = find_wrk()
    assert wrk is not None

    def take(server: Server) -> dict[str, float]:
        path, *rest = arguments
        # wrk takes whole seconds.
        seconds = max(1, round(load.seconds))
        command = [wrk, "-t1", "-c64", f"-d{seconds}s", *rest]
        said = _run([*command, f"http://127.0.0.1:{server.port}{path}"])
        return requests_of(said)

    return take


def requests_of(said: str) -> dict[str, float]:
    """Read what wrk says.

    Raises:
        RuntimeError: There were errors, or it said something else.
    """
    found = re.search(r"(\d+) requests in ([\d.]+)(ms|s|m)", said)
    if found is None or "Non-2xx" in said or "Socket errors" in said:
        raise RuntimeError(f"wrk said: {' '.join(said.split())[-200:]}")
    scale = {"ms": 1e-3, "s": 1.0, "m": 60.0}[found[3]]
    return {"count": float(found[1]), "seconds": float(found[2]) * scale}


def client(load: Load, arguments: list[str]) -> Callable[[Server], dict[str, float]]:
    """Give what puts the load of `benchmarks._load` on a server, and says what came of it."""

    def take(server: Server) -> dict[str, float]:
        command = [sys.executable, "-m", "benchmarks._load", *arguments]
        said = _run([*command, f"--port={server.port}", f"--loop={load.loop}"])
        answer: dict[str, float] = json.loads(said)
        return answer

    return take


def _run(command: list[str]) -> str:
    try:
        finished = subprocess.run(
            command,
            capture_output=True,
            text=True,
            cwd=_ROOT,
            timeout=_PATIENCE,
            preexec_fn=lambda: pin(LOAD_CORE),
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise RuntimeError("The load did not end in time.") from None
    if finished.returncode:
        raise RuntimeError(f"The load failed: {finished.stderr.strip()[-200:]}")
    return finished.stdout


def _fill_memory(
    table: Table,
    variants: Sequence[tuple[str, str, str]],
    load: Load,
    progress: Progress,
) -> None:
    row = Row("memory", "an idle connection", "KiB", "less")
    table.rows.append(row)
    rounds = min(load.rounds, _MEMORY_ROUNDS)
    for number in range(1, rounds + 1):
        for peer, module, ws in variants:
            progress.show(f"{table.title}, {row.label}", number, rounds, peer)
            try:
                # A new one: an old one has memory left over from what it served.
                with Server(module, load.loop, ws) as server:
                    row.cell(peer).rounds.append(grown(server, load) / IDLE)
            except (OSError, RuntimeError) as exc:
                row.cell(peer).error = str(exc)


def grown(server: Server, load: Load) -> float:
    """Give what a server grows by, in KiB, for so many connections."""
    arguments = ["idle", f"--connections={IDLE}", f"--port={server.port}"]
    command = [
        sys.executable,
        "-m",
        "benchmarks._load",
        *arguments,
        f"--loop={load.loop}",
    ]
    process: subprocess.Popen[str] = subprocess.Popen(
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=_ROOT,
        preexec_fn=lambda: pin(LOAD_CORE),
    )
    with process:
        try:
            before = _memory_when(process, "warm", server)
            return _memory_when(process, "open", server) - before
        finally:
            process.kill()


def _memory_when(process: Any, word: str, server: Server) -> float:
    if process.stdout.readline().strip() != word:
        raise RuntimeError("The clients did not connect.")
    time.sleep(_SETTLED)
    memory = server.memory()
    process.stdin.write("\n")
    process.stdin.flush()
    return memory
