"""`Response`: what a client gets."""

from __future__ import annotations

from collections.abc import AsyncIterable, Awaitable, Callable
from functools import partial
from http import HTTPStatus as StatusCode
from typing import Any

from falconws.media import PayloadError

from ..context import Context
from ..errors import ExtensionNotInstalledError, OperationNotAllowed
from ..errors.media import payload_to_http_error
from ..headers import header_name, header_value
from ..lifecycle import Callback, check_coroutine_function, is_coroutine_function
from ..options import ResponseOptions
from ..status_codes import HTTP_200, http_status_to_code
from ._cookies import ResponseCookies
from ._server import ServerExtensions
from .stream import Stream, check_stream, close_source, stream_file

__all__ = ("EventStreamOpener", "Response", "ServerExtensions", "Stream")

EventStreamOpener = Callable[[AsyncIterable[Any], "Response"], Stream]
"""Turns what ``resp.sse`` was set to into a `Stream`, and sets the headers it needs."""


class Response(ResponseCookies):
    """The response to a request.

    The first of these that is set becomes the body: `sse`, `text`, `data`, `media`, `stream`.

    Attributes:
        options: The App's `ResponseOptions`.
        begun: Whether a `stream` is being sent; what is set then comes too late.
        complete: Set it to skip what is left of the request hooks, and the responder.
        text: A body to be sent as UTF-8.
        data: A body of bytes; also a bytearray or a memoryview.
        media: An object, to be serialized by the handler for the Content-Type. None is none.
            It may be, or contain, Structs of msgspec and models of pydantic.
        scheduled: What `schedule` was given; None for nothing.
        server: What the server can do besides; None for nothing.
        trailers: What `set_trailer` was given; None for nothing.
    """

    # "__dict__" makes room for attributes of the application's own; it costs nothing until
    # there is one.
    __slots__ = (
        "__dict__",
        "__weakref__",
        "_context",
        "_sse",
        "_status",
        "_status_code",
        "_stream",
        "begun",
        "complete",
        "data",
        "media",
        "scheduled",
        "server",
        "text",
        "trailers",
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
        self._status_code = 200
        self.begun = False
        self.complete = False
        self.text: str | None = None
        self.data: bytes | None = None
        self.media: Any = None
        self._stream: Any = None
        self._sse: AsyncIterable[Any] | None = None
        self.scheduled: list[Callback] | None = None
        self.server: ServerExtensions | None = None
        self.trailers: dict[str, str] | None = None

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
        self._status_code = http_status_to_code(status)
        self._status = status

    @property
    def status_code(self) -> int:
        """The code of `status`. Setting it is the same as setting that."""
        return self._status_code

    @status_code.setter
    def status_code(self, status: str | int | StatusCode) -> None:
        self.status = status

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

    # What goes before and behind it.

    def schedule(self, callback: Callback) -> None:
        """Run a coroutine function after the response was sent.

        It is run when the response is over, also when that was an error or the client has
        left; behind the first headers of an event stream, which may have no end. That it
        fails is logged. When the App stops, it is waited for.

        Args:
            callback: Called without arguments.

        Raises:
            TypeError: It is no coroutine function.
        """
        check_coroutine_function(callback)
        self._schedule(callback)

    def schedule_sync(self, callback: Callback) -> None:
        """Run a plain function in a thread, when `schedule` would run a coroutine function.

        Args:
            callback: Called without arguments.

        Raises:
            TypeError: It is a coroutine function, or nothing that can be called.
        """
        if not callable(callback) or is_coroutine_function(callback):
            raise TypeError(
                "schedule_sync() takes a plain function; a coroutine function goes into "
                "schedule()."
            )
        self._schedule(callback)

    def _schedule(self, callback: Callback) -> None:
        if self.scheduled is None:
            self.scheduled = []
        self.scheduled.append(callback)

    def take_scheduled(self) -> list[Callback]:
        """Give what `schedule` was given, once."""
        callbacks, self.scheduled = self.scheduled or [], None
        return callbacks

    async def send_early_hints(self, *links: str) -> bool:
        """Tell the client what it will need, before the response is ready (RFC 8297).

        Args:
            *links: Values for ``Link``: ``'</style.css>; rel=preload; as=style'``.

        Returns:
            Whether the server could send them (ASGI extension ``http.response.early_hint``).

        Raises:
            ValueError: One has a line break, a NUL or a character outside of Latin-1 in it.
        """
        values = [header_value("Link", link).encode("latin-1") for link in links]
        if self.server is None or not self.server.offers("early_hint"):
            return False
        await self.server.send({"type": "http.response.early_hint", "links": values})
        return True

    def set_trailer(self, name: str, value: str) -> None:
        """Send a header field behind the body (RFC 9110, 6.5).

        It is sent where the client has said that it takes trailers (``TE: trailers``) and the
        server can send them (ASGI extension ``http.response.trailers``), and left out
        elsewhere. What sends a ``stream`` may set it again until it ends; the first time
        has to be before the response begins, with an empty value if need be.

        Raises:
            ValueError: As for `set_header`.
            OperationNotAllowed: The response has begun without trailers.
        """
        if self.trailers is None:
            if self.begun:
                raise OperationNotAllowed(
                    "The response has begun without trailers; set this one before, with an "
                    "empty value, and then again."
                )
            self.trailers = {}
        self.trailers[header_name(name)] = header_value(name, value)

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
            return self.data if isinstance(self.data, bytes) else _as_bytes(self.data)
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
            farewell = getattr(self._stream, "farewell", None)  # of a compressed one
            return Stream(self._stream, farewell=farewell)
        return stream_file(self._stream)

    async def close_streams(self) -> None:
        """Close what `sse` and `stream` were set to, and forget them."""
        sources = (self._sse, self._stream)
        self._sse = self._stream = None
        for source in sources:
            if source is not None:
                await close_source(source)

    def clear_body(self) -> None:
        """Forget `text`, `data` and `media`, and the Content-Encoding that they had."""
        self.text = self.data = self.media = None
        self._headers.pop("content-encoding", None)
        self.__dict__.pop("render_body", None)

    def set_rendered(self, body: bytes) -> None:
        """Make bytes the body that `render_body` gives, also where a subclass overrides it.

        It is for middleware that has called that, and changes what came out.
        """
        self.clear_body()
        self.data = body
        if type(self).render_body is not Response.render_body:
            self.__dict__["render_body"] = partial(Response.render_body, self)


def _as_bytes(data: object) -> bytes:
    if isinstance(data, bytearray | memoryview):
        return bytes(data)
    raise TypeError(_wrong("data", "bytes", data))


def _wrong(attribute: str, kind: str, value: object) -> str:
    return (
        f"resp.{attribute} takes {kind}, not {type(value).__name__}; an object to be serialized "
        "goes into resp.media."
    )
