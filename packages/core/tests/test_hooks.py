import functools
import inspect
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from falconws.core import App, CompatibilityError, HTTPForbidden, Request, Response
from falconws.core import hooks as hooks_module
from falconws.core.hooks import after, before
from falconws.testing import TestClient

Log = list[Any]


async def note(
    req: Any, resp: Any, resource: Any, params: dict[str, Any], name: str, log: Log
) -> None:
    log.append((name, dict(params)))


async def note_after(
    req: Any, resp: Any, resource: Any, name: str, *, log: Log
) -> None:
    log.append((name, resp.text))


def served(resource: object, **kwargs: Any) -> TestClient:
    app = App(extensions=(), http_methods=["PURGE"], **kwargs)
    app.add_route("/{id:int}", resource)
    return TestClient(app)


def test_hooks_run_from_the_top_before_and_to_the_top_after() -> None:
    log: Log = []

    @before(note, "class 1", log)
    @before(note, "class 2", log=log)
    @after(note_after, "class after", log=log)
    class Resource:
        @before(note, "method 1", log)
        @after(note_after, "method after 1", log=log)
        @after(note_after, "method after 2", log=log)
        @before(note, "method 2", log)
        async def on_get(self, req: Request, resp: Response, id: int) -> None:
            resp.text = "done"
            log.append(self)

    resource = Resource()
    assert served(resource).get("/7").text == "done"
    assert log == [
        *((name, {"id": 7}) for name in ("class 1", "class 2", "method 1", "method 2")),
        resource,
        *((name, "done") for name in ("method after 2", "method after 1")),
        ("class after", "done"),
    ]


def test_an_action_is_given_the_resource_and_may_change_the_arguments() -> None:
    async def load(
        req: Request, resp: Response, resource: Any, params: dict[str, Any]
    ) -> None:
        params["name"] = resource.names[params.pop("id")]

    class Resource:
        names = ("zero", "one")

        @before(load)
        async def on_get(self, req: Request, resp: Response, name: str) -> None:
            resp.text = name

    assert served(Resource()).get("/1").text == "one"


def test_what_raises_keeps_from_running_what_comes_behind_it() -> None:
    log: Log = []

    async def refuse(
        req: Any, resp: Any, resource: Any, params: dict[str, Any]
    ) -> None:
        raise HTTPForbidden

    @after(note_after, "after", log=log)
    class Resource:
        @before(refuse)
        @before(note, "inner", log)
        async def on_get(self, req: Request, resp: Response, id: int) -> None: ...

        async def on_put(self, req: Request, resp: Response, id: int) -> None:
            raise HTTPForbidden

    client = served(Resource())
    assert client.get("/7").status_code == client.put("/7").status_code == 403
    assert log == []


class Mute:
    """A responder that says nothing of what it is called with."""

    __signature__ = "not to be told"

    def __get__(self, resource: object, owner: type) -> "Mute":
        return self

    async def __call__(self, req: Request, resp: Response, id: int) -> None: ...


class Base:
    on_delete = None

    async def on_get(self, req: Request, resp: Response, id: int) -> None:
        """Give one."""

    async def on_get_list(self, req: Request, resp: Response) -> None: ...
    async def on_purge(self, req: Request, resp: Response, id: int) -> None: ...
    async def on_version_control(self, req: Request, resp: Response) -> None: ...
    async def on_message(self, text: str) -> None: ...
    async def other(self) -> None: ...

    on_nothing = print
    on_mute = Mute()


def test_a_class_gets_a_hook_on_all_responders_and_its_base_does_not() -> None:
    log: Log = []

    @before(note, "hook", log)
    class Resource(Base):
        async def on_put(self, req: Request, resp: Response, id: int) -> None: ...

    wrapped = {name for name, value in vars(Resource).items() if callable(value)}
    assert wrapped == {
        *("on_get", "on_get_list", "on_purge", "on_put", "on_version_control"),
        "on_mute",
    }
    assert served(Resource()).simulate_request("PURGE", "/7").status_code == 200
    assert log == [("hook", {"id": 7})]
    assert served(Base()).get("/7").status_code == 200
    assert len(log) == 1


async def test_for_a_websocket_the_action_is_given_the_socket() -> None:
    log: Log = []

    async def see(
        req: Any, ws: Any, resource: Any, params: dict[str, Any] | None = None
    ) -> None:
        log.append((req, ws, params))

    @before(see)
    @after(see)
    class Resource:
        async def on_websocket(self, req: Any, ws: Any) -> str:
            return f"served {ws}"

    assert await Resource().on_websocket("req", "ws") == "served ws"
    assert log == [("req", "ws", {}), ("req", "ws", None)]


def test_a_hooked_responder_looks_like_itself() -> None:
    hooked = before(note, "hook", [])(Base.on_get)
    assert (hooked.__name__, hooked.__doc__) == ("on_get", "Give one.")
    assert inspect.signature(hooked) == inspect.signature(Base.on_get)
    assert inspect.iscoroutinefunction(hooked)


async def test_an_action_is_given_positional_arguments_by_name() -> None:
    log: Log = []
    hooked = before(note, "hook", log)(after(note_after, "after", log=log)(Base.on_get))
    await hooked(Base(), None, Response(), 7)  # type: ignore[arg-type]
    assert log == [("hook", {"id": 7}), ("after", None)]
    with pytest.raises(TypeError, match="too many positional arguments"):
        await hooked(Base(), None, Response(), 7, 8)  # type: ignore[arg-type, call-arg]


class CallableObject:
    async def __call__(self, req: Any, resp: Any, resource: Any, *rest: Any) -> None:
        resp.text = "called"


async def mark(req: Any, resp: Any, *rest: Any, text: str = "") -> None:
    resp.text = text


@pytest.mark.parametrize("decorator", [before, after])
@pytest.mark.parametrize(
    "action", [CallableObject(), functools.partial(mark, text="called")]
)
def test_callable_objects_and_partial_functions_are_actions(
    decorator: Callable[..., Any], action: Callable[..., Awaitable[None]]
) -> None:
    resource = decorator(action)(type("Resource", (Base,), {}))()
    assert served(resource).get("/7").text == "called"


def plain(req: Any, resp: Any, resource: Any, *rest: Any) -> None:
    resp.text = (resp.text or "") + "called "


@pytest.mark.parametrize("decorator", [before, after])
@pytest.mark.parametrize("action", [plain, functools.partial(plain)])
def test_an_action_that_would_not_be_awaited_is_refused(
    decorator: Callable[..., Any], action: Callable[..., None]
) -> None:
    with pytest.raises(CompatibilityError, match=r"plain.* of Base\.on_get .*`async d"):
        decorator(action)(Base.on_get)
    with pytest.raises(CompatibilityError, match=r"coroutine function, and plain is n"):
        decorator(mark)(plain)


def test_a_plain_responder_has_plain_hooks_and_runs_in_a_thread() -> None:
    @before(plain)
    @after(plain)
    class Resource:
        def on_get(self, req: Request, resp: Response, id: int) -> int:
            resp.text = f"{resp.text}served {id} "
            return id

    text = served(Resource(), wrap_sync=True).get("/7").text
    assert text == "called served 7 called "
    assert Resource().on_get(None, Response(), 7) == 7  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "target", [5, print, staticmethod(mark), classmethod(mark), functools.partial(mark)]
)
def test_what_is_no_method_has_no_hooks(target: Any) -> None:
    with pytest.raises(TypeError, match="for a class or for a method with `self`, not"):
        before(note, "hook", [])(target)
    with pytest.raises(TypeError, match="for a class or for a method with `self`, not"):
        after(mark)(
            type("Resource", (), {"on_get": target, "on_put": classmethod(mark)})
        )


@pytest.mark.parametrize("decorator", [before, after])
def test_an_action_that_cannot_be_called_is_refused(
    decorator: Callable[..., Any],
) -> None:
    with pytest.raises(TypeError, match="without calling it; not None"):
        decorator(None)


def test_on_request_has_hooks_of_its_own_or_if_it_is_asked_for(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def on_request(self: Any, req: Request, resp: Response) -> None: ...

    names = ("on_request", "on_request_list")
    kinds = [type("Resource", (), dict.fromkeys(names, on_request)) for _ in range(2)]
    with pytest.warns(UserWarning, match="not for its on_request") as warned:
        after(mark)(kinds[0])
    assert [warning.filename for warning in warned] == [__file__, __file__]
    monkeypatch.setattr(hooks_module, "decorate_on_request", True)
    after(mark)(kinds[1])
    assert [vars(kinds[0])[name] is on_request for name in names] == [True, True]
    assert [vars(kinds[1])[name] is on_request for name in names] == [False, False]
    assert after(mark)(on_request) is not on_request
