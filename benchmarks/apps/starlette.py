"""The application, for Starlette. It has no event streams: they are written by hand."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import orjson
from starlette.applications import Starlette
from starlette.datastructures import MutableHeaders, UploadFile
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import (
    JSONResponse,
    PlainTextResponse,
    Response,
    StreamingResponse,
)
from starlette.routing import BaseRoute, Route, WebSocketRoute
from starlette.websockets import WebSocket, WebSocketDisconnect

from . import AREAS, BROADCAST, EVENT, HEADERS, MESSAGE, turn

__all__ = ("Header", "OrjsonResponse", "Room", "build", "count_upload", "echo_text")

_FRAME = f"data: {EVENT}\n\n"


class OrjsonResponse(JSONResponse):
    """JSON by orjson."""

    def render(self, content: Any) -> bytes:
        return orjson.dumps(content)


class Header:
    """Middleware without `BaseHTTPMiddleware`, which Starlette's documents call slow."""

    def __init__(self, app: Any, name: str) -> None:
        self._app = app
        self._name = name

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def send_with_header(event: Any) -> None:
            if event["type"] == "http.response.start":
                MutableHeaders(scope=event)[self._name] = "1"
            await send(event)

        await self._app(scope, receive, send_with_header)


async def echo_text(ws: WebSocket) -> None:
    """Send back what comes."""
    await ws.accept()
    try:
        while True:
            await ws.send_text(await ws.receive_text())
    except WebSocketDisconnect:
        pass


class Room:
    """Sends messages to all who are there."""

    def __init__(self) -> None:
        self._members: set[WebSocket] = set()

    async def join(self, ws: WebSocket) -> None:
        await ws.accept()
        self._members.add(ws)
        try:
            while True:
                for _ in range(int(await ws.receive_text())):
                    sends = [member.send_text(BROADCAST) for member in self._members]
                    await asyncio.gather(*sends)
        except WebSocketDisconnect:
            pass
        finally:
            self._members.discard(ws)


async def count_upload(file: UploadFile) -> str:
    """Give the size of what is read."""
    size = 0
    while chunk := await file.read(64 * 1024):
        size += len(chunk)
    return str(size)


async def _item(request: Request) -> Response:
    return OrjsonResponse({"item": request.path_params["item"], "message": MESSAGE})


async def _echo(request: Request) -> Response:
    return OrjsonResponse(orjson.loads(await request.body()))


async def _upload(request: Request) -> Response:
    async with request.form() as form:
        file = form["file"]
        assert isinstance(file, UploadFile)
        return PlainTextResponse(await count_upload(file))


async def _events(request: Request) -> Response:
    waits = request.path_params["kind"] == "waiting"

    async def events() -> AsyncIterator[str]:
        for _ in range(request.path_params["count"]):
            if waits:
                await turn()
            yield _FRAME

    return StreamingResponse(events(), media_type="text/event-stream")


def build(variant: str = "plain") -> Any:
    """Give the application."""
    routes: list[BaseRoute] = [Route("/items/{item}", _item)]
    if variant == "routes":
        routes += [Route(f"/area{n}/items/{{item}}", _item) for n in range(AREAS)]
    routes += [
        Route("/echo", _echo, methods=["POST"]),
        Route("/upload", _upload, methods=["POST"]),
        Route("/events/{kind}/{count:int}", _events),
        WebSocketRoute("/ws", echo_text),
        WebSocketRoute("/room", Room().join),
    ]
    names = HEADERS if variant == "middleware" else ()
    return Starlette(
        routes=routes, middleware=[Middleware(Header, name=name) for name in names]
    )
