"""File names that come from others: made safe for a disk, and written into a header."""

from __future__ import annotations

import re

from falconws.media.filenames import secure_filename

from .headers import quoted_string
from .uri import encode_value

__all__ = ("content_disposition", "secure_filename")

_UNWRITABLE = re.compile(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff]")


def content_disposition(kind: str, filename: str) -> str:
    """Write a Content-Disposition header's value (RFC 6266, 4).

    Args:
        kind: ``'attachment'`` for a file to be saved, ``'inline'`` for one to be shown.
        filename: What to call it. One that is not ASCII is written as RFC 8187 has it, next
            to an ASCII form for clients that do not read that.

    Raises:
        ValueError: The name has a control character or half of a surrogate pair in it.
    """
    if _UNWRITABLE.search(filename):
        raise ValueError(
            f"The file name {filename!r} has a character that may not be in a header; "
            "secure_filename() replaces it."
        )
    if filename.isascii():
        return f"{kind}; filename={quoted_string(filename)}"
    # RFC 6266, 4.3: who reads both takes the second.
    plain, extended = secure_filename(filename), encode_value(filename)
    return f"{kind}; filename={plain}; filename*=UTF-8''{extended}"
