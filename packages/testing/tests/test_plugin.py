"""The pytest plugin: it is run by pytest as a user's is, on suites that are written here."""

from __future__ import annotations

from collections.abc import Callable
from importlib.metadata import entry_points, requires

# Imported here, or each run of pytest in this process would import it all anew.
import hypothesis  # noqa: F401
import pytest

import falconws.testing.leaks
import falconws.testing.live  # noqa: F401

pytest_plugins = ["pytester"]

APP = """
import asyncio
import pytest
from falconws.core import App

class Pages:
    async def on_get(self, req, resp):
        resp.media = {"page": req.path}

    async def on_websocket(self, req, ws):
        await ws.accept()
        await ws.send_text(await ws.receive_text())

class Hooks:
    calls = []

    async def process_startup(self, scope, event):
        self.calls.append("startup")

    async def process_shutdown(self, scope, event):
        self.calls.append("shutdown")

@pytest.fixture
def app():
    app = App(middleware=Hooks())
    app.add_route("/", Pages())
    return app
"""

AUTO = """
[pytest]
asyncio_mode = auto
asyncio_default_fixture_loop_scope = function
filterwarnings = error
"""

STRICT = AUTO.replace("auto", "strict")

ASYNCIO, OURS = "pytest_asyncio.plugin", "falconws.testing.plugin"

Run = Callable[..., pytest.RunResult]


@pytest.fixture
def run(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Give a function that runs a suite, in this process so that coverage sees it."""
    # The plugins that are meant, by their names: to import all others takes a second each time.
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")

    def run(
        source: str,
        *options: str,
        ini: str = AUTO,
        conftest: str = APP,
        plugins: tuple[str, ...] = (ASYNCIO, OURS),
    ) -> pytest.RunResult:
        pytester.makefile(".ini", pytest=ini)
        pytester.makeconftest(conftest)
        pytester.makepyfile(source)
        chosen = [option for name in plugins for option in ("-p", name)]
        return pytester.runpytest_inprocess("-p", "no:cacheprovider", *chosen, *options)

    return run


# What is installed.


def test_pytest_finds_the_plugin_by_its_entry_point() -> None:
    found = {e.name: e.value for e in entry_points(group="pytest11")}
    assert found["falconws"] == "falconws.testing.plugin"


def test_what_it_needs_is_an_extra() -> None:
    extra = [r for r in requires("falconws-testing") or () if "extra ==" in r]
    assert sorted(r.partition(">")[0] for r in extra) == [
        "pytest",
        "pytest-asyncio",
        "uvicorn",
        "websockets",
    ]


def test_fixtures_mark_and_options_are_documented(run: Run) -> None:
    fixtures = run("", "--fixtures").stdout
    for name, kind in (
        ("client", "TestClient"),
        ("conductor", "ASGIConductor"),
        ("live_server", "LiveServer"),
    ):
        fixtures.fnmatch_lines([f"{name} -- *plugin.py:*", f"*testing.{kind}` *"])
    run("", "--markers").stdout.fnmatch_lines(["@pytest.mark.no_leaks(*): fail if *"])
    run("", "--help").stdout.fnmatch_lines(["  --no-leaks *", "  no_leaks *(bool*"])


def test_the_plugin_imports_nothing_that_a_suite_may_not_use(
    pytester: pytest.Pytester,
) -> None:
    # Coverage begins after plugins are loaded: it would miss what they import.
    path = pytester.makepyfile(
        """
        import sys
        import pytest
        import falconws.testing

        before = set(sys.modules)
        import falconws.testing.plugin

        print(sorted(set(sys.modules) - before), "uvicorn" in sys.modules)
        """
    )
    result = pytester.runpython(path)
    result.stdout.fnmatch_lines(["[[]'falconws.testing.plugin'] False"])


# The fixtures.


CLIENT_TEST = """
from falconws.testing import TestClient

def test_client(client, app):
    assert isinstance(client, TestClient)
    assert client.app is app
    assert client.simulate_get("/").json == {"page": "/"}
"""

CONDUCTOR_TESTS = """
import asyncio
import pytest
from conftest import Hooks

@pytest.mark.asyncio
async def test_conductor(conductor, app):
    assert conductor.app is app
    assert Hooks.calls == ["startup"]
    assert (await conductor.simulate_get("/")).json == {"page": "/"}
    async with conductor.simulate_ws("/") as ws:
        await ws.send_text("hello")
        assert await ws.receive_text() == "hello"

def test_the_application_was_shut_down():
    assert Hooks.calls == ["startup", "shutdown"]

@pytest.mark.asyncio
async def test_the_next_test_has_one_of_its_own(conductor):
    assert Hooks.calls == ["startup", "shutdown", "startup"]
    assert (await conductor.simulate_get("/")).status_code == 200
"""

LIVE_TESTS = """
import httpx
import pytest
from websockets.asyncio.client import connect as connect_async
from websockets.sync.client import connect

ports = []

@pytest.mark.parametrize("turn", [1, 2])
def test_server(live_server, turn):
    assert live_server.url == f"http://127.0.0.1:{live_server.port}"
    assert httpx.get(live_server.url).json() == {"page": "/"}
    with connect(live_server.ws_url) as ws:
        ws.send("hello")
        assert ws.recv(timeout=30) == "hello"
    ports.append(live_server.port)

@pytest.mark.asyncio
async def test_server_in_a_coroutine(live_server):
    async with httpx.AsyncClient() as client:
        assert (await client.get(live_server.url)).json() == {"page": "/"}
    async with connect_async(live_server.ws_url) as ws:
        await ws.send("hello")
        assert await ws.recv() == "hello"

def test_a_server_that_the_test_has_stopped(live_server):
    live_server.stop()
    with pytest.raises(httpx.ConnectError):
        httpx.get(live_server.url)
    for port in ports:
        with pytest.raises(httpx.ConnectError):
            httpx.get(f"http://127.0.0.1:{port}")
"""


@pytest.mark.parametrize("scope", ["function", "module", "session"])
def test_a_client_is_made_of_the_fixture_app_of_any_scope(run: Run, scope: str) -> None:
    conftest = APP.replace("@pytest.fixture", f"@pytest.fixture(scope={scope!r})")
    run(CLIENT_TEST, conftest=conftest).assert_outcomes(passed=1)


@pytest.mark.parametrize("scope", ["function", "session"])
@pytest.mark.parametrize("ini", [AUTO, STRICT], ids=["auto", "strict"])
def test_a_conductor_is_started_and_shut_down_around_each_test(
    run: Run, ini: str, scope: str
) -> None:
    conftest = APP.replace("@pytest.fixture", f"@pytest.fixture(scope={scope!r})")
    result = run(CONDUCTOR_TESTS, ini=ini, conftest=conftest)
    result.assert_outcomes(passed=3)


def test_a_live_server_answers_real_clients_one_test_after_the_other(run: Run) -> None:
    conftest = APP.replace("@pytest.fixture", "@pytest.fixture(scope='module')")
    run(LIVE_TESTS, conftest=conftest).assert_outcomes(passed=4)


@pytest.mark.parametrize("ini", [AUTO, STRICT], ids=["auto", "strict"])
def test_all_of_it_works_in_a_process_of_its_own(
    pytester: pytest.Pytester, ini: str
) -> None:
    pytester.makefile(".ini", pytest=ini)
    pytester.makeconftest(APP)
    pytester.makepyfile(
        test_a=CONDUCTOR_TESTS,
        test_b=CLIENT_TEST,
        test_c="""
        import httpx
        import pytest

        pytestmark = pytest.mark.no_leaks

        def test_client(client):
            assert client.simulate_get("/").status_code == 200

        @pytest.mark.asyncio
        async def test_conductor(conductor):
            async with conductor.simulate_ws("/") as ws:
                await ws.send_text("hello")

        def test_live_server(live_server):
            assert httpx.get(live_server.url).status_code == 200
        """,
    )
    result = pytester.runpytest_subprocess("-p", "no:cacheprovider", "--strict-markers")
    result.assert_outcomes(passed=3 + 1 + 3)


@pytest.mark.parametrize("ini", [AUTO, STRICT], ids=["auto", "strict"])
def test_the_fixture_app_may_be_asynchronous(run: Run, ini: str) -> None:
    conftest = APP.replace("import pytest\n", "import pytest, pytest_asyncio\n")
    conftest = conftest.replace(
        "@pytest.fixture\ndef app", "@pytest_asyncio.fixture\nasync def app"
    )
    source = """
    import pytest

    def test_client(client):
        assert client.simulate_get("/").status_code == 200

    @pytest.mark.asyncio
    async def test_conductor(conductor):
        assert (await conductor.simulate_get("/")).status_code == 200
    """
    run(source, ini=ini, conftest=conftest).assert_outcomes(passed=2)


def test_a_fixture_of_the_users_replaces_one_of_the_same_name(run: Run) -> None:
    source = """
    import pytest

    @pytest.fixture
    def client():
        return "mine"

    def test_client(client):
        assert client == "mine"
    """
    run(source).assert_outcomes(passed=1)


def test_without_a_fixture_app_it_says_how_to_write_one(run: Run) -> None:
    source = """
    async def test_a(client): ...
    async def test_b(conductor): ...
    def test_c(live_server): ...
    """
    result = run(source, conftest="")
    result.assert_outcomes(errors=3)
    head = "client, * are made of a fixture named app, and there is none. *"
    result.stdout.fnmatch_lines([head, "*def app():*"] * 3)


def test_a_fixture_that_the_fixture_app_misses_is_told_of_by_pytest(run: Run) -> None:
    result = run(
        "def test_it(client): ...", conftest=APP.replace("def app()", "def app(nobody)")
    )
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["*fixture 'nobody' not found*"])


def test_without_pytest_asyncio_a_conductor_says_what_to_install(run: Run) -> None:
    source = "def test_conductor(conductor): ..." + CLIENT_TEST
    result = run(source, ini="[pytest]", plugins=(OURS,))
    result.assert_outcomes(passed=1, errors=1)
    result.stdout.fnmatch_lines(["*needs pytest-asyncio, which is not in use: pip *"])


def test_without_uvicorn_a_live_server_says_what_to_install(run: Run) -> None:
    source = "def test_server(live_server): ..." + CLIENT_TEST
    hidden = "import sys; sys.modules['uvicorn'] = None\n"
    result = run(source, conftest=hidden + APP)
    result.assert_outcomes(passed=1, errors=1)
    result.stdout.fnmatch_lines(["*serves with uvicorn, which is not installed: pip *"])


def test_an_application_that_does_not_start_is_an_error_of_the_fixture(
    run: Run,
) -> None:
    broken = APP.replace(
        'self.calls.append("startup")', 'raise OSError("no such database")'
    )
    source = """
    async def test_a(conductor): ...
    def test_b(live_server): ...
    """
    result = run(source, conftest=broken)
    result.assert_outcomes(errors=2)
    result.stdout.fnmatch_lines(["*startup failed: *", "*no such database*"] * 2)


# Leaks.


LEAKS = """
import asyncio
import threading
import pytest

tasks = []

def pump_for(name):
    async def pump_of_the_feed():
        await asyncio.Event().wait()

    tasks.append(asyncio.create_task(pump_of_the_feed(), name=name))
"""


@pytest.mark.parametrize("ini", [AUTO, STRICT], ids=["auto", "strict"])
def test_a_test_that_is_marked_fails_with_the_name_of_the_task_that_it_leaves(
    run: Run, ini: str
) -> None:
    source = f"""
{LEAKS}
@pytest.mark.asyncio
@pytest.mark.no_leaks(timeout=0.05)
async def test_that_leaks():
    pump_for("the pump")

@pytest.mark.asyncio
@pytest.mark.no_leaks(timeout=0.05)
async def test_that_does_not_leak():
    pass

@pytest.mark.asyncio
async def test_that_is_not_marked():
    pump_for("another")
"""
    result = run(source, ini=ini)
    result.assert_outcomes(passed=2, failed=1)
    result.stdout.fnmatch_lines(
        [
            "E *AssertionError: 1 leak: what the block has started is still there *",
            "E *The task 'the pump' of *pump_of_the_feed() is not done. *",
        ]
    )
    result.stdout.no_fnmatch_line("*another*")


def test_a_plain_function_may_not_leave_threads(run: Run) -> None:
    source = f"""
{LEAKS}
over = threading.Event()

@pytest.mark.no_leaks(timeout=0.05)
def test_that_leaks():
    threading.Thread(target=over.wait, name="the worker").start()

@pytest.mark.no_leaks
def test_that_does_not_leak(client):
    over.set()
    client.simulate_get("/")
"""
    result = run(source)
    result.assert_outcomes(passed=1, failed=1)
    result.stdout.fnmatch_lines(["E *The thread 'the worker' is running.*"])


@pytest.mark.parametrize("switch", ["option", "configuration"])
def test_all_tests_can_be_checked(run: Run, switch: str) -> None:
    source = f"""
{LEAKS}
async def test_that_leaks():
    pump_for("the pump")

class TestMethods:
    async def test_that_leaks(self):
        assert isinstance(self, TestMethods)
        pump_for("the pump")

@pytest.mark.no_leaks(allow="the pump")
async def test_that_may_leak():
    pump_for("the pump")

async def test_that_does_not_leak(conductor):
    async with conductor.simulate_ws("/") as ws:
        await ws.send_text("hello")
"""
    short = """
from falconws.testing import leaks
leaks.assert_no_leaks.__kwdefaults__["timeout"] = 0.05

@pytest.fixture(autouse=True, scope="session")
def as_it_was():
    yield
    leaks.assert_no_leaks.__kwdefaults__["timeout"] = 5.0
"""
    options = ["--no-leaks"] if switch == "option" else []
    ini = AUTO if switch == "option" else f"{AUTO}no_leaks = true\n"
    result = run(source, *options, ini=ini, conftest=APP + short)
    result.assert_outcomes(passed=2, failed=2)


def test_what_is_no_function_is_not_checked(
    run: Run, pytester: pytest.Pytester
) -> None:
    pytester.maketxtfile(test_words=">>> 1 + 1\n2\n")
    run("", "--no-leaks", "--doctest-glob=*.txt").assert_outcomes(passed=1)


def test_the_app_of_the_test_is_looked_at(run: Run) -> None:
    held = """
class Subscriptions:
    async def process_request(self, req, resp): ...

    def open_resources(self):
        return held

held = []
"""
    source = """
import pytest
from conftest import held

pytestmark = pytest.mark.no_leaks(timeout=0.05)

async def test_app(app):
    held.append("the news")

async def test_conductor(conductor):
    held.append("the weather")

async def test_another(conductor):
    held.append("the sport")

test_another = pytest.mark.no_leaks(app=(), timeout=0.05)(test_another)
"""
    result = run(source, conftest=held + APP.replace("Hooks())", "Subscriptions())"))
    result.assert_outcomes(passed=1, failed=2)
    result.stdout.fnmatch_lines(
        [
            "E *The resource 'the news' is open.",
            "E *The resource 'the weather' is open.",
        ]
    )


def test_an_application_that_is_no_app_is_not_looked_at(run: Run) -> None:
    source = """
import pytest

@pytest.fixture
def app():
    async def application(scope, receive, send): ...
    return application

@pytest.mark.no_leaks
def test_it(app, client):
    assert client.app is app
"""
    run(source).assert_outcomes(passed=1)


@pytest.mark.parametrize("ini", [AUTO, STRICT], ids=["auto", "strict"])
def test_each_example_of_hypothesis_is_checked(run: Run, ini: str) -> None:
    source = f"""
{LEAKS}
from hypothesis import given, settings, strategies

once = settings(max_examples=1, database=None, deadline=None)

@pytest.mark.asyncio
@pytest.mark.no_leaks(timeout=0.05)
@once
@given(strategies.just("the pump"))
async def test_that_leaks(name):
    pump_for(name)

@pytest.mark.no_leaks
@once
@given(strategies.integers())
def test_that_does_not_leak(number):
    assert number == number
"""
    result = run(source, ini=ini)
    result.assert_outcomes(passed=1, failed=1)
    result.stdout.fnmatch_lines(["*The task 'the pump' of *"])


@pytest.mark.parametrize(
    ("arguments", "message"),
    [("'the pump'", "no_leaks takes keyword arguments"), ("alow=''", "alow")],
)
def test_arguments_that_the_mark_does_not_have_are_refused(
    run: Run, arguments: str, message: str
) -> None:
    result = run(
        f"""
        import pytest

        @pytest.mark.no_leaks({arguments})
        def test_it(): ...
        """
    )
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines([f"E *TypeError: *{message}*"])


def test_the_error_of_a_test_is_not_replaced(run: Run) -> None:
    source = f"""
{LEAKS}
@pytest.mark.no_leaks
async def test_that_fails_and_leaks():
    pump_for("the pump")
    raise ZeroDivisionError("the test's own")
"""
    result = run(source)
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["E *ZeroDivisionError: the test's own"])
    result.stdout.no_fnmatch_line("*leak: *")
