"""A bare ASGI callable: the least that there is to do, and so the limit."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from typing import Any

import orjson
from multipart import MultipartSegment, PushMultipartParser

from . import AREAS, BROADCAST, EVENT, HEADERS, MESSAGE, turn

__all__ = ("build",)

_Application = Callable[[Any, Any, Any], Awaitable[None]]
_FRAME = f"data: {EVENT}\n\n".encode()


def build(variant: str = "plain") -> _Application:
    """Give the application."""
    headers: list[tuple[bytes, bytes]] = []
    prefix = "/items/"
    if variant == "middleware":
        headers = [(name.encode(), b"1") for name in HEADERS]
    if variant == "routes":
        prefix = f"/area{AREAS - 1}/items/"
    room: dict[Any, Any] = {}

    async def application(scope: Any, receive: Any, send: Any) -> None:
        kind = scope["type"]
        path = scope["path"] if kind != "lifespan" else ""
        if kind == "lifespan":
            await _lifespan(receive, send)
        elif path.startswith(prefix):
            item = {"item": path[len(prefix) :], "message": MESSAGE}
            await _answer(send, orjson.dumps(item), headers)
        elif path == "/echo":
            await _answer(send, orjson.dumps(orjson.loads(await _read(receive))), [])
        elif path == "/upload":
            await _answer(send, str(await _upload(scope, receive)).encode(), [])
        elif path.startswith("/events/"):
            await _stream(send, "waiting" in path, int(path.split("/")[3]))
        elif path == "/room":
            await _serve_room(room, scope, receive, send)
        else:
            await _echo(receive, send)

    return application


async def _lifespan(receive: Any, send: Any) -> None:
    await receive()
    await send({"type": "lifespan.startup.complete"})
    await receive()
    await send({"type": "lifespan.shutdown.complete"})


async def _answer(
    send: Any, body: bytes, headers: Iterable[tuple[bytes, bytes]]
) -> None:
    await send(
        {
            "type": "http.response.start",
            "status": 200,
            "headers": [
                (b"content-type", b"application/json"),
                (b"content-length", b"%d" % len(body)),
                *headers,
            ],
        }
    )
    await send({"type": "http.response.body", "body": body})


async def _read(receive: Any) -> bytes:
    event = await receive()
    body: bytes = event["body"]
    while event["more_body"]:
        event = await receive()
        body += event["body"]
    return body


async def _upload(scope: Any, receive: Any) -> int:
    content_type = next(v for n, v in scope["headers"] if n == b"content-type")
    size = 0
    more = True
    with PushMultipartParser(content_type.partition(b"boundary=")[2]) as parser:
        while more:
            event = await receive()
            more = event["more_body"]
            for found in parser.parse(event["body"]):
                if found is not None and not isinstance(found, MultipartSegment):
                    size += len(found)
    return size


async def _stream(send: Any, waits: bool, count: int) -> None:
    headers = [(b"content-type", b"text/event-stream")]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    for _ in range(count):
        if waits:
            await turn()
        await send({"type": "http.response.body", "body": _FRAME, "more_body": True})
    await send({"type": "http.response.body", "body": b"", "more_body": False})


async def _echo(receive: Any, send: Any) -> None:
    await receive()
    await send({"type": "websocket.accept"})
    while (event := await receive())["type"] == "websocket.receive":
        await send({"type": "websocket.send", "text": event["text"]})


async def _serve_room(
    room: dict[Any, Any], scope: Any, receive: Any, send: Any
) -> None:
    await receive()
    await send({"type": "websocket.accept"})
    room[send] = scope["extensions"].get("falconws.shared_frame")
    while (event := await receive())["type"] == "websocket.receive":
        for _ in range(int(event["text"])):
            await _broadcast(room)
    del room[send]


async def _broadcast(room: dict[Any, Any]) -> None:
    event = {"type": "websocket.send", "text": BROADCAST}
    frame: Any = None
    waiting = []
    for send, shared in room.items():
        if shared is not None:
            frame = frame or shared["build"](BROADCAST)
            if shared["write"](frame):
                continue
        waiting.append(send(event))
    await asyncio.gather(*waiting)
    await asyncio.sleep(0)  # Each message is one that came by itself.
