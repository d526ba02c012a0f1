"""Payloads of a type: what was deserialized becomes an instance of it, or an error.

The types are those of msgspec: its Structs, and dataclasses, TypedDicts, unions and whatever
else it knows. It is an extra: ``pip install falconws-media[msgspec]``.
"""

from __future__ import annotations

from typing import Any, TypeVar

from .errors import PayloadInvalidError

__all__ = ("convert",)

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


def _msgspec() -> Any:
    try:
        import msgspec
    except ImportError as exc:
        raise RuntimeError(
            "Payloads of a type need msgspec: pip install falconws-media[msgspec]."
        ) from exc
    return msgspec
