"""`BodyPart`: one field or file of a form."""

from __future__ import annotations

import codecs
import io
import os
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any

from multipart import MultipartSegment

from ..errors import MultipartParseError
from ..filenames import secure_filename
from ..handler import BaseHandler
from ..mediatypes import parse_header
from ._headers import extended_value, read_headers, too_large
from ._options import MultipartParseOptions
from ._saving import save
from ._stream import PartStream

if TYPE_CHECKING:
    from ._form import MultipartForm

__all__ = ("BodyPart",)

# To decode these takes time in proportion to the square of the length. They are for the
# labels of domain names.
_SLOW_CODECS = ("idna", "punycode")


class BodyPart:
    """A part of a form: a field, or a file.

    It is read by its `stream`, or by one of the methods below, until the form goes on to
    its next part. What a method has read it gives again when it is called again.

    Attributes:
        name: The field's name. Empty for a part that has none, which RFC 7578, 4.2 forbids.
        filename: What the client calls the file; None for a part that is no file. It is
            text of the client's choice and no path: see `secure_filename`.
        headers: The part's headers, by their names in lower case.
        stream: The content, as an asynchronous file.
    """

    __slots__ = (
        "_data",
        "_form",
        "_media",
        "_options",
        "_oversized",
        "filename",
        "headers",
        "name",
        "stream",
    )

    def __init__(
        self,
        segment: MultipartSegment,
        form: MultipartForm,
        options: MultipartParseOptions,
        next_chunk: Callable[[BodyPart], Awaitable[bytes]],
    ) -> None:
        self.headers = read_headers(segment, options.max_body_part_headers_size)
        disposition = self.headers["content-disposition"]
        filename = extended_value(disposition)
        # RFC 6266, 4.3: filename* goes before filename.
        self.filename: str | None = segment.filename if filename is None else filename
        self.name: str = segment.name or ""
        self.stream = PartStream(lambda: next_chunk(self))
        self._form = form
        self._options = options
        self._data: bytes | None = None
        self._oversized = False
        self._media: list[Any] = []

    @property
    def content_type(self) -> str:
        """The part's Content-Type; ``text/plain`` if it has none (RFC 7578, 4.4)."""
        return self.headers.get("content-type", "text/plain")

    @property
    def secure_filename(self) -> str:
        """The file's name, made one to store a file under; neither unique nor reserved.

        Raises:
            MultipartParseError: There is no name.
        """
        if not self.filename:
            raise self._form.error(MultipartParseError("a part has no file name"))
        length = self._options.max_secure_filename_length
        return secure_filename(self.filename, length)

    @property
    def data(self) -> Awaitable[bytes]:
        """What `get_data` gives; ``await part.data``."""
        return self.get_data()

    @property
    def text(self) -> Awaitable[str | None]:
        """What `get_text` gives; ``await part.text``."""
        return self.get_text()

    @property
    def media(self) -> Awaitable[Any]:
        """What `get_media` gives; ``await part.media``."""
        return self.get_media()

    async def get_data(self) -> bytes:
        """Give the content, or what `stream` left of it.

        Raises:
            PayloadTooLargeError: It is more than ``max_body_part_buffer_size``.
            MultipartParseError: The form is malformed.
        """
        limit = self._options.max_body_part_buffer_size
        if self._data is None and not self._oversized:
            data = await self.stream.read(limit + 1)
            self._oversized = len(data) > limit
            self._data = None if self._oversized else data
        if self._data is None:  # What is behind it is not to be taken for the whole.
            detail = f"a part that is read at once has more than {limit} bytes"
            raise self._form.error(too_large(detail))
        return self._data

    async def get_text(self) -> str | None:
        """Give the content as text; None if it is of another type than ``text/plain``.

        Raises:
            PayloadTooLargeError: It is more than ``max_body_part_buffer_size``.
            MultipartParseError: It is not in the character set that its Content-Type names,
                that one is not known, or the form is malformed.
        """
        kind, params = parse_header(self.content_type)
        if kind.lower() != "text/plain":
            return None
        data = await self.get_data()
        charset = params.get("charset", self._options.default_charset)
        try:
            if codecs.lookup(charset).name not in _SLOW_CODECS:
                return data.decode(charset)
        except (LookupError, ValueError):
            pass
        raise self._form.error(
            MultipartParseError("the text of a part is not decodable")
        )

    async def get_media(self) -> Any:
        """Give the content as an object, by the handler for its Content-Type.

        A handler that reads the stream piece by piece, as the one for nested forms does, is
        given it as it is. Others get what `get_data` gives.

        Raises:
            PayloadTooLargeError: It is more than ``max_body_part_buffer_size``.
            PayloadError: There is no handler for the type, or the content is malformed.
        """
        if not self._media:
            with self._form.translated():
                media = await self._read_media()
            if hasattr(media, "translate_error"):  # a form in this form, read later
                media.translate_error = self._form.translate_error
            self._media.append(media)
        return self._media[0]

    async def save(
        self, path: str | os.PathLike[str], *, overwrite: bool = False
    ) -> int:
        """Write the content, or what `stream` left of it, to a file.

        It is written in large blocks, in threads. If that fails, or is cancelled, there is
        no file; the old one stays if there was one.

        Args:
            path: Where to; never the client's `filename` as it is.
            overwrite: Whether to replace a file that is there.

        Returns:
            The number of bytes.

        Raises:
            FileExistsError: There is a file, and ``overwrite`` is false.
            OSError: The file cannot be written.
            MultipartParseError: The form is malformed.
            PayloadTooLargeError: The form goes beyond a limit.
        """
        return await save(self._unread(), path, overwrite)

    async def _read_media(self) -> Any:
        content_type = self.content_type
        handler = self._options.media_handlers.resolve(content_type, "text/plain")
        if type(handler).deserialize_async is BaseHandler.deserialize_async:
            data = await self.get_data()
            return handler.deserialize(io.BytesIO(data), content_type, len(data))
        return await handler.deserialize_async(self._unread(), content_type, None)

    def _unread(self) -> PartStream:
        """Give the stream, or one of what was buffered from it."""
        if self._data is None:
            return self.stream
        chunks = [b"", self._data]

        async def buffered() -> bytes:
            return chunks.pop() if chunks else b""

        return PartStream(buffered)
