"""The seam: with extensions of the tests' own, as others need not be installed."""

import functools
import sys
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

import falconws.core as falcon
from falconws.core import (
    App,
    ExtensionNotInstalledError,
    Hook,
    Receive,
    Request,
    Response,
    Scope,
    Send,
    Stream,
    UnsupportedScopeError,
    extensions,
)
from falconws.testing import TestClient


class Ticks:
    """Serves scopes of type ``tick`` by responders called ``on_tick``."""

    options = "the options"

    def __init__(self, scope_type: str = "tick", responder: str = "on_tick") -> None:
        self._scope_type = scope_type
        self._responder = responder
        self.served: list[Any] = []

    def install(self, app: App) -> None:
        self._app = app
        app.add_scope(
            self._scope_type,
            self._serve,
            responders={self._responder[3:].upper(): self._responder},
            hooks=[Hook("process_tick", ("tick",))],
        )

    async def _serve(self, scope: Scope, receive: Receive, send: Send) -> None:
        found = self._app.router.find(scope["path"])
        if found is None:
            return
        _, method_map, params, _ = found
        method = self._responder.removeprefix("on_").upper()
        self.served.append(await method_map[method](**params))


class Broadcasts:
    """Fills the slot for event streams."""

    def install(self, app: App) -> None:
        app.fill_slot("event_stream", self.open)

    def open(self, events: Any, resp: Response) -> Stream:
        resp.content_type = "text/broadcast"
        return Stream(events, str.encode)


async def on_tick(**params: Any) -> Any:
    return params


async def test_an_extension_serves_a_scope_by_responders_of_its_own() -> None:
    ticks = Ticks()
    app = App(extensions=[ticks])
    app.add_route("/clocks/{name}", SimpleNamespace(on_tick=on_tick))
    await app({"type": "tick", "path": "/clocks/big"}, None, None)  # type: ignore[arg-type]
    assert ticks.served == [{"name": "big"}]


async def test_a_suffix_is_for_the_responders_of_an_extension_too() -> None:
    ticks = Ticks()
    app = App(extensions=[ticks])
    app.add_route("/", SimpleNamespace(on_tick_big=on_tick), suffix="big")
    await app({"type": "tick", "path": "/"}, None, None)  # type: ignore[arg-type]
    assert ticks.served == [{}]


def test_a_responder_of_an_extension_that_is_not_awaitable_is_refused() -> None:
    app = App(extensions=[Ticks()])
    with pytest.raises(TypeError, match="must be a coroutine function"):
        app.add_route("/", SimpleNamespace(on_tick=lambda: None))


@pytest.mark.parametrize(
    ("extension", "method"),
    [(Ticks(), "TICK"), (Ticks("websocket", "on_websocket"), "WEBSOCKET")],
)
def test_a_responder_of_an_extension_is_no_method_of_http(
    extension: Ticks, method: str
) -> None:
    async def on_get(req: Request, resp: Response) -> None: ...

    app = App(extensions=[extension])
    responders = {f"on_{method.lower()}": on_tick, "on_get": on_get}
    app.add_route("/", SimpleNamespace(**responders))
    client = TestClient(app)
    assert client.request(method).status_code == 400
    assert client.post().headers["allow"] == "GET, OPTIONS"
    assert client.options().headers["allow"] == "GET"
    assert extension.served == []


@pytest.mark.parametrize("scope_type", ["http", "lifespan", "tick"])
def test_a_scope_is_served_by_one_server(scope_type: str) -> None:
    app = App(extensions=[Ticks()])
    with pytest.raises(ValueError, match=f"scope '{scope_type}' is served already"):
        app.add_scope(scope_type, Ticks()._serve)


@pytest.mark.parametrize("responder", ["on_get", "on_version_control", "on_tick"])
def test_a_responder_is_called_by_one_server(responder: str) -> None:
    app = App(extensions=[Ticks()])
    method = responder.removeprefix("on_").upper().replace("_", "-")
    with pytest.raises(ValueError, match=f"scope server for {method} already"):
        app.add_scope(
            "other", Ticks()._serve, responders={"OTHER": "on_other", method: responder}
        )
    # Nothing of it remains.
    app.add_scope("other", Ticks()._serve, responders={"OTHER": "on_other"})


def test_a_hook_of_one_server_is_not_replaced_by_that_of_another() -> None:
    class Component:
        async def process_request(self, req: Request, resp: Response) -> None: ...

    app = App(extensions=())
    with pytest.raises(ValueError, match="process_request"):
        app.add_scope(
            "tick", Ticks()._serve, hooks=[Hook("process_request", ("tick",))]
        )
    app.add_middleware(Component())


async def test_a_scope_that_nothing_serves_is_refused_by_its_name() -> None:
    app = App(extensions=())
    with pytest.raises(UnsupportedScopeError, match="serves the scope 'telnet'"):
        await app({"type": "telnet"}, None, None)  # type: ignore[arg-type]
    with pytest.raises(UnsupportedScopeError, match="Install falconws-ws"):
        await app({"type": "websocket"}, None, None)  # type: ignore[arg-type]


def test_a_slot_is_filled_once_and_has_to_exist() -> None:
    app = App(extensions=[Broadcasts()])
    with pytest.raises(ValueError, match="'event_stream' is filled already"):
        app.fill_slot("event_stream", Broadcasts().open)
    with pytest.raises(ValueError, match="no slot 'tea', but: event_stream"):
        app.fill_slot("tea", None)


def test_events_are_sent_by_what_fills_the_slot() -> None:
    async def events() -> AsyncIterator[str]:
        yield "one "
        yield "two"

    async def on_get(req: Request, resp: Response) -> None:
        resp.sse = events()

    app = App(extensions=[Broadcasts()])
    app.add_route("/", SimpleNamespace(on_get=on_get))
    result = TestClient(app).get()
    assert (result.text, result.content_type) == ("one two", "text/broadcast")


def test_events_that_cannot_be_opened_are_a_500_with_a_body(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async def events() -> AsyncIterator[str]:
        yield "never sent"

    async def on_get(req: Request, resp: Response) -> None:
        resp.sse = events()

    def fail(events: Any, resp: Response) -> Stream:
        raise ZeroDivisionError

    app = App(extensions=())
    app.fill_slot("event_stream", fail)
    app.add_route("/", SimpleNamespace(on_get=on_get))
    result = TestClient(app).get()
    assert result.status_code == 500
    assert result.json == {"title": "500 Internal Server Error"}
    assert "ZeroDivisionError" in caplog.text


def test_events_that_nothing_serves_are_an_error_that_names_the_package(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async def on_get(req: Request, resp: Response) -> None:
        resp.sse = None
        resp.sse = Broadcasts()  # type: ignore[assignment]

    app = App(extensions=())
    app.add_route("/", SimpleNamespace(on_get=on_get))
    assert TestClient(app).get().status_code == 500
    assert "Install falconws-sse" in caplog.text


def test_an_extension_is_found_by_its_type() -> None:
    ticks = Ticks()
    app = App(extensions=(each for each in (Broadcasts(), ticks)))
    assert app.extension(Ticks) is ticks
    with pytest.raises(ExtensionNotInstalledError, match=r"Add Broadcasts\(\)"):
        App(extensions=[ticks]).extension(Broadcasts)


def test_the_options_of_websockets_are_those_of_what_serves_them() -> None:
    class Server:
        options = "the options"

        async def __call__(
            self, scope: Scope, receive: Receive, send: Send
        ) -> None: ...

    app = App(extensions=())
    with pytest.raises(ExtensionNotInstalledError, match="Install falconws-ws"):
        _ = app.ws_options
    app.add_scope("websocket", Server())
    assert app.ws_options == "the options"


# Responders of a package that is not there.


class Chat:
    async def on_websocket(self, req: Request, ws: Any) -> None: ...


class SuffixedChat:
    async def on_websocket_big(self, req: Request, ws: Any) -> None: ...


async def _chat(req: Request, ws: Any) -> None: ...


@pytest.mark.parametrize(
    ("resource", "suffix", "name"),
    [
        (Chat(), None, "Chat has on_websocket"),
        (SuffixedChat(), "big", "SuffixedChat has on_websocket_big"),
        (SimpleNamespace(on_websocket=_chat), None, "SimpleNamespace has"),
        (
            SimpleNamespace(on_websocket=functools.partial(_chat, ws=None)),
            None,
            "SimpleNamespace has",
        ),
    ],
)
def test_a_responder_that_nothing_calls_names_the_package_to_install(
    resource: object, suffix: str | None, name: str
) -> None:
    app = App(extensions=())
    with pytest.raises(
        ExtensionNotInstalledError, match="Install falconws-ws"
    ) as caught:
        app.add_route("/chat", resource, suffix=suffix)
    assert str(caught.value).startswith(name)
    assert app.router.find("/chat") is None


# Extensions that are installed.

MODULE = """
__all__ = ["Chimes", "bell"]
bell = "ding"
secret = "dong"

class Chimes:
    def install(self, app):
        app.chimes = bell
"""


@pytest.fixture
def chimes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Install a distribution with an extension, for the length of a test."""
    (tmp_path / "chimes_of_the_tests.py").write_text(MODULE)
    metadata = tmp_path / "chimes_of_the_tests-1.dist-info"
    metadata.mkdir()
    (metadata / "METADATA").write_text("Name: chimes-of-the-tests\nVersion: 1\n")
    (metadata / "entry_points.txt").write_text(
        "[falconws.extensions]\nchimes = chimes_of_the_tests:Chimes\n"
    )
    monkeypatch.syspath_prepend(tmp_path)
    extensions._entry_points.cache_clear()
    yield
    extensions._entry_points.cache_clear()
    sys.modules.pop("chimes_of_the_tests", None)


def test_every_extension_that_is_installed_is_part_of_an_app(chimes: None) -> None:
    app = App()
    assert vars(app)["chimes"] == "ding"
    assert "Chimes" in [type(extension).__name__ for extension in app.extensions]
    assert "chimes" not in vars(App(extensions=()))


@pytest.mark.parametrize("module", [falcon, falcon.asgi])
def test_the_public_names_of_extensions_are_found_in_core(
    chimes: None, module: Any
) -> None:
    assert module.bell == "ding"
    assert isinstance(module.Chimes(), module.Chimes)
    with pytest.raises(AttributeError, match="'secret'"):
        _ = module.secret
