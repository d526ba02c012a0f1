"""Messages and marks, and the forms in which they go out."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from falconws.channels import Gap, Kind, Message, Notice, Position, Recovered
from falconws.channels.message import Payload, gap_between
from falconws.channels.presence import Joined, Left
from falconws.sse import EventParser

PLACE = Position("e", 7)


def message(kind: Kind, encoded: bytes, event_type: str | None = None) -> Message:
    return Message("news", PLACE, kind, encoded, event_type)


KINDS = [
    (Kind.TEXT, b"h\xc3\xa9", "h\u00e9", "h\u00e9", "h\u00e9"),
    (Kind.TEXT, b"", "", "", ""),
    (Kind.BINARY, b"\xff\0", b"\xff\0", b"\xff\0", "/wA="),
    (Kind.JSON, b'{"a":[1]}', {"a": [1]}, '{"a":[1]}', '{"a":[1]}'),
    (Kind.JSON, b"null", None, "null", "null"),
    (Kind.JSON, b'"text"', "text", '"text"', '"text"'),
]


@pytest.mark.parametrize(("kind", "encoded", "data", "plain", "event"), KINDS)
def test_each_kind_has_its_forms(
    kind: Kind, encoded: bytes, data: object, plain: object, event: str
) -> None:
    told = message(kind, encoded, "news")
    assert told.data == data
    assert told.plain.payload == plain
    assert told.size == len(encoded)
    (parsed,) = EventParser().feed(told.serialize())
    assert (parsed.data, parsed.type, parsed.last_event_id) == (event, "news", "e:7")


@pytest.mark.parametrize(("kind", "encoded", "data", "plain", "event"), KINDS)
def test_the_envelope_has_what_a_client_needs_to_resume(
    kind: Kind, encoded: bytes, data: object, plain: object, event: str
) -> None:
    payload = message(kind, encoded, "edit").enveloped.payload
    assert isinstance(payload, str)
    assert json.loads(payload) == {
        "type": "message",
        "channel": "news",
        "id": "e:7",
        "event": "edit",
        "data": event if kind is Kind.BINARY else data,
    }


def test_an_event_without_a_type_is_a_message() -> None:
    assert message(Kind.TEXT, b"a\nb").serialize() == b"id: e:7\ndata: a\ndata: b\n\n"


def test_every_form_is_made_once() -> None:
    told = message(Kind.JSON, b"[]")
    assert told.data is told.data
    assert told.plain is told.plain
    assert told.enveloped is told.enveloped
    assert told.serialize() is told.serialize("a handler")
    none = message(Kind.JSON, b"null")
    assert none.data is None
    none.encoded = b"1"
    assert none.data is None


def test_a_payload_is_framed_once_for_each_server() -> None:
    calls: list[object] = []

    def build(payload: str | bytes) -> object:
        calls.append(payload)
        return "frame", payload

    def other(payload: str | bytes) -> object:
        return "other", payload

    payload = Payload("hi")
    assert payload.frame(build) == ("frame", "hi")
    assert payload.frame(build) == ("frame", "hi")
    assert calls == ["hi"]
    assert payload.frame(other) == ("other", "hi")
    assert payload.frame(build) == ("frame", "hi")
    assert calls == ["hi", "hi"]


def test_a_message_shows_where_it_is_and_how_it_begins() -> None:
    assert repr(message(Kind.TEXT, b"x" * 60)) == (
        f"<Message e:7 of 'news': b'{'x' * 60}'>"
    )
    assert "x" * 61 not in repr(message(Kind.TEXT, b"x" * 61))


NOTICES: list[tuple[Notice, dict[str, Any]]] = [
    (Gap("news", PLACE, 3), {"type": "gap", "id": "e:7", "dropped": 3}),
    (Gap("news", None), {"type": "gap", "id": None, "dropped": None}),
    (Recovered("news", PLACE, 2), {"type": "recovered", "id": "e:7", "count": 2}),
    (Recovered("news", PLACE), {"type": "recovered", "id": "e:7", "count": 0}),
    (
        Joined("news", None, "ann", [1]),
        {"type": "joined", "user": "ann", "info": [1]},
    ),
    (Left("news", None, "ann"), {"type": "left", "user": "ann", "info": None}),
]


@pytest.mark.parametrize(("notice", "told"), NOTICES)
def test_a_notice_is_json_and_an_event(notice: Notice, told: dict[str, Any]) -> None:
    told = {**told, "channel": "news"}
    assert notice.to_dict() == told
    assert isinstance(notice.plain.payload, str)
    assert json.loads(notice.plain.payload) == told
    assert notice.enveloped.payload == notice.plain.payload
    (event,) = EventParser().feed(notice.serialize())
    assert (event.type, json.loads(event.data)) == (told["type"], told)
    assert event.last_event_id == (told.get("id") or "")


@pytest.mark.parametrize("notice", [notice for notice, _ in NOTICES])
def test_a_notice_is_shared_and_cannot_be_changed(notice: Notice) -> None:
    with pytest.raises(AttributeError):
        notice.channel = "sport"  # type: ignore[misc]
    assert not hasattr(notice, "__dict__")


def test_a_notice_of_no_place_leaves_the_id_of_the_client_alone() -> None:
    assert b"id:" not in Gap("news", None).serialize()


OFFSETS = st.integers(0, 5)


@given(st.sampled_from("ef"), OFFSETS, st.sampled_from("ef"), OFFSETS)
def test_a_gap_counts_what_is_missing_where_that_can_be_known(
    epoch: str, after: int, other: str, begin: int
) -> None:
    place = Position(other, begin)
    gap = gap_between("news", Position(epoch, after), place)
    is_known = epoch == other and begin >= after
    assert gap == Gap("news", place, begin - after if is_known else None)
