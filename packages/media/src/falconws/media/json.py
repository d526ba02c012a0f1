"""JSON (RFC 8259), by orjson where it is installed and by the standard library elsewhere."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import IO, Any

from ._standard_json import standard_dumps, standard_loads
from .errors import JSONMalformedError, PayloadEmptyError
from .handler import BaseHandler
from .messages import TextBaseHandlerWS
from .typed import plain

__all__ = ("JSONHandler", "JSONHandlerWS")

Dumps = Callable[[Any], str | bytes]
Loads = Callable[[Any], Any]

try:
    import orjson
except ImportError:  # PyPy, where orjson does not exist
    _default_dumps: Dumps = standard_dumps
    _default_loads: Loads = standard_loads
else:
    _default_loads = orjson.loads

    def _default_dumps(media: object) -> bytes:
        try:
            # Its own form of a datetime.time is wrong from 10 to 99 milliseconds (3.13 writes
            # 0.01 s as "00:00:00.10000"), and rounds the seconds of an offset: both are ours.
            return orjson.dumps(media, plain, orjson.OPT_PASSTHROUGH_DATETIME)
        except TypeError:
            pass
        # It has no form for integers beyond 64 bits and for keys that are numbers; what there
        # is none for at all is an error here too, and one that says more.
        return standard_dumps(media)


def _malformed(exc: ValueError) -> JSONMalformedError:
    if isinstance(exc, json.JSONDecodeError):
        return JSONMalformedError(exc.msg, exc.pos, exc.lineno, exc.colno)
    return JSONMalformedError(str(exc))


class _JSON:
    """What the body handler and the message handler share: a library, and its errors."""

    def __init__(self, dumps: Dumps | None = None, loads: Loads | None = None) -> None:
        """Choose the library.

        Args:
            dumps: Turns an object into JSON, as ``str`` or as UTF-8 bytes. ``None`` is
                orjson, and the standard library where there is no orjson and for what it has
                no form for.
            loads: Turns JSON into an object, and raises `ValueError` for what is none. It is
                given bytes for a body and a string for a message. ``None`` is orjson, and
                the standard library, as strict, where there is no orjson.
        """
        self._dumps = dumps or _default_dumps
        self._loads = loads or _default_loads

    def _load(self, data: str | bytes) -> Any:
        if not data:
            raise PayloadEmptyError("JSON")
        try:
            return self._loads(data)
        except ValueError as exc:
            error = _malformed(exc)
        except RecursionError:
            error = JSONMalformedError("Too deeply nested")
        # Not where the parser's error is at hand, which keeps the whole payload alive.
        raise error


class JSONHandler(_JSON, BaseHandler):
    """JSON in the body of a request or response.

    ``JSONHandler(dumps=..., loads=...)`` takes any other library.
    """

    def encode(self, media: object, content_type: str | None = None) -> bytes:
        """Turn an object into UTF-8 JSON.

        It may be, or contain, Structs of msgspec, models of pydantic, dataclasses,
        enumerations, dates, times and UUIDs.

        Raises:
            TypeError: The object is of a type that JSON has no form for.
            ValueError: A string in it has a lone surrogate, or it is a part of itself.
        """
        data = self._dumps(media)
        return data if type(data) is bytes else data.encode()  # type: ignore[union-attr]

    def decode(self, data: bytes, content_type: str | None = None) -> Any:
        """Turn JSON into an object.

        Raises:
            PayloadEmptyError: There is not a single byte.
            JSONMalformedError: The bytes are not JSON.
        """
        return self._load(data)

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


class JSONHandlerWS(_JSON, TextBaseHandlerWS):
    """JSON in the TEXT messages of a WebSocket.

    ``JSONHandlerWS(dumps=..., loads=...)`` takes any other library.
    """

    def serialize(self, media: Any) -> str:
        """Turn an object, as for `JSONHandler.encode`, into JSON.

        Raises:
            TypeError: The object is of a type that JSON has no form for.
            ValueError: A string in it has a lone surrogate, or it is a part of itself.
        """
        data = self._dumps(media)
        return data if isinstance(data, str) else data.decode()

    def deserialize(self, payload: str) -> Any:
        """Turn JSON into an object.

        Raises:
            PayloadEmptyError: The message is empty.
            JSONMalformedError: The message is not JSON.
        """
        return self._load(payload)
