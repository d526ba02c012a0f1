"""What the specifications of WebSockets require of a framework: RFC 6455, and ASGI."""

from __future__ import annotations

from ..manifest import Requirement


def _rfc(id: str, behaviour: str) -> Requirement:
    section = id.partition(":")[0]
    url = f"https://www.rfc-editor.org/rfc/rfc6455.html#section-{section}"
    return Requirement(f"rfc6455:{id}", url, behaviour)


def _asgi(id: str, behaviour: str) -> Requirement:
    url = "https://asgi.readthedocs.io/en/latest/specs/www.html#websocket"
    return Requirement(f"asgi:websocket:{id}", url, behaviour)


_OF_RFC_6455 = [
    _rfc(
        "4.2.2:subprotocol",
        "A handshake is answered with one of the subprotocols that the client offers, or with none.",
    ),
    _rfc(
        "4.2.2:refusal",
        "A handshake that is not accepted is answered with an HTTP error, such as a 401 and its challenge.",
    ),
    _rfc("5.5:reason", "A close frame has 125 bytes at most: the code, and a reason."),
    _rfc("5.5.1:utf-8", "A close reason is valid UTF-8."),
    _rfc("7.1.5:code", "The application is told the code of the end: 1005 for none."),
    _rfc("7.1.5:broken-off", "It is 1006 for a connection that broke off."),
    _rfc("7.1.6:reason", "It is told the reason too, which is empty if there is none."),
    _rfc("7.4.1:meanings", "The code of an end says what was wrong."),
    _rfc("7.4.1:reserved", "1004, 1005, 1006 and 1015 are never sent."),
    _rfc(
        "7.4.2:ranges",
        "Only what is registered is sent of 0 to 2999; 3000 to 4999 is the application's.",
    ),
    _rfc("8.1:utf-8", "Text is any that has UTF-8, and comes as it was sent."),
    _rfc("10.2:origin", "A page of an origin that is not expected may not connect."),
]

_OF_ASGI = [
    _asgi("connect", "Nothing is sent before `websocket.connect` was received."),
    _asgi(
        "order",
        "What is sent is one answer to the handshake and what may follow it; nothing follows the end.",
    ),
    _asgi("send", "A message that is sent has either bytes or text."),
    _asgi("receive", "Of bytes and text the one that is missing or None is not there."),
    _asgi("accept-headers", "`websocket.accept` has headers as of version 2.1."),
    _asgi("close-reason", "`websocket.close` has a reason as of version 2.3."),
    _asgi(
        "disconnect", "The code of a disconnect is 1005 by default, its reason empty."
    ),
    _asgi(
        "denial",
        "A denial is a start and a body where the server has that extension, else a close.",
    ),
    _asgi(
        "send-fails",
        "An OSError of `send` is the end of the connection, as of version 2.4.",
    ),
    _asgi("scope-defaults", "What a scope may lack has the specification's default."),
]

REQUIREMENTS: list[Requirement] = [*_OF_RFC_6455, *_OF_ASGI]
