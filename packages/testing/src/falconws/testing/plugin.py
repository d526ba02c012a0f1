"""The pytest plugin: fixtures for an application, and a mark for tests that leave nothing behind.

A test suite says what its application is, in a fixture ``app`` of any scope; from that come

- ``client``: a `TestClient`, for tests that are plain functions;
- ``conductor``: an `ASGIConductor` that has started the application up, and shuts it down
  behind the test; for ``async def`` tests of pytest-asyncio, on the event loop that it has
  for fixtures of a function;
- ``live_server``: a `LiveServer`, for tests that need a socket.

A fixture of the same name in a test module or a ``conftest.py`` replaces one of these.

``@pytest.mark.no_leaks`` wraps a test in `assert_no_leaks`, whose arguments it takes; the
option ``--no-leaks``, or ``no_leaks = true`` in the configuration, does so for every test.
"""

# Nothing of falconws is imported before a fixture asks for it: pytest loads its plugins before
# coverage is measured, and also where nobody uses this one.
from __future__ import annotations

import functools
import inspect
import sys
from collections.abc import AsyncIterator, Callable, Generator, Iterator
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from .client import TestClient
    from .conductor import ASGIConductor
    from .leaks import LeakCheck
    from .live import LiveServer

__all__ = ("client", "live_server")


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the option, and its like in the configuration."""
    words = "let every test fail that leaves tasks, connections or threads behind"
    group = parser.getgroup("falconws")
    group.addoption("--no-leaks", action="store_true", help=words)
    parser.addini("no_leaks", words, type="bool", default=False)


def pytest_configure(config: pytest.Config) -> None:
    """Add the mark, and the fixture that depends on another plugin."""
    config.addinivalue_line(
        "markers",
        "no_leaks(app=, allow=, timeout=): fail if the test leaves tasks, connections or "
        "threads behind; the arguments are those of falconws.testing.assert_no_leaks",
    )
    config.pluginmanager.register(_conductor_plugin(config), "falconws-conductor")


@pytest.fixture
def client(_falconws_app: Any) -> TestClient:
    """A `falconws.testing.TestClient` of the fixture ``app``."""
    from .client import TestClient

    return TestClient(_falconws_app)


@pytest.fixture
def live_server(_falconws_app: Any) -> Iterator[LiveServer]:
    """A `falconws.testing.LiveServer` of the fixture ``app``, with ``url`` and ``ws_url``."""
    from .live import LiveServer

    with LiveServer(_falconws_app) as server:
        yield server


@pytest.fixture
def _falconws_app(request: pytest.FixtureRequest) -> Any:
    """What the fixture ``app`` gives, which is not ours to define."""
    try:
        return request.getfixturevalue("app")
    except pytest.FixtureLookupError as exc:
        if exc.argname != "app":
            raise
    pytest.fail(_NO_APP, pytrace=False)


_NO_APP = """\
client, conductor and live_server are made of a fixture named app, and there is none. Write \
one in conftest.py, which gives the application under test:

    @pytest.fixture
    def app():
        return create_app()
"""


def _conductor_plugin(config: pytest.Config) -> type:
    """Make the plugin that has the fixture ``conductor``."""
    # It goes by the name of its entry point, or of its module if `-p` names that.
    plugin = sys.modules.get("pytest_asyncio.plugin")
    if plugin is None or not config.pluginmanager.is_registered(plugin):
        return type("Conductor", (), {"conductor": pytest.fixture(_no_conductor)})
    import pytest_asyncio

    fixture = pytest_asyncio.fixture(_conductor, name="conductor")
    return type("Conductor", (), {"conductor": fixture})


async def _conductor(_falconws_app: Any) -> AsyncIterator[ASGIConductor]:
    """A `falconws.testing.ASGIConductor` that has started the fixture ``app`` up."""
    from .conductor import ASGIConductor

    async with ASGIConductor(_falconws_app) as conductor:
        yield conductor


def _no_conductor() -> None:
    """A `falconws.testing.ASGIConductor`; this needs pytest-asyncio, which is not in use."""
    pytest.fail(
        "The fixture conductor needs pytest-asyncio, which is not in use: "
        "pip install 'falconws-testing[pytest]'. Without it write "
        "`async with ASGIConductor(app) as conductor:`.",
        pytrace=False,
    )


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None, object, object]:
    """Run a test in `assert_no_leaks`, if that is asked for."""
    mark = item.get_closest_marker("no_leaks")
    is_for_all = item.config.getoption("no_leaks") or item.config.getini("no_leaks")
    if not isinstance(item, pytest.Function) or not (mark or is_for_all):
        return (yield)
    # Not around this call, but in the function: that is where its event loop is running.
    holder, name = _test_function(item)
    check = functools.partial(_leak_check, item, mark)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(holder, name, _checked(getattr(holder, name), check))
        return (yield)


def _test_function(item: pytest.Function) -> tuple[Any, str]:
    """Say where the function of a test is; Hypothesis has one that it calls many times."""
    hypothesis = getattr(item.obj, "hypothesis", None)
    return (item, "obj") if hypothesis is None else (hypothesis, "inner_test")


def _leak_check(item: pytest.Function, mark: pytest.Mark | None) -> LeakCheck:
    from falconws.core import App

    from .leaks import assert_no_leaks

    if mark is not None and mark.args:
        raise TypeError("no_leaks takes keyword arguments: allow=..., timeout=...")
    fixtures = (item.funcargs.get(name) for name in ("app", "_falconws_app"))
    arguments: dict[str, Any] = {
        "app": next(([app] for app in fixtures if isinstance(app, App)), []),
        **(mark.kwargs if mark is not None else {}),
    }
    return assert_no_leaks(**arguments)


def _checked(
    function: Callable[..., Any], check: Callable[[], LeakCheck]
) -> Callable[..., Any]:
    """Wrap a test; it stays a coroutine function if it is one."""
    if inspect.iscoroutinefunction(function):

        @functools.wraps(function)
        async def checked_coroutine(*args: Any, **kwargs: Any) -> Any:
            __tracebackhide__ = True
            async with check():
                return await function(*args, **kwargs)

        return checked_coroutine

    @functools.wraps(function)
    def checked(*args: Any, **kwargs: Any) -> Any:
        __tracebackhide__ = True
        with check():
            return function(*args, **kwargs)

    return checked
