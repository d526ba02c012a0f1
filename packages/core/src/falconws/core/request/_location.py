"""Where a request was sent to."""

from __future__ import annotations

from ..uri import DEFAULT_PORTS, parse_host
from ._param_objects import RequestParamObjects

__all__ = ("RequestLocation",)


class RequestLocation(RequestParamObjects):
    """The part of `Request` that tells where it was sent to."""

    __slots__ = ("is_websocket", "path")

    is_websocket: bool
    path: str

    @property
    def scheme(self) -> str:
        """``'http'`` or ``'https'``, ``'ws'`` or ``'wss'``."""
        scheme: str = self.scope.get("scheme") or (
            "ws" if self.is_websocket else "http"
        )
        return scheme

    @property
    def root_path(self) -> str:
        """The path at which the application is mounted; empty for the root."""
        root_path: str = self.scope.get("root_path", "")
        return root_path

    app = root_path

    @property
    def host(self) -> str:
        """The host that the request was sent to, without the port."""
        return self._authority()[0]

    @property
    def port(self) -> int:
        """The port that the request was sent to."""
        return self._authority()[1]

    def _authority(self) -> tuple[str, int]:
        default_port = DEFAULT_PORTS.get(self.scheme, 80)
        try:
            host, port = parse_host(self.headers["host"], default_port)
        except (KeyError, ValueError):  # absent, or with a port that is no number
            host, port = self.scope.get("server") or ("localhost", None)
        return host, port or default_port

    @property
    def netloc(self) -> str:
        """Host and port; without the port where it is the scheme's own."""
        host, port = self._authority()
        name = f"[{host}]" if ":" in host else host
        return name if port == DEFAULT_PORTS.get(self.scheme) else f"{name}:{port}"

    @property
    def subdomain(self) -> str | None:
        """What stands before the first dot of `host`; None without one, and for an address."""
        name, dot, rest = self.host.partition(".")
        # WHATWG URL, 3.5: a host that ends in a number is an IPv4 address.
        return name if dot and not rest.rpartition(".")[2].isdigit() else None

    @property
    def prefix(self) -> str:
        """Scheme, authority and root path: what stands before `path` in `url`."""
        return f"{self.scheme}://{self.netloc}{self.root_path}"

    @property
    def relative_uri(self) -> str:
        """Root path, path and query string."""
        query = self.query_string
        return f"{self.root_path}{self.path}" + (f"?{query}" if query else "")

    @property
    def uri(self) -> str:
        """The whole address of the request."""
        return f"{self.scheme}://{self.netloc}{self.relative_uri}"

    url = uri
