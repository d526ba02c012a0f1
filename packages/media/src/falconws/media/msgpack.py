"""MessagePack, by the msgpack package."""

from __future__ import annotations

import functools
from typing import IO, Any, cast

import msgpack

from .errors import PayloadEmptyError, PayloadMalformedError
from .handler import BaseHandler
from .messages import BinaryBaseHandlerWS
from .typed import plain

__all__ = ("MessagePackHandler", "MessagePackHandlerWS")


_plain = functools.partial(plain, builtin_types=(bytes,))


def _pack(media: object) -> bytes:
    return cast(bytes, msgpack.packb(media, default=_plain))


def _unpack(data: bytes) -> Any:
    if not data:
        raise PayloadEmptyError("MessagePack")
    try:
        return msgpack.unpackb(data)
    except (msgpack.StackError, RecursionError):
        detail = "Too deeply nested"
    except (ValueError, msgpack.UnpackException) as exc:
        detail = str(exc) or type(exc).__name__
    # Not where the parser's error is at hand, which keeps the whole payload alive.
    raise PayloadMalformedError("MessagePack", detail)


class MessagePackHandler(BaseHandler):
    """MessagePack in the body of a request or response."""

    def encode(self, media: object, content_type: str | None = None) -> bytes:
        """Turn an object into MessagePack.

        It may be, or contain, what `JSONHandler.encode` takes, and it takes the same form:
        a date is text. Beside it there are bytes, and the `ExtType` and `Timestamp` of
        msgpack, which are what `decode` gives for their like.

        Raises:
            TypeError: The object is of a type that MessagePack has no form for, or an
                integer in it is beyond 64 bits.
            ValueError: A string in it has a lone surrogate, or it is nested too deeply.
        """
        return _pack(media)

    def decode(self, data: bytes, content_type: str | None = None) -> Any:
        """Turn MessagePack into an object.

        Raises:
            PayloadEmptyError: There is not a single byte.
            PayloadMalformedError: The bytes are not one MessagePack object.
        """
        return _unpack(data)

    def serialize(self, media: object, content_type: str | None = None) -> bytes:
        """Do what `encode` does."""
        return self.encode(media, content_type)

    def deserialize(
        self,
        stream: IO[bytes],
        content_type: str | None = None,
        content_length: int | None = None,
    ) -> Any:
        """Read the whole stream, then do what `decode` does."""
        return self.decode(stream.read(), content_type)


class MessagePackHandlerWS(BinaryBaseHandlerWS):
    """MessagePack in the BINARY messages of a WebSocket."""

    def serialize(self, media: Any) -> bytes:
        """Turn an object into MessagePack; what it may be, see `MessagePackHandler.encode`.

        Raises:
            TypeError: The object is of a type that MessagePack has no form for, or an
                integer in it is beyond 64 bits.
            ValueError: A string in it has a lone surrogate, or it is nested too deeply.
        """
        return _pack(media)

    def deserialize(self, payload: bytes) -> Any:
        """Turn MessagePack into an object.

        Raises:
            PayloadEmptyError: The message is empty.
            PayloadMalformedError: The message is not one MessagePack object.
        """
        return _unpack(payload)
