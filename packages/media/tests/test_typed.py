import sys
from dataclasses import dataclass
from typing import Any, TypedDict

import msgspec
import pytest

from falconws.media import (
    JSONHandler,
    JSONHandlerWS,
    MessagePackHandler,
    MessagePackHandlerWS,
    PayloadInvalidError,
)
from falconws.media.typed import convert, plain


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


class Game(msgspec.Struct):
    name: str
    moves: list[Move]
    board: bytes = b""


GAME = Game("chess", [Move(1, 2)], b"\x00\xff")


def test_an_instance_is_sent_as_what_it_is_made_of() -> None:
    sent = {"games": [GAME]}
    json = '{"games":[{"name":"chess","moves":[{"x":1,"y":2}],"board":"AP8="}]}'
    assert JSONHandler().encode(sent) == json.encode()
    assert JSONHandlerWS().serialize(sent) == json
    packed = MessagePackHandler().encode(sent)
    assert packed == MessagePackHandlerWS().serialize(sent)
    (game,) = MessagePackHandler().decode(packed)["games"]
    assert game == {
        "name": "chess",
        "moves": [{"x": 1, "y": 2}],
        "board": b"\x00\xff",
    }
    assert convert(game, Game) == GAME


@pytest.mark.parametrize("encode", [JSONHandler().encode, MessagePackHandler().encode])
def test_what_is_no_instance_of_such_a_type_is_still_refused(encode: Any) -> None:
    with pytest.raises(TypeError):
        encode({"thing": object()})


def test_without_msgspec_there_are_no_such_instances(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delitem(sys.modules, "msgspec")
    with pytest.raises(TypeError, match="no form for Game"):
        plain(GAME)
