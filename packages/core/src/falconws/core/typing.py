"""Types for the signatures of applications, under Falcon's names where it has them."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any, Protocol

from .routing import Responder

__all__ = ("AsyncReadableIO", "Headers", "ReadableIO", "Responder", "SSEEmitter")

Headers = dict[str, str]
"""Header values by name."""

SSEEmitter = AsyncIterator[Any]
"""What `Response.sse` takes: gives events, or None for nothing but a sign of life."""


class ReadableIO(Protocol):
    """A file that is open for reading bytes."""

    def read(self, size: int | None = ..., /) -> bytes:
        """Read up to ``size`` bytes; None and -1 for everything that is left."""
        ...


class AsyncReadableIO(Protocol):
    """A file that is read by awaiting, such as `Request.stream`."""

    async def read(self, size: int | None = ..., /) -> bytes:
        """Read up to ``size`` bytes; None and -1 for everything that is left."""
        ...

    def __aiter__(self) -> AsyncIterator[bytes]:
        """Iterate over the bytes, in pieces."""
        ...
