import math
import uuid
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from falconws.core import BaseConverter
from falconws.core.routing.converters import (
    BUILTIN,
    DateTimeConverter,
    FloatConverter,
    IntConverter,
    PathConverter,
    RegexConverter,
    UUIDConverter,
)

ID = uuid.UUID("12345678-1234-5678-1234-567812345678")


def test_the_names_that_templates_use_are_these() -> None:
    assert dict(BUILTIN) == {
        "dt": DateTimeConverter,
        "float": FloatConverter,
        "int": IntConverter,
        "path": PathConverter,
        "re": RegexConverter,
        "uuid": UUIDConverter,
    }


def test_a_converter_has_to_convert() -> None:
    class Lazy(BaseConverter):
        pass

    with pytest.raises(NotImplementedError, match="Lazy does not convert"):
        Lazy().convert("")


@pytest.mark.parametrize(
    ("kwargs", "text", "value"),
    [
        ({}, "7", 7),
        ({}, "-7", -7),
        ({}, "007", 7),
        ({"num_digits": 2}, "07", 7),
        ({"num_digits": 2}, "7", None),
        ({"num_digits": 2}, "007", None),
        ({"num_digits": 2}, "-7", None),
        ({"min": 3}, "3", 3),
        ({"min": 3}, "2", None),
        ({"max": 3}, "3", 3),
        ({"max": 3}, "4", None),
        ({"min": 0, "max": 0}, "0", 0),
        ({"min": 0, "max": 0}, "-1", None),
    ],
)
def test_an_integer_is_within_its_limits(
    kwargs: dict[str, int], text: str, value: int | None
) -> None:
    assert IntConverter(**kwargs).convert(text) == value


@pytest.mark.parametrize(
    "text", ["", "-", "x", "1.0", "+1", " 1", "1 ", "1\n", "1_0", "٣", "²", "9" * 5000]
)
def test_what_is_no_integer_does_not_match(text: str) -> None:
    assert IntConverter().convert(text) is None


@pytest.mark.parametrize("num_digits", [0, -1])
def test_an_integer_has_at_least_one_digit(num_digits: int) -> None:
    assert IntConverter(1).convert("7") == 7
    with pytest.raises(ValueError, match="at least 1"):
        IntConverter(num_digits)


@pytest.mark.parametrize(
    ("kwargs", "text", "value"),
    [
        ({}, "7", 7.0),
        ({}, "-.5e3", -500.0),
        ({"min": 0.5}, "0.5", 0.5),
        ({"min": 0.5}, "0.4999", None),
        ({"max": 0.5}, "0.5", 0.5),
        ({"max": 0.5}, "0.5001", None),
        ({}, "inf", None),
        ({}, "nan", None),
        ({}, "1e999", None),
        ({"finite": False}, "-inf", -math.inf),
        ({"finite": False, "max": 5}, "inf", None),
        ({"finite": False, "max": 5}, "nan", None),
    ],
)
def test_a_decimal_number_is_finite_and_within_its_limits(
    kwargs: dict[str, Any], text: str, value: float | None
) -> None:
    assert FloatConverter(**kwargs).convert(text) == value


def test_not_a_number_is_one_where_it_is_asked_for() -> None:
    value = FloatConverter(finite=False).convert("nan")
    assert value is not None
    assert math.isnan(value)


@pytest.mark.parametrize("text", ["", "x", "1,0", " 1", "1 ", "1_0.0", "٣", "0x1"])
def test_what_is_no_decimal_number_does_not_match(text: str) -> None:
    assert FloatConverter().convert(text) is None


@pytest.mark.parametrize(
    ("args", "text", "value"),
    [
        ((), "2026-07-01T12:30:00Z", datetime(2026, 7, 1, 12, 30, tzinfo=UTC)),
        ((), "2026-07-01T12:30:00", None),
        ((), "2026-13-01T12:30:00Z", None),
        (("%Y-%m-%d",), "2026-07-01", datetime(2026, 7, 1)),
        (("%Y-%m-%d",), "2026-02-30", None),
    ],
)
def test_a_time_has_the_form_that_was_set(
    args: tuple[str, ...], text: str, value: datetime | None
) -> None:
    assert DateTimeConverter(*args).convert(text) == value


@pytest.mark.parametrize("text", [str(ID), ID.hex, str(ID).upper()])
def test_a_uuid_is_32_digits_with_or_without_hyphens(text: str) -> None:
    assert UUIDConverter().convert(text) == ID


@pytest.mark.parametrize(
    "text",
    [
        "",
        "x",
        str(ID)[:-1],
        f"{ID}0",
        "g" * 32,
        f"{{{ID}}}",
        f"urn:uuid:{ID}",
        f"0x{ID.hex[2:]}",
    ],
)
def test_what_is_no_uuid_does_not_match(text: str) -> None:
    assert UUIDConverter().convert(text) is None


@given(st.lists(st.text(), min_size=1))
def test_all_that_is_left_of_a_path_keeps_its_slashes(segments: list[str]) -> None:
    assert PathConverter().convert(segments) == "/".join(segments)
    assert PathConverter.CONSUME_MULTIPLE_SEGMENTS


def test_an_expression_matches_as_a_whole_and_gives_the_text_or_a_group() -> None:
    assert RegexConverter("(?P<year>[0-9]{4})-([0-9]{2})").convert("2026-07") == (
        "2026-07"
    )
    assert RegexConverter("[0-9]+px", 0).convert("7px") == "7px"
    assert RegexConverter("([0-9]+)px", 1).convert("7px") == "7"
    assert RegexConverter("(?P<n>[0-9]+)px", "n").convert("7px") == "7"
    assert RegexConverter("[0-9]+", 0).convert("7px") is None
    assert RegexConverter("[0-9]+").convert("px7") is None
    assert RegexConverter("([0-9]+)?px", 1).convert("px") is None


@pytest.mark.parametrize("group", [2, -1, "m"])
def test_an_expression_must_have_the_group_that_is_asked_for(group: int | str) -> None:
    with pytest.raises(ValueError, match="has no group"):
        RegexConverter("(?P<n>[0-9]+)", group)
