import dataclasses
import enum
import json
import math
from datetime import UTC, date, datetime, time
from typing import Any
from uuid import UUID

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from falconws.media import JSONHandler, JSONHandlerWS, JSONMalformedError
from falconws.media._standard_json import standard_dumps, standard_loads


@dataclasses.dataclass
class Point:
    x: int
    _cached: int = 0


class Color(enum.Enum):
    RED = "red"


# What both write; integers beyond 64 bits and keys that are numbers are not among it.
OBJECTS = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**64 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text()
    | st.datetimes(timezones=st.sampled_from([None, UTC]))
    | st.dates()
    | st.times()  # which orjson itself gets wrong
    | st.uuids()
    | st.builds(Point, st.integers(0, 9), st.integers(0, 9))
    | st.just(Color.RED),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=10,
)


@given(OBJECTS)
def test_an_object_is_written_as_where_there_is_orjson(media: Any) -> None:
    written = JSONHandler().encode(media)
    assert standard_loads(standard_dumps(media)) == orjson.loads(written)


@pytest.mark.parametrize(
    ("media", "body"),
    [
        ([date(2020, 1, 2), time(3, 4)], '["2020-01-02","03:04:00"]'),
        (datetime(2020, 1, 2, 3, 4, 5, 6, UTC), '"2020-01-02T03:04:05.000006+00:00"'),
        (UUID(int=1), '"00000000-0000-0000-0000-000000000001"'),
        ({"é": Color.RED}, '{"é":"red"}'),
        (Point(1, 2), '{"x":1}'),
        ({1: 2**70, 1.5: None}, '{"1":1180591620717411303424,"1.5":null}'),
    ],
)
def test_what_is_no_json_has_a_form_all_the_same(media: Any, body: str) -> None:
    assert standard_dumps(media).decode() == body


@pytest.mark.parametrize("media", [math.nan, -math.inf, "\ud800", {"\udfff": 1}])
def test_what_nobody_could_read_is_not_written(media: object) -> None:
    with pytest.raises(ValueError, match=r"not JSON compliant|surrogates"):
        standard_dumps(media)


REFUSED = [
    *("NaN", "[Infinity]", "-Infinity", "1e400", "-1e400", "1" * 5000),
    *(r'"\ud800"', r'{"\udc00": 1}', r'["\ud83d\ud83d"]', r'"\uDE00\uD83D"'),
    *("\ufeff1", "'a'", "[1", "1 2", "01", "[" * 100_000),
]


LIBRARIES = [(None, None), (standard_dumps, standard_loads)]


@pytest.mark.parametrize("text", REFUSED)
@pytest.mark.parametrize("libraries", LIBRARIES, ids=["orjson", "json"])
def test_what_is_no_json_is_malformed(libraries: Any, text: str) -> None:
    with pytest.raises(JSONMalformedError):
        JSONHandler(*libraries).decode(text.encode())
    with pytest.raises(JSONMalformedError):
        JSONHandlerWS(*libraries).deserialize(text)


@pytest.mark.parametrize("data", [b'"\xff"', "[1]".encode("utf-16"), b'"\xed\xa0\x80"'])
@pytest.mark.parametrize("libraries", LIBRARIES, ids=["orjson", "json"])
def test_bytes_that_are_no_utf_8_are_malformed(libraries: Any, data: bytes) -> None:
    with pytest.raises(JSONMalformedError):
        JSONHandler(*libraries).decode(data)


@pytest.mark.parametrize(
    ("text", "media"),
    [
        (r'"\ud83d\ude00"', "\U0001f600"),
        (r'["\\ud800", "\u00e9"]', ["\\ud800", "é"]),
        ("[1e308, 1.5, -0.0]", [1e308, 1.5, -0.0]),
        ('{"a": 1, "a": 2}', {"a": 2}),  # Of equal keys the last counts.
        ("18446744073709551615", 2**64 - 1),
    ],
)
@pytest.mark.parametrize("libraries", LIBRARIES, ids=["orjson", "json"])
def test_what_is_json_is_read_the_same(
    libraries: Any, text: str, media: object
) -> None:
    assert JSONHandler(*libraries).decode(text.encode()) == media == json.loads(text)
    assert JSONHandlerWS(*libraries).deserialize(text) == media
