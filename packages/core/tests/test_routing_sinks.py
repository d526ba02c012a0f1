import re
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from falconws.core import App, CompatibilityError, Request, Response
from falconws.testing import TestClient


class Sink:
    """A callable object that tells what it was called with."""

    def __init__(self, name: str = "sink") -> None:
        self._name = name

    async def __call__(self, req: Request, resp: Response, **groups: Any) -> None:
        resp.media = [self._name, req.method, groups]


async def on_get(req: Request, resp: Response) -> None:
    resp.text = "route"


def test_a_sink_answers_every_method_below_its_prefix() -> None:
    app = App(extensions=())
    app.add_sink(Sink(), "/api")
    client = TestClient(app)
    for method in ("GET", "POST", "OPTIONS", "PURGE"):
        assert client.request(method, "/api/x").json == ["sink", method, {}]
    assert client.get("/apiary").status_code == 200
    assert client.get("/other/api").status_code == 404


def test_a_route_goes_before_a_sink_even_without_the_method() -> None:
    app = App(extensions=())
    app.add_sink(Sink())
    app.add_route("/route", SimpleNamespace(on_get=on_get))
    client = TestClient(app)
    assert client.get("/route").text == "route"
    assert client.post("/route").status_code == 405
    assert client.get("/").json == ["sink", "GET", {}]


@pytest.mark.parametrize("prefix", [r"/(?P<n>\d+)", re.compile(r"/(?P<n>\d+)")])
def test_named_groups_are_arguments(prefix: str | re.Pattern[str]) -> None:
    app = App(extensions=())
    app.add_sink(Sink(), prefix)
    client = TestClient(app)
    assert client.get("/12/x").json == ["sink", "GET", {"n": "12"}]
    assert client.get("/x").status_code == 404


def test_the_sink_that_was_added_last_is_asked_first() -> None:
    app = App(extensions=())
    app.add_sink(Sink("wide"), "/")
    app.add_sink(Sink("narrow"), "/a")
    client = TestClient(app)
    assert client.get("/a").json[0] == "narrow"
    assert client.get("/b").json[0] == "wide"


@pytest.mark.parametrize(("sinks_first", "text"), [(True, "sink"), (False, "file")])
def test_sinks_and_static_routes_are_asked_in_the_order_that_was_chosen(
    sinks_first: bool, text: str, tmp_path: Path
) -> None:
    (tmp_path / "page.txt").write_text("file")
    app = App(extensions=(), sink_before_static_route=sinks_first)
    app.add_static_route("/pages", tmp_path)
    app.add_sink(Sink(), "/pages")
    assert text in TestClient(app).get("/pages/page.txt").text


def test_resource_hooks_are_not_called_for_a_sink() -> None:
    called = []

    class Component:
        async def process_resource(self, *args: Any) -> None:
            called.append("resource")

        async def process_response(self, *args: Any) -> None:
            called.append("response")

    app = App(extensions=(), middleware=Component())
    app.add_sink(Sink())
    TestClient(app).get("/")
    assert called == ["response"]


def test_a_plain_function_is_no_sink_unless_the_app_wraps_it() -> None:
    def sink(req: Request, resp: Response) -> None:
        resp.text = "plain"

    with pytest.raises(CompatibilityError, match="sink sink must be a coroutine"):
        App(extensions=()).add_sink(sink)
    with pytest.raises(CompatibilityError, match="must be a coroutine"):
        App(extensions=(), wrap_sync=True).add_sink("no function")
    app = App(extensions=(), wrap_sync=True)
    app.add_sink(sink)
    assert TestClient(app).get("/").text == "plain"
