"""Percent-encoding, query strings and authorities (RFC 3986)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote, unquote

from falconws.media.urlencoded import parse_fields

__all__ = (
    "DEFAULT_PORTS",
    "decode",
    "encode",
    "encode_check_escaped",
    "encode_value",
    "encode_value_check_escaped",
    "parse_host",
    "parse_query_string",
    "to_query_str",
    "unquote_string",
)

DEFAULT_PORTS = {"http": 80, "https": 443, "ws": 80, "wss": 443}
"""The ports of those that name none (RFC 9110, 4.2, and RFC 6455, 3)."""

# RFC 3986, 2.2 and 2.3: what may stand in a URI as it is, besides letters and digits.
_UNRESERVED = "-._~"
_URI = _UNRESERVED + ":/?#[]@!$&'()*+,;="


def _escaped(chars: str) -> re.Pattern[str]:
    return re.compile(rf"(?:[0-9A-Za-z{re.escape(chars)}]|%[0-9A-Fa-f]{{2}})*")


_ESCAPED_URI = _escaped(_URI)
_ESCAPED_VALUE = _escaped(_UNRESERVED)


def decode(encoded: str, unquote_plus: bool = True) -> str:
    """Decode percent-encoded text; bytes that are not UTF-8 become U+FFFD.

    Args:
        encoded: For example ``'caf%C3%A9'``.
        unquote_plus: Whether ``+`` stands for a space, as in a query string.
    """
    return unquote(encoded.replace("+", " ") if unquote_plus else encoded)


def encode(uri: str) -> str:
    """Percent-encode what may not stand in a URI, ``%`` too, and leave its delimiters alone."""
    return quote(uri, safe=_URI)


def encode_check_escaped(uri: str) -> str:
    """Do what `encode` does, unless that was done to the whole of the URI already."""
    return uri if _ESCAPED_URI.fullmatch(uri) else encode(uri)


def encode_value(value: str) -> str:
    """Percent-encode everything in a value that could end it, ``/`` and ``&`` among it."""
    return quote(value, safe=_UNRESERVED)


def encode_value_check_escaped(value: str) -> str:
    """Do what `encode_value` does, unless that was done to the whole of the value already."""
    return value if _ESCAPED_VALUE.fullmatch(value) else encode_value(value)


def unquote_string(quoted: str) -> str:
    """Give what a quoted-string says (RFC 9110, 5.6.4); other text is given as it is."""
    if len(quoted) < 2 or quoted[0] != '"' or quoted[-1] != '"':
        return quoted
    return re.sub(r"\\(.?)", r"\1", quoted[1:-1], flags=re.DOTALL)


def parse_host(host: str, default_port: int | None = None) -> tuple[str, int | None]:
    """Split an authority into host and port (RFC 3986, 3.2).

    Args:
        host: ``'example.com:8000'``, ``'[::1]:8000'`` or either without a port.
        default_port: The port of one that names none.

    Raises:
        ValueError: The port is not a number from 0 to 65535, or a bracket is not closed.
    """
    if host.startswith("["):
        name, bracket, rest = host[1:].partition("]")
        if not bracket or (rest and not rest.startswith(":")):
            raise ValueError(f"{host!r} is not an IPv6 host like '[::1]:8000'.")
        port = rest[1:]
    elif host.count(":") == 1:
        name, _, port = host.partition(":")
    else:  # a bare IPv6 address, or no port
        name, port = host, ""
    return name, _port(port) if port else default_port


def _port(text: str) -> int:
    # int() takes signs, spaces, underscores and the digits of other scripts, too.
    if not (text.isascii() and text.isdigit()) or int(text) > 65535:
        raise ValueError(f"{text!r} is not a port; that is a number from 0 to 65535.")
    return int(text)


def parse_query_string(
    query_string: str, keep_blank: bool = False, csv: bool = False
) -> dict[str, str | list[str]]:
    """Parse a query string.

    Args:
        query_string: For example ``'a=1&b=2&b=3'``.
        keep_blank: Whether ``a=`` counts as a parameter with an empty value.
        csv: Whether ``b=2,3`` is a list.

    Returns:
        A string for each name, or a list of strings for one that occurs more than once.
    """
    return parse_fields(query_string, keep_blank, csv)


def to_query_str(
    params: Mapping[str, Any] | None,
    comma_delimited_lists: bool = True,
    prefix: bool = True,
) -> str:
    """Write a query string.

    Args:
        params: By their names. True and False become ``true`` and ``false``; what is neither
            text nor a list or tuple is turned into text. None or empty for no query string.
        comma_delimited_lists: Whether a list is ``a=1,2``, or else ``a=1&a=2``.
        prefix: Whether ``?`` goes before it, unless it is empty.
    """
    fields: list[str] = []
    for name, value in (params or {}).items():
        values = value if isinstance(value, list | tuple) else (value,)
        texts = [encode_value(_param_text(each)) for each in values]
        if comma_delimited_lists:
            texts = [",".join(texts)]
        key = encode_value(name)
        fields += [f"{key}={text}" for text in texts]
    query = "&".join(fields)
    return f"?{query}" if prefix and query else query


def _param_text(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
