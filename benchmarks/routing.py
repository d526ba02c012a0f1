"""What a request costs by the number of routes: ``python -m benchmarks.routing``.

Apps with 10, 100 and 1,000 routes serve the same requests in process, in turn, round by round.
The best round of each is compared with that of the App with 10.
"""

from __future__ import annotations

import asyncio
import time
from typing import Any

from falconws.core import App, Request, Response
from falconws.testing import create_scope

COUNTS = (10, 100, 1000)
ROUNDS = 15
REQUESTS = 2000

PATHS = {
    "no fields": "/area{last}/status",
    "a field": "/area{last}/items/7",
    "a complex segment": "/area{last}/files/report.pdf",
    "not found": "/nowhere/at/all",
}


class Resource:
    async def on_get(self, req: Request, resp: Response, **fields: Any) -> None:
        resp.text = "ok"


def build(count: int) -> App:
    """Make an App with a number of routes, of all kinds."""
    app = App(extensions=())
    resource = Resource()
    kinds = ("status", "items/{item:int}", "files/{name}.{kind}", "{a}/x/{b}/y", "")
    for number in range(count):
        area, kind = divmod(number, len(kinds))
        app.add_route(f"/area{area}/{kinds[kind]}", resource)
    return app


async def receive() -> Any:
    return {"type": "http.request", "body": b"", "more_body": False}


async def send(event: Any) -> None:
    pass


async def measure(app: App, path: str) -> float:
    """Give seconds per request."""
    scope = create_scope(path)
    started = time.perf_counter()
    for _ in range(REQUESTS):
        await app(scope, receive, send)
    return (time.perf_counter() - started) / REQUESTS


async def main() -> None:
    apps = {count: build(count) for count in COUNTS}
    print(f"{'':20}" + "".join(f"{f'{count:,} routes':>22}" for count in COUNTS))
    for name, template in PATHS.items():
        best = dict.fromkeys(COUNTS, float("inf"))
        for _ in range(ROUNDS):
            for count, app in apps.items():
                # The last area: a router that looks at one route after another is slowest there.
                path = template.format(last=count // 5 - 1)
                best[count] = min(best[count], await measure(app, path))
        cells = (
            f"{seconds * 1e6:9.2f} µs ({seconds / best[COUNTS[0]]:.2f}x)"
            for seconds in best.values()
        )
        print(f"{name:20}" + "".join(f"{cell:>22}" for cell in cells), flush=True)


if __name__ == "__main__":
    asyncio.run(main())
