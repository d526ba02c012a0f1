"""The application, for Falcon."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import falcon.asgi
import orjson
from falcon import media

from . import AREAS, BROADCAST, EVENT, HEADERS, MESSAGE, turn

__all__ = ("build",)


class _Items:
    async def on_get(self, req: Any, resp: Any, item: str) -> None:
        resp.media = {"item": item, "message": MESSAGE}


class _Echo:
    async def on_post(self, req: Any, resp: Any) -> None:
        resp.media = await req.get_media()

    async def on_websocket(self, req: Any, ws: Any) -> None:
        try:
            await ws.accept()
            while True:
                await ws.send_text(await ws.receive_text())
        except falcon.WebSocketDisconnected:
            pass


class _Upload:
    async def on_post(self, req: Any, resp: Any) -> None:
        size = 0
        async for part in await req.get_media():
            async for chunk in part.stream:
                size += len(chunk)
        resp.text = str(size)


class _Events:
    async def on_get(self, req: Any, resp: Any, kind: str, count: int) -> None:
        resp.sse = _waiting(count) if kind == "waiting" else _ready(count)


async def _ready(count: int) -> AsyncIterator[Any]:
    for _ in range(count):
        yield falcon.asgi.SSEvent(text=EVENT)


async def _waiting(count: int) -> AsyncIterator[Any]:
    for _ in range(count):
        await turn()
        yield falcon.asgi.SSEvent(text=EVENT)


class _Room:
    def __init__(self) -> None:
        self._members: set[Any] = set()

    async def on_websocket(self, req: Any, ws: Any) -> None:
        await ws.accept()
        self._members.add(ws)
        try:
            while True:
                for _ in range(int(await ws.receive_text())):
                    sends = [member.send_text(BROADCAST) for member in self._members]
                    await asyncio.gather(*sends)
        except falcon.WebSocketDisconnected:
            pass
        finally:
            self._members.discard(ws)


class _Header:
    def __init__(self, name: str) -> None:
        self._name = name

    async def process_request(self, req: Any, resp: Any) -> None:
        pass

    async def process_response(
        self, req: Any, resp: Any, resource: object, req_succeeded: bool
    ) -> None:
        resp.set_header(self._name, "1")


def build(variant: str = "plain") -> Any:
    """Give the application."""
    middleware = [_Header(name) for name in HEADERS] if variant == "middleware" else []
    app: Any = falcon.asgi.App(middleware=middleware)
    json = media.JSONHandler(dumps=orjson.dumps, loads=orjson.loads)
    app.req_options.media_handlers[falcon.MEDIA_JSON] = json
    app.resp_options.media_handlers[falcon.MEDIA_JSON] = json
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
