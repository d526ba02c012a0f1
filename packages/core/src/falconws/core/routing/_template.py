"""URI templates: ``/rooms/{room}/messages/{id:int}`` as segments to be matched."""

from __future__ import annotations

import ast
import keyword
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from ..errors import UnacceptableRouteError

__all__ = ("Converter", "Field", "Segment", "parse_template")

Converter = Any
"""An object with ``convert(value)``."""

_CALL = re.compile(r"(?P<name>[^():]*)(?:\((?P<arguments>.*)\))?", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Field:
    """A field of a template: ``{id:int(2)}`` has the name ``id``.

    Attributes:
        name: The responder's argument.
        spec: What stands behind the colon, as it stands there; empty for nothing.
        converter: Turns text into the value; None for text as it is.
    """

    name: str
    spec: str
    converter: Converter | None

    @property
    def takes_all(self) -> bool:
        """Whether the field takes all segments that are left."""
        return bool(getattr(self.converter, "CONSUME_MULTIPLE_SEGMENTS", False))


@dataclass(frozen=True, slots=True)
class Segment:
    """What stands between two slashes: literal texts and fields, in turn.

    Attributes:
        parts: Texts and fields in the order of the template. A single text is a literal
            segment, a single field a simple one; anything else is complex.
    """

    parts: tuple[str | Field, ...]

    @property
    def literal(self) -> str | None:
        """The text of a literal segment; None for others."""
        if not self.parts:
            return ""
        first = self.parts[0]
        return first if len(self.parts) == 1 and isinstance(first, str) else None

    @property
    def simple(self) -> Field | None:
        """The field of a simple segment; None for others."""
        first = self.parts[0] if len(self.parts) == 1 else None
        return first if isinstance(first, Field) else None

    @property
    def fields(self) -> list[Field]:
        """The fields."""
        return [part for part in self.parts if isinstance(part, Field)]

    @property
    def shape(self) -> str:
        """The segment without its names: two complex ones of one shape match the same paths."""
        return "".join("{}" if isinstance(part, Field) else part for part in self.parts)

    def pattern(self) -> re.Pattern[str]:
        """Give the expression that a path segment matches as a whole."""
        return re.compile(
            "".join(
                "(.+)" if isinstance(p, Field) else re.escape(p) for p in self.parts
            )
        )


def parse_template(
    template: str, converters: Mapping[str, Callable[..., Converter]]
) -> list[Segment]:
    """Parse a URI template.

    Args:
        template: Begins with a slash.
        converters: What ``{field:name}`` may name.

    Raises:
        TypeError: It is not a string.
        UnacceptableRouteError: It is not a template, and what is wrong with it.
    """
    if not isinstance(template, str):
        raise TypeError(f"A URI template is a string, not {type(template).__name__}.")
    if not template.startswith("/"):
        raise UnacceptableRouteError(
            f"The URI template {template!r} must begin with a slash."
        )
    if "//" in template:
        raise UnacceptableRouteError(
            f"The URI template {template!r} has two slashes in a row, which no path matches."
        )
    segments: list[list[str | Field]] = [[]]
    for text, is_field in _scan(template[1:], template):
        if is_field:
            segments[-1].append(_parse_field(text, template, converters))
            continue
        if re.search(r"\s", text):
            raise UnacceptableRouteError(
                f"The URI template {template!r} has whitespace in it."
            )
        first, *rest = text.split("/")
        if first:
            segments[-1].append(first)
        segments.extend([part] if part else [] for part in rest)
    parsed = [Segment(tuple(parts)) for parts in segments]
    _check_fields(parsed, template)
    return parsed


def _scan(text: str, template: str) -> list[tuple[str, bool]]:
    """Split into literal texts and the insides of braces, which may hold quoted braces."""
    found: list[tuple[str, bool]] = []
    start, depth, quote = 0, 0, ""
    for index, char in enumerate(text):
        if quote:
            quote = "" if char == quote else quote
        elif depth and char in "'\"":
            quote = char
        elif char == "{":
            if depth:
                raise UnacceptableRouteError(
                    f"The URI template {template!r} has a brace inside of braces."
                )
            found.append((text[start:index], False))
            start, depth = index + 1, 1
        elif char == "}":
            if not depth:
                raise UnacceptableRouteError(
                    f"The URI template {template!r} has a closing brace without an opening one."
                )
            found.append((text[start:index], True))
            start, depth = index + 1, 0
    if depth:
        raise UnacceptableRouteError(
            f"The URI template {template!r} has an opening brace without a closing one."
        )
    found.append((text[start:], False))
    return found


def _parse_field(
    text: str, template: str, converters: Mapping[str, Callable[..., Converter]]
) -> Field:
    name, colon, spec = text.partition(":")
    if not name.isidentifier() or keyword.iskeyword(name):
        raise UnacceptableRouteError(
            f"The field {{{text}}} in the URI template {template!r} must have the name of an "
            "argument: letters, digits and underscores."
        )
    if not colon:
        return Field(name, "", None)
    call = _CALL.fullmatch(spec)
    if call is None or not call["name"]:
        raise UnacceptableRouteError(
            f"The field {{{text}}} in the URI template {template!r} names no converter; write "
            "{field}, {field:int} or {field:int(2)}."
        )
    factory = converters.get(call["name"])
    if factory is None:
        raise UnacceptableRouteError(
            f"The URI template {template!r} names the converter {call['name']!r}. There are: "
            f"{', '.join(sorted(converters))}. Add yours to app.router_options.converters."
        )
    try:
        args, kwargs = _parse_arguments(call["arguments"] or "")
        return Field(name, spec, factory(*args, **kwargs))
    except Exception as exc:
        raise UnacceptableRouteError(
            f"The converter of {{{text}}} in the URI template {template!r} does not take these "
            f"arguments: {exc}"
        ) from exc


def _parse_arguments(arguments: str) -> tuple[list[Any], dict[str, Any]]:
    """Read ``2, max=5``. Literals only: a template is never evaluated."""
    call = ast.parse(f"f({arguments})", mode="eval").body
    if not isinstance(call, ast.Call) or not isinstance(call.func, ast.Name):
        raise ValueError(
            "they are not what stands between the parentheses of one call."
        )
    args = [ast.literal_eval(node) for node in call.args]
    return args, {str(kw.arg): ast.literal_eval(kw.value) for kw in call.keywords}


def _check_fields(segments: list[Segment], template: str) -> None:
    seen: set[str] = set()
    for index, segment in enumerate(segments):
        for field in segment.fields:
            if field.name in seen:
                raise UnacceptableRouteError(
                    f"The URI template {template!r} has the field {field.name!r} twice."
                )
            seen.add(field.name)
            if field.takes_all and (
                segment.simple is None or index + 1 < len(segments)
            ):
                raise UnacceptableRouteError(
                    f"The field {field.name!r} in the URI template {template!r} takes all that is "
                    "left of the path, so it must be the whole of the last segment."
                )
