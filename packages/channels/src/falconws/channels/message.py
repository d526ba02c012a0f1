"""What subscribers get: messages, and marks of what they did not get."""

from __future__ import annotations

import base64
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from falconws.media import JSONHandler

from .position import Position

__all__ = ("Gap", "Kind", "Message", "Notice", "Payload", "Recovered", "gap_between")

_JSON = JSONHandler()
_UNSET: Any = object()


class Kind(StrEnum):
    """What was published."""

    TEXT = "t"
    """A string."""

    BINARY = "b"
    """Bytes."""

    JSON = "j"
    """Any other object: its JSON."""


class Payload:
    """What a WebSocket sends, made into a frame once for all of a server's clients.

    `falconws.ws.WebSocket.send_shared` takes it.

    Attributes:
        payload: A string or bytes.
    """

    __slots__ = ("_build", "_frame", "payload")

    def __init__(self, payload: str | bytes) -> None:
        self.payload = payload
        self._build: Callable[[str | bytes], Any] | None = None
        self._frame: Any = None

    def frame(self, build: Callable[[str | bytes], Any]) -> Any:
        """Give what a server's function makes of `payload`; it is called once.

        Args:
            build: That of the ASGI extension ``falconws.shared_frame``.
        """
        if build != self._build:
            self._frame = build(self.payload)
            self._build = build
        return self._frame


class Message:
    """A message of a channel. All subscribers of a process share it.

    Each form of it is made once, when it is first asked for, however many subscribers there
    are: the object, what WebSockets send, the event.

    Attributes:
        channel: Where it was published.
        position: Its place there.
        kind: What was published.
        encoded: That, as bytes: UTF-8 of a string, and of an object's JSON.
        size: How many bytes an outbox counts it as: those of `encoded`.
        event_type: What `Channels.publish` was given; None for nothing.
    """

    __slots__ = (
        "_data",
        "_enveloped",
        "_event",
        "_plain",
        "channel",
        "encoded",
        "event_type",
        "kind",
        "position",
        "size",
    )

    def __init__(
        self,
        channel: str,
        position: Position,
        kind: Kind,
        encoded: bytes,
        event_type: str | None = None,
    ) -> None:
        """Describe a message; the arguments are attributes."""
        self.channel = channel
        self.position = position
        self.kind = kind
        self.encoded = encoded
        self.size = len(encoded)
        self.event_type = event_type
        self._data: Any = _UNSET
        self._plain: Payload | None = None
        self._enveloped: Payload | None = None
        self._event: bytes | None = None

    def __repr__(self) -> str:
        return f"<Message {self.id} of {self.channel!r}: {self.encoded[:60]!r}>"

    @property
    def id(self) -> str:
        """``epoch:offset``: what a client that comes back names."""
        return str(self.position)

    @property
    def data(self) -> Any:
        """What was published: a string, bytes, or an object as its JSON has it.

        Subscribers share it, and should not change it.
        """
        data = self._data
        if data is _UNSET:
            is_json = self.kind is Kind.JSON
            data = _JSON.decode(self.encoded) if is_json else self.plain.payload
            self._data = data
        return data

    @property
    def plain(self) -> Payload:
        """The string, the bytes, or the object's JSON as a string."""
        plain = self._plain
        if plain is None:
            is_binary = self.kind is Kind.BINARY
            payload = self.encoded if is_binary else self.encoded.decode()
            plain = self._plain = Payload(payload)
        return plain

    @property
    def enveloped(self) -> Payload:
        """JSON with what a client needs to resume.

        ``{"type": "message", "channel": ..., "id": ..., "event": ..., "data": ...}``; bytes are
        base64 there.
        """
        enveloped = self._enveloped
        if enveloped is None:
            enveloped = self._enveloped = Payload(
                _to_json(
                    {
                        "type": "message",
                        "channel": self.channel,
                        "id": self.id,
                        "event": self.event_type,
                        "data": _as_text(self.data),
                    }
                )
            )
        return enveloped

    def serialize(self, handler: object = None) -> bytes:
        """Give the message as an event, with its id (WHATWG HTML, 9.2); bytes as base64.

        Args:
            handler: Unused: an object is JSON since it was published.
        """
        if self._event is None:
            data = _as_text(self.plain.payload)
            self._event = event(data, self.event_type, self.id)
        return self._event


def _as_text(data: Any) -> Any:
    return base64.b64encode(data).decode() if isinstance(data, bytes) else data


def _to_json(data: object) -> str:
    return _JSON.encode(data).decode()


def event(data: str | None, event_type: str | None, event_id: str | None) -> bytes:
    """Frame an event."""
    from falconws.sse import SSEvent  # which who sends events has

    return bytes(SSEvent(data, event_type, event_id))


@dataclass(frozen=True, slots=True)
class Notice:
    """What is told of a channel beside its messages."""

    channel: str
    position: Position | None

    @property
    def id(self) -> str | None:
        """`position` as a string; None for None."""
        return None if self.position is None else str(self.position)

    def to_dict(self) -> dict[str, Any]:
        """Give what a WebSocket sends as JSON, and an event stream as data."""
        return {"type": self.name, "channel": self.channel, "id": self.id}

    @property
    def name(self) -> str:
        """What it is called in what clients get: ``gap`` or ``recovered``."""
        return type(self).__name__.lower()

    @property
    def plain(self) -> Payload:
        """The JSON of `to_dict`."""
        return Payload(_to_json(self.to_dict()))

    enveloped = plain

    def serialize(self, handler: object = None) -> bytes:
        """Give the notice as an event; with an id where a client may resume from it."""
        return event(_to_json(self.to_dict()), self.name, self.id)


@dataclass(frozen=True, slots=True)
class Gap(Notice):
    """Messages are missing here: an outbox was full, or the history does not go back so far.

    Attributes:
        channel: Where they were published.
        position: That of the last message that is missing; None if it is not known.
        dropped: How many are missing; None if it is not known.
    """

    dropped: int | None = None

    def to_dict(self) -> dict[str, Any]:
        """Give ``{"type": "gap", "channel": ..., "id": ..., "dropped": ...}``."""
        return {**Notice.to_dict(self), "dropped": self.dropped}


@dataclass(frozen=True, slots=True)
class Recovered(Notice):
    """All that was missed follows, and what is live behind that.

    Attributes:
        channel: The channel.
        position: What was resumed after.
        count: How many were missed.
    """

    count: int = 0

    def to_dict(self) -> dict[str, Any]:
        """Give ``{"type": "recovered", "channel": ..., "id": ..., "count": ...}``."""
        return {**Notice.to_dict(self), "count": self.count}


def gap_between(channel: str, after: Position, begin: Position) -> Gap:
    """Give the gap between a place that a subscriber has, and where it goes on."""
    if begin.epoch == after.epoch and begin.offset >= after.offset:
        return Gap(channel, begin, begin.offset - after.offset)
    return Gap(channel, begin, None)
