"""The application, for Litestar. Its JSON is msgspec's."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Annotated, Any

from litestar import Litestar, MediaType, get, post, websocket
from litestar.connection import WebSocket
from litestar.datastructures import MutableScopeHeaders, UploadFile
from litestar.enums import RequestEncodingType
from litestar.exceptions import WebSocketDisconnect
from litestar.middleware import DefineMiddleware
from litestar.params import Body
from litestar.response import ServerSentEvent, ServerSentEventMessage

from . import AREAS, BROADCAST, EVENT, HEADERS, MESSAGE, turn

__all__ = ("build",)

_Socket = WebSocket[Any, Any, Any]


class _Header:
    def __init__(self, app: Any, name: str) -> None:
        self._app = app
        self._name = name

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        async def send_with_header(event: Any) -> None:
            if event["type"] == "http.response.start":
                MutableScopeHeaders.from_message(event)[self._name] = "1"
            await send(event)

        await self._app(scope, receive, send_with_header)


def build(variant: str = "plain") -> Any:  # noqa: C901 - small handlers, one after another
    """Give the application."""
    areas = [f"/area{number}/items/{{item:str}}" for number in range(AREAS)]

    @get(["/items/{item:str}", *(areas if variant == "routes" else ())])
    async def item(item: str) -> dict[str, str]:
        return {"item": item, "message": MESSAGE}

    @post("/echo", status_code=200)
    async def echo(data: dict[str, Any]) -> dict[str, Any]:
        return data

    @post("/upload", status_code=200, media_type=MediaType.TEXT)
    async def upload(
        data: Annotated[
            dict[str, UploadFile], Body(media_type=RequestEncodingType.MULTI_PART)
        ],
    ) -> str:
        size = 0
        while chunk := await data["file"].read(64 * 1024):
            size += len(chunk)
        return str(size)

    @get("/events/{kind:str}/{count:int}")
    async def events(kind: str, count: int) -> ServerSentEvent:
        async def source() -> AsyncIterator[ServerSentEventMessage]:
            for _ in range(count):
                if kind == "waiting":
                    await turn()
                yield ServerSentEventMessage(data=EVENT)

        return ServerSentEvent(source())

    @websocket("/ws")
    async def echo_text(socket: _Socket) -> None:
        await socket.accept()
        try:
            while True:
                await socket.send_text(await socket.receive_text())
        except WebSocketDisconnect:
            pass

    members: set[_Socket] = set()

    @websocket("/room")
    async def room(socket: _Socket) -> None:
        await socket.accept()
        members.add(socket)
        try:
            while True:
                for _ in range(int(await socket.receive_text())):
                    sends = [member.send_text(BROADCAST) for member in members]
                    await asyncio.gather(*sends)
        except WebSocketDisconnect:
            pass
        finally:
            members.discard(socket)

    names = HEADERS if variant == "middleware" else ()
    return Litestar(
        route_handlers=[item, echo, upload, events, echo_text, room],
        middleware=[DefineMiddleware(_Header, name=name) for name in names],
        openapi_config=None,
        request_max_body_size=None,
    )
