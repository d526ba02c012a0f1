"""`CompiledRouter`: which resource a path leads to."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

from ..errors import SuffixedMethodNotFoundError
from ..options import RouterOptions
from ..uri import decode
from ._building import build_path, choose_route
from ._template import parse_template
from ._tree import Node, Route, find, insert
from .converters import BUILTIN
from .responders import (
    META_METHODS,
    RESPONDERS,
    Responder,
    check_responder,
    in_thread,
    is_awaitable_function,
    map_http_methods,
)

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

    def __init__(
        self, responders: Mapping[str, str] = RESPONDERS, wrap_sync: bool = False
    ) -> None:
        """Start without routes.

        Args:
            responders: What to look for on a resource: responder names by method.
            wrap_sync: Whether to call responders that are plain functions in a thread.
        """
        self.options = RouterOptions(converters=dict(BUILTIN))
        self._responders = responders
        self._wrap_sync = wrap_sync
        self._root = Node()
        self._literal: dict[str, Route] = {}
        self._routes: dict[str, Route] = {}

    def add_route(
        self,
        uri_template: str,
        resource: object,
        *,
        suffix: str | None = None,
        name: str | None = None,
        **kwargs: Any,
    ) -> None:
        """Add a route; one with the same template is replaced.

        Args:
            uri_template: Begins with a slash. ``{field}`` stands for a path segment or a
                part of one, ``{field:int(2)}`` converts it.
            resource: Has responders such as ``on_get``.
            suffix: Takes the responders whose names end so: ``on_get_list`` for ``'list'``.
            name: What `url_for` finds the route by; None for the resource itself.
            **kwargs: Passed on to `map_http_methods`.

        Raises:
            UnacceptableRouteError: The template is not valid, or conflicts with another.
            SuffixedMethodNotFoundError: No responder has the suffix.
            ValueError: Another route has the name.
        """
        for other in self._routes.values():
            if (
                name is not None
                and other.name == name
                and other.template != uri_template
            ):
                raise ValueError(
                    f"The name {name!r} of the route {uri_template!r} is that of "
                    f"{other.template!r} already."
                )
        segments = parse_template(uri_template, self.options.converters)
        method_map = self.map_http_methods(resource, suffix=suffix, **kwargs)
        route = Route(uri_template, resource, method_map, segments, name)
        insert(self._root, segments, route)
        self._routes[uri_template] = route
        if all(segment.literal is not None for segment in segments):
            self._literal[uri_template] = route

    def map_http_methods(
        self, resource: object, *, suffix: str | None = None, **kwargs: Any
    ) -> dict[str, Responder]:
        """Collect the responders of a resource, for `add_route`.

        Args:
            resource: As it was given to `add_route`.
            suffix: As it was given to `add_route`.
            **kwargs: What else was; ignored: there for subclasses that map differently.

        Raises:
            SuffixedMethodNotFoundError: No responder has the suffix.
        """
        on_request = self._on_request(resource, suffix)
        try:
            found = map_http_methods(resource, suffix, self._responders)
        except SuffixedMethodNotFoundError:
            if on_request is None:
                raise
            found = {}
        if on_request is not None:
            for method in self._responders:
                if method not in META_METHODS and method != "OPTIONS":
                    found.setdefault(method, on_request)
        if self._wrap_sync:
            for method, responder in found.items():
                if not is_awaitable_function(responder):
                    found[method] = in_thread(responder)
        return found

    def _on_request(self, resource: object, suffix: str | None) -> Responder | None:
        if not self.options.default_to_on_request:
            return None
        name = f"on_request_{suffix}" if suffix else "on_request"
        on_request: Responder | None = getattr(resource, name, None)
        if on_request is not None and not self._wrap_sync:
            check_responder(on_request, resource)
        return on_request

    def find(self, uri: str, req: Any = None) -> Found | None:
        """Find the route for a path.

        Args:
            uri: A decoded path, without the query string.
            req: The request; unused here, there for other routers.
        """
        params: dict[str, Any] = {}
        route = self._literal.get(uri)
        if route is None:
            route = find(self._root, uri[1:].split("/"), params)
            if route is None:
                return None
        return route.resource, route.method_map, params, route.template

    def url_for(self, target: object, /, **params: Any) -> str:
        """Build the path of a route; the arguments are those of `App.url_for`."""
        route = choose_route(list(self._routes.values()), target)
        path = build_path(route, params)
        found = self.find(decode(path, unquote_plus=False))
        if found is None or found[3] != route.template:
            led = "nowhere" if found is None else f"to {found[3]!r}"
            raise ValueError(
                f"The path {path!r} for {route.template!r} would lead {led}: a value has a "
                "slash in it, or is the text of another route."
            )
        return path

    @property
    def routes(self) -> list[Route]:
        """The routes, in the order of their addition."""
        return list(self._routes.values())
