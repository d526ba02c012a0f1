"""`create_asgi_req`: a request to be read in a test, without an application."""

from __future__ import annotations

from typing import Any, TypeVar, overload

from falconws.core import Request, RequestOptions

from .events import ASGIRequestEventEmitter
from .scope import create_scope

__all__ = ("create_asgi_req",)

R = TypeVar("R", bound=Request)


@overload
def create_asgi_req(
    body: str | bytes | None = None,
    req_type: None = None,
    options: RequestOptions | None = None,
    **scope_args: Any,
) -> Request: ...


@overload
def create_asgi_req(
    body: str | bytes | None,
    req_type: type[R],
    options: RequestOptions | None = None,
    **scope_args: Any,
) -> R: ...


@overload
def create_asgi_req(
    body: str | bytes | None = None,
    *,
    req_type: type[R],
    options: RequestOptions | None = None,
    **scope_args: Any,
) -> R: ...


def create_asgi_req(
    body: str | bytes | None = None,
    req_type: type[Request] | None = None,
    options: RequestOptions | None = None,
    **scope_args: Any,
) -> Request:
    """Create a request as a responder would get it, to test what reads it.

    Args:
        body: The body; a string is sent as UTF-8. There is no Content-Length, as for a body of
            unknown length, unless ``content_length`` is among the arguments.
        req_type: The class of the request; None for `Request`.
        options: How to read; None for the defaults.
        **scope_args: As for `create_scope`, such as ``method``, ``path`` and ``headers``.

    Raises:
        ValueError: `create_scope` does not take the arguments.
    """
    emitter = ASGIRequestEventEmitter(body)
    scope = create_scope(**scope_args)
    return (req_type or Request)(scope, emitter, options=options)
