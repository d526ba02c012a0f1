"""`CompiledRouter`: which resource a path leads to."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

from ..options import RouterOptions
from ._template import parse_template
from ._tree import Node, Route, find, insert
from .converters import BUILTIN
from .responders import RESPONDERS, map_http_methods

__all__ = ("CompiledRouter", "Found", "Router")

Found = tuple[object, dict[str, Any], dict[str, Any], str | None]
"""A resource, its responders by method, the fields' values, and the URI template."""


class Router(Protocol):
    """What `App(router=...)` takes."""

    def add_route(self, uri_template: str, resource: object, **kwargs: Any) -> None:
        """Remember a route.

        Args:
            uri_template: As it was given to `App.add_route`.
            resource: As it was given to `App.add_route`.
            **kwargs: ``suffix``, and any other that was given to `App.add_route`.
        """
        ...

    def find(self, uri: str, req: Any = None) -> Any:
        """Give a `Found`, or its first three; None if no route matches."""
        ...


class CompiledRouter:
    """The default router. URI templates are compiled as they are added.

    A path without fields is found by one look into a dictionary, any other by a way down a
    tree of its segments.
    """

    def __init__(self, responders: Mapping[str, str] = RESPONDERS) -> None:
        """Start without routes.

        Args:
            responders: What to look for on a resource: responder names by method.
        """
        self.options = RouterOptions(converters=dict(BUILTIN))
        self._responders = responders
        self._root = Node()
        self._literal: dict[str, Route] = {}

    def add_route(
        self,
        uri_template: str,
        resource: object,
        *,
        suffix: str | None = None,
        **kwargs: Any,
    ) -> None:
        """Add a route; one with the same template is replaced.

        Args:
            uri_template: Begins with a slash. ``{field}`` stands for a path segment or a
                part of one, ``{field:int(2)}`` converts it.
            resource: Has responders such as ``on_get``.
            suffix: Takes the responders whose names end so: ``on_get_list`` for ``'list'``.
            **kwargs: Ignored: there for other routers.

        Raises:
            UnacceptableRouteError: The template is not valid, or conflicts with another.
            SuffixedMethodNotFoundError: No responder has the suffix.
        """
        segments = parse_template(uri_template, self.options.converters)
        method_map = map_http_methods(resource, suffix, self._responders)
        route = Route(uri_template, resource, method_map)
        insert(self._root, segments, route)
        if all(segment.literal is not None for segment in segments):
            self._literal[uri_template] = route

    def find(self, uri: str, req: Any = None) -> Found | None:
        """Find the route for a path.

        Args:
            uri: A decoded path, without the query string.
            req: The request; unused here, there for other routers.
        """
        params: dict[str, Any] = {}
        route = self._literal.get(uri)
        if route is None:
            route = find(self._root, uri[1:].split("/"), 0, params)
            if route is None:
                return None
        return route.resource, route.method_map, params, route.template
