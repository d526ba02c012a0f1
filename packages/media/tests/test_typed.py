import sys
from dataclasses import dataclass
from typing import Any, TypedDict

import msgspec
import pytest

from falconws.media import PayloadInvalidError
from falconws.media.typed import convert


class Move(msgspec.Struct):
    x: int
    y: int = 0


@dataclass
class Point:
    x: int


class Place(TypedDict):
    x: int


@pytest.mark.parametrize(
    ("kind", "instance"),
    [
        (Move, Move(7)),
        (Point, Point(7)),
        (Place, {"x": 7}),
        (Move | None, Move(7)),
        (dict[str, int], {"x": 7}),
    ],
)
def test_a_payload_becomes_an_instance(kind: Any, instance: object) -> None:
    assert convert({"x": 7}, kind) == instance


@pytest.mark.parametrize(
    ("media", "detail"),
    [
        ({"x": "7"}, r"Expected `int`, got `str` - at `\$.x`"),
        ({}, "missing required field `x`"),
        ([1], "Expected `object`, got `array`"),
    ],
)
def test_what_does_not_fit_is_told_and_where(media: object, detail: str) -> None:
    with pytest.raises(PayloadInvalidError, match=detail) as caught:
        convert(media, Move)
    assert caught.value.media_type == "Move"
    assert caught.value.__context__ is None


def test_the_error_names_a_type_without_a_name() -> None:
    with pytest.raises(PayloadInvalidError, match=r"Move \| None payload is invalid"):
        convert(7, Move | None)  # type: ignore[arg-type]


def test_without_msgspec_it_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(sys.modules, "msgspec", None)
    with pytest.raises(RuntimeError, match=r"pip install falconws-media\[msgspec\]"):
        convert({"x": 7}, Move)
