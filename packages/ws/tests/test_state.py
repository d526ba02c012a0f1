"""The states of a WebSocket: the whole product of states and events."""

from __future__ import annotations

import pytest

from falconws.ws import State
from falconws.ws._state import TRANSITIONS, next_state

EVENTS = (
    "websocket.connect",
    "websocket.accept",
    "websocket.receive",
    "websocket.send",
    "websocket.http.response.start",
    "websocket.http.response.body",
    "websocket.close",
    "websocket.disconnect",
)

LEGAL = {
    (State.CONNECTING, "websocket.connect"): State.CONNECTING,
    (State.CONNECTING, "websocket.accept"): State.OPEN,
    (State.CONNECTING, "websocket.http.response.start"): State.CLOSING,
    (State.CONNECTING, "websocket.close"): State.CLOSED,
    (State.CONNECTING, "websocket.disconnect"): State.CLOSED,
    (State.OPEN, "websocket.receive"): State.OPEN,
    (State.OPEN, "websocket.send"): State.OPEN,
    (State.OPEN, "websocket.close"): State.CLOSED,
    (State.OPEN, "websocket.disconnect"): State.CLOSED,
    (State.CLOSING, "websocket.http.response.body"): State.CLOSED,
    (State.CLOSING, "websocket.disconnect"): State.CLOSED,
    (State.CLOSED, "websocket.disconnect"): State.CLOSED,
}


@pytest.mark.parametrize("event_type", EVENTS)
@pytest.mark.parametrize("state", State)
def test_an_event_leads_where_it_should_and_is_refused_everywhere_else(
    state: State, event_type: str
) -> None:
    assert next_state(state, event_type) is LEGAL.get((state, event_type))


@pytest.mark.parametrize("state", State)
def test_an_event_of_another_protocol_is_refused(state: State) -> None:
    assert next_state(state, "http.request") is None


def test_no_state_has_an_event_that_these_tests_do_not_know() -> None:
    known = {event_type for row in TRANSITIONS.values() for event_type in row}
    assert known == set(EVENTS)


def test_the_states_have_the_numbers_of_ready_state_in_browsers() -> None:
    numbers = {state.name: int(state) for state in State}
    assert numbers == {"CONNECTING": 0, "OPEN": 1, "CLOSING": 2, "CLOSED": 3}
