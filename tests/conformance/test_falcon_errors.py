"""The errors, statuses and redirects that can be raised, beside Falcon's."""

from __future__ import annotations

import copy
import inspect
import json
import pickle
from collections import OrderedDict
from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from typing import Any

import falcon
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

import falconws.core
from tests.conformance.apps import FRAMEWORKS, both_raise, raising
from tests.conformance.differential import Exchange, same
from tests.conformance.manifest import requirement

ARGUMENTS: dict[str, dict[str, Any]] = {
    "HTTPInvalidHeader": {"msg": "It is odd.", "header_name": "X-A"},
    "HTTPMissingHeader": {"header_name": "X-A"},
    "HTTPInvalidParam": {"msg": "It is odd.", "param_name": "p"},
    "HTTPMissingParam": {"param_name": "p"},
    "MediaMalformedError": {"media_type": "YAML"},
    "MediaNotFoundError": {"media_type": "YAML"},
    "MultipartParseError": {},
    "HTTPMethodNotAllowed": {"allowed_methods": ["GET", "PUT"]},
    "HTTPRangeNotSatisfiable": {"resource_length": 7},
}
DESCRIBING_THEMSELVES = list(ARGUMENTS)[:7]
TAKING_A_TIME = ("HTTPContentTooLarge", "HTTPServiceUnavailable", "HTTPTooManyRequests")
CLASSES = sorted(
    name
    for name, kind in vars(falcon).items()
    if inspect.isclass(kind) and issubclass(kind, falcon.HTTPError)
)
# These differ; see the requirements on them.
SAME = sorted(
    {*CLASSES} - {"HTTPError", "HTTPPayloadTooLarge", "HTTPUnprocessableEntity"}
)

# XML has no other characters; what becomes of those is a requirement too.
_text = st.text(st.characters(codec="utf-8", exclude_categories=["C"]))
_token = st.text("abcXYZ019", min_size=1, max_size=5)
_headers = st.dictionaries(_token.map("X-{}".format), _token, max_size=2)


@st.composite
def _errors(draw: st.DrawFn) -> tuple[str, dict[str, Any]]:
    """Draw the name of an error class, and arguments of all that it takes."""
    name = draw(st.sampled_from(SAME))
    optional: dict[str, st.SearchStrategy[Any]] = {
        "headers": _headers | _headers.map(lambda headers: list(headers.items())),
        "href": st.text("abc/?=&:é {}", min_size=1),
        "href_text": _text,
        "code": st.integers(-9, 99),
    }
    if name not in DESCRIBING_THEMSELVES:
        optional |= {"title": _text, "description": _text}
    if name == "HTTPMethodNotAllowed":
        optional |= {"allowed_methods": st.lists(_token, max_size=3)}
    if name in TAKING_A_TIME:
        optional |= {"retry_after": st.integers(0, 99) | st.just(datetime(2026, 1, 2))}
    if name == "HTTPUnauthorized":
        optional |= {"challenges": st.lists(_token, max_size=2)}
    drawn = draw(st.fixed_dictionaries({}, optional=optional))
    return name, ARGUMENTS.get(name, {}) | drawn


@requirement("falcon:errors:classes")
@requirement("falcon:errors:arguments")
@requirement("falcon:errors:to-dict")
@requirement("falcon:errors:rendering")
@given(_errors(), st.sampled_from(["application/json", "text/xml", "application/xml"]))
@example(("HTTPTooManyRequests", {"retry_after": 7}), "text/xml")
@example(("HTTPGone", {"headers": {"X-A": "b"}, "href": "/é", "code": 0}), "text/xml")
def test_an_error_says_the_same(error: tuple[str, dict[str, Any]], accept: str) -> None:
    name, arguments = error
    made: list[Any] = []

    def make(falcon: Any) -> Any:
        made.append(getattr(falcon, name)(**copy.deepcopy(arguments)))
        return made[-1]

    found = same(raising(make), Exchange("/x", headers=[("Accept", accept)]))
    assert found.header("content-type") == accept
    theirs, ours = made
    for attribute in ("status", "title", "description", "code", "link"):
        assert getattr(ours, attribute) == getattr(theirs, attribute)
    assert ours.status_code == theirs.status_code == found.status
    assert list(ours.to_dict(OrderedDict).items()) == list(theirs.to_dict().items())


@requirement("falcon:errors:classes")
def test_there_are_the_same_classes_of_errors_with_the_same_bases() -> None:
    assert len(SAME) > 35
    for name in SAME:
        theirs, ours = (
            [base.__name__ for base in getattr(framework, name).__mro__]
            for framework in FRAMEWORKS
        )
        assert [base for base in ours if base != "FixedStatusError"] == theirs


@requirement("falcon:errors:other")
@pytest.mark.parametrize(
    ("name", "base"),
    [
        ("CompatibilityError", ValueError),
        ("HeaderNotSupported", ValueError),
        ("InvalidMediaType", ValueError),
        ("InvalidMediaRange", ValueError),
        ("OperationNotAllowed", ValueError),
        ("PayloadTypeError", TypeError),
        ("DelimiterError", OSError),
        ("UnsupportedError", RuntimeError),
        ("UnsupportedScopeError", RuntimeError),
        ("WebSocketDisconnected", ConnectionError),
    ],
)
def test_an_error_that_is_no_response_is_one_of_pythons_own(
    name: str, base: type[Exception]
) -> None:
    for framework in FRAMEWORKS:
        assert issubclass(getattr(framework, name), base)
        assert not issubclass(getattr(framework, name), framework.HTTPError)


WHEN = datetime(2026, 1, 2, 3, tzinfo=timezone(timedelta(hours=2)))


def touched(falcon: Any) -> dict[str, str]:
    headers = {"X-A": "b"}
    falcon.HTTPMethodNotAllowed(["GET"], headers=headers)
    return headers


def redirected(falcon: Any) -> tuple[str, dict[str, str]]:
    headers: dict[str, str] = {}
    return falcon.HTTPFound("/tea for ä", headers).headers["location"], headers


@requirement("falcon:errors:payload-too-large")
@requirement("falcon:errors:unprocessable")
@requirement("falcon:errors:joke-statuses")
@requirement("falcon:errors:retry-after-zone")
@requirement("falcon:errors:headers-untouched")
@requirement("falcon:errors:text")
@requirement("falcon:errors:to-xml")
@requirement("falcon:redirects:encoded")
@requirement("falcon:redirects:headers-untouched")
@pytest.mark.parametrize(
    ("read", "theirs", "ours"),
    [
        (
            lambda f: type(f.HTTPPayloadTooLarge()).__name__,
            "HTTPPayloadTooLarge",
            "HTTPContentTooLarge",
        ),
        (
            lambda f: f.HTTPUnprocessableEntity().title,
            "422 Unprocessable Entity",
            "422 Unprocessable Content",
        ),
        (lambda f: f.HTTPError(703).title, "703 Explosion", "703 Unknown"),
        (
            lambda f: f.HTTPServiceUnavailable(retry_after=WHEN).headers,
            {"Retry-After": "Fri, 02 Jan 2026 03:00:00 GMT"},
            {"Retry-After": "Fri, 02 Jan 2026 01:00:00 GMT"},
        ),
        (touched, {"X-A": "b", "Allow": "GET"}, {"X-A": "b"}),
        (
            lambda f: str(f.HTTPGone(description="Sold.")),
            "<HTTPGone: 410 Gone>",
            "410 Gone - Sold.",
        ),
        (
            lambda f: f.HTTPGone(title="a\0").to_xml().decode().partition("<title>")[2],
            "a\0</title></error>",
            "a\ufffd</title></error>",
        ),
        (
            redirected,
            ("/tea for ä", {"location": "/tea for ä"}),
            ("/tea%20for%20%C3%A4", {}),
        ),
    ],
)
@pytest.mark.filterwarnings("ignore::falcon.util.deprecation.DeprecatedWarning")
def test_some_of_it_differs_for_a_reason(
    read: Callable[[Any], Any], theirs: Any, ours: Any
) -> None:
    assert (read(FRAMEWORKS[0]), read(FRAMEWORKS[1])) == (theirs, ours)


@requirement("falcon:errors:own-title")
@pytest.mark.parametrize("name", DESCRIBING_THEMSELVES)
def test_an_error_that_describes_itself_may_be_given_other_words(name: str) -> None:
    words = {"title": "T", "description": "D"}
    with pytest.raises(TypeError):
        getattr(falcon, name)(**ARGUMENTS[name], **words)
    error = getattr(falconws.core, name)(**ARGUMENTS[name], **words)
    assert error.to_dict() == words


@requirement("falcon:errors:malformed-cause")
def test_a_malformed_body_is_described_by_what_the_error_was_raised_from() -> None:
    def make(falcon: Any) -> Any:
        error = falcon.MediaMalformedError("YAML")
        error.__cause__ = ValueError("a tab")
        return error

    found = json.loads(same(raising(make), Exchange("/x")).body)
    assert found["description"] == "Could not parse YAML body - a tab"


@requirement("falcon:errors:headers-order")
def test_an_argument_goes_before_a_header() -> None:
    for framework in FRAMEWORKS:
        error = framework.HTTPTooManyRequests(
            retry_after=7, headers={"Retry-After": "8", "X-A": "b"}
        )
        assert error.headers == {"Retry-After": "7", "X-A": "b"}


_statuses = st.sampled_from([400, 499, 503, 200, "404", "404 Gone Fishing", "503 Busy"])


@requirement("falcon:errors:status")
@given(_statuses, st.none() | _text)
@settings(max_examples=50)
def test_an_error_takes_a_status_in_any_form(status: Any, title: str | None) -> None:
    theirs, ours = (f.HTTPError(status, title=title) for f in FRAMEWORKS)
    assert ours.status == theirs.status == status
    assert (ours.status_code, ours.title) == (theirs.status_code, theirs.title)
    found = same(raising(lambda f: f.HTTPError(status, title=title)), Exchange("/x"))
    assert found.status == int(str(status)[:3])


@requirement("falcon:errors:status")
@pytest.mark.parametrize("status", ["bogus", 99, 1000, "", "x404"])
def test_what_is_no_status_is_refused(status: Any) -> None:
    both_raise("ValueError", lambda f: f.HTTPError(status))


@requirement("falcon:errors:to-json")
def test_an_error_is_serialized_by_a_handler() -> None:
    for framework in FRAMEWORKS:
        handler = framework.media.JSONHandler(dumps=lambda media: f"<{list(media)}>")
        assert framework.HTTPGone(code=1).to_json(handler) == b"<['title', 'code']>"
        assert json.loads(framework.HTTPGone(title="é").to_json()) == {"title": "é"}


@requirement("falcon:errors:copies")
@pytest.mark.parametrize("name", ["HTTPGone", "HTTPMissingHeader", "HTTPStatus"])
def test_an_error_can_be_copied_and_pickled(name: str) -> None:
    for framework in FRAMEWORKS:
        error = getattr(framework, name)(*([] if name == "HTTPGone" else ["200 OK"]))
        for twin in (copy.copy(error), pickle.loads(pickle.dumps(error))):
            assert (type(twin), twin.status) == (type(error), error.status)


# Responses that are raised, and are no errors.


@requirement("falcon:errors:http-status")
@given(
    st.sampled_from([200, 204, 299, "202 Accepted", "404", 304]),
    st.none() | _headers,
    st.none() | _text,
)
@example("202 Accepted", {"X-A": "b"}, "text")
@settings(max_examples=50)
def test_a_status_can_be_raised(
    status: Any, headers: dict[str, str] | None, text: str | None
) -> None:
    found = same(raising(lambda f: f.HTTPStatus(status, headers, text)), Exchange("/x"))
    assert found.status == int(str(status)[:3])
    assert found.body == ((text or "").encode() if status not in (204, 304) else b"")


REDIRECTS = {
    "HTTPMovedPermanently": 301,
    "HTTPFound": 302,
    "HTTPSeeOther": 303,
    "HTTPTemporaryRedirect": 307,
    "HTTPPermanentRedirect": 308,
}


@requirement("falcon:redirects:classes")
@given(
    st.sampled_from(sorted(REDIRECTS)),
    st.lists(st.sampled_from([*"abc/?#=&:@[]!$'()*+,;-._~", "%2F"]), min_size=1).map(
        "".join
    ),
    st.none() | _headers,
)
@example("HTTPFound", "/a?b=c%2F", {"X-A": "b"})
@settings(max_examples=50)
def test_a_redirect_has_a_location(
    name: str, location: str, headers: dict[str, str] | None
) -> None:
    build = raising(lambda f: getattr(f, name)(location, headers and {**headers}))
    found = same(build, Exchange("/x"))
    assert found.status == REDIRECTS[name]
    assert (found.header("location"), found.body) == (location, b"")


@requirement("falcon:redirects:line-breaks")
def test_a_redirect_has_no_line_break() -> None:
    location = "/\r\nX-B: c"
    assert falcon.HTTPFound(location).headers == {"location": location}
    with pytest.raises(ValueError, match="line break"):
        falconws.core.HTTPFound(location)
