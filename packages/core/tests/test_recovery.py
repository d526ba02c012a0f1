import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from types import SimpleNamespace
from typing import Any

import pytest

from falconws.core import (
    App,
    CompatibilityError,
    HTTPError,
    HTTPForbidden,
    HTTPNotFound,
    HTTPStatus,
    Request,
    Response,
    Stream,
)
from falconws.media import Handlers, JSONHandler
from falconws.testing import Result, TestClient

Handler = Callable[[Request, Response, Any, dict[str, Any]], Awaitable[None]]


class Base(Exception):
    pass


class Middle(Base):
    pass


class Near(Middle):
    pass


def app_that_raises(exc: Exception) -> App:
    async def on_get(req: Request, resp: Response, **params: Any) -> None:
        resp.text = "half an answer"
        resp.set_header("X-Kept", "yes")
        raise exc

    app = App(extensions=())
    app.add_route("/{field}", SimpleNamespace(on_get=on_get))
    return app


def saying(text: str) -> Handler:
    async def handle(
        req: Request, resp: Response, exc: Exception, params: dict[str, Any]
    ) -> None:
        resp.text = f"{text} {type(exc).__name__} {params}"

    return handle


def get(app: App, accept: str = "*/*") -> Result:
    return TestClient(app).get("/x", headers={"Accept": accept})


def log_of(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [r.getMessage() for r in caplog.records if r.levelno >= logging.ERROR]


# Which handler.


@pytest.mark.parametrize(
    ("registered", "chosen"),
    [
        ([Base, Near], "Near"),
        ([Near, Base], "Near"),
        ([Exception, Base], "Base"),
        ([Exception], "Exception"),
        ([ValueError, Middle], "Middle"),
    ],
)
def test_the_handler_for_the_nearest_base_is_called(
    registered: list[type[Exception]], chosen: str
) -> None:
    app = app_that_raises(Near())
    for kind in registered:
        app.add_error_handler(kind, saying(kind.__name__))
    result = get(app)
    assert result.text == f"{chosen} Near {{'field': 'x'}}"
    assert result.status_code == 200
    assert result.headers["x-kept"] == "yes"


def test_a_handler_for_exception_leaves_http_errors_to_themselves() -> None:
    app = app_that_raises(HTTPNotFound())
    app.add_error_handler(Exception, saying("bug"))
    assert get(app).json == {"title": "404 Not Found"}
    app.add_error_handler(HTTPError, saying("http"))
    assert get(app).text == "http HTTPNotFound {'field': 'x'}"


def test_the_handler_that_was_registered_last_for_a_type_counts() -> None:
    app = app_that_raises(Near())
    app.add_error_handler(Near, saying("first"))
    app.add_error_handler([Base, Near], saying("second"))
    assert get(app).text == "second Near {'field': 'x'}"


def test_a_type_may_bring_its_own_handler() -> None:
    class Answered(Exception):
        @staticmethod
        async def handle(
            req: Request, resp: Response, exc: Exception, params: dict[str, Any]
        ) -> None:
            resp.status = 409
            resp.text = str(exc)

    app = app_that_raises(Answered("taken"))
    app.add_error_handler(Answered)
    result = get(app)
    assert (result.status_code, result.text) == (409, "taken")


def test_an_exception_that_nothing_is_for_has_no_handler() -> None:
    handlers = App(extensions=()).error_handlers
    handlers.add(Near, saying(""))
    assert handlers.find(Near, {}) is not None
    assert handlers.find(Base, {}) is None


def _plain(
    req: Request, resp: Response, exc: Exception, params: dict[str, Any]
) -> None:
    raise AssertionError("It was refused.")


@pytest.mark.parametrize(
    ("kind", "handler", "error", "message"),
    [
        (BaseException, saying(""), TypeError, "subclass of Exception, not <class"),
        (7, saying(""), TypeError, "subclass of Exception, not 7"),
        ([ValueError, "x"], saying(""), TypeError, "subclass of Exception, not 'x'"),
        (Base, None, AttributeError, r"add_error_handler\(Base\) needs a handler"),
        (Base, _plain, CompatibilityError, "_plain must be a coroutine function"),
        (Base, "handler", CompatibilityError, "'handler' must be a coroutine function"),
    ],
)
def test_a_handler_that_cannot_work_is_refused_where_it_is_added(
    kind: Any, handler: Any, error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=message):
        App(extensions=()).add_error_handler(kind, handler)


# What handlers raise.


def raising(exc: Exception, *, events: Any = None) -> Handler:
    async def handle(
        req: Request, resp: Response, error: Exception, params: dict[str, Any]
    ) -> None:
        resp.text = "half an answer"
        if events is not None:
            resp.sse = events
        raise exc

    return handle


@pytest.mark.parametrize(
    ("exc", "status", "content"),
    [
        (HTTPForbidden(), 403, b'{"title":"403 Forbidden"}'),
        (HTTPStatus(202, text="later"), 202, b"later"),
        (HTTPStatus(204), 204, b""),
    ],
)
def test_a_handler_may_raise_a_response_which_replaces_what_it_began(
    exc: Exception, status: int, content: bytes
) -> None:
    app = app_that_raises(Near())
    app.add_error_handler(Base, raising(exc))
    result = get(app)
    assert (result.status_code, result.content) == (status, content)


def test_a_handler_that_fails_is_a_500_with_a_body_and_one_line_in_the_log(
    caplog: pytest.LogCaptureFixture,
) -> None:
    app = app_that_raises(Near())
    app.add_error_handler(Base, raising(ZeroDivisionError()))
    result = get(app)
    assert result.status_code == 500
    assert result.json == {"title": "500 Internal Server Error"}
    assert result.content_type == "application/json"
    assert log_of(caplog) == ["Error in the handling of an error, at GET /x"]
    assert caplog.records[0].exc_info is not None
    assert isinstance(caplog.records[0].exc_info[1], ZeroDivisionError)


@pytest.mark.parametrize("exc", [HTTPForbidden(), ZeroDivisionError()])
def test_a_handler_that_began_a_stream_and_raises_leaves_none_behind(
    exc: Exception,
) -> None:
    async def source() -> AsyncIterator[bytes]:
        yield b"an event"

    app = app_that_raises(Near())
    app.resp_options.event_stream = lambda events, resp: Stream(events)
    app.add_error_handler(Base, raising(exc, events=source()))
    assert get(app).json["title"] in ("403 Forbidden", "500 Internal Server Error")


# What an error becomes.


def test_an_exception_nobody_handles_is_a_500_with_a_body_and_one_traceback(
    caplog: pytest.LogCaptureFixture,
) -> None:
    result = get(app_that_raises(ZeroDivisionError("by zero")))
    assert result.status_code == 500
    assert result.json == {"title": "500 Internal Server Error"}
    assert "by zero" not in result.text
    assert log_of(caplog) == ["Unhandled exception at GET /x"]
    assert "ZeroDivisionError: by zero" in caplog.text


def test_an_http_error_is_answered_with_its_headers_and_logs_nothing(
    caplog: pytest.LogCaptureFixture,
) -> None:
    result = get(app_that_raises(HTTPForbidden(headers={"X-Why": "because"})))
    assert result.status_code == 403
    assert result.headers["x-why"] == "because"
    assert log_of(caplog) == []


def test_a_raised_status_is_answered_with_its_headers_and_its_text() -> None:
    result = get(app_that_raises(HTTPStatus("202 Accepted", {"X-A": "1"}, "later")))
    assert (result.status_code, result.text) == (202, "later")
    assert result.headers["x-a"] == "1"


@pytest.mark.parametrize(
    ("accept", "content_type"),
    [
        ("*/*", "application/json"),
        ("application/json", "application/json"),
        ("application/msgpack", "application/msgpack"),
        ("application/json;q=0.5, application/msgpack", "application/msgpack"),
        # Who accepts nothing we have must learn why all the same.
        ("text/html", "application/json"),
        ("application/json;q=0", "application/json"),
        ("nonsense", "application/json"),
        # There is a handler for forms with files, and it only reads them.
        ("multipart/form-data", "application/json"),
    ],
)
def test_an_error_is_sent_in_the_format_that_the_client_likes_best(
    accept: str, content_type: str
) -> None:
    result = get(app_that_raises(HTTPForbidden(description="Not you.")), accept)
    assert result.content_type == content_type
    assert result.media == {"title": "403 Forbidden", "description": "Not you."}
    assert result.headers["vary"] == "Accept"


def test_an_error_is_json_also_where_no_handler_for_json_is() -> None:
    app = app_that_raises(HTTPForbidden())
    app.resp_options.media_handlers = Handlers({})
    result = get(app)
    assert result.json == {"title": "403 Forbidden"}
    assert result.content_type == "application/json"


def test_an_error_is_written_by_the_applications_own_handler_for_json() -> None:
    app = app_that_raises(HTTPForbidden())
    app.resp_options.media_handlers["application/json"] = JSONHandler(
        dumps=lambda media: f"my {media['title']}"
    )
    assert get(app).text == "my 403 Forbidden"


def test_the_serializer_can_be_replaced() -> None:
    def serialize(req: Request, resp: Response, exc: HTTPError) -> None:
        resp.text = f"{req.path}: {exc.title}"
        resp.content_type = "text/plain"

    app = app_that_raises(HTTPForbidden())
    app.set_error_serializer(serialize)
    result = get(app)
    assert (result.status_code, result.text) == (403, "/x: 403 Forbidden")
    assert result.content_type == "text/plain"


def test_a_serializer_that_fails_is_a_500_with_a_body(
    caplog: pytest.LogCaptureFixture,
) -> None:
    def serialize(req: Request, resp: Response, exc: HTTPError) -> None:
        raise ZeroDivisionError

    app = app_that_raises(HTTPForbidden())
    app.set_error_serializer(serialize)
    result = get(app)
    assert result.status_code == 500
    assert result.json == {"title": "500 Internal Server Error"}
    assert len(log_of(caplog)) == 1


# Formats of errors.


TROUBLE = HTTPError(
    409, title="Taken <&", description="a\x00b", href="https://example.com/", code=7
)


@pytest.mark.parametrize(
    "accept", ["application/problem+json", "application/*, */*;q=0"]
)
def test_problem_details_are_for_those_who_ask_for_them(accept: str) -> None:
    result = get(app_that_raises(TROUBLE), accept)
    if accept.startswith("application/*"):
        assert result.headers["content-type"] == "application/json"
        return
    assert result.headers["content-type"] == "application/problem+json"
    assert result.json == {
        "status": 409,
        "type": "https://example.com/",
        "title": "Taken <&",
        "detail": "a\x00b",
        "code": 7,
    }


def test_a_problem_without_a_type_has_the_phrase_of_its_status_as_title() -> None:
    result = get(app_that_raises(HTTPNotFound()), "application/problem+json")
    assert result.json == {"status": 404, "title": "Not Found"}


@pytest.mark.parametrize("accept", ["text/xml", "application/xml", "image/svg+xml"])
def test_an_error_is_xml_for_those_who_prefer_it(accept: str) -> None:
    result = get(app_that_raises(TROUBLE), accept)
    wanted = "application/xml" if accept.endswith("+xml") else accept
    assert result.headers["content-type"] == wanted
    assert result.text == (
        '<?xml version="1.0" encoding="UTF-8"?><error><title>Taken &lt;&amp;</title>'
        "<description>a\ufffdb</description><code>7</code><link>"
        "<text>Documentation related to this error</text>"
        "<href>https://example.com/</href><rel>help</rel></link></error>"
    )


@pytest.mark.parametrize(
    "accept", ["text/xml", "image/svg+xml", "application/vnd.api+json", "text/html"]
)
def test_an_error_is_json_for_everybody_else(accept: str) -> None:
    app = app_that_raises(HTTPNotFound())
    app.resp_options.xml_error_serialization = False
    result = get(app, accept)
    assert result.headers["content-type"] == "application/json"
    assert result.headers["vary"] == "Accept"
    assert result.json == {"title": "404 Not Found"}


# The reporter.


def reports_of(app: App, accept: str = "*/*") -> list[tuple[str, dict[str, Any], bool]]:
    reports = []

    def report(req: Request, exc: Exception, params: dict[str, Any], ok: bool) -> None:
        reports.append((type(exc).__name__, params, ok))

    app.set_error_reporter(report)
    try:
        get(app, accept)
    except KeyError:
        reports.append(("raised", {}, False))
    return reports


@pytest.mark.parametrize("exc", [HTTPNotFound(), HTTPStatus(200), KeyError("k")])
def test_every_exception_is_reported_as_it_is_handled(exc: Exception) -> None:
    name = type(exc).__name__
    assert reports_of(app_that_raises(exc)) == [(name, {"field": "x"}, True)]


@pytest.mark.parametrize(
    ("raised", "handled"), [(HTTPForbidden(), True), (KeyError("k"), False)]
)
def test_what_a_handler_raises_is_reported_behind_what_it_was_for(
    raised: Exception, handled: bool
) -> None:
    async def handle(*args: Any) -> None:
        raise raised

    app = app_that_raises(Near())
    app.add_error_handler(Near, handle)
    params = {"field": "x"}
    assert reports_of(app) == [
        ("Near", params, handled),
        (type(raised).__name__, params, handled),
    ]


def test_a_handler_that_raises_what_it_was_given_reports_it_once() -> None:
    async def handle(req: Request, resp: Response, exc: Exception, params: Any) -> None:
        raise exc

    for exc, handled in ((Near(), False), (HTTPForbidden(), True)):
        app = app_that_raises(exc)
        app.add_error_handler(type(exc), handle)
        assert reports_of(app) == [(type(exc).__name__, {"field": "x"}, handled)]


def test_what_breaks_a_stream_off_is_reported_as_not_handled() -> None:
    async def broken() -> AsyncIterator[bytes]:
        yield b"a"
        raise KeyError("k")

    async def on_get(req: Request, resp: Response, **params: Any) -> None:
        resp.stream = broken()

    app = App(extensions=())
    app.add_route("/{field}", SimpleNamespace(on_get=on_get))
    assert reports_of(app) == [
        ("KeyError", {"field": "x"}, False),
        ("raised", {}, False),
    ]


def test_a_reporter_that_fails_harms_nobody(caplog: pytest.LogCaptureFixture) -> None:
    def report(*args: Any) -> None:
        raise ZeroDivisionError

    app = app_that_raises(HTTPNotFound())
    app.set_error_reporter(report)
    assert get(app).status_code == 404
    assert log_of(caplog) == ["The error reporter failed"]


def test_a_serializer_or_reporter_that_nobody_would_await_is_refused() -> None:
    async def never(*args: Any) -> None: ...

    app = App(extensions=())
    with pytest.raises(CompatibilityError, match="serializer is a plain function"):
        app.set_error_serializer(never)  # type: ignore[arg-type]
    with pytest.raises(CompatibilityError, match="reporter is a plain function"):
        app.set_error_reporter(never)  # type: ignore[arg-type]
