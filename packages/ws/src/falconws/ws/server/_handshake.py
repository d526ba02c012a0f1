"""The opening handshake (RFC 6455, 4.2): what a client asks for, and what it is answered.

uvicorn has parsed the request, found that it wants a WebSocket, and hands it over as bytes again.
"""

from __future__ import annotations

from base64 import b64encode
from binascii import Error, a2b_base64
from collections.abc import Iterable
from hashlib import sha1
from typing import Any, NamedTuple
from urllib.parse import unquote

from ._deflate import Agreement, negotiate
from ._responses import Headers, encode_headers

__all__ = ("BadHandshake", "Request", "accept", "agree", "make_scope", "parse_request")

# 1.3.
_GUID = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"

# 4.2.2: these tell what was agreed on, and are not the application's to write.
_OURS = frozenset(
    {b"connection", b"sec-websocket-accept", b"sec-websocket-extensions", b"upgrade"}
)


class BadHandshake(Exception):
    """A client asks for a WebSocket in a way that it must not; the message tells how.

    Attributes:
        status: That of the response.
        headers: What the response has to have for that status.
    """

    def __init__(self, message: str, status: int = 400, headers: Headers = ()) -> None:
        super().__init__(message)
        self.status = status
        self.headers = headers


class Request(NamedTuple):
    """A handshake that can be accepted."""

    path: str
    raw_path: bytes
    query_string: bytes
    headers: list[tuple[bytes, bytes]]
    key: bytes

    def values(self, name: bytes) -> list[bytes]:
        """Give the values of a header, in the order of its lines."""
        return [value for key, value in self.headers if key == name]

    def tokens(self, name: bytes) -> list[bytes]:
        """Give the members of a header that is a list (RFC 9110, 5.6.1)."""
        members = b",".join(self.values(name)).split(b",")
        return [token for member in members if (token := member.strip(b" \t"))]


def parse_request(head: bytes) -> Request:
    """Read the head of a request, and check it.

    Args:
        head: All lines of it, with their ends or without the last.

    Raises:
        BadHandshake: It is not what 4.2.1 demands.
    """
    line, *lines = head.rstrip(b"\r\n").split(b"\r\n")
    method, _, rest = line.partition(b" ")
    target = rest.rpartition(b" ")[0]
    if method != b"GET":
        raise BadHandshake("The method of a WebSocket handshake is GET.")
    headers = []
    for line in lines:
        name, _, value = line.partition(b":")
        headers.append((name.lower(), value.strip(b" \t")))
    request = Request(*_split_target(target), headers, b"")
    _check_upgrade(request)
    return request._replace(key=_find_key(request))


def _split_target(target: bytes) -> tuple[str, bytes, bytes]:
    # 4.2.1: a Request-URI, or an absolute one, of which the path counts.
    if not target.startswith(b"/"):
        target = b"/" + target.partition(b"://")[2].partition(b"/")[2]
    raw_path, _, query_string = target.partition(b"?")
    if not target.isascii():
        # RFC 3986, 2.1: what is not ASCII is percent-encoded.
        raise BadHandshake("The request target is not ASCII.")
    return unquote(raw_path.decode()), raw_path, query_string


def _check_upgrade(request: Request) -> None:
    if len(request.values(b"host")) != 1:
        # RFC 9112, 3.2 too; an origin is compared with it.
        raise BadHandshake("There is not one Host.")
    if b"upgrade" not in map(bytes.lower, request.tokens(b"connection")):
        raise BadHandshake("The Connection header does not have the option Upgrade.")
    if b"websocket" not in map(bytes.lower, request.tokens(b"upgrade")):
        raise BadHandshake("The Upgrade header does not name websocket.")
    versions = request.values(b"sec-websocket-version")
    if len(versions) != 1:
        raise BadHandshake("There is not one Sec-WebSocket-Version.")
    if versions[0] != b"13":
        # 4.4, and RFC 9110, 15.5.22: the response names what is understood.
        headers = [(b"sec-websocket-version", b"13"), (b"upgrade", b"websocket")]
        raise BadHandshake("The version of WebSocket here is 13.", 426, headers)


def _find_key(request: Request) -> bytes:
    keys = request.values(b"sec-websocket-key")
    try:
        # 4.2.1: "a base64-encoded value that, when decoded, is 16 bytes in length".
        if len(keys) == 1 and len(a2b_base64(keys[0], strict_mode=True)) == 16:
            return keys[0]
    except Error:
        pass
    raise BadHandshake("Sec-WebSocket-Key is not 16 bytes in Base64.")


def agree(request: Request) -> Agreement | None:
    """Agree on compression, if the client offers it.

    Raises:
        BadHandshake: It does so in a way that nobody understands.
    """
    offers = request.values(b"sec-websocket-extensions")
    try:
        return negotiate(offer.decode("latin-1") for offer in offers)
    except ValueError as exc:
        raise BadHandshake(str(exc)) from exc


def make_scope(request: Request, root_path: str, **more: Any) -> dict[str, Any]:
    """Make the scope of a WebSocket, as uvicorn does.

    Args:
        request: What the client asks for.
        root_path: The path that the application is mounted at.
        **more: What is not told by the request: ``asgi``, ``client``, ``server``, ``scheme``,
            ``state``, ``extensions``.
    """
    protocols = request.tokens(b"sec-websocket-protocol")
    return {
        "type": "websocket",
        "http_version": "1.1",
        "root_path": root_path,
        "path": root_path + request.path,
        "raw_path": root_path.encode() + request.raw_path,
        "query_string": request.query_string,
        "headers": request.headers,
        "subprotocols": [token.decode("latin-1") for token in protocols],
        **more,
    }


def accept(
    key: bytes,
    agreement: Agreement | None,
    subprotocol: str | None,
    headers: Iterable[tuple[bytes, bytes]],
) -> bytes:
    """Make the response that opens a WebSocket (4.2.2).

    Args:
        key: That of the request.
        agreement: What was agreed on for compression.
        subprotocol: The one that the application has chosen.
        headers: Its own.

    Raises:
        ValueError: A header is not the application's to write, or not a header.
    """
    digest = b64encode(sha1(key + _GUID, usedforsecurity=False).digest())
    own = [
        (b"upgrade", b"websocket"),
        (b"connection", b"Upgrade"),
        (b"sec-websocket-accept", digest),
    ]
    if agreement is not None:
        own.append((b"sec-websocket-extensions", agreement.header.encode()))
    if subprotocol:
        own.append((b"sec-websocket-protocol", subprotocol.encode("latin-1")))
    headers = list(headers)
    for name, _ in headers:
        name = name.lower()
        if name in _OURS or (subprotocol and name == b"sec-websocket-protocol"):
            raise ValueError(
                f"The server writes the header {name.decode('latin-1')!r}."
            )
    return b"HTTP/1.1 101 Switching Protocols\r\n" + encode_headers([*own, *headers])
