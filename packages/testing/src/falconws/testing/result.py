"""`Result`: a response, as a test looks at it."""

from __future__ import annotations

import io
import json
from collections.abc import Iterable
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from falconws.media import (
    MEDIA_JSON,
    Handlers,
    MessagePackHandler,
    parse_header,
)

from .cookies import Cookie

if TYPE_CHECKING:
    from falconws.sse import Event, EventParser

__all__ = ("Result", "ResultBase", "ResultHeaders")

# A body up to this many bytes is shown as it is; of a longer one the ends are.
_SHOWN = 400


class ResultHeaders(dict[str, str]):
    """A response's headers, found by their names in any case."""

    def __init__(self, pairs: Iterable[tuple[bytes, bytes]]) -> None:
        super().__init__()
        for raw_name, raw_value in pairs:
            name, value = (
                raw_name.decode("latin-1").lower(),
                raw_value.decode("latin-1"),
            )
            # RFC 9110, 5.3. Cookies hold commas: they are told apart by `Result.cookies`.
            joined = f"{self[name]}, {value}" if name in self else value
            dict.__setitem__(self, name, joined)

    def __getitem__(self, name: str) -> str:
        return super().__getitem__(name.lower())

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and super().__contains__(name.lower())

    def get(self, name: str, default: Any = None) -> Any:
        """Give a header's value, or the default."""
        return super().get(name.lower(), default)


class ResultBase:
    """What is known of a response before its body.

    Attributes:
        status_code: The status as a number.
        headers: The headers, by their names in any case; repeated ones joined by a comma.
        raw_headers: The headers as the application sent them.
    """

    def __init__(
        self, status_code: int, raw_headers: list[tuple[bytes, bytes]]
    ) -> None:
        """Describe a response."""
        self.status_code = status_code
        self.raw_headers = raw_headers
        self.headers = ResultHeaders(raw_headers)

    def __repr__(self) -> str:
        return f"{type(self).__name__}<{' '.join(self._parts())}>"

    def __rich__(self) -> str:
        """Show it in colours where the library `rich` prints it."""
        status, *rest = self._parts()
        colour = {1: "blue", 2: "green", 3: "yellow", 4: "red"}.get(
            self.status_code // 100, "magenta"
        )
        escaped = " ".join(rest).replace("[", r"\[")
        return f"{type(self).__name__}<[bold {colour}]{status}[/] {escaped}>"

    def _parts(self) -> list[str]:
        return [self.status, *([self.content_type] if self.content_type else [])]

    @property
    def status(self) -> str:
        """The status line."""
        try:
            return f"{self.status_code} {HTTPStatus(self.status_code).phrase}"
        except ValueError:
            return f"{self.status_code} Unknown"

    @property
    def content_type(self) -> str | None:
        """The Content-Type, or None."""
        value: str | None = self.headers.get("content-type")
        return value

    @property
    def encoding(self) -> str | None:
        """The charset of the Content-Type; None if it names none.

        JSON is ``'UTF-8'`` (RFC 8259, 8.1). Text is not taken for ISO-8859-1, as it was before
        RFC 7231.
        """
        media_type, parameters = parse_header(self.content_type or "")
        charset: str | None = parameters.get("charset")
        return charset or ("UTF-8" if media_type.lower() == MEDIA_JSON else None)

    @property
    def cookies(self) -> dict[str, Cookie]:
        """The cookies that the response sets, by name. Each is a string, its value."""
        return {cookie.name: cookie for cookie in Cookie.parse_all(self.raw_headers)}


class Result(ResultBase):
    """A response.

    Attributes:
        content: The body.
        complete: Whether the application sent the end of it; a server that has no end to send
            breaks the connection.
    """

    def __init__(
        self,
        status_code: int,
        raw_headers: list[tuple[bytes, bytes]],
        content: bytes = b"",
        *,
        complete: bool = True,
    ) -> None:
        """Describe a response."""
        super().__init__(status_code, raw_headers)
        self.content = content
        self.complete = complete

    def _parts(self) -> list[str]:
        return [*super()._parts(), _shortened(self.content)]

    @property
    def text(self) -> str:
        """The body, decoded by the `encoding`; by UTF-8 if there is none."""
        return self.content.decode(self.encoding or "utf-8")

    @property
    def json(self) -> Any:
        """The body, read as JSON."""
        return json.loads(self.content)

    @property
    def media(self) -> Any:
        """The body, read by the handler that `falconws.media.Handlers` has for its Content-Type.

        One without a Content-Type is read as JSON, and so are types such as
        ``application/problem+json`` (RFC 6839, 3.1).

        Raises:
            UnsupportedMediaTypeError: There is no such handler.
            PayloadError: The body is malformed.
        """
        media_type = parse_header(self.content_type or "")[0].lower()
        is_json = media_type.endswith("+json")
        handler = _HANDLERS.resolve(
            MEDIA_JSON if is_json else self.content_type, MEDIA_JSON
        )
        return handler.deserialize(
            io.BytesIO(self.content), self.content_type, len(self.content)
        )

    @property
    def events(self) -> list[Event]:
        """The body, read as an event stream (WHATWG HTML, 9.2.6).

        Raises:
            RuntimeError: falconws-sse is not installed.
        """
        return new_event_parser().feed(self.content)


_HANDLERS = Handlers()
_HANDLERS["application/x-msgpack"] = MessagePackHandler()


def new_event_parser() -> EventParser:
    """Make a parser of event streams.

    Raises:
        RuntimeError: falconws-sse is not installed.
    """
    try:  # here, as the package need not be installed
        from falconws.sse import EventParser
    except ImportError as exc:
        raise RuntimeError(
            "Events are read by falconws-sse: pip install falconws-sse."
        ) from exc
    return EventParser()


def _shortened(content: bytes) -> str:
    if len(content) <= _SHOWN:
        return repr(content)
    start, end = content[: _SHOWN // 2], content[-_SHOWN // 4 :]
    return f"\n  {start!r}\n  ...\n  {end!r}\n  ({len(content)} bytes)"
