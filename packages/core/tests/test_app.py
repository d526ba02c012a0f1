from types import SimpleNamespace
from typing import Any

import pytest

from falconws.core import (
    App,
    BaseConverter,
    CompiledRouter,
    CORSMiddleware,
    ExtensionNotInstalledError,
    Request,
    RequestOptions,
    Response,
    ResponseOptions,
    SuffixedMethodNotFoundError,
    UnacceptableRouteError,
)
from falconws.testing import TestClient


class Rooms:
    async def on_get(self, req: Request, resp: Response, room: str) -> None:
        resp.text = f"room {room}"

    async def on_get_list(self, req: Request, resp: Response) -> None:
        resp.text = "rooms"


def test_a_resource_answers_at_several_templates_by_suffix() -> None:
    app = App(extensions=())
    rooms = Rooms()
    app.add_route("/rooms/{room}", rooms, compile=True)
    app.add_route("/rooms", rooms, suffix="list")
    assert TestClient(app).get("/rooms/7").text == "room 7"
    assert TestClient(app).get("/rooms").text == "rooms"


class Mixed:
    async def on_get(self, req: Request, resp: Response) -> None: ...

    def on_post(self, req: Request, resp: Response) -> None: ...


class Chat:
    async def on_websocket(self, req: Request, ws: Any) -> None: ...


@pytest.mark.parametrize(
    ("template", "resource", "suffix", "error", "message"),
    [
        (7, Rooms(), None, TypeError, "string, not int"),
        ("rooms", Rooms(), None, UnacceptableRouteError, "begin with a slash"),
        ("/{room}/{room}", Rooms(), None, UnacceptableRouteError, "twice"),
        ("/taken/{other}", Rooms(), None, UnacceptableRouteError, r"/taken/\{room\}"),
        ("/", Rooms(), "item", SuffixedMethodNotFoundError, "ends in '_item'"),
        (
            "/",
            Mixed(),
            None,
            TypeError,
            "on_post responder of Mixed .*`async def on_post",
        ),
        ("/", Chat(), None, ExtensionNotInstalledError, "Install falconws-ws"),
    ],
)
def test_a_route_that_cannot_work_is_refused_where_it_is_added(
    template: Any,
    resource: object,
    suffix: str | None,
    error: type[Exception],
    message: str,
) -> None:
    app = App(extensions=())
    app.add_route("/taken/{room}", Rooms())
    with pytest.raises(error, match=message):
        app.add_route(template, resource, suffix=suffix)
    assert app.router.find("/") is None


async def _as_media(req: Request, resp: Response) -> None:
    resp.media = await req.get_media()


def test_a_media_type_is_the_default_of_requests_and_responses() -> None:
    app = App(media_type="application/msgpack", extensions=())
    app.add_route("/", SimpleNamespace(on_post=_as_media))
    result = TestClient(app).post(body=b"\x91\x01")
    assert result.content == b"\x91\x01"
    assert result.content_type == "application/msgpack"


def test_options_may_be_given() -> None:
    req_options = RequestOptions(default_media_type="application/msgpack")
    resp_options = ResponseOptions(secure_cookies_by_default=False)
    app = App(req_options=req_options, resp_options=resp_options, extensions=())
    assert app.req_options == req_options
    assert app.resp_options.secure_cookies_by_default is False


def test_options_that_were_given_stay_the_callers_own() -> None:
    req_options, resp_options = RequestOptions(), ResponseOptions()
    App(
        "text/plain",
        req_options=req_options,
        resp_options=resp_options,
        secure_cookies_by_default=False,
    )
    assert req_options == RequestOptions(media_handlers=req_options.media_handlers)
    assert resp_options == ResponseOptions(media_handlers=resp_options.media_handlers)


@pytest.mark.parametrize(
    ("given", "secure"), [(None, True), (True, True), (False, False)]
)
def test_cookies_are_for_https_unless_the_app_says_otherwise(
    given: bool | None, secure: bool
) -> None:
    async def on_get(req: Request, resp: Response) -> None:
        resp.set_cookie("a", "b")

    app = App(secure_cookies_by_default=given, extensions=())
    app.add_route("/", SimpleNamespace(on_get=on_get))
    cookie = dict(TestClient(app).get().raw_headers)[b"set-cookie"]
    assert (b"; Secure" in cookie) == secure


def test_a_router_may_be_given_and_has_the_options() -> None:
    class Upper(BaseConverter):
        def convert(self, value: str) -> str:
            return value.upper()

    router = CompiledRouter()
    app = App(router=router, extensions=())
    assert app.router is router
    assert app.router_options is router.options
    app.router_options.converters["upper"] = Upper
    app.add_route("/{room:upper}", Rooms())
    assert TestClient(app).get("/x").text == "room X"


def test_an_empty_router_is_a_router_all_the_same() -> None:
    class Sized(CompiledRouter):
        def __len__(self) -> int:
            return 0

    router = Sized()
    assert App(router=router, extensions=()).router is router


def test_what_a_route_is_given_besides_goes_to_the_router() -> None:
    given: list[Any] = []

    class Router:
        def add_route(self, uri_template: str, resource: object, **kwargs: Any) -> None:
            given.append((uri_template, resource, kwargs))

        def find(self, uri: str, req: Any = None) -> Any:
            return None

    app, rooms = App(router=Router(), extensions=()), Rooms()
    app.add_route("/rooms", rooms, suffix="list", weight=7)
    assert given == [("/rooms", rooms, {"suffix": "list", "weight": 7})]
    assert TestClient(app).get("/rooms").status_code == 404


def test_cors_is_enabled_once() -> None:
    with pytest.raises(ValueError, match="CORSMiddleware already"):
        App(cors_enable=True, middleware=CORSMiddleware(), extensions=())
    app = App(cors_enable=True, extensions=())
    with pytest.raises(ValueError, match="CORSMiddleware already"):
        app.add_middleware(CORSMiddleware())


def test_an_app_without_routes_answers_that_nothing_is_there() -> None:
    result = TestClient(App(extensions=())).get("/")
    assert (result.status_code, result.json) == (404, {"title": "404 Not Found"})


@pytest.mark.parametrize(
    ("set_to", "asked", "drained_with"),
    [
        ({}, {}, (1.5, 0.0)),
        ({"drain_grace": 5, "drain_jitter": 30}, {}, (5, 30)),
        ({"drain_grace": 5, "drain_jitter": 30}, {"grace": 0, "jitter": 0}, (0, 0)),
    ],
)
async def test_a_drain_takes_the_seconds_it_is_given_or_those_of_the_app(
    set_to: dict[str, float],
    asked: dict[str, float],
    drained_with: tuple[float, float],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    drains: list[tuple[float, float]] = []

    async def drain(grace: float, jitter: float) -> None:
        drains.append((grace, jitter))

    app = App(extensions=(), **set_to)  # type: ignore[arg-type]
    monkeypatch.setattr(app.connections, "drain", drain)
    await app.drain(**asked)
    assert drains == [drained_with]


@pytest.mark.parametrize("name", ["drain_grace", "drain_jitter"])
def test_seconds_below_0_are_refused(name: str) -> None:
    with pytest.raises(ValueError, match="seconds, from 0"):
        App(**{name: -0.1})  # type: ignore[arg-type]
