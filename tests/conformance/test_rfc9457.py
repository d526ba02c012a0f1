"""RFC 9457: problem details."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from falconws.core import HTTPError
from tests.conformance.manifest import requirement
from tests.conformance.protocol import ask, raising

PROBLEM, JSON = "application/problem+json", "application/json"
STATUSES = [status for status in HTTPStatus if status >= 400]
TEXT = st.text(st.characters(exclude_categories=["Cs"]), min_size=1)
MEMBERS = {"title": TEXT, "description": TEXT, "href": TEXT, "code": st.integers(0, 99)}


@requirement("rfc9457:3.1:members")
@requirement("rfc9457:3.1.2:status")
@requirement("rfc9457:3.2:extensions")
@requirement("rfc9457:4.2.1:about-blank")
@given(st.sampled_from(STATUSES), st.fixed_dictionaries({}, optional=MEMBERS))
def test_an_error_is_a_problem(status: HTTPStatus, members: dict[str, Any]) -> None:
    error = HTTPError(status, **members)
    reply = ask(raising(error), headers=[("Accept", PROBLEM)])
    assert (reply.status, reply.header("content-type")) == (status, PROBLEM)
    problem = reply.json
    assert problem.pop("status") == status
    assert problem.pop("detail", None) == members.get("description")
    assert problem.pop("code", None) == members.get("code")
    assert problem.pop("type", "").isascii()
    assert problem == {"title": members.get("title", HTTPError(status).title[4:])}


@requirement("rfc9457:3:media-type")
@pytest.mark.parametrize(
    ("accept", "sent"),
    [
        (f"{JSON};q=0.5, {PROBLEM}", PROBLEM),
        (f"{PROBLEM};q=0.5, {JSON}", JSON),
        ("*/*", JSON),
    ],
)
def test_a_problem_is_for_those_that_prefer_it(accept: str, sent: str) -> None:
    reply = ask(raising(HTTPError(404)), headers=[("Accept", accept)])
    assert reply.header("content-type") == sent
