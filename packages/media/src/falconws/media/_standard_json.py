"""JSON by the standard library, as strict as orjson: where there is none, and for what it lacks."""

from __future__ import annotations

import json
import math
from typing import Any

from .typed import plain

__all__ = ("standard_dumps", "standard_loads")

_ENCODER = json.JSONEncoder(
    ensure_ascii=False, separators=(",", ":"), allow_nan=False, default=plain
)


def standard_dumps(media: object) -> bytes:
    """Turn an object into UTF-8 JSON.

    Raises:
        TypeError: The object is of a type that JSON has no form for.
        ValueError: It has a number that is none or infinite, or a lone surrogate, or is a
            part of itself.
    """
    return _ENCODER.encode(media).encode()


def standard_loads(data: str | bytes) -> Any:
    """Turn JSON into an object.

    Raises:
        ValueError: It is no JSON, or names what nobody could be told again: infinity, or half
            a character.
    """
    # RFC 8259, 8.1: JSON is UTF-8. json.loads would guess that bytes are UTF-16.
    text = data if isinstance(data, str) else data.decode()
    media = _DECODER.decode(text)
    # RFC 8259, 8.2: a lone surrogate, which only an escape can bring, is unpredictable.
    if "\\u" in text:
        try:
            _ENCODER.encode(media).encode()
        except UnicodeEncodeError:
            raise ValueError("A lone surrogate is no character") from None
    return media


def _refuse(name: str) -> float:
    raise ValueError(f"{name} is no JSON")


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise ValueError("A number is beyond what a float can be")
    return number


_DECODER = json.JSONDecoder(parse_constant=_refuse, parse_float=_finite)
