"""Which versions of ASGI and of HTTP are spoken here."""

from __future__ import annotations

from .errors import UnsupportedError, UnsupportedScopeError

__all__ = ("check_versions",)

# The major versions of each part of the specification, and the versions of HTTP that a
# scope of that type can come by (ASGI, "HTTP & WebSocket ASGI Message Format").
_SPEC_VERSIONS = {"http": ("2",), "websocket": ("2",), "lifespan": ("1", "2")}
_HTTP_VERSIONS = {
    "http": ("1.0", "1.1", "2", "3"),
    "websocket": ("1.1", "2", "3"),  # RFC 6455, 4.1: HTTP/1.1 or higher
}


def check_versions(
    kind: str, spec_version: str | None, http_version: str | None
) -> None:
    """Refuse a scope whose events might mean something else than they seem to.

    Args:
        kind: The scope's type.
        spec_version: That of the specification; None for the first.
        http_version: None for none.

    Raises:
        UnsupportedScopeError: It is of a version of the specification that is not known.
        UnsupportedError: It came by a version of HTTP that is not known.
    """
    known = _SPEC_VERSIONS.get(kind)
    if known and (spec_version or "2.0").partition(".")[0] not in known:
        raise UnsupportedScopeError(
            f"The server speaks version {spec_version} of the ASGI {kind} specification; "
            f"spoken here is {' and '.join(f'{major}.x' for major in known)}."
        )
    spoken = _HTTP_VERSIONS.get(kind)
    if spoken and (http_version or "1.1") not in spoken:
        raise UnsupportedError(
            f"An ASGI {kind} scope by HTTP {http_version} is not supported; by HTTP "
            f"{', '.join(spoken)} it is."
        )
