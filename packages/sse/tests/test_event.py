"""One event: what a client reads is what was sent (WHATWG HTML, 9.2)."""

from __future__ import annotations

import copy
import json
import pickle
import re
from dataclasses import dataclass, field
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from falconws.media import JSONHandler
from falconws.sse import SSEvent

# A machine that is busy with other things is no failure.
patient = settings(suppress_health_check=[HealthCheck.too_slow])


@dataclass
class Reader:
    """A client: WHATWG HTML, 9.2.6, word by word, and nothing of what wrote the stream."""

    dispatched: list[tuple[str, str, str]] = field(default_factory=list)
    """Type, data and last event ID of each event."""

    last_event_id: str = ""
    retry: int | None = None
    comments: list[str] = field(default_factory=list)
    _type: str = ""
    _data: str = ""

    def read(self, stream: bytes) -> Reader:
        text = stream.decode().removeprefix("\N{BYTE ORDER MARK}")
        *lines, rest = re.split("\r\n|\n|\r", text)
        assert rest == "", "The stream does not end with the end of a line."
        for line in lines:
            if line == "":
                self._dispatch()
            elif line.startswith(":"):
                self.comments.append(line[1:].removeprefix(" "))
            else:
                name, _, value = line.partition(":")
                self._process(name, value.removeprefix(" "))
        return self

    def _process(self, name: str, value: str) -> None:
        if name == "event":
            self._type = value
        elif name == "data":
            self._data += value + "\n"
        elif name == "id":
            if "\0" not in value:
                self.last_event_id = value
        elif name == "retry":
            if re.fullmatch("[0-9]+", value):
                self.retry = int(value)
        else:
            raise AssertionError(f"There is no field {name!r}.")

    def _dispatch(self) -> None:
        if self._data:
            data = self._data.removesuffix("\n")
            event = (self._type or "message", data, self.last_event_id)
            self.dispatched.append(event)
        self._type = self._data = ""


def read(*events: SSEvent) -> Reader:
    return Reader().read(b"".join(bytes(event) for event in events))


def normalized(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n")


# Text as an attacker writes it: whole fields, every end of a line, and what
# str.splitlines() takes for one.
texts = st.lists(
    st.text()
    | st.sampled_from(["\r", "\n", "\r\n", "\0", "\v", "\f", "\x1c", "\x85", "\u2028"])
    | st.sampled_from(["data: x", "event: admin", "id: 7", "retry: 1", ":", "\ufeff"])
).map("".join)
lines = st.text(st.characters(codec="utf-8", exclude_characters="\r\n\0"))


@patient
@given(texts)
def test_a_client_reads_the_data_that_was_sent(data: str) -> None:
    assert read(SSEvent(data)).dispatched == [("message", normalized(data), "")]


@patient
@given(texts)
def test_a_comment_is_skipped_whatever_is_in_it(comment: str) -> None:
    reader = read(SSEvent("x", comment=comment))
    assert reader.dispatched == [("message", "x", "")]
    assert (reader.last_event_id, reader.retry) == ("", None)
    assert "\n".join(reader.comments) == normalized(comment)


events = st.builds(
    SSEvent,
    data=st.none() | texts,
    event_type=st.none() | lines,
    event_id=st.none() | lines,
    retry=st.none() | st.integers(0, 10**9),
    comment=st.none() | texts,
)


@patient
@given(st.lists(events, max_size=5))
def test_a_client_reads_a_whole_stream_as_it_was_sent(sent: list[SSEvent]) -> None:
    expected = []
    last_event_id, retry = "", None
    for event in sent:
        if event.event_id is not None:
            last_event_id = event.event_id
        if event.retry is not None:
            retry = event.retry
        if event.data is not None:
            kind = event.event_type or "message"
            expected.append((kind, normalized(event.data), last_event_id))
    reader = read(*sent)
    assert reader.dispatched == expected
    assert (reader.last_event_id, reader.retry) == (last_event_id, retry)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | texts,
    lambda inner: st.lists(inner) | st.dictionaries(texts, inner),
    max_leaves=5,
)


@patient
@given(json_values)
def test_a_client_reads_the_object_that_was_sent_as_json(value: object) -> None:
    [(_, data, _)] = read(SSEvent(json=value)).dispatched
    assert json.loads(data) == value


@patient
@given(lines, st.sampled_from(["\r", "\n", "\r\n", "\0"]), lines)
def test_what_would_end_a_field_is_refused_in_type_and_id(
    before: str, end: str, after: str
) -> None:
    bad = before + end + after
    event = SSEvent("x", event_type="old", event_id="1")
    for name in ("event_type", "event_id"):
        arguments: dict[str, Any] = {name: bad}
        with pytest.raises(ValueError, match=name):
            SSEvent("x", **arguments)
        with pytest.raises(ValueError, match=name):
            setattr(event, name, bad)
    assert (event.event_type, event.event_id) == ("old", "1")


@pytest.mark.parametrize(
    ("event", "wire"),
    [
        (SSEvent("hi"), "data: hi\n\n"),
        (SSEvent(""), "data: \n\n"),
        (SSEvent(" hi"), "data:  hi\n\n"),
        (SSEvent("a\nb\r\nc\rd"), "data: a\ndata: b\ndata: c\ndata: d\n\n"),
        (SSEvent("a\n"), "data: a\ndata: \n\n"),
        (SSEvent("a\rb"), "data: a\ndata: b\n\n"),
        (SSEvent("a\u2028b\x85c"), "data: a\u2028b\x85c\n\n"),
        (SSEvent("hé".encode()), "data: hé\n\n"),
        (SSEvent(json={"a": [1, None]}), 'data: {"a":[1,null]}\n\n'),
        (SSEvent(json=None), "data: null\n\n"),
        (SSEvent(json=0), "data: 0\n\n"),
        (SSEvent(event_type="tick"), "event: tick\n\n"),
        (SSEvent(event_id="7"), "id: 7\n\n"),
        (SSEvent(event_id=""), "id: \n\n"),
        (SSEvent(retry=0), "retry: 0\n\n"),
        (SSEvent(comment="a\nb"), ": a\n: b\n\n"),
        (SSEvent(), ": ping\n\n"),
        (SSEvent("hi", event_type="tick"), "event: tick\ndata: hi\n\n"),
        (SSEvent("hi", event_id="7"), "id: 7\ndata: hi\n\n"),
        (SSEvent("hi", retry=0), "retry: 0\ndata: hi\n\n"),
        (SSEvent("hi", comment=""), ": \ndata: hi\n\n"),
        (
            SSEvent("hi", "tick", "7", 3000, comment="c"),
            ": c\nevent: tick\nid: 7\nretry: 3000\ndata: hi\n\n",
        ),
    ],
)
def test_an_event_has_one_form_on_the_wire(event: SSEvent, wire: str) -> None:
    assert event.serialize() == wire
    assert bytes(event) == wire.encode()


def test_the_names_of_falcon_stand_for_the_same_things() -> None:
    event = SSEvent(text="hi", event="tick", event_id="7", retry=5, comment="c")
    same = SSEvent("hi", "tick", "7", 5, comment="c")
    assert event.serialize() == same.serialize()
    assert (event.data, event.event_type) == ("hi", "tick")


def test_what_is_assigned_later_is_sent() -> None:
    event = SSEvent("old", "old", "old", 1, comment="old")
    event.data, event.event_type, event.event_id = "a\nb", "new", "2"
    event.retry, event.comment = 3, None
    assert event.serialize() == "event: new\nid: 2\nretry: 3\ndata: a\ndata: b\n\n"
    event.event_type = event.event_id = event.retry = event.data = None
    assert event.serialize() == ": ping\n\n"


def test_json_is_what_is_sent_whatever_is_assigned_to_data_later() -> None:
    event = SSEvent(json=[1])
    event.data = "hi"
    assert event.serialize() == "data: [1]\n\n"


def test_what_is_no_text_is_refused_at_the_latest_when_it_is_sent() -> None:
    event: Any = SSEvent("hi")
    event.data = ["hi"]
    with pytest.raises(TypeError):
        event.serialize()


def test_text_may_be_of_a_class_of_its_own() -> None:
    class Text(str):
        pass

    assert SSEvent(Text("a\nb")).serialize() == "data: a\ndata: b\n\n"
    assert SSEvent(Text("hi")).serialize() == "data: hi\n\n"


def test_the_json_handler_that_is_given_serializes_and_its_lines_are_framed() -> None:
    handler = JSONHandler(dumps=lambda media: json.dumps(media, indent=1))
    assert SSEvent(json=[1]).serialize(handler) == "data: [\ndata:  1\ndata: ]\n\n"


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        ({"data": "a", "text": "b"}, "either data or text"),
        ({"data": "a", "json": None}, "either data or json"),
        ({"text": "a", "json": 1}, "json"),
        ({"event_type": "a", "event": "b"}, "either event_type or event"),
        ({"data": {"a": 1}}, "data is a string, not dict. An object goes into json"),
        ({"text": b"a"}, "text is a string, not bytes"),
        ({"event_type": 1}, "event_type is a string, not int"),
        ({"event": b"a"}, "event_type is a string, not bytes"),
        ({"event_id": 7}, "event_id is a string, not int"),
        ({"comment": b"a"}, "comment is a string, not bytes"),
        ({"retry": "3"}, "retry is a number of milliseconds, not '3'"),
        ({"retry": 1.5}, "retry is a number of milliseconds, not 1.5"),
        ({"retry": True}, "retry is a number of milliseconds, not True"),
    ],
)
def test_an_argument_of_the_wrong_type_is_refused_by_its_name(
    arguments: dict[str, Any], complaint: str
) -> None:
    with pytest.raises(TypeError, match=complaint):
        SSEvent(**arguments)


@pytest.mark.parametrize(
    ("name", "value"), [("event_type", b"x"), ("event_id", 7), ("retry", "3")]
)
def test_a_wrong_type_is_refused_when_it_is_assigned_as_well(
    name: str, value: object
) -> None:
    with pytest.raises(TypeError, match=name):
        setattr(SSEvent("x"), name, value)


def test_a_retry_below_zero_is_refused() -> None:
    event = SSEvent(retry=0)
    with pytest.raises(ValueError, match="at least 0, not -1"):
        event.retry = -1
    with pytest.raises(ValueError, match="at least 0, not -1"):
        SSEvent(retry=-1)


def test_bytes_that_are_no_utf_8_are_refused() -> None:
    with pytest.raises(ValueError, match="utf-8"):
        SSEvent(b"\xff")


def test_the_repr_shows_what_is_set() -> None:
    assert repr(SSEvent("hi", event_id="7")) == "SSEvent(data='hi', event_id='7')"
    assert repr(SSEvent(json=None, retry=5)) == "SSEvent(json=None, retry=5)"


@pytest.mark.parametrize("event", [SSEvent("a", "b", "c", 1), SSEvent(json=[1])])
def test_a_copy_is_sent_as_what_it_was_made_of(event: SSEvent) -> None:
    for copied in (copy.deepcopy(event), pickle.loads(pickle.dumps(event))):
        assert copied.serialize() == event.serialize()
