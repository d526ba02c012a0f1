"""Entity tags, which tell one version of a resource from another (RFC 9110, 8.8.3)."""

from __future__ import annotations

import re
from typing import Literal

__all__ = ("ETag", "parse_etags")

# Quotes are not optional in RFC 9110, but clients leave them out.
_TAG = re.compile(r'(?:[Ww]/)?(?:"[^"]*"|[^",\s]+)')


class ETag(str):
    """An entity tag, without its quotes.

    Comparing with ``==`` is the weak comparison (RFC 9110, 8.8.3.2), which If-None-Match
    takes; `strong_compare` is the strong one, which If-Match and If-Range take.

    Attributes:
        is_weak: Whether two versions of that tag may differ in their bytes.
    """

    is_weak: bool = False

    def strong_compare(self, other: ETag) -> bool:
        """Say whether both tags are equal, and neither is weak."""
        return self == other and not (self.is_weak or other.is_weak)

    def dumps(self) -> str:
        """Give the tag as a header has it: ``'"a1"'``, or ``'W/"a1"'`` for a weak one.

        Raises:
            ValueError: There is a quote in the tag, which would end it.
        """
        if '"' in self:
            raise ValueError(f"An entity tag has no quotes in it: {str(self)!r}.")
        return f'W/"{self}"' if self.is_weak else f'"{self}"'

    @classmethod
    def loads(cls, etag_str: str) -> ETag:
        """Read a tag as a header has it; without its quotes too."""
        is_weak = etag_str.startswith(("W/", "w/"))
        opaque = etag_str[2:] if is_weak else etag_str
        tag = cls(opaque.removeprefix('"').removesuffix('"'))
        tag.is_weak = is_weak
        return tag


def parse_etags(header: str) -> list[ETag | Literal["*"]] | None:
    """Read an If-Match or If-None-Match header (RFC 9110, 13.1.1).

    Args:
        header: For example ``'"a1", W/"b2"'``, or ``'*'``.

    Returns:
        The tags, or ``['*']`` for any; None if there is not one tag.
    """
    if header.strip() == "*":
        return ["*"]
    # An asterisk among tags stands for nothing (RFC 9110, 13.1.1), and is not to be taken
    # for the one that stands for all.
    tags = _TAG.findall(header)
    return [ETag.loads(tag) for tag in tags if tag != "*"] or None
