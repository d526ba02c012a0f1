"""Responders: the ``on_*`` methods of a resource, by HTTP method."""

from __future__ import annotations

import asyncio
import functools
import inspect
from collections.abc import Awaitable, Callable, Mapping
from types import MappingProxyType
from typing import Any

from ..errors import SuffixedMethodNotFoundError

__all__ = (
    "COMBINED_METHODS",
    "HTTP_METHODS",
    "META_METHODS",
    "RESPONDERS",
    "Responder",
    "WEBDAV_METHODS",
    "check_responder",
    "in_thread",
    "is_awaitable_function",
    "map_http_methods",
    "responder_name",
)

Responder = Callable[..., Awaitable[None]]

HTTP_METHODS = (
    "CONNECT",
    "DELETE",
    "GET",
    "HEAD",
    "OPTIONS",
    "PATCH",
    "POST",
    "PUT",
    "TRACE",
)
"""The methods of RFC 9110, 9.3, and PATCH of RFC 5789."""

WEBDAV_METHODS = (
    "CHECKIN",
    "CHECKOUT",
    "COPY",
    "LOCK",
    "MKCOL",
    "MOVE",
    "PROPFIND",
    "PROPPATCH",
    "REPORT",
    "UNCHECKIN",
    "UNLOCK",
    "UPDATE",
    "VERSION-CONTROL",
)
"""The methods of RFC 4918 and RFC 3253."""

META_METHODS = ("WEBSOCKET",)
"""What a resource has responders for that is no HTTP method."""

COMBINED_METHODS = (*HTTP_METHODS, *WEBDAV_METHODS, "QUERY", *META_METHODS)
"""All of them, with QUERY, which is a GET that has a body."""


def responder_name(method: str) -> str:
    """Give the name of a method's responder: ``on_version_control``."""
    return f"on_{method.lower().replace('-', '_')}"


RESPONDERS: Mapping[str, str] = MappingProxyType(
    {method: responder_name(method) for method in COMBINED_METHODS}
)
"""Responder names by method: ``{'GET': 'on_get', ...}``."""


def map_http_methods(
    resource: object,
    suffix: str | None = None,
    responders: Mapping[str, str] = RESPONDERS,
) -> dict[str, Responder]:
    """Collect the responders of a resource.

    Args:
        resource: Any object.
        suffix: Take ``on_get_<suffix>`` and its like; None for ``on_get`` itself.
        responders: What to look for: responder names by method.

    Returns:
        The bound responders, by method.

    Raises:
        SuffixedMethodNotFoundError: There is a suffix, and no responder has it.
    """
    found = {}
    for method, name in responders.items():
        responder = getattr(resource, f"{name}_{suffix}" if suffix else name, None)
        if callable(responder):
            found[method] = responder
    if suffix and not found:
        raise SuffixedMethodNotFoundError(
            f"{type(resource).__name__} has no responder that ends in '_{suffix}', such as "
            f"on_get_{suffix}."
        )
    return found


def is_awaitable_function(function: Any) -> bool:
    """Say whether calling something gives what can be awaited, as far as can be known.

    Only a function that is written in Python shows that it does not; any other callable is
    taken at its word.
    """
    while isinstance(function, functools.partial):
        function = function.func
    if inspect.iscoroutinefunction(function):
        return True
    if not callable(function):
        return False
    unwrapped = inspect.unwrap(function)
    if inspect.isfunction(unwrapped) or inspect.ismethod(unwrapped):
        return inspect.iscoroutinefunction(unwrapped)
    call = getattr(type(unwrapped), "__call__", None)  # noqa: B004 - its kind is what counts
    return not inspect.isfunction(call) or inspect.iscoroutinefunction(call)


def check_responder(responder: Any, resource: object) -> None:
    """Refuse a responder that would block the event loop, and could not be awaited.

    Raises:
        TypeError: It is a plain function.
    """
    if not is_awaitable_function(responder):
        name = getattr(responder, "__name__", repr(responder))
        raise TypeError(
            f"The {name} responder of {type(resource).__name__} must be a coroutine function: "
            f"write `async def {name}`. What blocks inside of it goes into "
            "`await asyncio.to_thread(...)`; for HTTP, App(wrap_sync=True) calls all of it "
            "in a thread."
        )


def in_thread(function: Callable[..., Any]) -> Callable[..., Awaitable[Any]]:
    """Make a coroutine function that calls a plain function in a thread."""

    @functools.wraps(function)
    async def call(*args: Any, **kwargs: Any) -> Any:
        return await asyncio.to_thread(function, *args, **kwargs)

    return call
