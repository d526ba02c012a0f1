"""`MultipartParseOptions`: what a form may be at most, and how its parts are read."""

from __future__ import annotations

import codecs
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ..json import JSONHandler
from ..mediatypes import MEDIA_JSON, MEDIA_URLENCODED
from ..urlencoded import URLEncodedFormHandler

if TYPE_CHECKING:
    from ..registry import Handlers

__all__ = ("MultipartParseOptions",)


def _default_handlers() -> Handlers:
    # Not at the top: a registry has a handler for forms, which has a registry for parts.
    from ..registry import Handlers

    return Handlers(
        {MEDIA_JSON: JSONHandler(), MEDIA_URLENCODED: URLEncodedFormHandler()}
    )


@dataclass(slots=True, kw_only=True)
class MultipartParseOptions:
    """How multipart forms are read; what goes beyond a limit is a `PayloadTooLargeError`."""

    default_charset: str = "utf-8"
    """How the text of a part is encoded that does not say so."""

    max_body_part_count: int = 64
    """How many parts a form has at most; 0 for no limit."""

    max_body_part_buffer_size: int = 1024 * 1024
    """How many bytes of a part `BodyPart.get_data`, ``get_text`` and ``get_media`` read.

    Larger parts are for `BodyPart.stream` and `BodyPart.save`.
    """

    max_body_part_headers_size: int = 8192
    """How many bytes the headers of a part have at most, line ends among them."""

    max_body_size: int | None = 1024**3
    """How many bytes the whole form has at most; None for no limit.

    Memory does not depend on it, as parts are streamed. It keeps one request from filling
    a disk, or from never ending; 1 GiB is more than most uploads have.
    """

    max_secure_filename_length: int | None = None
    """How many characters `BodyPart.secure_filename` has at most; None for no limit."""

    media_handlers: Handlers = field(default_factory=_default_handlers)
    """What `BodyPart.get_media` reads parts with: by default JSON and URL-encoded forms."""

    def __post_init__(self) -> None:
        codecs.lookup(self.default_charset)
        for name in (
            "max_body_part_count",
            "max_body_part_buffer_size",
            "max_body_part_headers_size",
            "max_body_size",
            "max_secure_filename_length",
        ):
            value = getattr(self, name)
            if value is not None and value < 0:
                raise ValueError(f"{name} is not negative; it is {value}.")
