"""`TestClient`: requests to an application, from ordinary code."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from types import TracebackType
from typing import Any, ClassVar, Unpack

from .arguments import HandshakeArguments, RequestArguments, check_arguments
from .blocking import BlockingSession, WebSocketSimulator
from .blocking_stream import BlockingStreamedResult
from .bounded import DEFAULT_TIMEOUT
from .conductor import ASGIConductor
from .cookies import CookieJar
from .result import Result

__all__ = ("TestClient",)


class TestClient:
    """A client of an application, in memory, for tests without ``await``.

    Each request starts the application up, is answered, and shuts it down. Within ``with client``
    one run is for all of them; ``async with client as conductor`` is that for tests with
    ``await``.

    Attributes:
        app: The ASGI application.
        cookies: Those that the client keeps; none unless ``keep_cookies``.
    """

    __test__: ClassVar[bool] = False  # pytest: this is no class of tests.

    def __init__(
        self,
        app: Any,
        headers: Mapping[str, str] | None = None,
        timeout: float = DEFAULT_TIMEOUT,
        keep_cookies: bool = False,
    ) -> None:
        """Choose an application; the arguments are those of `ASGIConductor`."""
        self.app = app
        self.cookies = CookieJar()
        self._headers = headers
        self._timeout = timeout
        self._keeps_cookies = keep_cookies
        self._session = BlockingSession(self._conduct)
        self._conductor: ASGIConductor | None = None

    def __enter__(self) -> TestClient:
        self._session.__enter__()
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        tb: TracebackType | None,
    ) -> None:
        self._session.__exit__(exc_type, exc, tb)

    async def __aenter__(self) -> ASGIConductor:
        if self._conductor is not None:
            raise RuntimeError(
                "This client has started the application up already; make another."
            )
        conductor = self._conduct()
        await conductor.__aenter__()
        self._conductor = conductor
        return conductor

    async def __aexit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        tb: TracebackType | None,
    ) -> None:
        conductor, self._conductor = self._conductor, None
        assert conductor is not None  # __aenter__ made it.
        await conductor.__aexit__(exc_type, exc, tb)

    def simulate_request(
        self,
        method: str = "GET",
        path: str = "/",
        **arguments: Unpack[RequestArguments],
    ) -> Result:
        """Send a request; the arguments are those of `ASGIConductor.simulate_request`.

        Raises:
            RuntimeError: There is a running event loop, as in an ``async def`` test.
            TimeoutError: The application did not answer.
            ConnectionError: The client left, and the application did not answer any more.
        """
        check_arguments("simulate_request", arguments, RequestArguments)
        with self._session as conductor:
            return self._session.run(
                conductor.simulate_request, method, path, **arguments
            )

    def simulate_get(
        self, path: str = "/", **arguments: Unpack[RequestArguments]
    ) -> Result:
        """Send a GET; the arguments are those of `simulate_request`."""
        return self.simulate_request("GET", path, **arguments)

    def simulate_head(
        self, path: str = "/", **arguments: Unpack[RequestArguments]
    ) -> Result:
        """Send a HEAD; the arguments are those of `simulate_request`."""
        return self.simulate_request("HEAD", path, **arguments)

    def simulate_post(
        self, path: str = "/", **arguments: Unpack[RequestArguments]
    ) -> Result:
        """Send a POST; the arguments are those of `simulate_request`."""
        return self.simulate_request("POST", path, **arguments)

    def simulate_put(
        self, path: str = "/", **arguments: Unpack[RequestArguments]
    ) -> Result:
        """Send a PUT; the arguments are those of `simulate_request`."""
        return self.simulate_request("PUT", path, **arguments)

    def simulate_patch(
        self, path: str = "/", **arguments: Unpack[RequestArguments]
    ) -> Result:
        """Send a PATCH; the arguments are those of `simulate_request`."""
        return self.simulate_request("PATCH", path, **arguments)

    def simulate_delete(
        self, path: str = "/", **arguments: Unpack[RequestArguments]
    ) -> Result:
        """Send a DELETE; the arguments are those of `simulate_request`."""
        return self.simulate_request("DELETE", path, **arguments)

    def simulate_options(
        self, path: str = "/", **arguments: Unpack[RequestArguments]
    ) -> Result:
        """Send an OPTIONS; the arguments are those of `simulate_request`."""
        return self.simulate_request("OPTIONS", path, **arguments)

    @contextmanager
    def simulate_stream(
        self,
        method: str = "GET",
        path: str = "/",
        **arguments: Unpack[RequestArguments],
    ) -> Iterator[BlockingStreamedResult]:
        """Send a request, and give the response as soon as it begins: ``with ... as result``.

        Leaving the block disconnects, waits for the application to return, and shuts it down.

        Args:
            method: In any case.
            path: May have a query string.
            **arguments: See `RequestArguments`.

        Raises:
            RuntimeError: There is a running event loop, as in an ``async def`` test.
            TimeoutError: The response did not begin, or the application did not return.
            ConnectionError: The client left before the response began.
        """
        check_arguments("simulate_stream", arguments, RequestArguments)
        with self._session as conductor:
            opening = conductor.simulate_stream(method, path, **arguments)
            result = self._session.run(opening.__aenter__)
            try:
                yield BlockingStreamedResult(result, self._session)
            except BaseException as exc:
                self._session.run(opening.__aexit__, type(exc), exc, exc.__traceback__)
                raise
            self._session.run(opening.__aexit__, None, None, None)

    @contextmanager
    def simulate_get_stream(
        self, path: str = "/", **arguments: Unpack[RequestArguments]
    ) -> Iterator[BlockingStreamedResult]:
        """Send a GET, and give the response as soon as it begins; see `simulate_stream`."""
        with self.simulate_stream("GET", path, **arguments) as result:
            yield result

    def simulate_ws(
        self, path: str = "/", **arguments: Unpack[HandshakeArguments]
    ) -> WebSocketSimulator:
        """Open a WebSocket: ``with client.simulate_ws("/chat") as ws``.

        Args:
            path: May have a query string.
            **arguments: See `HandshakeArguments`.

        Raises:
            RuntimeError: There is a running event loop, as in an ``async def`` test.
        """
        check_arguments("simulate_ws", arguments, HandshakeArguments)
        return WebSocketSimulator(
            self._session, lambda conductor: conductor.simulate_ws(path, **arguments)
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

    def _conduct(self) -> ASGIConductor:
        conductor = ASGIConductor(
            self.app, self._headers, self._timeout, self._keeps_cookies
        )
        conductor.cookies = self.cookies
        return conductor
