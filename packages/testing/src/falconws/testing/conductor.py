"""`ASGIConductor`: requests to an application, from within a running event loop."""

from __future__ import annotations

import json as jsonlib
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from types import TracebackType
from typing import Any

from falconws.core import Scope
from falconws.media import MEDIA_JSON, MEDIA_MSGPACK, MessagePackHandler

from .bounded import DEFAULT_TIMEOUT
from .exchange import Exchange, StreamedResult
from .lifespan import Lifespan
from .result import Result
from .scope import Headers, create_scope, create_scope_ws, split_path
from .websocket import ASGIWebSocketSimulator

__all__ = ("ASGIConductor",)


class ASGIConductor:
    """A client of an application, in memory.

    ``async with ASGIConductor(app) as conductor`` starts the application up and shuts it
    down; without that it is used as it is.

    Attributes:
        app: The ASGI application.
    """

    def __init__(
        self,
        app: Any,
        headers: Mapping[str, str] | None = None,
        timeout: float = DEFAULT_TIMEOUT,
    ) -> None:
        """Choose an application.

        Args:
            app: An ASGI application.
            headers: Sent with every request.
            timeout: Seconds that each wait for the application may take.
        """
        self.app = app
        self._headers = dict(headers or {})
        self._timeout = timeout
        self._lifespan: Lifespan | None = None

    async def __aenter__(self) -> ASGIConductor:
        self._lifespan = Lifespan(self.app, self._timeout)
        await self._lifespan.startup()
        return self

    async def __aexit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        tb: TracebackType | None,
    ) -> None:
        assert self._lifespan is not None  # __aenter__ made it.
        await self._lifespan.shutdown()

    async def simulate_request(
        self,
        method: str = "GET",
        path: str = "/",
        *,
        query_string: str | None = None,
        params: Mapping[str, Any] | None = None,
        headers: Headers | None = None,
        body: str | bytes | None = None,
        json: Any = None,
        msgpack: Any = None,
        content_type: str | None = None,
        **scope_args: Any,
    ) -> Result:
        """Send a request, and wait for the whole response.

        Args:
            method: In any case.
            path: May have a query string.
            query_string: Without the ``?``.
            params: The query as a mapping; a list gives a parameter several times.
            headers: Added to those of every request.
            body: The body; a string is sent as UTF-8.
            json: An object to be sent as JSON; None for none.
            msgpack: An object to be sent as MessagePack; None for none.
            content_type: The Content-Type of ``body``.
            **scope_args: As for `create_scope`.

        Raises:
            TimeoutError: The application did not answer; an endless stream is for
                `simulate_get_stream`.
        """
        payload, media_type = _payload(body, json, msgpack, content_type)
        fields = self._merged(
            headers, {"content-type": media_type} if media_type else {}
        )
        path, query = split_path(path, query_string, params)
        scope = create_scope(
            path,
            query,
            method.upper(),
            fields,
            content_length=len(payload) if payload else None,
            **scope_args,
        )
        self._add_state(scope)
        return await Exchange(self.app, scope, payload).result(self._timeout)

    async def simulate_get(self, path: str = "/", **kwargs: Any) -> Result:
        """Send a GET; the arguments are those of `simulate_request`."""
        return await self.simulate_request("GET", path, **kwargs)

    async def simulate_head(self, path: str = "/", **kwargs: Any) -> Result:
        """Send a HEAD; the arguments are those of `simulate_request`."""
        return await self.simulate_request("HEAD", path, **kwargs)

    async def simulate_post(self, path: str = "/", **kwargs: Any) -> Result:
        """Send a POST; the arguments are those of `simulate_request`."""
        return await self.simulate_request("POST", path, **kwargs)

    async def simulate_put(self, path: str = "/", **kwargs: Any) -> Result:
        """Send a PUT; the arguments are those of `simulate_request`."""
        return await self.simulate_request("PUT", path, **kwargs)

    async def simulate_patch(self, path: str = "/", **kwargs: Any) -> Result:
        """Send a PATCH; the arguments are those of `simulate_request`."""
        return await self.simulate_request("PATCH", path, **kwargs)

    async def simulate_delete(self, path: str = "/", **kwargs: Any) -> Result:
        """Send a DELETE; the arguments are those of `simulate_request`."""
        return await self.simulate_request("DELETE", path, **kwargs)

    async def simulate_options(self, path: str = "/", **kwargs: Any) -> Result:
        """Send an OPTIONS; the arguments are those of `simulate_request`."""
        return await self.simulate_request("OPTIONS", path, **kwargs)

    @asynccontextmanager
    async def simulate_get_stream(
        self,
        path: str = "/",
        *,
        query_string: str | None = None,
        params: Mapping[str, Any] | None = None,
        headers: Headers | None = None,
        **scope_args: Any,
    ) -> AsyncIterator[StreamedResult]:
        """Send a GET, and give the response as soon as it begins.

        Leaving the block disconnects, and waits for the application to return.

        Args:
            path: May have a query string.
            query_string: Without the ``?``.
            params: The query as a mapping.
            headers: Added to those of every request.
            **scope_args: As for `create_scope`.
        """
        path, query = split_path(path, query_string, params)
        scope = create_scope(path, query, headers=self._merged(headers), **scope_args)
        self._add_state(scope)
        exchange = Exchange(self.app, scope)
        beginning = await exchange.started(self._timeout)
        result = StreamedResult(beginning, exchange, self._timeout)
        try:
            yield result
        finally:
            await result.finalize()

    def simulate_ws(
        self,
        path: str = "/",
        *,
        query_string: str | None = None,
        params: Mapping[str, Any] | None = None,
        headers: Headers | None = None,
        timeout: float | None = None,
        **scope_args: Any,
    ) -> ASGIWebSocketSimulator:
        """Open a WebSocket: ``async with conductor.simulate_ws("/chat") as ws``.

        Args:
            path: May have a query string.
            query_string: Without the ``?``.
            params: The query as a mapping.
            headers: Added to those of every request.
            timeout: Seconds that each wait may take; None for the conductor's own.
            **scope_args: As for `create_scope_ws`, such as ``subprotocols``.
        """
        path, query = split_path(path, query_string, params)
        scope = create_scope_ws(path, query, self._merged(headers), **scope_args)
        self._add_state(scope)
        return ASGIWebSocketSimulator(
            self.app, scope, self._timeout if timeout is None else timeout
        )

    request = simulate_request
    get = simulate_get
    head = simulate_head
    post = simulate_post
    put = simulate_put
    patch = simulate_patch
    delete = simulate_delete
    options = simulate_options
    get_stream = simulate_get_stream
    websocket = simulate_ws

    def _add_state(self, scope: Scope) -> None:
        """Add what the application shares with its requests (ASGI, "Lifespan State")."""
        if self._lifespan is not None:
            scope["state"] = self._lifespan.scope_state()

    def _merged(
        self, headers: Headers | None, more: Mapping[str, str] | None = None
    ) -> list[tuple[str, str]]:
        given = headers.items() if isinstance(headers, Mapping) else headers or ()
        pairs = [(name.lower(), value) for name, value in given]
        names = {name for name, _ in pairs}
        defaults = {**{n.lower(): v for n, v in self._headers.items()}, **(more or {})}
        return pairs + [(n, v) for n, v in defaults.items() if n not in names]


def _payload(
    body: str | bytes | None, json: Any, msgpack: Any, content_type: str | None
) -> tuple[bytes, str | None]:
    if sum(part is not None for part in (body, json, msgpack)) > 1:
        raise ValueError("Give the body as body, json or msgpack; one of them.")
    if json is not None:
        return jsonlib.dumps(json).encode(), content_type or MEDIA_JSON
    if msgpack is not None:
        return MessagePackHandler().serialize(msgpack), content_type or MEDIA_MSGPACK
    payload = body.encode() if isinstance(body, str) else body or b""
    return payload, content_type
