"""Header fields: reading them from a scope, and what may be written into one (RFC 9110, 5)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, MutableMapping
from functools import lru_cache
from typing import TypeVar

from .scopes import Scope
from .uri import encode_check_escaped

__all__ = (
    "SINGLETON_HEADERS",
    "TOKEN",
    "CaseInsensitiveDict",
    "header_name",
    "header_uri",
    "header_value",
    "quoted_string",
    "read_headers",
)

V = TypeVar("V")

# RFC 9110, 5.3: of these a request carries one; a list of them would have no meaning.
SINGLETON_HEADERS = frozenset(
    {
        "content-length",
        "content-type",
        "expect",
        "from",
        "host",
        "max-forwards",
        "referer",
        "user-agent",
    }
)

TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")  # RFC 9110, 5.6.2

# RFC 9110, 5.5: no value has these in it, but for tabs.
_CONTROL = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")
# And these end or truncate a field. Whoever puts a client's text into a header would let that
# client write headers and bodies of its own.
_BREAK = re.compile(r"[\r\n\0]")


def read_headers(scope: Scope) -> dict[str, str]:
    """Give a scope's headers by their lower-case names; repeated ones joined by a comma."""
    headers: dict[str, str] = {}
    for raw_name, raw_value in scope["headers"]:
        # ASGI HTTP 2.5: servers should write names in lower case, and need not.
        name, value = raw_name.decode("latin-1").lower(), raw_value.decode("latin-1")
        if name in headers and name not in SINGLETON_HEADERS:
            # RFC 9113, 8.2.3: HTTP/2 sends cookies in pieces, which are put together so.
            joint = "; " if name == "cookie" else ","
            value = f"{headers[name]}{joint}{value}"
        headers[name] = value
    return headers


@lru_cache(maxsize=256)  # An application may make them up.
def header_name(name: str) -> str:
    """Give a header's name in lower case, as ASGI wants it.

    Raises:
        ValueError: It is no token.
    """
    if not TOKEN.fullmatch(name):
        raise ValueError(f"{name!r} is not a header name (RFC 9110, 5.1).")
    return name.lower()


def header_value(name: str, value: object) -> str:
    """Give a header's value as a string that is safe to send.

    Args:
        name: For the error.
        value: Turned into a string if it is none.

    Raises:
        ValueError: It has a control character other than a tab, such as a line break, or a
            character outside of Latin-1 in it.
    """
    text = value if isinstance(value, str) else str(value)
    if text.isascii() and text.isprintable():  # as nearly all are
        return text
    if _CONTROL.search(text):
        raise _control_character(name, text)
    try:
        text.encode("latin-1")
    except UnicodeEncodeError:
        raise ValueError(
            f"The value of the {name} header has characters outside of Latin-1: {text!r}. "
            "Encode them, for example with falconws.core.uri.encode_value()."
        ) from None
    return text


def header_uri(name: str, uri: str) -> str:
    """Give a URI for a header: percent-encoded, unless it is already.

    Args:
        name: For the error.
        uri: Or a reference that is relative to one.

    Raises:
        ValueError: It has a line break or a NUL in it. Encoded they would do no harm, but
            nobody means to link to such a place: the text is a client's, and not checked.
    """
    if _BREAK.search(uri):
        raise _control_character(name, uri)
    return encode_check_escaped(uri)


def _control_character(name: str, text: str) -> ValueError:
    return ValueError(
        f"The value of the {name} header has a control character in it, such as a line "
        f"break: {text!r}."
    )


def quoted_string(text: str) -> str:
    """Put a parameter's value into quotes (RFC 9110, 5.6.4); `unquote_string` undoes it."""
    return '"' + re.sub(r'["\\]', r"\\\g<0>", text) + '"'


class CaseInsensitiveDict(MutableMapping[str, V]):
    """A dictionary that finds its keys in any case, and gives them as they were set last.

    It equals a mapping that has the same values by the same keys in any case.
    """

    __slots__ = ("_items",)

    def __init__(
        self,
        items: Mapping[str, V] | Iterable[tuple[str, V]] = (),
        /,
        **more: V,
    ) -> None:
        """Start with a mapping's items or with pairs, and with named ones."""
        self._items: dict[str, tuple[str, V]] = {}
        self.update(items, **more)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({dict(self)!r})"

    def __getitem__(self, key: str) -> V:
        return self._items[key.lower()][1]

    def __setitem__(self, key: str, value: V) -> None:
        self._items[key.lower()] = (key, value)

    def __delitem__(self, key: str) -> None:
        del self._items[key.lower()]

    def __iter__(self) -> Iterator[str]:
        return (key for key, _ in self._items.values())

    def __len__(self) -> int:
        return len(self._items)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Mapping):
            return NotImplemented
        lowered = {k.lower() if isinstance(k, str) else k: v for k, v in other.items()}
        return {key: value for key, (_, value) in self._items.items()} == lowered

    def copy(self) -> CaseInsensitiveDict[V]:
        """Give a dictionary of its own with the same items."""
        return CaseInsensitiveDict(self)
