"""Web origins, and a list of those that are allowed (RFC 6454)."""

from __future__ import annotations

import re
from collections.abc import Iterable

from .uri import DEFAULT_PORTS

__all__ = ("Origins", "parse_origin")

_ORIGIN = re.compile(
    r"([a-z][a-z0-9+.-]*)://([a-z0-9._-]+|\[[0-9a-f:.]+\])(?::([0-9]{1,5}))?",
    re.ASCII | re.IGNORECASE,
)


class Origins:
    """A list of allowed origins, for `CORSMiddleware` and whatever else asks for one.

    Attributes:
        allowed: A set of origins as browsers write them, or ``'*'`` for all.
    """

    __slots__ = ("allowed",)

    def __init__(self, origins: str | Iterable[str]) -> None:
        """Set the list.

        Args:
            origins: An origin such as ``'https://example.com'``, or several; ``'*'`` for all.
                ``'null'`` is that of files and sandboxed frames.

        Raises:
            ValueError: One is not an origin, or ``'*'`` stands among others.
        """
        several = (origins,) if isinstance(origins, str) else origins
        self.allowed: str | frozenset[str] = (
            "*" if origins == "*" else frozenset(map(_checked, several))
        )

    def __contains__(self, origin: object) -> bool:
        return isinstance(origin, str) and self.allow(origin)

    def allow(self, origin: str) -> bool:
        """Say whether an origin is allowed: its scheme, host and port (RFC 6454, 5) are."""
        return self.allowed == "*" or (_normalized(origin) or "") in self.allowed


def _checked(origin: str) -> str:
    if origin == "*":
        raise ValueError("'*' allows all origins; give it alone, not among others.")
    normalized = _normalized(origin)
    if normalized is None:
        raise ValueError(
            f"{origin!r} is not an origin. Write scheme://host or scheme://host:port, without "
            "a path: 'https://example.com'."
        )
    return normalized


def _normalized(origin: str) -> str | None:
    """Write an origin as browsers do (RFC 6454, 6.1); None for what is none."""
    parts = parse_origin(origin)
    if parts is None:
        return origin if origin == "null" else None
    scheme, host, port = parts
    if port == DEFAULT_PORTS.get(scheme):
        return f"{scheme}://{host}"
    return f"{scheme}://{host}" if port is None else f"{scheme}://{host}:{port}"


def parse_origin(origin: str) -> tuple[str, str, int | None] | None:
    """Split an origin into scheme, host and port; None for what is none, as ``'null'``.

    The first two are in lower case, and an IPv6 address keeps its brackets. The port is that
    of the scheme where the origin names none, and None for a scheme that is not known.
    """
    match = _ORIGIN.fullmatch(origin)
    if match is None or int(match[3] or 0) > 65535:
        return None
    scheme, host = match[1].lower(), match[2].lower()
    return scheme, host, int(match[3]) if match[3] else DEFAULT_PORTS.get(scheme)
