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
        """Prepare a run.

        Args:
            app: An ASGI application.
            timeout: Seconds that start-up and shutdown may take each.
        """
        self._app = app
        self._timeout = timeout
        self._events: asyncio.Queue[Event] = asyncio.Queue()
        self._answers: asyncio.Queue[Event] = asyncio.Queue()
        # Of an application that was started up; None for one that knows no lifespan.
        self._task: asyncio.Task[None] | None = None
        self._state: dict[str, Any] = {}

    def scope_state(self) -> dict[str, Any]:
        """Give what a request's scope has as ``state``: a shallow copy, as of a server's."""
        return self._state.copy()

    async def startup(self) -> None:
        """Start the application up.

        Raises:
            RuntimeError: It said that it cannot start.
            TimeoutError: It said nothing.
        """
        scope = {
            "type": "lifespan",
            "asgi": {"version": "3.0", "spec_version": "2.0"},
            "state": self._state,
        }
        task = asyncio.get_running_loop().create_task(
            self._app(scope, self._events.get, self._answers.put)
        )
        await self._tell("startup", task)

    async def shutdown(self) -> None:
        """Shut the application down.

        Raises:
            RuntimeError: It said that this failed.
            TimeoutError: It said nothing, or did not return.
            Exception: What it has raised since it was started up.
        """
        if self._task is None:
            return
        if not self._task.done():
            await self._tell("shutdown", self._task)
        await finish(self._task, self._timeout)

    async def _tell(self, phase: str, task: asyncio.Task[None]) -> None:
        self._events.put_nowait({"type": f"lifespan.{phase}"})
        answer = asyncio.ensure_future(self._answers.get())
        try:
            waiting = asyncio.wait({answer, task}, return_when=asyncio.FIRST_COMPLETED)
            await bounded(
                waiting,
                self._timeout,
                f"complete its {phase}",
                task,
                passes=phase == "shutdown",  # A drain takes time.
            )
            if not answer.done():
                # ASGI, "Lifespan": one that raises does not support the protocol, and is
                # used without it. Its error is looked at, or asyncio would complain.
                task.cancelled() or task.exception()
                return
        except BaseException:
            task.cancel()  # of no more use to anybody
            raise
        finally:
            answer.cancel()
        await self._check(answer.result(), phase, task)

    async def _check(self, event: Event, phase: str, task: asyncio.Task[None]) -> None:
        kind = event["type"]
        if kind == f"lifespan.{phase}.complete":
            self._task = task
            return
        # A server leaves now. What an application raises besides, as some do, is the cause.
        cause = await self._end(task)
        if kind == f"lifespan.{phase}.failed":
            message = event.get("message", "")
            raise RuntimeError(
                f"The application's {phase} failed: {message}"
            ) from cause
        raise AssertionError(
            f"The application answered lifespan.{phase} with {kind!r}."
        ) from cause

    async def _end(self, task: asyncio.Task[None]) -> BaseException | None:
        try:
            await finish(task, self._timeout)
        except Exception as exc:
            return exc
        return None
