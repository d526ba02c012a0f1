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

# Which pages connect is their users' to choose: what is remembered of them has to have an end.
_REMEMBERED = 256


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
        # Scheme, Origin and Host of handshakes that were found to be of the same origin.
        self._same: set[tuple[str | None, bytes, bytes]] = set()
        if isinstance(allowed, Origins):
            self._origins = allowed
        elif allowed != SAME_ORIGIN:
            self._origins = Origins(allowed)

    def allows(self, req: Request) -> bool:
        """Say whether a handshake may go on; one without an Origin comes from no browser."""
        page = None
        host = b""
        # Of most headers the length tells that they are not asked for.
        for name, value in req.scope["headers"]:
            if len(name) == 6:
                if name.lower() == b"origin":
                    page = value
            elif len(name) == 4 and name.lower() == b"host":
                host = value
        return page is None or self._allows_page(req, page, host)

    def _allows_page(self, req: Request, page: bytes, host: bytes) -> bool:
        if self._origins is not None:
            return self._origins.allow(req.headers["origin"])
        key = (req.scope.get("scheme"), page, host)
        if key in self._same:
            return True
        origin = req.headers["origin"]
        is_secure = req.scheme == "wss"
        if _is_same(origin, req.headers.get("host", ""), is_secure):
            if len(self._same) >= _REMEMBERED:
                self._same.clear()
            self._same.add(key)
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
