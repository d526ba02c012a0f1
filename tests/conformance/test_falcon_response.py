"""The response beside Falcon's: its status, its body, and what comes after it."""

from __future__ import annotations

import asyncio
import http
import json
from collections.abc import AsyncIterator, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from inspect import iscoroutine, signature
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

import falconws.core
from tests.conformance.apps import FRAMEWORKS
from tests.conformance.differential import Answer, Exchange, ask, both, same
from tests.conformance.manifest import requirement
from tests.conformance.outcomes import raised
from tests.conformance.responses import responding, told

# The status.

STATUSES = st.integers(100, 999) | st.sampled_from(http.HTTPStatus)


@requirement("falcon:response:status")
@given(STATUSES | st.builds("{} {}".format, st.integers(100, 999), st.text("abc ")))
@example(404)
@example(http.HTTPStatus.IM_A_TEAPOT)
@example("799 Of One's Own")
def test_the_status_is_a_line_a_code_or_a_member(status: Any) -> None:
    def by_name(falcon: Any, resp: Any) -> None:
        resp.status = status
        resp.set_header("X-Read", f"{resp.status!r} {resp.status_code!r}")

    def by_code(falcon: Any, resp: Any) -> None:
        resp.status_code = status
        resp.set_header("X-Read", f"{resp.status!r} {resp.status_code!r}")

    code = int(status[:3]) if isinstance(status, str) else int(status)
    for act in (by_name, by_code):
        found = same(responding(act), Exchange())
        assert found.status == code
        assert found.header("x-read") == f"{status!r} {code}"


@requirement("falcon:response:status-checked")
@pytest.mark.parametrize("status", ["bogus", "", None, 2.5, "404x", 99, "2000 OK"])
def test_a_status_is_checked_where_it_is_set(status: Any) -> None:
    def act(falcon: Any, resp: Any) -> None:
        resp.status = status

    theirs, ours = both(responding(act), Exchange())
    assert ours.status == 500
    assert b"Internal Server Error" in ours.body
    taken = {"404x": 404, 99: 99, "2000 OK": 200}.get(status)
    assert (theirs.status, theirs.error) == (taken, None if taken else "ValueError")


# The body.


async def pieces(chunks: list[bytes | None]) -> AsyncIterator[bytes | None]:
    for chunk in chunks:
        yield chunk


JSON = st.recursive(
    st.booleans() | st.integers(-99, 99) | st.text(max_size=5),
    lambda each: st.lists(each, max_size=3) | st.dictionaries(st.text("ab"), each),
    max_leaves=4,
)
BODIES: dict[str, st.SearchStrategy[Any]] = {
    "text": st.none() | st.text(max_size=9),
    "data": st.none() | st.binary(max_size=9),
    "media": st.none() | JSON,
    "stream": st.none() | st.lists(st.binary(max_size=9), max_size=4),
}


def set_bodies(resp: Any, bodies: dict[str, Any]) -> None:
    for name, body in bodies.items():
        if name == "stream" and body is not None:
            body = pieces(body)
        setattr(resp, name, body)


@requirement("falcon:response:body-order")
@requirement("falcon:response:content-length")
@requirement("falcon:response:head")
@requirement("falcon:response:without-content")
@requirement("falcon:response:content-type")
@given(
    st.fixed_dictionaries({}, optional=BODIES),
    st.sampled_from(["GET", "POST", "OPTIONS", "HEAD"]),
    st.sampled_from([100, 101, 200, 204, 206, 304, 404, 500]),
    st.none() | st.integers(0, 20),
    st.sampled_from(["application/json", "application/vnd.a+json; q=1"]),
)
@example({"text": "", "data": b"d", "media": 1, "stream": [b"s"]}, "GET", 200, 7, "a/b")
@example({"data": b"", "media": 1, "stream": [b"s"]}, "HEAD", 404, None, "a/b")
@example({"media": {}}, "GET", 200, None, "application/json")
@example({"stream": [b"a", b"", b"b"]}, "GET", 200, 2, "a/b")
@example({"stream": [b"s"]}, "HEAD", 200, 7, "a/b")
@example({}, "HEAD", 200, 7, "a/b")
@example({"text": "t"}, "GET", 304, 7, "a/b")
@settings(max_examples=200)
def test_the_first_body_that_is_set_is_sent(
    bodies: dict[str, Any], method: str, status: int, length: int | None, kind: str
) -> None:
    first = next((n for n in BODIES if bodies.get(n) is not None), None)
    if status in (100, 101, 204) or (
        method == "HEAD" and first not in (None, "stream")
    ):
        length = None  # see the requirements on lengths that are set
    elif method == "HEAD" and first is None and length is None:
        length = 0  # or Falcon adds it

    def act(falcon: Any, resp: Any) -> None:
        resp.status = status
        resp.content_length = length
        set_bodies(resp, bodies)

    def build(falcon: Any) -> Any:
        app = responding(act, media_type=kind)(falcon)
        handlers = app.resp_options.media_handlers
        handlers[kind] = falcon.media.JSONHandler(dumps=json.dumps)
        return app

    found = same(build, Exchange(method=method))
    assert found.status == status
    untyped = status in (204, 304) and first != "media"
    assert found.header("content-type") == (None if untyped else kind)
    if status in (100, 101, 204, 304):
        assert found.body == b""
        assert found.header("content-length") == (
            None if length is None else f"{length}"
        )
    elif method == "HEAD":
        assert found.body == b""
    elif first == "text":
        assert found.body == bodies["text"].encode()
        assert found.header("content-length") == f"{len(found.body)}"
    elif first == "stream":
        assert found.body == b"".join(bodies["stream"])
        assert found.header("content-length") == (
            None if length is None else f"{length}"
        )
    elif first is None:
        assert found.header("content-length") == "0"


@requirement("falcon:response:content-length")
@requirement("falcon:response:head-length")
@requirement("falcon:response:head-nothing")
@requirement("rfc9110:8.6:no-content-length")
@pytest.mark.parametrize(
    ("method", "status", "body", "length", "theirs", "ours"),
    [
        ("HEAD", 200, "text", 7, "7", "4"),
        ("HEAD", 200, None, None, "0", None),
        ("GET", 200, "text", 7, "4", "4"),
        ("GET", 204, None, 7, "7", None),
        ("GET", 204, "text", 7, "7", None),
        ("HEAD", 101, "text", 7, "7", None),
        ("GET", 100, None, 7, "7", None),
        ("GET", 304, None, 7, "7", "7"),
    ],
)
def test_a_length_is_told_only_where_it_is_that_of_the_content(
    method: str,
    status: int,
    body: str | None,
    length: int | None,
    theirs: str | None,
    ours: str | None,
) -> None:
    def act(falcon: Any, resp: Any) -> None:
        resp.status, resp.text, resp.content_length = status, body, length

    found = both(responding(act), Exchange(method=method))
    assert tuple(each.header("content-length") for each in found) == (theirs, ours)


@requirement("falcon:response:media")
@given(st.none() | JSON, JSON)
@example({"a": 1}, [])
@settings(max_examples=50)
def test_media_is_serialized_as_it_is_when_the_response_is_sent(
    before: Any, after: Any
) -> None:
    def act(falcon: Any, resp: Any) -> None:
        resp.media = before
        resp.media = changing = [after]
        resp.content_type = "application/json; charset=utf-8"
        changing.append("changed")

    found = same(responding(act), Exchange())
    assert b'"changed"' in found.body
    assert found.header("content-type") == "application/json; charset=utf-8"


@requirement("falcon:response:media")
@requirement("falcon:response:render-body")
def test_a_handler_serializes_and_render_body_gives_the_body() -> None:
    def build(falcon: Any) -> Any:
        class Shouting(falcon.media.BaseHandler):  # type: ignore[misc]
            def serialize(self, media: Any, content_type: str) -> bytes:
                return f"{media.upper()} {content_type}".encode()

        class Response(falcon.asgi.Response):  # type: ignore[misc]
            async def render_body(self) -> bytes:
                body = await super().render_body()
                return b"none" if body is None else body + b"!"

        async def answer(req: Any, resp: Any) -> None:
            if req.path == "/media":
                resp.media, resp.content_type = "hey", "text/x-loud; a=b"

        app = falcon.asgi.App(response_type=Response)
        app.resp_options.media_handlers["text/x-loud"] = Shouting()
        app.add_sink(answer)
        return app

    assert same(build, Exchange("/media")).body == b"HEY text/x-loud; a=b!"
    assert same(build, Exchange("/")).body == b"none"


@requirement("falcon:response:rendering-errors")
@requirement("falcon:response:body-types")
@pytest.mark.parametrize(
    ("name", "value", "kind", "theirs", "ours"),
    [
        ("media", {}, "x/y", (415, b"", None), 415),
        ("media", {1, 2}, "application/json", (500, b"", None), 500),
        ("text", 5, "text/plain", (None, b"", "TypeError"), 500),
        ("text", b"bytes", "text/plain", (200, b"bytes", None), 500),
        ("stream", pieces, "text/plain", (200, b"", "TypeError"), 500),
        ("stream", [b"a"], "text/plain", (200, b"", "TypeError"), 500),
    ],
)
def test_a_body_that_cannot_be_sent_is_an_error_with_a_body(
    name: str, value: Any, kind: str, theirs: tuple[Any, ...], ours: int
) -> None:
    def act(falcon: Any, resp: Any) -> None:
        resp.content_type = kind
        setattr(resp, name, value)

    falcons, found = both(responding(act), Exchange())
    assert (falcons.status, falcons.body, falcons.error) == theirs
    assert found.status == ours
    assert f'"title":"{ours} '.encode() in found.body


class File:
    """A file to be read by awaiting; tells what was done with it."""

    def __init__(self, blocks: Sequence[bytes | None]) -> None:
        self.blocks = [*blocks, b""]
        self.sizes: set[int] = set()
        self.closed = 0

    async def read(self, size: int = -1) -> bytes | None:
        self.sizes.add(size)
        return self.blocks.pop(0)

    async def close(self) -> None:
        self.closed += 1


@requirement("falcon:response:stream-iterable")
@requirement("falcon:response:stream-file")
@requirement("falcon:response:set-stream")
@given(
    st.lists(st.binary(), max_size=5),
    st.booleans(),
    st.none() | st.integers(0, 99),
)
@example([b"a", b"", b"b"], True, None)
@example([b"a", b"", b"b"], False, 7)
@settings(max_examples=50)
def test_a_file_goes_on_to_an_empty_block_and_an_iterable_to_none(
    blocks: list[bytes], is_file: bool, length: int | None
) -> None:
    files: list[File] = []

    def act(falcon: Any, resp: Any) -> None:
        files.append(File(blocks))
        stream = files[-1] if is_file else pieces([*blocks, None, b"more"])
        if length is None:
            resp.stream = stream
        else:
            resp.set_stream(stream, length)

    found = same(responding(act), Exchange())
    end = blocks.index(b"") if is_file and b"" in blocks else len(blocks)
    assert found.body == b"".join(blocks[:end])
    assert found.header("content-length") == (None if length is None else f"{length}")
    assert [file.closed for file in files] == [is_file, is_file]


@requirement("falcon:response:stream-file-none")
def test_a_file_that_has_nothing_for_now_is_not_asked_again() -> None:
    def act(falcon: Any, resp: Any) -> None:
        resp.stream = File([b"a", None, b"b"])

    theirs, ours = both(responding(act), Exchange())
    assert (theirs.body, ours.body) == (b"ab", b"a")


@requirement("falcon:response:stream-blocks")
@requirement("falcon:response:stream-closed")
@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_files_are_read_in_large_blocks_and_closed_unread_too(method: str) -> None:
    files: list[File] = []

    def act(falcon: Any, resp: Any) -> None:
        files.append(File([b"a"]))
        resp.stream = files[-1]

    assert same(responding(act), Exchange(method=method)).status == 200
    theirs, ours = files
    read = method == "GET"
    assert (theirs.sizes, ours.sizes) == (({8192}, {65536}) if read else (set(), set()))
    assert (theirs.closed, ours.closed) == (read, 1)


@requirement("falcon:response:body-order")
@requirement("falcon:response:schedule")
def test_events_go_before_every_other_body_and_behind_what_is_scheduled() -> None:
    def act(falcon: Any, resp: Any) -> None:
        ran = asyncio.Event()

        async def callback() -> None:
            ran.set()

        async def events() -> AsyncIterator[Any]:
            await ran.wait()
            yield falcon.asgi.SSEvent(text="event")

        resp.schedule(callback)
        resp.sse, resp.text, resp.data, resp.media = events(), "text", b"data", {}

    theirs, ours = both(responding(act), Exchange())
    assert theirs.body == ours.body == b"data: event\n\n"
    assert theirs.header("content-type") == ours.header("content-type")


@requirement("falcon:response:removed")
def test_body_is_back_and_add_link_is_gone() -> None:
    def act(falcon: Any, resp: Any) -> None:
        assert not hasattr(resp, "add_link")
        resp.body = "text"
        resp.body = b"data"

    theirs, ours = both(responding(act), Exchange())
    assert (theirs.status, ours.status, ours.body) == (500, 200, b"data")


# Attributes, and what comes after the response.


@requirement("falcon:response:attributes")
def test_a_response_has_what_falcons_has() -> None:
    theirs, ours = (framework.asgi.Response for framework in FRAMEWORKS)
    names = {name for name in dir(theirs) if not name.startswith("_")}
    assert names - {*dir(ours())} == {"add_link"}
    assert {"set_cookie", "append_link", "schedule_sync"} < names
    for name in names - {"add_link", "unset_cookie", "context_type"}:
        if callable(getattr(theirs, name)):
            assert parameters(getattr(ours, name)) == parameters(getattr(theirs, name))


def parameters(method: Any) -> list[tuple[str, Any]]:
    return [(p.name, p.default) for p in signature(method).parameters.values()]


@requirement("falcon:response:attributes")
@requirement("falcon:response:options")
def test_a_response_begins_with_200_and_nothing_else() -> None:
    names = "status status_code text data media stream sse complete headers".split()
    begins = told(lambda falcon, resp: [getattr(resp, name) for name in names])
    assert begins[0] == begins[1]
    assert begins[1].startswith(
        "list('200 OK', 200, None, None, None, None, None, False"
    )
    options = [
        "secure_cookies_by_default",
        "default_media_type",
        "xml_error_serialization",
    ]
    defaults = told(
        lambda falcon, resp: [getattr(resp.options, name) for name in options]
    )
    assert defaults == ("list(True, 'application/json', True)",) * 2


@requirement("falcon:response:context")
def test_a_response_has_room_for_an_applications_own_data() -> None:
    def act(falcon: Any, resp: Any) -> Any:
        resp.context.user = resp.note = "ann"
        resp.context["role"] = "reader"
        return sorted(resp.context.items()), resp.note, type(resp.context).__name__

    assert (
        told(act)
        == (
            "tuple(list(tuple('role', 'reader'), tuple('user', 'ann')), 'ann', 'Context')",
        )
        * 2
    )


async def run_scheduled(falcon: Any, raises: str) -> tuple[Answer, list[str]]:
    """Give the answer of a request that schedules, and in which order things happen."""
    log: list[str] = []

    async def body() -> AsyncIterator[bytes]:
        yield b"a"
        log.append("body")
        if raises == "stream":
            raise ZeroDivisionError

    async def coroutine() -> None:
        log.append("coroutine")

    def act(falcon: Any, resp: Any) -> None:
        resp.schedule(coroutine)
        resp.schedule_sync(lambda: log.append("function"))
        resp.stream = body()
        if raises == "responder":
            raise falcon.HTTPForbidden()

    threads = ThreadPoolExecutor(1)
    asyncio.get_running_loop().set_default_executor(threads)
    found = await ask(responding(act)(falcon), Exchange())
    others = asyncio.all_tasks() - {asyncio.current_task()}
    await asyncio.gather(*others, return_exceptions=True)
    threads.shutdown()
    return found, log


@requirement("falcon:response:schedule")
@requirement("falcon:response:schedule-always")
@pytest.mark.parametrize(
    ("raises", "status", "before"),
    [("", 200, ["body"]), ("responder", 403, []), ("stream", 200, ["body"])],
)
def test_what_is_scheduled_runs_after_the_response(
    raises: str, status: int, before: list[str]
) -> None:
    for framework in FRAMEWORKS:
        found, log = asyncio.run(run_scheduled(framework, raises))
        assert found.status == status
        assert found.error == ("ZeroDivisionError" if raises == "stream" else None)
        assert log[: len(before)] == before
        runs = raises != "stream" or framework is falconws.core
        assert sorted(log[len(before) :]) == (["coroutine", "function"] if runs else [])


async def _coroutine_function() -> None: ...


@requirement("falcon:response:schedule")
@requirement("falcon:response:schedule-types")
@pytest.mark.parametrize(
    ("method", "make", "theirs"),
    [
        ("schedule", lambda: lambda: None, raised("TypeError")),
        ("schedule", _coroutine_function, raised("TypeError")),
        ("schedule", lambda: None, "None"),
        ("schedule_sync", lambda: _coroutine_function, "None"),
    ],
)
def test_schedule_takes_functions_of_the_right_kind(
    method: str, make: Callable[[], Any], theirs: str
) -> None:
    def act(falcon: Any, resp: Any) -> None:
        callback = make()
        try:
            getattr(resp, method)(callback)
        finally:
            if iscoroutine(callback):
                callback.close()

    assert told(act) == (theirs, raised("TypeError"))
