from http import HTTPStatus
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from falconws.core import (
    HTTP_200,
    HTTP_404,
    HTTP_NOT_FOUND,
    HTTP_OK,
    code_to_http_status,
    http_status_to_code,
    status_codes,
)


def test_a_status_has_a_constant_by_its_number_and_by_its_name() -> None:
    assert HTTP_200 == HTTP_OK == "200 OK"
    assert HTTP_404 == HTTP_NOT_FOUND == "404 Not Found"


@pytest.mark.parametrize("status", HTTPStatus)
def test_every_status_that_python_knows_has_a_constant(status: HTTPStatus) -> None:
    line = getattr(status_codes, f"HTTP_{status.value}")
    assert line.startswith(f"{status.value} ")
    assert code_to_http_status(status) == line


@pytest.mark.parametrize(
    ("status", "line"),
    [
        (404, "404 Not Found"),
        ("404", "404 Not Found"),
        (b"404", "404 Not Found"),
        (HTTPStatus.NOT_FOUND, "404 Not Found"),
        ("404 Gone Fishing", "404 Gone Fishing"),
        (b"404 Gone Fishing", "404 Gone Fishing"),
        (100, "100 Continue"),
        (999, "999 Unknown"),
    ],
)
def test_a_status_is_given_in_any_form(status: Any, line: str) -> None:
    assert code_to_http_status(status) == line
    assert http_status_to_code(status) == int(line[:3])


@pytest.mark.parametrize(
    "status",
    [99, 1000, -2, 2.5, None, "99", "1000", "", "OK", "20", "2000 OK", "404x", "٤٠٤"],
)
def test_what_is_no_status_of_three_digits_is_a_value_error(status: Any) -> None:
    with pytest.raises(ValueError, match="is not an HTTP status"):
        code_to_http_status(status)
    with pytest.raises(ValueError, match="is not an HTTP status"):
        http_status_to_code(status)


@given(st.integers(100, 999))
def test_the_line_of_a_code_gives_the_code(code: int) -> None:
    assert http_status_to_code(code_to_http_status(code)) == code
