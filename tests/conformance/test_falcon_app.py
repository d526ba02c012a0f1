"""The App beside Falcon's: what it is given, who takes part in a request, start and stop."""

from __future__ import annotations

import asyncio
import inspect
import re
from collections.abc import Callable, Iterable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

import falconws.core
from tests.conformance.apps import (
    FRAMEWORKS,
    answer,
    both_raise,
    drive,
    saying,
    with_routes,
)
from tests.conformance.differential import Exchange, ask, both, same
from tests.conformance.manifest import requirement

LIFESPAN = ({"type": "lifespan.startup"}, {"type": "lifespan.shutdown"})


# What the App is given.


@requirement("falcon:app:arguments")
def test_the_arguments_of_an_app_have_their_names_order_and_defaults() -> None:
    theirs, ours = (
        [
            (p.name, p.default)
            for p in inspect.signature(framework.asgi.App).parameters.values()
            if p.kind is p.POSITIONAL_OR_KEYWORD
        ]
        for framework in FRAMEWORKS
    )
    assert ours == theirs
    assert ours[0] == ("media_type", "application/json")


@requirement("falcon:app:attributes")
def test_an_app_has_its_options() -> None:
    for framework in FRAMEWORKS:
        app = framework.asgi.App()
        assert app.req_options.keep_blank_qs_values is True
        assert app.resp_options.secure_cookies_by_default is True
        assert app.router_options.default_to_on_request is False
        assert app.ws_options.error_close_code == 1011


@requirement("falcon:app:media-type")
@pytest.mark.parametrize("media_type", ["text/plain", "application/yaml"])
def test_the_media_type_of_an_app_is_the_default_of_requests_and_responses(
    media_type: str,
) -> None:
    async def on_get(req: Any, resp: Any) -> None:
        resp.text = req.options.default_media_type

    build = with_routes({"/": {"on_get": on_get}}, media_type=media_type)
    found = same(build, Exchange())
    assert found.header("content-type") == media_type
    assert found.body == media_type.encode()


@requirement("falcon:app:cors-once")
def test_cors_is_enabled_once() -> None:
    def build(falcon: Any) -> Any:
        return falcon.asgi.App(cors_enable=True)

    both_raise("ValueError", lambda f: build(f).add_middleware(f.CORSMiddleware()))
    found = same(build, Exchange(headers=[("Origin", "http://a")]))
    assert found.header("access-control-allow-origin") == "*"


@requirement("falcon:app:types")
def test_requests_and_responses_are_of_the_types_that_the_app_is_given() -> None:
    def build(falcon: Any) -> Any:
        class Asked(falcon.asgi.Request):  # type: ignore[misc]
            context_type = dict

        class Answered(falcon.asgi.Response):  # type: ignore[misc]
            async def render_body(self) -> bytes:
                return f"<{self.text}>".encode()

        async def on_get(req: Any, resp: Any) -> None:
            req.mine = req.context == {}
            resp.text = f"{type(req).__name__} {type(resp).__name__} {req.mine}"

        app = falcon.asgi.App(request_type=Asked, response_type=Answered)
        app.add_route("/", SimpleNamespace(on_get=on_get))
        return app

    assert same(build, Exchange()).body == b"<Asked Answered True>"


def plain(*args: Any) -> None:
    """Do nothing, as no coroutine function."""


class Plain:
    """A component whose hook is no coroutine function."""

    def process_request(self, req: Any, resp: Any) -> None: ...


class PlainStartup:
    """Another, that is called when the server starts."""

    def process_startup(self, scope: Any, event: Any) -> None: ...


@requirement("falcon:app:sync-refused")
@pytest.mark.parametrize(
    ("kind", "act"),
    [
        ("TypeError", lambda app: app.add_route("/", SimpleNamespace(on_get=plain))),
        ("CompatibilityError", lambda app: app.add_sink(plain)),
        ("CompatibilityError", lambda app: app.add_error_handler(KeyError, plain)),
        ("CompatibilityError", lambda app: app.add_middleware(Plain())),
    ],
)
def test_plain_functions_are_refused_where_they_are_added(
    kind: str, act: Callable[[Any], object]
) -> None:
    both_raise(kind, lambda f: act(f.asgi.App()))


@requirement("falcon:app:wrap-sync")
def test_plain_functions_are_called_in_threads_if_the_app_is_told_to() -> None:
    def on_get(req: Any, resp: Any) -> None:
        resp.text = "in a thread"

    app = falconws.core.App(wrap_sync=True, middleware=Plain())
    app.add_route("/", SimpleNamespace(on_get=on_get))
    assert asyncio.run(ask(app, Exchange())).body == b"in a thread"
    with pytest.raises(TypeError):
        FRAMEWORKS[0].asgi.App(wrap_sync=True)


@requirement("falcon:app:startup-sync-refused")
def test_a_plain_startup_hook_is_refused_where_it_is_added() -> None:
    app = FRAMEWORKS[0].asgi.App(middleware=PlainStartup())
    sent, _ = drive(app, {"type": "lifespan", "asgi": {"version": "3.0"}}, *LIFESPAN)
    assert [event["type"] for event in sent] == ["lifespan.startup.failed"]
    with pytest.raises(falconws.core.CompatibilityError, match="process_startup"):
        falconws.core.App(middleware=PlainStartup())


@requirement("falcon:app:form-option")
@pytest.mark.filterwarnings("ignore::falcon.util.deprecation.DeprecatedWarning")
def test_there_is_no_option_to_read_forms_into_the_query_parameters() -> None:
    theirs, ours = (framework.asgi.App() for framework in FRAMEWORKS)
    theirs.req_options.auto_parse_form_urlencoded = True
    sent, _ = drive(theirs, {"type": "lifespan", "asgi": {"version": "3.0"}}, *LIFESPAN)
    assert [event["type"] for event in sent] == ["lifespan.startup.failed"]
    with pytest.raises(AttributeError):
        ours.req_options.auto_parse_form_urlencoded = True


@requirement("falcon:routing:compiled-router")
def test_the_router_of_an_app_can_be_asked() -> None:
    resource = SimpleNamespace(on_get=answer, on_websocket=answer, on_post_x=answer)
    for framework in FRAMEWORKS:
        router = framework.routing.CompiledRouter()
        assert {"dt", "float", "int", "path", "re", "uuid"} <= {
            *router.options.converters
        }
        app = framework.asgi.App(router=router)
        app.add_route("/{id:int}", resource, compile=True)
        found, method_map, params, template = router.find("/7", req=None)
        assert (found, params, template) == (resource, {"id": 7}, "/{id:int}")
        assert method_map["GET"] is answer
        assert router.find("/x") is None
        mapped = router.map_http_methods(resource, suffix="x")
        assert mapped == {"POST": answer}
    theirs, ours = (framework.routing.CompiledRouter() for framework in FRAMEWORKS)
    assert (hasattr(theirs, "finder_src"), hasattr(ours, "finder_src")) == (True, False)


# What answers where no route matches.


@pytest.fixture(scope="module")
def directories(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Give two directories that have a file of the same name."""
    made = [tmp_path_factory.mktemp(name) for name in ("one", "two")]
    for directory in made:
        (directory / "file.txt").write_text(directory.name)
    return made


_prefixes = st.sampled_from(
    ["/", "/a", "/ab", "/a/", "/b", "a", "/(?P<x>[ab]+)", r"/\d", "/a$", "/b/(?P<x>.)?"]
)
_paths = st.sampled_from(
    ["/", "/a", "/ab", "/a/b", "/b/1", "/1", "/c", "/file.txt", "/a/file.txt"]
)


@requirement("falcon:app:sinks")
@requirement("falcon:app:static-routes")
@requirement("falcon:app:fallback-order")
@given(
    prefixes=st.lists(st.tuples(_prefixes, st.booleans()), max_size=5),
    statics=st.lists(st.sampled_from(["/", "/a"]), max_size=2),
    routes=st.sets(st.sampled_from(["/a", "/a/{x}", "/1"])),
    sinks_first=st.booleans(),
    path=_paths,
    method=st.sampled_from(["GET", "POST", "FOO"]),
)
def test_routes_go_before_sinks_and_static_files_and_of_those_the_latest_answers(
    directories: list[Path],
    prefixes: list[tuple[str, bool]],
    statics: list[str],
    routes: set[str],
    sinks_first: bool,
    path: str,
    method: str,
) -> None:
    def build(falcon: Any) -> Any:
        app = falcon.asgi.App(sink_before_static_route=sinks_first)
        for number, (prefix, compiled) in enumerate(prefixes):
            given = re.compile(prefix) if compiled else prefix
            app.add_sink(saying(f"sink {number}"), given)
        for prefix, directory in zip(statics, directories, strict=False):
            app.add_static_route(prefix, directory)
        for template in routes:
            app.add_route(template, SimpleNamespace(on_get=answer))
        return app

    method = "GET" if statics else method  # they have their own rules for others
    theirs, ours = both(build, Exchange(path, method))
    assert (ours.status, ours.header("content-type")) == (
        theirs.status,
        theirs.header("content-type"),
    )
    assert ours.body.replace(b" ", b"") == theirs.body.replace(b" ", b"")


@requirement("falcon:app:sinks")
@requirement("falcon:app:static-routes")
@requirement("falcon:app:fallback-order")
def test_the_order_of_sinks_and_static_files_is_an_option(
    directories: list[Path],
) -> None:
    def build(falcon: Any, sinks_first: bool) -> Any:
        app = falcon.asgi.App(sink_before_static_route=sinks_first)
        app.add_sink(saying("earlier"))
        app.add_sink(saying("later"), "/(?P<name>.*)")
        for directory in directories:
            app.add_static_route("/", directory)
        return app

    found = same(lambda f: build(f, True), Exchange("/file.txt", "BREW"))
    assert found.body == b'{"by":"later","params":{"name":"file.txt"}}'
    theirs, ours = both(lambda f: build(f, False), Exchange("/file.txt"))
    assert ours.body == theirs.body == directories[-1].name.encode()


# Middleware.


class Component:
    """A middleware component, as told: what its hooks do, besides logging that they ran."""

    def __init__(
        self, number: int, hooks: Iterable[str] = ("request",), **acts: str | None
    ) -> None:
        self.number, self.hooks, self.acts = number, hooks, acts

    def __repr__(self) -> str:
        return f"Component({self.number}, {self.hooks}, **{self.acts})"

    def make(self, falcon: Any, log: list[Any]) -> Any:
        """Make it for a framework."""
        hooks = {f"process_{hook}": self.hook(hook, falcon, log) for hook in self.hooks}
        return type("Made", (), hooks)()

    def hook(self, name: str, falcon: Any, log: list[Any]) -> Callable[..., Any]:
        """Make one of its hooks."""

        async def process(made: Any, req: Any, resp: Any, *rest: Any) -> None:
            told = [arg if isinstance(arg, bool | dict) else bool(arg) for arg in rest]
            log.append((name, self.number, req.uri_template, repr(told)))
            match self.acts.get(name):
                case "complete":
                    resp.complete = True
                    resp.text = f"complete {self.number}"
                case "refuse":
                    raise falcon.HTTPForbidden(title=f"refused {self.number}")
                case "divert":
                    raise falcon.HTTPStatus(202, text="diverted")
                case "break":
                    raise ValueError

        return process


_acts = st.sampled_from([None, None, None, "complete", "refuse", "divert", "break"])
_component = st.builds(
    Component,
    number=st.integers(0, 9),
    hooks=st.sets(st.sampled_from(["request", "resource", "response"]), min_size=1),
    request=_acts,
    resource=_acts,
    response=_acts,
)


@requirement("falcon:middleware:order")
@requirement("falcon:middleware:complete")
@requirement("falcon:middleware:independent")
@requirement("falcon:middleware:dependent")
@requirement("falcon:middleware:req-succeeded")
@requirement("falcon:middleware:resource")
@given(
    parts=st.lists(_component, min_size=1, max_size=4),
    independent=st.booleans(),
    path=st.sampled_from(["/room/1", "/room/1", "/sink", "/nowhere"]),
    method=st.sampled_from(["GET", "GET", "OPTIONS", "POST", "FOO"]),
    act=_acts,
)
def test_hooks_are_called_in_the_same_order_with_the_same_arguments(
    parts: list[Component], independent: bool, path: str, method: str, act: str | None
) -> None:
    logs: list[Any] = []

    def build(falcon: Any) -> Any:
        log: list[Any] = []
        logs.append(log)
        made = [part.make(falcon, log) for part in parts]
        responder = Component(0, responder=act).hook("responder", falcon, log)

        async def respond(req: Any, resp: Any, **params: Any) -> None:
            await responder(None, req, resp, params)

        app = falcon.asgi.App(middleware=made, independent_middleware=independent)
        app.add_route("/room/{id}", SimpleNamespace(on_get=respond))
        app.add_sink(respond, "/sink")
        return app

    same(build, Exchange(path, method))
    assert logs[1] == logs[0]


ALL_HOOKS = ("request", "resource", "response")


@requirement("falcon:middleware:order")
@requirement("falcon:middleware:independent")
@requirement("falcon:middleware:dependent")
@requirement("falcon:middleware:complete")
@requirement("falcon:middleware:req-succeeded")
@pytest.mark.parametrize(
    ("acts", "independent", "expected"),
    [
        ({}, True, "q0 q1 r0 r1 s1+ s0+"),
        ({"request": "complete"}, False, "q0 q1 s1+ s0+"),
        ({"resource": "complete"}, False, "q0 q1 r0 r1 s1+ s0+"),
        ({"request": "break"}, True, "q0 q1 s1- s0-"),
        ({"request": "break"}, False, "q0 q1 s0-"),
        ({"response": "break"}, False, "q0 q1 r0 r1 s1+ s0-"),
    ],
)
def test_what_comes_first_is_on_the_outside(
    acts: dict[str, str], independent: bool, expected: str
) -> None:
    logs: list[Any] = []

    def build(falcon: Any) -> Any:
        logs.append([])
        parts = [Component(0, ALL_HOOKS), Component(1, ALL_HOOKS, **acts)]
        made = [part.make(falcon, logs[-1]) for part in parts]
        app = falcon.asgi.App(middleware=made, independent_middleware=independent)
        app.add_route("/", SimpleNamespace(on_get=answer))
        return app

    same(build, Exchange())
    signs = {"request": "q{}", "resource": "r{}", "response": "s{}"}
    for log in logs:
        ends = {"response": {True: "+", False: "-"}}
        words = [
            signs[name].format(number) + ends.get(name, {}).get("True]" in told, "")
            for name, number, _, told in log
        ]
        assert " ".join(words) == expected


@requirement("falcon:middleware:params")
def test_a_hook_may_change_the_params_of_the_responder() -> None:
    class Doubling:
        async def process_resource(
            self, req: Any, resp: Any, resource: Any, params: dict[str, Any]
        ) -> None:
            params.update(id=params["id"] * 2, extra=1)

    build = with_routes({"/{id}": {"on_get": answer}}, middleware=Doubling())
    found = same(build, Exchange("/ab"))
    assert found.body == b'{"template":"/{id}","params":{"id":"abab","extra":1}}'


class Counting:
    """A component that counts its calls."""

    async def process_request(self, req: Any, resp: Any) -> None:
        resp.append_header("X-Called", "yes")


@requirement("falcon:middleware:add")
def test_middleware_is_a_component_or_several_with_a_hook_at_least() -> None:
    for middleware in (Counting(), [Counting()], (Counting(),)):

        def build(falcon: Any, middleware: Any = middleware) -> Any:
            app = falcon.asgi.App(middleware=middleware)
            app.add_middleware(Counting())
            app.add_middleware(Counting() for _ in range(2))
            return app

        assert same(build, Exchange()).header("x-called") == "yes, yes, yes, yes"
    both_raise("TypeError", lambda f: f.asgi.App(middleware=[object()]))


@requirement("falcon:middleware:async-names")
def test_of_two_names_of_a_hook_the_asynchronous_one_is_called() -> None:
    class Dual:
        def process_request(self, req: Any, resp: Any) -> None:
            raise AssertionError("This one is for WSGI.")

        async def process_request_async(self, req: Any, resp: Any) -> None:
            resp.set_header("X-Request", "async")

        async def process_response_async(
            self, req: Any, resp: Any, resource: Any, req_succeeded: bool
        ) -> None:
            resp.set_header("X-Response", "async")

    found = same(with_routes({}, middleware=Dual()), Exchange())
    assert (found.header("x-request"), found.header("x-response")) == ("async", "async")


# The lifespan.


def startable(number: int, hooks: dict[str, bool], log: list[str]) -> Any:
    """Make a component with hooks of the lifespan, and whether they fail."""

    def hook(fails: bool) -> Any:
        async def process(self: Any, scope: Any, event: Any) -> None:
            log.append(f"{scope['type']} {event['type']} {number}")
            if fails:
                raise ValueError(f"{number} fails")

        return process

    made = {f"process_{phase}": hook(fails) for phase, fails in hooks.items()}
    return type("Startable", (), made)()


_fails = st.sampled_from([False, False, False, True])


@requirement("falcon:app:lifespan")
@given(
    st.lists(
        st.fixed_dictionaries(
            {}, optional={"startup": _fails, "shutdown": _fails}
        ).filter(bool),
        max_size=4,
    )
)
@example([{"startup": False, "shutdown": False}] * 2)
@example([{"startup": False}, {"startup": True, "shutdown": False}])
@settings(max_examples=50)
def test_components_start_in_order_and_stop_in_reverse_until_one_fails(
    hooks: list[dict[str, bool]],
) -> None:
    results = []
    for framework in FRAMEWORKS:
        log: list[str] = []
        made = [startable(number, each, log) for number, each in enumerate(hooks)]
        app = framework.asgi.App(middleware=made)
        scope = {"type": "lifespan", "asgi": {"version": "3.0", "spec_version": "2.0"}}
        sent, error = drive(app, scope, *LIFESPAN)
        messages = [(e["type"], last_line(e.get("message", ""))) for e in sent]
        results.append((log, messages, error))
    assert results[1] == results[0]
    phase, message = results[1][1][-1]
    assert phase.endswith(".failed") is message.startswith("ValueError: ")


def last_line(text: str) -> str:
    return text.strip().rpartition("\n")[2]


@requirement("falcon:app:lifespan-asgi-version")
@pytest.mark.parametrize("version", ["2.0", "4.0"])
def test_an_app_does_not_start_where_the_server_speaks_another_asgi(
    version: str,
) -> None:
    for framework in FRAMEWORKS:
        scope = {"type": "lifespan", "asgi": {"version": version}}
        (event,), _ = drive(framework.asgi.App(), scope, *LIFESPAN)
        assert event["type"] == "lifespan.startup.failed"
        assert version in event["message"]


@requirement("falcon:app:lifespan-asgi-version-missing")
def test_a_server_that_calls_with_three_arguments_speaks_asgi_3() -> None:
    (theirs, _), (ours, _) = (
        drive(framework.asgi.App(), {"type": "lifespan"}, *LIFESPAN)
        for framework in FRAMEWORKS
    )
    assert [event["type"] for event in theirs] == ["lifespan.startup.failed"]
    assert [event["type"] for event in ours] == [
        "lifespan.startup.complete",
        "lifespan.shutdown.complete",
    ]


@requirement("falcon:app:lifespan-state")
def test_the_state_of_the_lifespan_is_that_of_the_app() -> None:
    shared: dict[str, Any] = {}
    scope = {"type": "lifespan", "asgi": {"version": "3.0"}, "state": shared}
    app = falconws.core.App()
    app.state.pool = 7
    assert not hasattr(FRAMEWORKS[0].asgi.App(), "state")
    drive(app, scope, *LIFESPAN)
    assert shared == {"pool": 7}


# Scopes.


@requirement("falcon:app:scopes")
@given(
    kind=st.sampled_from(["http", "websocket", "lifespan", "gopher"]),
    http=st.sampled_from([None, "0.9", "1.0", "1.1", "1.2", "2", "2.0", "3", "4"]),
    spec=st.sampled_from([None, "1.0", "2.0", "2.4", "3.0"]),
)
@example("http", "4", "2.0")
@example("http", None, None)
def test_scopes_of_another_kind_or_version_are_refused(
    kind: str, http: str | None, spec: str | None
) -> None:
    versions = {"version": "3.0"} | ({"spec_version": spec} if spec else {})
    scope = {"type": kind, "path": "/", "headers": [], "query_string": b""}
    scope |= {"method": "GET"} | ({"http_version": http} if http else {})
    first = {"http": "http.request", "websocket": "websocket.connect"}
    opening = {"type": first.get(kind, "lifespan.startup")}
    results = []
    for framework in FRAMEWORKS:
        own = {**scope, "asgi": dict(versions)}
        sent, error = drive(framework.asgi.App(), own, opening, LIFESPAN[1])
        results.append(([event["type"] for event in sent], error))
    assert results[1] == results[0]
    assert bool(results[0][0]) is (results[0][1] is None)


@requirement("falcon:app:disconnected-first")
def test_a_request_is_handled_without_waiting_for_its_first_event() -> None:
    build = with_routes({"/": {"on_get": answer}})
    scope: dict[str, Any] = {"type": "http", "method": "GET", "path": "/"}
    scope |= {"query_string": b"", "headers": [], "asgi": {"version": "3.0"}}
    (theirs, _), (ours, _) = (
        drive(build(framework), scope, {"type": "http.disconnect"})
        for framework in FRAMEWORKS
    )
    assert theirs == []
    assert [e["type"] for e in ours] == ["http.response.start", "http.response.body"]
