"""Start-up and shutdown, as a server does them."""

from __future__ import annotations

import asyncio
import gc
import logging

import pytest

from falconws.core import App, Event, Receive, Scope, Send
from falconws.testing.clock import clock
from falconws.testing.lifespan import Lifespan


async def test_an_application_is_started_up_and_shut_down() -> None:
    called: list[str] = []

    class Component:
        async def process_startup(self, scope: Scope, event: Event) -> None:
            called.append(event["type"])

        async def process_shutdown(self, scope: Scope, event: Event) -> None:
            called.append(event["type"])

    lifespan = Lifespan(App(extensions=(), middleware=Component()), 5)
    await lifespan.startup()
    assert called == ["lifespan.startup"]
    await lifespan.shutdown()
    assert called == ["lifespan.startup", "lifespan.shutdown"]


async def test_the_scope_is_that_of_the_lifespan_protocol() -> None:
    scopes: list[Scope] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        scopes.append(scope)

    await Lifespan(app, 5).startup()
    assert scopes == [
        {
            "type": "lifespan",
            "asgi": {"version": "3.0", "spec_version": "2.0"},
            "state": {},
        }
    ]


async def test_the_state_is_given_as_a_copy() -> None:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        scope["state"]["pool"] = []

    lifespan = Lifespan(app, 5)
    await lifespan.startup()
    first, second = lifespan.scope_state(), lifespan.scope_state()
    assert first == {"pool": []}
    assert first is not second
    assert first["pool"] is second["pool"]


@pytest.mark.parametrize("phase", ["startup", "shutdown"])
async def test_a_phase_that_fails_raises_what_the_application_says(phase: str) -> None:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        while True:
            event = await receive()
            if event["type"] == f"lifespan.{phase}":
                await send({"type": f"{event['type']}.failed", "message": "no disk"})
                return
            await send({"type": f"{event['type']}.complete"})

    async def run() -> None:
        lifespan = Lifespan(app, 5)
        await lifespan.startup()
        await lifespan.shutdown()

    with pytest.raises(
        RuntimeError, match=f"The application's {phase} failed: no disk"
    ):
        await run()


async def test_a_phase_may_fail_without_a_message() -> None:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "lifespan.startup.failed"})

    with pytest.raises(RuntimeError, match="startup failed"):
        await Lifespan(app, 5).startup()


async def test_what_is_raised_behind_a_failure_is_its_cause() -> None:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "lifespan.startup.failed", "message": "no disk"})
        raise ZeroDivisionError("a bug")

    with pytest.raises(RuntimeError, match="no disk") as caught:
        await Lifespan(app, 5).startup()
    assert isinstance(caught.value.__cause__, ZeroDivisionError)


async def test_an_application_that_stays_when_its_startup_failed_is_cancelled() -> None:
    ended = asyncio.Event()

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await send({"type": "lifespan.startup.failed"})
            await asyncio.Event().wait()
        finally:
            ended.set()

    with pytest.raises(RuntimeError, match="startup failed") as caught:
        await Lifespan(app, 0.05).startup()
    assert isinstance(caught.value.__cause__, TimeoutError)
    assert ended.is_set()


@pytest.mark.parametrize(
    "kind", ["lifespan.shutdown.complete", "lifespan.startup.done"]
)
async def test_an_answer_to_another_question_fails(kind: str) -> None:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": kind})
        raise ZeroDivisionError("a bug")

    with pytest.raises(
        AssertionError, match=f"answered lifespan.startup with '{kind}'"
    ) as caught:
        await Lifespan(app, 5).startup()
    assert isinstance(caught.value.__cause__, ZeroDivisionError)


async def test_a_test_that_is_cancelled_takes_the_application_with_it() -> None:
    began, ended = asyncio.Event(), asyncio.Event()

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        began.set()
        try:
            await asyncio.Event().wait()
        finally:
            ended.set()

    starting = asyncio.ensure_future(Lifespan(app, 5).startup())
    async with asyncio.timeout(5):
        await began.wait()
        starting.cancel()
        await ended.wait()
    with pytest.raises(asyncio.CancelledError):
        await starting


async def test_an_application_that_knows_no_lifespan_is_used_without_it(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        raise RuntimeError(f"{scope['type']} is nothing I know.")

    lifespan = Lifespan(app, 5)
    await lifespan.startup()
    await lifespan.shutdown()
    del lifespan
    gc.collect()
    # asyncio complains here of an exception that was never retrieved.
    assert [r for r in caplog.records if r.levelno >= logging.WARNING] == []


async def test_an_application_that_ends_by_a_cancellation_does_not_cancel_the_test() -> (
    None
):
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        raise asyncio.CancelledError

    lifespan = Lifespan(app, 5)
    await lifespan.startup()
    await lifespan.shutdown()


async def test_an_application_that_returns_at_once_is_used_as_well() -> None:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        pass

    lifespan = Lifespan(app, 5)
    await lifespan.startup()
    await lifespan.shutdown()


async def test_what_is_raised_in_the_shutdown_comes_out() -> None:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await receive()
        await send({"type": "lifespan.startup.complete"})
        await receive()
        raise ZeroDivisionError("a bug")

    lifespan = Lifespan(app, 5)
    await lifespan.startup()
    with pytest.raises(ZeroDivisionError, match="a bug"):
        await lifespan.shutdown()


async def test_what_is_raised_before_the_shutdown_comes_out_there() -> None:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await receive()
        await send({"type": "lifespan.startup.complete"})
        raise ZeroDivisionError("a bug")

    lifespan = Lifespan(app, 5)
    await lifespan.startup()
    with pytest.raises(ZeroDivisionError, match="a bug"):
        await lifespan.shutdown()


async def test_an_application_may_return_before_the_shutdown() -> None:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await receive()
        await send({"type": "lifespan.startup.complete"})

    lifespan = Lifespan(app, 5)
    await lifespan.startup()
    await lifespan.shutdown()


@pytest.mark.parametrize("phase", ["startup", "shutdown"])
async def test_time_that_stands_still_passes_in_the_shutdown_only(phase: str) -> None:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        for _ in range(2):
            event = await receive()
            if event["type"] == f"lifespan.{phase}":
                await asyncio.sleep(0.02)
            await send({"type": f"{event['type']}.complete"})

    lifespan = Lifespan(app, 0.05 if phase == "startup" else 5)
    with clock():
        if phase == "startup":
            with pytest.raises(TimeoutError, match="did not complete its startup"):
                await lifespan.startup()
        else:
            await lifespan.startup()
            await lifespan.shutdown()


async def test_a_shutdown_without_a_startup_has_nothing_to_do() -> None:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        raise AssertionError("This must not be called.")

    await Lifespan(app, 5).shutdown()


@pytest.mark.parametrize(
    ("answers", "missing"),
    [
        (0, "did not complete its startup within 0.05 s"),
        (1, "did not complete its shutdown within 0.05 s"),
        (2, "did not return within 0.05 s"),
    ],
)
async def test_an_application_that_hangs_is_shown_and_cancelled(
    answers: int, missing: str
) -> None:
    ended = asyncio.Event()

    async def hanging_application(scope: Scope, receive: Receive, send: Send) -> None:
        try:
            for _ in range(answers):
                event = await receive()
                await send({"type": f"{event['type']}.complete"})
            await asyncio.Event().wait()
        finally:
            ended.set()

    async def run() -> None:
        lifespan = Lifespan(hanging_application, 0.05)
        await lifespan.startup()
        await lifespan.shutdown()

    with pytest.raises(TimeoutError) as caught:
        await run()
    assert missing in str(caught.value)
    assert "in hanging_application" in str(caught.value)
    async with asyncio.timeout(1):
        await ended.wait()
