import sys
from typing import Any

import jsonschema
import pytest

from falconws.media import PayloadInvalidError
from falconws.media.validators.jsonschema import SchemaValidator

NAMES = {
    "type": "object",
    "properties": {
        "names": {"type": "array", "items": {"type": "string", "maxLength": 3}},
        "on": {"type": "string", "format": "date"},
    },
}
DRAFT_3 = "http://json-schema.org/draft-03/schema#"


@pytest.mark.parametrize("media", [{}, {"names": ["Zoë"]}, {"on": "2020-01-02"}])
def test_what_a_schema_describes_is_accepted(media: object) -> None:
    SchemaValidator(NAMES).check(media)


@pytest.mark.parametrize(
    ("media", "detail"),
    [
        ([], "[] is not of type 'object'"),
        ({"names": ["Zoë", 7]}, "7 is not of type 'string' - at `$.names[1]`"),
        ({"names": ["Zoes"]}, "'Zoes' is too long - at `$.names[0]`"),
        ({"on": "2020-13-01"}, "'2020-13-01' is not a 'date' - at `$.on`"),
    ],
)
def test_what_does_not_fit_is_told_and_where(media: object, detail: str) -> None:
    with pytest.raises(PayloadInvalidError) as caught:
        SchemaValidator(NAMES).check(media)
    assert caught.value.detail == detail
    assert caught.value.__context__ is None


@pytest.mark.parametrize(("size", "whole"), [(474, True), (475, False)])
def test_a_large_value_is_not_told_back_whole(size: int, whole: bool) -> None:
    with pytest.raises(PayloadInvalidError) as caught:
        SchemaValidator(NAMES).check("x" * size)
    assert ("x" * size in caught.value.detail) == whole
    assert len(caught.value.detail) <= 505
    assert caught.value.detail.endswith("is not of type 'object'")


def test_a_payload_that_is_deeper_than_a_schema_can_follow_does_not_fit() -> None:
    media: list[Any] = []
    for _ in range(100_000):
        media = [media]
    with pytest.raises(PayloadInvalidError, match="deeply"):
        SchemaValidator({"items": {"$ref": "#"}}).check(media)


def test_a_schema_is_checked_when_it_is_given_and_by_its_own_dialect() -> None:
    with pytest.raises(jsonschema.SchemaError):
        SchemaValidator({"type": "no such type"})
    required = {"properties": {"a": {"required": True}}}
    with pytest.raises(jsonschema.SchemaError):
        SchemaValidator(required)
    with pytest.raises(PayloadInvalidError, match="'a' is a required property"):
        SchemaValidator({"$schema": DRAFT_3, **required}).check({})
    with pytest.raises(PayloadInvalidError):
        SchemaValidator(False).check({})


def test_without_the_library_it_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(sys.modules, "jsonschema", None)
    with pytest.raises(RuntimeError, match=r"falconws-media\[jsonschema\]"):
        SchemaValidator({})
