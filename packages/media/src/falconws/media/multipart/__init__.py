"""Multipart forms (RFC 7578): their parts are streamed to the application as they arrive."""

from __future__ import annotations

import re

from ..errors import BoundaryError, PayloadEmptyError
from ..handler import AsyncReader, BaseHandler
from ..mediatypes import MEDIA_MULTIPART, parse_header
from ._form import MultipartForm
from ._headers import too_large
from ._options import MultipartParseOptions
from ._part import BodyPart
from ._stream import PartStream

__all__ = (
    "BodyPart",
    "MultipartForm",
    "MultipartFormHandler",
    "MultipartParseOptions",
    "PartStream",
)

# RFC 2046, 5.1.1: 70 characters, and no blank at the end. It names fewer of them than this;
# senders use others, and none of these can be mistaken.
_BOUNDARY = re.compile(r"[ -~]{0,69}[!-~]")


class MultipartFormHandler(BaseHandler):
    """Multipart forms in the body of a request.

    ``async for part in await req.get_media()`` gives the parts. There is nothing to write
    such a body with.

    Attributes:
        parse_options: How forms are read.
    """

    def __init__(self, parse_options: MultipartParseOptions | None = None) -> None:
        """Choose how forms are read.

        Args:
            parse_options: None for the defaults.
        """
        self.parse_options = parse_options or MultipartParseOptions()

    async def deserialize_async(
        self,
        stream: AsyncReader,
        content_type: str | None = None,
        content_length: int | None = None,
    ) -> MultipartForm:
        """Give the form that a body is; nothing of it is read yet.

        Raises:
            PayloadEmptyError: The length is 0.
            BoundaryError: The Content-Type has no boundary of 1 to 70 characters.
            PayloadTooLargeError: The length is beyond ``max_body_size``.
        """
        boundary = parse_header(content_type or "")[1].get("boundary", "")
        if not _BOUNDARY.fullmatch(boundary):
            raise BoundaryError(
                "Its boundary has to have from 1 to 70 characters of ASCII."
            )
        if content_length == 0:
            raise PayloadEmptyError(MEDIA_MULTIPART)
        limit = self.parse_options.max_body_size
        if limit is not None and content_length is not None and content_length > limit:
            raise too_large(f"the form has more than {limit} bytes")
        return MultipartForm(stream, boundary, self.parse_options)
