"""`SSEvent`: one event of an event stream (WHATWG HTML, 9.2)."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterable
from typing import Any

from falconws.media import BaseHandler, JSONHandler

__all__ = ("SSEvent",)

# WHATWG HTML, 9.2.5: each of the three ends a line. Nothing else does, whatever
# str.splitlines() says.
_LINE_END = re.compile(r"\r\n|\r|\n")
_NOT_IN_A_LINE = re.compile(r"[\r\n]")

_JSON = JSONHandler()

# Not None: that is an object that JSON has a form for. And one that copies of an event have, too.
_UNSET: Any = ...


class SSEvent:
    """An event of an event stream.

    What it holds is checked here, and framed so that a client reads what was sent: text of
    several lines arrives as text of several lines, and nothing in it can pass for a field.

    Attributes:
        data: The text; None for an event without data, which a browser does not dispatch, and
            for one that was given ``json``.
        comment: Text that clients skip; None for none.
    """

    __slots__ = ("_event_id", "_event_type", "_json", "_retry", "comment", "data")

    def __init__(
        self,
        data: str | bytes | None = None,
        event_type: str | None = None,
        event_id: str | None = None,
        retry: int | None = None,
        *,
        text: str | None = None,
        json: Any = _UNSET,
        event: str | None = None,
        comment: str | None = None,
    ) -> None:
        """Describe an event.

        Args:
            data: The text, or its UTF-8 bytes.
            event_type: In one line.
            event_id: In one line, and without NUL.
            retry: In milliseconds, from 0.
            text: Falcon's name for ``data`` that is a string.
            json: An object whose JSON is the data.
            event: Falcon's name for ``event_type``.
            comment: May have several lines.

        Raises:
            TypeError: A value of another type, or two arguments for the same thing.
            ValueError: A line break or a NUL where it would end the field, a negative
                ``retry``, or ``data`` that is no UTF-8.
        """
        # Most events are text and nothing else: what was not given is not looked at.
        if text is not None or (data is not None and type(data) is not str):
            data = _one_of("data", _decoded(data), "text", _checked_str("text", text))
        if json is not _UNSET and data is not None:
            raise TypeError("SSEvent takes either data or json, not both.")
        if event is not None:
            event_type = _one_of("event_type", event_type, "event", event)
        if event_type is not None:
            event_type = _checked_line("event_type", event_type)
        if event_id is not None:
            event_id = _checked_line("event_id", event_id)
        if retry is not None:
            retry = _checked_retry(retry)
        if comment is not None:
            comment = _checked_str("comment", comment)
        self.data = data
        self.comment = comment
        self._json = json
        self._event_type = event_type
        self._event_id = event_id
        self._retry = retry

    @property
    def event_type(self) -> str | None:
        """The type that a browser dispatches it as; None for ``message``."""
        return self._event_type

    @event_type.setter
    def event_type(self, event_type: str | None) -> None:
        self._event_type = _checked_line("event_type", event_type)

    @property
    def event_id(self) -> str | None:
        """What a client that comes back names in ``Last-Event-ID``.

        An empty string resets that; None says nothing.
        """
        return self._event_id

    @event_id.setter
    def event_id(self, event_id: str | None) -> None:
        self._event_id = _checked_line("event_id", event_id)

    @property
    def retry(self) -> int | None:
        """How long a client waits before it comes back, in milliseconds; None says nothing."""
        return self._retry

    @retry.setter
    def retry(self, retry: int | None) -> None:
        self._retry = _checked_retry(retry)

    def __repr__(self) -> str:
        fields: Iterable[str] = (
            f"{name}={getattr(self, name)!r}"
            for name in ("data", "event_type", "event_id", "retry", "comment")
            if getattr(self, name) is not None
        )
        if self._json is not _UNSET:
            fields = itertools.chain([f"json={self._json!r}"], fields)
        return f"SSEvent({', '.join(fields)})"

    def __bytes__(self) -> bytes:
        """Give the event as it goes over the wire."""
        return self.serialize().encode()

    def serialize(self, handler: BaseHandler | None = None) -> str:
        """Give the event as text, with the blank line that ends it.

        Args:
            handler: What turns ``json`` into bytes; None for the JSON handler as installed.
        """
        data = self.data
        if (
            type(data) is str
            and self._json is _UNSET
            and self._event_type is None
            and self._event_id is None
            and self._retry is None
            and self.comment is None
            and "\n" not in data
            and "\r" not in data
        ):
            return f"data: {data}\n\n"  # what most events are
        out = []
        if self.comment is not None:
            out += [f": {line}\n" for line in _LINE_END.split(self.comment)]
        if self._event_type is not None:
            out.append(f"event: {self._event_type}\n")
        if self._event_id is not None:
            out.append(f"id: {self._event_id}\n")
        if self._retry is not None:
            out.append(f"retry: {self._retry}\n")
        if self._json is not _UNSET:
            data = (handler or _JSON).serialize(self._json, "application/json").decode()
        if data is not None:
            out += [f"data: {line}\n" for line in _LINE_END.split(data)]
        if not out:
            return ": ping\n\n"
        out.append("\n")
        return "".join(out)


def _one_of(name: str, value: str | None, alias: str, other: str | None) -> str | None:
    if value is not None and other is not None:
        raise TypeError(f"SSEvent takes either {name} or {alias}, not both.")
    return value if value is not None else other


def _decoded(data: str | bytes | None) -> str | None:
    if isinstance(data, bytes):
        return data.decode()
    return _checked_str("data", data)


def _checked_str(name: str, value: str | None) -> str | None:
    if value is None or isinstance(value, str):
        return value
    hint = " An object goes into json." if name in ("data", "text") else ""
    raise TypeError(f"SSEvent's {name} is a string, not {type(value).__name__}.{hint}")


def _checked_line(name: str, value: str | None) -> str | None:
    text = _checked_str(name, value)
    if text is None:
        return None
    if _NOT_IN_A_LINE.search(text):
        raise ValueError(f"SSEvent's {name} has a line break in it: {text!r}.")
    if "\0" in text:
        # WHATWG HTML, 9.2.6: a client ignores an id with a NUL in it, and would resume from
        # the one before.
        raise ValueError(f"SSEvent's {name} has a NUL in it: {text!r}.")
    return text


def _checked_retry(retry: int | None) -> int | None:
    if retry is None:
        return None
    if not isinstance(retry, int) or isinstance(retry, bool):
        raise TypeError(f"SSEvent's retry is a number of milliseconds, not {retry!r}.")
    if retry < 0:
        raise ValueError(f"SSEvent's retry is at least 0, not {retry}.")
    return retry
