"""The application, for BlackSheep."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import orjson
from blacksheep import Application, Request, Response, WebSocket, json, text
from blacksheep.server.routing import Router
from blacksheep.server.sse import ServerSentEventsResponse, TextServerSentEvent
from blacksheep.server.websocket import WebSocketDisconnectError
from blacksheep.settings.json import json_settings

from . import AREAS, BROADCAST, EVENT, HEADERS, MESSAGE, turn

__all__ = ("build",)


def _dumps(value: Any) -> str:
    return orjson.dumps(value).decode()


def _room() -> Any:
    members: set[WebSocket] = set()

    async def join(websocket: WebSocket) -> None:
        await websocket.accept()
        members.add(websocket)
        try:
            while True:
                for _ in range(int(await websocket.receive_text())):
                    sends = [member.send_text(BROADCAST) for member in members]
                    await asyncio.gather(*sends)
        except WebSocketDisconnectError:
            pass
        finally:
            members.discard(websocket)

    return join


async def _item(item: str) -> Response:
    return json({"item": item, "message": MESSAGE})


async def _echo(request: Request) -> Response:
    return json(await request.json())


async def _upload(request: Request) -> Response:
    size = 0
    async for part in request.multipart_stream():
        async for chunk in part.stream():
            size += len(chunk)
    return text(str(size))


async def _events(kind: str, count: int) -> Response:
    async def source() -> AsyncIterator[TextServerSentEvent]:
        for _ in range(count):
            if kind == "waiting":
                await turn()
            yield TextServerSentEvent(EVENT)

    return ServerSentEventsResponse(source)


async def _echo_text(websocket: WebSocket) -> None:
    await websocket.accept()
    try:
        while True:
            await websocket.send_text(await websocket.receive_text())
    except WebSocketDisconnectError:
        pass


def _header(name: str) -> Any:
    encoded = name.encode()

    async def middleware(request: Request, handler: Any) -> Response:
        response: Response = await handler(request)
        response.add_header(encoded, b"1")
        return response

    return middleware


def build(variant: str = "plain") -> Any:
    """Give the application."""
    settings: Any = json_settings
    settings.use(loads=orjson.loads, dumps=_dumps)
    app = Application(router=Router())
    router = app.router
    router.add_get("/items/{item}", _item)
    if variant == "routes":
        for number in range(AREAS):
            router.add_get(f"/area{number}/items/{{item}}", _item)
    router.add_post("/echo", _echo)
    router.add_post("/upload", _upload)
    router.add_get("/events/{kind}/{count}", _events)
    router.add_ws("/ws", _echo_text)
    router.add_ws("/room", _room())
    for name in HEADERS if variant == "middleware" else ():
        app.middlewares.append(_header(name))
    return app
