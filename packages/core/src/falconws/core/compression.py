"""Compressed responses: `CompressionMiddleware`."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable, Mapping
from functools import partial
from typing import Any

from ._codings import CODINGS, Encoder, choose_coding
from ._sending import BODILESS
from .etags import ETag
from .request import Request
from .response import Response
from .response.stream import close_source

__all__ = ("CompressionMiddleware",)

# What is larger is compressed in a thread. A change of threads costs 0.1 ms; so much keeps all
# others waiting for 1.3 ms at the default level of gzip, the slowest one, and for 6 ms at its
# last (benchmarks/compression.py).
_IN_LOOP = 64 * 1024

# With one of these a body must not be changed any more (RFC 9110, 8.4 and 14.4; RFC 9530).
_FINAL_HEADERS = (
    "content-encoding",
    "content-range",
    "content-digest",
    "repr-digest",
)

# Types that are compressed already, or of which nobody knows what is in them.
_COMPRESSED_PREFIXES = (
    "audio/",
    "image/",
    "video/",
    "application/vnd.oasis.opendocument.",
    "application/vnd.openxmlformats-",
)
_COMPRESSED = frozenset(
    [
        "application/gzip",
        "application/java-archive",
        "application/octet-stream",
        "application/ogg",
        "application/pdf",
        "application/vnd.apache.parquet",
        "application/vnd.rar",
        "application/x-7z-compressed",
        "application/x-bzip2",
        "application/x-gzip",
        "application/x-xz",
        "application/zip",
        "application/zstd",
        "font/woff",
        "font/woff2",
    ]
)
_NOT_COMPRESSED = frozenset(
    ["image/bmp", "image/svg+xml", "image/vnd.microsoft.icon", "image/x-icon"]
)


class CompressionMiddleware:
    """Compresses responses for clients that take it (RFC 9110, 8.4 and 12.5.3).

    It belongs in front of other middleware, which then sees bodies as they are. An event stream
    (``text/event-stream``) is never compressed, and nothing of any other stream is held back.

    Attributes:
        minimum_size: The smallest body that is compressed, in bytes.
        encodings: The codings that are used, the preferred one first.
    """

    def __init__(
        self,
        minimum_size: int = 500,
        *,
        encodings: Iterable[str] | None = None,
        levels: Mapping[str, int] | None = None,
        media_types: Iterable[str] | None = None,
    ) -> None:
        """Set what is compressed, and how.

        Args:
            minimum_size: In bytes. What is smaller fits into one packet anyway. A stream whose
                length is not known is compressed whatever it is.
            encodings: ``'br'``, ``'zstd'``, ``'gzip'``, the preferred one first: of several
                that a client wants alike, the first is taken. None for these, as far as their
                libraries are installed; gzip always is.
            levels: From 0 to 11 for br, 1 to 19 for zstd, 1 to 9 for gzip. The defaults
                are 4, 6 and 6.
            media_types: The types to compress, such as ``'application/json'`` and
                ``'text/*'``; None for all but those that are compressed already, such as most
                images.

        Raises:
            ValueError: There is no such coding, or no such level of it.
            RuntimeError: The library of one of ``encodings`` is not installed.
        """
        self.minimum_size = minimum_size
        names = CODINGS if encodings is None else tuple(encodings)
        levels = levels or {}
        if unknown := [name for name in (*names, *levels) if name not in CODINGS]:
            raise ValueError(
                f"The encodings are {', '.join(CODINGS)}; {unknown[0]!r} is none."
            )
        self._start: dict[str, Callable[[], Encoder]] = {}
        for name in names:
            coding = CODINGS[name]
            level = levels.get(name, coding.level)
            if level not in coding.levels:
                raise ValueError(
                    f"The levels of {name} are {coding.levels[0]} to {coding.levels[-1]}, "
                    f"not {level}."
                )
            try:
                coding.start(level)
            except ImportError as exc:
                if encodings is not None:
                    raise RuntimeError(
                        f"The encoding {name!r} needs an extra: "
                        f"pip install falconws-core[{coding.extra}]."
                    ) from exc
            else:
                self._start[name] = partial(coding.start, level)
        if not self._start:
            raise ValueError("Without encodings nothing is compressed; leave it out.")
        self.encodings = tuple(self._start)
        self._media_types = None if media_types is None else frozenset(media_types)

    async def process_response(
        self, req: Request, resp: Response, resource: object, req_succeeded: bool
    ) -> None:
        """Compress a response, if it gains by that and the client takes it."""
        if resp.status_code == 304:
            _adapt_not_modified(req, resp)
        if not self._applies(resp):
            return
        body = await resp.render_body()
        if body is not None:
            # That costs what it would cost later; it is not done again.
            resp.set_rendered(body)
            size = len(body)
        elif resp.stream is None and (req.method != "HEAD" or not resp.content_length):
            return
        else:
            size = int(resp.content_length or self.minimum_size)
        if size < self.minimum_size:
            return
        # Also for those who get it as it is: a cache must not give it to others for this.
        resp.append_header("Vary", "Accept-Encoding")
        accept = req.get_header("Accept-Encoding", default="")
        coding = choose_coding(accept, self.encodings)
        if coding is None:
            return
        start = self._start[coding]
        if body is None:
            _compress_stream(resp, start)
        elif not await _compress_body(resp, body, start()):
            return
        resp.set_header("Content-Encoding", coding)
        # A part of the file that somebody asks for next would be none of these bytes.
        resp.delete_header("Accept-Ranges")
        _weaken_etag(resp)

    def _applies(self, resp: Response) -> bool:
        """Say whether a response may be compressed, whatever its size."""
        if resp.sse is not None or resp.status_code in BODILESS:
            return False
        if any(resp.get_header(name) is not None for name in _FINAL_HEADERS):
            return False
        # RFC 9111, 5.2.2.6.
        directives = (resp.cache_control or "").lower().split(",")
        if "no-transform" in [directive.strip() for directive in directives]:
            return False
        content_type = resp.content_type or resp.options.default_media_type
        return self._is_worthwhile(content_type.partition(";")[0].strip().lower())

    def _is_worthwhile(self, media_type: str) -> bool:
        if media_type == "text/event-stream":
            return False
        if self._media_types is not None:
            family = f"{media_type.partition('/')[0]}/*"
            return not self._media_types.isdisjoint((media_type, family))
        if media_type in _NOT_COMPRESSED:
            return True
        return media_type not in _COMPRESSED and not (
            media_type.startswith(_COMPRESSED_PREFIXES) or media_type.endswith("+zip")
        )


def _adapt_not_modified(req: Request, resp: Response) -> None:
    """Give a 304 the headers of the response that it stands for (RFC 9110, 15.4.5)."""
    resp.append_header("Vary", "Accept-Encoding")
    # What the client has is the compressed one if that is the tag that it knows.
    etag = ETag.loads(resp.etag or "")
    for known in req.if_none_match or ():
        if isinstance(known, ETag) and known == etag and known.is_weak:
            _weaken_etag(resp)


def _weaken_etag(resp: Response) -> None:
    """Say that the bytes are not those that the tag stands for (RFC 9110, 8.8.1)."""
    if resp.etag is not None and not resp.etag.startswith("W/"):
        resp.etag = f"W/{resp.etag}"


async def _compress_body(resp: Response, body: bytes, encoder: Encoder) -> bool:
    """Compress a body in hand; give False if it would not be smaller."""
    compressed = await _encode(encoder.compress, encoder.finish, body)
    if len(compressed) >= len(body):
        return False
    resp.set_rendered(compressed)
    return True


async def _encode(
    compress: Callable[[bytes], bytes], flush: Callable[[], bytes], data: bytes
) -> bytes:
    def encode() -> bytes:
        return compress(data) + flush()

    return encode() if len(data) <= _IN_LOOP else await asyncio.to_thread(encode)


def _compress_stream(resp: Response, start: Callable[[], Encoder]) -> None:
    """Put a compressed stream in the place of the stream.

    For a HEAD there may be none. It gets one nevertheless: of all bodies, only a stream has no
    Content-Length, and what it is after compressing nobody knows.
    """
    source, stream = resp.stream, resp.open_stream()
    pieces = source if stream is None else stream.source
    # Nobody waits for a piece of what has a length: it is a file.
    is_live = resp.content_length is None
    resp.stream = _CompressedStream(source, pieces, start, is_live)
    resp.content_length = None


class _CompressedStream:
    """A stream, compressed piece by piece."""

    def __init__(
        self, source: Any, pieces: Any, start: Callable[[], Encoder], is_live: bool
    ) -> None:
        # By this a source that does not end is named in the log.
        self.__qualname__ = getattr(source, "__qualname__", type(source).__qualname__)
        self._source = source
        self._pieces = pieces
        self._start = start
        self._encoder: Encoder | None = None
        # Whether the body has no end yet, and nothing is between its pieces and their place.
        self._can_end = True
        self._is_live = is_live
        self._compressed: AsyncIterator[bytes] | None = None

    def __aiter__(self) -> AsyncIterator[bytes]:
        self._compressed = self._compress()
        return self._compressed

    async def aclose(self) -> None:
        for source in (self._compressed, self._pieces, self._source):
            await close_source(source)

    def farewell(self) -> bytes:
        """Give the end of a body that the App ends; without it, that looks cut off.

        So it is to look if a piece was lost, because it was being compressed.
        """
        if not self._can_end:
            return b""
        return (self._encoder or self._start()).finish()

    async def _compress(self) -> AsyncIterator[bytes]:
        self._encoder = encoder = self._start()
        # What came out must not wait for what comes next.
        flush = encoder.flush if self._is_live else bytes
        async for piece in self._pieces:
            if piece is None:
                break
            self._can_end = False
            compressed = await _encode(encoder.compress, flush, piece)
            self._can_end = True
            if compressed:
                yield compressed
        self._can_end = False
        yield encoder.finish()
