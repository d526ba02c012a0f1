"""What the tables have to show, and whether they do."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from ._results import BARE, FALCON, OURS, OWN, PEERS, Results, Row

__all__ = ("TARGETS", "Target", "Verdict", "judge")


@dataclass(frozen=True)
class Target:
    """A ratio that is to be reached.

    Attributes:
        label: What is to be.
        table: The key of a table.
        row: The key of a row.
        base: The peer that is compared with; None for all of them but the bare callable.
        least: How many times as good as the base to be. With a base of ``""``: at most
            this figure.
        peer: What is compared.
    """

    label: str
    table: str
    row: str
    base: str | None
    least: float
    peer: str = OURS


@dataclass(frozen=True)
class Verdict:
    """What became of a target.

    Attributes:
        target: It.
        figure: What was measured; None for nothing.
        met: Whether that is enough; None where nothing was measured.
        by_cpu: The same ratio by processor time, where that stands below a rate. It decides
            nothing, and on a machine that is busy otherwise it is the one to believe.
    """

    target: Target
    figure: float | None
    met: bool | None
    by_cpu: float | None = None


TARGETS = (
    Target("GET, parameter, JSON: 2.2x Falcon", "http", "get", FALCON, 2.2),
    Target("POST, JSON echo: 2.0x Falcon", "http", "post", FALCON, 2.0),
    Target(
        "WebSocket echo, one at a time: 5x Falcon",
        "websocket",
        "ping_pong",
        FALCON,
        5.0,
    ),
    Target("WebSocket echo, burst: 5x Falcon", "websocket", "burst", FALCON, 5.0),
    Target(
        "WebSocket echo, one at a time: ahead of every peer",
        "websocket",
        "ping_pong",
        None,
        1.0,
    ),
    Target(
        "WebSocket echo, burst: ahead of every peer", "websocket", "burst", None, 1.0
    ),
    Target("WebSocket connect: 4x Falcon", "websocket", "connect", FALCON, 4.0),
    Target("WebSocket connect: ahead of every peer", "websocket", "connect", None, 1.0),
    Target("SSE per event, ready: 1.5x Falcon", "sse", "events_ready", FALCON, 1.5),
    Target("SSE per event, waiting: 1.5x Falcon", "sse", "events_waiting", FALCON, 1.5),
    Target("uvicorn, GET: 0.90 of bare", "server-http", "get", BARE, 0.90),
    Target("uvicorn, POST: 0.90 of bare", "server-http", "post", BARE, 0.90),
    Target("uvicorn, echo: 0.95 of bare", "server-websocket", "echo-64-1", BARE, 0.95),
    Target(
        "our protocol, 64 B, window 1: 2.0x the default",
        "server-websocket",
        "echo-64-1",
        OURS,
        2.0,
        OWN,
    ),
    Target(
        "our protocol, 64 B, window 16: 3.0x the default",
        "server-websocket",
        "echo-64-16",
        OURS,
        3.0,
        OWN,
    ),
    Target(
        "our protocol, fan-out: 3.0x Falcon + gather on the default",
        "server-rooms",
        "fan-out",
        FALCON,
        3.0,
        OWN,
    ),
    Target(
        "our protocol, idle connection: under 14 KiB",
        "server-rooms",
        "memory",
        "",
        14.0,
        OWN,
    ),
)


def judge(results: Results, targets: Iterable[Target] = TARGETS) -> list[Verdict]:
    """Compare targets with what was measured."""
    return [_verdict(results, target) for target in targets]


def _verdict(results: Results, target: Target) -> Verdict:
    verdict = _judge(results.row(target.table, target.row), target)
    cpu = results.row(target.table, f"{target.row}-cpu")
    if cpu is None or not target.base:
        return verdict
    return replace(verdict, by_cpu=cpu.ratio(target.peer, target.base))


def _judge(row: Row | None, target: Target) -> Verdict:
    if row is None:
        return Verdict(target, None, None)
    if target.base == "":
        figure = row.best(target.peer)
        return Verdict(
            target, figure, None if figure is None else figure < target.least
        )
    bases = [target.base] if target.base else _rivals(row)
    ratios = [row.ratio(target.peer, base) for base in bases]
    known = [ratio for ratio in ratios if ratio is not None]
    if not known:
        return Verdict(target, None, None)
    return Verdict(target, min(known), min(known) >= target.least)


def _rivals(row: Row) -> list[str]:
    ours = {BARE, OURS}
    return [peer for peer in PEERS if peer not in ours and "+" not in peer]
