"""RFC 9110: HTTP semantics."""

from __future__ import annotations

import asyncio
import os
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from falconws.core import (
    COMBINED_METHODS,
    App,
    HTTPBadRequest,
    HTTPStatus,
    HTTPTooManyRequests,
    HTTPUnauthorized,
    dt_to_http,
)
from tests.conformance.manifest import requirement
from tests.conformance.protocol import app_of, ask, raising, telling

LATIN_1 = st.text(st.characters(min_codepoint=32, max_codepoint=255), max_size=20)
TIMES = st.datetimes(datetime(1900, 1, 1), timezones=st.just(UTC)).map(
    lambda time: time.replace(microsecond=0)
)
FEW = settings(max_examples=20)

# 5: fields.


WRITERS: list[Callable[[Any, str], None]] = [
    lambda resp, text: resp.set_header("X-A", text),
    lambda resp, text: resp.append_header("Set-Cookie", text),
    lambda resp, text: setattr(resp, "location", text),
    lambda resp, text: resp.append_link(text, "next"),
    lambda resp, text: resp.set_cookie("a", "", path=text),
]


@requirement("rfc9110:5.5:field-values")
@given(st.sampled_from(WRITERS), LATIN_1, st.sampled_from("\r\n\0"), LATIN_1)
@FEW
def test_no_line_break_nor_nul_gets_into_a_header(
    write: Callable[[Any, str], None], before: str, char: str, after: str
) -> None:
    text = before + char + after
    assert ask(app_of(lambda req, resp: write(resp, text))).status == 500
    assert ask(raising(HTTPBadRequest(headers={"X-A": text}))).status == 500


# 5.6.7: dates.

IMF_FIXDATE = re.compile(
    r"(Mon|Tue|Wed|Thu|Fri|Sat|Sun), \d\d "
    r"(Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec) \d{4} \d\d:\d\d:\d\d GMT"
)
DAYS = "Monday Tuesday Wednesday Thursday Friday Saturday Sunday".split()


def date_forms(moment: datetime) -> list[str]:
    """Write a time in each of the three forms; the last has half of the year."""
    imf, name, year = dt_to_http(moment), DAYS[moment.weekday()], moment.year
    month, time = imf[8:11], imf[17:25]
    return [
        imf,
        f"{name[:3]} {month} {moment.day:2} {time} {year:04}",
        f"{name}, {moment.day:02}-{month}-{year % 100:02} {time} GMT",
    ]


def read_date(text: str) -> Any:
    app = telling(lambda req: req.if_modified_since.isoformat())
    return ask(app, headers=[("If-Modified-Since", text)]).json


@requirement("rfc9110:5.6.7:recipient")
@requirement("rfc9110:5.6.7:sender")
@requirement("rfc9110:5.6.7:leap-second")
@given(TIMES, st.integers(-49, 49))
@FEW
def test_a_date_is_read_in_three_forms_and_written_in_one(
    time: datetime, ahead: int
) -> None:
    for form in date_forms(time)[:2]:
        assert read_date(form) == time.isoformat()
    assert read_date("Sat, 31 Dec 2016 23:59:60 GMT") == "2016-12-31T23:59:59+00:00"
    near = time.replace(year=datetime.now(UTC).year + ahead, day=1)
    assert read_date(date_forms(near)[2]) == near.isoformat()
    sent = ask(app_of(lambda req, resp: setattr(resp, "last_modified", time)))
    assert IMF_FIXDATE.fullmatch(sent.header("last-modified") or "")


# 9 and 10: methods.


METHODS = sorted({*COMBINED_METHODS} - {"WEBSOCKET"})


@requirement("rfc9110:9.3.7:options")
@requirement("rfc9110:10.2.1:allow")
@requirement("rfc9110:15.5.6:405")
@requirement("rfc9110:9.1:head")
@requirement("rfc9110:9.1:unknown-method")
@given(st.sets(st.sampled_from(METHODS), min_size=1), st.sampled_from(METHODS))
@example({"GET"}, "HEAD")
@example({"GET", "PUT"}, "OPTIONS")
@FEW
def test_a_resource_tells_what_it_allows(methods: set[str], method: str) -> None:
    reply = ask(app_of(lambda req, resp: None, *methods), method)
    allowed = set((reply.header("allow") or "").split(", "))
    if method in methods:
        assert (reply.status, allowed) == (200, {""})
    elif method == "OPTIONS":
        assert (reply.status, reply.body, allowed) == (200, b"", methods)
    else:
        assert (reply.status, allowed) == (405, methods | {"OPTIONS"})
    assert ask(app_of(lambda req, resp: None, *methods), "BREW").status == 400


# 12: negotiation.

TYPES = ["text/html", "text/plain", "text/plain;format=flowed", "image/png"]
RANGES = [*TYPES, "text/*", "image/*", "*/*", "text/plain;format=fixed"]
WEIGHTS = ["", ";q=0", "; q=0.5", " ; Q=0.501", ";q=1.000", ";q=2", ";q=high"]


def expected_weight(media_type: str, accept: dict[str, str]) -> float:
    """Give the weight by the most specific range that matches (RFC 9110, 12.5.1)."""
    kind = media_type.partition(";")[0]
    for candidate in (media_type, kind, f"{kind.partition('/')[0]}/*", "*/*"):
        weight = accept.get(candidate, ";q=2").partition("=")[2] or "1"
        if weight not in ("2", "high"):  # which are none (12.4.2)
            return float(weight)
    return 0


@requirement("rfc9110:12.5.1:accept")
@given(
    st.dictionaries(st.sampled_from(RANGES), st.sampled_from(WEIGHTS), min_size=1),
    st.permutations(TYPES),
)
@settings(max_examples=200)
def test_the_most_specific_range_decides(
    accept: dict[str, str], types: list[str]
) -> None:
    app = telling(
        lambda req: [req.client_prefers(types), [*filter(req.client_accepts, types)]]
    )
    header = ", ".join(media_range + weight for media_range, weight in accept.items())
    weights = {kind: expected_weight(kind, accept) for kind in types}
    best = max(types, key=lambda kind: weights[kind])
    expected = [best if weights[best] else None, [t for t in types if weights[t]]]
    assert ask(app, headers=[("Accept", header)]).json == expected


@requirement("rfc9110:12.4.1:unacceptable")
@requirement("rfc9110:12.5.5:vary")
@pytest.mark.parametrize("accept", ["text/html", "*/*;q=0", "application/json", ""])
def test_an_error_is_told_to_a_client_that_accepts_nothing(accept: str) -> None:
    reply = ask(raising(HTTPBadRequest()), headers=[("Accept", accept)])
    assert (reply.status, reply.header("vary")) == (400, "Accept")
    assert reply.header("content-type") == "application/json"
    assert reply.json == {"title": "400 Bad Request"}


# 13 and 14: conditions and ranges, on a file.

CONTENT = bytes(range(200))
MODIFIED = datetime(2001, 9, 9, 1, 46, 40, tzinfo=UTC)
# What a date says of the file's: -1 for before it; None for what is no date.
DATES = {
    form: days for days in (-1, 0, 1) for form in date_forms(MODIFIED + timedelta(days))
} | {"yesterday": None, "": None}
TAG = st.sampled_from(["ETAG", "W/ETAG", '"x"', 'W/"x"', '"a,"', '"\xff"', '""'])
# RFC 9110, 5.6.1: a list may have empty members.
TAGS = st.just("*") | st.lists(TAG, max_size=3).map(" ,, ".join)
POSITIONS = st.none() | st.integers(0, 201) | st.sampled_from([0, 199, 10**30])
DATE = st.sampled_from(sorted(DATES))
CONDITIONS = st.fixed_dictionaries(
    {},
    optional={
        "if-match": TAGS,
        "if-unmodified-since": DATE,
        "if-none-match": TAGS,
        "if-modified-since": DATE,
        "if-range": TAG | DATE,
    },
)


def expected_status(asked: dict[str, str], method: str, part: range | None) -> int:
    """Follow RFC 9110, 13.2.2 from its first step to its last."""
    if "if-match" in asked:
        if asked["if-match"] != "*" and "ETAG" not in asked["if-match"].split(" ,, "):
            return 412
    elif DATES.get(asked.get("if-unmodified-since", "")) == -1:
        return 412
    if "if-none-match" in asked:
        if asked["if-none-match"] == "*" or "ETAG" in asked["if-none-match"]:
            return 304
    elif DATES.get(asked.get("if-modified-since", "")) in (0, 1):
        return 304
    validator = asked.get("if-range", "ETAG")
    if method == "HEAD" or (validator != "ETAG" and DATES.get(validator) != 0):
        return 200
    return 200 if part is None else 206 if part else 416


def expected_part(first: int | None, last: int | None) -> range | None:
    """Give the positions that RFC 9110, 14.1.2 means; None for what is no range."""
    if first is None:
        return range(max(0, 200 - last), 200) if last is not None else None
    if last is not None and last < first:
        return None
    return range(200)[first : None if last is None else last + 1]


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> App:
    directory = tmp_path_factory.mktemp("files")
    (directory / "a.png").write_bytes(CONTENT)
    (directory / "empty").touch()
    # Half of a second more than headers can say.
    os.utime(directory / "a.png", ns=(0, int(MODIFIED.timestamp()) * 10**9 + 5 * 10**8))
    app = App()
    app.add_static_route("/", directory)
    return app


@requirement("rfc9110:13.1.1:if-match")
@requirement("rfc9110:13.1.2:if-none-match")
@requirement("rfc9110:13.1.3:if-modified-since")
@requirement("rfc9110:13.1.4:if-unmodified-since")
@requirement("rfc9110:13.1.5:if-range")
@requirement("rfc9110:13.2.2:precedence")
@requirement("rfc9110:14.1.2:byte-ranges")
@requirement("rfc9110:14.2:range")
@requirement("rfc9110:14.4:content-range")
@requirement("rfc9110:15.4.5:304")
@given(CONDITIONS, POSITIONS, POSITIONS, st.sampled_from(["GET", "GET", "HEAD"]))
@example({"if-match": "W/ETAG"}, None, None, "GET")
@example({"if-none-match": "W/ETAG", "if-modified-since": "yesterday"}, 0, 0, "HEAD")
@example({"if-range": "W/ETAG"}, 0, 0, "GET")
@example({"if-range": date_forms(MODIFIED)[1]}, None, 1, "GET")
@example({}, None, 0, "GET")
@example({}, 200, None, "GET")
@settings(max_examples=400)
def test_a_file_is_sent_as_the_conditions_say_in_their_order(
    files: App, asked: dict[str, str], first: int | None, last: int | None, method: str
) -> None:
    etag = ask(files, "HEAD", "/a.png").header("etag") or ""
    ends = ["" if end is None else str(end) for end in (first, last)]
    headers = {**asked, "range": f"bytes={'-'.join(ends)}"}
    sent = [(name, text.replace("ETAG", etag)) for name, text in headers.items()]
    reply = ask(files, method, "/a.png", sent)
    part = expected_part(first, last)
    status = expected_status(asked, method, part)
    assert reply.status == status
    assert reply.header("etag") == etag
    assert reply.header("last-modified") == dt_to_http(MODIFIED)
    if status == 200:
        assert reply.body == (CONTENT if method == "GET" else b"")
    if status in (200, 206):
        assert reply.header("accept-ranges") == "bytes"
    content_range = {416: "bytes */200"}
    if status == 206:
        assert part is not None
        assert reply.body == bytes(part)
        content_range[206] = f"bytes {part[0]}-{part[-1]}/200"
    assert reply.header("content-range") == content_range.get(status)


@requirement("rfc9110:14.1:unit")
@requirement("rfc9110:14.2:ignored")
@requirement("rfc9110:13.2.1:other-statuses")
def test_not_every_range_or_condition_is_followed(files: App) -> None:
    for text in ("bytes=0-1,3-4", "bytes=1-0", "lines=0-1", "bytes=a-b", "0-1", ""):
        assert ask(files, "GET", "/a.png", [("Range", text)]).body == CONTENT
    headers = [("Range", "Bytes=0-1")]
    assert ask(files, "GET", "/a.png", headers).body == CONTENT[:2]
    assert ask(files, "GET", "/empty", headers).status == 200
    headers += [("If-Match", '"x"'), ("If-None-Match", "*")]
    assert ask(files, "GET", "/none", headers).status == 404
    assert ask(files, "POST", "/a.png", headers).status == 405


# 15: the statuses that are chosen here.


@requirement("rfc9110:15.5.1:400")
@requirement("rfc9110:15.5.5:404")
@requirement("rfc9110:15.5.16:415")
@requirement("rfc9110:15.6.1:500")
@requirement("rfc9110:15.6.4:503")
@requirement("rfc9110:10.2.3:retry-after")
def test_each_kind_of_failure_has_its_status() -> None:
    async def read(req: Any, resp: Any) -> None:
        await req.get_media()

    app = raising(ValueError("a secret"))
    app.add_route("/media", SimpleNamespace(on_post=read))
    for body, status in ((b"[1]", 200), (b"[1", 400), (b"", 400), (b"\xff", 400)):
        assert ask(app, "POST", "/media", body=body).status == status
    assert ask(app, "POST", "/media", [("Content-Type", "x/y")], b"1").status == 415
    assert ask(app, path="/none").status == 404
    bug = ask(app)
    assert (bug.status, bug.json) == (500, {"title": "500 Internal Server Error"})
    asyncio.run(app.drain(grace=0))
    refused = ask(app)
    assert (refused.status, refused.header("retry-after")) == (503, "5")
    told = ask(raising(HTTPTooManyRequests(retry_after=MODIFIED)))
    assert told.header("retry-after") == dt_to_http(MODIFIED)


@requirement("rfc9110:15.5.2:challenge")
@requirement("rfc9110:15.3.6:205")
def test_a_401_has_the_challenge_that_it_was_given_and_a_205_no_content() -> None:
    assert ask(raising(HTTPUnauthorized())).header("www-authenticate") is None
    told = ask(raising(HTTPUnauthorized(challenges=["Bearer", 'Basic realm="a"'])))
    assert told.header("www-authenticate") == 'Bearer, Basic realm="a"'
    reset = ask(raising(HTTPStatus(205, text="text")))
    assert (reset.body, reset.header("content-length")) == (b"", "0")
