"""The application, for falconws."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

from falconws.core import App, Request, Response
from falconws.media import MultipartForm
from falconws.sse import SSEvent
from falconws.ws import WebSocket, broadcast

from . import AREAS, BROADCAST, EVENT, HEADERS, MESSAGE, turn

__all__ = ("build",)


class _Items:
    async def on_get(self, req: Request, resp: Response, item: str) -> None:
        resp.media = {"item": item, "message": MESSAGE}


class _Echo:
    async def on_post(self, req: Request, resp: Response) -> None:
        resp.media = await req.get_media()

    async def on_websocket(self, req: Request, ws: WebSocket) -> None:
        await ws.accept()
        while True:
            await ws.send_text(await ws.receive_text())


class _Upload:
    async def on_post(self, req: Request, resp: Response) -> None:
        form: MultipartForm = await req.get_media()
        size = 0
        async for part in form:
            async for chunk in part.stream:
                size += len(chunk)
        resp.text = str(size)


class _Events:
    async def on_get(self, req: Request, resp: Response, kind: str, count: int) -> None:
        resp.sse = _waiting(count) if kind == "waiting" else _ready(count)


async def _ready(count: int) -> AsyncIterator[SSEvent]:
    for _ in range(count):
        yield SSEvent(EVENT)


async def _waiting(count: int) -> AsyncIterator[SSEvent]:
    for _ in range(count):
        await turn()
        yield SSEvent(EVENT)


class _Room:
    def __init__(self) -> None:
        self._members: set[WebSocket] = set()

    async def on_websocket(self, req: Request, ws: WebSocket) -> None:
        await ws.accept()
        self._members.add(ws)
        try:
            async for count in ws:
                for _ in range(int(count)):
                    await broadcast(self._members, BROADCAST)
                    await asyncio.sleep(0)  # Each message is one that came by itself.
        finally:
            self._members.discard(ws)


class _Header:
    def __init__(self, name: str) -> None:
        self._name = name

    async def process_request(self, req: Request, resp: Response) -> None:
        pass

    async def process_response(
        self, req: Request, resp: Response, resource: object, req_succeeded: bool
    ) -> None:
        resp.set_header(self._name, "1")


def build(variant: str = "plain") -> Any:
    """Give the application."""
    middleware = [_Header(name) for name in HEADERS] if variant == "middleware" else []
    app = App(middleware=middleware)
    app.add_route("/items/{item}", _Items())
    if variant == "routes":
        for number in range(AREAS):
            app.add_route(f"/area{number}/items/{{item}}", _Items())
    app.add_route("/echo", _Echo())
    app.add_route("/ws", _Echo())
    app.add_route("/room", _Room())
    app.add_route("/upload", _Upload())
    app.add_route("/events/{kind}/{count:int}", _Events())
    return app
