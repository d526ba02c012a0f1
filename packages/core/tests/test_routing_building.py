import uuid
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from falconws.core import App, BaseConverter, UnsupportedError
from falconws.core.uri import decode


async def on_get(req: Any, resp: Any, **params: Any) -> None: ...


def resource(**responders: Any) -> Any:
    return SimpleNamespace(on_get=on_get, **responders)


def app_of(*templates: str) -> App:
    """An App whose routes have their templates as names."""
    app = App(extensions=())
    for template in templates:
        app.add_route(template, resource(), name=template)
    return app


TIME = datetime(2026, 11, 21, 9, 30, tzinfo=UTC)
UUID = uuid.UUID("12345678123456781234567812345678")


@pytest.mark.parametrize(
    ("template", "params", "path"),
    [
        ("/", {}, "/"),
        ("/a/", {}, "/a/"),
        ("/café", {}, "/caf%C3%A9"),
        ("/rooms/{room}", {"room": "tea & co"}, "/rooms/tea%20%26%20co"),
        ("/rooms/{room}", {"room": 7}, "/rooms/7"),
        ("/a.{b}-{c}", {"b": "x", "c": "%"}, "/a.x-%25"),
        ("/{n:int}", {"n": -7}, "/-7"),
        ("/{n:int(3)}", {"n": 7}, "/007"),
        ("/{x:float}", {"x": 1.5}, "/1.5"),
        ("/{t:dt}", {"t": TIME}, "/2026-11-21T09%3A30%3A00%2B0000"),
        ("/{t:dt('%Y')}", {"t": TIME}, "/2026"),
        ("/{u:uuid}", {"u": UUID}, "/12345678-1234-5678-1234-567812345678"),
        ("/files/{p:path}", {"p": "a b/c.txt"}, "/files/a%20b/c.txt"),
        ("/{v:re('v[0-9]+')}", {"v": "v2"}, "/v2"),
        ("/{v:re('v([0-9]+)', 1)}", {"v": "v2"}, "/v2"),
    ],
)
def test_a_path_is_built_of_a_template_and_the_responders_values(
    template: str, params: dict[str, Any], path: str
) -> None:
    app = app_of(template)
    assert app.url_for(template, **params) == path
    found = app.router.find(decode(path, unquote_plus=False))
    assert found[3] == template


@given(
    st.text(min_size=1).filter(lambda text: "/" not in text and text not in (".", ".."))
)
def test_whatever_is_put_into_a_field_comes_out_of_it(text: str) -> None:
    app = app_of("/rooms/{room}/end")
    try:
        path = app.url_for("/rooms/{room}/end", room=text)
    except UnicodeEncodeError:  # surrogates alone are no text that a URI can carry
        assert any("\ud800" <= char <= "\udfff" for char in text)
        return
    assert app.router.find(decode(path, unquote_plus=False))[2] == {"room": text}


def test_a_resource_with_one_route_is_its_own_name() -> None:
    app, here = App(extensions=()), resource()
    app.add_route("/here/{place}", here)
    assert app.url_for(here, place="there") == "/here/there"


def test_a_converter_of_ones_own_says_how_its_values_are_written() -> None:
    class Hex(BaseConverter):
        def convert(self, value: str) -> int:
            return int(value, 16)

        def to_text(self, value: int) -> str:
            return f"{value:x}"

    class Duck:
        def convert(self, value: str) -> str:
            return value

    app = App(extensions=())
    app.router_options.converters.update(hex=Hex, duck=Duck)
    app.add_route("/{n:hex}", resource(), name="n")
    app.add_route("/duck/{name:duck}", resource(), name="duck")
    assert app.url_for("n", n=255) == "/ff"
    assert app.url_for("duck", name="donald") == "/duck/donald"


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({}, "needs n"),
        ({"n": 1, "m": 2}, "has no m"),
        ({"n": 11}, "11 is no value for 'n'"),
    ],
)
def test_values_that_do_not_fit_the_template_are_named(
    params: dict[str, Any], message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        app_of("/{n:int(max=10)}").url_for("/{n:int(max=10)}", **params)


@pytest.mark.parametrize(
    ("value", "led"),
    [
        ("new", "to '/items/new'"),
        ("a/b", "nowhere"),
        ("", "is no value for 'item'"),
        ("..", "segment of dots"),
    ],
)
def test_a_path_that_would_lead_elsewhere_is_refused(value: str, led: str) -> None:
    app = app_of("/items/new", "/items/{item}")
    with pytest.raises(ValueError, match=led):
        app.url_for("/items/{item}", item=value)


def test_who_is_meant_has_to_be_clear() -> None:
    app, twice = app_of("/named"), resource()
    app.add_route("/one", twice)
    app.add_route("/two", twice, name="two")
    with pytest.raises(
        ValueError, match=r"no route of the name 'other'.*: /named, two"
    ):
        app.url_for("other")
    with pytest.raises(ValueError, match=r"no route of the name 'x'.*are: none"):
        App(extensions=()).url_for("x")
    with pytest.raises(ValueError, match=r"no route to .*add_route"):
        app.url_for(resource())
    with pytest.raises(ValueError, match=r"Several routes lead .*: /one, /two"):
        app.url_for(twice)
    assert app.url_for("two") == "/two"


def test_a_name_belongs_to_one_route() -> None:
    app = app_of("/a")
    with pytest.raises(ValueError, match="'/a' of the route '/b' is that of '/a'"):
        app.add_route("/b", resource(), name="/a")
    app.add_route("/a", resource(), name="/a")
    assert app.url_for("/a") == "/a"


def test_a_router_of_ones_own_may_build_paths_or_not() -> None:
    class Router:
        def add_route(self, uri_template: str, resource: object, **kw: Any) -> None: ...

        def find(self, uri: str, req: Any = None) -> None: ...

    class Builder(Router):
        def url_for(self, target: object, **params: Any) -> str:
            return f"/{target}/{params['a']}"

    with pytest.raises(UnsupportedError, match="Router has no url_for"):
        App(router=Router(), extensions=()).url_for("x")
    assert App(router=Builder(), extensions=()).url_for("x", a=1) == "/x/1"


@pytest.mark.parametrize("value", ["..", "a/../b", "./a"])
def test_segments_of_dots_are_refused_in_a_rest_too(value: str) -> None:
    with pytest.raises(ValueError, match="segment of dots"):
        app_of("/{rest:path}").url_for("/{rest:path}", rest=value)
