"""A chat: rooms over WebSocket, a live feed over Server-Sent Events, history as JSON.

Run it with ``uv run examples/chat/app.py``, and open http://127.0.0.1:8000 in two windows.
"""

from __future__ import annotations

import asyncio
import itertools
import os
import time
from collections import deque
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import uvicorn

from falconws.core import MEDIA_HTML, App, HTTPNotFound, Request, Response
from falconws.sse import SSEvent
from falconws.ws import WebSocket, WebSocketDisconnected

PAGE = (Path(__file__).parent / "index.html").read_text(encoding="utf-8")
ROOMS = ("lobby", "python", "music", "random")
ROOM = r"""{room:re("[a-z0-9-]{1,24}", 0)}"""

Message = dict[str, Any]


class Feed:
    """What happens in the chat, for everyone who watches; the last of it is kept."""

    def __init__(self, keep: int = 200) -> None:
        # Ids begin anew with each start of the server, so each start has a name of its own.
        self.epoch = f"{time.time_ns():x}"
        self._past: deque[SSEvent] = deque(maxlen=keep)
        self._watchers: set[asyncio.Queue[SSEvent]] = set()
        self._numbers = itertools.count(1)

    def publish(self, kind: str, **data: Any) -> None:
        event_id = f"{self.epoch}-{next(self._numbers)}"
        data["time"] = time.time()
        event = SSEvent(json=data, event_type=kind, event_id=event_id)
        self._past.append(event)
        for watcher in self._watchers.copy():
            try:
                watcher.put_nowait(event)
            except asyncio.QueueFull:  # It resumes by itself, from the last id it has.
                self._watchers.discard(watcher)

    async def watch(self, last_id: str | None) -> AsyncIterator[SSEvent]:
        """Give what was missed since an event, then whatever comes."""
        past = list(self._past)
        ids = [event.event_id for event in past]
        queue: asyncio.Queue[SSEvent] = asyncio.Queue(100)
        self._watchers.add(queue)
        try:
            yield SSEvent(comment="welcome", retry=1000)
            for event in past[ids.index(last_id) + 1 if last_id in ids else 0 :]:
                yield event
            while queue in self._watchers:
                yield await queue.get()
        finally:
            self._watchers.discard(queue)


class Member:
    """Someone in a room. What is sent to them waits in an outbox, which has an end."""

    def __init__(self, name: str, ws: WebSocket) -> None:
        self.name = name
        self.ws = ws
        self._outbox: asyncio.Queue[Message | None] = asyncio.Queue(100)

    def send(self, message: Message) -> bool:
        """Put a message into the outbox; give False for a member who does not keep up."""
        try:
            self._outbox.put_nowait(message)
        except asyncio.QueueFull:
            while not self._outbox.empty():
                self._outbox.get_nowait()
            self._outbox.put_nowait(None)
            return False
        return True

    async def write(self) -> None:
        """Send what is in the outbox, for as long as the member is here."""
        try:
            while message := await self._outbox.get():
                await self.ws.send_json(message)
            await self.ws.close(1013, "Too slow; come back.")
        except WebSocketDisconnected:
            pass


class Room:
    """A room, the people in it, and what they last said."""

    def __init__(self, name: str, feed: Feed) -> None:
        self.name = name
        self.members: list[Member] = []
        self.history: deque[Message] = deque(maxlen=100)
        self._feed = feed
        self._numbers = itertools.count(1)

    def names(self) -> list[str]:
        return [member.name for member in self.members]

    def enter(self, wanted: str, ws: WebSocket) -> Member:
        names = itertools.chain([wanted], (f"{wanted} {n}" for n in itertools.count(2)))
        member = Member(next(name for name in names if name not in self.names()), ws)
        self.members.append(member)
        history = list(self.history)
        member.send({"type": "welcome", "you": member.name, "history": history})
        self._changed("join", member)
        return member

    def leave(self, member: Member) -> None:
        if member in self.members:
            self.members.remove(member)
            self._changed("leave", member)

    def say(self, member: Member, text: str) -> None:
        number = f"{self._feed.epoch}-{self.name}-{next(self._numbers)}"
        message = {"id": number, "name": member.name, "text": text, "time": time.time()}
        self.history.append(message)
        self.tell({"type": "message", **message})
        self._feed.publish("message", room=self.name, name=member.name)

    def tell(self, message: Message, but: Member | None = None) -> None:
        for member in self.members.copy():
            if member is not but and not member.send(message):
                self.leave(member)

    def _changed(self, kind: str, member: Member) -> None:
        self.tell({"type": "members", "members": self.names()})
        self._feed.publish(kind, room=self.name, name=member.name)


class Chat:
    """The rooms, as a resource."""

    def __init__(self, feed: Feed) -> None:
        self._feed = feed
        self.rooms = {name: Room(name, feed) for name in ROOMS}

    async def on_get(self, req: Request, resp: Response) -> None:
        rooms = self.rooms.values()
        resp.media = {"rooms": [{"name": r.name, "members": r.names()} for r in rooms]}

    async def on_get_history(self, req: Request, resp: Response, room: str) -> None:
        if room not in self.rooms:
            raise HTTPNotFound(description=f"There is no room {room!r}.")
        limit = req.get_param_as_int("limit", min_value=1, max_value=100, default=100)
        resp.media = {"room": room, "messages": list(self.rooms[room].history)[-limit:]}

    async def on_get_feed(self, req: Request, resp: Response) -> None:
        resp.sse = self._feed.watch(req.last_event_id)

    async def on_websocket_room(self, req: Request, ws: WebSocket, room: str) -> None:
        wanted = " ".join(req.get_param("name", default="").split())[:24] or "Somebody"
        await ws.accept()
        here = self.rooms.setdefault(room, Room(room, self._feed))
        member = here.enter(wanted, ws)
        writer = asyncio.create_task(member.write())
        try:
            while True:
                match await ws.receive_json():
                    case {"type": "typing"}:
                        here.tell({"type": "typing", "name": member.name}, but=member)
                    case {"type": "message", "text": str(text)} if text.strip():
                        here.say(member, text.strip()[:2000])
        finally:
            writer.cancel()
            here.leave(member)
            if not here.members and room not in ROOMS:
                self.rooms.pop(room, None)


class Page:
    async def on_get(self, req: Request, resp: Response) -> None:
        resp.content_type = MEDIA_HTML
        resp.text = PAGE


chat = Chat(Feed())
app = App()
app.add_route("/", Page())
app.add_route("/feed", chat, suffix="feed")
app.add_route("/rooms", chat)
app.add_route(f"/rooms/{ROOM}", chat, suffix="room")
app.add_route(f"/rooms/{ROOM}/history", chat, suffix="history")


if __name__ == "__main__":
    port = int(os.environ.get("PORT", "8000"))
    uvicorn.run(app, host="127.0.0.1", port=port, access_log=False)
