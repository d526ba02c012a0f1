"""From what is known of an App to text."""

from __future__ import annotations

from collections.abc import Iterable
from textwrap import indent
from typing import TYPE_CHECKING, Any

from ..routing import META_METHODS

if TYPE_CHECKING:
    from ._info import (
        AppInfo,
        ErrorHandlerInfo,
        Info,
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

__all__ = ("InspectVisitor", "StringVisitor")

_TAB = "  "
# A cell that is longer moves the rest of its own row, not that of all others.
_WIDEST = 40


class InspectVisitor:
    """The base of what makes something of an `AppInfo` and of what it consists of.

    A subclass has the methods ``visit_app``, ``visit_route``, ``visit_route_method`` and so
    on, each of which takes the object that it is named after.
    """

    def process(self, instance: Any) -> Any:
        """Call the method that is there for an object, and return what it does.

        Raises:
            RuntimeError: There is none.
        """
        name = getattr(type(instance), "visit_name", None)
        visit = getattr(self, f"visit_{name}", None)
        if visit is None:
            kind = type(instance).__name__
            raise RuntimeError(
                f"{type(self).__name__} has no method to visit a {kind}."
            )
        return visit(instance)


class StringVisitor(InspectVisitor):
    """Writes text for people to read.

    Attributes:
        verbose: Whether to say where everything is, and list the responders one by one.
        internal: Whether to list responders and error handlers of falconws itself too.
        name: What to call the App; empty for "falconws App".
    """

    def __init__(
        self, verbose: bool = False, internal: bool = False, name: str = ""
    ) -> None:
        """Choose what to write."""
        self.verbose = verbose
        self.internal = internal
        self.name = name

    def visit_app(self, app: AppInfo) -> str:
        """Write an App, section by section; empty ones are left out."""
        fallbacks = [
            ("Sinks", _table(map(self._sink, app.sinks))),
            ("Static routes", _table(map(self._static_route, app.static_routes))),
        ]
        middleware = app.middleware
        handlers = [e for e in app.error_handlers if self.internal or not e.internal]
        sections = [
            ("Routes", self._routes(app.routes)),
            *(fallbacks if app.sinks_first else reversed(fallbacks)),
            (f"Middleware ({middleware.independent_text})", self.process(middleware)),
            ("Error handlers", _table(map(self._error_handler, handlers))),
            ("Extensions", "\n".join(app.extensions)),
        ]
        shown = [f"{title}\n{indent(text, _TAB)}" for title, text in sections if text]
        return "\n\n".join([self.name or "falconws App", *shown])

    def visit_route(self, route: RouteInfo) -> str:
        """Write a route."""
        return self._routes([route])

    def _routes(self, routes: Iterable[RouteInfo]) -> str:
        if self.verbose:
            return "\n".join(map(self._verbose_route, routes))
        return _table(
            (route.path, self._methods(route), route.class_name, _notes(route))
            for route in routes
        )

    def _verbose_route(self, route: RouteInfo) -> str:
        head = (route.path, route.class_name, _notes(route), route.source_info)
        methods = _table(map(self._route_method, self._shown(route)))
        return f"{_table([head])}\n{indent(methods, _TAB)}".rstrip()

    def _shown(self, route: RouteInfo) -> list[RouteMethodInfo]:
        return [
            method for method in route.methods if self.internal or not method.internal
        ]

    def _methods(self, route: RouteInfo) -> str:
        names = [method.method for method in self._shown(route)]
        http = ", ".join(name for name in names if name not in META_METHODS)
        others = [name for name in names if name in META_METHODS]
        return " + ".join(filter(None, [http, *others])) or "-"

    def visit_route_method(self, method: RouteMethodInfo) -> str:
        """Write a responder."""
        return _table([self._route_method(method)])

    def _route_method(self, method: RouteMethodInfo) -> tuple[str, ...]:
        return method.method, method.function_name, self._source(method.source_info)

    def _source(self, source_info: str) -> str:
        return source_info if self.verbose else ""

    def visit_sink(self, sink: SinkInfo) -> str:
        """Write a sink."""
        return _table([self._sink(sink)])

    def _sink(self, sink: SinkInfo) -> tuple[str, ...]:
        return sink.prefix, sink.name, self._source(sink.source_info)

    def visit_static_route(self, route: StaticRouteInfo) -> str:
        """Write a static route."""
        return _table([self._static_route(route)])

    def _static_route(self, route: StaticRouteInfo) -> tuple[str, ...]:
        notes = []
        if route.fallback_filename is not None:
            notes.append(f"or {route.fallback_filename}")
        if route.downloadable:
            notes.append("to be saved")
        return route.prefix, route.directory, ", ".join(notes)

    def visit_error_handler(self, handler: ErrorHandlerInfo) -> str:
        """Write an error handler."""
        return _table([self._error_handler(handler)])

    def _error_handler(self, handler: ErrorHandlerInfo) -> tuple[str, ...]:
        return handler.error, handler.name, self._source(handler.source_info)

    def visit_middleware(self, middleware: MiddlewareInfo) -> str:
        """Write the order of calls, and with ``verbose`` the components."""
        parts: list[Info] = [middleware.middleware_tree, *middleware.other_trees]
        if self.verbose:
            parts += middleware.middleware_classes
        return "\n\n".join(filter(None, map(self.process, parts)))

    def visit_middleware_tree(self, tree: MiddlewareTreeInfo) -> str:
        """Write the order of calls for one kind of connection; nothing if there are none."""
        if not (tree.request or tree.resource or tree.response):
            return ""
        around = (*tree.request, *tree.response)
        center = max((item.depth + 1 for item in around), default=0)
        lines = [
            *(_nested(f"-> {self.process(item)}", item.depth) for item in tree.request),
            *(_nested(self.process(item), item.depth) for item in tree.resource),
            _nested(f"[{tree.center}]", center),
            *(
                _nested(f"<- {self.process(item)}", item.depth)
                for item in tree.response
            ),
        ]
        return "\n".join(lines)

    def visit_middleware_tree_item(self, item: MiddlewareTreeItemInfo) -> str:
        """Write a call of a hook."""
        return f"{item.class_name}.{item.name}"

    def visit_middleware_class(self, component: MiddlewareClassInfo) -> str:
        """Write a component."""
        head = _table([(component.name, self._source(component.source_info))])
        methods = _table(map(self._middleware_method, component.methods))
        return f"{head}\n{indent(methods, _TAB)}"

    def visit_middleware_method(self, method: MiddlewareMethodInfo) -> str:
        """Write a hook of a component."""
        return _table([self._middleware_method(method)])

    def _middleware_method(self, method: MiddlewareMethodInfo) -> tuple[str, ...]:
        return method.function_name, self._source(method.source_info)


def _table(rows: Iterable[tuple[str, ...]]) -> str:
    """Align the cells of rows, and leave out columns that have nothing in them."""
    columns = [column for column in zip(*rows, strict=True) if any(column)]
    widths = [
        max((len(cell) for cell in column if len(cell) <= _WIDEST), default=0)
        for column in columns
    ]
    return "\n".join(
        _TAB.join(map(str.ljust, row, widths)).rstrip()
        for row in zip(*columns, strict=True)
    )


def _notes(route: RouteInfo) -> str:
    suffix = next((method.suffix for method in route.methods if method.suffix), None)
    notes = {"suffix": suffix, "name": route.name}
    return ", ".join(f"{key}={value}" for key, value in notes.items() if value)


def _nested(text: str, depth: int) -> str:
    # As wide as an arrow, so that what is inside stands below the name of what is around it.
    return "   " * depth + text
