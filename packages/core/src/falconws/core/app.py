"""`App`: the ASGI application."""

from __future__ import annotations

import os
from collections.abc import Iterable
from typing import Any, TypeVar

from falconws.media import MEDIA_JSON

from ._http import HTTP_HOOKS, HTTPServer
from ._lifespan import LIFESPAN_HOOKS, LifespanServer
from ._recovery import ErrorHandler, ErrorHandlers, ErrorSerializer, serialize_error
from .cors import CORSMiddleware
from .errors import ExtensionNotInstalledError, UnsupportedScopeError
from .extensions import Extension, discover, package_of_responder, package_of_scope
from .lifecycle import Connections
from .middleware import Middleware
from .options import RequestOptions, ResponseOptions
from .request import Request
from .response import Response
from .routing import (
    META_METHODS,
    RESPONDERS,
    CompiledRouter,
    Router,
    StaticRoute,
    check_responder,
    map_http_methods,
)
from .scopes import Hook, Receive, Scope, ScopeServer, Send

__all__ = ("App",)

E = TypeVar("E")


class App:
    """An ASGI 3 application: resources, middleware and error handlers.

    Attributes:
        req_options: How requests are read.
        resp_options: How responses are written.
        request_type: What requests are instances of.
        response_type: What responses are instances of.
        router: What finds the resource for a path.
        extensions: What was installed, in order.
        middleware: The hooks of the components that were added.
        error_handlers: What `add_error_handler` registered.
        error_serializer: What puts an `HTTPError` into a response.
        static_routes: What `add_static_route` added, the latest first.
        connections: What is open: WebSockets and streams.
    """

    def __init__(
        self,
        media_type: str = MEDIA_JSON,
        request_type: type[Request] | None = None,
        response_type: type[Response] | None = None,
        middleware: object | Iterable[object] | None = None,
        router: Router | None = None,
        cors_enable: bool = False,
        req_options: RequestOptions | None = None,
        resp_options: ResponseOptions | None = None,
        secure_cookies_by_default: bool | None = None,
        *,
        extensions: Iterable[Extension] | None = None,
        drain: bool = True,
    ) -> None:
        """Build an application.

        Args:
            media_type: The media type of requests and responses that name none.
            request_type: A subclass of `Request`; None for that itself.
            response_type: A subclass of `Response`; None for that itself.
            middleware: A component, or several, as for `add_middleware`.
            router: None for a `CompiledRouter`.
            cors_enable: Whether to let scripts of every origin read responses; for less than
                that, add a `CORSMiddleware`.
            req_options: None for the defaults.
            resp_options: None for the defaults.
            secure_cookies_by_default: Whether cookies are for HTTPS only when `set_cookie`
                does not say; None for what ``resp_options`` has, which is yes.
            extensions: What serves more than HTTP. None for every extension that is
                installed, ``()`` for HTTP alone.
            drain: Whether SIGINT and SIGTERM end open connections, so that the server can
                stop. The server's own handling of them is not changed.

        Raises:
            ValueError: Both ``cors_enable`` and a `CORSMiddleware` are given.
        """
        self.req_options = req_options or RequestOptions()
        self.resp_options = resp_options or ResponseOptions()
        if media_type != MEDIA_JSON:
            self.req_options.default_media_type = media_type
            self.resp_options.default_media_type = media_type
        if secure_cookies_by_default is not None:
            self.resp_options.secure_cookies_by_default = secure_cookies_by_default
        self.middleware = Middleware()
        self.error_handlers = ErrorHandlers()
        self.error_serializer: ErrorSerializer = serialize_error
        self.request_type = request_type or Request
        self.response_type = response_type or Response
        self.static_routes: list[StaticRoute] = []
        self.connections = Connections()
        self._servers: dict[str, ScopeServer] = {}
        self._responders: dict[str, str] = {}
        self._slots: set[str] = set()
        self.router: Router = (
            router if router is not None else CompiledRouter(self._responders)
        )

        http_responders = [n for m, n in RESPONDERS.items() if m not in META_METHODS]
        self.add_scope("lifespan", LifespanServer(self, drain), hooks=LIFESPAN_HOOKS)
        self.add_scope(
            "http",
            HTTPServer(self),
            responders=http_responders,
            hooks=HTTP_HOOKS,
        )
        self.extensions = tuple(discover() if extensions is None else extensions)
        for extension in self.extensions:
            extension.install(self)

        if cors_enable:
            self.add_middleware(CORSMiddleware())
        if middleware is not None:
            self.add_middleware(middleware)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve a connection, as an ASGI server asks.

        Raises:
            UnsupportedScopeError: It is of a type that nothing here serves. The lifespan
                protocol and servers in general take that as an answer.
        """
        server = self._servers.get(scope["type"])
        if server is None:
            raise UnsupportedScopeError(_no_server(scope["type"]))
        await server(scope, receive, send)

    # What an application says.

    def add_route(
        self,
        uri_template: str,
        resource: object,
        *,
        suffix: str | None = None,
        compile: bool = False,
        **kwargs: Any,
    ) -> None:
        """Let a resource answer requests to a path.

        Args:
            uri_template: Such as ``/rooms/{room}/messages/{id:int}``. A field is an argument
                of the responder. It stands for a path segment or a part of one; behind a
                colon there may be a converter: ``int``, ``float``, ``uuid``, ``dt``, ``re``,
                or ``path`` for all that is left.
            resource: Has responders: coroutine functions ``on_get(req, resp, **fields)`` for
                GET and so on, and ``on_websocket(req, ws, **fields)`` with falconws-ws.
            suffix: Takes ``on_get_<suffix>`` and its like, so that one resource serves
                several templates.
            compile: Without effect: templates are compiled when they are added.
            **kwargs: Passed on to ``router.add_route``.

        Raises:
            TypeError: The template is no string, or a responder no coroutine function.
            UnacceptableRouteError: The template is not valid, or conflicts with another.
            SuffixedMethodNotFoundError: No responder has the suffix.
            ExtensionNotInstalledError: A responder is for a scope that nothing here serves.
        """
        if not isinstance(uri_template, str):
            raise TypeError(
                f"A URI template is a string, not {type(uri_template).__name__}."
            )
        names = {**RESPONDERS, **self._responders}
        for method, responder in map_http_methods(resource, suffix, names).items():
            check_responder(responder, resource)
            if method not in self._responders:
                name = f"{names[method]}_{suffix}" if suffix else names[method]
                raise ExtensionNotInstalledError(_no_responder(name, resource))
        self.router.add_route(uri_template, resource, suffix=suffix, **kwargs)

    def add_static_route(
        self,
        prefix: str,
        directory: str | os.PathLike[str],
        downloadable: bool = False,
        fallback_filename: str | None = None,
    ) -> None:
        """Serve the files of a directory to GET and HEAD, where no route matches.

        Of several static routes whose prefix matches, the one that was added last serves.

        Args:
            prefix: The path that the directory is at, such as ``/static``.
            directory: Where the files are.
            downloadable: Whether browsers save the files instead of showing them.
            fallback_filename: What to serve for a path that has no file, relative to the
                directory; None for a 404.

        Raises:
            ValueError: The prefix does not begin with a slash, or the directory or the
                fallback file does not exist.
        """
        route = StaticRoute(prefix, directory, downloadable, fallback_filename)
        self.static_routes.insert(0, route)

    def add_middleware(self, middleware: object | Iterable[object]) -> None:
        """Add a component, or several; those that come later are inside of earlier ones.

        A component has one or more of these coroutine functions: ``process_startup(scope,
        event)``, ``process_shutdown(scope, event)``, ``process_request(req, resp)``,
        ``process_resource(req, resp, resource, params)``, ``process_response(req, resp,
        resource, req_succeeded)``; and those of the extensions.

        Args:
            middleware: A component or an iterable of components.

        Raises:
            TypeError: A component has none of the hooks, or one with other parameters.
            CompatibilityError: A hook is not a coroutine function.
            ValueError: There are two `CORSMiddleware`.
        """
        components = middleware if isinstance(middleware, Iterable) else [middleware]
        for component in components:
            if isinstance(component, CORSMiddleware) and any(
                isinstance(present, CORSMiddleware)
                for present in self.middleware.components
            ):
                raise ValueError(
                    "There is a CORSMiddleware already, and one decides for all; cors_enable=True "
                    "adds one too."
                )
            self.middleware.add(component)

    def add_error_handler(
        self,
        exception: type[Exception] | Iterable[type[Exception]],
        handler: ErrorHandler | None = None,
    ) -> None:
        """Let a function make the response when an exception is raised.

        The handler for the nearest base class is chosen. It may raise `HTTPError`.

        Args:
            exception: A type, or several.
            handler: A coroutine function ``(req, resp, exc, params)``. For a WebSocket
                ``resp`` is None, and an argument named ``ws`` is the socket. None for the
                type's own static method ``handle``.

        Raises:
            TypeError: It is no subclass of Exception.
            AttributeError: There is no handler, and no ``handle``.
            CompatibilityError: The handler is no coroutine function.
        """
        self.error_handlers.add(exception, handler)

    def set_error_serializer(self, serializer: ErrorSerializer) -> None:
        """Replace what puts an `HTTPError` into a response.

        Args:
            serializer: A function ``(req, resp, exc)`` that sets the body and its type.
        """
        self.error_serializer = serializer

    @property
    def router_options(self) -> Any:
        """The options of the router."""
        return self.router.options  # type: ignore[attr-defined]

    # What an extension says, and what it is asked.

    def add_scope(
        self,
        scope_type: str,
        server: ScopeServer,
        *,
        responders: Iterable[str] = (),
        hooks: Iterable[Hook] = (),
    ) -> None:
        """Serve a scope type that nothing serves yet.

        Args:
            scope_type: As in ``scope["type"]``.
            server: Called with ``(scope, receive, send)`` for each connection.
            responders: The responders of a resource that it calls, such as
                ``"on_websocket"``, which is found as ``method_map["WEBSOCKET"]``.
            hooks: The middleware hooks that it calls.

        Raises:
            ValueError: Something serves that scope type, or calls such a responder or hook.
        """
        if scope_type in self._servers:
            raise ValueError(f"The scope {scope_type!r} is served already.")
        methods = {_method(name): name for name in responders}
        if taken := sorted(methods.keys() & self._responders.keys()):
            raise ValueError(f"There is a scope server for {', '.join(taken)} already.")
        self.middleware.register(hooks)
        self._servers[scope_type] = server
        self._responders.update(methods)

    def fill_slot(self, name: str, value: Any) -> None:
        """Provide what core has a place for, and does not do itself.

        Args:
            name: ``"event_stream"``: what serves `Response.sse`, an `EventStreamOpener`.
            value: What provides it.

        Raises:
            ValueError: There is no such slot, or it is filled.
        """
        if name not in _SLOTS:
            raise ValueError(f"There is no slot {name!r}, but: {', '.join(_SLOTS)}.")
        if name in self._slots:
            raise ValueError(f"The slot {name!r} is filled already.")
        self._slots.add(name)
        setattr(self.resp_options, name, value)

    def extension(self, kind: type[E]) -> E:
        """Give the extension of a type.

        Raises:
            ExtensionNotInstalledError: There is none.
        """
        for extension in self.extensions:
            if isinstance(extension, kind):
                return extension
        raise ExtensionNotInstalledError(
            f"This App has no extension {kind.__name__}. Add {kind.__name__}() to "
            "App(extensions=...)."
        )

    @property
    def ws_options(self) -> Any:
        """The options of the extension WebSockets, under Falcon's name.

        ``app.extension(WebSockets).options`` is the same, and known to type checkers.

        Raises:
            ExtensionNotInstalledError: The App does not have it.
        """
        server = self._servers.get("websocket")
        if server is None:
            raise ExtensionNotInstalledError(_no_server("websocket"))
        return server.options  # type: ignore[attr-defined]

    # The end.

    async def drain(self, *, grace: float = 2.0, jitter: float = 0.0) -> None:
        """Bring all open connections to their end, and refuse new work with a 503.

        Streams end, WebSockets are closed with 1001 (going away).

        Args:
            grace: Seconds that responders have to return by themselves after that; those
                that have not are cancelled.
            jitter: Seconds over which the ends are spread, so that not every client comes
                back in the same moment; 0 for all at once.
        """
        await self.connections.drain(grace, jitter)


_SLOTS = ("event_stream",)


def _method(responder: str) -> str:
    """Give the key of a responder in a method map: ``on_websocket`` is ``WEBSOCKET``."""
    known = {name: method for method, name in RESPONDERS.items()}
    return known.get(responder) or responder.removeprefix("on_").upper()


def _no_server(scope_type: str) -> str:
    package = package_of_scope(scope_type)
    if package is None:
        return f"Nothing in this App serves the scope {scope_type!r}."
    return (
        f"Nothing in this App serves the scope {scope_type!r}. Install {package}, and add its "
        "extension to App(extensions=...) if you set that."
    )


def _no_responder(name: str, resource: object) -> str:
    package = package_of_responder(name)
    return (
        f"{type(resource).__name__} has {name}(), which nothing in this App calls. Install "
        f"{package}, and add its extension to App(extensions=...) if you set that."
    )
