"""A process that has one framework's application, and measures what it is told to.

It is started by `benchmarks._inprocess`, which lets all measure in turn. Each line that comes in is a case and
a number of units; each line that goes out is what came of it.
"""

from __future__ import annotations

import asyncio
import gc
import importlib
import json
import sys
from collections.abc import AsyncIterator, Iterable
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any, TextIO

from ._cases import CASES, Application, check

__all__ = ("lifespan", "loop_factory", "serve")

# Seconds that an order may take; an application that waits for what does not come is broken.
_TIMEOUT = 30.0


def loop_factory(name: str) -> Any:
    """Give what makes event loops: uvloop's, or asyncio's own."""
    if name == "asyncio":
        return asyncio.new_event_loop
    return importlib.import_module("uvloop").new_event_loop


def serve(peer: str, loop: str, orders: Iterable[str], out: TextIO) -> None:
    """Measure until there are no more orders.

    Args:
        peer: The name of a module in `benchmarks.apps`.
        loop: ``uvloop`` or ``asyncio``.
        orders: Lines with a JSON object each: ``case`` and ``count``.
        out: Where a line with ``seconds`` or ``error`` goes for each.
    """
    build = importlib.import_module(f"benchmarks.apps.{peer}").build
    apps: dict[str, Application] = {}
    with asyncio.Runner(loop_factory=loop_factory(loop)) as runner:
        started = AsyncExitStack()
        for line in orders:
            order = json.loads(line)
            case = CASES[order["case"]]
            try:
                if case.variant not in apps:
                    app = build(case.variant)
                    runner.run(started.enter_async_context(lifespan(app)))
                    apps[case.variant] = app
                seconds = runner.run(_measure(apps[case.variant], case.key, order))
                answer: dict[str, Any] = {"seconds": seconds}
            except Exception as exc:
                answer = {"error": f"{type(exc).__name__}: {exc}"}
            print(json.dumps(answer), file=out, flush=True)
        runner.run(started.aclose())


async def _measure(app: Application, key: str, order: dict[str, Any]) -> float:
    async with asyncio.timeout(order.get("timeout", _TIMEOUT)):
        if order.get("checks"):
            await check(app, key)
        gc.collect()
        return await CASES[key].run(app, order["count"])


@asynccontextmanager
async def lifespan(app: Application) -> AsyncIterator[None]:
    """Start an application, and stop it at the end."""
    events: asyncio.Queue[Any] = asyncio.Queue()
    answers: asyncio.Queue[Any] = asyncio.Queue()
    scope = {"type": "lifespan", "asgi": {"version": "3.0"}, "state": {}}
    task = asyncio.ensure_future(app(scope, events.get, answers.put))
    events.put_nowait({"type": "lifespan.startup"})
    answer = await answers.get()
    assert answer["type"] == "lifespan.startup.complete", answer
    try:
        yield
    finally:
        events.put_nowait({"type": "lifespan.shutdown"})
        await answers.get()
        await task


if __name__ == "__main__":
    serve(sys.argv[1], sys.argv[2], sys.stdin, sys.stdout)
