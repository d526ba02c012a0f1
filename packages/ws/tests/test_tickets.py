import re
import string
import sys
import time
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from falconws.core import App, Request, before
from falconws.testing import ASGIConductor
from falconws.ws import WebSocket, WebSocketDisconnected
from falconws.ws.auth import Authenticator, Query
from falconws.ws.tickets import MemoryUsedTickets, Tickets

SECRET = "0123456789abcdef"
TICKET = re.compile("[A-Za-z0-9_.-]+")


class Clock:
    """What is told for the time, in seconds since 1970."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now = 1_800_000_000.0
        monkeypatch.setattr(time, "time", lambda: self.now)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    return Clock(monkeypatch)


texts = st.text(st.characters(exclude_categories=["Cs"]))
scalars = st.booleans() | st.integers() | st.floats(allow_nan=False) | texts
values = st.recursive(
    st.none() | scalars, lambda v: st.lists(v) | st.dictionaries(texts, v)
)


@given(values.filter(lambda subject: subject is not None))
async def test_any_subject_comes_back_once_and_only_once(subject: Any) -> None:
    tickets = Tickets(SECRET)
    ticket, other = tickets.issue(subject), tickets.issue(subject)
    assert TICKET.fullmatch(ticket)
    assert await tickets.redeem(ticket) == subject
    assert await tickets.redeem(ticket) is None
    assert await tickets.redeem(other) == subject


@pytest.mark.parametrize(
    ("subject", "error"),
    [(None, ValueError), ("\ud800", ValueError), (b"Ada", TypeError)],
)
def test_what_is_no_subject_is_refused(subject: object, error: type[Exception]) -> None:
    with pytest.raises(error):
        Tickets(SECRET).issue(subject)


CHARACTERS = string.ascii_letters + string.digits + "-_.=+/ \n\0ä\ud800"


async def test_a_ticket_with_any_other_last_character_is_refused() -> None:
    tickets = Tickets(SECRET)
    ticket = tickets.issue("Ada")
    for character in CHARACTERS.replace(ticket[-1], ""):
        assert await tickets.redeem(ticket[:-1] + character) is None
    for more in (*CHARACTERS, ticket):
        assert await tickets.redeem(ticket + more) is None
    assert await tickets.redeem(ticket) == "Ada"


@given(st.data(), st.sampled_from(CHARACTERS), scalars)
async def test_a_ticket_with_any_changed_character_is_refused(
    data: st.DataObject, character: str, subject: object
) -> None:
    tickets = Tickets(SECRET)
    ticket = tickets.issue(subject)
    place = data.draw(st.integers(0, len(ticket) - 1))
    assume(ticket[place] != character)
    for changed in (
        ticket[:place] + character + ticket[place + 1 :],
        ticket[:place] + character + ticket[place:],
        ticket[:place] + ticket[place + 1 :],
    ):
        if changed != ticket:
            assert await tickets.redeem(changed) is None
    assert await tickets.redeem(ticket) == subject


@given(st.text())
async def test_what_is_no_ticket_is_refused(text: str) -> None:
    assert await Tickets(SECRET).redeem(text) is None


async def test_a_ticket_is_good_for_its_age_and_no_longer(clock: Clock) -> None:
    tickets = Tickets(SECRET, max_age=30)
    just, late, future = [tickets.issue("Ada") for _ in range(3)]
    clock.now -= 1
    assert await tickets.redeem(future) is None
    clock.now += 1 + 30.9
    assert await tickets.redeem(just) == "Ada"
    clock.now += 0.1
    assert await tickets.redeem(late) is None


@pytest.mark.parametrize("redeemed_at", [0, 0.5, 30])
async def test_a_redeemed_ticket_is_remembered_for_as_long_as_it_is_good(
    clock: Clock, redeemed_at: float
) -> None:
    tickets = Tickets(SECRET, max_age=30)
    start = clock.now
    ticket = tickets.issue("Ada")
    clock.now += redeemed_at
    assert await tickets.redeem(ticket) == "Ada"
    for moment in (0, 0.9, 1, 29.9, 30, 30.9, 31, 60, 61, 62):
        clock.now = start + max(moment, redeemed_at)
        assert await tickets.redeem(ticket) is None


async def test_memory_forgets_what_is_too_old_anyway(clock: Clock) -> None:
    used = MemoryUsedTickets()
    assert await used.add("a", 10)
    assert await used.add("b", 10)
    clock.now += 9.9
    assert not await used.add("a", 10)
    clock.now += 0.1
    assert await used.add("a", 10)
    clock.now += 1
    assert await used.add("c", 10)
    assert list(used._until) == ["a", "c"]


async def test_secrets_can_be_changed_while_tickets_are_out() -> None:
    old, new = b"the old secret of ours", "the new secret of ours"
    used = MemoryUsedTickets()
    both = Tickets([old, new], used=used)
    assert await both.redeem(Tickets(old).issue("Ada")) == "Ada"
    ticket = both.issue("Ada")
    assert await Tickets(old).redeem(ticket) is None
    assert await Tickets(new, used=used).redeem(ticket) == "Ada"
    assert await both.redeem(ticket) is None  # They share what remembers it.


async def test_a_ticket_for_one_purpose_is_none_for_another() -> None:
    ticket = Tickets(SECRET, salt="reset-password").issue("Ada")
    assert await Tickets(SECRET).redeem(ticket) is None


@pytest.mark.parametrize("secret", ["", "0" * 15, b"0" * 15, [], ["0" * 16, b"0"]])
def test_a_secret_that_could_be_guessed_is_refused(secret: Any) -> None:
    with pytest.raises(ValueError, match=r"at least 16 bytes.*secrets\.token_hex"):
        Tickets(secret)
    Tickets("é" * 8)


def test_an_age_below_a_second_is_refused() -> None:
    with pytest.raises(ValueError, match="max_age is at least 1 second, not 0"):
        Tickets(SECRET, max_age=0)
    Tickets(SECRET, max_age=1)


def test_without_itsdangerous_it_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(sys.modules, "itsdangerous", None)
    with pytest.raises(RuntimeError, match=r"pip install falconws-ws\[auth\]"):
        Tickets(SECRET)


async def test_a_ticket_opens_one_websocket() -> None:
    tickets = Tickets(SECRET)

    class Room:
        @before(Authenticator(tickets.verify, Query()))
        async def on_websocket(self, req: Request, ws: WebSocket) -> None:
            await ws.accept()
            await ws.send_text(ws.context.user)

    app = App()
    app.add_route("/", Room())
    conductor = ASGIConductor(app)
    path = f"/?ticket={tickets.issue('Ada')}"
    async with conductor.simulate_ws(path) as client:
        assert await client.receive_text() == "Ada"
    with pytest.raises(WebSocketDisconnected):
        async with conductor.simulate_ws(path):
            pass
