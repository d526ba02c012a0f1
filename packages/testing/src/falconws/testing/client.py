"""`TestClient`: requests to an application, from ordinary code."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from types import TracebackType
from typing import Any, ClassVar

from .bounded import DEFAULT_TIMEOUT
from .conductor import ASGIConductor
from .result import Result

__all__ = ("TestClient",)


class TestClient:
    """A client of an application, in memory, for tests without ``await``.

    Each request starts the application up, is answered, and shuts it down. For more than one
    request in a run, for streams and for WebSockets use ``async with client as conductor``.

    Attributes:
        app: The ASGI application.
    """

    __test__: ClassVar[bool] = False  # pytest: this is no class of tests.

    def __init__(
        self,
        app: Any,
        headers: Mapping[str, str] | None = None,
        timeout: float = DEFAULT_TIMEOUT,
    ) -> None:
        """Choose an application; the arguments are those of `ASGIConductor`."""
        self.app = app
        self._headers = headers
        self._timeout = timeout
        self._conductor: ASGIConductor | None = None

    async def __aenter__(self) -> ASGIConductor:
        self._conductor = ASGIConductor(self.app, self._headers, self._timeout)
        return await self._conductor.__aenter__()

    async def __aexit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        tb: TracebackType | None,
    ) -> None:
        assert self._conductor is not None  # __aenter__ made it.
        await self._conductor.__aexit__(exc_type, exc, tb)
        self._conductor = None

    def simulate_request(
        self, method: str = "GET", path: str = "/", **kwargs: Any
    ) -> Result:
        """Send a request; the arguments are those of `ASGIConductor.simulate_request`.

        Raises:
            RuntimeError: There is a running event loop, as in an ``async def`` test.
        """
        try:
            asyncio.get_running_loop()
        except RuntimeError:
            running = False
        else:
            running = True
        if not running:
            return asyncio.run(self._request(method, path, kwargs))
        raise RuntimeError(
            "TestClient cannot be used from a running event loop; write "
            "`async with client as conductor:` and `await conductor.simulate_get(...)`."
        )

    async def _request(self, method: str, path: str, kwargs: dict[str, Any]) -> Result:
        async with ASGIConductor(self.app, self._headers, self._timeout) as conductor:
            return await conductor.simulate_request(method, path, **kwargs)

    def simulate_get(self, path: str = "/", **kwargs: Any) -> Result:
        """Send a GET."""
        return self.simulate_request("GET", path, **kwargs)

    def simulate_head(self, path: str = "/", **kwargs: Any) -> Result:
        """Send a HEAD."""
        return self.simulate_request("HEAD", path, **kwargs)

    def simulate_post(self, path: str = "/", **kwargs: Any) -> Result:
        """Send a POST."""
        return self.simulate_request("POST", path, **kwargs)

    def simulate_put(self, path: str = "/", **kwargs: Any) -> Result:
        """Send a PUT."""
        return self.simulate_request("PUT", path, **kwargs)

    def simulate_patch(self, path: str = "/", **kwargs: Any) -> Result:
        """Send a PATCH."""
        return self.simulate_request("PATCH", path, **kwargs)

    def simulate_delete(self, path: str = "/", **kwargs: Any) -> Result:
        """Send a DELETE."""
        return self.simulate_request("DELETE", path, **kwargs)

    def simulate_options(self, path: str = "/", **kwargs: Any) -> Result:
        """Send an OPTIONS."""
        return self.simulate_request("OPTIONS", path, **kwargs)

    request = simulate_request
    get = simulate_get
    head = simulate_head
    post = simulate_post
    put = simulate_put
    patch = simulate_patch
    delete = simulate_delete
    options = simulate_options
