"""Payloads of a type: what was deserialized becomes an instance of it, and the other way around.

The types are those of msgspec: its Structs, and dataclasses, TypedDicts, unions and whatever
else it knows. It is an extra: ``pip install falconws-media[msgspec]``.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable
from typing import Any, TypeVar

from .errors import PayloadInvalidError

__all__ = ("convert", "plain")

T = TypeVar("T")


def convert(media: object, kind: type[T]) -> T:
    """Make an instance of a type of what a handler has deserialized.

    Args:
        media: Made of dictionaries, lists, strings and numbers.
        kind: What to make of it. Nothing is coerced: ``"7"`` is no integer.

    Raises:
        PayloadInvalidError: It does not fit; the message says what, and where.
        RuntimeError: msgspec is not installed.
    """
    msgspec = _msgspec()
    try:
        instance: T = msgspec.convert(media, kind)
    except msgspec.ValidationError as exc:
        error = PayloadInvalidError(getattr(kind, "__name__", str(kind)), str(exc))
    else:
        return instance
    raise error  # Not where msgspec's is at hand, which keeps the payload alive.


def plain(instance: object, builtin_types: Iterable[type] = ()) -> Any:
    """Make dictionaries, lists, strings and numbers of an instance; for a library's ``default``.

    Args:
        instance: What the library has no form for.
        builtin_types: What it has a form for, besides those: ``bytes`` in MessagePack.

    Raises:
        TypeError: There is none for this either.
    """
    msgspec = sys.modules.get("msgspec")  # imported by who has made a Struct
    if msgspec is None or not isinstance(instance, msgspec.Struct):
        raise TypeError(f"There is no form for {type(instance).__name__}.")
    return msgspec.to_builtins(instance, builtin_types=builtin_types, str_keys=True)


def _msgspec() -> Any:
    try:
        import msgspec
    except ImportError as exc:
        raise RuntimeError(
            "Payloads of a type need msgspec: pip install falconws-media[msgspec]."
        ) from exc
    return msgspec
