"""`ASGIConductor`: requests to an application, from within a running event loop."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager
from types import TracebackType
from typing import Any, Unpack

from falconws.core import Event, Receive, Scope, Send

from .arguments import (
    HandshakeArguments,
    RequestArguments,
    check_arguments,
    prepare_handshake,
    prepare_request,
)
from .bounded import DEFAULT_TIMEOUT
from .cookies import CookieJar
from .exchange import Exchange
from .lifespan import Lifespan
from .result import Result
from .streaming import StreamedResult
from .websocket import ASGIWebSocketSimulator

__all__ = ("ASGIConductor",)

_DISCONNECT_TTL = 300.0

# What has the headers of the response to a handshake.
_ANSWERS = ("websocket.accept", "websocket.http.response.start")


class ASGIConductor:
    """A client of an application, in memory.

    ``async with ASGIConductor(app) as conductor`` starts the application up and shuts it
    down; without that it is used as it is.

    Attributes:
        app: The ASGI application.
        cookies: Those that the client keeps; none unless ``keep_cookies``.
    """

    def __init__(
        self,
        app: Any,
        headers: Mapping[str, str] | None = None,
        timeout: float = DEFAULT_TIMEOUT,
        keep_cookies: bool = False,
    ) -> None:
        """Choose an application.

        Args:
            app: An ASGI application.
            headers: Sent with every request.
            timeout: Seconds that each wait for the application may take.
            keep_cookies: Whether cookies that a response sets are sent with the requests after
                it, as a browser does (RFC 6265, 5): to their host, their path and their
                scheme, until they expire.
        """
        self.app = app
        self.cookies = CookieJar()
        self._headers = dict(headers or {})
        self._timeout = timeout
        self._keeps_cookies = keep_cookies
        self._lifespan: Lifespan | None = None

    async def __aenter__(self) -> ASGIConductor:
        if self._lifespan is not None:
            raise RuntimeError(
                "This conductor has started the application up already; make another."
            )
        self._lifespan = Lifespan(self.app, self._timeout)
        try:
            await self._lifespan.startup()
        except BaseException:
            self._lifespan = None
            raise
        return self

    async def __aexit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        tb: TracebackType | None,
    ) -> None:
        lifespan, self._lifespan = self._lifespan, None
        assert lifespan is not None  # __aenter__ made it.
        await lifespan.shutdown()

    async def simulate_request(
        self,
        method: str = "GET",
        path: str = "/",
        **arguments: Unpack[RequestArguments],
    ) -> Result:
        """Send a request, and wait for the whole response.

        Args:
            method: In any case.
            path: May have a query string.
            **arguments: See `RequestArguments`.

        Raises:
            TimeoutError: The application did not answer; an endless stream is for
                `simulate_get_stream`.
            ConnectionError: The client left, by ``asgi_disconnect_ttl`` or
                ``leave_after_bytes``, and the application did not answer any more.
        """
        check_arguments("simulate_request", arguments, RequestArguments)
        request = prepare_request(
            method, path, arguments, self._headers, _DISCONNECT_TTL
        )
        self._complete(request.scope)
        exchange = Exchange(self.app, request.scope, request.body, request.behavior)
        result = await exchange.result(self._seconds(arguments))
        self._keep(request.scope, result.raw_headers)
        return result

    async def simulate_get(
        self, path: str = "/", **arguments: Unpack[RequestArguments]
    ) -> Result:
        """Send a GET; the arguments are those of `simulate_request`."""
        return await self.simulate_request("GET", path, **arguments)

    async def simulate_head(
        self, path: str = "/", **arguments: Unpack[RequestArguments]
    ) -> Result:
        """Send a HEAD; the arguments are those of `simulate_request`."""
        return await self.simulate_request("HEAD", path, **arguments)

    async def simulate_post(
        self, path: str = "/", **arguments: Unpack[RequestArguments]
    ) -> Result:
        """Send a POST; the arguments are those of `simulate_request`."""
        return await self.simulate_request("POST", path, **arguments)

    async def simulate_put(
        self, path: str = "/", **arguments: Unpack[RequestArguments]
    ) -> Result:
        """Send a PUT; the arguments are those of `simulate_request`."""
        return await self.simulate_request("PUT", path, **arguments)

    async def simulate_patch(
        self, path: str = "/", **arguments: Unpack[RequestArguments]
    ) -> Result:
        """Send a PATCH; the arguments are those of `simulate_request`."""
        return await self.simulate_request("PATCH", path, **arguments)

    async def simulate_delete(
        self, path: str = "/", **arguments: Unpack[RequestArguments]
    ) -> Result:
        """Send a DELETE; the arguments are those of `simulate_request`."""
        return await self.simulate_request("DELETE", path, **arguments)

    async def simulate_options(
        self, path: str = "/", **arguments: Unpack[RequestArguments]
    ) -> Result:
        """Send an OPTIONS; the arguments are those of `simulate_request`."""
        return await self.simulate_request("OPTIONS", path, **arguments)

    @asynccontextmanager
    async def simulate_stream(
        self,
        method: str = "GET",
        path: str = "/",
        **arguments: Unpack[RequestArguments],
    ) -> AsyncIterator[StreamedResult]:
        """Send a request, and give the response as soon as it begins.

        Leaving the block disconnects, and waits for the application to return.

        Args:
            method: In any case.
            path: May have a query string.
            **arguments: See `RequestArguments`.

        Raises:
            TimeoutError: The response did not begin, or the application did not return.
            ConnectionError: The client left before the response began.
        """
        check_arguments("simulate_stream", arguments, RequestArguments)
        request = prepare_request(method, path, arguments, self._headers)
        self._complete(request.scope)
        seconds = self._seconds(arguments)
        exchange = Exchange(self.app, request.scope, request.body, request.behavior)
        try:
            beginning = await exchange.started(seconds)
        except BaseException:
            await exchange.close(seconds)
            raise
        self._keep(request.scope, beginning.raw_headers)
        result = StreamedResult(beginning, exchange, seconds)
        try:
            yield result
        except TimeoutError:  # The test has failed, and is not to wait again.
            await result.give_up()
            raise
        finally:
            await result.finalize()

    @asynccontextmanager
    async def simulate_get_stream(
        self, path: str = "/", **arguments: Unpack[RequestArguments]
    ) -> AsyncIterator[StreamedResult]:
        """Send a GET, and give the response as soon as it begins; see `simulate_stream`."""
        async with self.simulate_stream("GET", path, **arguments) as result:
            yield result

    def simulate_ws(
        self, path: str = "/", **arguments: Unpack[HandshakeArguments]
    ) -> ASGIWebSocketSimulator:
        """Open a WebSocket: ``async with conductor.simulate_ws("/chat") as ws``.

        Args:
            path: May have a query string.
            **arguments: See `HandshakeArguments`.
        """
        check_arguments("simulate_ws", arguments, HandshakeArguments)
        scope = prepare_handshake(path, arguments, self._headers)
        self._complete(scope)
        app = self._keep_those_of_the_handshake if self._keeps_cookies else self.app
        return ASGIWebSocketSimulator(
            app,
            scope,
            self._seconds(arguments),
            write_limit=arguments.get("write_limit"),
            send_error=arguments.get("send_error"),
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

    def _seconds(self, arguments: RequestArguments | HandshakeArguments) -> float:
        seconds = arguments.get("timeout")
        return self._timeout if seconds is None else seconds

    def _complete(self, scope: Scope) -> None:
        """Add what depends on the run and on the requests before."""
        if self._lifespan is not None:
            # ASGI, "Lifespan State": what the application shares with its requests.
            scope.setdefault("state", self._lifespan.scope_state())
        if self._keeps_cookies:
            self.cookies.add_to(scope)

    def _keep(self, scope: Scope, headers: list[tuple[bytes, bytes]]) -> None:
        if self._keeps_cookies:
            self.cookies.store(scope, headers)

    async def _keep_those_of_the_handshake(
        self, scope: Scope, receive: Receive, send: Send
    ) -> None:
        async def keeping_send(event: Event) -> None:
            if not isinstance(event, dict) or event.get("type") not in _ANSWERS:
                await send(event)
                return
            headers = event.get("headers", ())
            if isinstance(headers, Iterator):  # It can be read once.
                headers = list(headers)
                event = {**event, "headers": headers}
            await send(event)  # It checks them.
            self._keep(scope, list(headers))

        await self.app(scope, receive, keeping_send)
