"""The errors that are classes of their own: client.py, server.py, media.py, framework.py."""

import copy
import pickle
from datetime import UTC, datetime
from typing import Any

import pytest

from falconws import core
from falconws.core import HTTPBadRequest, HTTPError
from falconws.core.errors.media import payload_to_http_error
from falconws.media import PayloadError, PayloadInvalidError
from falconws.media import errors as forms

# Spelled by hand: the classes say their status nowhere else.
STATUSES = {
    "HTTPBadRequest": "400 Bad Request",
    "HTTPUnauthorized": "401 Unauthorized",
    "HTTPForbidden": "403 Forbidden",
    "HTTPNotFound": "404 Not Found",
    "HTTPRouteNotFound": "404 Not Found",
    "HTTPNotAcceptable": "406 Not Acceptable",
    "HTTPConflict": "409 Conflict",
    "HTTPGone": "410 Gone",
    "HTTPLengthRequired": "411 Length Required",
    "HTTPPreconditionFailed": "412 Precondition Failed",
    "HTTPContentTooLarge": "413 Content Too Large",
    "HTTPPayloadTooLarge": "413 Content Too Large",
    "HTTPUriTooLong": "414 URI Too Long",
    "HTTPUnsupportedMediaType": "415 Unsupported Media Type",
    "HTTPUnprocessableEntity": "422 Unprocessable Content",
    "HTTPLocked": "423 Locked",
    "HTTPFailedDependency": "424 Failed Dependency",
    "HTTPPreconditionRequired": "428 Precondition Required",
    "HTTPTooManyRequests": "429 Too Many Requests",
    "HTTPRequestHeaderFieldsTooLarge": "431 Request Header Fields Too Large",
    "HTTPUnavailableForLegalReasons": "451 Unavailable For Legal Reasons",
    "MediaValidationError": "400 Bad Request",
    "MultipartParseError": "400 Bad Request",
    "HTTPInternalServerError": "500 Internal Server Error",
    "HTTPNotImplemented": "501 Not Implemented",
    "HTTPBadGateway": "502 Bad Gateway",
    "HTTPServiceUnavailable": "503 Service Unavailable",
    "HTTPGatewayTimeout": "504 Gateway Timeout",
    "HTTPVersionNotSupported": "505 HTTP Version Not Supported",
    "HTTPInsufficientStorage": "507 Insufficient Storage",
    "HTTPLoopDetected": "508 Loop Detected",
    "HTTPNetworkAuthenticationRequired": "511 Network Authentication Required",
}
WITH_ARGUMENTS: dict[str, tuple[tuple[Any, ...], str]] = {
    "HTTPMethodNotAllowed": ((["GET"],), "405 Method Not Allowed"),
    "HTTPRangeNotSatisfiable": ((7,), "416 Range Not Satisfiable"),
    "HTTPInvalidHeader": (("It is odd.", "X-A"), "400 Bad Request"),
    "HTTPMissingHeader": (("X-A",), "400 Bad Request"),
    "HTTPInvalidParam": (("It is odd.", "a"), "400 Bad Request"),
    "HTTPMissingParam": (("a",), "400 Bad Request"),
    "MediaNotFoundError": (("JSON",), "400 Bad Request"),
    "MediaMalformedError": (("JSON",), "400 Bad Request"),
}
ALL = {name: ((), status) for name, status in STATUSES.items()} | WITH_ARGUMENTS


@pytest.mark.parametrize("name", ALL)
def test_a_class_stands_for_a_status_and_passes_the_rest_on(name: str) -> None:
    args, status = ALL[name]
    error = getattr(core, name)(
        *args, title="T", description="D", headers={"X-A": "1"}, href="/h", code=7
    )
    assert isinstance(error, HTTPError)
    assert error.status == status
    assert (error.title, error.description, error.code) == ("T", "D", 7)
    assert error.headers is not None
    assert error.headers["X-A"] == "1"
    assert error.link is not None


def test_every_error_of_http_is_in_the_tables_above() -> None:
    kinds = {
        name
        for name in core.__all__
        if isinstance(kind := getattr(core, name), type)
        and issubclass(kind, HTTPError)
        and kind is not HTTPError
    }
    assert kinds == set(ALL)


@pytest.mark.parametrize(
    ("error", "headers"),
    [
        (core.HTTPUnauthorized(), None),
        (
            core.HTTPUnauthorized(challenges=["Bearer", "Basic"]),
            {"WWW-Authenticate": "Bearer, Basic"},
        ),
        (core.HTTPMethodNotAllowed(["GET", "PUT"]), {"Allow": "GET, PUT"}),
        (core.HTTPRangeNotSatisfiable(7), {"Content-Range": "bytes */7"}),
        (core.HTTPServiceUnavailable(), None),
        (core.HTTPServiceUnavailable(retry_after=7), {"Retry-After": "7"}),
        (core.HTTPTooManyRequests(retry_after=0), {"Retry-After": "0"}),
        (
            core.HTTPContentTooLarge(retry_after=datetime(1994, 11, 6, tzinfo=UTC)),
            {"Retry-After": "Sun, 06 Nov 1994 00:00:00 GMT"},
        ),
        (
            core.HTTPTooManyRequests(retry_after=7, headers={"Retry-After": "8"}),
            {"Retry-After": "7"},
        ),
    ],
)
def test_what_an_error_is_given_becomes_a_header(
    error: HTTPError, headers: dict[str, str] | None
) -> None:
    assert error.headers == headers


@pytest.mark.parametrize(
    ("error", "title", "description"),
    [
        (
            core.HTTPInvalidHeader("It is odd.", "X-A"),
            "Invalid header value",
            'The value provided for the "X-A" header is invalid. It is odd.',
        ),
        (
            core.HTTPMissingHeader("X-A"),
            "Missing header value",
            'The "X-A" header is required.',
        ),
        (
            core.HTTPInvalidParam("It is odd.", "a"),
            "Invalid parameter",
            'The "a" parameter is invalid. It is odd.',
        ),
        (
            core.HTTPMissingParam("a"),
            "Missing parameter",
            'The "a" parameter is required.',
        ),
        (
            core.MediaNotFoundError("JSON"),
            "Invalid JSON",
            "Could not parse an empty JSON body",
        ),
        (
            core.MediaMalformedError("JSON"),
            "Invalid JSON",
            "Could not parse JSON body",
        ),
        (
            core.MediaMalformedError("JSON", detail="line 1"),
            "Invalid JSON",
            "Could not parse JSON body - line 1",
        ),
        (
            core.MultipartParseError(),
            "Malformed multipart/form-data request media",
            None,
        ),
    ],
)
def test_an_error_describes_itself(
    error: HTTPError, title: str, description: str | None
) -> None:
    assert (error.title, error.description) == (title, description)


def test_what_a_body_is_malformed_by_is_what_the_error_is_raised_from() -> None:
    with pytest.raises(core.MediaMalformedError) as caught:
        raise core.MediaMalformedError("YAML") from ValueError("a tab")
    assert caught.value.description == "Could not parse YAML body - a tab"
    with pytest.raises(core.MediaMalformedError) as caught:
        raise core.MediaMalformedError("YAML", detail="") from ValueError("a tab")
    assert caught.value.description == "Could not parse YAML body"


@pytest.mark.parametrize("name", ALL)
def test_an_error_can_be_copied_and_pickled(name: str) -> None:
    error = getattr(core, name)(*ALL[name][0], code=7)
    for twin in (copy.copy(error), pickle.loads(pickle.dumps(error))):
        assert type(twin) is type(error)
        assert twin.to_dict() == error.to_dict()


def test_a_payload_of_another_type_is_a_400_that_says_where() -> None:
    error = payload_to_http_error(PayloadInvalidError("Move", "Expected `int`"))
    assert type(error) is core.MediaValidationError
    assert error.to_dict() == {"title": "Invalid Move", "description": "Expected `int`"}
    assert payload_to_http_error(PayloadInvalidError("Move")).description is None


@pytest.mark.parametrize(
    ("error", "kind", "description"),
    [
        (
            forms.MultipartParseError("no end"),
            core.MultipartParseError,
            "The multipart/form-data payload is malformed: no end",
        ),
        (
            forms.BoundaryError("It has no boundary."),
            core.HTTPInvalidHeader,
            'The value provided for the "Content-Type" header is invalid. It has no boundary.',
        ),
        (
            forms.PayloadTooLargeError("YAML", "it has 9 lines"),
            core.HTTPContentTooLarge,
            "The YAML payload is too large: it has 9 lines",
        ),
    ],
)
def test_what_is_wrong_with_a_form_has_a_status(
    error: PayloadError, kind: type[HTTPError], description: str
) -> None:
    response = payload_to_http_error(error)
    assert (type(response), response.description) == (kind, description)


def test_a_payload_error_of_another_kind_is_a_400_that_says_what_it_is() -> None:
    class TooDeep(PayloadError):
        def __str__(self) -> str:
            return "It is too deep."

    error = payload_to_http_error(TooDeep("YAML"))
    assert type(error) is HTTPBadRequest
    assert (error.title, error.description) == ("Invalid YAML", "It is too deep.")


@pytest.mark.parametrize(
    ("name", "base"),
    [
        ("ClientDisconnected", ConnectionError),
        ("OperationNotAllowed", ValueError),
        ("CompatibilityError", ValueError),
        ("HeaderNotSupported", ValueError),
        ("UnacceptableRouteError", ValueError),
        ("SuffixedMethodNotFoundError", ValueError),
        ("UnsupportedError", RuntimeError),
        ("UnsupportedScopeError", RuntimeError),
        ("ExtensionNotInstalledError", RuntimeError),
    ],
)
def test_an_error_that_is_no_response_is_one_of_pythons_own(
    name: str, base: type[Exception]
) -> None:
    assert issubclass(getattr(core, name), base)
    assert not issubclass(getattr(core, name), HTTPError)
