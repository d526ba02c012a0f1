"""Routing beside Falcon's: methods, routers of one's own, URI templates, converters."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Sequence
from itertools import chain
from types import SimpleNamespace
from typing import Any
from uuid import UUID

import falcon
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

import falconws.core
from tests.conformance.apps import (
    FRAMEWORKS,
    answer,
    both_raise,
    saying,
    with_routes,
)
from tests.conformance.differential import Answer, Exchange, ask, both, same
from tests.conformance.manifest import requirement

# Methods.

METHODS = [m for m in falcon.COMBINED_METHODS if m != "WEBSOCKET"]


@requirement("falcon:routing:methods")
@requirement("falcon:routing:method-not-allowed")
@requirement("falcon:routing:options")
@given(
    st.sets(st.sampled_from(METHODS).filter(lambda m: "-" not in m), max_size=6),
    st.sampled_from([*METHODS, "FOO", "get", ""]).filter(lambda m: m != "HEAD"),
    st.sampled_from(["/here", "/nowhere"]),
)
@example({"PUT", "GET"}, "POST", "/here")
@example({"PUT", "GET"}, "OPTIONS", "/here")
def test_a_method_has_its_responder_or_is_refused(
    allowed: set[str], method: str, path: str
) -> None:
    responders = dict.fromkeys([f"on_{name.lower()}" for name in allowed], answer)
    build = with_routes({"/here": responders | {"on_websocket": answer}})
    found = same(build, Exchange(path, method))
    if path == "/nowhere":
        assert found.status == 404
    elif method in allowed:
        assert found.status == 200
    elif method == "OPTIONS":
        assert (found.status, found.header("content-length")) == (200, "0")
        assert (found.header("allow") or "") == ", ".join(sorted(allowed))
    elif method in METHODS:
        assert found.status == 405
        assert found.header("allow") == ", ".join(sorted(allowed | {"OPTIONS"}))
    else:
        assert (found.status, b"Invalid HTTP method" in found.body) == (400, True)


@requirement("falcon:routing:head")
def test_a_head_is_not_answered_by_the_responder_for_get() -> None:
    theirs, ours = both(with_routes({"/": {"on_get": answer}}), Exchange("/", "HEAD"))
    assert (theirs.status, theirs.header("allow")) == (405, "GET, OPTIONS")
    assert (ours.status, ours.header("allow")) == (405, "GET, OPTIONS")


@requirement("falcon:routing:version-control")
def test_a_hyphen_in_a_method_is_an_underscore_in_its_responder() -> None:
    def get(name: str) -> tuple[Answer, Answer]:
        exchange = Exchange("/", "VERSION-CONTROL")
        return both(with_routes({"/": {name: answer}}), exchange)

    assert [found.status for found in get("on_version_control")] == [405, 200]
    assert [found.status for found in get("on_version-control")] == [200, 405]


@requirement("falcon:routing:websocket-method")
def test_websocket_is_no_method_of_http() -> None:
    def build(falcon: Any) -> Any:
        app = with_routes({"/": {"on_websocket": answer}})(falcon)
        app.add_sink(saying("sink"), "/sink")
        return app

    theirs, ours = both(build, Exchange("/", "WEBSOCKET"))
    assert (theirs.status, ours.status) == (400, 400)
    theirs, ours = both(build, Exchange("/sink", "WEBSOCKET"))
    assert (theirs.status, ours.status) == (400, 200)
    assert same(build, Exchange("/sink", "FOO")).status == 200


@requirement("falcon:routing:custom-methods")
def test_methods_of_its_own_are_an_argument_of_an_app() -> None:
    build = with_routes({"/": {"on_purge": answer}})
    assert same(build, Exchange("/", "PURGE")).status == 400
    app = falconws.core.App(http_methods=["PURGE"])
    app.add_route("/", SimpleNamespace(on_purge=answer))
    assert asyncio.run(ask(app, Exchange("/", "PURGE"))).status == 200


def with_on_request(falcon: Any) -> Any:
    """Build an App with resources that answer any method."""
    app = falcon.asgi.App()
    app.router_options.default_to_on_request = True
    responders = {"on_get": saying("get"), "on_request": saying("any")}
    app.add_route("/", SimpleNamespace(**responders))
    listed = SimpleNamespace(on_request_list=saying("any of list"))
    app.add_route("/list", listed, suffix="list")
    return app


@requirement("falcon:routing:on-request")
def test_a_responder_for_any_method_is_switched_on() -> None:
    assert b'"get"' in same(with_on_request, Exchange("/", "GET")).body
    for method in ("POST", "PROPFIND", "QUERY"):
        assert b'"any"' in same(with_on_request, Exchange("/", method)).body
        assert b"of list" in same(with_on_request, Exchange("/list", method)).body
    assert same(with_on_request, Exchange("/", "FOO")).status == 400
    off = with_routes({"/": {"on_request": saying("any")}})
    assert same(off, Exchange("/", "POST")).status == 405


@requirement("falcon:routing:on-request-options")
def test_options_name_all_methods_where_one_responder_has_them_all() -> None:
    theirs, ours = both(with_on_request, Exchange("/", "OPTIONS"))
    assert (theirs.status, theirs.header("allow")) == (200, "GET")
    everything = sorted({*METHODS} - {"OPTIONS"})
    assert (ours.status, ours.header("allow")) == (200, ", ".join(everything))


@requirement("falcon:routing:suffix")
@given(st.sets(st.sampled_from(["get", "post_a", "put_a", "get_b"]), min_size=1))
@settings(max_examples=15)
def test_a_suffix_chooses_responders(names: set[str]) -> None:
    resource = SimpleNamespace(**{f"on_{name}": saying(name) for name in names})
    suffixes = {name.partition("_")[2] for name in names} - {""}

    def build(falcon: Any) -> Any:
        app = falcon.asgi.App()
        app.add_route("/", resource)
        for suffix in suffixes:
            app.add_route(f"/{suffix}", resource, suffix=suffix)
        return app

    for path in ("/", "/a", "/b"):
        for method in ("GET", "POST", "OPTIONS"):
            found = same(build, Exchange(path, method))
            name = method.lower() + (f"_{path[1:]}" if path != "/" else "")
            assert (f'"{name}"'.encode() in found.body) is (name in names)
    both_raise(
        "SuffixedMethodNotFoundError",
        lambda f: f.asgi.App().add_route("/", resource, suffix="c"),
    )


# Routers of an application's own.


@requirement("falcon:routing:custom-router")
@given(
    size=st.sampled_from([3, 4]),
    nothing=st.booleans(),
    params=st.dictionaries(st.sampled_from(["a", "b", "c"]), st.text(max_size=5)),
)
@example(4, False, {"a": "1"})
@settings(max_examples=50)
def test_a_router_of_ones_own_gives_three_things_or_four(
    size: int, nothing: bool, params: dict[str, str]
) -> None:
    def find(uri: str, req: Any = None) -> Sequence[Any]:
        found = (object(), {"GET": answer}, {**params, "uri": uri}, "/{template}")
        return ((None,) * 4 if nothing else found)[:size]

    router = SimpleNamespace(find=find)
    found = same(lambda f: f.asgi.App(router=router), Exchange("/any/where"))
    assert found.status == (404 if nothing else 200)
    assert (b'"/any/where"' in found.body) is not nothing
    assert (b'"/{template}"' in found.body) is (size == 4 and not nothing)
    router = SimpleNamespace(find=lambda uri, req=None: None)
    assert same(lambda f: f.asgi.App(router=router), Exchange()).status == 404


@requirement("falcon:routing:custom-router-methods")
def test_a_router_of_ones_own_need_not_map_every_method() -> None:
    found: Any = (object(), {"GET": answer}, {}, "/")
    router = SimpleNamespace(find=lambda uri, req=None: found)
    theirs, ours = both(lambda f: f.asgi.App(router=router), Exchange("/", "POST"))
    assert (theirs.status, theirs.header("allow")) == (400, None)
    assert (ours.status, ours.header("allow")) == (405, "GET, OPTIONS")


@requirement("falcon:routing:custom-router-arguments")
def test_a_router_of_ones_own_is_given_the_arguments_of_add_route() -> None:
    given = []
    for framework in FRAMEWORKS:
        router = SimpleNamespace(
            find=lambda uri, req=None: None,
            add_route=lambda template, resource, **kwargs: given.append(kwargs),
        )
        app = framework.asgi.App(router=router)
        app.add_route("/{x", object(), suffix=None, weight=3)
    theirs, ours = given
    assert theirs.pop("_asgi") is True
    assert ours == theirs == {"suffix": None, "weight": 3}


@requirement("falcon:routing:url-for")
def test_a_path_can_be_built_of_a_template() -> None:
    assert not hasattr(FRAMEWORKS[0].asgi.App(), "url_for")
    app = falconws.core.App()
    app.add_route("/rooms/{room}", room := SimpleNamespace(on_get=answer))
    assert app.url_for(room, room="tea & co") == "/rooms/tea%20%26%20co"


# URI templates.

LITERALS = ["", "a", "b", "a.b", "a-b", "é", "a%20b", "a*", "?q", "#f", "(a)", "a+"]
SIMPLE = ["{x}", "{y}", "{_}", "{x:int}", "{y:int}", "{x:int()}", "{x:int(2)}"]
SIMPLE += [
    "{x:int( 2)}",
    "{x:int(num_digits=2)}",
    "{x:float}",
    "{y:uuid}",
    "{x:dt('%Y')}",
]
COMPLEX = ["{x}.{y}", "{y}.{x}", "{x:int}.{y}", "a{x}", "{x}b", "{x}{y}", "a{x}-{y}"]
COMPLEX += ["{x}.", ".{x}", "{x}-{y:int}", "({x})", "{z:re('[ab]+')}.{y}"]
BROKEN = ["{ x}", "{x }", "{1x}", "{class}", "{}", "{x:}", "{x:nope}", "{x:int(0)}"]
BROKEN += ["{x:int('a')}", "a b", "{x: int}", "{x:int }", "{x:path}.a", "a{x:path}"]
BROKEN += [
    "{x:re('(')}",
    "{x:re('a',group='b')}",
    "{a-b}",
    "{x}{x}",
    "{x:int(1,2,3,4)}",
]
TEXTS = [
    "",
    "a",
    "b",
    "ab",
    "a.b",
    "a-b",
    "1",
    "12",
    "123",
    "1.5",
    "aXb",
    "a1-2",
    "..",
    ".",
]
TEXTS += ["é", "aa", "2024", "{x}", "a b", "(a)", "aab", "x.1", "1-2", "a%20b", "a+"]


def templates(*segments: list[str]) -> st.SearchStrategy[list[str]]:
    """Draw several templates of such segments."""
    one = st.lists(st.sampled_from([*chain(*segments)]), min_size=1, max_size=3)
    template = one.map(lambda parts: "/" + "/".join(parts))
    return st.lists(
        template.filter(lambda text: "//" not in text), min_size=1, max_size=5
    )


def add_all(falcon: Any, templates: list[str]) -> tuple[Any, list[str]]:
    """Add routes; give the App, and what was made of each."""
    app, results = falcon.asgi.App(), []
    for number, template in enumerate(templates):
        try:
            app.add_route(template, SimpleNamespace(on_get=saying(f"{number}")))
            results.append("")
        except ValueError as exc:
            results.append(type(exc).__name__)
    return app, results


@requirement("falcon:routing:templates")
@requirement("falcon:routing:broken-templates")
@requirement("falcon:routing:conflicts")
@given(templates(LITERALS, SIMPLE, COMPLEX, [s for s in BROKEN if "path" not in s]))
def test_templates_are_refused_alike(templates: list[str]) -> None:
    theirs, ours = (add_all(framework, templates)[1] for framework in FRAMEWORKS)
    assert ours == theirs


@requirement("falcon:routing:broken-templates")
@pytest.mark.parametrize("segment", BROKEN)
def test_a_template_that_is_broken_is_refused(segment: str) -> None:
    for framework in FRAMEWORKS:
        assert add_all(framework, [f"/{segment}"])[1] == ["UnacceptableRouteError"]
        if "path" in segment:
            after = add_all(framework, ["/{x:path}/a"])
            assert after[1] == ["UnacceptableRouteError"]


@requirement("falcon:routing:templates")
@pytest.mark.parametrize(
    ("template", "kind"),
    [
        (7, "TypeError"),
        ("", "ValueError"),
        ("a", "ValueError"),
        ("/a//b", "ValueError"),
    ],
)
def test_a_template_is_a_string_that_begins_with_one_slash(
    template: Any, kind: str
) -> None:
    resource = SimpleNamespace(on_get=answer)
    both_raise(kind, lambda f: f.asgi.App().add_route(template, resource))


CONFLICTS = [
    ("/a/{x}", "/a/{y}"),
    ("/a/{x}", "/a/{y}/b"),
    ("/{x:int}", "/{x}"),
    ("/{x:int(2)}", "/{x:int(3)}"),
    ("/{x}.{y}", "/{y}.{x}"),
    ("/{x}-{y}", "/{x:int}-{y}"),
]
FRIENDS = [
    ("/a/{x}", "/a/{x}"),
    ("/a/{x}.{y}", "/a/{x}"),
    ("/a/b", "/a/{x}"),
    ("/a/{x}", "/b/{y}"),
    ("/{x}-{y}", "/{x}.{y}"),
]


@requirement("falcon:routing:conflicts")
@pytest.mark.parametrize(("first", "second"), CONFLICTS + FRIENDS)
def test_templates_conflict_where_nothing_decides_between_them(
    first: str, second: str
) -> None:
    expected = "UnacceptableRouteError" if (first, second) in CONFLICTS else ""
    for framework in FRAMEWORKS:
        assert add_all(framework, [first, second])[1] == ["", expected]


@st.composite
def _routes_and_paths(draw: st.DrawFn) -> tuple[list[str], list[str]]:
    """Draw templates that do not conflict, and paths."""
    drawn = draw(templates(LITERALS, SIMPLE, COMPLEX))
    _, results = add_all(falconws.core, drawn)
    accepted = [text for text, error in zip(drawn, results, strict=True) if not error]
    paths = st.lists(st.sampled_from(TEXTS), min_size=1, max_size=4).map(
        lambda texts: "/" + "/".join(texts)
    )
    some = st.lists(paths.filter(lambda path: path[:2] != "//"), min_size=3, max_size=6)
    return accepted, draw(some)


@requirement("falcon:routing:find")
@requirement("falcon:routing:priorities")
@given(_routes_and_paths())
@example((["/a/{x}", "/a/{x}.{y}", "/a/b"], ["/a/b", "/a/a.b", "/a/1"]))
@example((["/{x}/a", "/a/{y:int}", "/{x}"], ["/a/a", "/a/1", "/a/b"]))
def test_paths_are_routed_alike(routes_and_paths: tuple[list[str], list[str]]) -> None:
    accepted, paths = routes_and_paths
    apps = [add_all(framework, accepted)[0] for framework in FRAMEWORKS]

    async def ask_all() -> list[list[Answer]]:
        return [[await ask(app, Exchange(path)) for path in paths] for app in apps]

    theirs, ours = asyncio.run(ask_all())
    for found, expected in zip(ours, theirs, strict=True):
        assert found.comparable() == expected.comparable()


@requirement("falcon:routing:priorities")
@pytest.mark.parametrize(
    ("path", "route"),
    [("/a/b", "literal"), ("/a/x.y", "complex"), ("/a/x", "simple"), ("/a", None)],
)
def test_a_literal_goes_before_a_complex_segment_and_that_before_a_field(
    path: str, route: str | None
) -> None:
    named = {"/a/{x}": "simple", "/a/{x}.{y}": "complex", "/a/b": "literal"}
    build = with_routes({text: {"on_get": saying(n)} for text, n in named.items()})
    found = same(build, Exchange(path))
    assert found.status == (200 if route else 404)
    assert route is None or f'"{route}"'.encode() in found.body


@requirement("falcon:routing:identifiers")
@requirement("falcon:routing:braces")
@requirement("falcon:routing:quoted")
@requirement("falcon:routing:multi-segment-beside")
@requirement("falcon:routing:refused-leaves-nothing")
@pytest.mark.parametrize(
    ("added", "theirs", "ours"),
    [
        (["/{é}"], ["UnacceptableRouteError"], [""]),
        (["/{x"], [""], ["UnacceptableRouteError"]),
        (["/x}"], [""], ["UnacceptableRouteError"]),
        (["/{x:re('a{2}')}"], ["UnacceptableRouteError"], [""]),
        (["/{x}", "/{y:path}"], ["", "UnacceptableRouteError"], ["", ""]),
        (
            ["/{x}/a{z:path}", "/{y}"],
            ["UnacceptableRouteError", "UnacceptableRouteError"],
            ["UnacceptableRouteError", ""],
        ),
    ],
)
def test_some_templates_are_taken_by_one_only(
    added: list[str], theirs: list[str], ours: list[str]
) -> None:
    results = [add_all(framework, added)[1] for framework in FRAMEWORKS]
    assert results == [theirs, ours]


@requirement("falcon:routing:multi-segment-beside")
@requirement("falcon:routing:quoted")
def test_what_only_ours_takes_is_routed() -> None:
    app, _ = add_all(falconws.core, ["/{x:re('a{2}')}/a", "/{y:path}"])
    for path, number in (("/aa/a", b'"0"'), ("/aa/b", b'"1"'), ("/b", b'"1"')):
        assert number in asyncio.run(ask(app, Exchange(path))).body


@requirement("falcon:routing:leading-slashes")
def test_a_path_that_begins_with_two_slashes_is_another_one() -> None:
    theirs, ours = both(with_routes({"/a": {"on_get": answer}}), Exchange("//a"))
    assert (theirs.status, ours.status) == (200, 404)


@requirement("falcon:routing:converter-literals")
def test_arguments_of_a_converter_are_not_evaluated() -> None:
    theirs, ours = (add_all(f, ["/{x:int(max=abs(-9))}"])[1] for f in FRAMEWORKS)
    assert (theirs, ours) == ([""], ["UnacceptableRouteError"])


# Converters.


def converted(spec: str, text: str) -> tuple[str | None, str | None]:
    """Give what a converter makes of a text in both frameworks; None for no match."""

    def build(falcon: Any) -> Any:
        async def on_get(req: Any, resp: Any, x: Any) -> None:
            resp.text = ascii(x)

        return with_routes({f"/{{x:{spec}}}": {"on_get": on_get}})(falcon)

    found = both(build, Exchange(f"/{text}"))
    assert {each.status for each in found} <= {200, 404}
    theirs, ours = (f.body.decode() if f.status == 200 else None for f in found)
    return theirs, ours


_digits = st.text("0123456789", min_size=1, max_size=5)
_number = st.from_regex(
    r"[-+]?[0-9]{0,4}(\.[0-9]{0,3})?([eE][-+]?[0-9]{1,3})?", fullmatch=True
)
_uuid = st.uuids().flatmap(
    lambda value: st.sampled_from(
        [str(value), value.hex, str(value).upper(), f"{value}0"]
    )
)
_time = st.datetimes().map(lambda time: time.strftime("%Y-%m-%dT%H:%M:%S"))
_junk = st.text(st.characters(codec="ascii", exclude_characters="/+_"), max_size=6)
_limit = st.none() | st.integers(-99, 99)


@requirement("falcon:routing:converter-int")
@given(st.none() | st.integers(1, 4), _limit, _limit, _digits | _junk | st.just("-7"))
@example(None, None, None, "-07")
@example(2, 5, 20, "07")
def test_an_int_has_digits_and_limits(
    digits: int | None, low: int | None, high: int | None, text: str
) -> None:
    if digits and text.startswith("-"):
        digits = None  # see the requirement on signs
    theirs, ours = converted(f"int({digits}, min={low}, max={high})", text)
    assert ours == theirs
    if re.fullmatch("[0-9]+", text) and digits in (None, len(text)):
        fits = (low is None or low <= int(text)) and (high is None or int(text) <= high)
        assert (ours is not None) is fits


@requirement("falcon:routing:converter-float")
@given(_number | _junk | st.sampled_from(["nan", "-inf", "Infinity"]), st.booleans())
@example("1e400", False)
@example("-.5e1", True)
def test_a_float_is_finite_unless_it_need_not_be(text: str, finite: bool) -> None:
    limits = "min=-1000, max=1e3" if finite else "finite=False"
    theirs, ours = converted(f"float({limits})", text)
    assert ours == theirs
    if ours is not None and finite:
        assert -1000 <= float(ours) <= 1000


@requirement("falcon:routing:converter-dt")
@given(_time.map(lambda text: text + "Z") | _time | _junk, st.booleans())
@example("2026-11-21T10:00:00+0200", True)
@settings(max_examples=50)
def test_a_time_is_of_the_given_form(text: str, zone: bool) -> None:
    spec = "dt" if zone else "dt('%Y-%m-%dT%H:%M:%S')"
    theirs, ours = converted(spec, text)
    assert ours == theirs
    if text == "2026-11-21T10:00:00+0200":
        assert ours is not None
        assert ours.startswith("datetime.datetime(2026, 11, 21, 10, 0, tzinfo=")


@requirement("falcon:routing:converter-uuid")
@given(_uuid | _junk)
@example("12345678-1234-5678-1234-567812345678")
@settings(max_examples=50)
def test_a_uuid_is_32_hexadecimal_digits(text: str) -> None:
    theirs, ours = converted("uuid", text)
    assert ours == theirs
    assert (ours is not None) is (len(text) in (32, 36) and UUID(text) is not None)


@requirement("falcon:routing:converter-path")
@given(st.lists(_junk, min_size=1, max_size=4).map("/".join))
@example("a//b/")
@settings(max_examples=50)
def test_a_path_is_all_that_is_left(text: str) -> None:
    theirs, ours = converted("path", f"x/{text}")
    assert ours == theirs == ascii(f"x/{text}")


@requirement("falcon:routing:converter-re")
@given(
    st.sampled_from(["[ab]+", "(?P<n>a)?b*", "a|ab", r"\\d+(?P<n>x|y)", "(?P<n>.)."]),
    st.booleans(),
    st.text("abxy12\n", max_size=4),
)
@example(r"\\d+(?P<n>x|y)", True, "12x")
@example("(?P<n>a)?b*", True, "b")
def test_an_expression_matches_the_whole_and_gives_it_or_a_group(
    pattern: str, grouped: bool, text: str
) -> None:
    group = "n" if grouped and "<n>" in pattern else None
    theirs, ours = converted(f"re('{pattern}', {group!r})", text)
    assert ours == theirs
    if group is None and ours is not None:
        assert ours == ascii(text)


@requirement("falcon:routing:converter-strict")
@pytest.mark.parametrize(
    ("spec", "text", "theirs", "ours"),
    [
        ("int", "+7", "7", None),
        ("int", "1_0", "10", None),
        ("int", "\u0667", "7", None),
        ("float", "1_0.5", "10.5", None),
        ("float", "\u0667", "7.0", None),
        ("int(2)", "-7", "-7", None),
        ("int(1)", "-7", None, "-7"),
        ("float(0, finite=False)", "nan", "nan", None),
        ("uuid", f"{'1' * 16}-{'1' * 16}", repr(UUID("1" * 32)), None),
    ],
)
def test_only_the_usual_writing_of_a_value_is_read(
    spec: str, text: str, theirs: str | None, ours: str | None
) -> None:
    assert converted(spec, text) == (theirs, ours)


@requirement("falcon:routing:custom-converter")
@given(st.text("abc", min_size=1, max_size=3), st.booleans())
@example("aab", True)
@settings(max_examples=20)
def test_a_converter_of_ones_own_is_registered_by_name(
    text: str, several: bool
) -> None:
    def build(falcon: Any) -> Any:
        class Doubling(falcon.routing.BaseConverter):  # type: ignore[misc]
            CONSUME_MULTIPLE_SEGMENTS = several

            def __init__(self, times: int, end: str = "") -> None:
                self.times, self.end = times, end

            def convert(self, value: Any) -> Any:
                whole = "+".join(value) if isinstance(value, list) else value
                return None if "b" in whole else whole * self.times + self.end

        app = falcon.asgi.App()
        app.router_options.converters["double"] = Doubling
        app.add_route("/{x:double(2, end='.')}", SimpleNamespace(on_get=answer))
        return app

    found = same(build, Exchange(f"/{text}/a" if several else f"/{text}"))
    assert found.status == (404 if "b" in text else 200)
    value = f"{text}+a" if several else text
    assert (f'"{value * 2}."'.encode() in found.body) is ("b" not in text)
