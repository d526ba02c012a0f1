import asyncio
import logging
import signal
from collections.abc import AsyncIterator, Iterator
from types import SimpleNamespace
from typing import Any

import pytest

from falconws.core import App, Event, Request, Response, Scope
from falconws.testing import ASGIConductor

STARTUP = {"type": "lifespan.startup"}
SHUTDOWN = {"type": "lifespan.shutdown"}


class Component:
    """Notes its start-up and its shutdown, and fails at one of them if it is told to."""

    def __init__(self, name: str, log: list[str], fails_at: str = "") -> None:
        self._name = name
        self._log = log
        self._fails_at = fails_at

    async def process_startup(self, scope: Scope, event: Event) -> None:
        assert (scope["type"], event) == ("lifespan", STARTUP)
        await self._note("startup")

    async def process_shutdown(self, scope: Scope, event: Event) -> None:
        assert (scope["type"], event) == ("lifespan", SHUTDOWN)
        await self._note("shutdown")

    async def _note(self, phase: str) -> None:
        self._log.append(f"{self._name} {phase}")
        if phase == self._fails_at:
            raise ZeroDivisionError(f"{self._name} has no database")


async def run(app: App) -> list[Event]:
    """Start an App up and shut it down, and give what it says to that."""
    events = [STARTUP, SHUTDOWN]
    sent: list[Event] = []

    async def receive() -> Any:
        return events.pop(0)

    async def send(event: Event) -> None:
        sent.append(event)

    async with asyncio.timeout(5):
        await app({"type": "lifespan", "asgi": {"version": "3.0"}}, receive, send)
    return sent


def app_of(*components: object, drain: bool = False) -> App:
    return App(extensions=(), middleware=components, drain=drain)


async def test_components_start_in_order_and_shut_down_in_reverse() -> None:
    log: list[str] = []
    sent = await run(app_of(Component("one", log), Component("two", log)))
    assert sent == [
        {"type": "lifespan.startup.complete"},
        {"type": "lifespan.shutdown.complete"},
    ]
    assert log == ["one startup", "two startup", "two shutdown", "one shutdown"]


@pytest.mark.parametrize(
    ("phase", "called", "answers"),
    [
        ("startup", ["one startup", "two startup"], ["lifespan.startup.failed"]),
        (
            "shutdown",
            [
                "one startup",
                "two startup",
                "three startup",
                "three shutdown",
                "two shutdown",
            ],
            ["lifespan.startup.complete", "lifespan.shutdown.failed"],
        ),
    ],
)
async def test_a_component_that_fails_stops_the_rest_and_the_server_is_told_why(
    phase: str,
    called: list[str],
    answers: list[str],
    caplog: pytest.LogCaptureFixture,
) -> None:
    log: list[str] = []
    app = app_of(
        Component("one", log), Component("two", log, phase), Component("three", log)
    )
    sent = await run(app)
    assert log == called
    assert [event["type"] for event in sent] == answers
    assert "Traceback" in sent[-1]["message"]
    assert "ZeroDivisionError: two has no database" in sent[-1]["message"]
    errors = [r.getMessage() for r in caplog.records if r.levelno == logging.ERROR]
    assert errors == [f"Error at {phase}"]


async def test_a_component_may_have_one_hook_only() -> None:
    log: list[str] = []

    async def process_shutdown(scope: Scope, event: Event) -> None:
        log.append("shutdown")

    await run(app_of(SimpleNamespace(process_shutdown=process_shutdown)))
    assert log == ["shutdown"]


# Signals.


@pytest.fixture
def received() -> Iterator[list[int]]:
    """The signals that the server's own handler, a harmless one, was called for."""
    numbers: list[int] = []
    before = signal.signal(signal.SIGTERM, lambda number, _: numbers.append(number))
    yield numbers
    signal.signal(signal.SIGTERM, before)


async def endless() -> AsyncIterator[bytes]:
    yield b"a"
    await asyncio.Event().wait()


async def _on_get(req: Request, resp: Response) -> None:
    resp.stream = endless()


async def test_a_signal_ends_what_is_open_before_components_shut_down(
    received: list[int],
) -> None:
    log: list[str] = []
    app = app_of(Component("one", log), drain=True)
    app.add_route("/", SimpleNamespace(on_get=_on_get))
    before = signal.getsignal(signal.SIGTERM)
    async with ASGIConductor(app) as conductor:
        async with conductor.get_stream() as result:
            assert await result.stream.read() == b"a"
            signal.raise_signal(signal.SIGTERM)
            signal.raise_signal(signal.SIGTERM)
            assert await result.stream.read() == b""
            assert log == ["one startup"]
        assert (await conductor.get()).status_code == 503
    assert received == [signal.SIGTERM, signal.SIGTERM]
    assert signal.getsignal(signal.SIGTERM) is before
    assert log == ["one startup", "one shutdown"]


async def test_components_shut_down_when_the_drain_is_over(received: list[int]) -> None:
    log: list[str] = []

    async def lingering() -> AsyncIterator[bytes]:
        try:
            yield b"a"
            await asyncio.Event().wait()
        finally:
            await asyncio.sleep(0)  # as one that says goodbye to a broker does
            log.append("stream over")

    async def on_get(req: Request, resp: Response) -> None:
        resp.stream = lingering()

    app = app_of(Component("one", log), drain=True)
    app.add_route("/", SimpleNamespace(on_get=on_get))
    async with ASGIConductor(app) as conductor:
        stream = conductor.get_stream()
        result = await stream.__aenter__()
        assert await result.stream.read() == b"a"
        signal.raise_signal(signal.SIGTERM)
        await asyncio.sleep(0)
    await stream.__aexit__(None, None, None)
    assert log == ["one startup", "stream over", "one shutdown"]


async def test_an_app_that_is_told_to_leave_signals_alone_does(
    received: list[int],
) -> None:
    app = app_of(drain=False)
    before = signal.getsignal(signal.SIGTERM)
    async with ASGIConductor(app) as conductor:
        assert signal.getsignal(signal.SIGTERM) is before
        signal.raise_signal(signal.SIGTERM)
        await asyncio.sleep(0)
        assert (await conductor.get()).status_code == 404
    assert received == [signal.SIGTERM]


async def test_signals_are_given_back_when_the_lifespan_is_cancelled(
    received: list[int],
) -> None:
    before = signal.getsignal(signal.SIGTERM)
    started = asyncio.Event()
    events: asyncio.Queue[Event] = asyncio.Queue()
    events.put_nowait({"type": "lifespan.startup"})

    async def send(event: Event) -> None:
        started.set()

    app = app_of(drain=True)
    task = asyncio.create_task(app({"type": "lifespan"}, events.get, send))
    async with asyncio.timeout(5):
        await started.wait()
    assert signal.getsignal(signal.SIGTERM) is not before
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert signal.getsignal(signal.SIGTERM) is before


# State, and what is left to do.


async def test_what_a_component_puts_into_the_state_is_there_for_every_request() -> (
    None
):
    class Pool:
        async def process_startup(self, scope: Scope, event: Event) -> None:
            app.state.pool = "the pool"

    async def on_get(req: Request, resp: Response) -> None:
        state = req.scope["state"]
        resp.media = [state["pool"], state["name"], app.state.pool]
        state["pool"] = "of this request alone"

    app = app_of(Pool())
    app.state.name = "set before"
    app.add_route("/", SimpleNamespace(on_get=on_get))
    async with ASGIConductor(app) as conductor:
        for _ in range(2):
            result = await conductor.get()
            assert result.json == ["the pool", "set before", "the pool"]
        app.state.pool = "another"
        assert (await conductor.get()).json[0] == "another"


async def test_the_app_has_a_state_on_a_server_that_shares_none() -> None:
    class Pool:
        async def process_startup(self, scope: Scope, event: Event) -> None:
            app.state.pool = "the pool"

    app = app_of(Pool())
    assert [event["type"] for event in await run(app)] == [
        "lifespan.startup.complete",
        "lifespan.shutdown.complete",
    ]
    assert app.state.pool == "the pool"


@pytest.mark.parametrize("version", ["2.0", "4.0"])
async def test_a_server_of_another_asgi_is_told_so(version: str) -> None:
    events: list[Event] = [STARTUP]
    sent: list[Event] = []

    async def receive() -> Any:
        return events.pop(0)

    async def send(event: Event) -> None:
        sent.append(event)

    await app_of()({"type": "lifespan", "asgi": {"version": version}}, receive, send)
    (failure,) = sent
    assert failure["type"] == "lifespan.startup.failed"
    assert f"the server speaks {version}" in failure["message"]


async def test_what_was_scheduled_is_done_before_the_app_shuts_down() -> None:
    log: list[str] = []
    gate = asyncio.Event()

    async def write() -> None:
        await gate.wait()
        log.append("written")

    async def on_get(req: Request, resp: Response) -> None:
        resp.schedule(write)

    app = app_of(Component("one", log))
    app.add_route("/", SimpleNamespace(on_get=on_get))
    async with ASGIConductor(app) as conductor:
        await conductor.get()
        asyncio.get_running_loop().call_soon(gate.set)
    assert log == ["one startup", "written", "one shutdown"]
