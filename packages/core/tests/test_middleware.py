from collections.abc import Awaitable, Callable
from types import SimpleNamespace
from typing import Any

import pytest

from falconws.core import (
    App,
    CompatibilityError,
    Hook,
    HTTPForbidden,
    Receive,
    Request,
    Response,
    Scope,
    Send,
)
from falconws.testing import TestClient


class Recorder:
    """A component that writes down what it is called with."""

    def __init__(self, name: str, log: list[str]) -> None:
        self.name = name
        self.log = log

    async def process_request(self, req: Request, resp: Response) -> None:
        self.log.append(f"{self.name} request {req.uri_template}")

    async def process_resource(
        self, req: Request, resp: Response, resource: Any, params: dict[str, Any]
    ) -> None:
        self.log.append(f"{self.name} resource {resource.name} {params}")

    async def process_response(
        self, req: Request, resp: Response, resource: Any, req_succeeded: bool
    ) -> None:
        name = resource and resource.name
        self.log.append(f"{self.name} response {name} {req_succeeded}")


def recorded(*components: object) -> tuple[TestClient, list[str]]:
    """A client of an App with components between two that write down the order."""
    log: list[str] = []

    async def on_get(req: Request, resp: Response, **params: Any) -> None:
        log.append(f"responder {params}")
        resp.text = "responder"

    middleware = [Recorder("outer", log), *components, Recorder("inner", log)]
    app = App(extensions=(), middleware=middleware)
    app.add_route("/{field}", SimpleNamespace(on_get=on_get, name="thing"))
    return TestClient(app), log


def test_requests_go_in_through_the_components_and_responses_come_out() -> None:
    client, log = recorded()
    assert client.get("/x").text == "responder"
    assert log == [
        "outer request None",
        "inner request None",
        "outer resource thing {'field': 'x'}",
        "inner resource thing {'field': 'x'}",
        "responder {'field': 'x'}",
        "inner response thing True",
        "outer response thing True",
    ]


def test_a_path_without_a_resource_is_not_for_process_resource() -> None:
    client, log = recorded()
    assert client.get("/x/y").status_code == 404
    assert log == [
        "outer request None",
        "inner request None",
        "inner response None False",
        "outer response None False",
    ]


def test_a_component_may_change_the_responders_arguments() -> None:
    class Shout:
        async def process_resource(
            self, req: Request, resp: Response, resource: Any, params: dict[str, Any]
        ) -> None:
            params["field"] = params["field"].upper()

    client, log = recorded(Shout())
    client.get("/x")
    assert "responder {'field': 'X'}" in log


def test_complete_in_process_request_leaves_out_all_but_the_way_back() -> None:
    class Cached:
        async def process_request(self, req: Request, resp: Response) -> None:
            resp.text = "cached"
            resp.complete = True

    client, log = recorded(Cached())
    assert client.get("/x").text == "cached"
    assert log == [
        "outer request None",
        "inner response None True",
        "outer response None True",
    ]


def test_complete_in_process_resource_leaves_out_the_responder() -> None:
    class Cached:
        async def process_resource(
            self, req: Request, resp: Response, resource: Any, params: dict[str, Any]
        ) -> None:
            resp.text = "cached"
            resp.complete = True

    client, log = recorded(Cached())
    assert client.get("/x").text == "cached"
    assert log[2:] == [
        "outer resource thing {'field': 'x'}",
        "inner response thing True",
        "outer response thing True",
    ]


@pytest.mark.parametrize(
    ("hook", "before", "resource"),
    [
        ("process_request", ["outer request None"], None),
        (
            "process_resource",
            [
                "outer request None",
                "inner request None",
                "outer resource thing {'field': 'x'}",
            ],
            "thing",
        ),
    ],
)
def test_an_error_on_the_way_in_is_answered_and_all_hear_of_it_on_the_way_out(
    hook: str, before: list[str], resource: str | None
) -> None:
    async def refuse(*args: Any) -> None:
        raise HTTPForbidden()

    client, log = recorded(SimpleNamespace(**{hook: refuse}))
    result = client.get("/x")
    assert result.status_code == 403
    assert result.json == {"title": "403 Forbidden"}
    assert log == [
        *before,
        f"inner response {resource} False",
        f"outer response {resource} False",
    ]


def test_an_error_on_the_way_out_replaces_the_response_and_the_rest_hear_of_it() -> (
    None
):
    async def refuse(*args: Any) -> None:
        raise HTTPForbidden()

    client, log = recorded(SimpleNamespace(process_response=refuse))
    result = client.get("/x")
    assert result.status_code == 403
    assert result.json == {"title": "403 Forbidden"}
    assert log[-2:] == ["inner response thing True", "outer response thing False"]


def test_a_component_for_both_kinds_of_server_has_its_asynchronous_hook_called() -> (
    None
):
    class Both:
        def process_request(self, req: Request, resp: Response) -> None:
            raise AssertionError("This is for servers of the other kind.")

        async def process_request_async(self, req: Request, resp: Response) -> None:
            resp.set_header("X-Both", "yes")

    client, _ = recorded(Both())
    assert client.get("/x").headers["x-both"] == "yes"


class Compiled:
    """A callable that says nothing of its parameters, as some that are not Python's."""

    __signature__ = object()

    async def __call__(self, req: Request, resp: Response) -> None:
        resp.set_header("X-Compiled", "yes")


def test_a_hook_that_does_not_tell_its_parameters_is_taken_at_its_word() -> None:
    client, _ = recorded(SimpleNamespace(process_request=Compiled()))
    assert client.get("/x").headers["x-compiled"] == "yes"


def test_one_component_or_an_iterable_of_them_is_added() -> None:
    log: list[str] = []
    app = App(extensions=(), middleware=Recorder("one", log))
    app.add_middleware(Recorder(name, log) for name in ("two", "three"))
    TestClient(app).get("/")
    assert log[:3] == ["one request None", "two request None", "three request None"]


# What is refused, and how it is said.


class Plain:
    def process_request(self, req: Request, resp: Response) -> None: ...


class Misspelled:
    async def process_requests(self, req: Request, resp: Response) -> None: ...


class ForWebSockets:
    async def process_request_ws(self, req: Request, ws: Any) -> None: ...


class TooFew:
    async def process_request(self, req: Request) -> None: ...


class TooMany:
    async def process_request(
        self, req: Request, resp: Response, more: int
    ) -> None: ...


class NotCallable:
    process_request = 7


@pytest.mark.parametrize(
    ("component", "error", "message"),
    [
        (Plain(), CompatibilityError, r"Plain\.process_request must be a coroutine"),
        (Misspelled(), TypeError, "Misspelled has none of the hooks .*process_request"),
        (object(), TypeError, "object has none of the hooks"),
        (Misspelled, TypeError, "none of the hooks .* Give an instance, not the class"),
        (TooFew, TypeError, r"TooFew is a class; give an instance of it: TooFew\(\)"),
        (ForWebSockets(), TypeError, r"process_request_ws\(\).* Install falconws-ws"),
        (TooFew(), TypeError, r"takes \(req.*is called with \(req, resp\)"),
        (TooMany(), TypeError, r"takes \(req.*is called with \(req, resp\)"),
        (NotCallable(), CompatibilityError, r"NotCallable\.process_request must be"),
    ],
)
def test_a_component_that_cannot_work_is_refused_where_it_is_added(
    component: object, error: type[Exception], message: str
) -> None:
    app = App(extensions=())
    with pytest.raises(error, match=message):
        app.add_middleware(component)
    assert app.middleware.components == []


def test_a_component_with_one_hook_that_cannot_work_has_none_of_them_called() -> None:
    class Half(TooFew):
        async def process_response(self, *args: Any) -> None:
            raise AssertionError("The component was refused.")

    app = App(extensions=())
    with pytest.raises(TypeError):
        app.add_middleware(Half())
    assert TestClient(app).get("/").status_code == 404


# Hooks of an extension.


class Ticks:
    """An extension whose scope has one hook, with a parameter that may be left out."""

    def install(self, app: App) -> None:
        self._hooks = app.middleware.functions("process_tick")
        hook = Hook("process_tick", ("tick", "odd", "last"), frozenset({"odd"}))
        app.add_scope("tick", self._serve, hooks=[hook])

    async def _serve(self, scope: Scope, receive: Receive, send: Send) -> None:
        for hook in self._hooks:
            await hook("tick", "odd", "last")


def _hook(log: list[Any], optional: bool) -> Callable[..., Awaitable[None]]:
    async def whole(tick: str, odd: str, last: str) -> None:
        log.append((tick, odd, last))

    async def without(tick: str, last: str) -> None:
        log.append((tick, last))

    return without if optional else whole


@pytest.mark.parametrize(
    ("optional", "called_with"),
    [(False, ("tick", "odd", "last")), (True, ("tick", "last"))],
)
async def test_a_hook_may_leave_out_the_parameters_that_are_optional(
    optional: bool, called_with: tuple[str, ...]
) -> None:
    log: list[Any] = []
    component = SimpleNamespace(process_tick=_hook(log, optional))
    app = App(extensions=[Ticks()], middleware=component)
    await app({"type": "tick"}, None, None)  # type: ignore[arg-type]
    assert log == [called_with]


def test_a_hook_that_leaves_out_others_is_refused() -> None:
    async def process_tick(tick: str) -> None: ...

    app = App(extensions=[Ticks()])
    with pytest.raises(TypeError, match=r"is called with \(tick, odd, last\)"):
        app.add_middleware(SimpleNamespace(process_tick=process_tick))
