"""What a WebSocket costs: ``python -m benchmarks.websocket``.

A bare ASGI callable, falconws and Falcon, in process: the time for messages and connections, as
``python -m benchmarks --tables websocket`` measures it. Behind that stands how many tasks there
are for a connection besides the one in which a server calls the application.
"""

from __future__ import annotations

import asyncio
import sys
from typing import Any

from falconws.core import App, Request
from falconws.testing import create_scope_ws
from falconws.ws import WebSocket

from .__main__ import main as compare
from ._cases import Application
from .apps import bare, falcon, falconws

IDLE = 100
# Seconds in which a connection that nobody reads is found to be one.
SETTLED = 1.0


class Push:
    async def on_websocket(self, req: Request, ws: WebSocket) -> None:
        await ws.accept()
        await asyncio.Event().wait()


def pushing() -> Application:
    app = App()
    app.add_route("/ws", Push())
    return app


async def tasks_when_idle(app: Application) -> float:
    """Give the number of tasks per open connection, without the server's own."""
    before = len(asyncio.all_tasks())

    async def serve() -> None:
        events = [{"type": "websocket.connect"}]

        async def receive() -> Any:
            return events.pop() if events else await asyncio.Event().wait()

        async def send(event: Any) -> None:
            pass

        await app(create_scope_ws("/ws"), receive, send)

    connections = [asyncio.create_task(serve()) for _ in range(IDLE)]
    await asyncio.sleep(SETTLED)
    count = len(asyncio.all_tasks()) - before
    for connection in connections:
        connection.cancel()
    await asyncio.gather(*connections, return_exceptions=True)
    return count / IDLE - 1


def main() -> None:
    chosen = ["--tables", "websocket", "--peers", "bare,falconws,falcon"]
    compare([*chosen, *sys.argv[1:]])
    apps = {
        "bare ASGI, echo": bare.build(),
        "falconws, echo": falconws.build(),
        "Falcon, echo": falcon.build(),
        "falconws, nobody reads": pushing(),
    }
    print("\nTasks for an idle connection besides the server's own")
    for name, app in apps.items():
        print(f"  {name:36}{asyncio.run(tasks_when_idle(app)):>12.1f}")


if __name__ == "__main__":
    main()
