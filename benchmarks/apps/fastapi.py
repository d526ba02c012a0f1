"""The application, for FastAPI."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Annotated, Any

from fastapi import Body, FastAPI, Response, UploadFile
from fastapi.responses import PlainTextResponse
from fastapi.sse import EventSourceResponse, ServerSentEvent

from . import AREAS, EVENT, HEADERS, MESSAGE, turn
from .starlette import Header, OrjsonResponse, Room, count_upload, echo_text

__all__ = ("build",)


async def _item(item: str) -> Response:
    # A response of its own is sent as it is, without a detour by Pydantic.
    return OrjsonResponse({"item": item, "message": MESSAGE})


async def _echo(document: Annotated[dict[str, Any], Body()]) -> Response:
    return OrjsonResponse(document)


async def _upload(file: UploadFile) -> Response:
    return PlainTextResponse(await count_upload(file))


async def _events(kind: str, count: int) -> AsyncIterator[ServerSentEvent]:
    for _ in range(count):
        if kind == "waiting":
            await turn()
        yield ServerSentEvent(raw_data=EVENT)


def build(variant: str = "plain") -> Any:
    """Give the application."""
    app = FastAPI()
    app.get("/items/{item}")(_item)
    if variant == "routes":
        for number in range(AREAS):
            app.get(f"/area{number}/items/{{item}}")(_item)
    app.post("/echo")(_echo)
    app.post("/upload")(_upload)
    app.get("/events/{kind}/{count}", response_class=EventSourceResponse)(_events)
    app.websocket("/ws")(echo_text)
    app.websocket("/room")(Room().join)
    for name in HEADERS if variant == "middleware" else ():
        app.add_middleware(Header, name=name)
    return app
