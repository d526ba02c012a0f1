"""`Response`: what a client gets."""

from __future__ import annotations

from collections.abc import AsyncIterable, Awaitable, Callable
from http import HTTPStatus as StatusCode
from typing import Any

from falconws.media import PayloadError

from ..context import Context
from ..errors import ExtensionNotInstalledError
from ..errors.media import payload_to_http_error
from ..options import ResponseOptions
from ..status_codes import HTTP_200, http_status_to_code
from ._cookies import ResponseCookies
from .stream import Stream, check_stream, close_source, file_chunks

__all__ = ("EventStreamOpener", "Response", "Stream")

EventStreamOpener = Callable[[AsyncIterable[Any], "Response"], Stream]
"""Turns what ``resp.sse`` was set to into a `Stream`, and sets the headers it needs."""


class Response(ResponseCookies):
    """The response to a request.

    The first of these that is set becomes the body: `sse`, `text`, `data`, `media`, `stream`.

    Attributes:
        options: The App's `ResponseOptions`.
        complete: Set it to skip what is left of the request hooks, and the responder.
        text: A body to be sent as UTF-8.
        data: A body of bytes.
        media: An object, to be serialized by the handler for the Content-Type. None is none.
    """

    # "__dict__" makes room for attributes of the application's own; it costs nothing until
    # there is one.
    __slots__ = (
        "__dict__",
        "__weakref__",
        "_context",
        "_sse",
        "_status",
        "_stream",
        "complete",
        "data",
        "media",
        "status_code",
        "text",
    )

    context_type: type[Context] = Context
    """What `context` is an instance of; a subclass may set another."""

    def __init__(self, options: ResponseOptions | None = None) -> None:
        """Start with ``200 OK`` and nothing else.

        Args:
            options: How to write; None for the defaults.
        """
        self.options = options or ResponseOptions()
        self._headers = {}
        self._cookies = None
        self._context: Context | None = None
        self._status: str | int | StatusCode = HTTP_200
        self.status_code: int = 200
        self.complete = False
        self.text: str | None = None
        self.data: bytes | None = None
        self.media: Any = None
        self._stream: Any = None
        self._sse: AsyncIterable[Any] | None = None

    def __repr__(self) -> str:
        return f"<{type(self).__name__}: {self.status}>"

    @property
    def context(self) -> Context:
        """A place for the application's own data: ``resp.context.user = user``."""
        context = self._context
        if context is None:
            context = self._context = self.context_type()
        return context

    @property
    def status(self) -> str | int | StatusCode:
        """The status: a line such as ``HTTP_404``, a code, or an `http.HTTPStatus`.

        Setting it raises `ValueError` for what is no HTTP status.
        """
        return self._status

    @status.setter
    def status(self, status: str | int | StatusCode) -> None:
        self.status_code = http_status_to_code(status)
        self._status = status

    @property
    def body(self) -> str | bytes | None:
        """`text` or `data`: setting a string sets the first, bytes the second, None neither.

        Setting it raises `TypeError` for anything else.
        """
        return self.text if self.text is not None else self.data

    @body.setter
    def body(self, body: str | bytes | None) -> None:
        if not isinstance(body, str | bytes | None):
            raise TypeError(
                f"resp.body takes a string or bytes, not {type(body).__name__}; "
                "an object to be serialized goes into resp.media."
            )
        self.text = body if isinstance(body, str) else None
        self.data = body if isinstance(body, bytes) else None

    @property
    def stream(self) -> Any:
        """A body to be sent piece by piece: an asynchronous iterable of bytes, or a file.

        An iterable ends where it ends, or at None. A file is read by awaiting ``read(size)``.
        Either is closed when the response is over, and as soon as the client leaves.

        Setting it raises `TypeError` for anything else.
        """
        return self._stream

    @stream.setter
    def stream(self, stream: Any) -> None:
        if stream is not None:
            check_stream(stream, "stream")
        self._stream = stream

    def set_stream(self, stream: Any, content_length: int) -> None:
        """Set `stream` and its length in bytes at once."""
        self.stream = stream
        self.content_length = content_length

    @property
    def sse(self) -> AsyncIterable[Any] | None:
        """Events to be sent as Server-Sent Events: an asynchronous iterable.

        Setting it raises `TypeError` for anything else, and `ExtensionNotInstalledError` on
        an App without falconws-sse.
        """
        return self._sse

    @sse.setter
    def sse(self, events: AsyncIterable[Any] | None) -> None:
        if events is not None:
            if self.options.event_stream is None:
                raise ExtensionNotInstalledError(
                    "resp.sse needs the extension EventStreams. Install falconws-sse, and add "
                    "EventStreams() to App(extensions=...) if you set that."
                )
            check_stream(events, "sse")
        self._sse = events

    # What the HTTP scope server makes of it.

    async def render_body(self) -> bytes | None:
        """Give the body of `text`, `data` or `media` as bytes; None if none of them is set.

        Raises:
            HTTPUnsupportedMediaType: There is no handler for the Content-Type of `media`.
        """
        body = self.render()
        return body if body is None or isinstance(body, bytes) else await body

    def render(self) -> bytes | Awaitable[bytes] | None:
        """Do what `render_body` does, at once where nothing has to be awaited."""
        if self.text is not None:
            if not isinstance(self.text, str):
                raise TypeError(_wrong("text", "a string", self.text))
            return self.text.encode()
        if self.data is not None:
            if not isinstance(self.data, bytes):
                raise TypeError(_wrong("data", "bytes", self.data))
            return self.data
        if self.media is None:
            return None
        options = self.options
        content_type = self._headers.get("content-type") or options.default_media_type
        try:
            handler = options.media_handlers.resolve(
                content_type, options.default_media_type
            )
        except PayloadError as exc:
            raise payload_to_http_error(exc) from exc
        self._headers["content-type"] = content_type
        if handler.encode is not None:
            return handler.encode(self.media, content_type)
        return handler.serialize_async(self.media, content_type)

    def open_stream(self) -> Stream | None:
        """Give `sse` or `stream` as a `Stream`; None if neither is set."""
        if self._sse is not None:
            opener = self.options.event_stream
            assert opener is not None  # The setter of `sse` saw to it.
            return opener(self._sse, self)
        if self._stream is None:
            return None
        if hasattr(self._stream, "__aiter__"):
            return Stream(self._stream)
        return Stream(file_chunks(self._stream))

    async def close_streams(self) -> None:
        """Close what `sse` and `stream` were set to, and forget them."""
        sources = (self._sse, self._stream)
        self._sse = self._stream = None
        for source in sources:
            if source is not None:
                await close_source(source)

    def clear_body(self) -> None:
        """Forget `text`, `data` and `media`."""
        self.text = self.data = self.media = None


def _wrong(attribute: str, kind: str, value: object) -> str:
    return (
        f"resp.{attribute} takes {kind}, not {type(value).__name__}; an object to be serialized "
        "goes into resp.media."
    )
