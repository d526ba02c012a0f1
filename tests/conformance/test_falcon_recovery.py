"""What an exception becomes beside Falcon: handlers, formats, the reporter."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

import falconws.core
from tests.conformance.apps import (
    FRAMEWORKS,
    both_raise,
    raising,
    saying,
    with_routes,
)
from tests.conformance.differential import Build, Exchange, both, same
from tests.conformance.manifest import requirement


class Broken(Exception):
    """An error of the application's."""


class VeryBroken(Broken, ValueError):
    """One with two bases, which has a handler of its own."""

    @staticmethod
    async def handle(req: Any, resp: Any, exc: Any, params: Any) -> None:
        resp.media = {"by": "VeryBroken.handle"}


# Error handlers.

OWN = {kind.__name__: kind for kind in (Exception, ValueError, Broken, VeryBroken)}
KINDS = (*OWN, "HTTPError", "HTTPStatus", "HTTPNotFound", "HTTPRouteNotFound")


def kind_of(falcon: Any, name: str) -> type[Exception]:
    kind: type[Exception] = OWN.get(name) or getattr(falcon, name)
    return kind


@requirement("falcon:app:error-handlers")
@given(
    st.lists(st.lists(st.sampled_from(KINDS), min_size=1, max_size=2), max_size=5),
    st.sampled_from(
        [name for name in KINDS if name not in ("HTTPError", "HTTPStatus")]
    ),
)
@example([["ValueError"], ["Broken"]], "VeryBroken")
@example([["Exception"]], "HTTPNotFound")
def test_the_handler_for_the_nearest_base_that_was_added_last_answers(
    added: list[list[str]], raised: str
) -> None:
    build = raising(
        lambda f: kind_of(f, raised)(),
        lambda f: [
            ([kind_of(f, name) for name in names], saying(f"{number} {names}"))
            for number, names in enumerate(added)
        ],
    )
    found = same(build, Exchange("/x"))
    assert found.header("x-kept") == "yes"
    assert b"medium" not in found.body


async def tell(req: Any, resp: Any, exc: Any, params: Any) -> None:
    """Handle an error by telling what the handler is given."""
    resp.media = [type(exc).__name__, params, resp.status_code, resp.text]


@requirement("falcon:app:error-handlers")
@requirement("falcon:app:error-handler-arguments")
def test_an_error_handler_is_for_exceptions_and_may_be_their_own() -> None:
    build = raising(lambda f: VeryBroken(), lambda f: [(VeryBroken, None)])
    assert same(build, Exchange("/x")).body == b'{"by":"VeryBroken.handle"}'
    build = raising(lambda f: Broken(), lambda f: [((KeyError, Broken), tell)])
    assert same(build, Exchange("/x")).body == b'["Broken",{"field":"x"},207,null]'
    build = raising(lambda f: Broken(), lambda f: [(f.HTTPMethodNotAllowed, tell)])
    found = same(build, Exchange("/x", "POST"))
    assert found.body == b'["HTTPMethodNotAllowed",{"field":"x"},200,null]'
    both_raise("AttributeError", lambda f: f.asgi.App().add_error_handler(Broken))


@requirement("falcon:app:error-handler-types")
@pytest.mark.parametrize("kind", [int, "x", BaseException, [ValueError, int]])
def test_an_error_handler_is_for_nothing_but_exceptions(kind: Any) -> None:
    both_raise("TypeError", lambda f: f.asgi.App().add_error_handler(kind, tell))


def handled_by(make: Callable[[Any], Exception], body: str | None = None) -> Build:
    """Give the builder of an App whose error handler raises in turn."""

    def handlers(falcon: Any) -> list[tuple[Any, Any]]:
        async def handler(req: Any, resp: Any, exc: Any, params: Any) -> None:
            resp.text = body
            raise make(falcon)

        return [(Broken, handler)]

    return raising(lambda f: Broken(), handlers)


@requirement("falcon:app:error-handler-raises")
def test_an_error_handler_may_raise_a_response() -> None:
    found = same(handled_by(lambda f: f.HTTPGone(title="T")), Exchange("/x"))
    assert (found.status, found.body) == (410, b'{"title":"T"}')
    found = same(handled_by(lambda f: f.HTTPStatus(203, text="s")), Exchange("/x"))
    assert (found.status, found.body) == (203, b"s")


@requirement("falcon:app:error-handler-fails")
def test_an_error_handler_that_fails_is_a_500() -> None:
    theirs, ours = both(handled_by(lambda f: KeyError()), Exchange("/x"))
    assert (theirs.status, theirs.error) == (None, "KeyError")
    assert (ours.status, ours.error) == (500, None)
    assert ours.body == b'{"title":"500 Internal Server Error"}'


@requirement("falcon:app:error-streams")
@pytest.mark.parametrize("kind", ["stream", "sse"])
def test_an_error_takes_back_a_stream(kind: str) -> None:
    def build(falcon: Any) -> Any:
        async def pieces() -> Any:
            yield falcon.asgi.SSEvent(text="x") if kind == "sse" else b"data: x\n\n"

        async def on_get(req: Any, resp: Any) -> None:
            setattr(resp, kind, pieces())
            raise falcon.HTTPStatus(403)

        return with_routes({"/": {"on_get": on_get}})(falcon)

    theirs, ours = both(build, Exchange())
    assert (theirs.status, theirs.body) == (403, b"data: x\n\n")
    assert (ours.status, ours.body) == (403, b"")


@requirement("falcon:app:error-encoding")
def test_an_error_takes_back_how_a_body_was_encoded() -> None:
    def build(falcon: Any) -> Any:
        async def on_get(req: Any, resp: Any) -> None:
            resp.data = b"compressed"
            resp.set_header("Content-Encoding", "gzip")
            raise falcon.HTTPForbidden()

        return with_routes({"/": {"on_get": on_get}})(falcon)

    theirs, ours = both(build, Exchange())
    assert theirs.body == ours.body.replace(b'":"', b'": "')
    assert theirs.header("content-encoding") == "gzip"
    assert ours.header("content-encoding") is None


@requirement("falcon:app:unhandled-exceptions")
def test_an_exception_that_nobody_handles_is_a_500_that_says_nothing_and_a_log(
    caplog: pytest.LogCaptureFixture,
) -> None:
    found = same(raising(lambda f: Broken("secret")), Exchange("/x"))
    assert (found.status, found.body) == (500, b'{"title":"500 Internal Server Error"}')
    records = [(r.name, r.levelno, r.exc_info is not None) for r in caplog.records]
    assert records == [
        ("falcon", logging.ERROR, True),
        ("falconws", logging.ERROR, True),
    ]


def responding(act: Callable[[Any], object]) -> Build:
    """Give the builder of an App whose responder does something to the response."""

    async def on_get(req: Any, resp: Any) -> None:
        act(resp)

    return with_routes({"/": {"on_get": on_get}})


def unserializable(resp: Any) -> None:
    resp.media = object()


def of_unknown_type(resp: Any) -> None:
    resp.media = {}
    resp.content_type = "a/b"


@requirement("falcon:app:error-in-rendering")
@pytest.mark.parametrize(
    ("act", "status"), [(unserializable, 500), (of_unknown_type, 415)]
)
def test_an_error_in_rendering_has_a_body(
    act: Callable[[Any], object], status: int
) -> None:
    theirs, ours = both(responding(act), Exchange())
    assert (theirs.status, theirs.body) == (status, b"")
    assert ours.status == status
    assert json.loads(ours.body)["title"].startswith(str(status))


@requirement("falcon:app:error-in-status")
def test_a_status_that_is_none_is_a_500() -> None:
    theirs, ours = both(
        responding(lambda resp: setattr(resp, "status", "bogus")), Exchange()
    )
    assert (theirs.status, theirs.error) == (None, "ValueError")
    assert (ours.status, ours.error) == (500, None)


async def failing() -> Any:
    yield b"begun"
    raise Broken


@requirement("falcon:app:error-in-streaming")
def test_an_error_in_a_stream_goes_to_the_server() -> None:
    found = same(
        responding(lambda resp: setattr(resp, "stream", failing())), Exchange()
    )
    assert (found.status, found.body, found.error) == (200, b"begun", "Broken")


# The error reporter.

CASES: dict[str, Callable[[Any, Any], object]] = {
    "http": lambda falcon, resp: throw(falcon.HTTPForbidden()),
    "status": lambda falcon, resp: throw(falcon.HTTPStatus(202)),
    "bug": lambda falcon, resp: throw(Broken()),
    "handled": lambda falcon, resp: throw(KeyError()),
    "rendering": lambda falcon, resp: unserializable(resp),
    "fine": lambda falcon, resp: None,
    "handler fails": lambda falcon, resp: throw(IndexError()),
    "stream": lambda falcon, resp: setattr(resp, "stream", failing()),
}


def throw(exc: Exception) -> None:
    raise exc


def reports(case: str, path: str, method: str) -> tuple[Any, Any]:
    """Give what the reporters of both frameworks are told of a request."""
    logs: list[list[Any]] = []

    def build(falcon: Any) -> Any:
        log: list[Any] = []
        logs.append(log)

        async def on_get(req: Any, resp: Any, **params: Any) -> None:
            CASES[case](falcon, resp)

        async def fail(req: Any, resp: Any, exc: Any, params: Any) -> None:
            raise LookupError

        app = falcon.asgi.App()
        app.add_route("/a/{x}", SimpleNamespace(on_get=on_get))
        app.add_error_handler(KeyError, tell)
        app.add_error_handler(IndexError, fail)
        app.set_error_reporter(lambda *_: log.append("replaced"))
        app.set_error_reporter(
            lambda req, exc, params, handled: log.append(
                (req.method, type(exc).__name__, params, handled)
            )
        )
        return app

    both(build, Exchange(path, method))
    return logs[0], logs[1]


@requirement("falcon:app:error-reporter")
@given(
    st.sampled_from([case for case in CASES if case != "stream"]),
    st.sampled_from(["/a/1", "/a/b", "/nowhere"]),
    st.sampled_from(["GET", "GET", "POST", "FOO"]),
)
@example("http", "/a/1", "GET")
@example("handler fails", "/a/1", "GET")
@settings(max_examples=50)
def test_a_reporter_is_told_of_every_exception(
    case: str, path: str, method: str
) -> None:
    theirs, ours = reports(case, path, method)
    assert ours == theirs
    assert bool(ours) is (case != "fine" or (path, method) not in FINE)


FINE = [("/a/1", "GET"), ("/a/b", "GET")]


@requirement("falcon:app:error-reporter-streams")
def test_a_reporter_is_told_of_a_stream_that_breaks_off() -> None:
    theirs, ours = reports("stream", "/a/1", "GET")
    assert theirs == []
    assert ours == [("GET", "Broken", {"x": "1"}, False)]


@requirement("falcon:app:error-reporter-fails")
def test_a_reporter_that_fails_does_not_cost_the_response() -> None:
    def build(falcon: Any) -> Any:
        app = falcon.asgi.App()
        app.set_error_reporter(lambda *_: throw(Broken()))
        return app

    theirs, ours = both(build, Exchange())
    assert (theirs.status, theirs.error) == (None, "Broken")
    assert (ours.status, ours.error) == (404, None)


# The format of an error.

TITLED = raising(lambda f: f.HTTPForbidden(title="T", description="D"))
_ranges = ["application/json", "text/xml", "application/xml", "*/*", "application/*"]
_ranges += ["text/*", "text/html", "application/hal+json", "application/atom+xml"]
_qs = ["", ";q=0", ";q=0.1", "; q=0.5", ";q=0.9", ";q=1.0"]
_accept = st.lists(
    st.tuples(st.sampled_from(_ranges), st.sampled_from(_qs)).map("".join), max_size=4
).map(", ".join)


@requirement("falcon:app:error-negotiation")
@requirement("falcon:app:error-always-a-body")
@given(_accept, st.booleans(), st.booleans())
@example("application/yaml, */*;q=0.1", True, True)
@example("text/html", True, False)
@example("text/xml;q=0.1, */*, application/*;q=0", True, False)
def test_an_error_is_in_the_format_that_the_client_likes_best(
    accept: str, xml: bool, yaml: bool
) -> None:
    def build(falcon: Any) -> Any:
        class YAML(falcon.media.BaseHandler):  # type: ignore[misc]
            def serialize(self, media: Any, content_type: str) -> bytes:
                return f"title: {media['title']} {content_type}".encode()

        app = TITLED(falcon)
        app.resp_options.xml_error_serialization = xml
        if yaml:
            app.resp_options.media_handlers["application/yaml"] = YAML()
        return app

    theirs, ours = both(build, Exchange("/x", headers=[("Accept", accept)]))
    if ours.header("content-type") == "application/problem+json":
        assert "*" in accept  # Rather anything else than JSON; here there is more else.
    elif theirs.body:
        assert ours.comparable() == theirs.comparable()
    elif ours.header("content-type") == "application/json":
        assert ours.body == b'{"title":"T","description":"D"}'
    else:  # Falcon has chosen a form, which nothing can be written in.
        assert ours.header("content-type") in ("text/xml", "application/xml")
        assert ";q=0" in accept
        assert b"<title>T</title>" in ours.body


@requirement("falcon:app:error-negotiation")
@pytest.mark.parametrize(
    ("accept", "media_type"),
    [
        ("text/xml;q=0.2, application/json;q=0.1", "text/xml"),
        ("application/atom+xml", "application/xml"),
        ("application/atom+xml, application/hal+json", "application/json"),
        ("", "application/json"),
    ],
)
def test_an_error_is_json_or_xml(accept: str, media_type: str) -> None:
    headers = [("Accept", accept)] if accept else []
    found = same(TITLED, Exchange("/x", headers=headers))
    assert found.header("content-type") == media_type
    assert (found.header("vary"), b"D" in found.body) == ("Accept", True)


@requirement("falcon:app:error-always-a-body")
@requirement("falcon:app:error-problem-json")
@requirement("falcon:app:error-msgpack")
@pytest.mark.parametrize(
    ("accept", "media_type", "body"),
    [
        ("text/html", "application/json", b'{"title":"T","description":"D"}'),
        (
            "application/problem+json",
            "application/problem+json",
            b'{"status":403,"title":"T","detail":"D"}',
        ),
        (
            "application/msgpack",
            "application/msgpack",
            b"\x82\xa5title\xa1T\xabdescription\xa1D",
        ),
    ],
)
def test_an_error_has_more_formats(accept: str, media_type: str, body: bytes) -> None:
    theirs, ours = both(TITLED, Exchange("/x", headers=[("Accept", accept)]))
    assert (ours.header("content-type"), ours.body) == (media_type, body)
    assert theirs.comparable() != ours.comparable()
    assert (theirs.status, theirs.body == b"") == (403, "problem" not in accept)


@requirement("falcon:app:error-serializer")
@requirement("falcon:app:error-serializer-sync")
def test_the_serializer_of_errors_can_be_replaced() -> None:
    def build(falcon: Any) -> Any:
        def serialize(req: Any, resp: Any, exc: Any) -> None:
            resp.text, resp.content_type = f"!{exc.title} {exc.status}", "text/plain"

        app = TITLED(falcon)
        app.set_error_serializer(serialize)
        return app

    found = same(build, Exchange("/x", headers=[("Accept", "text/xml")]))
    assert (found.body, found.header("vary")) == (b"!T 403 Forbidden", None)
    assert same(build, Exchange("/x/y")).body == b"!404 Not Found 404 Not Found"
    for name in ("set_error_serializer", "set_error_reporter"):
        getattr(FRAMEWORKS[0].asgi.App(), name)(tell)  # which nobody will await
        with pytest.raises(falconws.core.CompatibilityError):
            getattr(falconws.core.App(), name)(tell)
