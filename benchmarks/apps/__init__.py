"""One application, written for each framework in its own style.

Each module has ``build(variant)``, which gives the application; for servers there are
``build``, ``build_middleware`` and so on without arguments. An application has:

- ``GET /items/{item}``: ``{"item": item, "message": "hello, world"}``
- ``POST /echo``: the JSON document that it is sent
- ``POST /upload``: the size of the file that is in a form, as text
- ``GET /events/{kind}/{count}``: an event stream, whose source has each event ready, or waits
- a WebSocket at ``/ws`` that echoes text
- a WebSocket at ``/room``: ``N`` sends ``N`` messages to all who are there

The variant ``routes`` has 100 routes ``GET /area{number}/items/{item}``; ``middleware`` has three
components that set a header each. JSON is orjson's where a framework lets one choose.
"""

from __future__ import annotations

import asyncio

__all__ = ("AREAS", "BROADCAST", "EVENT", "HEADERS", "MESSAGE", "VARIANTS", "turn")

VARIANTS = ("plain", "routes", "middleware")
AREAS = 100
MESSAGE = "hello, world"
EVENT = "x" * 32
BROADCAST = "y" * 64
# What each of the three components sets.
HEADERS = ("x-first", "x-second", "x-third")


async def turn() -> None:
    """Wait for something that another callback of the event loop does."""
    loop = asyncio.get_running_loop()
    waiter: asyncio.Future[None] = loop.create_future()
    loop.call_soon(waiter.set_result, None)
    await waiter
