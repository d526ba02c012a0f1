"""How a WebSocket ends, as exceptions."""

from __future__ import annotations

import pickle

import pytest

from falconws.ws import (
    WebSocketDisconnected,
    WebSocketHandlerNotFound,
    WebSocketPathNotFound,
    WebSocketServerError,
)


def test_a_disconnect_without_a_code_has_1005_and_no_reason() -> None:
    exc = WebSocketDisconnected()
    assert (exc.code, exc.reason, exc.initiator) == (1005, "", None)


@pytest.mark.parametrize(
    ("exc", "sentence"),
    [
        (WebSocketDisconnected(1001), "The WebSocket was closed with code 1001."),
        (
            WebSocketDisconnected(4000, "kicked"),
            "The WebSocket was closed with code 4000: kicked",
        ),
    ],
)
def test_a_disconnect_says_its_code_and_reason(
    exc: WebSocketDisconnected, sentence: str
) -> None:
    assert str(exc) == sentence


@pytest.mark.parametrize(
    "kind", [WebSocketPathNotFound, WebSocketHandlerNotFound, WebSocketServerError]
)
def test_every_end_is_caught_as_a_disconnect_and_as_a_connection_error(
    kind: type[WebSocketDisconnected],
) -> None:
    assert issubclass(kind, WebSocketDisconnected)
    assert issubclass(WebSocketDisconnected, ConnectionError)


def test_a_disconnect_keeps_what_it_tells_between_processes() -> None:
    exc = pickle.loads(pickle.dumps(WebSocketDisconnected(4000, "kicked", "server")))
    assert (exc.code, exc.reason, exc.initiator) == (4000, "kicked", "server")
