"""Echoes, for the fuzzing client to talk to: a bare ASGI callable, and an App."""

from __future__ import annotations

from typing import Any

from falconws.core import App, Request
from falconws.ws import WebSocket, WebSocketOptions, WebSockets

__all__ = ("LARGEST", "bare", "framework")

LARGEST = 16 * 1024 * 1024
"""Bytes of the largest message that there is, in group 9."""


async def bare(scope: Any, receive: Any, send: Any) -> None:
    assert scope["type"] == "websocket"
    await receive()
    await send({"type": "websocket.accept"})
    while (event := await receive())["type"] == "websocket.receive":
        await send({**event, "type": "websocket.send"})


class Echo:
    async def on_websocket(self, req: Request, ws: WebSocket) -> None:
        await ws.accept()
        async for message in ws:
            if isinstance(message, str):
                await ws.send_text(message)
            else:
                await ws.send_data(message)


framework = App(extensions=[WebSockets(WebSocketOptions(max_message_size=LARGEST))])
framework.add_route("/", Echo())
