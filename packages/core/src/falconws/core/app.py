"""`App`: the ASGI application."""

from __future__ import annotations

import copy
import inspect
import os
import re
from collections.abc import Awaitable, Callable, Iterable, Mapping
from types import MappingProxyType
from typing import Any, TypeVar

from falconws.media import MEDIA_JSON

from ._http import HTTP_HOOKS, HTTPServer
from ._lifespan import LIFESPAN_HOOKS, LifespanServer
from ._recovery import (
    ErrorHandler,
    ErrorHandlers,
    ErrorReporter,
    ErrorSerializer,
    serialize_error,
)
from ._versions import check_versions
from .context import Context
from .cors import CORSMiddleware
from .errors import (
    CompatibilityError,
    ExtensionNotInstalledError,
    SuffixedMethodNotFoundError,
    UnsupportedError,
    UnsupportedScopeError,
)
from .extensions import Extension, discover, package_of_responder, package_of_scope
from .headers import TOKEN
from .lifecycle import BackgroundTasks, Connections
from .middleware import Middleware
from .options import RequestOptions, ResponseOptions
from .request import Request
from .response import Response
from .routing import (
    META_METHODS,
    RESPONDERS,
    CompiledRouter,
    Router,
    Sink,
    StaticRoute,
    check_responder,
    map_http_methods,
    responder_name,
)
from .scopes import Hook, Receive, Scope, ScopeServer, Send

__all__ = ("App",)

E = TypeVar("E")

ServeScope = Callable[[Scope, Receive, Send], Awaitable[None]]

_NOTHING: dict[str, Any] = {}


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
        sinks: What `add_sink` added, the latest first.
        fallbacks: Both of them, in the order in which they are asked.
        connections: What is open: WebSockets and streams.
        background: What `Response.schedule` started.
        state: A place for what lives as long as the App runs, such as a connection pool:
            ``app.state.pool`` is set in a ``process_startup`` hook, and is found as
            ``req.scope["state"]["pool"]`` too (ASGI lifespan, "Lifespan State").
        independent_middleware: Whether all ``process_response`` hooks are called, or those
            only whose components' ``process_request`` was called and did not fail.
    """

    def __init__(
        self,
        media_type: str = MEDIA_JSON,
        request_type: type[Request] | None = None,
        response_type: type[Response] | None = None,
        middleware: object | Iterable[object] | None = None,
        router: Router | None = None,
        independent_middleware: bool = True,
        cors_enable: bool = False,
        sink_before_static_route: bool = True,
        *,
        req_options: RequestOptions | None = None,
        resp_options: ResponseOptions | None = None,
        secure_cookies_by_default: bool | None = None,
        http_methods: Iterable[str] = (),
        wrap_sync: bool = False,
        extensions: Iterable[Extension] | None = None,
        drain: bool = True,
        drain_grace: float = 1.5,
        drain_jitter: float = 0.0,
    ) -> None:
        """Build an application.

        Args:
            media_type: The media type of requests and responses that name none.
            request_type: A subclass of `Request`; None for that itself.
            response_type: A subclass of `Response`; None for that itself.
            middleware: A component, or several, as for `add_middleware`.
            router: None for a `CompiledRouter`.
            independent_middleware: Whether every component's ``process_response`` is called
                for every request. If not, a ``process_request`` that fails keeps that of its
                own component and of those inside of it from being called.
            cors_enable: Whether to let scripts of every origin read responses; for less than
                that, add a `CORSMiddleware`.
            sink_before_static_route: Whether sinks are asked before static routes, where
                no route matches.
            req_options: Copied; None for the defaults.
            resp_options: Copied; None for the defaults.
            secure_cookies_by_default: Whether cookies are for HTTPS only when `set_cookie`
                does not say; None for what ``resp_options`` has, which is yes.
            http_methods: Methods besides `COMBINED_METHODS`, such as ``["PURGE"]``, which
                ``on_purge`` answers then.
            wrap_sync: Whether responders, sinks, middleware and error handlers may be plain
                functions, each call of which is made in a thread. Without it they are
                refused where they are added.
            extensions: What serves more than HTTP. None for every extension that is
                installed, ``()`` for HTTP alone.
            drain: Whether SIGINT and SIGTERM `drain` the App, so that the server can stop.
                The server's own handling of them is not changed.
            drain_grace: Seconds that responders have in a drain to return by themselves; those
                that have not are cancelled.
            drain_jitter: Seconds over which a drain spreads the ends of connections, so that
                not every client comes back in the same moment; 0 for all at once.

        Raises:
            ValueError: Both ``cors_enable`` and a `CORSMiddleware` are given, one of
                ``http_methods`` is no method or one that is known, or a number of seconds is
                negative.
        """
        if drain_grace < 0 or drain_jitter < 0:
            raise ValueError("drain_grace and drain_jitter are seconds, from 0.")
        self.req_options = copy.copy(req_options) if req_options else RequestOptions()
        self.resp_options = (
            copy.copy(resp_options) if resp_options else ResponseOptions()
        )
        if media_type != MEDIA_JSON:
            self.req_options.default_media_type = media_type
            self.resp_options.default_media_type = media_type
        if secure_cookies_by_default is not None:
            self.resp_options.secure_cookies_by_default = secure_cookies_by_default
        self.middleware = Middleware(wrap_sync)
        self.error_handlers = ErrorHandlers(wrap_sync)
        self.error_serializer: ErrorSerializer = serialize_error
        self.request_type = request_type or Request
        self.response_type = response_type or Response
        self.independent_middleware = independent_middleware
        self.static_routes: list[StaticRoute] = []
        self.sinks: list[Sink] = []
        self.fallbacks: list[Sink | StaticRoute] = []
        self.connections = Connections()
        self.background = BackgroundTasks()
        self.state = Context()
        self._sinks_first = sink_before_static_route
        self._wrap_sync = wrap_sync
        self._drain_grace = drain_grace
        self._drain_jitter = drain_jitter
        self._servers: dict[str, ScopeServer] = {}
        # Their calls, by scope type and versions, as far as those have come.
        self._serve: dict[tuple[str, str | None, str | None], ServeScope] = {}
        self._responders: dict[str, str] = {}
        self.router: Router = (
            router
            if router is not None
            else CompiledRouter(self._responders, wrap_sync)
        )

        methods = _http_methods(http_methods)
        self.add_scope("lifespan", LifespanServer(self, drain), hooks=LIFESPAN_HOOKS)
        self.add_scope(
            "http", HTTPServer(self, methods), responders=methods, hooks=HTTP_HOOKS
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
            UnsupportedScopeError: It is of a type that nothing here serves, or of a version
                that is not known. Servers take that as an answer.
            UnsupportedError: It came by a version of HTTP that is not known.
        """
        try:
            serve = self._serve[
                scope["type"], scope["asgi"]["spec_version"], scope["http_version"]
            ]
        except (KeyError, TypeError):
            serve = self._find_server(scope)
        await serve(scope, receive, send)

    def _find_server(self, scope: Scope) -> ServeScope:
        """Find what serves a kind of scope, of its versions; it is remembered."""
        kind = scope["type"]
        spec_version = (scope.get("asgi") or _NOTHING).get("spec_version")
        http_version = scope.get("http_version")
        known = self._serve.get((kind, spec_version, http_version))
        if known is not None:  # of a server that does not tell all versions
            return known
        server = self._servers.get(kind)
        if server is None:
            raise UnsupportedScopeError(_no_server(kind))
        check_versions(kind, spec_version, http_version)
        serve = self._serve[kind, spec_version, http_version] = server.__call__
        return serve

    # What an application says.

    def add_route(
        self,
        uri_template: str,
        resource: object,
        *,
        suffix: str | None = None,
        name: str | None = None,
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
            name: What `url_for` finds the route by, where the resource alone does not say
                it; no other route has it.
            compile: Without effect: templates are compiled when they are added.
            **kwargs: Passed on to ``router.add_route``.

        Raises:
            TypeError: The template is no string, or a responder no coroutine function.
            UnacceptableRouteError: The template is not valid, or conflicts with another.
            SuffixedMethodNotFoundError: No responder has the suffix.
            ExtensionNotInstalledError: A responder is for a scope that nothing here serves.
            ValueError: Another route has the name.
        """
        if not isinstance(uri_template, str):
            raise TypeError(
                f"A URI template is a string, not {type(uri_template).__name__}."
            )
        self._check_responders(resource, suffix)
        if name is not None:
            kwargs["name"] = name
        self.router.add_route(uri_template, resource, suffix=suffix, **kwargs)

    def _check_responders(self, resource: object, suffix: str | None) -> None:
        names = {**RESPONDERS, **self._responders}
        try:
            found = map_http_methods(resource, suffix, names)
        except SuffixedMethodNotFoundError:
            return  # unless the router knows better, it will say the same
        for method, responder in found.items():
            wraps = self._wrap_sync and isinstance(self.router, CompiledRouter)
            if not wraps or method in META_METHODS:
                check_responder(responder, resource)
            if method not in self._responders:
                name = f"{names[method]}_{suffix}" if suffix else names[method]
                raise ExtensionNotInstalledError(_no_responder(name, resource))

    def url_for(self, target: object, /, **params: Any) -> str:
        """Build the path that leads to a route: ``app.url_for("room", room="tea & co")``.

        The path begins with a slash and is percent-encoded. In front of it belongs the place
        where the application is mounted; ``req.prefix + app.url_for(...)`` is a whole address.

        Args:
            target: The ``name`` of `add_route`, or a resource that one route leads to.
            **params: A value for each field of the template, as the responder gets it.

        Raises:
            ValueError: There is no such route, there are several, or the values do not make a
                path that leads there.
            UnsupportedError: The router is one of your own that has no ``url_for``.
        """
        url_for = getattr(self.router, "url_for", None)
        if url_for is None:
            raise UnsupportedError(
                f"{type(self.router).__name__} has no url_for(target, **params) to build paths."
            )
        path: str = url_for(target, **params)
        return path

    def add_sink(self, sink: Any, prefix: str | re.Pattern[str] = "/") -> None:
        """Let a function answer every request below a prefix that no route matches.

        Of several sinks whose prefix matches, the one that was added last answers. It answers
        all methods, and ``process_resource`` hooks are not called for it.

        With falconws-ws it answers WebSockets too if it has an argument named ``ws``. That is
        None for a request, and ``resp`` is None for a WebSocket.

        Args:
            sink: A coroutine function ``(req, resp, **groups)``, or
                ``(req, resp, ws=None, **groups)``.
            prefix: A regular expression for how paths begin; ``'/api'`` matches ``/apiary``
                too. Its named groups are arguments of the sink.

        Raises:
            CompatibilityError: The sink is not a coroutine function.
        """
        self.sinks.insert(0, Sink(sink, prefix, self._wrap_sync))
        self._order_fallbacks()

    def _order_fallbacks(self) -> None:
        if self._sinks_first:
            self.fallbacks = [*self.sinks, *self.static_routes]
        else:
            self.fallbacks = [*self.static_routes, *self.sinks]

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
        self._order_fallbacks()

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
        handler: ErrorHandler | Callable[..., None] | None = None,
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

        Raises:
            CompatibilityError: It is a coroutine function, which nobody would await.
        """
        if inspect.iscoroutinefunction(serializer):
            raise CompatibilityError(
                "An error serializer is a plain function: write `def`."
            )
        self.error_serializer = serializer

    def set_error_reporter(self, reporter: ErrorReporter) -> None:
        """Let a function hear of every exception that the App handles.

        It is told of those that are raised as responses, such as `HTTPNotFound`, of those that
        error handlers raise, and of those that end a stream; not of a client's leaving.

        Args:
            reporter: A plain function ``(req, exc, params, handled)``, in place of one that was
                set before. ``params`` are the values of the template's fields. ``handled`` is
                false if no response could be made for the exception: its handler failed, or
                the response had begun. It is called on the event loop, and should be quick.

        Raises:
            CompatibilityError: It is a coroutine function, which nobody would await.
        """
        if inspect.iscoroutinefunction(reporter):
            raise CompatibilityError(
                "An error reporter is a plain function: write `def`."
            )
        self.error_handlers.reporter = reporter

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
        responders: Mapping[str, str] = MappingProxyType({}),
        hooks: Iterable[Hook] = (),
    ) -> None:
        """Serve a scope type that nothing serves yet.

        Args:
            scope_type: As in ``scope["type"]``.
            server: Called with ``(scope, receive, send)`` for each connection.
            responders: The responders of a resource that it calls, by what they are found by in
                a method map: ``{"WEBSOCKET": "on_websocket"}``.
            hooks: The middleware hooks that it calls.

        Raises:
            ValueError: Something serves that scope type, or calls such a responder or hook.
        """
        if scope_type in self._servers:
            raise ValueError(f"The scope {scope_type!r} is served already.")
        if taken := sorted(responders.keys() & self._responders.keys()):
            raise ValueError(f"There is a scope server for {', '.join(taken)} already.")
        self.middleware.register(hooks)
        self._servers[scope_type] = server
        self._responders.update(responders)

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
        if getattr(self.resp_options, name) is not None:
            raise ValueError(f"The slot {name!r} is filled already.")
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

    async def drain(
        self, *, grace: float | None = None, jitter: float | None = None
    ) -> None:
        """Bring all open connections to their end, and refuse new work with a 503.

        Streams end, WebSockets are closed with 1001 (going away), and what was scheduled
        behind responses is waited for.

        Args:
            grace: Seconds that responders have to return by themselves after that, and
                scheduled callbacks to end; those that have not are cancelled. None for the
                App's ``drain_grace``.
            jitter: Seconds over which the ends are spread; 0 for all at once. None for the
                App's ``drain_jitter``.
        """
        grace = self._drain_grace if grace is None else grace
        jitter = self._drain_jitter if jitter is None else jitter
        await self.connections.drain(grace, jitter)
        await self.background.finish(grace)


_SLOTS = ("event_stream",)


def _http_methods(more: Iterable[str]) -> dict[str, str]:
    """Give the names of responders by HTTP method."""
    methods = {m: name for m, name in RESPONDERS.items() if m not in META_METHODS}
    for method in more:
        if not TOKEN.fullmatch(method) or method != method.upper():
            raise ValueError(
                f"{method!r} is not an HTTP method to be added; one is written like 'PURGE'."
            )
        if method in RESPONDERS:
            raise ValueError(f"The method {method} is known already.")
        methods[method] = responder_name(method)
    return methods


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
