import enum
import sys
from dataclasses import dataclass
from datetime import date, datetime
from typing import Annotated, Any, Literal, NewType, TypedDict
from uuid import UUID

import msgspec
import pydantic
import pytest

from falconws.media import (
    JSONHandler,
    JSONHandlerWS,
    MessagePackHandler,
    MessagePackHandlerWS,
    PayloadInvalidError,
)
from falconws.media.typed import convert, is_kind, plain


class Move(msgspec.Struct):
    x: int
    y: int = 0


@dataclass
class Point:
    x: int


class Place(TypedDict):
    x: int


class Item(pydantic.BaseModel):
    x: int
    on: date | None = None
    more: list["Item"] = []


class Box(msgspec.Struct):
    item: Item


class Node(msgspec.Struct):
    child: "Node | None" = None


class Color(enum.Enum):
    RED = "red"


@pytest.mark.parametrize(
    ("kind", "instance"),
    [
        (Move, Move(7)),
        (Point, Point(7)),
        (Place, {"x": 7}),
        (Move | None, Move(7)),
        (dict[str, int], {"x": 7}),
        (Item, Item(x=7)),
        (Item | None, Item(x=7)),
        (dict[Literal["x"], int] | list[Item], {"x": 7}),
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


@pytest.mark.parametrize(
    ("media", "kind", "detail"),
    [
        (
            {"more": [{"x": 1}, {}]},
            Item,
            "Field required - at `$.x`; Field required - at `$.more[1].x`",
        ),
        ([{"x": 1}, {}], list[Item], "Field required - at `$[1].x`"),
        (3, Item, "Input should be a valid dictionary or instance of Item"),
        ({"item": {}}, Box, "Field required - at `$.x` - at `$.item`"),
    ],
)
def test_pydantic_tells_what_and_where_as_well(
    media: object, kind: Any, detail: str
) -> None:
    with pytest.raises(PayloadInvalidError) as caught:
        convert(media, kind)
    assert caught.value.detail.endswith(detail)
    assert "http" not in caught.value.detail  # where the library's own words lead to
    assert caught.value.media_type == kind.__name__
    assert caught.value.__context__ is None


@pytest.mark.parametrize(("count", "end"), [(5, "[4].x`"), (6, "; and 1 more")])
def test_of_many_faults_five_are_told(count: int, end: str) -> None:
    with pytest.raises(PayloadInvalidError) as caught:
        convert([{}] * count, list[Item])
    assert caught.value.detail.count("Field required") == 5
    assert caught.value.detail.endswith(end)


def test_pydantic_coerces_what_msgspec_does_not() -> None:
    assert convert({"x": "7", "on": "2020-01-02"}, Item) == Item(
        x=7, on=date(2020, 1, 2)
    )
    assert convert({"item": {"x": 7}}, Box) == Box(Item(x=7))


def test_keys_that_json_has_only_text_for_become_what_they_are_declared_as() -> None:
    assert convert({"7": "a"}, dict[int, str]) == {7: "a"}
    with pytest.raises(PayloadInvalidError, match="Expected `int`"):
        convert({"seven": "a"}, dict[int, str])


@pytest.mark.parametrize("kind", [Node, Item])
def test_nesting_beyond_a_librarys_depth_does_not_fit(kind: type) -> None:
    payload: dict[str, Any] = {}
    for _ in range(100_000):
        payload = {"child": payload, "x": 1, "more": [payload]}
    with pytest.raises(PayloadInvalidError):
        convert(payload, kind)


def test_a_type_that_no_library_knows_is_not_the_payloads_fault() -> None:
    class Plain:
        pass

    with pytest.raises(NotImplementedError, match="msgspec makes no Plain"):
        convert([{}], list[Plain])


@pytest.mark.parametrize(
    "kind",
    [
        *(int, Any, Item, Move, Place, list[int], dict[str, Any], Move | None),
        *(Annotated[int, []], Literal["a"], NewType("Id", int)),
    ],
)
def test_classes_and_what_they_are_combined_to_are_types(kind: object) -> None:
    assert is_kind(kind)


@pytest.mark.parametrize("value", [None, {}, [], "", 0, False, {"a": int}, Move(1)])
def test_what_stands_for_a_body_is_no_type(value: object) -> None:
    assert not is_kind(value)


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


def test_models_are_sent_wherever_they_are() -> None:
    item = Item(x=1, on=date(2020, 1, 2))
    sent = {"item": item, "boxes": [Box(item)]}
    json = JSONHandler().decode(JSONHandler().encode(sent))
    assert json == MessagePackHandler().decode(MessagePackHandler().encode(sent))
    expected = {"x": 1, "on": "2020-01-02", "more": []}
    assert json == {"item": expected, "boxes": [{"item": expected}]}


@pytest.mark.parametrize(
    ("instance", "form"),
    [
        (datetime(2020, 1, 2, 3, 4), "2020-01-02T03:04:00"),
        (UUID(int=1), str(UUID(int=1))),
        (Color.RED, "red"),
        (Point(7), {"x": 7}),
    ],
)
def test_either_format_has_the_same_form_for_what_it_does_not_know(
    instance: object, form: object
) -> None:
    for handler in (JSONHandler(), MessagePackHandler()):
        assert handler.decode(handler.encode([instance])) == [form]


@pytest.mark.parametrize("encode", [JSONHandler().encode, MessagePackHandler().encode])
def test_what_is_no_instance_of_such_a_type_is_still_refused(encode: Any) -> None:
    with pytest.raises(TypeError):
        encode({"thing": object()})
    with pytest.raises(TypeError):
        encode(Point)


def test_without_msgspec_there_are_no_such_instances(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delitem(sys.modules, "msgspec")
    monkeypatch.delitem(sys.modules, "pydantic")
    for instance in (GAME, Item(x=1)):
        with pytest.raises(TypeError, match="There is no form for"):
            plain(instance)
    assert plain(Point(1)) == {"x": 1}


def test_types_are_msgspecs_where_there_is_no_pydantic(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delitem(sys.modules, "pydantic")
    assert convert([{"x": 7}], list[Move]) == [Move(7)]
