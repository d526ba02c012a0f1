"""`EventParser`: what a client makes of the bytes of an event stream (WHATWG HTML, 9.2.6)."""

from __future__ import annotations

import re
from collections.abc import AsyncIterable, AsyncIterator
from dataclasses import dataclass

__all__ = ("Event", "EventParser", "EventTooLargeError", "aiter_events")

# WHATWG HTML, 9.2.5. No byte of a longer UTF-8 sequence is one of these.
_LINE_END = re.compile(rb"\r\n|\r|\n")
_BOM = b"\xef\xbb\xbf"

_LIMIT = 1024 * 1024

# More digits than that are no time: a retry of 18 of them is thirty million years.
_RETRY_DIGITS = 18


@dataclass(frozen=True, slots=True)
class Event:
    """An event that was received.

    Attributes:
        type: What the sender named it; ``message`` if it did not.
        data: Its lines, joined by LF.
        last_event_id: The ID of this event, or of the last one before it that had one; empty if
            there was none.
    """

    type: str
    data: str
    last_event_id: str


class EventTooLargeError(ValueError):
    """A line or an event is larger than the parser takes.

    Attributes:
        events: Those that were complete before it, of the same bytes.
    """

    def __init__(self, what: str, limit: int, events: list[Event]) -> None:
        """Say what is larger than how many bytes."""
        super().__init__(what, limit, events)
        self.what = what
        self.limit = limit
        self.events = events

    def __str__(self) -> str:
        return f"{self.what} of the event stream is larger than {self.limit} bytes."


class EventParser:
    """Makes events of bytes. It does not read: whoever has bytes feeds them.

    What comes after the last blank line is no event, and is dropped with the parser.

    Attributes:
        last_event_id: What a client that comes back sends as ``Last-Event-ID``; empty for
            nothing.
        retry: Milliseconds after which it is to come back; None if the server did not say.
    """

    def __init__(
        self, *, max_line_size: int = _LIMIT, max_event_size: int = _LIMIT
    ) -> None:
        """Start at the beginning of a stream.

        Args:
            max_line_size: In bytes, without the end of the line.
            max_event_size: In bytes of data, the ends of its lines included.
        """
        self._max_line_size = max_line_size
        self._max_event_size = max_event_size
        self.last_event_id = ""
        self.retry: int | None = None
        self._id = ""
        self._type = ""
        self._data: list[bytes] = []
        self._data_size = 0
        self._line = bytearray()
        self._at_start = True
        # Whether the last byte was a CR, behind which a LF belongs to the same end of a line.
        self._after_cr = False
        self._error: EventTooLargeError | None = None

    def feed(self, data: bytes) -> list[Event]:
        """Take the next bytes, and give the events that they complete.

        Raises:
            EventTooLargeError: A line or an event is above its limit. The parser takes nothing
                after that.
        """
        if self._error is not None:
            raise EventTooLargeError(self._error.what, self._error.limit, [])
        if self._after_cr and data:
            data = data.removeprefix(b"\n")
            self._after_cr = False
        events: list[Event] = []
        *lines, rest = _LINE_END.split(data)
        for line in lines:
            if self._line:
                self._line += line
                line, self._line = bytes(self._line), bytearray()
            event = self._take(line, events)
            if event is not None:
                events.append(event)
        if data.endswith(b"\r"):
            self._after_cr = True
        self._line += rest
        self._check("A line", len(self._line), self._max_line_size, events)
        return events

    def _take(self, line: bytes, events: list[Event]) -> Event | None:
        """Take a line; give the event that it completes."""
        self._check("A line", len(line), self._max_line_size, events)
        if self._at_start:
            self._at_start = False
            line = line.removeprefix(_BOM)
        if not line:
            return self._dispatch()
        # Of a comment, the name is empty: it is ignored like every other that is unknown.
        name, _, value = line.partition(b":")
        value = value.removeprefix(b" ")
        if name == b"data":
            self._data.append(value)
            self._data_size += len(value) + 1
            self._check("An event", self._data_size, self._max_event_size, events)
        elif name == b"event":
            self._type = _decoded(value)
        elif name == b"id":
            if b"\0" not in value:
                self._id = _decoded(value)
        elif name == b"retry":
            # bytes.isdigit() knows ASCII digits only.
            if value.isdigit() and len(value) <= _RETRY_DIGITS:
                self.retry = int(value)
        return None

    def _dispatch(self) -> Event | None:
        # Also where there is no event: 9.2.6 sets it in its first step.
        self.last_event_id = self._id
        lines, kind = self._data, self._type
        self._data, self._type, self._data_size = [], "", 0
        if not lines:
            return None
        data = _decoded(b"\n".join(lines))
        return Event(kind or "message", data, self.last_event_id)

    def _check(self, what: str, size: int, limit: int, events: list[Event]) -> None:
        if size > limit:
            self._error = EventTooLargeError(what, limit, events)
            raise self._error


async def aiter_events(
    chunks: AsyncIterable[bytes], parser: EventParser | None = None
) -> AsyncIterator[Event]:
    """Iterate over the events of a response's bytes, such as httpx's ``aiter_bytes()``.

    Args:
        chunks: The body.
        parser: A new one, to be asked for its ``retry`` or to have other limits; None for one
            with the default limits.

    Raises:
        EventTooLargeError: As by `EventParser.feed`, behind the events that were complete.
    """
    parser = parser or EventParser()
    async for chunk in chunks:
        try:
            events = parser.feed(chunk)
        except EventTooLargeError as exc:
            for event in exc.events:
                yield event
            raise
        for event in events:
            yield event


def _decoded(value: bytes) -> str:
    # Line by line is as good as at once: a sequence that a line breaks off is one U+FFFD, and
    # LF is never a part of one.
    return value.decode("utf-8", "replace")
