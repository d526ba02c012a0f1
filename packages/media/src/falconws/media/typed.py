"""Payloads of a type: what was deserialized becomes an instance of it, and the other way around.

A type that is a pydantic model, or names one as ``list[Order]`` does, is pydantic's. All others
are msgspec's: its Structs, and dataclasses, TypedDicts, unions and whatever else it knows. Both
libraries are extras: ``pip install falconws-media[msgspec]`` and ``[pydantic]``.
"""

from __future__ import annotations

import dataclasses
import functools
import sys
import typing
from collections.abc import Iterable
from datetime import date, time
from enum import Enum
from typing import Any, TypeVar
from uuid import UUID

from .errors import PayloadInvalidError
from .missing import import_extra

__all__ = ("convert", "is_kind", "plain")

T = TypeVar("T")

# What is neither a class nor has an origin; the second is new in Python 3.12.
_KINDS = (type, typing.NewType, getattr(typing, "TypeAliasType", type))

_DATES = (date, time)

# A peer chooses how many faults there are, and an answer has to have an end.
_MAX_FAULTS = 5


def is_kind(value: object) -> bool:
    """Say whether a value is a type for `convert`: a class, ``list[int]``, ``A | None``, ..."""
    return isinstance(value, _KINDS) or typing.get_origin(value) is not None


def convert(media: object, kind: type[T]) -> T:
    """Make an instance of a type of what a handler has deserialized.

    Args:
        media: Made of dictionaries, lists, strings and numbers.
        kind: What to make of it. Nothing is coerced by msgspec: ``"7"`` is no integer. For
            pydantic it is one, unless the model is strict.

    Raises:
        PayloadInvalidError: It does not fit; the message says what, and where.
        RuntimeError: msgspec is not installed.
        NotImplementedError: The type is none that msgspec knows.
    """
    of_pydantic = _is_of_pydantic(kind)
    name = "pydantic" if of_pydantic else "msgspec"
    # Messages have types too, and an import that finds it takes as long as the rest of this.
    library = sys.modules.get(name) or import_extra(name, "Payloads of a type")
    try:
        instance: T
        if of_pydantic:
            instance = _adapter(typing.cast(Any, kind)).validate_python(media)
        else:
            # JSON has text alone for keys, those of a dict[int, str] too.
            instance = library.convert(media, kind, dec_hook=_nested, str_keys=True)
    except library.ValidationError as exc:
        detail = _detail(exc)
    except RecursionError:  # As deep as a parser takes is deeper than a library may go.
        detail = "Too deeply nested"
    else:
        return instance
    # Not where the library's error is at hand, which keeps the payload alive.
    raise PayloadInvalidError(getattr(kind, "__name__", str(kind)), detail)


def plain(instance: object, builtin_types: Iterable[type] = ()) -> Any:
    """Make dictionaries, lists, strings and numbers of an instance; for a library's ``default``.

    Dates and times become text as ISO 8601 has it, UUIDs text, enumerations their values, and
    dataclasses their fields but for those whose names begin with an underscore.

    Args:
        instance: What the library has no form for.
        builtin_types: What it has a form for, besides those: ``bytes`` in MessagePack.

    Raises:
        TypeError: There is none for this either.
    """
    if isinstance(instance, _DATES):  # first, as there may be one in each row
        return instance.isoformat()
    msgspec = sys.modules.get("msgspec")  # imported by who has made a Struct
    if msgspec is not None and isinstance(instance, msgspec.Struct):
        return msgspec.to_builtins(
            instance, builtin_types=builtin_types, str_keys=True, enc_hook=plain
        )
    if isinstance(instance, _model_class()):
        return instance.model_dump(mode="json")
    if isinstance(instance, UUID):
        return str(instance)
    if isinstance(instance, Enum):
        return instance.value
    if dataclasses.is_dataclass(instance) and not isinstance(instance, type):
        names = (field.name for field in dataclasses.fields(instance))
        return {n: getattr(instance, n) for n in names if not n.startswith("_")}
    raise TypeError(f"There is no form for {type(instance).__name__}.")


def _model_class() -> Any:
    """Give pydantic's; nothing is an instance of the empty tuple that stands for it else."""
    return getattr(sys.modules.get("pydantic"), "BaseModel", ())


def _is_of_pydantic(kind: Any) -> bool:
    if isinstance(kind, type):
        return issubclass(kind, _model_class())
    return any(_is_of_pydantic(argument) for argument in typing.get_args(kind))


@functools.lru_cache(maxsize=64)
def _adapter(kind: Any) -> Any:
    return sys.modules["pydantic"].TypeAdapter(kind)


def _nested(kind: Any, media: object) -> Any:
    """Make what msgspec does not know, inside of what it does."""
    if _is_of_pydantic(kind):
        return convert(media, kind)
    raise NotImplementedError(f"msgspec makes no {getattr(kind, '__name__', kind)}.")


def _detail(exc: Any) -> str:
    if not hasattr(exc, "errors"):  # msgspec's, which stops at the first
        return str(exc)
    faults = exc.errors(include_url=False, include_context=False, include_input=False)
    told = [_fault(fault["msg"], fault["loc"]) for fault in faults[:_MAX_FAULTS]]
    if len(faults) > _MAX_FAULTS:
        told.append(f"and {len(faults) - _MAX_FAULTS} more")
    return "; ".join(told)


def _fault(message: str, path: tuple[str | int, ...]) -> str:
    """Say what and where in the way of msgspec."""
    where = "".join(f"[{p}]" if isinstance(p, int) else f".{p}" for p in path)
    return f"{message} - at `${where}`" if where else message
