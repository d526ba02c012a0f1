import io
from typing import Any
from urllib.parse import parse_qs, urlencode

import msgspec
import pydantic
import pytest
from hypothesis import given
from hypothesis import strategies as st

from falconws.media import PayloadError, PayloadMalformedError
from falconws.media.errors import PayloadTooLargeError
from falconws.media.urlencoded import URLEncodedFormHandler

NAMES = st.text(st.characters(exclude_categories=["Cs"]), min_size=1)
VALUES = st.text(st.characters(exclude_categories=["Cs"]))


@given(st.dictionaries(NAMES, VALUES | st.lists(VALUES, min_size=2)))
def test_what_is_serialized_is_read_back(form: dict[str, Any]) -> None:
    body = URLEncodedFormHandler().serialize(form)
    assert body == urlencode(form, doseq=True).encode()
    assert URLEncodedFormHandler().deserialize(io.BytesIO(body)) == form
    lists = {name: [v] if isinstance(v, str) else v for name, v in form.items()}
    assert parse_qs(body.decode(), keep_blank_values=True) == lists


class Order(msgspec.Struct):
    drink: str
    count: int


class Model(pydantic.BaseModel):
    b: int


@pytest.mark.parametrize(
    ("media", "body"),
    [
        ({}, b""),
        ({"a b": "c&d=é"}, b"a+b=c%26d%3D%C3%A9"),
        ({"a": [1, 2.5], "b": (), "c": ("x",)}, b"a=1&a=2.5&c=x"),
        ({"a": True, "b": False, "c": None, 4: ""}, b"a=true&b=false&c=&4="),
        (Order("tea", 2), b"drink=tea&count=2"),
        ({b"a": b"\xff +", "b": bytearray(b"c")}, b"a=%FF+%2B&b=c"),
        ({"a": {1}, "b": iter("cd"), "c": range(2)}, b"a=1&b=c&b=d&c=0&c=1"),
        ({"a": Model(b=1)}, b"a=b%3D1"),
    ],
)
def test_a_mapping_becomes_a_form(media: object, body: bytes) -> None:
    assert URLEncodedFormHandler().encode(media) == body


@pytest.mark.parametrize("media", [[("a", "b")], 1, {"a": {}}, {"a": [{"b": 1}]}])
def test_what_a_form_has_no_place_for_is_a_type_error(media: object) -> None:
    with pytest.raises(TypeError, match="form"):
        URLEncodedFormHandler().encode(media)


@pytest.mark.parametrize(
    ("body", "keep_blank", "csv", "form"),
    [
        (b"", True, False, {}),
        (b"a=1&&b=2&", True, False, {"a": "1", "b": "2"}),
        (b"a=&b&=c&=", True, False, {"a": "", "b": "", "": "c"}),
        (b"a=&b&=c&=", False, False, {"": "c"}),
        (b"a=1&a=&a=3", True, False, {"a": ["1", "", "3"]}),
        (b"a=1&a=&a=3", False, False, {"a": ["1", "3"]}),
        (b"a=b=c+%2B%26", True, False, {"a": "b=c +&"}),
        (b"a=1,2&b=,", True, False, {"a": "1,2", "b": ","}),
        (b"a=1,2&a=3,%2C&b=,", True, True, {"a": ["1", "2", "3", ","], "b": ["", ""]}),
        (b"a=1,2,&b=,&c=3,", False, True, {"a": ["1", "2"], "c": "3"}),
        (b"%61=1&a=2", True, False, {"a": ["1", "2"]}),
        # Where Falcon wants US-ASCII, and gives the client a 400.
        ("é=ü".encode(), True, False, {"é": "ü"}),
        (b"a=%C3%A9%FF%", True, False, {"a": "é�%"}),
    ],
)
def test_a_form_is_read(
    body: bytes, keep_blank: bool, csv: bool, form: dict[str, Any]
) -> None:
    assert URLEncodedFormHandler(keep_blank, csv).decode(body) == form


def test_bytes_that_are_no_utf_8_are_malformed_and_not_kept() -> None:
    with pytest.raises(PayloadMalformedError, match="byte 2") as caught:
        URLEncodedFormHandler().decode(b"a=\xff")
    assert caught.value.__context__ is None


@given(st.binary(), st.booleans(), st.booleans())
def test_whatever_the_bytes_are_they_are_a_form_or_a_payload_error(
    body: bytes, keep_blank: bool, csv: bool
) -> None:
    try:
        form = URLEncodedFormHandler(keep_blank, csv).decode(body)
    except PayloadError:
        return
    assert all(isinstance(value, str | list) and value != [] for value in form.values())


def test_a_form_has_as_many_fields_as_the_limit_and_no_more() -> None:
    handler = URLEncodedFormHandler()
    assert len(handler.decode(b"&".join(b"%d=" % n for n in range(1000)))) == 1000
    with pytest.raises(PayloadTooLargeError, match="more than 1000 fields"):
        handler.decode(b"&" * 1000)
    assert handler.decode(b"a=" + b"," * 1000) == {"a": "," * 1000}
    with pytest.raises(PayloadTooLargeError):
        URLEncodedFormHandler(csv=True).decode(b"a=" + b"," * 1000)
    unlimited = URLEncodedFormHandler(max_field_count=None)
    assert unlimited.decode(b"a=&" * 1001)["a"] == [""] * 1001


def test_a_limit_of_no_fields_is_refused() -> None:
    assert URLEncodedFormHandler(max_field_count=1).decode(b"a=b") == {"a": "b"}
    with pytest.raises(ValueError, match="max_field_count"):
        URLEncodedFormHandler(max_field_count=0)
