"""Where a request came from, and what the proxies on its way say of it (RFC 7239)."""

from __future__ import annotations

import re
from dataclasses import dataclass

from ..headers import TOKEN
from ..uri import unquote_string
from ._location import RequestLocation

__all__ = ("Forwarded", "RequestForwarded")


@dataclass(slots=True)
class Forwarded:
    """What one proxy says of the request that it passed on (RFC 7239, 4).

    Each value is None if the proxy does not tell it.
    """

    src: str | None = None
    """``for``: who sent the request to the proxy; an address, ``'unknown'`` or a name that
    begins with an underscore, and perhaps a port (RFC 7239, 6)."""

    dest: str | None = None
    """``by``: where the proxy received it, in the same form."""

    host: str | None = None
    """``host``: the Host header as the proxy received it."""

    scheme: str | None = None
    """``proto``: the scheme as the proxy received it, in lower case."""


class RequestForwarded(RequestLocation):
    """The part of `Request` that tells where it came from.

    A client can send any of these headers itself. Trust them only behind a proxy that
    replaces them.
    """

    __slots__ = ()

    @property
    def forwarded(self) -> list[Forwarded] | None:
        """The proxies of the Forwarded header, the one nearest to the client first.

        None without the header. What is malformed in it is left out.
        """
        header = self.headers.get("forwarded")
        return None if header is None else _parse_forwarded(header)

    @property
    def forwarded_scheme(self) -> str:
        """The scheme that the client used.

        As the first proxy says in Forwarded; without that header as X-Forwarded-Proto says,
        and else `scheme`.
        """
        hops = self.forwarded
        if hops is None:
            return self._first_of("x-forwarded-proto").lower() or self.scheme
        return (hops and hops[0].scheme) or self.scheme

    @property
    def forwarded_host(self) -> str:
        """The host, and the port if there is one, that the client used.

        As the first proxy says in Forwarded; without that header as X-Forwarded-Host says,
        and else `netloc`.
        """
        hops = self.forwarded
        if hops is None:
            return self._first_of("x-forwarded-host") or self.netloc
        return (hops and hops[0].host) or self.netloc

    def _first_of(self, name: str) -> str:
        # Each proxy may have added its own; the first is the one nearest to the client.
        return self.headers.get(name, "").partition(",")[0].strip()

    @property
    def forwarded_prefix(self) -> str:
        """`prefix` as the client would write it."""
        return f"{self.forwarded_scheme}://{self.forwarded_host}{self.root_path}"

    @property
    def forwarded_uri(self) -> str:
        """`uri` as the client would write it."""
        return f"{self.forwarded_scheme}://{self.forwarded_host}{self.relative_uri}"

    @property
    def access_route(self) -> list[str]:
        """The addresses on the request's way, from the client to `remote_addr`.

        They are those of Forwarded; without that header those of X-Forwarded-For, and else
        that of X-Real-IP. Ports are left out.
        """
        hops = self.forwarded
        if hops is not None:
            names = [hop.src for hop in hops if hop.src]
        else:
            headers = self.headers
            header = headers.get("x-forwarded-for") or headers.get("x-real-ip", "")
            names = [name.strip() for name in header.split(",") if name.strip()]
        route = [_without_port(name) for name in names]
        if route[-1:] != [self.remote_addr]:
            route.append(self.remote_addr)
        return route

    @property
    def remote_addr(self) -> str:
        """The address of the peer that is connected to the server; '127.0.0.1' if unknown."""
        client: tuple[str, int] | None = self.scope.get("client")
        return (client and client[0]) or "127.0.0.1"


# The last alternative eats what is malformed, so that no part of it is tried a second time.
_PART = re.compile(
    rf"""
    (?P<name>{TOKEN.pattern}) = (?P<value> "(?:[^"\\]|\\.)*" | [^\s",;]+ )
    | (?P<comma>,)
    | {TOKEN.pattern}
    """,
    re.VERBOSE,
)
_ATTRIBUTES = {"for": "src", "by": "dest", "host": "host", "proto": "scheme"}


def _parse_forwarded(header: str) -> list[Forwarded]:
    hops: list[Forwarded] = []
    hop: Forwarded | None = None
    for part in _PART.finditer(header):
        name, value = (part["name"] or "").lower(), part["value"]
        if part["comma"]:
            hop = None
        elif name:
            if hop is None:
                hop = Forwarded()
                hops.append(hop)
            attribute = _ATTRIBUTES.get(name)
            if attribute:  # and not an extension (RFC 7239, 5.5)
                text = unquote_string(value)
                setattr(hop, attribute, text.lower() if name == "proto" else text)
    return hops


def _without_port(node: str) -> str:
    """Leave the port out (RFC 7239, 6), and the brackets of an IPv6 address."""
    if node.startswith("["):
        return node[1:].partition("]")[0]
    return node if node.count(":") > 1 else node.partition(":")[0]
