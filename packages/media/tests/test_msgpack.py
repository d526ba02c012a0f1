import io
from typing import Any

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
    ],
)
def test_what_is_not_one_object_is_malformed(payload: bytes) -> None:
    with pytest.raises(PayloadMalformedError) as caught:
        MessagePackHandler().decode(payload)
    assert caught.value.detail
    with pytest.raises(PayloadMalformedError):
        MessagePackHandlerWS().deserialize(payload)


@given(st.binary(max_size=40))
def test_whatever_comes_is_read_or_is_a_payload_error(payload: bytes) -> None:
    try:
        MessagePackHandler().decode(payload)
    except PayloadError:
        pass
