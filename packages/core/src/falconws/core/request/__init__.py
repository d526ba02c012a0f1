"""`Request`: what a client asks for."""

from __future__ import annotations

from collections.abc import Awaitable
from typing import Any, TypeVar, overload

from falconws.media import PayloadError
from falconws.media.multipart import MultipartForm
from falconws.media.typed import convert, is_kind

from ..context import Context
from ..errors import MediaNotFoundError, UnsupportedError
from ..errors.media import payload_to_http_error
from ..options import RequestOptions
from ..scopes import Event, Receive, Scope, path_below_root
from ._body import BoundedStream
from ._encoding import InflatedStream, codings_of
from ._forwarded import Forwarded, RequestForwarded
from ._params import UNSET

__all__ = ("BoundedStream", "Forwarded", "Request")

D = TypeVar("D")
T = TypeVar("T")


class Request(RequestForwarded):
    """An HTTP request, or the request that opens a WebSocket.

    Everything is read when it is asked for, and not before.

    Attributes:
        scope: The ASGI connection scope.
        options: The App's `RequestOptions`.
        method: ``'GET'``, ``'POST'``, ...; ``'GET'`` for a WebSocket's handshake.
        path: The path, decoded, without `root_path` and the query string; ``'/'`` for an
            empty one.
        uri_template: The template of the route that matched; None before and without one.
        is_websocket: Whether the request opens a WebSocket.
    """

    # "__dict__" makes room for attributes of the application's own; it costs nothing until
    # there is one.
    __slots__ = (
        "__dict__",
        "__weakref__",
        "_body_taken",
        "_context",
        "_instances",
        "_media",
        "_media_error",
        "_receive",
        "_stream",
        "method",
        "uri_template",
    )

    context_type: type[Context] = Context
    """What `context` is an instance of; a subclass may set another."""

    def __init__(
        self,
        scope: Scope,
        receive: Receive,
        first_event: Event | None = None,
        options: RequestOptions | None = None,
    ) -> None:
        """Describe a connection scope.

        Args:
            scope: Of type ``http`` or ``websocket``.
            receive: The server's callable, from which the body is read.
            first_event: What was received from it already; None for nothing.
            options: How to read; None for the defaults.
        """
        self.scope = scope
        self._receive = receive if first_event is None else _after(first_event, receive)
        self.options = options or RequestOptions()
        self.is_websocket = scope["type"] == "websocket"
        self.method: str = "GET" if self.is_websocket else scope["method"]
        path = scope["path"]
        if not path or scope.get("root_path"):
            path = path_below_root(scope)
        if self.options.strip_url_path_trailing_slash and len(path) > 1:
            path = path.removesuffix("/")
        self.path = path
        self.uri_template: str | None = None
        self._body_taken = False
        self._context: Context | None = None
        self._cookies = None
        self._headers = None
        self._instances: tuple[tuple[Any, Any], ...] = ()
        self._media: Any = UNSET
        self._media_error: Exception | None = None
        self._params = None
        self._stream: BoundedStream | None = None

    def __repr__(self) -> str:
        return f"<{type(self).__name__}: {self.method} {self.url!r}>"

    @property
    def context(self) -> Context:
        """A place for the application's own data: ``req.context.user = user``."""
        context = self._context
        if context is None:
            context = self._context = self.context_type()
        return context

    # The body.

    @property
    def stream(self) -> BoundedStream:
        """The body, as a file to be read by awaiting, once.

        By `RequestOptions.content_encodings` it is decompressed as it is read. What is wrong
        with it then is raised by the methods that read.

        Raises:
            UnsupportedError: The request opens a WebSocket, and has no body.
        """
        stream = self._stream
        if stream is None:
            if self.is_websocket:
                raise UnsupportedError(
                    "A WebSocket handshake has no body; receive messages from the WebSocket."
                )
            length = 0 if self._body_taken else self.content_length
            codings = self._codings()
            if codings:
                stream = InflatedStream(self._receive, length, codings, self.options)
            else:
                stream = BoundedStream(self._receive, content_length=length)
            self._stream = stream
        return stream

    bounded_stream = stream

    async def wait_disconnect(self) -> None:
        """Return when the client has left: what a long poll waits for beside its news.

        Reading the body meanwhile, in another task, is possible. Of a body that nobody reads
        64 KiB are taken from the server, and behind that the client's leaving is not seen.

        Raises:
            UnsupportedError: The request opens a WebSocket, which tells of it by itself.
        """
        await self.stream.watch()

    @overload
    async def get_media(self, kind: type[T]) -> T: ...
    @overload
    async def get_media(self, kind: type[T], *, default_when_empty: D) -> T | D: ...
    @overload
    async def get_media(
        self, kind: Any = ..., *, default_when_empty: Any = ...
    ) -> Any: ...

    async def get_media(
        self, kind: Any = UNSET, *, default_when_empty: Any = UNSET
    ) -> Any:
        """Give the body as an object, by the handler for its Content-Type.

        The body is read once; later calls give the same object, or raise the same error. For
        each type there is one instance.

        Args:
            kind: A type for the object, such as a `msgspec.Struct` or a pydantic model; see
                `falconws.media.typed.convert`. A first argument that is no type is
                ``default_when_empty``, as in Falcon: what stands for a body is an object such
                as a body has, ``{}`` or None, and no class or ``list[int]``.
            default_when_empty: What to give for an empty body, instead of an error. It is not
                made an instance of ``kind``.

        Raises:
            MediaNotFoundError: The body is empty.
            MediaMalformedError: The body is not in the format of its Content-Type.
            MediaValidationError: The body is not of the type.
            HTTPUnsupportedMediaType: There is no handler for its Content-Type.
            ClientDisconnected: The client left before the body was complete.
            TypeError: There are a default and a first argument that is no type.
        """
        if kind is not UNSET and not is_kind(kind):
            if default_when_empty is not UNSET:
                raise TypeError(f"get_media takes a type first, not {kind!r}.")
            kind, default_when_empty = UNSET, kind
        if self._media is UNSET and self._media_error is None:
            try:
                self._media = await self._read_media()
            except Exception as exc:
                self._media_error = exc
        if self._media_error is None:
            return self._media if kind is UNSET else self._media_of(kind)
        if default_when_empty is not UNSET:
            if isinstance(self._media_error, MediaNotFoundError):
                return default_when_empty
        raise self._media_error

    @property
    def media(self) -> Awaitable[Any]:
        """What `get_media` gives; ``await req.media``."""
        return self.get_media()

    def _media_of(self, kind: Any) -> Any:
        # Not a dictionary: the metadata of an Annotated need not be hashable.
        for known, instance in self._instances:
            if known == kind:
                return instance
        try:
            instance = convert(self._media, kind)
        except PayloadError as exc:
            raise payload_to_http_error(exc) from exc
        self._instances = (*self._instances, (kind, instance))
        return instance

    async def _read_media(self) -> Any:
        options = self.options
        content_type = self.content_type
        try:
            handler = options.media_handlers.resolve(
                content_type, options.default_media_type
            )
            if handler.decode is not None and self._stream is None:
                return handler.decode(await self._read_body(), content_type)
            try:
                # RFC 9110, 8.6: Content-Length is that of the encoded body.
                length = None if self._codings() else self.content_length
                media = await handler.deserialize_async(
                    self.stream, content_type, length
                )
                if isinstance(media, MultipartForm):  # It is read later.
                    media.translate_error = payload_to_http_error
                return media
            finally:
                if handler.exhaust_stream:
                    await self.stream.exhaust()
        except PayloadError as exc:
            raise payload_to_http_error(exc) from exc

    def _codings(self) -> list[str]:
        """Give the Content-Encoding, if that is to be undone."""
        if not self.options.content_encodings:
            return []
        return codings_of(self.headers.get("content-encoding", ""))

    async def _read_body(self) -> bytes:
        """Read the whole body; without a stream where it comes in one piece, as most do."""
        if self._codings():
            return await self.stream.read()
        event = await self._receive()
        if event["type"] == "http.request" and not event.get("more_body", False):
            self._body_taken = True
            body: bytes = event.get("body", b"")
            return body
        self.stream.take(event)
        return await self.stream.read()


def _after(first_event: Event, receive: Receive) -> Receive:
    """Give a server's callable that begins with an event which was received before."""
    events = [first_event]

    async def receive_first() -> Event:
        return events.pop() if events else await receive()

    return receive_first
