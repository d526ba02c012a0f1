"""The asynchronous generators that were started, and are not over."""

from __future__ import annotations

import sys
import traceback
from collections.abc import AsyncGenerator, Callable
from types import AsyncGeneratorType
from typing import Any
from weakref import WeakSet

__all__ = ("StartedGenerators", "place")


class StartedGenerators:
    """The asynchronous generators that are started in a stretch of code."""

    def __init__(self) -> None:
        self._started: WeakSet[Any] = WeakSet()
        self._previous: Callable[[AsyncGenerator[Any, Any]], None] | None = None
        self._watching = False

    def watch(self) -> None:
        """Get in front of the event loop's own hook."""
        self._previous = sys.get_asyncgen_hooks().firstiter
        self._watching = True
        sys.set_asyncgen_hooks(firstiter=self._note)

    def stop(self) -> None:
        """Put the hook back, unless a stretch that overlaps has one in front of this."""
        if self._watching and sys.get_asyncgen_hooks().firstiter == self._note:
            sys.set_asyncgen_hooks(firstiter=self._previous)
        self._watching = False

    def _note(self, generator: AsyncGenerator[Any, Any]) -> None:
        if self._watching:
            self._started.add(generator)
        if self._previous is not None:
            self._previous(generator)

    def left(self) -> list[AsyncGeneratorType[Any, Any]]:
        """Give those that are neither finished nor closed; those have no frame any more."""
        return [g for g in list(self._started) if g.ag_frame is not None]


def place(generator: AsyncGeneratorType[Any, Any]) -> str:
    """Show the line that a generator is at."""
    frame = generator.ag_frame
    if frame is None:
        return "It has just come to its end."
    stack = traceback.StackSummary.extract([(frame, frame.f_lineno)])
    return f"It is here:\n{''.join(stack.format())}".rstrip()
