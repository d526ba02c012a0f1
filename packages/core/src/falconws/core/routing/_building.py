"""From a route back to a path: `CompiledRouter.url_for`."""

from __future__ import annotations

from typing import Any

from ..uri import encode_value
from ._template import Field
from ._tree import Route

__all__ = ("build_path", "choose_route")


def choose_route(routes: list[Route], target: object) -> Route:
    """Choose the route that an application means.

    Args:
        routes: All there are.
        target: The name of a route, or a resource that has one.

    Raises:
        ValueError: There is none, or more than one.
    """
    if isinstance(target, str):
        found = [route for route in routes if route.name == target]
        if not found:
            named = sorted(route.name for route in routes if route.name is not None)
            raise ValueError(
                f"There is no route of the name {target!r}; there are: "
                f"{', '.join(named) or 'none'}. Give one with "
                f"add_route(..., name={target!r})."
            )
    else:
        found = [route for route in routes if route.resource is target]
        if not found:
            raise ValueError(
                f"There is no route to {target!r}; add it with add_route()."
            )
    if len(found) > 1:
        templates = ", ".join(route.template for route in found)
        raise ValueError(
            f"Several routes lead to {target!r}: {templates}. Give the one that you mean a "
            "name, with add_route(..., name=...), and ask for that."
        )
    return found[0]


def build_path(route: Route, params: dict[str, Any]) -> str:
    """Build the path of a route, percent-encoded.

    Args:
        route: Where to.
        params: The values of its fields.

    Raises:
        ValueError: A field has no value or one that its converter would not read, or there
            is a value without a field.
    """
    fields = [field for segment in route.segments for field in segment.fields]
    _check_names(route, {field.name for field in fields}, set(params))
    path = []
    for segment in route.segments:
        parts = [
            _encode(_text(part, params[part.name], route), part.takes_all)
            if isinstance(part, Field)
            else encode_value(part)
            for part in segment.parts
        ]
        path.append("".join(parts))
    if not {".", ".."}.isdisjoint("/".join(path).split("/")):
        # RFC 3986, 5.2.4; and WHATWG URL takes %2E for a dot too.
        raise ValueError(
            f"The path {route.template!r} would have a segment of dots, which clients take away."
        )
    return "/" + "/".join(path)


def _check_names(route: Route, fields: set[str], given: set[str]) -> None:
    if missing := sorted(fields - given):
        raise ValueError(f"The path {route.template!r} needs {', '.join(missing)}.")
    if unknown := sorted(given - fields):
        raise ValueError(f"The path {route.template!r} has no {', '.join(unknown)}.")


def _text(field: Field, value: Any, route: Route) -> str:
    to_text = getattr(field.converter, "to_text", str)
    text: str = to_text(value)
    if field.converter is not None:
        back = field.converter.convert(text.split("/") if field.takes_all else text)
    else:
        back = text or None
    if back is None:
        raise ValueError(
            f"{value!r} is no value for {field.name!r} in the path {route.template!r}."
        )
    return text


def _encode(text: str, takes_all: bool) -> str:
    if not takes_all:
        return encode_value(text)
    return "/".join(encode_value(part) for part in text.split("/"))
