"""Close codes and reasons (RFC 6455, 7.4)."""

from __future__ import annotations

from typing import Any

import pytest

from falconws.ws import CloseCode
from falconws.ws.closing import (
    check_close,
    close_code_for,
    default_reasons,
    initiator_of,
    shortened,
)


@pytest.mark.parametrize("code", [1000, 1003, 1007, 1011, 1014, 3000, 3999, 4000, 4999])
def test_a_code_that_may_be_sent_passes(code: int) -> None:
    check_close(code, "")


@pytest.mark.parametrize(
    "code",
    [-1000, 0, 999, 1004, 1005, 1006, 1015, 1016, 1999, 2000, 2999, 5000, 65535],
)
def test_a_code_that_must_not_be_sent_is_refused_by_its_number(code: int) -> None:
    with pytest.raises(ValueError, match=str(code)):
        check_close(code, "")


def test_of_all_codes_exactly_the_registered_and_the_private_ones_pass() -> None:
    passed = set()
    for code in range(6000):
        try:
            check_close(code, "")
        except ValueError:
            continue
        passed.add(code)
    registered = {1000, 1001, 1002, 1003, *range(1007, 1015)}
    assert passed == registered | set(range(3000, 5000))


@pytest.mark.parametrize("code", [True, 1000.0, "1000", None])
def test_a_code_that_is_no_whole_number_is_refused(code: Any) -> None:
    with pytest.raises(ValueError, match="number"):
        check_close(code, "")


@pytest.mark.parametrize("reason", ["", "x" * 123, "é" * 61 + "x", "🦅" * 30 + "éx"])
def test_a_reason_of_up_to_123_bytes_passes(reason: str) -> None:
    check_close(1000, reason)


@pytest.mark.parametrize("reason", ["x" * 124, "é" * 62, "🦅" * 31])
def test_a_reason_of_124_bytes_is_refused_and_told_its_length(reason: str) -> None:
    with pytest.raises(ValueError, match=r"at most 123 bytes .* 124"):
        check_close(1000, reason)


def test_a_reason_is_a_string() -> None:
    with pytest.raises(ValueError, match="reason is a string, not b'bye'"):
        check_close(1000, b"bye")  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("reason", "sent"),
    [
        ("x" * 123, "x" * 123),
        ("x" * 124, "x" * 120 + "..."),
        ("é" * 62, "é" * 60 + "..."),
        ("x" + "é" * 62, "x" + "é" * 59 + "..."),
        ("a\ud800", "a?"),
    ],
)
def test_a_reason_can_be_cut_to_what_may_be_sent(reason: str, sent: str) -> None:
    assert shortened(reason) == sent
    check_close(1000, sent)


def test_the_named_codes_are_those_of_the_registry() -> None:
    names = {n: v for n, v in vars(CloseCode).items() if n.isupper()}
    assert names == {
        "NORMAL_CLOSURE": 1000,
        "GOING_AWAY": 1001,
        "PROTOCOL_ERROR": 1002,
        "UNSUPPORTED_DATA": 1003,
        "INVALID_DATA": 1007,
        "POLICY_VIOLATION": 1008,
        "MESSAGE_TOO_BIG": 1009,
        "INTERNAL_ERROR": 1011,
        "SERVICE_RESTART": 1012,
        "TRY_AGAIN_LATER": 1013,
    }


@pytest.mark.parametrize(("status", "code"), [(302, 3302), (404, 3404), (503, 3503)])
def test_an_http_status_becomes_a_close_code_above_3000(status: int, code: int) -> None:
    assert close_code_for(status) == code


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        (1000, "Normal Closure"),
        (1001, "Going Away"),
        (1003, "Unsupported Data"),
        (1007, "Invalid Data"),
        (1011, "Internal Server Error"),
        (3403, "Forbidden"),
        (3404, "Not Found"),
        (3413, "Content Too Large"),
        (3429, "Too Many Requests"),
    ],
)
def test_a_code_has_a_reason_to_go_with_it(code: int, reason: str) -> None:
    assert default_reasons()[code] == reason


def test_every_default_reason_may_be_sent_with_its_code() -> None:
    for code, reason in default_reasons().items():
        check_close(code, reason)


@pytest.mark.parametrize(
    ("codes", "initiator"),
    [
        ((1000, 1001, 1003, 1005, 1008, 1010, 3000, 4999), "client"),
        ((1011, 1012, 1013, 1014), "server"),
        ((1002, 1006, 1007, 1009), None),
    ],
)
def test_a_code_tells_who_has_closed_or_that_it_does_not_tell(
    codes: tuple[int, ...], initiator: str | None
) -> None:
    assert {initiator_of(code) for code in codes} == {initiator}
