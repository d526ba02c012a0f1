"""`Watched`: a coroutine that tells each time that it waits."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from types import FrameType
from typing import Any

__all__ = ("Watched",)


# A map of what the coroutine waits for: so the interpreter makes each step itself, and the only
# thing that a wait costs is the call of `on_wait`.
class Watched(map):  # type: ignore[type-arg]  # a map is generic for type checkers only
    """Runs a coroutine in its place, and tells each time that it waits.

    That is told as the coroutine waits, before the event loop goes on. What shows where a task
    waits sees the coroutine, as if this were not there.
    """

    __slots__ = ("_coroutine", "_on_wait")

    _coroutine: Any
    _on_wait: Callable[[Any], Any]

    def __new__(
        cls, coroutine: Coroutine[Any, Any, None], on_wait: Callable[[Any], Any]
    ) -> Watched:
        """Take a coroutine that was not begun.

        Args:
            coroutine: To be awaited by awaiting this.
            on_wait: Called with what the coroutine waits for, which it gives back.
        """
        self = super().__new__(cls, on_wait, coroutine.__await__())
        self._coroutine = coroutine
        self._on_wait = on_wait
        return self

    def __await__(self) -> Any:
        """Begin the coroutine."""
        return self

    def throw(self, *error: Any) -> Any:
        """Raise an error where the coroutine waits; give what it waits for then."""
        return self._on_wait(self._coroutine.throw(*error))

    def close(self) -> None:
        """End the coroutine where it waits."""
        self._coroutine.close()

    # As a coroutine has them, for what walks along a chain of them.

    @property
    def cr_frame(self) -> FrameType | None:
        """Where the coroutine is."""
        frame: FrameType | None = self._coroutine.cr_frame
        return frame

    @property
    def cr_await(self) -> Any:
        """What the coroutine awaits."""
        return self._coroutine.cr_await
