"""Media types: the names of the common ones, parsing and matching (RFC 9110, 8.3 and 12.5.1)."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache

__all__ = (
    "MEDIA_BMP",
    "MEDIA_CSV",
    "MEDIA_GIF",
    "MEDIA_HTML",
    "MEDIA_JPEG",
    "MEDIA_JS",
    "MEDIA_JSON",
    "MEDIA_MSGPACK",
    "MEDIA_MULTIPART",
    "MEDIA_PARQUET",
    "MEDIA_PNG",
    "MEDIA_TEXT",
    "MEDIA_URLENCODED",
    "MEDIA_XML",
    "MEDIA_YAML",
    "InvalidMediaRange",
    "InvalidMediaType",
    "best_match",
    "parse_header",
    "quality",
)

MEDIA_BMP = "image/bmp"
MEDIA_CSV = "text/csv; charset=utf-8"
MEDIA_GIF = "image/gif"
MEDIA_HTML = "text/html; charset=utf-8"
MEDIA_JPEG = "image/jpeg"
MEDIA_JS = "text/javascript"
MEDIA_JSON = "application/json"
MEDIA_MSGPACK = "application/msgpack"
MEDIA_MULTIPART = "multipart/form-data"
MEDIA_PARQUET = "application/vnd.apache.parquet"
MEDIA_PNG = "image/png"
MEDIA_TEXT = "text/plain; charset=utf-8"
MEDIA_URLENCODED = "application/x-www-form-urlencoded"
MEDIA_XML = "application/xml"
MEDIA_YAML = "application/yaml"


class InvalidMediaType(ValueError):
    """What should be a media type is none."""


class InvalidMediaRange(InvalidMediaType):
    """What should be a media range is none.

    Nothing here raises it: a range of an Accept header that is not well formed is passed over.
    """


def _split_outside_quotes(text: str, separator: str) -> list[str]:
    """Split at a separator that stands outside of quoted strings (RFC 9110, 5.6.4)."""
    if '"' not in text:
        return text.split(separator)
    parts, start, quoted, escaped = [], 0, False, False
    for index, char in enumerate(text):
        if escaped:
            escaped = False
        elif quoted and char == "\\":
            escaped = True
        elif char == '"':
            quoted = not quoted
        elif char == separator and not quoted:
            parts.append(text[start:index])
            start = index + 1
    parts.append(text[start:])
    return parts


def _unquote(value: str) -> str:
    if len(value) < 2 or value[0] != '"' or value[-1] != '"':
        return value
    out, escaped = [], False
    for char in value[1:-1]:
        if char == "\\" and not escaped:
            escaped = True
        else:
            out.append(char)
            escaped = False
    return "".join(out)


def parse_header(line: str) -> tuple[str, dict[str, str]]:
    """Split a header value such as a Content-Type into its value and its parameters.

    Args:
        line: For example ``'multipart/form-data; boundary="a;b"'``.

    Returns:
        The value, and the parameters with lower-case names and unquoted values:
        ``('multipart/form-data', {'boundary': 'a;b'})``. Parameters without ``=`` are
        left out.
    """
    value, *rest = _split_outside_quotes(line, ";")
    params = {}
    for part in rest:
        name, equals, parameter = part.partition("=")
        if equals:
            params[name.strip().lower()] = _unquote(parameter.strip())
    return value.strip(), params


def _parse_type(text: str) -> tuple[str, str, dict[str, str]]:
    value, params = parse_header(text)
    main, slash, subtype = value.lower().partition("/")
    if "charset" in params:  # RFC 9110, 8.3.2: in any case
        params["charset"] = params["charset"].lower()
    if not slash or not main or not subtype:
        raise InvalidMediaType(
            f"{text!r} is not a media type; one looks like 'type/subtype'."
        )
    return main, subtype, params


def _parse_range(text: str) -> tuple[str, str, dict[str, str], float] | None:
    """Read one range of an Accept header; None for one that is not well formed.

    RFC 9110, 12.5.1 gives no error for those, so a client's slip costs it that range only.
    """
    if text.partition(";")[0].strip() == "*":  # Java's own client sends it so
        text = text.replace("*", "*/*", 1)
    try:
        main, subtype, params = _parse_type(text)
        weight = float(params.pop("q", "1"))
    except ValueError:
        return None
    # Not `min(max())`: "nan" is a float too, and no comparison with it is true.
    return (main, subtype, params, weight) if 0 <= weight <= 1 else None


@lru_cache(maxsize=256)
def _parse_accept(accept: str) -> tuple[tuple[str, str, dict[str, str], float], ...]:
    ranges = (_parse_range(part) for part in _split_outside_quotes(accept, ","))
    return tuple(found for found in ranges if found is not None)


def quality(media_type: str, accept: str) -> float:
    """Say how much a client that sent an Accept header wants a media type.

    The most specific range that matches decides (RFC 9110, 12.5.1); of two that are equally
    specific the one with the higher weight.

    Args:
        media_type: For example ``'text/html; level=1'``.
        accept: An Accept header's value.

    Returns:
        The weight, from 0.0 (not acceptable) to 1.0.

    Raises:
        InvalidMediaType: ``media_type`` is not a media type.
    """
    main, subtype, params = _parse_type(media_type)
    best = (-1, -1, 0.0)
    for range_main, range_subtype, range_params, range_weight in _parse_accept(accept):
        if range_main == main and range_subtype == subtype:
            precision = 2
        elif range_main == main and range_subtype == "*":
            precision = 1
        elif range_main == "*" and range_subtype == "*":
            precision = 0
        else:
            continue
        if all(_has(params, name, value) for name, value in range_params.items()):
            best = max(best, (precision, len(range_params), range_weight))
    return best[-1]


def _has(params: dict[str, str], name: str, value: str) -> bool:
    # Clients put a charset into Accept as they do into Content-Type; a type that names none
    # is in the one they read (RFC 9110, 12.5.2 has deprecated to ask for another).
    return params.get(name, value if name == "charset" else None) == value


def best_match(media_types: Iterable[str], accept: str) -> str:
    """Choose the media type that a client wants most.

    Args:
        media_types: What can be sent, in the server's own order of preference.
        accept: An Accept header's value.

    Returns:
        One of ``media_types``: the one with the highest weight, the first among equals; an
        empty string when the client accepts none.
    """
    best, best_weight = "", 0.0
    for media_type in media_types:
        weight = quality(media_type, accept)
        if weight > best_weight:
            best, best_weight = media_type, weight
    return best
