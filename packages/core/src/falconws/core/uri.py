"""Percent-encoding, query strings and authorities (RFC 3986)."""

from __future__ import annotations

import re
from urllib.parse import quote, unquote, unquote_plus

__all__ = ("decode", "encode", "encode_value", "parse_host", "parse_query_string")

# RFC 3986, 2.2 and 2.3: what may stand in a URI as it is, besides letters and digits.
_UNRESERVED = "-._~"
_STRAY_PERCENT = re.compile(r"%(?![0-9A-Fa-f]{2})")
_RESERVED = ":/?#[]@!$&'()*+,;="


def decode(encoded: str, unquote_plus: bool = True) -> str:
    """Decode percent-encoded text; bytes that are not UTF-8 become U+FFFD.

    Args:
        encoded: For example ``'caf%C3%A9'``.
        unquote_plus: Whether ``+`` stands for a space, as in a query string.
    """
    return _unquote_plus(encoded) if unquote_plus else unquote(encoded)


_unquote_plus = unquote_plus


def encode(uri: str) -> str:
    """Percent-encode what may not stand in a URI, and leave its delimiters alone."""
    # RFC 3986, 2.1: a percent sign is followed by two digits, or is no escape.
    return _STRAY_PERCENT.sub("%25", quote(uri, safe=_UNRESERVED + _RESERVED + "%"))


def encode_value(value: str) -> str:
    """Percent-encode everything in a value that could end it, ``/`` and ``&`` among it."""
    return quote(value, safe=_UNRESERVED)


def parse_host(host: str, default_port: int | None = None) -> tuple[str, int | None]:
    """Split an authority into host and port.

    Args:
        host: ``'example.com:8000'``, ``'[::1]:8000'`` or either without a port.
        default_port: The port of one that names none.

    Raises:
        ValueError: The port is not a number.
    """
    if host.startswith("["):
        name, _, rest = host[1:].partition("]")
        port = rest.removeprefix(":")
    elif host.count(":") == 1:
        name, _, port = host.partition(":")
    else:  # a bare IPv6 address, or no port
        name, port = host, ""
    return name, int(port) if port else default_port


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
    params: dict[str, str | list[str]] = {}
    for field in query_string.split("&"):
        name, _, value = field.partition("=")
        if not (value or (keep_blank and name)):
            continue
        if csv and "," in value:
            parts = [decode(part) for part in value.split(",") if part or keep_blank]
        else:
            parts = [decode(value)]
        if not parts:
            continue
        name = decode(name)
        present = params.get(name)
        if present is None:
            params[name] = parts[0] if len(parts) == 1 else parts
        elif isinstance(present, list):
            present.extend(parts)
        else:
            params[name] = [present, *parts]
    return params
