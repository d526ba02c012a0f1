"""Hooks beside Falcon's: what runs before and after a responder, and with what."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

import falconws.core
from tests.conformance.apps import FRAMEWORKS, drive
from tests.conformance.differential import Exchange, same
from tests.conformance.manifest import requirement


def hook(name: str, log: list[Any]) -> Callable[..., Any]:
    """Make a hook that logs what it is given."""

    async def act(
        req: Any, resp: Any, resource: Any, *rest: Any, **kwargs: Any
    ) -> None:
        params = [arg for arg in rest if isinstance(arg, dict)]
        given = [arg for arg in rest if not isinstance(arg, dict)]
        log.append((name, type(resource).__name__, repr(params), given, kwargs))
        for each in params:
            each[f"p{len(log)}"] = name

    return act


@requirement("falcon:hooks:order")
@requirement("falcon:hooks:arguments")
@requirement("falcon:hooks:class")
@requirement("falcon:hooks:inheritance")
@requirement("falcon:hooks:raise")
@given(
    on_method=st.lists(st.sampled_from(["before", "after"]), max_size=4),
    on_class=st.lists(st.sampled_from(["before", "after"]), max_size=2),
    inherits=st.booleans(),
    raises=st.booleans(),
)
@example(["before", "after", "before"], ["before", "after"], True, False)
@settings(max_examples=60)
def test_hooks_run_in_the_same_order_with_the_same_arguments(
    on_method: list[str], on_class: list[str], inherits: bool, raises: bool
) -> None:
    logs: list[list[Any]] = []

    def build(falcon: Any) -> Any:
        log: list[Any] = []
        logs.append(log)

        async def on_get(self: Any, req: Any, resp: Any, **params: Any) -> None:
            log.append(("on_get", params))
            if raises:
                raise falcon.HTTPConflict

        for number, kind in enumerate(on_method):
            decorate = getattr(falcon, kind)(hook(f"m{number}", log), number, key=kind)
            on_get = decorate(on_get)
        members = {"on_get": on_get, "on_get_x": on_get}
        resource = type("Base", (), members)
        resource = type("Child", (resource,), {}) if inherits else resource
        for number, kind in enumerate(on_class):
            resource = getattr(falcon, kind)(hook(f"c{number}", log))(resource)
        app = falcon.asgi.App()
        app.add_route("/{id}", resource())
        app.add_route("/x/{id}", resource(), suffix="x")
        return app

    for path in ("/7", "/x/7"):
        same(build, Exchange(path))
    assert logs[1] == logs[0]
    assert logs[3] == logs[2]
    names = [entry[0] for entry in logs[1]]
    kinds = {f"m{n}": kind for n, kind in enumerate(on_method)}
    kinds |= {f"c{n}": kind for n, kind in enumerate(on_class)}
    first = [name for name in reversed(kinds) if kinds[name] == "before"]
    then = [] if raises else [name for name in kinds if kinds[name] == "after"]
    assert names == [*first, "on_get", *then]


@requirement("falcon:hooks:websocket")
def test_a_hook_of_on_websocket_is_given_the_websocket() -> None:
    scope: dict[str, Any] = {"type": "websocket", "path": "/", "query_string": b""}
    scope |= {"headers": [], "asgi": {"version": "3.0"}}
    seen = []
    for framework in FRAMEWORKS:

        async def act(req: Any, resp: Any, *rest: Any) -> None:
            seen.append(type(resp).__name__)

        @framework.before(act)
        @framework.after(act)
        class Resource:
            async def on_websocket(self, req: Any, ws: Any) -> None:
                await ws.close()

        app = framework.asgi.App()
        app.add_route("/", Resource())
        drive(app, scope, {"type": "websocket.connect"})
    assert seen == ["WebSocket"] * 4


@requirement("falcon:hooks:on-request")
def test_a_hook_on_a_class_warns_that_it_is_not_for_every_method() -> None:
    for framework in FRAMEWORKS:

        class Resource:
            async def on_request(self, req: Any, resp: Any) -> None: ...

        before = Resource.on_request
        with pytest.warns(UserWarning, match="on_request"):
            framework.before(hook("x", []))(Resource)
        assert Resource.on_request is before


@requirement("falcon:hooks:sync-refused")
@requirement("falcon:hooks:every-name")
def test_hooks_differ_in_when_they_are_refused_and_in_what_they_are_for() -> None:
    def plain(*args: Any) -> None: ...

    class Resource:
        async def on_message(self, req: Any, resp: Any) -> None: ...

    FRAMEWORKS[0].before(plain)(Resource.on_message)
    with pytest.raises(falconws.core.CompatibilityError, match="async def"):
        falconws.core.before(plain)(Resource.on_message)
    before = Resource.on_message
    FRAMEWORKS[0].before(hook("x", []))(Resource)
    assert Resource.on_message is before
    falconws.core.before(hook("x", []))(Resource)
    assert Resource.on_message is not before
