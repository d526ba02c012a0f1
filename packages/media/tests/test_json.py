import importlib.util
import io
import json
import math
import sys
from datetime import time
from types import ModuleType
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from falconws.media import (
    JSONHandler,
    JSONHandlerWS,
    JSONMalformedError,
    PayloadEmptyError,
    PayloadError,
)

# What the default library has a form for: 64 bits, and no lone surrogates.
SCALARS = (
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**64 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text()
)
OBJECTS = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=10,
)


@given(OBJECTS)
def test_what_is_serialized_is_read_back(media: Any) -> None:
    body = JSONHandler().serialize(media)
    assert JSONHandler().deserialize(io.BytesIO(body)) == media
    assert json.loads(body) == media  # and by anyone else
    assert JSONHandlerWS().deserialize(JSONHandlerWS().serialize(media)) == media


def test_a_body_is_utf_8_without_escapes_and_blanks() -> None:
    assert JSONHandler().serialize({"name": "Zoë", "n": [1]}) == (
        b'{"name":"Zo\xc3\xab","n":[1]}'
    )
    assert JSONHandlerWS().serialize({"name": "Zoë"}) == '{"name":"Zoë"}'


def test_an_object_that_json_has_no_form_for_is_a_type_error() -> None:
    with pytest.raises(TypeError):
        JSONHandler().serialize(object())
    with pytest.raises(TypeError):
        JSONHandlerWS().serialize(object())


def test_an_empty_payload_is_told_from_a_malformed_one() -> None:
    with pytest.raises(PayloadEmptyError):
        JSONHandler().deserialize(io.BytesIO())
    with pytest.raises(PayloadEmptyError):
        JSONHandlerWS().deserialize("")
    with pytest.raises(JSONMalformedError):
        JSONHandler().deserialize(io.BytesIO(b" "))


@pytest.mark.parametrize("loads", [None, json.loads], ids=["orjson", "json"])
def test_malformed_json_is_reported_with_its_position(loads: Any) -> None:
    with pytest.raises(JSONMalformedError) as caught:
        JSONHandler(loads=loads).decode(b'{"a": 1,\n "b": }')
    assert (caught.value.lineno, caught.value.colno, caught.value.pos) == (2, 7, 15)
    assert "line 2 column 7" in str(caught.value)


@pytest.mark.parametrize("loads", [None, json.loads], ids=["orjson", "json"])
def test_bytes_that_are_no_utf_8_are_malformed(loads: Any) -> None:
    with pytest.raises(JSONMalformedError):
        JSONHandler(loads=loads).decode(b'"\xff"')


@pytest.mark.parametrize("loads", [None, json.loads], ids=["orjson", "json"])
def test_nesting_beyond_the_parsers_depth_is_malformed(loads: Any) -> None:
    with pytest.raises(JSONMalformedError):
        JSONHandler(loads=loads).decode(b"[" * 100_000)


@given(st.binary(max_size=40))
def test_whatever_comes_is_read_or_is_a_payload_error(body: bytes) -> None:
    try:
        JSONHandler().decode(body)
    except PayloadError:
        pass


@pytest.mark.parametrize("loads", [None, json.loads], ids=["orjson", "json"])
def test_an_error_does_not_keep_the_payload_alive(loads: Any) -> None:
    with pytest.raises(JSONMalformedError) as caught:
        JSONHandler(loads=loads).decode(b'{"large": nope}')
    error: BaseException | None = caught.value
    while error is not None:
        assert not getattr(error, "doc", None)  # where json's own error has the payload
        error = error.__cause__ or error.__context__


@pytest.mark.parametrize("as_bytes", [False, True])
def test_another_library_is_taken_whether_it_gives_text_or_bytes(
    as_bytes: bool,
) -> None:
    def dumps(media: Any) -> str | bytes:
        text = json.dumps(media, indent=1)
        return text.encode() if as_bytes else text

    def loads(data: str | bytes) -> Any:
        return ["loaded", json.loads(data)]

    assert JSONHandler(dumps, loads).serialize({"a": 1}) == b'{\n "a": 1\n}'
    assert JSONHandler(dumps, loads).decode(b"1") == ["loaded", 1]
    assert JSONHandlerWS(dumps, loads).serialize({"a": 1}) == '{\n "a": 1\n}'
    assert JSONHandlerWS(dumps, loads).deserialize("1") == ["loaded", 1]


def test_integers_of_any_size_and_keys_that_are_numbers_are_sent() -> None:
    assert JSONHandler().encode({1: [2**64, -(2**63) - 1]}) == (
        b'{"1":[18446744073709551616,-9223372036854775809]}'
    )
    assert JSONHandlerWS().serialize([2**70]) == "[1180591620717411303424]"
    assert JSONHandler().decode(b"18446744073709551615") == 2**64 - 1
    assert JSONHandler().decode(b"18446744073709551616") == float(2**64)


@given(st.times() | st.datetimes(timezones=st.timezones()))
@example(time(0, 0, 0, 9_999))
@example(time(0, 0, 0, 10_000))
def test_a_time_is_sent_to_the_microsecond(media: Any) -> None:
    assert JSONHandlerWS().serialize([media]) == f'["{media.isoformat()}"]'


def test_numbers_that_json_does_not_have_are_null() -> None:
    assert JSONHandler().encode([math.nan, math.inf]) == b"[null,null]"


def _nested(depth: int) -> list[Any]:
    media: list[Any] = []
    for _ in range(depth):
        media = [media]
    return media


@pytest.mark.parametrize(
    "media", ["\ud800", {"\ud800": 1}, b"bytes", {(1, 2): 3}, {1, 2}, _nested(100_000)]
)
def test_what_has_no_form_is_an_error_of_the_application(media: object) -> None:
    for serialize in (JSONHandler().encode, JSONHandlerWS().serialize):
        with pytest.raises((TypeError, ValueError, RecursionError)) as caught:
            serialize(media)
        assert not isinstance(caught.value, PayloadError)
        assert (
            caught.value.__context__ is None
        )  # One error, not the faster library's too.


@pytest.fixture
def json_without_orjson(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """The module, as it is where orjson does not exist."""
    monkeypatch.setitem(sys.modules, "orjson", None)
    original = sys.modules[JSONHandler.__module__]
    assert original.__file__ is not None
    spec = importlib.util.spec_from_file_location(
        f"{original.__name__}_of_the_standard_library", original.__file__
    )
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_standard_library_serves_where_there_is_no_orjson(
    json_without_orjson: ModuleType,
) -> None:
    handler = json_without_orjson.JSONHandler()
    assert handler.serialize({"name": "Zoë", "n": [1]}) == (
        b'{"name":"Zo\xc3\xab","n":[1]}'
    )
    assert handler.decode(b'{"a": [1, "x"]}') == {"a": [1, "x"]}
    with pytest.raises(JSONMalformedError, match="line 1 column 7"):
        handler.decode(b'{"a": }')
    with pytest.raises(ValueError, match="not JSON compliant"):
        handler.serialize(math.nan)
    assert json_without_orjson.JSONHandlerWS().serialize({"a": 2**70}) == (
        '{"a":1180591620717411303424}'
    )
    with pytest.raises(JSONMalformedError, match="NaN is no JSON"):
        handler.decode(b"[NaN]")
    with pytest.raises(JSONMalformedError, match="deeply"):
        handler.decode(b"[" * 100_000)
