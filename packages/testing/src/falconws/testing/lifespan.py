"""Start-up and shutdown of an application, as a server does them."""

from __future__ import annotations

import asyncio
from typing import Any

from falconws.core import Event

from .bounded import bounded, finish

__all__ = ("Lifespan",)


class Lifespan:
    """One run of an application's lifespan."""

    def __init__(self, app: Any, timeout: float) -> None:
        self._app = app
        self._timeout = timeout
        self._events: asyncio.Queue[Event] = asyncio.Queue()
        self._answers: asyncio.Queue[Event] = asyncio.Queue()
        self._task: asyncio.Task[None] | None = None
        self._state: dict[str, Any] = {}

    def scope_state(self) -> dict[str, Any]:
        """Give what a request's scope has as ``state``: a shallow copy, as of a server's."""
        return self._state.copy()

    async def startup(self) -> None:
        """Start the application up.

        Raises:
            RuntimeError: It said that it cannot start.
        """
        scope = {
            "type": "lifespan",
            "asgi": {"version": "3.0", "spec_version": "2.0"},
            "state": self._state,
        }
        self._task = asyncio.get_running_loop().create_task(
            self._app(scope, self._events.get, self._answers.put)
        )
        await self._tell("startup", self._task)

    async def shutdown(self) -> None:
        """Shut the application down.

        Raises:
            RuntimeError: It said that this failed.
        """
        if self._task is None or self._task.done():
            return
        await self._tell("shutdown", self._task)
        await finish(self._task, self._timeout)

    async def _tell(self, phase: str, task: asyncio.Task[None]) -> None:
        self._events.put_nowait({"type": f"lifespan.{phase}"})
        answer = asyncio.ensure_future(self._answers.get())
        try:
            waiting = asyncio.wait({answer, task}, return_when=asyncio.FIRST_COMPLETED)
            await bounded(waiting, self._timeout, f"complete its {phase}", task)
            if not answer.done():
                # ASGI, "Lifespan": one that raises does not support the protocol, and is
                # used without it. Its error is looked at, or asyncio would complain.
                task.cancelled() or task.exception()
                return
        finally:
            answer.cancel()
        event = answer.result()
        if event["type"] == f"lifespan.{phase}.failed":
            raise RuntimeError(
                f"The application's {phase} failed: {event.get('message', '')}"
            )
