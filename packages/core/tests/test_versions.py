import asyncio
from types import SimpleNamespace
from typing import Any

import pytest

from falconws.core import (
    App,
    Event,
    Request,
    Response,
    UnsupportedError,
    UnsupportedScopeError,
)
from falconws.testing import create_scope, create_scope_ws


async def ok(req: Request, resp: Response) -> None:
    resp.text = "ok"


async def serve(**scope: Any) -> list[Event]:
    app = App(extensions=())
    app.add_route("/", SimpleNamespace(on_get=ok))
    sent: list[Event] = []

    async def send(event: Event) -> None:
        sent.append(event)

    await app({**create_scope("/"), **scope}, asyncio.Event().wait, send)  # type: ignore[arg-type]
    return sent


@pytest.mark.parametrize(
    "scope",
    [
        {},
        *({"http_version": version} for version in ("1.0", "1.1", "2", "3", None)),
        *({"asgi": {"spec_version": version}} for version in ("2.0", "2.5", None)),
        {"asgi": {}},
        {"asgi": None},
    ],
)
async def test_known_versions_are_served(scope: dict[str, Any]) -> None:
    sent = await serve(**scope)
    assert [event.get("body") for event in sent] == [None, b"ok"]


@pytest.mark.parametrize("version", ["0.9", "1.2", "4"])
async def test_another_version_of_http_is_refused(version: str) -> None:
    with pytest.raises(UnsupportedError, match=f"HTTP {version} .*by HTTP 1.0, 1.1"):
        await serve(http_version=version)


@pytest.mark.parametrize("version", ["1.9", "3.0", "20.0"])
async def test_another_version_of_the_specification_is_refused(version: str) -> None:
    with pytest.raises(UnsupportedScopeError, match=f"version {version} .*2.x"):
        await serve(asgi={"version": "3.0", "spec_version": version})


class OtherScopes:
    """Serves WebSockets, and a scope type that no specification knows."""

    def install(self, app: App) -> None:
        for kind in ("websocket", "tick"):
            app.add_scope(kind, self.serve)

    async def serve(self, scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "served"})


async def test_each_scope_type_has_versions_of_its_own() -> None:
    app = App(extensions=[OtherScopes()])
    sent: list[Event] = []

    async def send(event: Event) -> None:
        sent.append(event)

    never: Any = asyncio.Event().wait
    await app({"type": "tick", "asgi": {"spec_version": "9.9"}}, never, send)
    await app(create_scope_ws("/"), never, send)
    assert len(sent) == 2
    with pytest.raises(UnsupportedError, match=r"websocket scope by HTTP 1\.0"):
        await app(create_scope_ws("/", http_version="1.0"), never, send)
    with pytest.raises(UnsupportedScopeError, match=r"1\.x and 2\.x"):
        await app({"type": "lifespan", "asgi": {"spec_version": "3.0"}}, never, send)
    with pytest.raises(UnsupportedScopeError, match="'tock'"):
        await app({"type": "tock"}, never, send)
