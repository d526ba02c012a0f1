"""HTTP responses to handshakes that do not become WebSockets (RFC 9112)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from http import HTTPStatus
from typing import Any

__all__ = ("Denial", "Headers", "encode_headers", "response")

Headers = Sequence[tuple[bytes, bytes]]

# RFC 9110, 5.1 and 5.5: a name is a token, and no value has what would end its line.
_NAME = re.compile(rb"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_BAD_VALUE = re.compile(rb"[\r\n\0]")

_PLAIN = (b"content-type", b"text/plain; charset=utf-8")


def encode_headers(headers: Iterable[tuple[bytes, bytes]]) -> bytes:
    """Make lines of headers, and the empty one behind them.

    Raises:
        ValueError: One of them would become something else.
    """
    lines = []
    for name, value in headers:
        if not _NAME.fullmatch(name) or _BAD_VALUE.search(value):
            raise ValueError(f"{name!r}: {value!r} cannot be sent as a header.")
        lines.append(b"%b: %b\r\n" % (name, value))
    return b"".join([*lines, b"\r\n"])


def response(status: int, headers: Headers, text: str = "") -> bytes:
    """Make a whole response, behind which the connection is closed.

    Args:
        status: Its status code.
        headers: What it has besides those for its text.
        text: What it tells.
    """
    body = text.encode()
    own = [_PLAIN, (b"content-length", str(len(body)).encode())]
    own.append((b"connection", b"Upgrade, close" if status == 426 else b"close"))
    return _status_line(status) + encode_headers([*headers, *own]) + body


def _status_line(status: int) -> bytes:
    try:
        phrase = HTTPStatus(status).phrase
    except ValueError:
        phrase = ""
    return f"HTTP/1.1 {status} {phrase}\r\n".encode()


class Denial:
    """A response that an application sends instead of accepting (``websocket.http.response``).

    Attributes:
        status: Its status code.
        has_begun: Whether something of it was sent.
        is_complete: Whether there is no more to come of it.
    """

    __slots__ = (
        "_headers",
        "_is_chunked",
        "_missing",
        "has_begun",
        "is_complete",
        "status",
    )

    def __init__(self, event: Mapping[str, Any], defaults: Headers) -> None:
        """Begin with the event ``websocket.http.response.start``.

        Nothing is sent before the first part of the body, which may tell how long it is.

        Args:
            event: It.
            defaults: The headers that the server gives every response.

        Raises:
            RuntimeError: Its status is none that ends a handshake.
            ValueError: One of its headers cannot be sent.
        """
        status = event["status"]
        if not 200 <= status <= 599:
            raise RuntimeError(
                f"The status of a response that denies a WebSocket is 200 to 599, not {status}."
            )
        self.status: int = status
        self.has_begun = False
        self.is_complete = False
        self._is_chunked = False
        self._missing: int | None = None
        headers = [*defaults]
        for name, value in event.get("headers", ()):
            name = name.lower()
            if name == b"content-length":
                self._missing = int(value)
            # RFC 9112, 6 and 9.6: how it is framed, and that it is the last, is for us to say.
            if name not in (b"connection", b"transfer-encoding"):
                headers.append((name, value))
        headers.append((b"connection", b"close"))
        encode_headers(headers)  # It fails here, and not with the body.
        self._headers = headers

    def encode_body(self, event: Mapping[str, Any]) -> bytes:
        """Make what goes over the wire for the event ``websocket.http.response.body``.

        Raises:
            RuntimeError: The body is not as long as its ``content-length`` says.
        """
        body: bytes = event.get("body", b"")
        self.is_complete = not event.get("more_body", False)
        head = b"" if self.has_begun else self._begin(len(body))
        if self._is_chunked:
            # RFC 9112, 7.1: a chunk without bytes is the last.
            chunk = b"%x\r\n%b\r\n" % (len(body), body) if body else b""
            body = chunk + (b"0\r\n\r\n" if self.is_complete else b"")
        elif self._missing is not None:
            self._missing -= len(body)
            if self._missing < 0 or (self.is_complete and self._missing):
                raise RuntimeError(
                    "The body of a response is not as long as its content-length says."
                )
        self.has_begun = True
        return head + body

    def _begin(self, size: int) -> bytes:
        headers = self._headers
        # RFC 9110, 8.6 and 6.4.1: these have neither a body nor a length.
        if self.status in (204, 304):
            self._missing = 0
            headers = [item for item in headers if item[0] != b"content-length"]
        elif self._missing is None and self.is_complete:
            headers.append((b"content-length", str(size).encode()))
        elif self._missing is None:
            self._is_chunked = True
            headers.append((b"transfer-encoding", b"chunked"))
        return _status_line(self.status) + encode_headers(headers)
