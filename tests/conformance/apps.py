"""Small applications for either framework, and what becomes of them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from types import SimpleNamespace
from typing import Any

import falcon
import pytest

import falconws.core
from tests.conformance.differential import Build

__all__ = (
    "FRAMEWORKS",
    "answer",
    "both_raise",
    "drive",
    "raising",
    "saying",
    "with_routes",
)

FRAMEWORKS: tuple[Any, Any] = (falcon, falconws.core)
"""Theirs, and ours."""


async def answer(req: Any, resp: Any, **params: Any) -> None:
    """Respond with the route that was found."""
    resp.media = {"template": req.uri_template, "params": params}


def saying(text: str) -> Callable[..., Any]:
    """Make a responder, a sink or an error handler that answers with its name."""

    async def say(req: Any, resp: Any, *rest: Any, **params: Any) -> None:
        told = {name: str(value) for name, value in params.items()}
        resp.media = {"by": text, "params": told}

    return say


def with_routes(routes: Mapping[str, Mapping[str, Any]], **options: Any) -> Build:
    """Give the builder of an App.

    Args:
        routes: The responders of resources by their names, by URI template.
        **options: Arguments of the App.
    """

    def build(falcon: Any) -> Any:
        app = falcon.asgi.App(**options)
        for template, responders in routes.items():
            app.add_route(template, SimpleNamespace(**responders))
        return app

    return build


def raising(
    make: Callable[[Any], Exception],
    handlers: Callable[[Any], list[tuple[Any, Any]]] = lambda falcon: [],
) -> Build:
    """Give the builder of an App whose responder raises after it has begun to answer.

    Args:
        make: Gives the exception, for a framework.
        handlers: Gives exception types and their handlers, for a framework.
    """

    def build(falcon: Any) -> Any:
        async def on_get(req: Any, resp: Any, **params: Any) -> None:
            resp.text, resp.data, resp.media = "text", b"data", {"a": "medium"}
            resp.status = 207
            resp.set_header("X-Kept", "yes")
            raise make(falcon)

        app = falcon.asgi.App()
        app.add_route("/{field}", SimpleNamespace(on_get=on_get))
        for kinds, handler in handlers(falcon):
            app.add_error_handler(kinds, handler)
        return app

    return build


def both_raise(kind: str, act: Callable[[Any], object]) -> None:
    """Assert that in either framework an act raises an exception of a kind."""
    for framework in FRAMEWORKS:
        with pytest.raises(Exception) as caught:  # noqa: PT011 - its name is asserted
            act(framework)
        assert kind in {base.__name__ for base in type(caught.value).__mro__}


def drive(
    app: Any, scope: Mapping[str, Any], *events: Mapping[str, Any]
) -> tuple[list[Any], str | None]:
    """Serve a scope; give the events that were sent, and the name of what was raised."""
    sent: list[Any] = []
    left = [dict(event) for event in events]

    async def run() -> str | None:
        async def receive() -> Any:
            return left.pop(0) if left else await asyncio.Event().wait()

        async def send(event: Any) -> None:
            sent.append(event)

        try:
            async with asyncio.timeout(10):
                await app({**scope}, receive, send)
        except Exception as exc:
            return type(exc).__name__
        return None

    return sent, asyncio.run(run())
