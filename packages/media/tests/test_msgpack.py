import io
import math
from typing import Any

import msgpack
import pytest
from hypothesis import given
from hypothesis import strategies as st

from falconws.media import (
    MessagePackHandler,
    MessagePackHandlerWS,
    PayloadEmptyError,
    PayloadError,
    PayloadMalformedError,
)

SCALARS = (
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**64 - 1)
    | st.floats(allow_nan=False)
    | st.text()
    | st.binary()
)
OBJECTS = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=10,
)


@given(OBJECTS)
def test_what_is_serialized_is_read_back(media: Any) -> None:
    body = MessagePackHandler().serialize(media)
    assert MessagePackHandler().deserialize(io.BytesIO(body)) == media
    message = MessagePackHandlerWS().serialize(media)
    assert MessagePackHandlerWS().deserialize(message) == media


def test_the_bytes_are_those_of_the_specification() -> None:
    assert MessagePackHandler().serialize({"a": 1, "b": [None, True]}) == (
        b"\x82\xa1a\x01\xa1b\x92\xc0\xc3"
    )


def test_an_object_that_messagepack_has_no_form_for_is_a_type_error() -> None:
    with pytest.raises(TypeError):
        MessagePackHandler().serialize(object())
    with pytest.raises(TypeError):
        MessagePackHandlerWS().serialize(object())


def test_an_empty_payload_is_told_from_a_malformed_one() -> None:
    with pytest.raises(PayloadEmptyError):
        MessagePackHandler().deserialize(io.BytesIO())
    with pytest.raises(PayloadEmptyError):
        MessagePackHandlerWS().deserialize(b"")


@pytest.mark.parametrize(
    "payload",
    [
        b"\x01\x02",  # one object, and another
        b"\x92\x01",  # a list of two that ends after the first
        b"\xc1",  # a byte that the format never uses
        b"\xa1\xff",  # a string that is no UTF-8
        b"\x91" * 100_000,  # nesting beyond the parser's depth
        b"\xa3\xed\xa0\x80",  # half a character
        b"\x81\x90\x02",  # a map whose key is a list
        b"\x81\x01\x02",  # or a number
        b"\xdd\xff\xff\xff\xff",  # a list of 2**32 - 1 that is not there
        b"\xd4\xff\x00",  # a timestamp of one byte
    ],
)
def test_what_is_not_one_object_is_malformed(payload: bytes) -> None:
    with pytest.raises(PayloadMalformedError) as caught:
        MessagePackHandler().decode(payload)
    assert caught.value.detail
    assert caught.value.__context__ is None  # which would keep the payload alive
    with pytest.raises(PayloadMalformedError):
        MessagePackHandlerWS().deserialize(payload)


def test_a_depth_that_is_beyond_the_parser_is_said_to_be() -> None:
    handler = MessagePackHandler()
    assert handler.decode(b"\x91" * 500 + b"\x90")
    with pytest.raises(PayloadMalformedError, match="Too deeply nested"):
        handler.decode(b"\x91" * 100_000)


@pytest.mark.parametrize(
    "media", [msgpack.ExtType(5, b"x"), msgpack.Timestamp(2**40, 7), {b"a": 1}]
)
def test_what_messagepack_has_besides_goes_out_as_it_came(media: object) -> None:
    handler = MessagePackHandler()
    assert handler.decode(handler.encode(media)) == media


def test_of_equal_keys_the_last_counts() -> None:
    assert MessagePackHandler().decode(b"\x82\xa1a\x01\xa1a\x02") == {"a": 2}


def test_numbers_that_are_none_or_infinite_go_out_and_come_in() -> None:
    handler = MessagePackHandler()
    number, infinite = handler.decode(handler.encode([math.nan, -math.inf]))
    assert math.isnan(number)
    assert infinite == -math.inf


def _part_of_itself() -> list[object]:
    media: list[object] = []
    media.append(media)
    return media


@pytest.mark.parametrize(
    ("media", "error"),
    [
        (2**64, TypeError),
        (-(2**63) - 1, TypeError),
        ("\ud800", ValueError),
        (_part_of_itself(), ValueError),
        ({1, 2}, TypeError),
    ],
)
def test_what_has_no_form_is_an_error_of_the_application(
    media: object, error: type[Exception]
) -> None:
    for serialize in (MessagePackHandler().encode, MessagePackHandlerWS().serialize):
        with pytest.raises(error) as caught:
            serialize(media)
        assert not isinstance(caught.value, PayloadError)


@given(st.binary(max_size=40))
def test_whatever_comes_is_read_or_is_a_payload_error(payload: bytes) -> None:
    try:
        MessagePackHandler().decode(payload)
    except PayloadError:
        pass
