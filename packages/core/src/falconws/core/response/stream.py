"""`Stream`: a body that is sent piece by piece, and how its source is closed."""

from __future__ import annotations

import inspect
import logging
from collections.abc import AsyncIterable, AsyncIterator, Callable
from dataclasses import dataclass
from typing import Any

__all__ = ("Stream", "check_stream", "close_source", "file_chunks")

logger = logging.getLogger("falconws")

# One ASGI send each: large enough that its cost does not show, small enough to wait for.
FILE_CHUNK_SIZE = 64 * 1024


@dataclass(slots=True)
class Stream:
    """A body that is sent piece by piece.

    Attributes:
        source: Where the pieces come from; closed when the response is over, however it ends.
        encode: Turns a piece into bytes; None if they are bytes already.
        keep_alive: What to send when there was silence for a while; empty for nothing.
        keep_alive_interval: How long that while is, in seconds; None for for ever.
    """

    source: AsyncIterable[Any]
    encode: Callable[[Any], bytes] | None = None
    keep_alive: bytes = b""
    keep_alive_interval: float | None = None


def check_stream(value: Any, attribute: str) -> None:
    """Refuse what cannot be streamed, where it is assigned.

    Raises:
        TypeError: It is neither an asynchronous iterable nor a file to be read by awaiting.
    """
    if inspect.isfunction(value) or inspect.ismethod(value):
        raise TypeError(
            f"resp.{attribute} was given the function {value.__qualname__}; call it, and give "
            "what it returns."
        )
    if not hasattr(value, "__aiter__") and (
        attribute == "sse" or not hasattr(value, "read")
    ):
        raise TypeError(
            f"resp.{attribute} takes an asynchronous iterable, such as what an `async def` with "
            f"`yield` in it returns, not {type(value).__name__}."
        )


async def file_chunks(file: Any) -> AsyncIterator[bytes]:
    """Read a file by awaiting ``file.read(size)``, until there is nothing more."""
    while chunk := await file.read(FILE_CHUNK_SIZE):
        yield chunk


async def close_source(source: Any) -> None:
    """Close what a stream came from, by ``aclose()`` or ``close()``, awaited if need be.

    That this fails is logged: nobody who could do something about it waits for it.
    """
    close = getattr(source, "aclose", None) or getattr(source, "close", None)
    if close is None:
        return
    try:
        result = close()
        if inspect.isawaitable(result):
            await result
    except Exception as exc:
        logger.error("%r could not be closed", source, exc_info=exc)
