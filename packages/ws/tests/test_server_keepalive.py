"""Pings, and what shows that a client is there."""

from __future__ import annotations

from typing import Any

import pytest

from falconws.ws.server._keepalive import Keepalive


class Connection:
    def __init__(self) -> None:
        self.pings: list[bytes] = []
        self.reads = True
        self.is_given_up = False

    def send_ping(self, payload: bytes) -> None:
        self.pings.append(payload)

    def is_reading(self) -> bool:
        return self.reads

    def give_up(self) -> None:
        self.is_given_up = True


@pytest.fixture
def connection() -> Connection:
    return Connection()


def test_a_ping_is_sent_in_intervals(connection: Connection, clock: Any) -> None:
    keepalive = Keepalive(connection, clock, 20, 5)
    clock.advance(19)
    assert connection.pings == []
    for count in range(1, 4):
        clock.advance(1)
        assert len(connection.pings) == count
        assert len(connection.pings[-1]) == 4
        clock.advance(1)
        keepalive.take_pong(connection.pings[-1])
        clock.advance(19)
    assert len(set(connection.pings)) == 3
    assert not connection.is_given_up


def test_a_client_that_does_not_answer_is_given_up(
    connection: Connection, clock: Any
) -> None:
    keepalive = Keepalive(connection, clock, 20, 5)
    clock.advance(20)
    clock.advance(4)
    assert not connection.is_given_up
    clock.advance(1)
    assert connection.is_given_up
    assert clock.waiting == []
    keepalive.take_pong(connection.pings[0])  # Too late.
    assert clock.waiting == []


def test_pongs_that_answer_nothing_are_none(connection: Connection, clock: Any) -> None:
    keepalive = Keepalive(connection, clock, 20, 5)
    keepalive.take_pong(b"")
    clock.advance(20)
    keepalive.take_pong(b"")
    keepalive.take_pong(connection.pings[0] + b"x")
    clock.advance(5)
    assert connection.is_given_up


def test_whatever_a_client_sends_shows_that_it_is_there(
    connection: Connection, clock: Any
) -> None:
    keepalive = Keepalive(connection, clock, 20, 5)
    keepalive.has_heard = True  # Before the ping: that says nothing.
    clock.advance(20)
    keepalive.has_heard = True
    clock.advance(5)
    assert not connection.is_given_up
    clock.advance(5)
    assert connection.is_given_up


def test_heard_before_the_ping_is_not_heard(connection: Connection, clock: Any) -> None:
    keepalive = Keepalive(connection, clock, 20, 5)
    keepalive.has_heard = True
    clock.advance(20)
    clock.advance(5)
    assert connection.is_given_up


def test_a_client_that_is_not_read_need_not_answer(
    connection: Connection, clock: Any
) -> None:
    Keepalive(connection, clock, 20, 5)
    clock.advance(20)
    connection.reads = False
    clock.advance(5)
    assert not connection.is_given_up
    connection.reads = True
    clock.advance(5)
    assert connection.is_given_up


def test_without_a_timeout_pings_only_keep_the_way_open(
    connection: Connection, clock: Any
) -> None:
    keepalive = Keepalive(connection, clock, 20, None)
    for _ in range(3):
        clock.advance(20)
    assert len(connection.pings) == 3
    keepalive.take_pong(connection.pings[-1])
    assert clock.waiting == [20]
    assert not connection.is_given_up


def test_it_stops(connection: Connection, clock: Any) -> None:
    keepalive = Keepalive(connection, clock, 20, 5)
    keepalive.stop()
    keepalive.stop()
    assert clock.waiting == []
