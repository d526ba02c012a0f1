"""The headers of a part: which ones, and what Content-Disposition says (RFC 7578, 4.2)."""

from __future__ import annotations

import re
from urllib.parse import unquote_to_bytes

from multipart import MultipartSegment

from ..errors import MultipartParseError, PayloadTooLargeError
from ..mediatypes import MEDIA_MULTIPART, parse_header

__all__ = ("extended_value", "read_headers")

# A bare line feed is a line's end for some readers; the parser sees it in a header only if
# the line's real end is not there yet, and what a form means must not depend on that.
_CONTROL = re.compile(r"[\r\n\0]")
# RFC 8187, 3.2.1; 3.2 has taken ISO-8859-1 from what must be understood, old senders use it.
_EXTENDED = re.compile(
    r"(utf-8|iso-8859-1)'[\w-]*'((?:[!#$&+\-.^_`|~\w]|%[0-9a-f]{2})*)",
    re.ASCII | re.IGNORECASE,
)
_ONCE = ("content-disposition", "content-type")
# RFC 2045, 6.2. RFC 7578, 4.7 has deprecated the others; what they stand for must not be taken
# for the content.
_IDENTITIES = ("7bit", "8bit", "binary")


def read_headers(segment: MultipartSegment, max_size: int) -> dict[str, str]:
    """Give the headers of a part by their names in lower case."""
    headers: dict[str, str] = {}
    size = 0
    for name, value in segment.headerlist:
        size += len(name) + len(value.encode()) + 4  # the colon, a blank, and CRLF
        if _CONTROL.search(value):
            raise MultipartParseError(f"a line break within the header {name}")
        name, value = name.lower(), value.strip()
        if name not in headers:
            headers[name] = value
        elif name in _ONCE:  # Which of them counts would be a matter of taste.
            raise MultipartParseError(f"a part has two headers {name}")
        else:
            headers[name] += f", {value}"
    coding = headers.get("content-transfer-encoding", "binary")
    if coding.lower() not in _IDENTITIES:
        raise MultipartParseError(f"a part has the Content-Transfer-Encoding {coding}")
    if size > max_size:
        raise too_large(f"the headers of a part have more than {max_size} bytes")
    return headers


def extended_value(disposition: str) -> str | None:
    """Give what ``filename*`` says (RFC 8187); None if there is none.

    RFC 7578, 4.2 tells senders not to use it. Some do, and mean it.
    """
    if "*" not in disposition:
        return None
    value = parse_header(disposition)[1].get("filename*")
    if value is None:
        return None
    match = _EXTENDED.fullmatch(value)
    try:
        if match is None:
            raise ValueError
        return unquote_to_bytes(match[2]).decode(match[1])
    except ValueError:
        raise MultipartParseError("filename* cannot be decoded") from None


def too_large(detail: str) -> PayloadTooLargeError:
    return PayloadTooLargeError(MEDIA_MULTIPART, detail)
