"""A handshake that is refused says why, and a page of another site is refused."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from websockets.exceptions import InvalidStatus

from .clients import opened
from .serving import SERVERS, Served, serving

APPLICATION = """
from falconws.core import App, HTTPUnauthorized


class Guarded:
    async def on_websocket(self, req, ws):
        raise HTTPUnauthorized(description="Log in first.")


class Echo:
    async def on_websocket(self, req, ws):
        await ws.accept()
        async for message in ws:
            await ws.send_text(message)


app = App(cors_enable=True)
app.add_route("/guarded", Guarded())
app.add_route("/echo", Echo())
"""


@pytest.fixture(scope="module", params=SERVERS)
def served(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Served]:
    folder: Path = tmp_path_factory.mktemp("refusing")
    with serving(APPLICATION, folder, request.param) as served:
        yield served


async def test_a_401_before_accept_reaches_the_client_with_its_body(
    served: Served,
) -> None:
    with pytest.raises(InvalidStatus) as caught:
        await opened(f"{served.ws_url}/guarded")
    response = caught.value.response
    assert response.status_code == 401
    assert response.headers["Content-Type"] == "application/json"
    assert json.loads(response.body or b"")["description"] == "Log in first."


async def test_a_page_of_another_site_gets_a_403_whatever_cors_allows(
    served: Served,
) -> None:
    with pytest.raises(InvalidStatus) as caught:
        await opened(f"{served.ws_url}/echo", origin="https://evil.example")
    assert caught.value.response.status_code == 403
    served.server.wait_for("allowed_origins")
    async with await opened(f"{served.ws_url}/echo", origin=served.url) as ws:
        await ws.send("hello")
        assert await ws.recv() == "hello"
