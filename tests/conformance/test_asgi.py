"""ASGI 3: HTTP 2.5, Lifespan 2.0 and the extensions of HTTP."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import AsyncIterator, Callable
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from falconws.core import App, HTTPNotFound
from falconws.sse import SSEvent
from tests.conformance.apps import drive
from tests.conformance.manifest import requirement
from tests.conformance.protocol import app_of, ask, http, serve, telling

OPEN: set[object] = set()
"""The streams that nobody has closed."""


async def stream(*pieces: Any) -> AsyncIterator[Any]:
    OPEN.add(pieces)
    try:
        for piece in pieces:
            await asyncio.sleep(0)
            if isinstance(piece, Exception):
                raise piece
            yield piece
    finally:
        OPEN.discard(pieces)


def fail(exc: Exception) -> None:
    raise exc


def respond(resp: Any, status: int = 200, **attributes: Any) -> None:
    resp.status = status
    for name, value in attributes.items():
        setattr(resp, name, value)


def trail(resp: Any, **attributes: Any) -> None:
    resp.set_trailer("X-Sum", "1")
    resp.set_trailer("X-More", "2")
    respond(resp, **attributes)


RESPONSES: dict[str, Callable[[Any], Any]] = {
    "nothing": lambda resp: None,
    "text": lambda resp: respond(resp, 201, text="é" * 9),
    "media": lambda resp: respond(resp, media=[1]),
    "cookies": lambda resp: [resp.set_cookie(name, "") for name in "ab"],
    "204": lambda resp: respond(resp, 204, text="no", content_length=2),
    "204-stream": lambda resp: respond(resp, 204, stream=stream(b"no")),
    "304": lambda resp: respond(resp, 304, text="no", content_length=2),
    "304-stream": lambda resp: respond(resp, 304, stream=stream(b"no")),
    "stream": lambda resp: respond(resp, stream=stream(b"a", memoryview(b"b"))),
    "sized": lambda resp: resp.set_stream(stream(b"ab"), 2),
    "empty-stream": lambda resp: respond(resp, stream=stream()),
    "events": lambda resp: respond(resp, sse=stream(SSEvent("a"), SSEvent("b"))),
    "error": lambda resp: fail(HTTPNotFound(headers={"X-A": "1"})),
    "bug": lambda resp: fail(ValueError("a bug")),
    "unserializable": lambda resp: respond(resp, media=object()),
    "trailers": lambda resp: trail(resp, text="x"),
    "trailers-stream": lambda resp: trail(resp, stream=stream(b"a")),
    "hints": lambda resp: resp.send_early_hints("</a>; rel=preload", "</b>"),
}
FAILING: dict[str, Callable[[Any], Any]] = {
    "at-once": lambda resp: respond(resp, stream=stream(ValueError())),
    "later": lambda resp: respond(resp, stream=stream(b"a", ValueError())),
    "of-text": lambda resp: respond(resp, stream=stream("text")),
}
PATHS = ["/files/small", "/files/large", "/not/there", *(f"/{n}" for n in RESPONSES)]
METHODS = st.sampled_from(["GET", "HEAD", "POST", "PUT", "OPTIONS", "BREW"])
HINT, PATHSEND = "http.response.early_hint", "http.response.pathsend"
TRAILERS = "http.response.trailers"
OFFERS: st.SearchStrategy[Any] = st.dictionaries(
    st.sampled_from([HINT, TRAILERS, PATHSEND]), st.just({})
)
TE = [(b"te", b"gzip"), (b"TE", b"gzip, Trailers")]


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> App:
    async def answer(req: Any, resp: Any, name: str) -> None:
        result = (RESPONSES | FAILING)[name](resp)
        if inspect.isawaitable(result):
            await result

    directory = tmp_path_factory.mktemp("files")
    (directory / "small").write_bytes(b"x")
    (directory / "large").write_bytes(b"x" * 100_000)
    made = App()
    resource = SimpleNamespace(on_get=answer, on_head=answer, on_post=answer)
    made.add_route("/{name}", resource)
    made.add_static_route("/files", directory)
    return made


@requirement("asgi:http:response-events")
@requirement("asgi:http:response-headers")
@requirement("asgi:http:more-body")
@requirement("asgi:extensions:early-hints")
@requirement("asgi:extensions:pathsend")
@requirement("rfc9110:6.4.1:no-content")
@requirement("rfc9110:8.3:content-type")
@requirement("rfc9110:8.6:content-length")
@requirement("rfc9110:9.3.2:head")
@pytest.mark.parametrize("path", PATHS)
@given(METHODS, OFFERS, st.sampled_from(TE))
@example("GET", {TRAILERS: {}}, TE[1])
@example("HEAD", {}, TE[0])
@example("GET", {HINT: {}, PATHSEND: {}}, TE[0])
@settings(max_examples=20)
def test_every_response_is_a_start_and_a_body_and_no_more(
    app: App, path: str, method: str, offers: Any, te: tuple[bytes, bytes]
) -> None:
    scope = http(path, method, extensions=offers, headers=[te])
    reply = asyncio.run(serve(app, scope))
    assert (reply.error, reply.state) == (None, "over")
    kinds = [event["type"] for event in reply.events]
    hinted = path == "/hints" and HINT in offers and method in ("GET", "HEAD", "POST")
    assert (kinds[0] == HINT) == hinted
    whole = path == "/files/large" and PATHSEND in offers and method == "GET"
    assert (kinds[-1] == PATHSEND) == whole
    if method == "HEAD":
        full = asyncio.run(serve(app, http(path)))
        # RFC 9110, 9.3.2: but for a length that is known of a body only.
        if reply.header("content-length") is None and not full.body:
            full.headers = [
                each for each in full.headers if each[0] != "content-length"
            ]
        assert full.headers == reply.headers
        assert full.header("content-type") or full.status in (204, 304)
    assert not OPEN


@requirement("asgi:http:failing-stream")
@pytest.mark.parametrize("name", FAILING)
def test_a_stream_that_fails_is_for_the_server_to_break_off(
    app: App, name: str
) -> None:
    reply = asyncio.run(serve(app, http(f"/{name}")))
    assert isinstance(reply.error, ValueError | TypeError)
    assert reply.state == "begun"
    assert not OPEN


@requirement("asgi:http:disconnect")
@requirement("asgi:http:send-raises")
@pytest.mark.parametrize("path", PATHS)
@given(st.integers(0, 4), st.booleans(), OFFERS)
@settings(max_examples=20)
def test_a_client_may_leave_at_any_moment(
    app: App, path: str, leaves_at: int, send_fails: bool, offers: Any
) -> None:
    scope = http(path, extensions=offers, headers=[TE[1]])
    reply = asyncio.run(serve(app, scope, (), leaves_at, send_fails))
    assert reply.error is None
    assert not OPEN


async def read(req: Any, resp: Any) -> None:
    """Answer with the body of the request, read in pieces or at once."""
    if req.get_header("X-By") == "pieces":
        resp.data = b"".join([chunk async for chunk in req.stream])
    else:
        resp.data = await req.stream.read(2) + await req.stream.read()


@requirement("asgi:http:request-body")
@requirement("asgi:http:disconnect-in-body")
@given(
    st.lists(st.binary(max_size=9), min_size=1),
    st.sampled_from([b"pieces", b"size"]),
    st.booleans(),
    st.booleans(),
)
@example([b""], b"size", False, False)
@settings(max_examples=200)
def test_a_body_is_read_as_a_whole_or_not_at_all(
    chunks: list[bytes], by: bytes, tells_length: bool, leaves: bool
) -> None:
    app = App()
    app.add_route("/", SimpleNamespace(on_post=read))
    body = b"".join(chunks)
    length = (b"content-length", b"%d" % (len(body) + leaves))
    scope = http(method="POST", headers=[(b"x-by", by), length][: 1 + tells_length])
    # What may be left out of an event is left out.
    bodies = [{"body": chunk} if chunk else {} for chunk in chunks]
    events: list[Any] = [
        {"type": "http.request", **b, "more_body": True} for b in bodies
    ]
    if leaves:
        events.append({"type": "http.disconnect"})
    else:
        del events[-1]["more_body"]
    reply = asyncio.run(serve(app, scope, events))
    assert reply.error is None
    assert (reply.state, reply.body) == (("unsent", b"") if leaves else ("over", body))


def describe(req: Any) -> list[Any]:
    place = [req.scheme, req.root_path, req.host, req.port, req.remote_addr, req.path]
    return [*place, req.query_string, req.get_header("X-A"), req.cookies]


@requirement("asgi:http:scope-defaults")
@requirement("asgi:main:extra-keys")
def test_what_a_scope_leaves_out_has_its_default_and_other_keys_are_ignored() -> None:
    app = telling(describe)
    least = ["http", "", "localhost", 80, "127.0.0.1", "/", "", None, {}]
    assert ask(app).json == least
    empty: dict[str, Any] = {"client": None, "server": None, "raw_path": None, "new": 1}
    assert ask(app, path="", **empty).json == least
    assert ask(app, server=["/a.sock", None]).json[2:4] == ["/a.sock", 80]


@requirement("asgi:http:header-names")
@requirement("rfc9110:5.3:order")
@requirement("rfc9113:8.2.3:cookies")
@pytest.mark.parametrize("kind", [list, tuple, iter])
def test_header_names_are_in_any_case_and_cookies_in_pieces(kind: Any) -> None:
    cookies = [(b"cookie", b"a=1"), (b"Cookie", b"b=2")]
    scope = http(headers=kind([(b"X-A", b"1"), *cookies, (b"x-a", b"2")]))
    reply = asyncio.run(serve(telling(describe), scope))
    assert reply.json[-2:] == ["1,2", {"a": "1", "b": "2"}]


@requirement("asgi:http:root-path")
@requirement("rfc3986:2.1:request-uri")
def test_the_root_path_is_no_part_of_the_path_and_both_are_decoded() -> None:
    app = telling(lambda req: [req.path, req.relative_uri])
    for path in ("/\xe9/", "/\xe9", "/"):  # some servers leave it out
        assert ask(app, path=path, root_path="/\xe9").json == ["/", "/\xe9/"]
    assert ask(app, path="/\xe9\xe9", root_path="/\xe9").status == 404


# Extensions.


@requirement("asgi:extensions:trailers")
@requirement("asgi:extensions:trailer-header")
@requirement("rfc9110:6.5.1:trailers")
@requirement("rfc9110:6.6.2:trailer")
@pytest.mark.parametrize("path", ["/trailers", "/trailers-stream"])
def test_trailers_are_for_a_server_that_has_them_and_a_client_that_takes_them(
    app: App, path: str
) -> None:
    te = [("te", "x, trailers")]
    offers: dict[str, Any] = {TRAILERS: {}}
    reply = ask(app, "GET", path, te, extensions=offers)
    start, last = reply.events[0], reply.events[-1]
    assert (start["trailers"], reply.header("trailer")) == (True, "x-sum, x-more")
    assert last["headers"] == [(b"x-sum", b"1"), (b"x-more", b"2")]
    for without in (ask(app, "GET", path, te), ask(app, path=path, extensions=offers)):
        assert not without.events[0].get("trailers")
        assert "headers" not in without.events[-1]


# Scopes and lifespan.

LIFESPAN = {"type": "lifespan", "asgi": {"version": "3.0"}}
STARTUP, SHUTDOWN = {"type": "lifespan.startup"}, {"type": "lifespan.shutdown"}
LATER: dict[str, Any] = {"asgi": {"version": "3.0", "spec_version": "3.0"}}


@requirement("asgi:main:unknown-scope")
@requirement("asgi:main:versions")
@pytest.mark.parametrize(
    ("scope", "error"),
    [
        ({**http(), "type": "http2"}, "UnsupportedScopeError"),
        ({"type": "webtransport"}, "UnsupportedScopeError"),
        (http(**LATER), "UnsupportedScopeError"),
        ({**LIFESPAN, **LATER}, "UnsupportedScopeError"),
        (http(http_version="4"), "UnsupportedError"),
    ],
)
def test_what_is_not_known_is_an_exception(scope: dict[str, Any], error: str) -> None:
    assert drive(app_of(lambda req, resp: None), scope) == ([], error)


@requirement("asgi:lifespan:events")
@requirement("asgi:lifespan:failed")
@pytest.mark.parametrize(
    ("fails", "answers"),
    [
        ("", ["startup.complete", "shutdown.complete"]),
        ("startup", ["startup.failed"]),
        ("shutdown", ["startup.complete", "shutdown.failed"]),
    ],
)
def test_each_phase_is_answered_once(fails: str, answers: list[str]) -> None:
    async def phase(scope: Any, event: Any) -> None:
        if event["type"] == f"lifespan.{fails}":
            raise ValueError("it fails")

    component = SimpleNamespace(process_startup=phase, process_shutdown=phase)
    sent, error = drive(App(middleware=component), LIFESPAN, STARTUP, SHUTDOWN)
    assert [event["type"] for event in sent] == [f"lifespan.{a}" for a in answers]
    assert all(("message" in event) == ("fail" in event["type"]) for event in sent)
    assert error is None


@requirement("asgi:lifespan:state")
def test_what_is_set_at_startup_is_in_the_scope_of_every_request() -> None:
    async def startup(scope: Any, event: Any) -> None:
        scope["state"]["a"] = made.state.b = []

    def answer(req: Any, resp: Any) -> None:
        req.scope["state"]["a"].append(req.scope["state"]["b"] is made.state.a)
        req.scope["state"]["c"] = 1

    made = app_of(answer)
    made.add_middleware(SimpleNamespace(process_startup=startup))
    state: dict[str, Any] = {}
    drive(made, {**LIFESPAN, "state": state}, STARTUP, SHUTDOWN)
    for _ in range(2):
        ask(made, state=state.copy())
    assert state == {"a": [True, True], "b": [True, True]}
