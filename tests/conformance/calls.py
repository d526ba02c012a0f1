"""What a call of a function gives in Falcon, and in falconws."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from operator import attrgetter
from typing import Any

from tests.conformance.apps import FRAMEWORKS
from tests.conformance.outcomes import attempt

__all__ = ("result", "results")


def results(
    call: str | Callable[..., Any], *arguments: Any, **named: Any
) -> tuple[str, str]:
    """Give what a call returns or raises in Falcon, and here, as text.

    Args:
        call: The name of one of the framework's functions, such as ``'uri.decode'``; or a
            function, maybe a coroutine function, that takes the framework before all else.
        *arguments: Passed on.
        **named: Passed on.
    """

    def made(framework: Any) -> Any:
        if isinstance(call, str):
            return attrgetter(call)(framework)(*arguments, **named)
        return call(framework, *arguments, **named)

    theirs, ours = (asyncio.run(attempt(made, framework)) for framework in FRAMEWORKS)
    return theirs, ours


def result(call: str | Callable[..., Any], *arguments: Any, **named: Any) -> str:
    """Assert that a call gives the same in both, and give it."""
    theirs, ours = results(call, *arguments, **named)
    assert ours == theirs
    return ours
