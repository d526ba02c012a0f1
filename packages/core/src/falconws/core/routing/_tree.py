"""The routes as a tree of path segments, and the way down for a path."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

from ..errors import UnacceptableRouteError
from ._template import Field, Segment

__all__ = ("Node", "Route", "find", "insert")


@dataclass(slots=True)
class Route:
    """Where a template leads.

    Attributes:
        template: The URI template.
        resource: The application's resource.
        method_map: Its bound responders, by HTTP method or by ``'WEBSOCKET'``.
        segments: The template, parsed.
        name: What the application calls the route; None for nothing.
    """

    template: str
    resource: object
    method_map: dict[str, Any]
    segments: list[Segment] = field(default_factory=list)
    name: str | None = None


@dataclass(slots=True)
class _Complex:
    segment: Segment
    pattern: re.Pattern[str]
    fields: list[Field]
    node: Node
    template: str

    def match(self, text: str) -> dict[str, Any] | None:
        match = self.pattern.fullmatch(text)
        if match is None:
            return None
        values = {}
        for found, group in zip(self.fields, match.groups(), strict=True):
            value = group if found.converter is None else found.converter.convert(group)
            if value is None:
                return None
            values[found.name] = value
        return values


@dataclass(slots=True)
class _Simple:
    field: Field
    node: Node
    template: str


@dataclass(slots=True)
class Node:
    """What can follow at one place in a path; tried in the order of the attributes."""

    literals: dict[str, Node] = field(default_factory=dict)
    complexes: list[_Complex] = field(default_factory=list)
    simple: _Simple | None = None
    rest: _Simple | None = None
    route: Route | None = None


def insert(root: Node, segments: list[Segment], route: Route) -> None:
    """Add a route; one with the same template is replaced.

    Raises:
        UnacceptableRouteError: A path could lead to this template and to another, and nothing
            would decide between them.
    """
    node = root
    for segment in segments:
        node = _child(node, segment, route.template)
    node.route = route


def _child(node: Node, segment: Segment, template: str) -> Node:
    literal = segment.literal
    if literal is not None:
        return node.literals.setdefault(literal, Node())
    if segment.simple is not None:
        return _simple_child(node, segment.simple, template)
    for edge in node.complexes:
        if edge.segment.shape == segment.shape:
            mine = [(f.name, f.spec) for f in segment.fields]
            theirs = [(f.name, f.spec) for f in edge.fields]
            if mine != theirs:
                raise _conflict(template, edge.template)
            return edge.node
    edge = _Complex(segment, segment.pattern(), segment.fields, Node(), template)
    node.complexes.append(edge)
    return edge.node


def _simple_child(node: Node, found: Field, template: str) -> Node:
    edge = node.rest if found.takes_all else node.simple
    if edge is None:
        edge = _Simple(found, Node(), template)
        if found.takes_all:
            node.rest = edge
        else:
            node.simple = edge
    elif (edge.field.name, edge.field.spec) != (found.name, found.spec):
        raise _conflict(template, edge.template)
    return edge.node


def _conflict(template: str, other: str) -> UnacceptableRouteError:
    return UnacceptableRouteError(
        f"The URI template {template!r} conflicts with {other!r}: at the same place they have "
        "fields with different names or converters, and match the same paths. Give the fields "
        "one name and one converter."
    )


def find(root: Node, segments: list[str], params: dict[str, Any]) -> Route | None:
    """Find the route for the segments of a path.

    Args:
        root: Where to begin.
        segments: The path, split at its slashes.
        params: Filled with the values of the fields of the route that was found.
    """
    # The way that most paths take: what comes first at each node, as far as the end.
    node = root
    for text in segments:
        child = node.literals.get(text)
        if child is None:
            simple = node.simple
            if simple is None or node.complexes:
                break
            converter = simple.field.converter
            value = text if converter is None else converter.convert(text)
            if value is None:
                break
            params[simple.field.name] = value
            child = simple.node
        node = child
    else:
        if node.route is not None:
            return node.route
    params.clear()
    return _search(root, segments, 0, params)


def _search(
    node: Node, segments: list[str], index: int, params: dict[str, Any]
) -> Route | None:
    """Find the route for the segments of a path from an index on.

    Literal segments go before complex ones, those before simple ones, and a field that takes
    all comes last. A way that ends without a route is left for the next.

    Args:
        node: Where to begin.
        segments: The path, split at its slashes.
        index: The segment that is next.
        params: Filled with the values of the fields of the route that was found.
    """
    if index == len(segments):
        return node.route
    text = segments[index]
    child = node.literals.get(text)
    if child is not None and (route := _search(child, segments, index + 1, params)):
        return route
    for edge in node.complexes:
        values = edge.match(text)
        if values is not None and (
            route := _search(edge.node, segments, index + 1, params)
        ):
            params.update(values)
            return route
    simple = node.simple
    if simple is not None:
        converter = simple.field.converter
        value = text if converter is None else converter.convert(text)
        if value is not None and (
            route := _search(simple.node, segments, index + 1, params)
        ):
            params[simple.field.name] = value
            return route
    rest = node.rest
    if rest is None or rest.field.converter is None:
        return None
    value = rest.field.converter.convert(segments[index:])
    if value is None:
        return None
    params[rest.field.name] = value
    return rest.node.route
