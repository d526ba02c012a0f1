"""What an exception becomes: error handlers by the nearest base, and the error serializer."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable
from typing import Any

from falconws.media import MEDIA_JSON, best_match

from .errors import CompatibilityError, HTTPError
from .request import Request
from .response import Response
from .routing import is_awaitable_function

__all__ = ("ErrorHandler", "ErrorHandlers", "ErrorSerializer", "serialize_error")

ErrorHandler = Callable[..., Awaitable[None]]
ErrorSerializer = Callable[[Request, Response, HTTPError], None]


class ErrorHandlers:
    """The application's error handlers, by exception type; every scope server asks here."""

    def __init__(self) -> None:
        self._handlers: dict[type[Exception], ErrorHandler] = {}

    def add(
        self,
        exception: type[Exception] | Iterable[type[Exception]],
        handler: ErrorHandler | None,
    ) -> None:
        """Register a handler; the arguments are those of `App.add_error_handler`."""
        kinds = tuple(exception) if isinstance(exception, Iterable) else (exception,)
        for kind in kinds:
            if not (isinstance(kind, type) and issubclass(kind, Exception)):
                raise TypeError(
                    f"An error handler is for a subclass of Exception, not {kind!r}."
                )
            chosen = handler or getattr(kind, "handle", None)
            if chosen is None:
                raise AttributeError(
                    f"add_error_handler({kind.__name__}) needs a handler: as its second argument, "
                    f"or as a static method `handle` of {kind.__name__}."
                )
            if not is_awaitable_function(chosen):
                name = getattr(chosen, "__name__", repr(chosen))
                raise CompatibilityError(
                    f"The error handler {name} must be a coroutine function: write `async def`."
                )
            self._handlers[kind] = chosen

    def find(
        self,
        exception: type[BaseException],
        defaults: dict[type[Exception], ErrorHandler],
    ) -> ErrorHandler | None:
        """Find the handler for the nearest base of an exception type.

        Args:
            exception: What was raised.
            defaults: What a scope server does by itself; a handler of the application's for
                the same type goes before.
        """
        for kind in exception.__mro__:
            handler = self._handlers.get(kind) or defaults.get(kind)
            if handler is not None:
                return handler
        return None


def serialize_error(req: Request, resp: Response, exc: HTTPError) -> None:
    """Put an error into a response, in the format that the client likes best.

    JSON is what a client gets that accepts nothing we have: it must learn why (RFC 9110,
    12.4.1 lets a server disregard Accept).
    """
    handlers = resp.options.media_handlers
    media_type = best_match([MEDIA_JSON, *handlers], req.accept) or MEDIA_JSON
    resp.append_header("Vary", "Accept")
    resp.content_type = media_type
    error: Any = exc.to_dict()
    if media_type in handlers:
        resp.media = error
    else:
        resp.data = exc.to_json()
