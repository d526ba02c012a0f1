"""What a simulated request is made of: the arguments of `simulate_request` and its relatives."""

from __future__ import annotations

import json as jsonlib
from collections.abc import AsyncIterable, Iterable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any, TypedDict

from falconws.core import Scope
from falconws.media import MEDIA_JSON, MEDIA_MSGPACK, MessagePackHandler

from .behavior import Behavior, Body
from .scope import Headers, create_scope, create_scope_ws, header_items, split_path

__all__ = (
    "HandshakeArguments",
    "PreparedRequest",
    "RequestArguments",
    "check_arguments",
    "prepare_handshake",
    "prepare_request",
)


class _TargetArguments(TypedDict, total=False):
    """What requests and handshakes have in common."""

    query_string: str | None
    """Without the ``?``; the path may have it as well."""

    params: Mapping[str, Any] | None
    """The query as a mapping; a list gives a parameter several times."""

    params_csv: bool
    """Whether a list in ``params`` is one value with commas instead; not by default."""

    headers: Headers | None
    """They go before those of the client, and before those that other arguments add."""

    host: str
    """`DEFAULT_HOST` by default."""

    scheme: str | None
    """``'http'`` or ``'https'``, ``'ws'`` or ``'wss'``; None for the first of them."""

    protocol: str | None
    """Falcon's name for ``scheme``."""

    port: int | None
    """None for the scheme's own."""

    http_version: str
    """``'1.0'``, ``'1.1'``, ``'2'`` or ``'3'``; ``'1.1'`` by default."""

    remote_addr: str | None
    """The client's address, ``'127.0.0.1'`` by default; None for a client without one."""

    root_path: str | None
    """Where the application is mounted; None for nowhere."""

    include_server: bool
    """Whether ``server`` is in the scope, as it is by default."""

    cookies: Mapping[str, str] | None
    """Added as a header, before those that the client keeps."""

    extras: Mapping[str, Any] | None
    """Put into the scope, in place of what is there."""

    spec_version: str
    """The version of ASGI's HTTP or WebSocket protocol, from ``'2.0'`` on. For HTTP ``'2.3'`` by
    default; from ``'2.4'`` on ``send`` raises an `OSError` when the client has left."""

    timeout: float | None
    """Seconds that each wait for the application may take; None for the client's own."""

    write_limit: int | None
    """A client that reads slowly: ``send`` waits while more bytes of what it sent are unread. 0 is
    for all to be read; None for any number."""

    send_error: Exception | type[Exception] | None
    """What ``send`` raises when the client has left, for servers that raise what ASGI does not
    say. None for what ``spec_version`` says."""


class RequestArguments(_TargetArguments, total=False):
    """The arguments of `simulate_request`, besides the method and the path."""

    body: str | Body | None
    """A string is sent as UTF-8. An iterable gives the pieces that the body is sent in, without
    a Content-Length; each is read when the application has taken the one before."""

    json: Any
    """An object to be sent as JSON; None for none."""

    msgpack: Any
    """An object to be sent as MessagePack; None for none."""

    content_type: str | None
    """The Content-Type of the body; None for that of ``json`` or ``msgpack``, or none."""

    asgi_chunk_size: int
    """The most bytes of a body that come at once, 4096 by default."""

    asgi_disconnect_ttl: float | None
    """Seconds, by the clock of the event loop, after which the client leaves. 300 by default, but
    None for a stream: never. 0 is at once, before the request is read."""

    empty_chunks: bool
    """Whether ``http.request`` events without bytes, and without their optional keys, come
    between the others. ASGI allows them; not by default."""

    leave_after_bytes: int | None
    """The client leaves when the application has received so many bytes of the body, or all of
    it if it is shorter. None for a client that stays; 0 for one that leaves before the first."""


class HandshakeArguments(_TargetArguments, total=False):
    """The arguments of `simulate_ws`, besides the path."""

    subprotocols: str | Iterable[str] | None
    """What the client offers, the one it likes best first; None for nothing."""


def check_arguments(
    function: str, arguments: Mapping[str, Any], known: type[Any]
) -> None:
    """See that there are no others than a function takes.

    Args:
        function: Its name, for the message.
        arguments: What it was called with.
        known: The TypedDict that has their names.

    Raises:
        TypeError: There are.
    """
    names = known.__required_keys__ | known.__optional_keys__
    unknown = sorted(arguments.keys() - names)
    if not unknown:
        return
    message = f"{function}() takes no argument {' and no '.join(map(repr, unknown))}."
    if close := get_close_matches(unknown[0], names, 1):
        message += f" Is {close[0]!r} what you mean?"
    raise TypeError(message)


@dataclass(frozen=True, slots=True)
class PreparedRequest:
    """A request that can be sent to an application."""

    scope: Scope
    body: Body
    behavior: Behavior


def prepare_request(
    method: str,
    path: str,
    arguments: RequestArguments,
    headers: Mapping[str, str],
    disconnect_ttl: float | None = None,
) -> PreparedRequest:
    """Make a request of its arguments.

    Args:
        method: In any case.
        path: May have a query string.
        arguments: What it was asked for with.
        headers: Those of every request of the client.
        disconnect_ttl: The default of ``asgi_disconnect_ttl``.

    Raises:
        ValueError: Two arguments exclude each other, or one has no such value.
        TypeError: A header is no string, or the body no bytes.
    """
    behavior = Behavior(
        chunk_size=arguments.get("asgi_chunk_size", 4096),
        empty_chunks=arguments.get("empty_chunks", False),
        leave_after=arguments.get("asgi_disconnect_ttl", disconnect_ttl),
        leave_after_bytes=arguments.get("leave_after_bytes"),
        write_limit=arguments.get("write_limit"),
        send_error=arguments.get("send_error"),
    )
    body, media_type = _body(arguments)
    content = {"content-type": media_type} if media_type else {}
    version = arguments.get("http_version", "1.1")
    path, query = _target(path, arguments)
    fields = _merged(arguments.get("headers"), {**_lower(headers), **content})
    if body is not None and not isinstance(body, bytes) and version.startswith("1"):
        # RFC 9112, 6.1 and 6.2: it says where the body ends, if no length does.
        if all(name != "content-length" for name, _ in fields):
            fields = _merged(fields, {"transfer-encoding": "chunked"})
    scope = create_scope(
        path,
        query,
        method.upper(),
        fields,
        content_length=len(body) if isinstance(body, bytes) else None,
        **_scope_arguments(arguments),
    )
    scope.update(arguments.get("extras") or {})
    return PreparedRequest(scope, b"" if body is None else body, behavior)


def prepare_handshake(
    path: str, arguments: HandshakeArguments, headers: Mapping[str, str]
) -> Scope:
    """Make the scope of a WebSocket of its arguments.

    Args:
        path: May have a query string.
        arguments: What it was asked for with.
        headers: Those of every request of the client.

    Raises:
        ValueError: Two arguments exclude each other, or one has no such value.
        TypeError: A header is no string.
    """
    path, query = _target(path, arguments)
    scope = create_scope_ws(
        path,
        query,
        _merged(arguments.get("headers"), _lower(headers)),
        subprotocols=arguments.get("subprotocols"),
        **_scope_arguments(arguments),
    )
    scope.update(arguments.get("extras") or {})
    return scope


def _body(arguments: RequestArguments) -> tuple[Body | None, str | None]:
    """Give the body, None if there is none, and its Content-Type."""
    body, content_type = arguments.get("body"), arguments.get("content_type")
    json, msgpack = arguments.get("json"), arguments.get("msgpack")
    if sum(part is not None for part in (body, json, msgpack)) > 1:
        raise ValueError("Give the body as body, json or msgpack; one of them.")
    if json is not None:
        return jsonlib.dumps(json).encode(), content_type or MEDIA_JSON
    if msgpack is not None:
        return MessagePackHandler().serialize(msgpack), content_type or MEDIA_MSGPACK
    return _raw_body(body), content_type


def _raw_body(body: object) -> Body | None:
    if body is None:
        return None
    if isinstance(body, str):
        return body.encode()
    if isinstance(body, bytes | bytearray | memoryview):
        return bytes(body)
    # A mapping is an iterable too, and was meant for something else.
    if isinstance(body, Iterable | AsyncIterable) and not isinstance(body, Mapping):
        return body
    raise TypeError(
        f"A body is a string, bytes or an iterable of bytes, not {body!r}; "
        "an object is sent as json or msgpack."
    )


def _target(path: str, arguments: _TargetArguments) -> tuple[str, str]:
    return split_path(
        path,
        arguments.get("query_string"),
        arguments.get("params"),
        arguments.get("params_csv", False),
    )


_OF_SCOPE = (
    "host",
    "port",
    "http_version",
    "remote_addr",
    "root_path",
    "include_server",
    "cookies",
    "spec_version",
)


def _scope_arguments(arguments: Mapping[str, Any]) -> dict[str, Any]:
    scheme, protocol = arguments.get("scheme"), arguments.get("protocol")
    if scheme is not None and protocol is not None:
        raise ValueError("Give scheme or protocol; they are the same.")
    found = {name: arguments[name] for name in _OF_SCOPE if name in arguments}
    return {**found, "scheme": scheme if protocol is None else protocol}


def _lower(headers: Mapping[str, str]) -> dict[str, str]:
    return dict(header_items(headers))


def _merged(
    headers: Headers | None, defaults: Mapping[str, str]
) -> list[tuple[str, str]]:
    pairs = header_items(headers)
    names = {name for name, _ in pairs}
    return pairs + [pair for pair in defaults.items() if pair[0] not in names]
