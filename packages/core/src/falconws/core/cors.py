"""Cross-Origin Resource Sharing (WHATWG Fetch, 3.2)."""

from __future__ import annotations

from collections.abc import Iterable

from .origins import Origins
from .request import Request
from .response import Response

__all__ = ("CORSMiddleware",)

# For how many seconds a browser may remember the answer to a preflight request.
_PREFLIGHT_MAX_AGE = "86400"


class CORSMiddleware:
    """Tells browsers which origins' scripts may read the responses.

    Attributes:
        expose_headers: The headers that scripts may read besides the simple ones, as one
            string; or None.
        allow_private_network: Whether public sites' scripts may, too.
    """

    def __init__(
        self,
        allow_origins: Origins | str | Iterable[str] = "*",
        expose_headers: str | Iterable[str] | None = None,
        allow_credentials: Origins | str | Iterable[str] | None = None,
        allow_private_network: bool = False,
    ) -> None:
        """Set the policy.

        Args:
            allow_origins: Origins such as ``'https://example.com'``, or ``'*'`` for all. An
                `Origins` lets several share one list.
            expose_headers: Names of headers; None for none.
            allow_credentials: The origins whose scripts may send cookies, as
                ``allow_origins``, which have to have them too; None for none.
            allow_private_network: Whether pages of the public network may send requests,
                when this is a server of a private one (WICG Private Network Access).

        Raises:
            ValueError: One is not an origin, or ``'*'`` stands among others.
        """
        self._origins = _origins(allow_origins)
        self._credentials = _origins(allow_credentials or ())
        if isinstance(expose_headers, str) or expose_headers is None:
            self.expose_headers = expose_headers
        else:
            self.expose_headers = ", ".join(expose_headers)
        self.allow_private_network = allow_private_network

    @property
    def allow_origins(self) -> str | frozenset[str]:
        """A set of the origins whose scripts may read responses, or ``'*'``."""
        return self._origins.allowed

    @property
    def allow_credentials(self) -> str | frozenset[str]:
        """A set of the origins whose scripts may send cookies; ``'*'`` for all allowed ones."""
        return self._credentials.allowed

    def allows(self, origin: str) -> bool:
        """Say whether scripts of an origin may read responses."""
        return self._origins.allow(origin)

    async def process_response(
        self, req: Request, resp: Response, resource: object, req_succeeded: bool
    ) -> None:
        """Add the headers of the policy to a response."""
        origin = req.get_header("Origin")
        if self.allow_origins != "*" or self.allow_credentials:
            # A cache must not give one origin the answer that was made for another, nor for a
            # request without one (RFC 9110, 12.5.5).
            resp.append_header("Vary", "Origin")
        if origin is None or not self.allows(origin):
            return
        # What a responder said about origins itself holds.
        if resp.get_header("Access-Control-Allow-Origin") is None:
            self._allow(origin, resp)
        if self.expose_headers:
            resp.set_header("Access-Control-Expose-Headers", self.expose_headers)
        if req_succeeded and req.method == "OPTIONS":
            self._answer_preflight(req, resp)

    def _allow(self, origin: str, resp: Response) -> None:
        with_credentials = self._credentials.allow(origin)
        # With credentials a browser takes the asterisk for an origin's name.
        any_origin = self.allow_origins == "*" and not with_credentials
        resp.set_header("Access-Control-Allow-Origin", "*" if any_origin else origin)
        if with_credentials:
            resp.set_header("Access-Control-Allow-Credentials", "true")

    def _answer_preflight(self, req: Request, resp: Response) -> None:
        if not req.get_header("Access-Control-Request-Method"):
            return
        allow = resp.get_header("Allow")
        resp.delete_header("Allow")
        if allow is None:  # what answered is no resource, and allows nothing
            for name in ("Allow-Origin", "Allow-Credentials", "Expose-Headers"):
                resp.delete_header(f"Access-Control-{name}")
            return
        resp.set_header("Access-Control-Allow-Methods", allow)
        requested = req.get_header("Access-Control-Request-Headers", default="*")
        resp.set_header("Access-Control-Allow-Headers", requested)
        resp.set_header("Access-Control-Max-Age", _PREFLIGHT_MAX_AGE)
        private = req.get_header("Access-Control-Request-Private-Network") == "true"
        if private and self.allow_private_network:
            resp.set_header("Access-Control-Allow-Private-Network", "true")


def _origins(origins: Origins | str | Iterable[str]) -> Origins:
    return origins if isinstance(origins, Origins) else Origins(origins)
