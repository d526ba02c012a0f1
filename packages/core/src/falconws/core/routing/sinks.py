"""Sinks: what answers for every path below a prefix that no route matches."""

from __future__ import annotations

import re
from typing import Any

from ..errors import CompatibilityError
from .responders import Responder, in_thread, is_awaitable_function

__all__ = ("Sink",)


class Sink:
    """A function that answers requests of any method.

    Attributes:
        function: The coroutine function.
        pattern: What a path has to begin with.
    """

    def __init__(
        self, sink: Any, prefix: str | re.Pattern[str], wrap_sync: bool = False
    ) -> None:
        """Check the arguments; they are those of `App.add_sink`."""
        if not is_awaitable_function(sink):
            if not (wrap_sync and callable(sink)):
                name = getattr(sink, "__name__", repr(sink))
                raise CompatibilityError(
                    f"The sink {name} must be a coroutine function: write `async def`."
                )
            sink = in_thread(sink)
        self.function: Responder = sink
        self.pattern = re.compile(prefix)

    def match(self, path: str) -> dict[str, Any] | None:
        """Give the named groups of the prefix; None if the path does not begin with it."""
        found = self.pattern.match(path)
        return None if found is None else found.groupdict()

    async def __call__(self, req: Any, resp: Any, **params: Any) -> None:
        """Answer a request."""
        await self.function(req, resp, **params)
