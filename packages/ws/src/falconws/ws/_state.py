"""The states of a WebSocket, and every event that leads from one to another.

Whatever decides if an event is allowed lives here, and `socket.py` only awaits.
"""

from __future__ import annotations

from enum import IntEnum

__all__ = ("State", "TRANSITIONS", "next_state")


class State(IntEnum):
    """The states, with the numbers of ``WebSocket.readyState`` (WHATWG WebSockets, 3.1)."""

    CONNECTING = 0
    """The client waits for its handshake to be answered."""

    OPEN = 1
    """The handshake was accepted."""

    CLOSING = 2
    """The handshake is being denied with an HTTP response."""

    CLOSED = 3
    """Nothing more goes out, and nothing but the notice of the end comes in."""


# An absent key is an event that must not happen. ASGI, "WebSocket": what the server sends is
# connect, receive and disconnect; everything else is ours.
TRANSITIONS: dict[State, dict[str, State]] = {
    State.CONNECTING: {
        "websocket.connect": State.CONNECTING,
        "websocket.accept": State.OPEN,
        "websocket.close": State.CLOSED,
        "websocket.http.response.start": State.CLOSING,
        "websocket.disconnect": State.CLOSED,
    },
    State.OPEN: {
        "websocket.receive": State.OPEN,
        "websocket.send": State.OPEN,
        "websocket.close": State.CLOSED,
        "websocket.disconnect": State.CLOSED,
    },
    State.CLOSING: {
        "websocket.http.response.body": State.CLOSED,
        "websocket.disconnect": State.CLOSED,
    },
    State.CLOSED: {
        "websocket.disconnect": State.CLOSED,
    },
}


def next_state(state: State, event_type: str) -> State | None:
    """Give the state that an event leads to; None if it must not happen."""
    return TRANSITIONS[state].get(event_type)
