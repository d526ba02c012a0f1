"""Connection scopes, as a server would make them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import unquote, urlencode

from falconws.core.uri import DEFAULT_PORTS

__all__ = ("DEFAULT_HOST", "DEFAULT_UA", "Headers", "create_scope", "create_scope_ws")

DEFAULT_HOST = "falconws.test"
"""The host that simulated requests are sent to."""

DEFAULT_UA = "falconws-testing"
"""The User-Agent of simulated requests."""

Headers = Mapping[str, str] | Iterable[tuple[str, str]]


def create_scope(
    path: str = "/",
    query_string: str = "",
    method: str = "GET",
    headers: Headers | None = None,
    host: str = DEFAULT_HOST,
    scheme: str = "http",
    port: int | None = None,
    http_version: str = "1.1",
    remote_addr: str = "127.0.0.1",
    root_path: str = "",
    content_length: int | None = None,
    cookies: Mapping[str, str] | None = None,
) -> dict[str, Any]:
    """Create a scope of type ``http``.

    Args:
        path: Percent-encoded as in a request line, without the query string.
        query_string: Without the ``?``.
        method: In upper case.
        headers: In any case; ``Host`` and ``User-Agent`` are added if they are missing.
        host: The host that the request is sent to.
        scheme: ``'http'`` or ``'https'``.
        port: None for the scheme's own.
        http_version: ``'1.0'``, ``'1.1'`` or ``'2'``.
        remote_addr: The client's address.
        root_path: Where the application is mounted.
        content_length: Added as a header; None for none.
        cookies: Added as a header; None for none.

    Raises:
        ValueError: The path does not begin with a slash or has a query string, or there is no
            such scheme.
    """
    if not path.startswith("/") or "?" in path:
        raise ValueError(
            f"The path {path!r} must begin with a slash, and have no query string."
        )
    default_port = DEFAULT_PORTS.get(scheme)
    if default_port is None:
        raise ValueError(
            f"The scheme is one of {', '.join(DEFAULT_PORTS)}, not {scheme!r}."
        )
    port = port or default_port
    authority = host if port == default_port else f"{host}:{port}"
    fields = [(name.lower(), value) for name, value in _items(headers)]
    present = {name for name, _ in fields}
    for name, value in (("host", authority), ("user-agent", DEFAULT_UA)):
        if name not in present:
            fields.append((name, value))
    if content_length is not None:
        fields.append(("content-length", str(content_length)))
    if cookies:
        fields.append(("cookie", "; ".join(f"{n}={v}" for n, v in cookies.items())))
    return {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.3"},
        "http_version": http_version,
        "method": method,
        "scheme": scheme,
        "path": unquote(path),
        "raw_path": path.encode(),
        "query_string": query_string.encode(),
        "root_path": root_path,
        "headers": [(n.encode("latin-1"), v.encode("latin-1")) for n, v in fields],
        "client": (remote_addr, 51234),
        "server": (host, port),
        "extensions": {},
    }


def create_scope_ws(
    path: str = "/",
    query_string: str = "",
    headers: Headers | None = None,
    host: str = DEFAULT_HOST,
    scheme: str = "ws",
    port: int | None = None,
    http_version: str = "1.1",
    remote_addr: str = "127.0.0.1",
    root_path: str = "",
    subprotocols: Iterable[str] = (),
    spec_version: str = "2.4",
    cookies: Mapping[str, str] | None = None,
) -> dict[str, Any]:
    """Create a scope of type ``websocket``.

    Args:
        path: Percent-encoded as in a request line, without the query string.
        query_string: Without the ``?``.
        headers: In any case; ``Host`` and ``User-Agent`` are added if they are missing.
        host: The host that the request is sent to.
        scheme: ``'ws'`` or ``'wss'``.
        port: None for the scheme's own.
        http_version: ``'1.1'`` or ``'2'``.
        remote_addr: The client's address.
        root_path: Where the application is mounted.
        subprotocols: What the client offers, the one it likes best first.
        spec_version: The version of ASGI's WebSocket protocol, ``'2.0'`` to ``'2.4'``.
        cookies: Added as a header; None for none.

    Raises:
        ValueError: The path does not begin with a slash, or has a query string.
    """
    scope = create_scope(
        path,
        query_string,
        headers=headers,
        host=host,
        scheme=scheme,
        port=port,
        http_version=http_version,
        remote_addr=remote_addr,
        root_path=root_path,
        cookies=cookies,
    )
    offered = list(subprotocols)
    if offered:
        scope["headers"].append(
            (b"sec-websocket-protocol", ", ".join(offered).encode("latin-1"))
        )
    del scope["method"]
    scope["type"] = "websocket"
    scope["asgi"]["spec_version"] = spec_version
    scope["subprotocols"] = offered
    scope["extensions"] = {"websocket.http.response": {}}
    return scope


def split_path(
    path: str, query_string: str | None, params: Mapping[str, Any] | None
) -> tuple[str, str]:
    """Give path and query string, from a path that may have one, a string, or parameters.

    Raises:
        ValueError: There is more than one of the three.
    """
    path, mark, inline = path.partition("?")
    given = [bool(mark), query_string is not None, params is not None]
    if sum(given) > 1:
        raise ValueError(
            "Give the query in the path, as query_string or as params; one of them."
        )
    if params is not None:
        pairs = [
            (name, _text(v)) for name, values in params.items() for v in _listed(values)
        ]
        return path, urlencode(pairs)
    return path, query_string if query_string is not None else inline


def _listed(value: Any) -> list[Any]:
    return list(value) if isinstance(value, list | tuple) else [value]


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _items(headers: Headers | None) -> Iterable[tuple[str, str]]:
    if headers is None:
        return ()
    return headers.items() if isinstance(headers, Mapping) else headers
