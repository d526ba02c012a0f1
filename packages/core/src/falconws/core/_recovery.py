"""What an exception becomes: error handlers by the nearest base, and the error serializer."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Iterable, Mapping
from types import MappingProxyType
from typing import Any

from falconws.media import MEDIA_JSON, MEDIA_XML, Handlers, best_match

from .errors import CompatibilityError, HTTPError
from .request import Request
from .response import Response
from .routing import in_thread, is_awaitable_function

__all__ = (
    "ErrorHandler",
    "ErrorHandlers",
    "ErrorReporter",
    "ErrorSerializer",
    "serialize_error",
)

logger = logging.getLogger("falconws")

ErrorHandler = Callable[..., Awaitable[None]]
ErrorReporter = Callable[[Request, Exception, dict[str, Any], bool], None]
ErrorSerializer = Callable[[Request, Response, HTTPError], None]

MEDIA_PROBLEM = "application/problem+json"
_MEDIA_TEXT_XML = "text/xml"


class ErrorHandlers:
    """The application's error handlers, by exception type; every scope server asks here.

    Attributes:
        reporter: What `App.set_error_reporter` was given, or None.
    """

    def __init__(self, wrap_sync: bool = False) -> None:
        """Start without handlers.

        Args:
            wrap_sync: Whether to call handlers that are plain functions in a thread.
        """
        self._wrap_sync = wrap_sync
        self._handlers: dict[type[Exception], ErrorHandler] = {}
        self.reporter: ErrorReporter | None = None

    def report(
        self, req: Request, exc: Exception, params: dict[str, Any], handled: bool
    ) -> None:
        """Tell the application's reporter of an exception.

        Args:
            req: What it came up in.
            exc: The exception.
            params: The values of the template's fields.
            handled: Whether the response, or the end of the connection, was made for it.
        """
        if self.reporter is None:
            return
        try:
            self.reporter(req, exc, params, handled)
        except Exception as failure:
            logger.error("The error reporter failed", exc_info=failure)

    def add(
        self,
        exception: type[Exception] | Iterable[type[Exception]],
        handler: ErrorHandler | Callable[..., None] | None,
    ) -> None:
        """Register a handler; the arguments are those of `App.add_error_handler`."""
        kinds = tuple(exception) if isinstance(exception, Iterable) else (exception,)
        for kind in kinds:
            if not (isinstance(kind, type) and issubclass(kind, Exception)):
                raise TypeError(
                    f"An error handler is for a subclass of Exception, not {kind!r}."
                )
            chosen: Any = handler or getattr(kind, "handle", None)
            if chosen is None:
                raise AttributeError(
                    f"add_error_handler({kind.__name__}) needs a handler: as its second argument, "
                    f"or as a static method `handle` of {kind.__name__}."
                )
            if self._wrap_sync and not is_awaitable_function(chosen):
                chosen = in_thread(chosen)
            elif not is_awaitable_function(chosen):
                name = getattr(chosen, "__name__", repr(chosen))
                raise CompatibilityError(
                    f"The error handler {name} must be a coroutine function: write `async def`."
                )
            self._handlers[kind] = chosen

    @property
    def handlers(self) -> Mapping[type[Exception], ErrorHandler]:
        """The handlers by exception type, in the order of their addition."""
        return MappingProxyType(self._handlers)

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
    media_type = _negotiate(req.accept, handlers, resp.options.xml_error_serialization)
    resp.append_header("Vary", "Accept")
    resp.content_type = media_type
    if media_type == MEDIA_PROBLEM:
        resp.data = exc.to_problem_json()
    elif media_type in handlers:
        resp.media = exc.to_dict()
    elif media_type == MEDIA_JSON:
        resp.data = exc.to_json()
    else:
        resp.data = exc.to_xml()


def _negotiate(accept: str, handlers: Handlers, xml: bool) -> str:
    formats = [MEDIA_JSON, MEDIA_PROBLEM]
    if xml:
        formats += [_MEDIA_TEXT_XML, MEDIA_XML]
    # A handler for what is only read, such as multipart forms, has nothing to say here.
    formats += [name for name, handler in handlers.items() if handler.serializes]
    chosen = best_match(formats, accept)
    if chosen:
        return chosen
    # RFC 6839, 3.1 and 3.4: who reads a format that builds on one of these can read these.
    if "+json" not in accept and "+xml" in accept and xml:
        return MEDIA_XML
    return MEDIA_JSON
