"""Requests to an application by functions, for tests that send one or two."""

from __future__ import annotations

from typing import Any, Unpack

from .arguments import RequestArguments
from .client import TestClient
from .result import Result

__all__ = (
    "simulate_delete",
    "simulate_get",
    "simulate_head",
    "simulate_options",
    "simulate_patch",
    "simulate_post",
    "simulate_put",
    "simulate_request",
)


def simulate_request(
    app: Any,
    method: str = "GET",
    path: str = "/",
    **arguments: Unpack[RequestArguments],
) -> Result:
    """Start an application up, send it a request, and shut it down.

    Args:
        app: An ASGI application.
        method: In any case.
        path: May have a query string.
        **arguments: See `RequestArguments`.

    Raises:
        RuntimeError: There is a running event loop, as in an ``async def`` test; use
            ``async with ASGIConductor(app) as conductor`` there.
        TimeoutError: The application did not answer.
        ConnectionError: The client left, and the application did not answer any more.
    """
    return TestClient(app).simulate_request(method, path, **arguments)


def simulate_get(
    app: Any, path: str = "/", **arguments: Unpack[RequestArguments]
) -> Result:
    """Send a GET; the rest is as by `simulate_request`."""
    return simulate_request(app, "GET", path, **arguments)


def simulate_head(
    app: Any, path: str = "/", **arguments: Unpack[RequestArguments]
) -> Result:
    """Send a HEAD; the rest is as by `simulate_request`."""
    return simulate_request(app, "HEAD", path, **arguments)


def simulate_post(
    app: Any, path: str = "/", **arguments: Unpack[RequestArguments]
) -> Result:
    """Send a POST; the rest is as by `simulate_request`."""
    return simulate_request(app, "POST", path, **arguments)


def simulate_put(
    app: Any, path: str = "/", **arguments: Unpack[RequestArguments]
) -> Result:
    """Send a PUT; the rest is as by `simulate_request`."""
    return simulate_request(app, "PUT", path, **arguments)


def simulate_patch(
    app: Any, path: str = "/", **arguments: Unpack[RequestArguments]
) -> Result:
    """Send a PATCH; the rest is as by `simulate_request`."""
    return simulate_request(app, "PATCH", path, **arguments)


def simulate_delete(
    app: Any, path: str = "/", **arguments: Unpack[RequestArguments]
) -> Result:
    """Send a DELETE; the rest is as by `simulate_request`."""
    return simulate_request(app, "DELETE", path, **arguments)


def simulate_options(
    app: Any, path: str = "/", **arguments: Unpack[RequestArguments]
) -> Result:
    """Send an OPTIONS; the rest is as by `simulate_request`."""
    return simulate_request(app, "OPTIONS", path, **arguments)
