"""What a server can do for a response besides what every ASGI server can."""

from __future__ import annotations

from ..scopes import Scope, Send

__all__ = ("ServerExtensions",)


class ServerExtensions:
    """The extensions of ASGI's HTTP protocol that a server offers for a request.

    Attributes:
        send: The server's callable.
    """

    __slots__ = ("_names", "_scope", "send")

    def __init__(self, scope: Scope, send: Send) -> None:
        self._scope = scope
        self._names = scope["extensions"]
        self.send = send

    def offers(self, name: str) -> bool:
        """Say whether the server has ``http.response.<name>``."""
        return f"http.response.{name}" in self._names

    @property
    def takes_trailers(self) -> bool:
        """Whether trailers get to the client: it asks for them, and the server has them."""
        if not self.offers("trailers"):
            return False
        # RFC 9110, 10.1.4: a list, of which this member has no parameters.
        accepted = b",".join(v for n, v in self._scope["headers"] if n.lower() == b"te")
        return b"trailers" in [
            member.strip().lower() for member in accepted.split(b",")
        ]
