"""What can be set about WebSockets."""

from __future__ import annotations

import json
from typing import Any

import pytest

from falconws.media import (
    BinaryBaseHandlerWS,
    JSONHandlerWS,
    MessagePackHandlerWS,
    TextBaseHandlerWS,
)
from falconws.ws import WebSocketOptions, WebSocketPayloadType

TEXT, BINARY = WebSocketPayloadType.TEXT, WebSocketPayloadType.BINARY


def test_text_is_json_and_binary_is_messagepack_by_default() -> None:
    handlers = WebSocketOptions().media_handlers
    assert handlers[TEXT].serialize({"a": 1}) == '{"a":1}'
    assert handlers[BINARY].serialize({"a": 1}) == b"\x81\xa1a\x01"


@pytest.mark.parametrize(
    ("kind", "other", "handler"),
    [(TEXT, BINARY, TextBaseHandlerWS()), (BINARY, TEXT, BinaryBaseHandlerWS())],
)
def test_a_handler_that_is_given_leaves_the_other_kind_as_it_is(
    kind: WebSocketPayloadType, other: WebSocketPayloadType, handler: object
) -> None:
    handlers = WebSocketOptions({kind: handler}).media_handlers
    assert handlers[kind] is handler
    assert handlers[other].serialize(None) in ("null", b"\xc0")


def test_the_json_of_an_application_is_the_json_of_send_json() -> None:
    own = JSONHandlerWS(dumps=lambda media: json.dumps(media, indent=2))
    assert WebSocketOptions({TEXT: own}).json_handler() is own


def test_json_is_still_json_where_text_is_something_else() -> None:
    handler = WebSocketOptions({TEXT: TextBaseHandlerWS()}).json_handler()
    assert handler.serialize([1]) == "[1]"


def test_the_messagepack_of_an_application_is_that_of_send_msgpack() -> None:
    own = MessagePackHandlerWS()
    assert WebSocketOptions({BINARY: own}).msgpack_handler() is own


def test_messagepack_is_still_messagepack_where_binary_is_something_else() -> None:
    handler = WebSocketOptions({BINARY: BinaryBaseHandlerWS()}).msgpack_handler()
    assert handler.serialize([1]) == b"\x91\x01"


def test_32_messages_are_received_ahead_and_2_seconds_are_the_grace_by_default() -> (
    None
):
    options = WebSocketOptions()
    assert (options.max_receive_queue, options.disconnect_grace) == (32, 2.0)


@pytest.mark.parametrize(
    ("name", "value"),
    [("max_receive_queue", 0), ("disconnect_grace", 0), ("disconnect_grace", None)],
)
def test_a_limit_may_be_nothing(name: str, value: float | None) -> None:
    given: dict[str, Any] = {name: value}
    assert getattr(WebSocketOptions(**given), name) == value


@pytest.mark.parametrize(
    ("name", "value"), [("max_receive_queue", -1), ("disconnect_grace", -0.1)]
)
def test_a_limit_below_nothing_is_refused(name: str, value: float) -> None:
    given: dict[str, Any] = {name: value}
    with pytest.raises(ValueError, match=f"{name} is at least 0.*not {value}"):
        WebSocketOptions(**given)


@pytest.mark.parametrize("name", ["send_timeout", "idle_timeout", "max_age"])
def test_a_time_is_positive_or_none(name: str) -> None:
    for seconds in (0.1, None):
        given: dict[str, Any] = {name: seconds}
        assert getattr(WebSocketOptions(**given), name) == seconds
    given = {name: 0}
    with pytest.raises(ValueError, match=f"{name} is above 0, or None for no limit"):
        WebSocketOptions(**given)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"max_message_size": 0}, "max_message_size is at least 1"),
        ({"rate_limit": (0, 5)}, "rate of rate_limit is above 0"),
        ({"rate_limit": (1, 0)}, "burst of rate_limit is at least 1"),
    ],
)
def test_a_limit_that_lets_nothing_through_is_refused(
    options: dict[str, Any], message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        WebSocketOptions(**options)


def test_an_unexpected_exception_closes_with_1011_by_default() -> None:
    assert WebSocketOptions().error_close_code == 1011


def test_reasons_that_one_app_changes_are_not_changed_for_another() -> None:
    WebSocketOptions().default_close_reasons[1000] = "Bye"
    assert WebSocketOptions().default_close_reasons[1000] == "Normal Closure"
