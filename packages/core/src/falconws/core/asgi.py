"""Falcon's name for where `App`, `Request` and `Response` are.

With ``import falconws.core as falcon`` a program that says ``falcon.asgi.App()`` and
``falcon.asgi.WebSocket`` goes on to. New ones import from `falconws.core`, `falconws.ws` and
`falconws.sse`.
"""

from typing import TYPE_CHECKING

from . import reader
from .app import App
from .request import BoundedStream, Request
from .response import Response

__all__ = ("App", "BoundedStream", "Request", "Response", "reader")

if (
    not TYPE_CHECKING
):  # type checkers know what is here, and a name from elsewhere is not
    from .extensions import exported_name as __getattr__  # noqa: F401
