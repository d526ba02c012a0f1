"""The functions and classes beside Falcon's that an application may use by itself."""

from __future__ import annotations

import http
import re
import threading
from datetime import UTC, datetime, timedelta, timezone
from functools import cache, partial
from inspect import findsource, getsourcelines
from pathlib import Path
from typing import Any
from unittest.mock import patch

import falcon
import falcon.asgi
import falcon.inspect
import falcon.typing
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

import falconws.core
import falconws.core.inspect
import falconws.core.typing
from tests.conformance.apps import FRAMEWORKS
from tests.conformance.calls import result, results
from tests.conformance.manifest import requirement
from tests.conformance.outcomes import attempt, raised, shown

HERE = Path(__file__).parent
TEXTS = st.text(max_size=9)

# Dates, entity tags, statuses and file names.

TIMES = st.datetimes(datetime(1000, 1, 1)).map(lambda time: time.replace(fold=0))


@requirement("falcon:util:dates")
@given(TIMES | TIMES.map(lambda time: time.replace(tzinfo=UTC)))
def test_a_date_that_was_written_is_read(time: datetime) -> None:
    text = result("dt_to_http", time)
    read = result(lambda f: f.http_date_to_dt(f.dt_to_http(time)))
    assert text.endswith(" GMT'")
    assert read == shown(time.replace(microsecond=0, tzinfo=UTC))
    result("http_date_to_dt", f"{time:%A, %d-%b-%y %H:%M:%S} GMT")


@requirement("falcon:util:dates")
@pytest.mark.parametrize(
    ("text", "obsolete", "valid"),
    [
        ("Sun, 06 Nov 1994 08:49:37 GMT", False, True),
        ("Sunday, 06-Nov-94 08:49:37 GMT", False, False),
        ("Sunday, 06-Nov-94 08:49:37 GMT", True, True),
        ("Sun, 06-Nov-1994 08:49:37 GMT", True, True),
        ("Sun Nov  6 08:49:37 1994", True, True),
        ("Sun, 31 Feb 1994 08:49:37 GMT", True, False),
        ("Sun, 06 Nov 1994 08:49:37", True, False),
        ("", True, False),
    ],
)
def test_obsolete_dates_are_read_if_they_are_asked_for(
    text: str, obsolete: bool, valid: bool
) -> None:
    found = result("http_date_to_dt", text, obs_date=obsolete)
    moment = datetime(1994, 11, 6, 8, 49, 37, tzinfo=UTC)
    assert found == (shown(moment) if valid else raised("ValueError"))


@requirement("falcon:util:dates-two-digits")
def test_a_year_of_two_digits_is_at_most_50_years_ahead() -> None:
    year = datetime.now(UTC).year + 45
    text = f"Sunday, 06-Nov-{year % 100:02} 08:49:37 GMT"
    theirs, ours = (
        shown(datetime(y, 11, 6, 8, 49, 37, tzinfo=UTC)) for y in (year - 100, year)
    )
    assert results("http_date_to_dt", text, obs_date=True) == (theirs, ours)


@requirement("falcon:util:dates")
@requirement("falcon:util:dates-zones")
def test_a_time_of_another_zone_is_turned_into_gmt() -> None:
    east = datetime(2026, 1, 2, 3, tzinfo=timezone(timedelta(hours=2)))
    assert results("dt_to_http", east) == (
        shown("Fri, 02 Jan 2026 03:00:00 GMT"),
        shown("Fri, 02 Jan 2026 01:00:00 GMT"),
    )
    for framework in FRAMEWORKS:
        now = framework.http_date_to_dt(framework.http_now())
        assert abs(now - datetime.now(UTC)) < timedelta(seconds=60)


TAGS = st.text(
    st.characters(min_codepoint=0x21, max_codepoint=0xFF, exclude_characters='"')
)
WRITTEN_TAGS = st.builds(
    "{}{}".format, st.sampled_from(["", "W/"]), TAGS.map('"{}"'.format)
)


@requirement("falcon:util:etag")
@given(WRITTEN_TAGS | TAGS, WRITTEN_TAGS)
@example('"a"', 'W/"a"')
@example('W/"a"', 'W/"a"')
def test_entity_tags_are_read_written_and_compared_alike(one: str, other: str) -> None:
    def compare(framework: Any) -> Any:
        tags = [framework.ETag.loads(text) for text in (one, other)]
        weak = [tag.is_weak for tag in tags]
        equal = [tags[0] == tags[1], tags[0].strong_compare(tags[1])]
        return [tag.dumps() for tag in tags], weak, equal

    found = result(compare)
    if one in ('"a"', 'W/"a"') and other == 'W/"a"':
        assert found.endswith("list(True, False))")


@requirement("falcon:util:etag")
@requirement("falcon:util:etag-quotes")
def test_a_tag_has_no_quotes_in_it() -> None:
    assert result(lambda f: f.ETag("a").dumps()) == shown('"a"')
    assert results(lambda f: f.ETag('a"b').dumps()) == (
        shown('"a"b"'),
        raised("ValueError"),
    )
    assert results(lambda f: str(f.ETag.loads('"a'))) == (shown('"a'), shown("a"))


@requirement("falcon:status:helpers")
@given(st.integers(100, 699).filter(lambda code: code != 422), st.text("ab "))
@example(404, "")
def test_statuses_are_codes_lines_and_members(status: int, reason: str) -> None:
    assert result("code_to_http_status", status)[1:5] == f"{status} "
    for text in (str(status), str(status).encode(), f"{status} {reason}"):
        result("code_to_http_status", text)
        assert result("http_status_to_code", text) == str(status)


@requirement("falcon:status:helpers")
@requirement("falcon:status:reasons")
def test_a_member_is_written_as_its_code_is_and_422_as_rfc_9110_has_it() -> None:
    for member in http.HTTPStatus:
        assert result("http_status_to_code", member) == str(member.value)
        theirs, ours = results("code_to_http_status", member)
        assert theirs == shown(f"{member.value} {member.phrase}")
        assert ours == shown(falconws.core.code_to_http_status(member.value))
    assert results(lambda f: f.HTTP_422) == (
        shown("422 Unprocessable Entity"),
        shown("422 Unprocessable Content"),
    )


@requirement("falcon:status:helpers")
@requirement("falcon:status:checked")
def test_what_is_no_status_is_a_value_error() -> None:
    for wrong in ("", "x", "20", None, 2.5, b"x"):
        assert result("http_status_to_code", wrong) == raised("ValueError")
    assert result("code_to_http_status", 99) == raised("ValueError")
    for odd, theirs in ((99, "99"), (1000, "1000"), ("404x", "404")):
        found = results("http_status_to_code", odd)
        assert found == (theirs, raised("ValueError"))


@requirement("falcon:util:secure-filename")
@given(TEXTS | st.text("a./\\ é½-_"), st.none() | st.integers(-1, 9))
@example("../Zoë.tar.gz", 9)
@example("ﬁ\n.", None)
@example("", None)
@settings(max_examples=200)
def test_file_names_are_made_safe_alike(name: str, length: int | None) -> None:
    found = result("secure_filename", name, length)
    if name and (length is None or length >= 0):
        assert re.fullmatch(r"'[\w-][\w.-]*'", found, re.ASCII)
        assert not length or len(found) <= length + 2
    else:
        assert found == raised("ValueError")


# Containers.

KEYS = st.sampled_from(["a", "b", "get_it"])
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("set"), KEYS, st.integers()),
        st.tuples(st.sampled_from(["attribute", "delete", "pop", "in"]), KEYS),
        st.tuples(st.just("setdefault"), KEYS, st.integers()),
        st.tuples(st.just("update"), st.dictionaries(KEYS, st.integers())),
        st.tuples(st.sampled_from(["clear", "popitem", "len"])),
    ),
    max_size=8,
)


def take(step: tuple[Any, ...], container: Any) -> Any:
    name, *arguments = step
    match name:
        case "set":
            container[arguments[0]] = arguments[1]
        case "attribute":
            return getattr(container, arguments[0])
        case "delete":
            del container[arguments[0]]
        case "in":
            return arguments[0] in container
        case "len":
            return len(container)
        case _:
            return getattr(container, name)(*arguments)


async def walk(container: Any, steps: list[tuple[Any, ...]]) -> Any:
    """Take steps; give what they return or raise, and what comes of the container."""
    done = [await attempt(partial(take, step), container) for step in steps]
    copied, items = container.copy(), list(container.items())
    equal = [copied == container, container == dict(items)]
    return done, items, equal, type(copied).__name__


@requirement("falcon:util:context")
@given(STEPS)
@example([("set", "a", 1), ("attribute", "a"), ("delete", "b"), ("attribute", "b")])
def test_a_context_is_a_dictionary_and_an_object(steps: list[tuple[Any, ...]]) -> None:
    found = result(lambda f: walk(f.Context(), steps))
    assert found.endswith("list(True, True), 'Context')")


@requirement("falcon:util:case-insensitive-dict")
@given(STEPS.map(lambda steps: [(s[0], *_mixed(s[1:])) for s in steps]))
@example([("set", "Aa", 1), ("set", "aA", 2), ("in", "AA"), ("pop", "aa")])
def test_a_dictionary_finds_keys_in_any_case(steps: list[tuple[Any, ...]]) -> None:
    found = result(lambda f: walk(f.CaseInsensitiveDict({"B": 0}), steps))
    assert found.endswith("list(True, True), 'CaseInsensitiveDict')")


def _mixed(arguments: tuple[Any, ...]) -> list[Any]:
    """Write some of the keys in another case."""
    return [
        a.upper() if isinstance(a, str) and index % 2 == 0 and len(a) > 1 else a
        for index, a in enumerate(arguments)
    ]


@requirement("falcon:util:context")
@requirement("falcon:util:case-insensitive-dict")
@requirement("falcon:util:lower-items")
def test_containers_begin_empty_or_with_what_they_are_given() -> None:
    assert result(lambda f: f.Context().missing) == raised("AttributeError")
    assert result(lambda f: f.Context()["missing"]) == raised("KeyError")
    built = result("CaseInsensitiveDict", [("A", 1), ("a", 2)], B=3)
    assert built == "CaseInsensitiveDict({'a': 2, 'B': 3})"
    assert result(lambda f: f.CaseInsensitiveDict(A=1) == {"a": 1}) == "True"
    assert results(lambda f: list(f.CaseInsensitiveDict(A=1).lower_items())) == (
        shown([("a", 1)]),
        raised("AttributeError"),
    )
    forwarded = ("src", "dest", "host", "scheme")
    assert result(
        lambda f: [getattr(f.Forwarded(), name) for name in forwarded]
    ) == shown([None] * 4)


# Media types.

PARAMETERS = st.sampled_from(["; c=d", "; c=e", '; c="d"'])
WEIGHTS = st.sampled_from(["", ";q=0", "; q=0.001", ";q=0.5", ";q=1.0"])
NAMES = st.sampled_from(["a/b", "a/c", "d/b"])


def accepting(ranges: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    """Give Accept headers of ranges that may have weights."""
    weighted = st.builds("{}{}".format, ranges, WEIGHTS)
    return st.lists(weighted, min_size=1, max_size=4).map(", ".join)


@requirement("falcon:util:mediatypes")
@given(
    st.tuples(
        st.lists(NAMES, max_size=3), accepting(NAMES | st.sampled_from(["a/*", "*/*"]))
    )
    | st.tuples(
        st.lists(st.builds("{}{}".format, NAMES, PARAMETERS), max_size=3),
        accepting(NAMES | st.builds("{}{}".format, NAMES, PARAMETERS)),
    )
)
@example((["a/b", "a/c"], "a/*;q=0.5, a/c"))
@example((["a/b; c=d"], "a/b;q=0.5, a/b; c=d;q=0"))
@settings(max_examples=200)
def test_clients_get_what_they_prefer(types_and_accept: tuple[list[str], str]) -> None:
    types, accept = types_and_accept
    best = result("mediatypes.best_match", types, accept)
    weights = [float(result("mediatypes.quality", each, accept)) for each in types]
    highest = max(weights, default=0.0)
    assert best == shown(types[weights.index(highest)] if highest else "")


@requirement("falcon:util:mediatypes")
@requirement("falcon:util:mediatypes-ranges")
@pytest.mark.parametrize(
    ("media_type", "accept", "theirs", "ours"),
    [
        ("a/b", "a/*;q=0.5, */*", "0.5", "0.5"),
        ("a/b; c=d", "a/b; c=d;q=0.1, a/b", "0.1", "0.1"),
        ("", "*/*", raised("InvalidMediaType"), raised("InvalidMediaType")),
        ("a", "*/*", raised("InvalidMediaType"), raised("InvalidMediaType")),
        ("a/b", "a/b, x", raised("InvalidMediaRange"), "1.0"),
        ("a/b", "a/b;q=2, a/*;q=0.5", raised("InvalidMediaRange"), "0.5"),
        ("a/b", "", raised("InvalidMediaRange"), "0.0"),
        ("a/b", "*/b", "1.0", "0.0"),
        ("a/b", "A/B", "0.0", "1.0"),
        ("a/b", "a/b; c=d", "1.0", "0.0"),
        ("a/*", "a/b", "1.0", "0.0"),
    ],
)
def test_a_malformed_range_is_passed_over(
    media_type: str, accept: str, theirs: str, ours: str
) -> None:
    found = results("mediatypes.quality", media_type, accept)
    assert found == (theirs, ours)


EQUALS = st.sampled_from(["=", " = ", ""])
TOKENS = st.text("abc=/'", max_size=5)
QUOTED = st.text('ab;,=" ', max_size=6).map(
    lambda text: '"' + text.replace('"', r"\"") + '"'
)


@requirement("falcon:util:parse-header")
@given(st.lists(st.builds("{}{}{}".format, KEYS, EQUALS, TOKENS | QUOTED), max_size=3))
@example(['NAME="a\\"b;c"', " d = e", "f"])
@settings(max_examples=200)
def test_parameters_of_a_header_are_read_alike(parameters: list[str]) -> None:
    found = result("parse_header", "; ".join(["form-data ", *parameters]))
    assert found.startswith("tuple('form-data', dict(")
    if parameters[-1:] == ["f"]:
        assert found == shown(("form-data", {"name": 'a"b;c', "d": "e"}))


@requirement("falcon:util:parse-header-backslash")
def test_a_backslash_may_be_the_last_of_a_quoted_value() -> None:
    theirs, ours = results("parse_header", r'a/b; c="\\"; d=e')
    assert theirs == shown(("a/b", {"c": r'"\\"; d=e'}))
    assert ours == shown(("a/b", {"c": "\\", "d": "e"}))


# From functions to coroutines, and back.


@requirement("falcon:util:sync-to-async")
@requirement("falcon:util:async-to-sync")
@given(st.lists(st.integers()), st.dictionaries(st.sampled_from("ab"), st.integers()))
@settings(max_examples=20)
def test_functions_and_coroutine_functions_are_called_as_the_other(
    arguments: list[int], named: dict[str, int]
) -> None:
    def function(*args: int, **kwargs: int) -> Any:
        return args, kwargs, threading.current_thread() is main

    async def coroutine(*args: int, **kwargs: int) -> Any:
        return args, kwargs

    async def awaited(call: Any) -> Any:
        return await call(*arguments, **named)

    main = threading.current_thread()
    given_back = (tuple(arguments), named)
    for threadsafe in (None, True, False):
        made = result(
            lambda f, t=threadsafe: awaited(
                f.wrap_sync_to_async(function, threadsafe=t)
            )
        )
        assert made == shown((*given_back, False))
    made = result(lambda f: awaited(f.wrap_sync_to_async_unsafe(function)))
    assert made == shown((*given_back, True))
    direct = result("sync_to_async", function, *arguments, **named)
    assert direct == shown((*given_back, False))
    for framework in FRAMEWORKS:
        assert framework.async_to_sync(coroutine, *arguments, **named) == given_back
        assert framework.runs_sync(coroutine)(*arguments, **named) == given_back


# Inspection.


class Resource:
    async def on_get(self, req: Any, resp: Any, **params: Any) -> None: ...
    async def on_post(self, req: Any, resp: Any, **params: Any) -> None: ...
    async def on_get_all(self, req: Any, resp: Any) -> None: ...


class Outer:
    async def process_request(self, req: Any, resp: Any) -> None: ...
    async def process_response(self, *args: Any) -> None: ...


class Inner:
    async def process_resource(self, *args: Any) -> None: ...
    async def process_response_async(self, *args: Any) -> None: ...


async def handler(req: Any, resp: Any, ex: Exception, params: Any) -> None: ...


FACTS = {
    "AppInfo": "asgi routes middleware static_routes sinks error_handlers",
    "ErrorHandlerInfo": "error name source_info internal",
    "MiddlewareClassInfo": "name source_info methods",
    "MiddlewareInfo": "middleware_tree middleware_classes independent",
    "MiddlewareMethodInfo": "function_name source_info internal",
    "MiddlewareTreeInfo": "request resource response",
    "MiddlewareTreeItemInfo": "name class_name",
    "RouteInfo": "path class_name source_info methods",
    "RouteMethodInfo": "method function_name suffix source_info internal",
    "SinkInfo": "prefix name source_info",
    "StaticRouteInfo": "prefix directory fallback_filename",
}
# Falcon gives them in the order in which it searches them.
UNORDERED = {"RouteInfo", "RouteMethodInfo"}


def facts(thing: Any) -> Any:
    """Give what inspection tells of the application as plain data, without line numbers."""
    if isinstance(thing, list):
        told = [facts(each) for each in thing if not getattr(each, "internal", False)]
        return sorted(told, key=repr) if UNORDERED & {*map(_kind, thing)} else told
    if _kind(thing) not in FACTS:
        return thing
    found = {name: facts(getattr(thing, name)) for name in FACTS[_kind(thing)].split()}
    if "source_info" in found:
        found["source_info"] = found["source_info"].rpartition(":")[0]
    return found


def _kind(thing: Any) -> str:
    return type(thing).__name__


# Up to Python 3.12 it parses a whole file to find a class.
_findsource_once = cache(findsource)


@requirement("falcon:inspect:app")
@requirement("falcon:inspect:internals")
@given(
    st.lists(st.sampled_from(["/", "/a/{x}", "/a/b", "/b/{x:int}"]), unique=True),
    st.none() | st.just("all"),
    st.lists(st.sampled_from([Outer, Inner]), max_size=3),
    st.booleans(),
    st.lists(st.sampled_from(["/s", re.compile("/t/(?P<x>.+)")])),
    st.lists(st.sampled_from([None, "test_manifest.py"])),
)
@example(["/", "/a/b"], "all", [Outer, Inner], False, ["/s"], [None])
@settings(max_examples=20)
def test_inspection_tells_alike_what_an_app_consists_of(
    routes: list[str],
    suffix: str | None,
    components: list[type],
    independent: bool,
    sinks: list[Any],
    fallbacks: list[str | None],
) -> None:
    def inspect(framework: Any) -> Any:
        middleware = [component() for component in components]
        app = framework.asgi.App(
            middleware=middleware, independent_middleware=independent
        )
        for route in routes:
            app.add_route(route, Resource(), suffix=suffix)
        for sink in sinks:
            app.add_sink(handler, sink)
        for fallback in fallbacks:
            app.add_static_route("/f", str(HERE), fallback_filename=fallback)
        app.add_error_handler(ZeroDivisionError, handler)
        return facts(framework.inspect.inspect_app(app))

    with patch("inspect.findsource", _findsource_once):
        theirs, ours = map(inspect, FRAMEWORKS)
    assert ours == theirs
    names = {route["path"]: route["methods"] for route in ours["routes"]}
    assert {*names} == {*routes}
    methods = ["GET"] if suffix else ["GET", "POST"]
    assert all([m["method"] for m in each] == methods for each in names.values())
    assert [each["error"] for each in ours["error_handlers"]] == ["ZeroDivisionError"]
    assert len(ours["middleware"]["middleware_classes"]) == len(components)
    assert len(ours["sinks"]) == len(sinks)
    assert len(ours["static_routes"]) == len(fallbacks)


@requirement("falcon:inspect:internals")
@requirement("falcon:inspect:lines")
def test_inspection_tells_of_falcons_own_responders_and_counts_lines_from_0() -> None:
    def inspect(framework: Any) -> Any:
        app = framework.asgi.App()
        app.add_route("/", Resource())
        return framework.inspect.inspect_app(app)

    theirs, ours = map(inspect, FRAMEWORKS)
    assert len(theirs.routes[0].methods) > 20
    assert len(ours.routes[0].methods) == 2
    assert [len(app.error_handlers) for app in (theirs, ours)] == [4, 0]
    lines = [
        int(app.routes[0].source_info.rpartition(":")[2]) for app in (theirs, ours)
    ]
    assert lines[1] == lines[0] + 1 == getsourcelines(Resource)[1]


# Names.

INNARDS = {
    "API": "the WSGI App by its old name",
    "IS_64_BITS": "of use to Falcon itself",
    "TimezoneGMT": "datetime.UTC",
    "deprecated": "warnings.deprecated",
    "get_argnames": "inspect.signature",
    "get_bound_method": "of use to Falcon itself",
    "http_cookies": "http.cookies",
    "is_python_func": "inspect.isfunction",
    "misc": "a module of the helpers above",
    "structures": "a module of ETag, Context and CaseInsensitiveDict",
    "time": "a module of TimezoneGMT",
}


@requirement("falcon:names:public")
@requirement("falcon:names:innards")
def test_falcons_names_are_there_but_for_its_innards_and_jokes() -> None:
    missing = {name for name in falcon.__all__ if not hasattr(falconws.core, name)}
    jokes = {name for name in falcon.__all__ if re.fullmatch("HTTP_7[0-9]{2}", name)}
    assert missing == {*INNARDS, *jokes}
    assert len(falcon.__all__) - len(missing) > 200
    for theirs, ours in (
        (falcon.asgi, falconws.core.asgi),
        (falcon.inspect, falconws.core.inspect),
        (falcon.typing, falconws.core.typing),
        (falcon.uri, falconws.core.uri),
        (falcon.mediatypes, falconws.core.mediatypes),
    ):
        names = getattr(theirs, "__all__", None) or [
            name
            for name, value in vars(theirs).items()
            if getattr(value, "__module__", None) == theirs.__name__ and name[0] != "_"
        ]
        assert names
        assert [name for name in names if not hasattr(ours, name)] == []


@requirement("falcon:names:public")
def test_constants_have_their_values() -> None:
    constants = [
        name
        for name in falcon.__all__
        if isinstance(getattr(falcon, name), str) and hasattr(falconws.core, name)
    ]
    different = [
        name
        for name in constants
        if getattr(falconws.core, name) != getattr(falcon, name)
    ]
    assert different == [
        "HTTP_422",
        "HTTP_UNPROCESSABLE_ENTITY",
    ]  # see falcon:status:reasons
    assert {"HTTP_404", "HTTP_NOT_FOUND", "MEDIA_JSON"} < {*constants}
    for name in ("HTTP_METHODS", "WEBDAV_METHODS", "COMBINED_METHODS"):
        assert {*getattr(falconws.core, name)} == {*getattr(falcon, name)}
