"""The lifespan scope server: start-up and shutdown (ASGI lifespan specification)."""

from __future__ import annotations

import asyncio
import logging
import traceback
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from .context import Context
from .lifecycle import DrainSignals
from .middleware import HookFunction
from .scopes import Event, Hook, Receive, Scope, Send

if TYPE_CHECKING:
    from .app import App

__all__ = ("LIFESPAN_HOOKS", "LifespanServer")

logger = logging.getLogger("falconws")

# Seconds that scheduled callbacks have to end when the server stops.
_BACKGROUND_GRACE = 10.0

LIFESPAN_HOOKS = (
    Hook("process_startup", ("scope", "event")),
    Hook("process_shutdown", ("scope", "event")),
)


class LifespanServer:
    """Serves scopes of type ``lifespan``: one each time that a server starts the App."""

    def __init__(self, app: App, drain_on_signals: bool) -> None:
        self._app = app
        self._drain_on_signals = drain_on_signals
        self._process_startup = app.middleware.functions("process_startup")
        self._process_shutdown = app.middleware.functions("process_shutdown")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one run of the App."""
        event = await receive()
        version = (scope.get("asgi") or {}).get("version", "3.0")
        if not version.startswith("3."):
            message = f"falconws speaks version 3 of ASGI; the server speaks {version}."
            await send({"type": "lifespan.startup.failed", "message": message})
            return
        self._app.connections.reset()
        self._share_state(scope)
        if not await self._call(self._process_startup, scope, event, "startup", send):
            return
        drain = _DrainOnSignal(self._app)
        signals = DrainSignals(drain.start)
        if self._drain_on_signals:
            signals.install()
        try:
            await send({"type": "lifespan.startup.complete"})
            event = await receive()
        finally:
            signals.remove()
        await drain.wait()
        await self._app.background.finish(_BACKGROUND_GRACE)
        hooks = list(reversed(self._process_shutdown))
        if await self._call(hooks, scope, event, "shutdown", send):
            await send({"type": "lifespan.shutdown.complete"})

    def _share_state(self, scope: Scope) -> None:
        """Make ``app.state`` one with what the server copies into the scope of each request."""
        shared = scope.get("state")
        if isinstance(shared, dict):  # a server need not have it
            shared.update(self._app.state)
            # The dictionary itself, not a copy: a hook may set more at any time.
            self._app.state = Context()
            self._app.state.__dict__ = shared

    async def _call(
        self,
        hooks: Iterable[HookFunction],
        scope: Scope,
        event: Event,
        phase: str,
        send: Send,
    ) -> bool:
        """Call hooks until one fails, which the server is told of."""
        for hook in hooks:
            try:
                await hook(scope, event)
            except Exception as exc:
                logger.error("Error at %s", phase, exc_info=exc)
                message = "".join(traceback.format_exception(exc))
                await send({"type": f"lifespan.{phase}.failed", "message": message})
                return False
        return True


class _DrainOnSignal:
    """The drain that a signal starts."""

    def __init__(self, app: App) -> None:
        self._app = app
        self._task: asyncio.Task[Any] | None = None

    def start(self) -> None:
        if self._task is None:
            self._task = asyncio.get_running_loop().create_task(self._app.drain())

    async def wait(self) -> None:
        if self._task is not None:
            await self._task
