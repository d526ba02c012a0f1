"""What Falcon 4.4 does of WebSockets."""

from __future__ import annotations

from ..manifest import Requirement

_URL = "https://falcon.readthedocs.io/en/4.4.0/api/websocket.html"


def _of(id: str, behaviour: str, divergence: str | None = None) -> Requirement:
    return Requirement(f"falcon:websocket:{id}", _URL, behaviour, divergence)


_OF_THE_HANDSHAKE = [
    _of(
        "operations",
        "What a responder does in any order sends the same, and gives or raises the same; `unaccepted`, `ready` and `closed` tell of the state.",
    ),
    _of("subprotocols", "`subprotocols` is a tuple of what the client offers."),
    _of(
        "context",
        "A WebSocket has no `context`, and takes no attributes.",
        "It has one, as requests and responses do.",
    ),
    _of(
        "accept",
        "`accept` sends a subprotocol, which is a string, and headers, by their names in lower case; `Sec-WebSocket-Protocol` is none of them.",
    ),
    _of("accept-once", "Accepting twice is an OperationNotAllowed."),
    _of(
        "accept-closed",
        "Accepting what is closed is an OperationNotAllowed.",
        "It is a WebSocketDisconnected: there is one way to learn of an end.",
    ),
    _of(
        "accept-unoffered",
        "A subprotocol that the client does not offer goes to the server; what some servers say about it becomes a ValueError.",
        "It is a ValueError before anything is sent, on every server: RFC 6455 has clients fail the connection.",
    ),
    _of(
        "accept-headers-version",
        "`supports_accept_headers` is false for ASGI WebSocket 2.0, where headers are an OperationNotAllowed.",
    ),
    _of(
        "accept-headers-checked",
        "Headers are ASCII; line breaks and names that are none go to the server.",
        "Values may be Latin-1, as those of responses; line breaks and such names are a ValueError.",
    ),
]

_OF_MESSAGES = [
    _of("send-types", "`send_text` takes a string, `send_data` bytes of any kind."),
    _of(
        "send-types-first",
        "The state comes before the type: a payload of the wrong one is a TypeError on an open WebSocket only.",
        "It is a TypeError in every state, since it is a bug in every state.",
    ),
    _of(
        "media",
        "`send_media` sends by the media handler of a payload type, by default that of text, and `receive_media` reads by that of what comes.",
    ),
    _of(
        "receive",
        "`receive_text` gives strings, `receive_data` bytes, and another message is a PayloadTypeError.",
    ),
    _of(
        "receive-nothing",
        "A message event with neither text nor bytes is a PayloadTypeError.",
        "It is an unexpected exception: no server may send it, and the client did not do it.",
    ),
    _of(
        "receive-direct",
        "From `accept` on a task of each WebSocket takes up to `max_receive_queue` messages, so that a disconnect shows without receiving.",
        "Receiving asks the server; where nobody receives, messages are taken ahead after half a second. It is faster, and there is no task per connection.",
    ),
    _of(
        "receive-twice",
        "Two tasks that receive at once are an AssertionError.",
        "They are an OperationNotAllowed, also where Python strips assertions.",
    ),
    _of(
        "receive-size",
        "A message has any size.",
        "More than `max_message_size`, 1 MiB by default, closes with 1009.",
    ),
]

_OF_THE_END = [
    _of(
        "close",
        "`close` sends 1000 unless told otherwise, before `accept` it denies, and behind the end it does nothing.",
    ),
    _of(
        "close-codes",
        "Codes below 1000, reserved ones and no integers are ValueErrors, behind the end too.",
    ),
    _of(
        "close-codes-unassigned",
        "Close codes from 2000 to 2999, and from 5000 on, are sent.",
        "They are ValueErrors: RFC 6455 reserves the ones, and knows no others.",
    ),
    _of("close-reason", "The reason is sent as of ASGI WebSocket 2.3."),
    _of(
        "close-reason-checked",
        "A close reason of any length and any characters is sent.",
        "More than 123 bytes in UTF-8 are a ValueError, as is what has no UTF-8: no frame could take it.",
    ),
    _of(
        "default-close-reasons",
        "Where there is no reason, or an empty one, it is that of `default_close_reasons`: one for 1000, 1011 and the codes of HTTP statuses.",
    ),
    _of("default-close-reasons-phrases", "Those are the phrases of RFC 9110."),
    _of(
        "default-close-reasons-others",
        "`default_close_reasons` has 3011, which replaces an `error_close_code` that cannot be sent.",
        "It has not, as such a code cannot be set; it has 1001, 1003 and 1007.",
    ),
    _of(
        "disconnected",
        "Whatever needs an ended connection raises a WebSocketDisconnected with the code of the end.",
    ),
    _of(
        "disconnected-no-code",
        "An end without a code has 1000, and so has `WebSocketDisconnected()`.",
        "It has 1005, as RFC 6455 and ASGI say.",
    ),
    _of(
        "send-fails",
        "An OSError of the server's `send` is a WebSocketDisconnected; another exception is raised, and is no end.",
    ),
    _of(
        "send-fails-code",
        "Where the server cannot send, the code is one that stands in the text of its exception, or 1000.",
        "It is 1006, as the connection broke off: the words of exceptions are no interface.",
    ),
    _of(
        "send-fails-words",
        "An exception of `send` that is no OSError is a disconnect if it has the words `code = 1000 (OK)`.",
        "A RuntimeError is one, whatever it says, and no other is.",
    ),
    _of(
        "disconnect-grace",
        "A responder goes on when its client has left.",
        "It has `disconnect_grace`, 2 s by default, to end by itself, and is cancelled then.",
    ),
]

_OF_THE_FLOW = [
    _of(
        "first-event",
        "A first event that is not `websocket.connect` is answered by closing with 1011.",
        "It is not answered: the client has left.",
    ),
    _of("returns-unaccepted", "A responder that returns without `accept` denies."),
    _of("returns-accepted", "One that returns after it closes with 1000."),
    _of(
        "no-route",
        "A path without a route is closed with 3404, which the client sees as a 403.",
        "The handshake is answered with a 404 where the server can send responses, else denied with a 403: the client can tell one from another.",
    ),
    _of(
        "no-responder",
        "A resource without `on_websocket` is closed with 3405, a 403 for the client.",
        "It is answered with a 405 where the server can, else denied with a 403.",
    ),
    _of(
        "errors",
        "After `accept`, an HTTPError or HTTPStatus of a hook, a responder or an error handler closes with 3000 and its status.",
    ),
    _of(
        "errors-unaccepted",
        "An HTTPError or HTTPStatus before `accept` closes with 3000 and its status, and the client sees a 403.",
        "It is the response to the handshake where the server can send one, with its headers and body.",
    ),
    _of(
        "errors-logged",
        "An HTTPError that ends a WebSocket is logged as an error.",
        "It is logged for debugging: any client can ask for what is not there.",
    ),
    _of("exceptions", "Any other exception closes with `error_close_code`, 1011."),
    _of(
        "exceptions-unaccepted",
        "Any other exception before `accept` closes with 1011, and the client sees a 403.",
        "The handshake is answered with a 500 where the server can.",
    ),
    _of(
        "error-close-code",
        "An `error_close_code` that cannot be sent is replaced by 3011 when it is needed; one that is no integer is an exception for the server.",
        "It is a ValueError where it is set.",
    ),
    _of(
        "disconnected-unhandled",
        "A WebSocketDisconnected that nobody catches is logged for debugging; it sends nothing, but 1011 if the connection is open.",
    ),
    _of(
        "malformed-media",
        "A message that the media handler cannot read is a ValueError, and closes with 1011.",
        "It is a PayloadError, which is one; it closes with 1007 and says why, without a traceback: it is the client's doing.",
    ),
    _of(
        "wrong-kind",
        "A PayloadTypeError that nobody catches closes with 1011.",
        "It closes with 1003, without a traceback.",
    ),
    _of(
        "error-handler",
        "An error handler with an argument `ws` is given the WebSocket, and None for the response.",
    ),
    _of(
        "error-handler-without-ws",
        "After an error handler that has no argument `ws`, the connection stays open and is not looked after.",
        "It is closed with 1000, as after a responder.",
    ),
    _of(
        "error-handler-raises",
        "An exception of an error handler goes to the server, and nothing is closed.",
        "It closes with 1011, and is logged.",
    ),
    _of(
        "static-route",
        "A path of a static route is closed with 3400.",
        "Static routes are not asked: it is a 404.",
    ),
    _of(
        "sink",
        "A sink with an argument `ws` is given the WebSocket, None for the response, and the named groups; hooks for resources do not hear of it.",
    ),
    _of(
        "sink-without-ws",
        "A sink that has no argument `ws` is given the WebSocket in place of the response, with a warning.",
        "It is not asked, and the next one is: a sink of HTTP would not know what it was given.",
    ),
    _of(
        "sink-group",
        "A sink whose prefix has a group `ws` is given that by this name, and the WebSocket in place of the response.",
        "It is not asked: the name cannot stand for both.",
    ),
    _of(
        "middleware",
        "`process_request_ws` and, for a route, `process_resource_ws` go before the responder, in their order.",
    ),
    _of(
        "middleware-closes",
        "The responder is called with a WebSocket that a hook has closed.",
        "It is not, and neither are the hooks behind that one.",
    ),
    _of(
        "process-response-ws",
        "There is no hook for the end of a WebSocket.",
        "`process_response_ws` is always called: teardown needs a place.",
    ),
    _of(
        "origin",
        "Pages of every origin may connect.",
        "Those of the same origin may, unless `allowed_origins` says more: cookies come with every handshake.",
    ),
    _of(
        "options",
        "`ws_options` has `error_close_code`, `media_handlers` and `default_close_reasons`.",
    ),
    _of(
        "max-receive-queue",
        "`max_receive_queue` is 4 by default.",
        "It is 32, and counts what is taken ahead.",
    ),
]

REQUIREMENTS: list[Requirement] = [
    *_OF_THE_HANDSHAKE,
    *_OF_MESSAGES,
    *_OF_THE_END,
    *_OF_THE_FLOW,
]
