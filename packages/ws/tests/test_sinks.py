"""Sinks that answer WebSockets."""

import re
from types import SimpleNamespace
from typing import Any

import pytest

from falconws.core import App, Request, Response
from falconws.testing import ASGIConductor
from falconws.ws import WebSocket, WebSocketHandlerNotFound, WebSocketPathNotFound


async def echo(
    req: Request, resp: Response | None, ws: WebSocket | None = None, **groups: Any
) -> None:
    if ws is None:
        assert resp is not None
        resp.media = groups
        return
    assert resp is None
    await ws.accept()
    await ws.send_media(groups)


async def never(req: Request, resp: Response, **groups: Any) -> None:
    raise AssertionError("A sink without an argument for it was given a WebSocket.")


async def test_a_sink_with_an_argument_ws_answers_websockets_and_requests() -> None:
    app = App()
    app.add_sink(echo, re.compile("/rooms/(?P<room>[a-z]+)"))
    async with ASGIConductor(app) as conductor:
        async with conductor.simulate_ws("/rooms/kitchen/window") as client:
            assert await client.receive_json() == {"room": "kitchen"}
        assert (await conductor.get("/rooms/hall")).json == {"room": "hall"}
        with pytest.raises(WebSocketPathNotFound):
            async with conductor.simulate_ws("/rooms/17"):
                pass


async def test_a_sink_without_it_is_not_asked() -> None:
    app = App()
    app.add_sink(never)
    with pytest.raises(WebSocketPathNotFound):
        async with ASGIConductor(app).simulate_ws("/anywhere"):
            pass
    app.add_sink(echo, "/any")
    app.add_sink(never, "/any")
    async with ASGIConductor(app).simulate_ws("/anywhere") as client:
        assert await client.receive_json() == {}


async def test_a_sink_whose_prefix_has_a_group_of_that_name_is_not_asked() -> None:
    app = App()
    app.add_sink(echo, re.compile("/(?P<ws>[a-z]+)"))
    with pytest.raises(WebSocketPathNotFound):
        async with ASGIConductor(app).simulate_ws("/a"):
            pass


async def test_a_route_goes_before_a_sink() -> None:
    app = App()
    app.add_sink(echo)
    app.add_route("/route", SimpleNamespace(on_get=never))
    with pytest.raises(WebSocketHandlerNotFound):
        async with ASGIConductor(app).simulate_ws("/route"):
            pass


async def test_hooks_hear_of_a_sink_but_not_of_a_resource() -> None:
    heard: list[object] = []

    class Listener:
        async def process_request_ws(self, req: Request, ws: WebSocket) -> None:
            heard.append("request")

        async def process_resource_ws(
            self, req: Request, ws: WebSocket, resource: object, params: dict[str, Any]
        ) -> None:
            heard.append("resource")

        async def process_response_ws(
            self, req: Request, ws: WebSocket, resource: object, req_succeeded: bool
        ) -> None:
            heard.append((resource, req_succeeded))

    app = App(middleware=Listener())
    app.add_sink(echo)
    async with ASGIConductor(app).simulate_ws("/") as client:
        await client.receive_json()
    assert heard == ["request", (None, True)]
