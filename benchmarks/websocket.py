"""What a WebSocket costs in process: ``python -m benchmarks.websocket``.

A bare ASGI callable, falconws and Falcon serve the same echo, in turn, round by round. The best
round of each, in an event loop of its own, is compared with Falcon's. Behind that stands how many tasks there are for a
connection besides the one in which a server calls the application.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Any

import falcon.asgi

from falconws.core import App, Request
from falconws.testing import create_scope_ws
from falconws.ws import WebSocket

ROUNDS = 15
MESSAGES = 2000
IDLE = 100
# Seconds in which a connection that nobody reads is found to be one.
SETTLED = 1.0

Application = Callable[[Any, Any, Any], Awaitable[None]]

TEXT = {"type": "websocket.receive", "text": "x" * 32}
DISCONNECT = {"type": "websocket.disconnect", "code": 1000}


class Echo:
    async def on_websocket(self, req: Any, ws: Any) -> None:
        await ws.accept()
        try:
            while True:
                await ws.send_text(await ws.receive_text())
        except falcon.WebSocketDisconnected:
            pass  # falconws ends such a responder itself.


class Push:
    async def on_websocket(self, req: Request, ws: WebSocket) -> None:
        await ws.accept()
        await asyncio.Event().wait()


async def bare(scope: Any, receive: Any, send: Any) -> None:
    await receive()
    await send({"type": "websocket.accept"})
    while (event := await receive())["type"] == "websocket.receive":
        await send({"type": "websocket.send", "text": event["text"]})


def build(app: Any, resource: object) -> Application:
    app.add_route("/", resource)
    application: Application = app
    return application


async def drive(app: Application, receive: Any, send: Any) -> None:
    """Serve one connection as a server does."""
    await app(create_scope_ws("/"), receive, send)


async def burst(app: Application) -> float:
    """Give seconds per message when the next one is there already."""
    events = [{"type": "websocket.connect"}, *[TEXT] * MESSAGES, DISCONNECT]
    events.reverse()

    async def receive() -> Any:
        return events.pop()

    async def send(event: Any) -> None:
        pass

    started = time.perf_counter()
    await drive(app, receive, send)
    return (time.perf_counter() - started) / MESSAGES


async def ping_pong(app: Application) -> float:
    """Give seconds per message when each waits for the answer to the one before it."""
    loop = asyncio.get_running_loop()
    events = [{"type": "websocket.connect"}, *[TEXT] * MESSAGES, DISCONNECT]
    events.reverse()
    arrived = 1
    waiter: asyncio.Future[None] | None = None

    def deliver() -> None:
        nonlocal arrived
        arrived += 1
        if waiter is not None and not waiter.done():
            waiter.set_result(None)

    async def receive() -> Any:
        nonlocal arrived, waiter
        if not arrived:
            waiter = loop.create_future()
            await waiter
        arrived -= 1
        return events.pop()

    async def send(event: Any) -> None:
        loop.call_soon(deliver)

    started = time.perf_counter()
    await drive(app, receive, send)
    return (time.perf_counter() - started) / MESSAGES


async def connect(app: Application) -> float:
    """Give seconds per connection that opens and closes."""
    started = time.perf_counter()
    for _ in range(MESSAGES // 10):
        events = [DISCONNECT, {"type": "websocket.connect"}]

        async def receive(events: list[Any] = events) -> Any:
            return events.pop()

        async def send(event: Any) -> None:
            pass

        await drive(app, receive, send)
    return (time.perf_counter() - started) / (MESSAGES // 10)


async def tasks_when_idle(app: Application) -> float:
    """Give the number of tasks per open connection, without the server's own."""
    before = len(asyncio.all_tasks())

    async def serve() -> None:
        events = [{"type": "websocket.connect"}]

        async def receive() -> Any:
            return events.pop() if events else await asyncio.Event().wait()

        async def send(event: Any) -> None:
            pass

        await drive(app, receive, send)

    connections = [asyncio.create_task(serve()) for _ in range(IDLE)]
    await asyncio.sleep(SETTLED)
    count = len(asyncio.all_tasks()) - before
    for connection in connections:
        connection.cancel()
    await asyncio.gather(*connections, return_exceptions=True)
    return count / IDLE - 1


def main() -> None:
    apps: dict[str, Application] = {
        "Falcon": build(falcon.asgi.App(), Echo()),
        "falconws": build(App(), Echo()),
        "bare ASGI": bare,
    }
    print(f"{'':32}" + "".join(f"{name:>22}" for name in apps))
    measures = {
        "echo, one message at a time": ping_pong,
        "echo, the next one is there": burst,
        "open and close": connect,
    }
    for what, measure in measures.items():
        best = dict.fromkeys(apps, float("inf"))
        for _ in range(ROUNDS):
            for name, app in apps.items():
                best[name] = min(best[name], asyncio.run(measure(app)))
        cells = (
            f"{seconds * 1e6:8.2f} µs ({best['Falcon'] / seconds:4.1f}x)"
            for seconds in best.values()
        )
        print(f"{what:32}" + "".join(f"{cell:>22}" for cell in cells), flush=True)
    idle = [asyncio.run(tasks_when_idle(app)) for app in apps.values()]
    print(f"{'tasks of ours, echo, idle':32}" + "".join(f"{n:>22.1f}" for n in idle))
    pushing = asyncio.run(tasks_when_idle(build(App(), Push())))
    print(f"{'tasks of ours, nobody reads':32}{'':22}{pushing:>22.1f}")


if __name__ == "__main__":
    main()
