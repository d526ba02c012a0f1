"""Connection scopes, as a server would make them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import quote_plus, unquote

from falconws.core.uri import DEFAULT_PORTS

from .cookies import Cookie

__all__ = ("DEFAULT_HOST", "DEFAULT_UA", "Headers", "create_scope", "create_scope_ws")

DEFAULT_HOST = "falconws.test"
"""The host that simulated requests are sent to."""

DEFAULT_UA = "falconws-testing"
"""The User-Agent of simulated requests."""

DEFAULT_SPEC_VERSION = "2.3"
"""The version of ASGI's HTTP protocol that simulated requests are sent by; uvicorn's."""

Headers = Mapping[str, str] | Iterable[tuple[str, str]]
"""Headers as a test gives them; pairs, where a name is repeated."""

_HTTP_VERSIONS = {
    "1": "1.0",
    "1.0": "1.0",
    "1.1": "1.1",
    "2": "2",
    "2.0": "2",
    "3": "3",
}


def create_scope(
    path: str = "/",
    query_string: str = "",
    method: str = "GET",
    headers: Headers | None = None,
    host: str = DEFAULT_HOST,
    scheme: str | None = None,
    port: int | None = None,
    http_version: str = "1.1",
    remote_addr: str | None = "127.0.0.1",
    root_path: str | None = None,
    content_length: int | None = None,
    include_server: bool = True,
    cookies: Mapping[str, str] | None = None,
    spec_version: str = DEFAULT_SPEC_VERSION,
) -> dict[str, Any]:
    """Create a scope of type ``http``.

    Args:
        path: Percent-encoded as in a request line, without the query string.
        query_string: Without the ``?``.
        method: In upper case.
        headers: In any case; ``Host`` and ``User-Agent`` are added if they are missing, the
            former not to HTTP/1.0.
        host: The host that the request is sent to.
        scheme: ``'http'`` or ``'https'``; None for ``'http'``.
        port: None for the scheme's own.
        http_version: ``'1.0'``, ``'1.1'``, ``'2'`` or ``'3'``.
        remote_addr: The client's address; None for a client without one, as of a Unix socket,
            which leaves ``client`` out.
        root_path: Where the application is mounted; None for nowhere.
        content_length: Added as a header if there is none; None for none.
        include_server: Whether ``server`` is in the scope; ASGI lets servers leave it out.
        cookies: Added as a header; None for none. Those of a `Result` are as good as strings.
        spec_version: The version of ASGI's HTTP protocol, such as ``'2.0'`` or ``'2.4'``.

    Raises:
        ValueError: The path does not begin with a slash or has a query string, or there is no
            such scheme, version of HTTP or of ASGI.
        TypeError: A header is no string.
    """
    if not path.startswith("/") or "?" in path:
        raise ValueError(
            f"The path {path!r} must begin with a slash, and have no query string."
        )
    scheme = scheme or "http"
    default_port = DEFAULT_PORTS.get(scheme)
    if default_port is None:
        raise ValueError(
            f"The scheme is one of {', '.join(DEFAULT_PORTS)}, not {scheme!r}."
        )
    version = _http_version(http_version)
    check_spec_version(spec_version)
    port = port or default_port
    authority = host if port == default_port else f"{host}:{port}"
    defaults = {} if version == "1.0" else {"host": authority}
    defaults["user-agent"] = DEFAULT_UA
    if content_length is not None:
        defaults["content-length"] = str(content_length)
    fields = _with_defaults(headers, defaults)
    if cookies:
        pairs = (f"{name}={_coded(value)}" for name, value in cookies.items())
        fields.append(("cookie", "; ".join(pairs)))
    scope: dict[str, Any] = {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": spec_version},
        "http_version": version,
        "method": method,
        "scheme": scheme,
        "path": unquote(path),
        "raw_path": path.encode(),
        "query_string": query_string.encode(),
        "root_path": root_path or "",
        "headers": [(n.encode("latin-1"), v.encode("latin-1")) for n, v in fields],
        "client": (remote_addr, 51234),
        "server": (host, port),
        "extensions": {},
    }
    if remote_addr is None:
        del scope["client"]
    if not include_server:
        del scope["server"]
    return scope


def create_scope_ws(
    path: str = "/",
    query_string: str = "",
    headers: Headers | None = None,
    host: str = DEFAULT_HOST,
    scheme: str | None = None,
    port: int | None = None,
    http_version: str = "1.1",
    remote_addr: str | None = "127.0.0.1",
    root_path: str | None = None,
    include_server: bool = True,
    subprotocols: str | Iterable[str] | None = None,
    spec_version: str = "2.4",
    cookies: Mapping[str, str] | None = None,
) -> dict[str, Any]:
    """Create a scope of type ``websocket``.

    Args:
        path: Percent-encoded as in a request line, without the query string.
        query_string: Without the ``?``.
        headers: In any case; ``Host`` and ``User-Agent`` are added if they are missing.
        host: The host that the request is sent to.
        scheme: ``'ws'`` or ``'wss'``; None for ``'ws'``.
        port: None for the scheme's own.
        http_version: ``'1.1'``, ``'2'`` or ``'3'``.
        remote_addr: The client's address; None for a client without one.
        root_path: Where the application is mounted; None for nowhere.
        include_server: Whether ``server`` is in the scope; ASGI lets servers leave it out.
        subprotocols: What the client offers, the one it likes best first; a string has them
            between commas, as the header has. None for nothing.
        spec_version: The version of ASGI's WebSocket protocol, ``'2.0'`` to ``'2.4'``.
        cookies: Added as a header; None for none.

    Raises:
        ValueError: As by `create_scope`.
        TypeError: As by `create_scope`.
    """
    scope = create_scope(
        path,
        query_string,
        headers=headers,
        host=host,
        scheme=scheme or "ws",
        port=port,
        http_version=http_version,
        remote_addr=remote_addr,
        root_path=root_path,
        include_server=include_server,
        cookies=cookies,
        spec_version=spec_version,
    )
    if isinstance(subprotocols, str):
        # RFC 9110, 5.6.1.2: a list may have empty elements, which do not count.
        offered = [name.strip() for name in subprotocols.split(",") if name.strip()]
    else:
        offered = list(subprotocols or ())
    if offered:
        scope["headers"].append(
            (b"sec-websocket-protocol", ", ".join(offered).encode("latin-1"))
        )
    del scope["method"]
    scope["type"] = "websocket"
    scope["subprotocols"] = offered
    scope["extensions"] = {"websocket.http.response": {}}
    return scope


def check_spec_version(version: str) -> tuple[int, int]:
    """Read a version such as ``'2.4'``.

    Raises:
        ValueError: It is none.
    """
    match = re.fullmatch(r"([0-9]+)\.([0-9]+)", version)
    if match is None:
        raise ValueError(f"The spec_version is like '2.4', not {version!r}.")
    return int(match[1]), int(match[2])


def _http_version(version: str) -> str:
    try:
        return _HTTP_VERSIONS[version]
    except KeyError:
        raise ValueError(
            f"The http_version is '1.0', '1.1', '2' or '3', not {version!r}."
        ) from None


def header_items(headers: Headers | None) -> list[tuple[str, str]]:
    """Give headers as pairs, with their names in lower case.

    Raises:
        TypeError: One is no string.
    """
    given = headers.items() if isinstance(headers, Mapping) else headers or ()
    fields = []
    for name, value in given:
        if not isinstance(name, str) or not isinstance(value, str):
            raise TypeError(
                f"A header is two strings, not {name!r} and {value!r}; write str(...)."
            )
        fields.append((name.lower(), value))
    return fields


def _with_defaults(
    headers: Headers | None, defaults: Mapping[str, str]
) -> list[tuple[str, str]]:
    fields = header_items(headers)
    present = {name for name, _ in fields}
    return fields + [pair for pair in defaults.items() if pair[0] not in present]


def _coded(value: str) -> str:
    return value.coded_value if isinstance(value, Cookie) else value


def split_path(
    path: str,
    query_string: str | None,
    params: Mapping[str, Any] | None,
    csv: bool = False,
) -> tuple[str, str]:
    """Give path and query string, from a path that may have one, a string, or parameters.

    Args:
        path: May have a query string.
        query_string: Without the ``?``; None for none.
        params: Parameters by their names; None for none.
        csv: Whether a list is one value with commas, and not several.

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
        return path, "&".join(
            f"{quote_plus(name)}={value}"
            for name, values in params.items()
            for value in _encoded(values, csv)
        )
    return path, query_string if query_string is not None else inline


def _encoded(value: Any, csv: bool) -> list[str]:
    if not isinstance(value, list | tuple):
        return [_text(value)]
    values = [_text(item) for item in value]
    return [",".join(values)] if csv and values else values


def _text(value: Any) -> str:
    return quote_plus(str(value).lower() if isinstance(value, bool) else str(value))
