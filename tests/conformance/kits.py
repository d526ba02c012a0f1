"""The same code with either kit for tests: `falcon.testing`, and `falconws.testing`."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Iterable
from inspect import iscoroutine
from types import SimpleNamespace
from typing import Any

import falcon
import falcon.testing

import falconws.core
import falconws.testing

__all__ = ("KITS", "app_of", "both", "outcome", "raw", "respond", "same", "telling")

KITS: tuple[tuple[Any, Any], ...] = (
    (falcon, falcon.testing),
    (falconws.core, falconws.testing),
)
"""Frameworks and their kits: theirs, and ours."""

Act = Callable[[Any, Any], Any]
"""Does something with a framework and its kit; may be a coroutine function."""

HTTP = Callable[[Any, Any, Any], Awaitable[None]]


def outcome(act: Act, framework: Any, kit: Any) -> Any:
    """Give what an act gives, or the name of what it raises."""
    try:
        value = act(framework, kit)
        return asyncio.run(_bounded(value)) if iscoroutine(value) else value
    except Exception as exc:
        return f"raised {type(exc).__name__}"


async def _bounded(value: Coroutine[Any, Any, Any]) -> Any:
    async with asyncio.timeout(20):
        return await value


def both(act: Act) -> tuple[Any, Any]:
    """Give what an act gives in Falcon, and here."""
    theirs, ours = (outcome(act, framework, kit) for framework, kit in KITS)
    return theirs, ours


def same(act: Act) -> Any:
    """Assert that an act gives the same in both, and give it."""
    theirs, ours = both(act)
    assert ours == theirs
    return ours


def app_of(framework: Any, middleware: object = None, **responders: Any) -> Any:
    """Make an App that has responders at ``/``."""
    app = framework.asgi.App(middleware=middleware)
    app.add_route("/", SimpleNamespace(**responders))
    return app


def telling(framework: Any, middleware: object = None) -> Any:
    """Make an App that tells what it was asked, at any path."""

    async def tell(req: Any, resp: Any, **params: Any) -> None:
        resp.set_header("X-Method", req.method)
        scope = req.scope
        client = [*scope["client"]] if "client" in scope else None
        body = await req.stream.read()
        resp.media = {
            "path": req.path,
            "query": req.query_string,
            "headers": {name.lower(): value for name, value in req.headers.items()},
            "type": req.content_type,
            "body": body.decode(errors="backslashreplace"),
            "host": req.host,
            "netloc": req.netloc,
            "scheme": req.scheme,
            "root_path": req.root_path,
            "cookies": req.cookies,
            "http_version": scope["http_version"],
            "remote_addr": client and client[0],
        }

    app = framework.asgi.App(middleware=middleware)
    app.add_sink(tell)
    return app


def raw(http: HTTP) -> Any:
    """Make an application of a function for requests."""

    async def app(scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "lifespan":
            await http(scope, receive, send)
            return
        while True:
            kind = (await receive())["type"]
            if kind in ("lifespan.startup", "lifespan.shutdown"):
                await send({"type": f"{kind}.complete"})
            if kind == "lifespan.shutdown":
                return

    return app


async def respond(
    send: Any,
    body: bytes,
    headers: Iterable[tuple[bytes, bytes]] = (),
    status: int = 200,
) -> None:
    """Send a whole response."""
    start = {"type": "http.response.start", "status": status, "headers": [*headers]}
    await send(start)
    await send({"type": "http.response.body", "body": body})
