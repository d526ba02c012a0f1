"""Which web pages may open a WebSocket here (RFC 6455, 10.2).

A browser sends its cookies with a handshake, whatever page asked for it, and CORS does not
apply. A server that takes every Origin lets any site act in its users' names.
"""

from __future__ import annotations

from collections.abc import Iterable

from falconws.core import Origins, Request
from falconws.core.origins import parse_origin
from falconws.core.uri import DEFAULT_PORTS, parse_host

__all__ = ("AllowedOrigins", "OriginPolicy")

AllowedOrigins = str | Origins | Iterable[str]

SAME_ORIGIN = "same-origin"

_PAGES = frozenset({"http", "https"})
_FORWARDED = frozenset({"forwarded", "x-forwarded-host", "x-forwarded-proto"})
_LOOPBACK = frozenset({"localhost", "127.0.0.1", "[::1]"})


class OriginPolicy:
    """Decides by the Origin of a handshake."""

    def __init__(self, allowed: AllowedOrigins = SAME_ORIGIN) -> None:
        """Set the policy.

        Args:
            allowed: ``'same-origin'`` for pages that came from the host of the handshake;
                ``'*'``, an origin, several, or an `Origins` that is shared with a
                `CORSMiddleware`.

        Raises:
            ValueError: One is not an origin.
        """
        self._origins: Origins | None = None
        if isinstance(allowed, Origins):
            self._origins = allowed
        elif allowed != SAME_ORIGIN:
            self._origins = Origins(allowed)

    def allows(self, req: Request) -> bool:
        """Say whether a handshake may go on; one without an Origin comes from no browser."""
        if not any(
            len(name) == 6 and name.lower() == b"origin"
            for name, _ in req.scope["headers"]
        ):
            return True  # and the other headers were not decoded for that
        origin = req.headers["origin"]
        if self._origins is not None:
            return self._origins.allow(origin)
        is_secure = req.scheme == "wss"
        if _is_same(origin, req.headers.get("host", ""), is_secure):
            return True
        if _FORWARDED.isdisjoint(req.headers):
            return False
        # A proxy may have put its own name into Host. No page can set any of these headers.
        is_secure = is_secure or req.forwarded_scheme in ("https", "wss")
        return _is_same(origin, req.forwarded_host, is_secure)


def _is_same(origin: str, authority: str, is_secure: bool) -> bool:
    """Say whether an origin is that of an authority, such as ``'example.com:8000'``."""
    parts = parse_origin(origin)
    if parts is None or not authority:
        return False
    page_scheme, page_host, page_port = parts
    # Behind a proxy that ends TLS, a secure page meets a handshake that is not; the other
    # way around, anyone on the network could have written the page.
    if page_scheme not in _PAGES or (is_secure and page_scheme == "http"):
        return False
    try:
        host, port = parse_host(authority.lower(), DEFAULT_PORTS[page_scheme])
    except ValueError:
        return False
    host = f"[{host}]" if ":" in host else host
    return port == page_port and (host == page_host or {host, page_host} <= _LOOPBACK)
