"""The tables that are measured in process: each peer in a process of its own, in turn, round by round."""

from __future__ import annotations

import json
import select
import subprocess
import sys
from collections.abc import Iterable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any

from ._cases import CASES, Case
from ._progress import Progress
from ._results import BARE, PEERS, Row, Table

__all__ = ("TABLES", "Worker", "measure", "measure_start")

ROOT = Path(__file__).parents[1]

# Seconds that an answer of a worker may take.
_TIMEOUT = 45.0


@dataclass(frozen=True)
class _Plan:
    title: str
    note: str
    unit: str
    cases: tuple[str, ...]
    # A case that takes long has fewer rounds.
    share: float = 1.0


TABLES = {
    "http": _Plan(
        "HTTP, in process",
        "Time per request. Each of the three middleware components sets a header.",
        "µs",
        ("get", "post", "routes", "middleware"),
    ),
    "websocket": _Plan(
        "WebSocket, in process",
        "Time per message of 64 bytes, and per connection. One at a time: each message waits for the "
        "answer to the one before; burst: the next one is there. From a page: the handshake has an "
        "Origin, which falconws compares with the host.",
        "µs",
        ("ping_pong", "burst", "connect", "connect_origin"),
    ),
    "sse": _Plan(
        "Server-Sent Events, in process",
        "Time per event of 32 characters. Starlette has no events: what it sends is framed by hand.",
        "µs",
        ("events_ready", "events_waiting"),
    ),
    "forms": _Plan(
        "Uploads, in process",
        "Time for a form with a file of 10 MiB, which is read in pieces and counted. Starlette, FastAPI and "
        "Litestar have all of it in a temporary file before the application sees it.",
        "ms",
        ("upload",),
        0.5,
    ),
}
_SCALES = {"µs": 1e6, "ms": 1e3}


class Worker:
    """A process that measures one peer."""

    def __init__(self, peer: str, loop: str) -> None:
        """Start it."""
        self.peer = peer
        self._process = subprocess.Popen(
            [sys.executable, "-m", "benchmarks._worker", peer, loop],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            cwd=ROOT,
        )

    def __enter__(self) -> Worker:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._process.kill()
        self._process.communicate()

    def ask(self, case: str, count: int, checks: bool = False) -> dict[str, Any]:
        """Give what came of a case: ``seconds``, or an ``error``."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        order = {"case": case, "count": count, "checks": checks}
        try:
            self._process.stdin.write(json.dumps(order).encode() + b"\n")
            self._process.stdin.flush()
            ready, _, _ = select.select([self._process.stdout], [], [], _TIMEOUT)
            line = self._process.stdout.readline() if ready else b""
        except OSError:
            line = b""
        if not line:
            self._process.kill()
            return {"error": "The process does not answer."}
        answer: dict[str, Any] = json.loads(line)
        return answer


def measure(
    key: str, peers: Sequence[str], rounds: int, loop: str, progress: Progress
) -> Table:
    """Measure a table of `TABLES`."""
    plan = TABLES[key]
    table = Table(key, plan.title, plan.note)
    rounds = max(1, round(rounds * plan.share))
    with ExitStack() as stack:
        workers = [stack.enter_context(Worker(peer, loop)) for peer in peers]
        for name in plan.cases:
            case = CASES[name]
            row = Row(case.key, case.label, plan.unit, "less")
            table.rows.append(row)
            _fill(row, case, workers, rounds, _SCALES[plan.unit], progress, plan.title)
    return table


def _fill(
    row: Row,
    case: Case,
    workers: Iterable[Worker],
    rounds: int,
    scale: float,
    progress: Progress,
    title: str,
) -> None:
    for (
        worker
    ) in workers:  # A round that is not counted: caches fill, and answers are checked.
        progress.show(f"{title}, {case.label}", 0, rounds, worker.peer)
        row.cell(worker.peer).error = worker.ask(case.key, case.count, True).get(
            "error"
        )
    working = [each for each in workers if row.cell(each.peer).error is None]
    for number in range(1, rounds + 1):
        progress.show(f"{title}, {case.label}", number, rounds)
        for worker in working:
            answer = worker.ask(case.key, case.count)
            if "seconds" in answer:
                row.cell(worker.peer).rounds.append(answer["seconds"] * scale)
            else:
                row.cell(worker.peer).error = answer["error"]


_IMPORTS = {
    BARE: "import asyncio",
    "falconws": "import falconws.core, falconws.ws, falconws.sse",
    "falcon": "import falcon.asgi",
    "starlette": "import starlette.applications, starlette.routing, starlette.responses, "
    "starlette.websockets",
    "fastapi": "import fastapi, fastapi.sse",
    "litestar": "import litestar, litestar.response",
    "blacksheep": "import blacksheep, blacksheep.server.sse",
}
_PACKAGES = [f"falconws.{name}" for name in ("media", "core", "ws", "sse", "testing")]
_TIMED = "import time; started = time.perf_counter()\n{}\nprint(time.perf_counter() - started)"
_START = """
import asyncio
from benchmarks._worker import lifespan
from benchmarks.apps.{} import build
async def start():
    async with lifespan(build("plain")):
        print(time.perf_counter() - started, flush=True)
asyncio.run(start())
"""


def measure_start(peers: Sequence[str], rounds: int, progress: Progress) -> Table:
    """Measure how long imports take, and applications until they serve."""
    table = Table(
        "start",
        "Imports and start",
        "In a new process each, without the interpreter's own start: importing what an application uses, "
        "all until the application of these benchmarks has started, and each of our packages alone, with what it imports.",
    )
    programs = {
        "import": ("imports", _IMPORTS),
        "start": ("until it serves", {peer: _START.format(peer) for peer in PEERS}),
    }
    for package in _PACKAGES:
        line = f"import {package}"
        programs[line] = (line, {"falconws": line})
    for key, (label, sources) in programs.items():
        row = Row(key, label, "ms", "less")
        table.rows.append(row)
        for number in range(rounds + 1):
            progress.show(f"{table.title}, {label}", number, rounds)
            for peer in (each for each in peers if each in sources):
                answer = _run(_TIMED.format(sources[peer]))
                if answer is None:
                    row.cell(peer).error = "The process failed."
                elif number:  # The first round compiles what is imported.
                    row.cell(peer).rounds.append(answer * 1e3)
    return table


def _run(program: str) -> float | None:
    finished = subprocess.run(
        [sys.executable, "-c", program],
        capture_output=True,
        text=True,
        cwd=ROOT,
        timeout=_TIMEOUT,
        check=False,
    )
    lines = finished.stdout.split()
    return float(lines[0]) if lines else None
