from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from falconws.core import Request
from falconws.core.routing._conditions import choose_response
from falconws.testing import create_scope

TAG = '"6553f100-a"'
MODIFIED = datetime(2023, 11, 14, 22, 13, 20, tzinfo=UTC)
EARLIER = "Tue, 14 Nov 2023 22:13:19 GMT"
THEN = "Tue, 14 Nov 2023 22:13:20 GMT"
LATER = "Tue, 14 Nov 2023 22:13:21 GMT"
OBSOLETE = ["Tuesday, 14-Nov-23 22:13:20 GMT", "Tue Nov 14 22:13:20 2023"]
NO_DATES = ["", "nonsense", "1700000000", THEN.replace("GMT", "+0000")]


async def _no_body() -> dict[str, str]:
    raise AssertionError("Nothing here reads a body.")


def choose(
    headers: dict[str, str], method: str = "GET", size: int = 10
) -> tuple[int, range]:
    req = Request(create_scope(method=method, headers=headers), _no_body)
    return choose_response(req, TAG, MODIFIED, size)


CONDITIONS = [
    (200, "If-Match", [TAG, "*", f'"x" ,{TAG}', f'"a,b", {TAG}']),
    (412, "If-Match", ['"x"', f"W/{TAG}", f'"x", W/{TAG}', "", TAG.strip('"')]),
    (200, "If-Unmodified-Since", [THEN, LATER, *OBSOLETE, *NO_DATES]),
    (412, "If-Unmodified-Since", [EARLIER]),
    (304, "If-None-Match", [TAG, "*", f"W/{TAG}", f'"x",W/{TAG}', f'"a,b", {TAG}']),
    (200, "If-None-Match", ['"x"', 'W/"x"', "", TAG.strip('"'), f'"x{TAG[1:]}']),
    (304, "If-Modified-Since", [THEN, LATER, *OBSOLETE]),
    (200, "If-Modified-Since", [EARLIER, *NO_DATES]),
]


@pytest.mark.parametrize("method", ["GET", "HEAD"])
@pytest.mark.parametrize(
    ("status", "name", "value"),
    [(s, n, v) for s, n, values in CONDITIONS for v in values],
)
def test_a_condition_is_held_against_the_file(
    method: str, status: int, name: str, value: str
) -> None:
    assert choose({name: value}, method) == (status, range(10))


@pytest.mark.parametrize(
    ("status", "headers"),
    [
        (200, {"If-Match": TAG, "If-Unmodified-Since": EARLIER}),
        (412, {"If-Match": '"x"', "If-Unmodified-Since": LATER}),
        (412, {"If-Match": '"x"', "If-None-Match": TAG}),
        (304, {"If-Match": TAG, "If-None-Match": TAG}),
        (412, {"If-Unmodified-Since": EARLIER, "If-None-Match": TAG}),
        (200, {"If-None-Match": '"x"', "If-Modified-Since": LATER}),
        (304, {"If-None-Match": TAG, "If-Modified-Since": EARLIER}),
        (304, {"If-None-Match": TAG, "Range": "bytes=0-3"}),
        (412, {"If-Match": '"x"', "Range": "bytes=10-"}),
        (206, {"If-Match": TAG, "If-None-Match": '"x"', "Range": "bytes=0-3"}),
    ],
)
def test_conditions_come_in_their_order(status: int, headers: dict[str, str]) -> None:
    assert choose(headers)[0] == status


@pytest.mark.parametrize("validator", [TAG, THEN, *OBSOLETE])
def test_a_part_is_given_to_who_has_another_of_the_same_state(validator: str) -> None:
    headers = {"If-Range": validator, "Range": "bytes=2-3"}
    assert choose(headers) == (206, range(2, 4))


@pytest.mark.parametrize(
    "validator", [f"W/{TAG}", '"x"', "*", EARLIER, LATER, f"{TAG}, {TAG}", *NO_DATES]
)
@pytest.mark.parametrize("requested", ["bytes=2-3", "bytes=10-"])
def test_who_has_a_part_of_another_state_gets_the_whole(
    validator: str, requested: str
) -> None:
    headers = {"If-Range": validator, "Range": requested}
    assert choose(headers) == (200, range(10))


@pytest.mark.parametrize(
    ("requested", "part"),
    [
        ("bytes=0-0", range(1)),
        ("bytes=2-5", range(2, 6)),
        ("BYTES=02-05", range(2, 6)),
        ("bytes=9-9", range(9, 10)),
        ("bytes=0-9", range(10)),
        ("bytes=0-10", range(10)),
        (f"bytes=0-{'9' * 99}", range(10)),
        ("bytes=9-", range(9, 10)),
        ("bytes=-1", range(9, 10)),
        ("bytes=-10", range(10)),
        ("bytes=-11", range(10)),
    ],
)
def test_a_range_is_a_part_of_the_file(requested: str, part: range) -> None:
    assert choose({"Range": requested}) == (206, part)
    assert choose({"Range": requested}, "HEAD") == (200, range(10))
    assert choose({"Range": requested}, size=0) == (200, range(0))


@pytest.mark.parametrize(
    "requested", ["bytes=10-", "bytes=10-11", "bytes=-0", f"bytes={'9' * 99}-"]
)
def test_a_range_beyond_the_end_cannot_be_satisfied(requested: str) -> None:
    assert choose({"Range": requested})[0] == 416
    assert choose({"Range": requested}, "HEAD") == (200, range(10))


IGNORED = (
    "|bytes|bytes=|bytes=-|bytes=5-3|bytes=0-1,3-4|bytes=0-1, 3-4|bytes=0-1,|lines=0-1"
    "|bytes=a-b|bytes=+1-2|bytes=1_0-|bytes=0 - 1|bytes=\xb2-|0-1|bytes=0-1x"
)
TOO_LONG = [f"bytes=0-{'9' * 100}", f"bytes={'0' * 5000}-"]


@pytest.mark.parametrize("requested", [*IGNORED.split("|"), *TOO_LONG])
def test_a_range_that_is_none_or_more_than_one_is_ignored(requested: str) -> None:
    assert choose({"Range": requested}) == (200, range(10))


@given(st.text("bytes=,-019 ").map("bytes={}".format), st.integers(0, 20))
def test_whatever_is_requested_lies_within_the_file(requested: str, size: int) -> None:
    status, part = choose({"Range": requested}, size=size)
    assert (status == 416) == (not part and size > 0)
    assert status == 416 or set(part) <= set(range(size))
