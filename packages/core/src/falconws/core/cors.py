"""Cross-Origin Resource Sharing (WHATWG Fetch, 3.2)."""

from __future__ import annotations

from collections.abc import Iterable

from .request import Request
from .response import Response

__all__ = ("CORSMiddleware",)

# For how many seconds a browser may remember the answer to a preflight request.
_PREFLIGHT_MAX_AGE = "86400"


class CORSMiddleware:
    """Tells browsers which origins' scripts may read the responses.

    Attributes:
        allow_origins: A set of origins, or ``'*'``.
        expose_headers: The headers that scripts may read besides the simple ones; or None.
        allow_credentials: The origins whose scripts may send cookies; ``'*'`` for all that
            are allowed, an empty set for none.
    """

    def __init__(
        self,
        allow_origins: str | Iterable[str] = "*",
        expose_headers: str | Iterable[str] | None = None,
        allow_credentials: str | Iterable[str] | None = None,
    ) -> None:
        """Set the policy.

        Args:
            allow_origins: Origins such as ``'https://example.com'``, or ``'*'`` for all.
            expose_headers: Names of headers; None for none.
            allow_credentials: As ``allow_origins``; None for none.

        Raises:
            ValueError: ``'*'`` stands among other origins.
        """
        self.allow_origins = _origins(allow_origins, "allow_origins")
        self.allow_credentials = _origins(allow_credentials or (), "allow_credentials")
        if isinstance(expose_headers, str) or expose_headers is None:
            self.expose_headers = expose_headers
        else:
            self.expose_headers = ", ".join(expose_headers)

    def allows(self, origin: str) -> bool:
        """Say whether scripts of an origin may read responses."""
        return self.allow_origins == "*" or origin in self.allow_origins

    async def process_response(
        self, req: Request, resp: Response, resource: object, req_succeeded: bool
    ) -> None:
        """Add the headers of the policy to a response."""
        origin = req.get_header("Origin")
        any_origin = self.allow_origins == "*" and not self.allow_credentials
        if not any_origin:
            # A cache must not give one origin the answer that was made for another, nor for a
            # request without one (RFC 9110, 12.5.5).
            resp.append_header("Vary", "Origin")
        if origin is None or not self.allows(origin):
            return
        if resp.get_header("Access-Control-Allow-Origin") is not None:
            return
        resp.set_header("Access-Control-Allow-Origin", "*" if any_origin else origin)
        if self.allow_credentials == "*" or origin in self.allow_credentials:
            resp.set_header("Access-Control-Allow-Credentials", "true")
        if self.expose_headers:
            resp.set_header("Access-Control-Expose-Headers", self.expose_headers)
        if req_succeeded and req.method == "OPTIONS":
            _answer_preflight(req, resp)


def _origins(origins: str | Iterable[str], argument: str) -> str | frozenset[str]:
    if origins == "*":
        return "*"
    chosen = frozenset((origins,) if isinstance(origins, str) else origins)
    if "*" in chosen:
        raise ValueError(f"{argument} is '*' or origins, not '*' among origins.")
    return chosen


def _answer_preflight(req: Request, resp: Response) -> None:
    if req.get_header("Access-Control-Request-Method") is None:
        return
    allow = resp.get_header("Allow")
    resp.delete_header("Allow")
    if allow is None:  # what answered is no resource, and allows nothing
        for name in ("Origin", "Credentials"):
            resp.delete_header(f"Access-Control-Allow-{name}")
        resp.delete_header("Access-Control-Expose-Headers")
        return
    resp.set_header("Access-Control-Allow-Methods", allow)
    requested = req.get_header("Access-Control-Request-Headers", default="*")
    resp.set_header("Access-Control-Allow-Headers", requested)
    resp.set_header("Access-Control-Max-Age", _PREFLIGHT_MAX_AGE)
