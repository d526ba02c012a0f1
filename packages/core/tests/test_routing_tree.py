import re
import uuid
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from falconws.core import UnacceptableRouteError
from falconws.core.routing._template import parse_template
from falconws.core.routing._tree import Node, Route, find, insert
from falconws.core.routing.converters import BUILTIN, BaseConverter


def tree(*templates: str) -> Node:
    root = Node()
    for template in templates:
        insert(root, parse_template(template, BUILTIN), Route(template, None, {}))
    return root


def found(root: Node, path: str) -> tuple[str, dict[str, Any]] | None:
    params: dict[str, Any] = {}
    route = find(root, path[1:].split("/"), params)
    if route is None:
        assert params == {}
        return None
    return route.template, params


# A path is built from a template and values, and has to be found again with these values.

SAFE = st.text("abcXYZ019 äß%", min_size=1, max_size=5)
FIELDS: dict[str, tuple[str, st.SearchStrategy[tuple[str, Any]]]] = {
    "plain": ("", SAFE.map(lambda text: (text, text))),
    "int": (":int", st.integers().map(lambda number: (str(number), number))),
    "float": (
        ":float",
        st.floats(allow_nan=False, allow_infinity=False).map(lambda n: (repr(n), n)),
    ),
    "uuid": (":uuid", st.uuids().map(lambda value: (str(value), value))),
    "dt": (
        ":dt",
        st.datetimes(min_value=datetime(1000, 1, 1), timezones=st.just(UTC))
        .map(lambda value: value.replace(microsecond=0))
        .map(lambda value: (value.strftime("%Y-%m-%dT%H:%M:%SZ"), value)),
    ),
}


@st.composite
def routes(draw: st.DrawFn) -> tuple[str, str, dict[str, Any]]:
    """Draw a template, a path for it, and the values of its fields."""
    template, path = "", ""
    values: dict[str, Any] = {}
    for index in range(draw(st.integers(1, 4))):
        kind = draw(st.sampled_from([*FIELDS, "literal", "complex"]))
        if kind == "literal":
            text = draw(st.text("lmn.-_~", min_size=1, max_size=5))
            template, path = f"{template}/{text}", f"{path}/{text}"
        elif kind == "complex":
            text = draw(SAFE)
            number = draw(st.integers(0))
            values |= {f"a{index}": text, f"b{index}": number}
            template += f"/({{a{index}}};{{b{index}:int}})"
            path += f"/({text};{number})"
        else:
            spec, strategy = FIELDS[kind]
            text, values[f"a{index}"] = draw(strategy)
            template, path = f"{template}/{{a{index}{spec}}}", f"{path}/{text}"
    if draw(st.booleans()):
        rest = "/".join(draw(st.lists(SAFE, min_size=1, max_size=3)))
        template, path, values["rest"] = (
            f"{template}/{{rest:path}}",
            f"{path}/{rest}",
            rest,
        )
    return template, path, values


@given(routes())
def test_a_path_that_is_built_from_a_template_is_found_with_its_values(
    route: tuple[str, str, dict[str, Any]],
) -> None:
    template, path, values = route
    assert found(tree(template), path) == (template, values)


@given(st.lists(routes(), min_size=1, max_size=5))
def test_a_path_is_found_among_other_routes_with_the_values_of_the_route_it_is_for(
    routes: list[tuple[str, str, dict[str, Any]]],
) -> None:
    root, kept = Node(), []
    for template, path, _ in routes:
        segments = parse_template(template, BUILTIN)
        try:
            insert(root, segments, Route(template, None, {}))
        except UnacceptableRouteError:
            continue
        kept.append((template, path))
    for _, path in kept:
        result = found(root, path)
        assert result is not None
        # Another template may go before; the values are those that it alone would give.
        assert found(tree(result[0]), path) == result


# What is found is what a simple matcher finds, which looks at every template by itself.

KINDS = ["m", "n", "m-n", "{s}", "{a}-{b}", "m{c}"]
MATCHED = st.lists(st.sampled_from(KINDS), min_size=1, max_size=3).map(
    lambda kinds: "".join(
        "/" + re.sub(r"{(.)}", rf"{{\g<1>{index}}}", kind)
        for index, kind in enumerate(kinds)
    )
)


def simple_match(templates: list[str], path: str) -> tuple[str, dict[str, Any]] | None:
    """Match a path with every template, and take the best: segment by segment, a literal
    goes before a complex one, of those the first that was added, and that before a simple one."""

    def rank(template: str, index: int) -> tuple[int, int]:
        segments = template.split("/")
        if "{" not in segments[index]:
            return 0, 0
        if re.fullmatch(r"{\w+}", segments[index]):
            return 2, 0
        beginning = segments[: index + 1]
        begin_alike = (t.split("/")[: index + 1] == beginning for t in templates)
        return 1, [*begin_alike].index(True)

    found = []
    for template in templates:
        pattern = re.sub(r"{(\w+)}", r"(?P<\1>[^/]+)", template)
        if match := re.fullmatch(pattern, path):
            ranks = [rank(template, i) for i in range(1, template.count("/") + 1)]
            found.append((ranks, template, match.groupdict()))
    return min(found, key=lambda each: each[0])[1:] if found else None


@given(
    st.lists(MATCHED, min_size=1, max_size=12),
    st.lists(
        st.sampled_from(["m", "m-n", "mm-n", "n-n", "mn"]), min_size=1, max_size=3
    ),
)
@settings(max_examples=1000)
def test_what_is_found_is_what_a_simple_matcher_finds(
    templates: list[str], segments: list[str]
) -> None:
    path = "/" + "/".join(segments)
    assert found(tree(*templates), path) == simple_match(templates, path)


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_any_path_is_found_or_not_and_nothing_else(path: str) -> None:
    root = tree("/{a}/x{b:int}", "/{a}/{c:uuid}", "/{a}/{d:dt}-{e}", "/y/{f:path}")
    found(root, f"/{path}")


@pytest.mark.parametrize(
    ("path", "template", "params"),
    [
        ("/rooms/new", "/rooms/new", {}),
        ("/rooms/a-b", "/rooms/{x}-{y}", {"x": "a", "y": "b"}),
        ("/rooms/a-b-c", "/rooms/{x}-{y}", {"x": "a-b", "y": "c"}),
        ("/rooms/7", "/rooms/{room}", {"room": "7"}),
        ("/rooms/", "/rooms/{room}", {"room": ""}),
        ("/rooms/7/8", "/rooms/{rest:path}", {"rest": "7/8"}),
        ("/rooms/7/", "/rooms/{rest:path}", {"rest": "7/"}),
        ("/rooms/new/x", "/rooms/new/x", {}),
        # A way that ends without a route is left for the next.
        ("/rooms/new/y", "/rooms/{rest:path}", {"rest": "new/y"}),
        ("/rooms/a-b/z", "/rooms/{room}/z", {"room": "a-b"}),
        ("/rooms/a-b/w", "/rooms/{x}-{y}/w", {"x": "a", "y": "b"}),
    ],
)
def test_literals_go_before_complex_segments_and_those_before_simple_ones(
    path: str, template: str, params: dict[str, str]
) -> None:
    templates = [
        "/rooms/{rest:path}",
        "/rooms/{room}",
        "/rooms/{room}/z",
        "/rooms/{x}-{y}",
        "/rooms/{x}-{y}/w",
        "/rooms/new",
        "/rooms/new/x",
    ]
    for order in (templates, templates[::-1]):
        assert found(tree(*order), path) == (template, params)


@pytest.mark.parametrize(
    "path", ["/", "/rooms", "/rooms/x", "/rooms/7/8", "/files", "/a7-x", "/ROOMS/7"]
)
def test_a_path_that_no_template_is_for_is_not_found(path: str) -> None:
    assert (
        found(tree("/rooms/{room:int}", "/files/{p:path}", "/a{x:int}-{y:int}"), path)
        is None
    )


def test_what_takes_all_may_refuse_it() -> None:
    class Even(BaseConverter):
        CONSUME_MULTIPLE_SEGMENTS = True

        def convert(self, value: list[str]) -> list[str] | None:
            return value if len(value) % 2 == 0 else None

    root = Node()
    segments = parse_template("/{all:even}", {"even": Even})
    insert(root, segments, Route("/{all:even}", None, {}))
    assert found(root, "/a/b") == ("/{all:even}", {"all": ["a", "b"]})
    assert found(root, "/a/b/c") is None


def test_the_same_template_again_replaces_the_route() -> None:
    root = tree("/{a}/{b:int}-{c}", "/{rest:path}")
    again = Route("/{a}/{b:int}-{c}", object(), {})
    insert(root, parse_template(again.template, BUILTIN), again)
    assert find(root, ["x", "1-y"], {}) is again


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("/a/{x}", "/a/{y}"),
        ("/a/{x}", "/a/{y}/b"),
        ("/a/{x}", "/a/{x:int}"),
        ("/a/{x:int}", "/a/{x:int(2)}"),
        ("/a/{x}-{y}", "/a/{x}-{z}"),
        ("/a/{x}-{y}", "/a/{x}-{y:int}"),
        ("/a/{x:path}", "/a/{y:path}"),
        ("/a/{x}/{y}", "/a/{x}/{z}"),
    ],
)
def test_templates_that_match_the_same_paths_conflict_and_both_are_named(
    first: str, second: str
) -> None:
    for one, other in ((first, second), (second, first)):
        root = tree(one)
        with pytest.raises(UnacceptableRouteError) as caught:
            insert(root, parse_template(other, BUILTIN), Route(other, None, {}))
        assert repr(one) in str(caught.value)
        assert repr(other) in str(caught.value)


@pytest.mark.parametrize(
    "templates",
    [
        ["/{x}", "/{x}/b", "/a", "/{x}.{y}"],
        ["/{x}-{y}", "/{x}.{y}", "/a{x}"],
        ["/{x}", "/{y:path}"],
        ["/a/{x}", "/b/{y}"],
    ],
)
def test_templates_that_are_told_apart_stand_beside_each_other(
    templates: list[str],
) -> None:
    tree(*templates)


def test_a_value_is_converted_where_it_is_found() -> None:
    value = uuid.UUID(int=7)
    root = tree("/{a:uuid}.{b:int}")
    assert found(root, f"/{value}.7") == ("/{a:uuid}.{b:int}", {"a": value, "b": 7})
    assert found(root, f"/{value}.x") is None
