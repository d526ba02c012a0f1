"""What there is to know of an App, as plain data."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar

from ..routing import responder_name
from ._visitor import StringVisitor

__all__ = (
    "AppInfo",
    "ErrorHandlerInfo",
    "Info",
    "MiddlewareClassInfo",
    "MiddlewareInfo",
    "MiddlewareMethodInfo",
    "MiddlewareTreeInfo",
    "MiddlewareTreeItemInfo",
    "RouteInfo",
    "RouteMethodInfo",
    "SinkInfo",
    "StaticRouteInfo",
)


class Info:
    """What all of them have in common.

    Attributes:
        visit_name: An `InspectVisitor` has a method ``visit_<visit_name>`` for it.
    """

    visit_name: ClassVar[str]

    def to_string(
        self, verbose: bool = False, internal: bool = False, name: str = ""
    ) -> str:
        """Write it for people to read, by a `StringVisitor` that has these arguments."""
        text: str = StringVisitor(verbose, internal, name).process(self)
        return text


@dataclass
class RouteMethodInfo(Info):
    """A responder of a route.

    Attributes:
        method: The HTTP method, or ``'WEBSOCKET'``.
        source_info: Where the responder is: ``file:line``.
        function_name: The name that it was defined by.
        internal: Whether it is a part of falconws.
    """

    visit_name = "route_method"

    method: str
    source_info: str
    function_name: str
    internal: bool

    @property
    def suffix(self) -> str:
        """The suffix of the responder: ``'list'`` for ``on_get_list``; or empty."""
        for name in (responder_name(self.method), "on_request"):
            if self.function_name.startswith(f"{name}_"):
                return self.function_name[len(name) + 1 :]
        return ""


@dataclass
class RouteInfo(Info):
    """A route.

    Attributes:
        path: The URI template.
        class_name: The resource's class.
        source_info: Where that is: ``file:line``.
        methods: The responders.
        name: What `App.url_for` finds the route by; None for the resource alone.
    """

    visit_name = "route"

    path: str
    class_name: str
    source_info: str
    methods: list[RouteMethodInfo]
    name: str | None = None


@dataclass
class SinkInfo(Info):
    """A sink.

    Attributes:
        prefix: The regular expression for how paths begin.
        name: The function's name.
        source_info: Where that is: ``file:line``.
    """

    visit_name = "sink"

    prefix: str
    name: str
    source_info: str


@dataclass
class StaticRouteInfo(Info):
    """A static route.

    Attributes:
        prefix: The path that the directory is at, with a slash at its end.
        directory: Where the files are.
        fallback_filename: The file for a path that has none; None for a 404.
        downloadable: Whether browsers save the files instead of showing them.
    """

    visit_name = "static_route"

    prefix: str
    directory: str
    fallback_filename: str | None
    downloadable: bool = False


@dataclass
class ErrorHandlerInfo(Info):
    """An error handler.

    Attributes:
        error: The exception's class.
        name: The handler's name.
        source_info: Where that is: ``file:line``.
        internal: Whether it is a part of falconws.
    """

    visit_name = "error_handler"

    error: str
    name: str
    source_info: str
    internal: bool


@dataclass
class MiddlewareMethodInfo(Info):
    """A hook of a middleware component.

    Attributes:
        function_name: The method's name.
        source_info: Where that is: ``file:line``.
        internal: Whether it is a part of falconws. It is shown in any case.
    """

    visit_name = "middleware_method"

    function_name: str
    source_info: str
    internal: bool = False


@dataclass
class MiddlewareClassInfo(Info):
    """A middleware component.

    Attributes:
        name: The component's class.
        source_info: Where that is: ``file:line``.
        methods: The hooks that the App calls.
    """

    visit_name = "middleware_class"

    name: str
    source_info: str
    methods: list[MiddlewareMethodInfo]


@dataclass
class MiddlewareTreeItemInfo(Info):
    """A hook in the order of calls.

    Attributes:
        name: The method's name.
        class_name: The component's class.
        depth: How many components it is inside of.
    """

    visit_name = "middleware_tree_item"

    name: str
    class_name: str
    depth: int = 0


@dataclass
class MiddlewareTreeInfo(Info):
    """The hooks for one kind of connection, in the order of their calls.

    Attributes:
        request: Those on the way in.
        resource: Those that are called when the resource is known.
        response: Those on the way out.
        center: What happens inside of all of them.
    """

    visit_name = "middleware_tree"

    request: list[MiddlewareTreeItemInfo]
    resource: list[MiddlewareTreeItemInfo]
    response: list[MiddlewareTreeItemInfo]
    center: str = "responder"


@dataclass
class MiddlewareInfo(Info):
    """The middleware of an App.

    Attributes:
        middleware_tree: The hooks for a request.
        middleware_classes: The components, the outermost first.
        independent: Whether all ``process_response`` hooks are called, see
            `App.independent_middleware`.
        other_trees: The hooks for start-up and shutdown, and those for what extensions serve.
    """

    visit_name = "middleware"

    middleware_tree: MiddlewareTreeInfo
    middleware_classes: list[MiddlewareClassInfo]
    independent: bool
    other_trees: list[MiddlewareTreeInfo] = field(default_factory=list)

    @property
    def independent_text(self) -> str:
        """Whether it is independent, in a word."""
        return "independent" if self.independent else "dependent"


@dataclass
class AppInfo(Info):
    """An App.

    Attributes:
        routes: In the order of their addition.
        middleware: The components and their hooks.
        static_routes: In the order in which they are asked.
        sinks: In the order in which they are asked.
        error_handlers: What the application added.
        asgi: True: there are no others.
        extensions: The classes of the extensions.
        sinks_first: Whether sinks are asked before static routes.
    """

    visit_name = "app"

    routes: list[RouteInfo]
    middleware: MiddlewareInfo
    static_routes: list[StaticRouteInfo]
    sinks: list[SinkInfo]
    error_handlers: list[ErrorHandlerInfo]
    asgi: bool = True
    extensions: list[str] = field(default_factory=list)
    sinks_first: bool = True
