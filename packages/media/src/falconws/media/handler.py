"""The contract of a media handler: how the body of a request or response becomes an object."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import IO, Any, ClassVar, Protocol

__all__ = ("AsyncReader", "BaseHandler")


class AsyncReader(Protocol):
    """Where an asynchronous handler reads a body from."""

    async def read(self, size: int | None = None, /) -> bytes:
        """Read up to ``size`` bytes; everything that is left for None."""
        ...


class BaseHandler:
    """Turns the body of a request into an object, and an object into the body of a response.

    A subclass overrides `serialize` and `deserialize`, or their asynchronous twins when it
    wants to read the stream piece by piece.

    Raise a `PayloadError` in `deserialize` when the body is the peer's mistake.
    """

    exhaust_stream: ClassVar[bool] = False
    """Whether what `deserialize` left unread is read and thrown away after it."""

    serializes: ClassVar[bool] = False
    """Whether it can write: true in a subclass that overrides `serialize` or its twin."""

    # A handler that works on a whole body at once says so here, and is then called without a
    # stream object or a coroutine between. `__init_subclass__` takes it back from a subclass
    # that overrides the methods these stand in for.
    encode: ClassVar[Callable[[Any, Any, str | None], bytes] | None] = None
    decode: ClassVar[Callable[[Any, bytes, str | None], Any] | None] = None

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        cls.serializes = (
            cls.serialize is not BaseHandler.serialize
            or cls.serialize_async is not BaseHandler.serialize_async
        )
        cls.encode = _fast(cls, "encode", "serialize", "serialize_async")
        cls.decode = _fast(cls, "decode", "deserialize", "deserialize_async")

    def serialize(self, media: object, content_type: str | None = None) -> bytes:
        """Turn an object into the bytes of a body.

        Args:
            media: What the responder set as ``resp.media``.
            content_type: The response's Content-Type.
        """
        raise NotImplementedError(f"{type(self).__name__} does not serialize.")

    async def serialize_async(
        self, media: object, content_type: str | None = None
    ) -> bytes:
        """Do what `serialize` does; override it when that takes awaiting."""
        return self.serialize(media, content_type)

    def deserialize(
        self,
        stream: IO[bytes],
        content_type: str | None = None,
        content_length: int | None = None,
    ) -> object:
        """Turn the bytes of a body into an object.

        Args:
            stream: The body.
            content_type: The request's Content-Type.
            content_length: The body's length in bytes; None when it was not announced.

        Raises:
            PayloadError: The body is empty or malformed.
        """
        raise NotImplementedError(f"{type(self).__name__} does not deserialize.")

    async def deserialize_async(
        self,
        stream: AsyncReader,
        content_type: str | None = None,
        content_length: int | None = None,
    ) -> object:
        """Do what `deserialize` does, with a stream that is read by awaiting.

        The default reads the whole body and calls `deserialize`.
        """
        data = await stream.read()
        return self.deserialize(io.BytesIO(data), content_type, len(data))


def _fast(cls: type, fast: str, *slow: str) -> Any:
    """Give a class's fast method; None if the slow ones that it stands in for are nearer."""
    nearest = next(
        base
        for base in cls.__mro__
        if any(name in base.__dict__ for name in (fast, *slow))
    )
    return nearest.__dict__.get(fast)
