import functools
import runpy
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from falconws.core import App, CompiledRouter, Hook, inspect
from falconws.core.hooks import before
from falconws.core.inspect.__main__ import main
from falconws.core.routing import StaticRoute

MODULE = """
from falconws.core import App

class Home: ...

app = App(extensions=())
app.add_route("/", Home())
app.add_error_handler(OSError, app)
Home.app = app
def create(): return app
async def create_later(): return app
def create_for(name): return app
"""


@pytest.fixture(autouse=True)
def directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    (tmp_path / "inspected.py").write_text(MODULE)
    (tmp_path / "broken.py").write_text("import missing")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", [*sys.path])
    yield
    sys.modules.pop("inspected", None)


async def hook(*args: Any) -> None: ...


class Rooms:
    @before(hook)  # Rooms.on_get
    async def on_get(self, req: Any, resp: Any, room: str) -> None: ...
    async def on_get_list(self, req: Any, resp: Any) -> None: ...
    def on_post(self, req: Any, resp: Any, room: str) -> None: ...
    async def on_websocket(self, req: Any, ws: Any, room: str) -> None: ...


class Sockets:  # the tests' own extension, as others need not be installed
    def install(self, app: App) -> None:
        hooks = [Hook("process_request_ws", ("req", "ws"))]
        app.add_scope("ws", hook, responders={"WEBSOCKET": "on_websocket"}, hooks=hooks)


def component(name: str, *phases: str) -> object:
    return type(name, (), {f"process_{phase}": hook for phase in phases})()


def an_app(**options: Any) -> App:
    app = App(extensions=[Sockets()], wrap_sync=True, **options)
    phases = ("startup", "shutdown", "request", "resource", "response", "request_ws")
    app.add_middleware(component("Log", *phases))
    app.add_middleware(component("Auth", "request_async", "request", "resource"))
    app.add_middleware(component("Timer", "response"))
    app.add_route("/rooms/{room}", Rooms(), name="room")
    app.add_route("/rooms", Rooms(), suffix="list")
    app.add_route("/live", SimpleNamespace(on_websocket=hook))
    own = StaticRoute("/", ".")
    app.add_route(f"/{'long' * 10}", SimpleNamespace(on_get=own))
    app.add_static_route("/static", ".")
    app.add_static_route("/page", ".", True, "inspected.py")
    app.add_sink(functools.partial(hook, 1), r"/api/(?P<rest>.*)")
    app.add_error_handler([ValueError, KeyError], hook)
    app.add_error_handler(OSError, own)
    return app


TEXT = """

Routes
  /rooms/{room}  GET, POST + WEBSOCKET  Rooms            name=room
  /rooms         GET                    Rooms            suffix=list
  /live          WEBSOCKET              SimpleNamespace
  /longlonglonglonglonglonglonglonglonglong  -                      SimpleNamespace

Sinks
  /api/(?P<rest>.*)  hook

Static routes
  /page/    /srv  or /srv/inspected.py, to be saved
  /static/  /srv

Middleware (independent)
  -> Log.process_request
     -> Auth.process_request_async
           Log.process_resource
           Auth.process_resource
           [responder]
        <- Timer.process_response
  <- Log.process_response

  -> Log.process_request_ws
     [responder]

  -> Log.process_startup
     [serving]
  <- Log.process_shutdown

Error handlers
  ValueError  hook
  KeyError    hook

Extensions
  Sockets"""


@pytest.mark.parametrize("name", ["", "Chat"])
def test_an_app_is_written_section_by_section(name: str) -> None:
    text = inspect.inspect_app(an_app()).to_string(name=name)
    title = name or "falconws App"
    assert text == title + TEXT.replace("/srv", str(Path.cwd()))
    assert inspect.inspect_app(App(extensions=())).to_string(name=name) == title


def test_what_is_asked_first_comes_first() -> None:
    app = an_app(sink_before_static_route=False, independent_middleware=False)
    text = inspect.inspect_app(app).to_string()
    assert text.index("Static routes\n") < text.index("Sinks\n")
    assert "\nMiddleware (dependent)\n" in text


def place(text: str) -> str:
    lines = Path(__file__).read_text().splitlines()
    return f"{__file__}:{next(n for n, line in enumerate(lines, 1) if text in line)}"


def test_verbose_says_where_everything_really_is() -> None:
    text = inspect.inspect_app(an_app()).to_string(verbose=True)
    for part in (
        f"  /rooms/{{room}}  Rooms  name=room  {place('class Rooms:')}\n"
        f"    GET        on_get        {place('# Rooms.on_get')}\n"
        f"    POST       on_post       {place('def on_post')}\n"
        f"    WEBSOCKET  on_websocket  {place('def on_websocket')}\n",
        f"  /api/(?P<rest>.*)  hook  {place('def hook')}\n",
        f"  KeyError    hook  {place('def hook')}\n",
        f"\n\n  Timer  [unknown file]\n    process_response  {place('def hook')}\n",
    ):
        assert part in text


def test_internal_lists_what_falconws_itself_does() -> None:
    text = inspect.inspect_app(an_app()).to_string(internal=True)
    assert "long  GET                    SimpleNamespace\n" in text
    assert "  OSError     StaticRoute\n" in text


def route(*methods: tuple[str, str]) -> inspect.RouteInfo:
    responders = [inspect.RouteMethodInfo(m, "a:1", name, False) for m, name in methods]
    return inspect.RouteInfo("/", "Home", "a:1", responders)


@pytest.mark.parametrize(
    ("info", "text"),
    [
        (route(), "/  -  Home"),
        (route(("GET", "on_get_of_a")), "/  GET  Home  suffix=of_a"),
        (route(("PUT", "on_request_a")), "/  PUT  Home  suffix=a"),
        (route(("A-B", "on_a_b")), "/  A-B  Home"),
        (route(("GET", "on_get")).methods[0], "GET  on_get"),
        (inspect.SinkInfo("/", "sink", "a:1"), "/  sink"),
        (inspect.StaticRouteInfo("/s/", "/srv", None), "/s/  /srv"),
        (inspect.ErrorHandlerInfo("OSError", "f", "a:1", False), "OSError  f"),
        (inspect.MiddlewareMethodInfo("process_request", "a:1"), "process_request"),
        (inspect.MiddlewareTreeItemInfo("process_request", "A"), "A.process_request"),
        (inspect.MiddlewareInfo(inspect.MiddlewareTreeInfo([], [], []), [], True), ""),
    ],
)
def test_each_part_is_written_by_itself(info: Any, text: str) -> None:
    assert info.to_string() == text


@pytest.mark.parametrize("other", [inspect.SinkInfo("/", "f", ""), 7])
def test_a_visitor_refuses_what_it_has_no_method_for(other: object) -> None:
    with pytest.raises(RuntimeError, match=f"visit a {type(other).__name__}"):
        inspect.InspectVisitor().process(other)


def test_a_router_of_ones_own_is_inspected_by_what_is_registered_for_it() -> None:
    base = type("Table", (), {})
    app = App(router=type("Special", (base,), {})(), extensions=())
    with pytest.raises(TypeError, match=r"register_router\(Special\) on a function"):
        inspect.inspect_app(app)
    found = [route()]
    inspect.register_router(base)(lambda router: found)
    assert inspect.inspect_routes(app) == found
    with pytest.raises(ValueError, match=r"already: inspect_compiled_router\(\)"):
        inspect.register_router(CompiledRouter)(lambda router: [])
    with pytest.raises(TypeError, match="takes a class"):
        inspect.register_router(CompiledRouter())  # type: ignore[arg-type]


def test_the_command_finds_modules_of_the_current_directory() -> None:
    python = [sys.executable, "-W", "error", "-P", "-m"]
    command = [*python, "falconws.core.inspect", "inspected:app"]
    result = subprocess.run(command, capture_output=True, timeout=60, check=True)
    assert result.stderr + result.stdout == b"inspected:app\n\nRoutes\n  /  -  Home\n"


@pytest.mark.parametrize("name", ["Home.app", "create"])
def test_the_command_shows_where_an_app_is_or_what_makes_it(
    name: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "argv", ["", "-v", "--internal", f"inspected:{name}"])
    monkeypatch.delitem(sys.modules, main.__module__)
    runpy.run_module("falconws.core.inspect", run_name="__main__")
    out = capsys.readouterr().out
    assert f"  /  Home  {Path.cwd() / 'inspected.py'}:4\n" in out
    assert "  OSError  App  /" in out


MISTAKES = {
    "Name a module and an App in it": "inspected inspected: ./inspected.py:app",
    "There is no module 'missing', neither in /": "missing:app missing.chat:app",
    "There is no module 'inspected.chat', neither": "inspected.chat:app",
    "There is no 'Home.ap' in the module 'inspected'.": "inspected:Home.ap",
    "inspected:__name__ is neither an App nor": "inspected:__name__",
    "inspected:create_for is neither an App nor": "inspected:create_for",
    "inspected:create_later is neither an App nor": "inspected:create_later",
    "inspected:Home is neither an App nor": "inspected:Home",
}


@pytest.mark.parametrize("sentence", MISTAKES)
def test_what_leads_to_no_app_is_one_sentence_and_status_2(
    sentence: str, capsys: pytest.CaptureFixture[str]
) -> None:
    for target in MISTAKES[sentence].split():
        with pytest.raises(SystemExit) as left:
            main([target])
        out, err = capsys.readouterr()
        assert (left.value.code, out, err.count("\n")) == (2, "", 1)
        assert err.startswith(sentence)


def test_what_the_module_itself_lacks_is_shown_as_it_is() -> None:
    with pytest.raises(ModuleNotFoundError, match="missing"):
        main(["broken:app"])
