"""``@before`` and ``@after`` on ``on_websocket``."""

from typing import Any

import pytest

from falconws.core import App, HTTPUnauthorized, Request, after, before
from falconws.testing import ASGIConductor
from falconws.ws import WebSocket, WebSocketDisconnected

Params = dict[str, Any]


async def log_in(
    req: Request, ws: WebSocket, resource: object, params: Params, name: str
) -> None:
    if req.get_header("X-User") != name:
        raise HTTPUnauthorized()
    ws.context.user = params["user"] = name


async def note(req: Request, ws: WebSocket, resource: "Room") -> None:
    resource.notes.append((ws.context.user, ws.ready))


class Room:
    def __init__(self) -> None:
        self.notes: list[tuple[str, bool]] = []

    @before(log_in, "Ada")
    @after(note)
    async def on_websocket(self, req: Request, ws: WebSocket, user: str) -> None:
        await ws.accept()
        await ws.send_text(f"Hello {user}")


@before(log_in, "Ada")
class Guarded:
    async def on_websocket(self, req: Request, ws: WebSocket, user: str) -> None:
        await ws.accept()
        await ws.send_text(f"Hello {user}")


@pytest.mark.parametrize("resource", [Room(), Guarded()], ids=["method", "class"])
async def test_a_hook_in_front_gives_the_responder_its_arguments(
    resource: object,
) -> None:
    app = App()
    app.add_route("/", resource)
    client = ASGIConductor(app).simulate_ws("/", headers={"X-User": "Ada"})
    async with client:
        assert await client.receive_text() == "Hello Ada"


@pytest.mark.parametrize("resource", [Room(), Guarded()], ids=["method", "class"])
async def test_a_hook_in_front_may_refuse_the_handshake(resource: object) -> None:
    app = App()
    app.add_route("/", resource)
    client = ASGIConductor(app).simulate_ws("/", headers={"X-User": "Eve"})
    with pytest.raises(WebSocketDisconnected):
        async with client:
            pass
    assert client.denial is not None
    assert client.denial.status_code == 401
    assert getattr(resource, "notes", []) == []


async def test_a_hook_behind_finds_the_socket_still_open() -> None:
    app, room = App(), Room()
    app.add_route("/", room)
    client = ASGIConductor(app).simulate_ws("/", headers={"X-User": "Ada"})
    async with client:
        await client.receive_text()
        with pytest.raises(WebSocketDisconnected) as caught:
            await client.receive_text()
    assert (caught.value.code, caught.value.initiator) == (1000, "server")
    assert room.notes == [("Ada", True)]
