"""A chat: rooms over WebSocket, a live feed over Server-Sent Events, history as JSON.

Run it with ``uv run examples/chat/app.py``, and open http://127.0.0.1:8000 in two windows. With
``--redis redis://localhost:6379`` it is served by two processes, or by as many as ``--workers``
says, on one machine or on many: who writes in one is read in all.
"""

from __future__ import annotations

import argparse
import itertools
import os
import time
from pathlib import Path
from typing import Any

import uvicorn

from falconws.channels import Channels
from falconws.core import MEDIA_HTML, App, Request, Response
from falconws.ws import WebSocket

PAGE = (Path(__file__).parent / "index.html").read_text(encoding="utf-8")
ROOMS = ("lobby", "python", "music", "random")
ROOM = r"""{room:re("[a-z0-9-]{1,24}", 0)}"""


class Chat:
    """Rooms, each of which is a channel, with who is there; what happens in all is a feed."""

    def __init__(self, channels: Channels) -> None:
        self._channels = channels

    async def on_get(self, req: Request, resp: Response) -> None:
        """Give the rooms, and who is in them."""
        opened = await self._channels.history("rooms")
        names = dict.fromkeys([*ROOMS, *(message.data for message in opened.messages)])
        members = {name: await self._channels.users(f"room:{name}") for name in names}
        resp.media = {
            "rooms": [
                {"name": name, "members": members[name]}
                for name in names
                if name in ROOMS or members[name]
            ]
        }

    async def on_get_history(self, req: Request, resp: Response, room: str) -> None:
        """Give what was said; the WebSocket goes on behind the last id."""
        history = await self._channels.history(f"room:{room}")
        resp.media = {
            "messages": [{"id": m.id, "data": m.data} for m in history.messages],
            "last": str(history.position),
        }

    async def on_get_feed(self, req: Request, resp: Response) -> None:
        resp.sse = self._channels.events("feed", req.last_event_id)

    async def on_websocket_room(self, req: Request, ws: WebSocket, room: str) -> None:
        wanted = " ".join(req.get_param("name", default="").split())[:24] or "Somebody"
        channel, typing = f"room:{room}", f"typing:{room}"
        await ws.accept()
        here = await self._channels.users(channel)
        name = next(name for name in _names_like(wanted) if name not in here)
        after = {channel: last} if (last := req.get_param("after")) else None
        async with (
            self._channels.subscribe(typing, to=ws, envelope=True),
            self._channels.subscribe(
                channel, to=ws, after=after, envelope=True, user=name, presence=True
            ),
        ):
            members = await self._channels.users(channel)
            await ws.send_json({"type": "welcome", "you": name, "members": members})
            if room not in ROOMS and members == [name]:
                await self._channels.publish("rooms", room)
            await self._tell_feed("join", room, name)
            try:
                while True:
                    match await ws.receive_json():
                        case {"type": "typing"}:
                            await self._channels.publish(typing, {"name": name})
                        case {"type": "message", "text": str(text)} if text.strip():
                            await self._say(channel, name, text.strip()[:2000])
                            await self._tell_feed("message", room, name)
            finally:
                await self._tell_feed("leave", room, name)

    async def _say(self, channel: str, name: str, text: str) -> None:
        message = {"name": name, "text": text, "time": time.time()}
        await self._channels.publish(channel, message)

    async def _tell_feed(self, kind: str, room: str, name: str) -> None:
        event = {"room": room, "name": name, "time": time.time()}
        await self._channels.publish("feed", event, event_type=kind)


def _names_like(wanted: str) -> Any:
    return itertools.chain([wanted], (f"{wanted} {n}" for n in itertools.count(2)))


class Page:
    async def on_get(self, req: Request, resp: Response) -> None:
        resp.content_type = MEDIA_HTML
        resp.text = PAGE


# Without a URL, the messages of this process alone; uvicorn's workers are started with it.
channels = Channels(os.environ.get("CHAT_REDIS"))
chat = Chat(channels)
app = App(middleware=channels)
app.add_route("/", Page())
app.add_route("/feed", chat, suffix="feed")
app.add_route("/rooms", chat)
app.add_route(f"/rooms/{ROOM}", chat, suffix="room")
app.add_route(f"/rooms/{ROOM}/history", chat, suffix="history")


def main() -> None:
    parser = argparse.ArgumentParser(description="A chat, to be run and to be read.")
    parser.add_argument("--redis", metavar="URL", help="such as redis://localhost:6379")
    parser.add_argument(
        "--workers", type=int, help="processes (2 with --redis, else 1)"
    )
    options = parser.parse_args()
    if options.redis:
        os.environ["CHAT_REDIS"] = options.redis
    uvicorn.run(
        "app:app",
        app_dir=str(Path(__file__).parent),
        host="127.0.0.1",
        port=int(os.environ.get("PORT", "8000")),
        workers=options.workers or (2 if options.redis else 1),
        access_log=False,
    )


if __name__ == "__main__":
    main()
