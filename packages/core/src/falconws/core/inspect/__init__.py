"""What an App consists of: its routes, sinks, middleware and error handlers.

``print(inspect_app(app).to_string())`` shows it, and so does ``python -m
falconws.core.inspect chat.main:app`` in a shell.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from typing import Any, TypeVar

from ..app import App
from ..middleware import Middleware
from ..routing import CompiledRouter
from ._info import (
    AppInfo,
    ErrorHandlerInfo,
    MiddlewareClassInfo,
    MiddlewareInfo,
    MiddlewareMethodInfo,
    MiddlewareTreeInfo,
    MiddlewareTreeItemInfo,
    RouteInfo,
    RouteMethodInfo,
    SinkInfo,
    StaticRouteInfo,
)
from ._visitor import InspectVisitor, StringVisitor

__all__ = (
    # an App and its parts
    "inspect_app",
    "inspect_error_handlers",
    "inspect_middleware",
    "inspect_routes",
    "inspect_sinks",
    "inspect_static_routes",
    # routers
    "inspect_compiled_router",
    "register_router",
    # what they give
    "AppInfo",
    "ErrorHandlerInfo",
    "MiddlewareClassInfo",
    "MiddlewareInfo",
    "MiddlewareMethodInfo",
    "MiddlewareTreeInfo",
    "MiddlewareTreeItemInfo",
    "RouteInfo",
    "RouteMethodInfo",
    "SinkInfo",
    "StaticRouteInfo",
    # what to make of it
    "InspectVisitor",
    "StringVisitor",
)

F = TypeVar("F", bound=Callable[[Any], list[RouteInfo]])

_UNKNOWN = "[unknown file]"

_routers: dict[type, Callable[[Any], list[RouteInfo]]] = {}


def inspect_app(app: App) -> AppInfo:
    """Tell all of an App.

    Raises:
        TypeError: Nobody said how to inspect its router, see `register_router`.
    """
    return AppInfo(
        routes=inspect_routes(app),
        middleware=inspect_middleware(app),
        static_routes=inspect_static_routes(app),
        sinks=inspect_sinks(app),
        error_handlers=inspect_error_handlers(app),
        extensions=[type(extension).__name__ for extension in app.extensions],
        sinks_first=app.fallbacks[: len(app.sinks)] == app.sinks,
    )


def inspect_routes(app: App) -> list[RouteInfo]:
    """Tell the routes of an App, in the order of their addition.

    Raises:
        TypeError: Nobody said how to inspect its router, see `register_router`.
    """
    kind = type(app.router)
    for base in kind.__mro__:
        if base in _routers:
            return _routers[base](app.router)
    raise TypeError(
        f"It is not known how to inspect a {kind.__name__}. Put "
        f"@falconws.core.inspect.register_router({kind.__name__}) on a function that takes one "
        "and returns a list of RouteInfo."
    )


def register_router(router_class: type) -> Callable[[F], F]:
    """Make a function the one that inspects routers of a class.

    Args:
        router_class: The class; it is for those that are derived from it too, unless they have
            their own.

    Raises:
        TypeError: It is no class.
        ValueError: There is such a function already.
    """
    if not isinstance(router_class, type):
        raise TypeError(f"register_router() takes a class, not {router_class!r}.")

    def register(function: F) -> F:
        if router_class in _routers:
            raise ValueError(
                f"There is a function that inspects a {router_class.__name__} already: "
                f"{_name(_routers[router_class])}()."
            )
        _routers[router_class] = function
        return function

    return register


@register_router(CompiledRouter)
def inspect_compiled_router(router: CompiledRouter) -> list[RouteInfo]:
    """Tell the routes of the default router, in the order of their addition."""
    return [
        RouteInfo(
            path=route.template,
            class_name=type(route.resource).__name__,
            source_info=_source(type(route.resource)),
            methods=[
                RouteMethodInfo(
                    method,
                    _source(responder),
                    _name(responder),
                    _is_internal(responder),
                )
                for method, responder in route.method_map.items()
            ],
            name=route.name,
        )
        for route in router.routes
    ]


def inspect_static_routes(app: App) -> list[StaticRouteInfo]:
    """Tell the static routes of an App, in the order in which they are asked."""
    return [
        StaticRouteInfo(
            prefix=route.prefix,
            directory=str(route.directory),
            fallback_filename=None if route.fallback is None else str(route.fallback),
            downloadable=route.downloadable,
        )
        for route in app.static_routes
    ]


def inspect_sinks(app: App) -> list[SinkInfo]:
    """Tell the sinks of an App, in the order in which they are asked."""
    return [
        SinkInfo(sink.pattern.pattern, _name(sink.function), _source(sink.function))
        for sink in app.sinks
    ]


def inspect_error_handlers(app: App) -> list[ErrorHandlerInfo]:
    """Tell what `App.add_error_handler` registered.

    What is done about other exceptions belongs to what serves each kind of connection.
    """
    return [
        ErrorHandlerInfo(
            error.__name__, _name(handler), _source(handler), _is_internal(handler)
        )
        for error, handler in app.error_handlers.handlers.items()
    ]


def inspect_middleware(app: App) -> MiddlewareInfo:
    """Tell the middleware of an App, and the order of its calls."""
    middleware = app.middleware
    tree, *others = [
        _inspect_tree(middleware, "request", "resource", "response", suffix)
        for suffix in _suffixes(middleware)
    ]
    lifespan = _inspect_tree(middleware, "startup", "", "shutdown", center="serving")
    return MiddlewareInfo(
        middleware_tree=tree,
        middleware_classes=[
            _inspect_component(middleware, index)
            for index in range(len(middleware.components))
        ],
        independent=app.independent_middleware,
        other_trees=[*others, lifespan],
    )


def _suffixes(middleware: Middleware) -> list[str]:
    """Give what tells the hooks of one scope from those of another: ``['', '_ws']``."""
    first = "process_request"
    return [name[len(first) :] for name in middleware.hooks if name.startswith(first)]


def _inspect_tree(
    middleware: Middleware,
    request: str,
    resource: str,
    response: str,
    suffix: str = "",
    center: str = "responder",
) -> MiddlewareTreeInfo:
    hooks = [f"process_{phase}{suffix}" for phase in (request, resource, response)]
    way_in, at_resource, way_out = (middleware.hooks.get(hook, []) for hook in hooks)
    nesting = sorted({*way_in, *way_out})

    def call(hook: str, index: int, depth: int) -> MiddlewareTreeItemInfo:
        component = middleware.components[index]
        name = _method_name(component, hook)
        return MiddlewareTreeItemInfo(name, type(component).__name__, depth)

    return MiddlewareTreeInfo(
        request=[call(hooks[0], index, nesting.index(index)) for index in way_in],
        resource=[call(hooks[1], index, len(nesting)) for index in at_resource],
        response=[
            call(hooks[2], index, nesting.index(index)) for index in reversed(way_out)
        ],
        center=center,
    )


def _method_name(component: object, hook: str) -> str:
    # As when it is added: one that serves both kinds of server has the asynchronous one here.
    name = f"{hook}_async"
    return hook if getattr(component, name, None) is None else name


def _inspect_component(middleware: Middleware, index: int) -> MiddlewareClassInfo:
    component = middleware.components[index]
    names = [
        _method_name(component, hook)
        for hook, owners in middleware.hooks.items()
        if index in owners
    ]
    methods = {name: getattr(component, name) for name in names}
    return MiddlewareClassInfo(
        name=type(component).__name__,
        source_info=_source(type(component)),
        methods=[
            MiddlewareMethodInfo(name, _source(method), _is_internal(method))
            for name, method in methods.items()
        ],
    )


def _is_internal(function: Any) -> bool:
    module = getattr(_unwrap(function), "__module__", None)
    return module is not None and module.startswith("falconws.")


def _name(function: Any) -> str:
    function = _unwrap(function)
    name: str = getattr(function, "__name__", type(function).__name__)
    return name


def _source(thing: Any) -> str:
    """Say where a class or function is, or the class of what can be called."""
    thing = _unwrap(thing)
    if not (inspect.isroutine(thing) or inspect.isclass(thing)):
        thing = type(thing)
    try:
        return f"{inspect.getsourcefile(thing)}:{inspect.getsourcelines(thing)[1]}"
    except (OSError, TypeError):  # it was made while the program ran, or is built in
        return _UNKNOWN


def _unwrap(function: Any) -> Any:
    """Give what decorators, hooks and `functools.partial` are around."""
    function = inspect.unwrap(function)
    while isinstance(function, functools.partial):
        function = inspect.unwrap(function.func)
    return function
