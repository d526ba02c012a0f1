"""What a function makes of a response in Falcon, and in falconws."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from functools import partial
from inspect import isawaitable
from typing import Any

from tests.conformance.apps import FRAMEWORKS
from tests.conformance.differential import Build
from tests.conformance.outcomes import attempt

__all__ = ("Act", "responding", "telling", "told")

Act = Callable[[Any, Any], Any]
"""Does something with the response; is given the framework too. May be a coroutine function."""


def responding(act: Act, **options: Any) -> Build:
    """Give the builder of an App that lets a function make each response.

    Args:
        act: What to do.
        **options: Arguments of the App.
    """

    def build(falcon: Any) -> Any:
        async def answer(req: Any, resp: Any, **params: str) -> None:
            result = act(falcon, resp)
            if isawaitable(result):
                await result

        app = falcon.asgi.App(**options)
        app.add_sink(answer)
        return app

    return build


def telling(act: Act) -> Build:
    """Give the builder of an App that answers what a function returns or raises, as text."""

    async def tell(falcon: Any, resp: Any) -> None:
        resp.text = await attempt(lambda resp: act(falcon, resp), resp)

    return responding(tell)


def told(act: Act) -> tuple[str, str]:
    """Give what a function returns or raises for a new response in Falcon, and here."""

    async def tell(falcon: Any) -> str:
        return await attempt(partial(act, falcon), falcon.asgi.Response())

    theirs, ours = (asyncio.run(tell(framework)) for framework in FRAMEWORKS)
    return theirs, ours
