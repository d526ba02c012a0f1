"""The rooms, for falconws with channels: what `benchmarks.channels` measures on uvicorn."""

from __future__ import annotations

import asyncio
import os
from typing import Any

from falconws.channels import Channels, MemoryBroker, Outbox
from falconws.core import App, Request
from falconws.ws import WebSocket

from . import BROADCAST

__all__ = ("build",)


class _Room:
    def __init__(self, channels: Channels) -> None:
        self._channels = channels

    async def on_websocket(self, req: Request, ws: WebSocket) -> None:
        await ws.accept()
        async with self._channels.subscribe("room", to=ws):
            async for count in ws:
                for _ in range(int(count)):
                    await self._channels.publish("room", BROADCAST)
                    await asyncio.sleep(0)  # Each message is one that came by itself.


def build(variant: str = "plain") -> Any:
    """Give the application; in the variable ``BENCHMARK_REDIS`` there may be a URL."""
    broker = os.environ.get("BENCHMARK_REDIS") or MemoryBroker(history=100)
    channels = Channels(broker, outbox=Outbox(messages=10_000))
    app = App(middleware=channels)
    app.add_route("/ws", _Room(channels))
    app.add_route("/room", _Room(channels))
    return app
