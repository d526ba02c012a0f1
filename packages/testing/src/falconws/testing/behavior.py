"""`Behavior`: what a simulated HTTP client does that a well-behaved one does not."""

from __future__ import annotations

from collections.abc import AsyncIterable, Iterable, Iterator
from dataclasses import dataclass

from falconws.core import Event

__all__ = ("Behavior", "Body")

Body = bytes | Iterable[bytes] | AsyncIterable[bytes]
"""The body of a request: whole, or in the pieces that it is to be sent in."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Behavior:
    """How a client sends its request, when it leaves, and how fast it reads."""

    chunk_size: int = 4096
    """The most bytes of a whole body that come at once. A body in pieces comes in these."""

    empty_chunks: bool = False
    """Whether events without bytes come between the others, as ASGI allows."""

    leave_after: float | None = None
    """Seconds, by the clock of the event loop, after which the client leaves; 0 for at once,
    None for never."""

    leave_after_bytes: int | None = None
    """How much of the body the application receives before the client leaves; 0 for nothing,
    None for all of it, without leaving."""

    write_limit: int | None = None
    """How many bytes may be unread when the application's ``send`` returns; None for any
    number."""

    send_error: Exception | type[Exception] | None = None
    """What ``send`` raises when the client has left; None for what ASGI says."""

    def __post_init__(self) -> None:
        if self.chunk_size < 1:
            raise ValueError("The chunk size is 1 byte or more.")
        for name in ("leave_after", "leave_after_bytes", "write_limit"):
            value = getattr(self, name)
            if value is not None and value < 0:
                raise ValueError(f"{name} is 0 or more, or None; not {value!r}.")

    def events(self, body: bytes) -> Iterator[Event]:
        """Give what the application receives for a whole body."""
        size = self.chunk_size
        chunks = [body[i : i + size] for i in range(0, len(body), size)] or [b""]
        for chunk in chunks[:-1]:
            yield from self.piece(chunk)
        if self.empty_chunks:
            yield from self.piece(chunks[-1])
            yield from self.end()
        else:
            yield {"type": "http.request", "body": chunks[-1], "more_body": False}

    def piece(self, chunk: bytes) -> Iterator[Event]:
        """Give what the application receives for a piece of a body that goes on."""
        if self.empty_chunks:
            # ASGI, "Request": both keys are optional, and a body may be empty.
            yield {"type": "http.request", "more_body": True}
            yield {"type": "http.request", "body": b"", "more_body": True}
        yield {"type": "http.request", "body": chunk, "more_body": True}

    def end(self) -> Iterator[Event]:
        """Give what the application receives for the end of a body in pieces."""
        if self.empty_chunks:
            yield {"type": "http.request"}
        else:
            yield {"type": "http.request", "body": b"", "more_body": False}
