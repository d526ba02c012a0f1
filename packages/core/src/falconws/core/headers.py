"""Header fields: reading them from a scope, and what may be written into one (RFC 9110, 5)."""

from __future__ import annotations

import re

from .scopes import Scope

__all__ = ("SINGLETON_HEADERS", "TOKEN", "header_name", "header_value", "read_headers")

# RFC 9110, 5.3: of these a request carries one; a list of them would have no meaning.
SINGLETON_HEADERS = frozenset(
    {
        "content-length",
        "content-type",
        "cookie",
        "expect",
        "from",
        "host",
        "max-forwards",
        "referer",
        "user-agent",
    }
)

TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")  # RFC 9110, 5.6.2

# RFC 9110, 5.5: these end or truncate a field. Whoever puts a client's text into a header
# would let that client write headers and bodies of its own.
_FORBIDDEN_IN_VALUE = re.compile(r"[\r\n\0]")


def read_headers(scope: Scope) -> dict[str, str]:
    """Give a scope's headers by their lower-case names; repeated ones joined by a comma."""
    headers: dict[str, str] = {}
    for raw_name, raw_value in scope["headers"]:
        name, value = raw_name.decode("latin-1"), raw_value.decode("latin-1")
        if name in headers and name not in SINGLETON_HEADERS:
            value = f"{headers[name]},{value}"
        headers[name] = value
    return headers


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
        ValueError: It has a line break, a NUL or a character outside of Latin-1 in it.
    """
    text = value if isinstance(value, str) else str(value)
    if _FORBIDDEN_IN_VALUE.search(text):
        raise ValueError(
            f"The value of the {name} header has a line break or a NUL in it: {text!r}."
        )
    try:
        text.encode("latin-1")
    except UnicodeEncodeError:
        raise ValueError(
            f"The value of the {name} header has characters outside of Latin-1: {text!r}. "
            "Encode them, for example with falconws.core.uri.encode_value()."
        ) from None
    return text
