"""What a test has started is over when the test is."""

from __future__ import annotations

import asyncio
import sys
import threading
from collections.abc import AsyncIterator, Callable, Iterable, Iterator
from concurrent.futures import Future
from contextlib import asynccontextmanager, contextmanager
from typing import Any
from unittest.mock import Mock

import pytest

from falconws.core import App, Event, Request, Response
from falconws.testing import DEFAULT_TIMEOUT, ASGIConductor
from falconws.testing.alarms import seconds_left
from falconws.testing.leaks import LeakCheck, ResourceHolder, assert_no_leaks

SHORT = 0.05
"""Seconds in which nothing has to happen: the block has a leak, and waiting is in vain."""


async def wait_for_ever() -> None:
    await asyncio.Event().wait()


async def pump_of_the_feed() -> None:
    await wait_for_ever()


async def numbers() -> AsyncIterator[int]:
    yield 1
    yield 2


async def end(task: asyncio.Task[Any]) -> None:
    task.cancel()
    await asyncio.wait({task})


# Tasks.


async def test_a_block_that_starts_nothing_has_no_leaks() -> None:
    async with assert_no_leaks():
        pass


async def test_a_block_leaves_no_alarm_of_its_own() -> None:
    async with assert_no_leaks(timeout=DEFAULT_TIMEOUT):
        task = asyncio.create_task(asyncio.sleep(0))
    assert task.done()
    assert seconds_left(asyncio.get_running_loop()) is None


async def test_a_task_that_is_left_is_named_with_its_coroutine_and_its_stack() -> None:
    with pytest.raises(AssertionError) as caught:
        async with assert_no_leaks(timeout=SHORT):
            task = asyncio.create_task(pump_of_the_feed(), name="the pump")
    message = str(caught.value)
    assert message.startswith("1 leak: what the block has started is still there")
    assert "'the pump' of pump_of_the_feed() is not done" in message
    assert "in wait_for_ever\n    await asyncio.Event().wait()" in message
    await end(task)


async def test_each_thing_that_is_left_is_told_of() -> None:
    with pytest.raises(AssertionError) as caught:
        async with assert_no_leaks(timeout=SHORT):
            tasks = [asyncio.create_task(wait_for_ever(), name=n) for n in ("b", "a")]
    message = str(caught.value)
    assert message.startswith("2 leaks: ")
    assert message.index("'a'") < message.index("'b'")
    for task in tasks:
        await end(task)


async def test_a_task_from_before_the_block_is_no_leak_of_it() -> None:
    task = asyncio.create_task(wait_for_ever())
    async with assert_no_leaks():
        await asyncio.sleep(0)
    with assert_no_leaks():
        pass
    await end(task)


async def test_the_task_that_runs_the_block_is_no_leak_of_it() -> None:
    # A block of an outer scope may be entered by one task, and left by another.
    check = assert_no_leaks()
    await check.__aenter__()
    async with asyncio.timeout(DEFAULT_TIMEOUT), asyncio.TaskGroup() as group:
        group.create_task(check.__aexit__(None, None, None))


async def test_a_task_that_is_being_cancelled_has_time_to_end() -> None:
    async with assert_no_leaks():
        task = asyncio.create_task(wait_for_ever())
        await asyncio.sleep(0)
        task.cancel()
    assert task.cancelled()


async def test_a_task_that_something_outside_of_the_loop_ends_has_time_to_end() -> None:
    release: Future[None] = Future()

    async def wait_for_a_thread() -> None:
        await asyncio.wrap_future(release)

    async with assert_no_leaks():
        task = asyncio.create_task(wait_for_a_thread())
        loop = asyncio.get_running_loop()
        loop.call_later(SHORT, release.set_result, None)
    assert task.done()


async def test_tasks_that_are_started_by_those_that_end_have_time_too() -> None:
    tasks: list[asyncio.Task[None]] = []

    async def chain(length: int) -> None:
        await asyncio.sleep(0.01)
        if length:
            tasks.append(asyncio.create_task(chain(length - 1)))

    async with assert_no_leaks():
        tasks.append(asyncio.create_task(chain(5)))
    assert [task.done() for task in tasks] == [True] * 6


async def test_tasks_that_go_on_to_start_others_are_waited_for_no_longer_than_said() -> (
    None
):
    over = asyncio.Event()
    tasks = set()

    async def breed() -> None:
        await asyncio.sleep(0)
        if not over.is_set():
            tasks.add(asyncio.create_task(breed(), name="bred"))

    async with asyncio.timeout(DEFAULT_TIMEOUT):
        with pytest.raises(AssertionError, match="'bred'"):
            async with assert_no_leaks(timeout=SHORT):
                tasks.add(asyncio.create_task(breed()))
    over.set()
    await asyncio.wait(tasks)


async def test_a_task_that_never_waits_is_a_leak_and_holds_up_nobody() -> None:
    over = False

    async def spin() -> None:
        while not over:  # noqa: ASYNC110 - it is what the test is about
            await asyncio.sleep(0)

    async with asyncio.timeout(DEFAULT_TIMEOUT):
        with pytest.raises(AssertionError, match=r"of .*spin\(\)"):
            async with assert_no_leaks(timeout=SHORT):
                task = asyncio.create_task(spin())
    over = True
    await task


async def test_without_a_timeout_what_is_ready_runs_all_the_same() -> None:
    async with assert_no_leaks(timeout=0):
        task = asyncio.create_task(wait_for_ever())
        await asyncio.sleep(0)
        task.cancel()
    with pytest.raises(AssertionError, match="wait_for_ever"):
        async with assert_no_leaks(timeout=0):
            task = asyncio.create_task(wait_for_ever())
    await end(task)


async def test_a_plain_with_sees_a_task_as_it_is_at_that_moment() -> None:
    with pytest.raises(AssertionError, match=r"'mine' of wait_for_ever\(\)"):
        with assert_no_leaks():
            task = asyncio.create_task(wait_for_ever(), name="mine")
    task.cancel()
    await asyncio.wait({task})
    with assert_no_leaks():
        await end(asyncio.create_task(wait_for_ever()))


# The block's own error.


@pytest.mark.parametrize("error", [ValueError("mine"), asyncio.CancelledError("mine")])
async def test_an_error_of_the_block_goes_out_as_it_is(error: BaseException) -> None:
    hooks = sys.get_asyncgen_hooks()
    left: list[asyncio.Task[None]] = []

    async def fail_in_a_coroutine() -> None:
        async with assert_no_leaks(timeout=600):
            left.append(asyncio.create_task(wait_for_ever()))
            raise error

    async def fail() -> None:
        with assert_no_leaks():
            left.append(asyncio.create_task(wait_for_ever()))
            raise error

    for failing in (fail_in_a_coroutine, fail):
        async with asyncio.timeout(DEFAULT_TIMEOUT):  # nothing is waited for
            with pytest.raises(type(error), match="mine") as caught:
                await failing()
        assert caught.value is error
    for task in left:
        await end(task)
    assert sys.get_asyncgen_hooks() == hooks


async def test_who_is_cancelled_while_waiting_for_what_is_left_is_cancelled() -> None:
    hooks = sys.get_asyncgen_hooks()
    left: list[asyncio.Task[None]] = []

    async def leaving() -> None:
        async with assert_no_leaks():
            left.append(asyncio.create_task(wait_for_ever()))
            asyncio.get_running_loop().call_later(SHORT, started.set)

    started = asyncio.Event()
    task = asyncio.create_task(leaving())
    await started.wait()
    await end(task)
    assert task.cancelled()
    assert sys.get_asyncgen_hooks() == hooks
    await end(left[0])


# Asynchronous generators.


@pytest.mark.parametrize("form", ["with", "async with"])
async def test_a_generator_that_is_left_is_named_with_its_line(form: str) -> None:
    generator = numbers()

    async def start() -> None:
        if form == "with":
            with assert_no_leaks():
                await anext(generator)
        else:
            async with assert_no_leaks():
                await anext(generator)

    with pytest.raises(AssertionError) as caught:
        await start()
    assert "generator numbers() is not closed" in str(caught.value)
    assert "in numbers\n    yield 1" in str(caught.value)
    await generator.aclose()  # type: ignore[attr-defined]


async def test_a_context_that_was_entered_and_not_left_is_a_leak() -> None:
    @asynccontextmanager
    async def pool() -> AsyncIterator[str]:
        yield "connection"

    context = pool()
    with pytest.raises(AssertionError, match=r"pool\(\) is not closed"):
        async with assert_no_leaks():
            assert await context.__aenter__() == "connection"
    await context.__aexit__(None, None, None)
    async with assert_no_leaks(), pool():
        pass


@pytest.mark.parametrize("timeout", [0, DEFAULT_TIMEOUT])
async def test_a_generator_that_nobody_refers_to_is_closed_by_the_loop(
    timeout: float,
) -> None:
    closed = []

    async def careful() -> AsyncIterator[int]:
        try:
            yield 1
        finally:
            closed.append(True)

    async with assert_no_leaks(timeout=timeout):
        async for _ in careful():
            break
    assert closed == [True]


# Threads.


@contextmanager
def running_thread(name: str) -> Iterator[Callable[[], None]]:
    """Give what starts a thread, which goes on until the end."""
    over = threading.Event()
    thread = threading.Thread(target=over.wait, name=name)
    try:
        yield thread.start
    finally:
        over.set()
        thread.join()


async def test_a_thread_that_is_left_is_named_with_its_stack() -> None:
    with running_thread("worker") as start:
        with pytest.raises(AssertionError) as caught:
            async with assert_no_leaks(timeout=SHORT):
                start()
        with assert_no_leaks():
            pass  # It was there before.
    assert "The thread 'worker' is running. It is here:\n" in str(caught.value)
    assert "in wait\n" in str(caught.value)


def test_a_thread_is_found_where_there_is_no_event_loop() -> None:
    with running_thread("worker") as start:
        with pytest.raises(AssertionError, match="'worker'"):
            with assert_no_leaks(timeout=SHORT):
                start()


def test_a_thread_that_is_about_to_end_has_time_to_do_so() -> None:
    over = threading.Event()
    timer = threading.Timer(SHORT, over.set)
    with assert_no_leaks():
        threading.Thread(target=over.wait).start()
        timer.start()


async def test_a_thread_that_is_about_to_end_has_time_in_a_coroutine_too() -> None:
    over = threading.Event()
    async with assert_no_leaks():
        threading.Thread(target=over.wait).start()
        asyncio.get_running_loop().call_later(SHORT, over.set)


async def test_the_threads_that_the_event_loop_keeps_for_calls_are_no_leaks() -> None:
    async with assert_no_leaks():
        await asyncio.to_thread(int)
    with assert_no_leaks():
        await asyncio.gather(*(asyncio.to_thread(int) for _ in range(3)))


# Apps.


class Pages:
    """What an App serves in these tests."""

    def __init__(self) -> None:
        self.entered = threading.Event()
        self.served = asyncio.Event()

    async def on_get_endless(self, req: Request, resp: Response) -> None:
        async def pieces() -> AsyncIterator[bytes]:
            self.entered.set()
            self.served.set()
            yield b"first"
            await asyncio.Event().wait()

        resp.stream = pieces()

    async def on_websocket(self, req: Request, ws: Any) -> None:
        self.entered.set()
        self.served.set()
        await ws.accept()
        await ws.receive_text()


def an_app(pages: Pages | None = None, **kwargs: Any) -> App:
    app = App(**kwargs)
    app.add_route("/events", pages or Pages(), suffix="endless")
    app.add_route("/chat", pages or Pages())
    return app


async def serve(app: App, kind: str) -> None:
    """Serve one connection whose client is silent and does not leave."""
    path = "/events" if kind == "http" else "/chat"
    scope: dict[str, Any] = {
        "type": kind,
        "path": path,
        "headers": [],
        "query_string": b"",
    }
    scope |= {"asgi": {"version": "3.0", "spec_version": "2.4"}, "http_version": "1.1"}
    if kind == "http":
        scope["method"] = "GET"
    events: list[Event] = [{"type": "websocket.connect"}]

    async def receive() -> Event:
        if kind == "websocket" and events:
            return events.pop()
        await asyncio.Event().wait()
        raise AssertionError

    async def send(event: Event) -> None:
        pass

    await app(scope, receive, send)


@pytest.mark.parametrize(
    ("kind", "name"), [("http", "GET /events"), ("websocket", "WebSocket /chat")]
)
async def test_a_connection_that_is_left_is_named_by_its_request(
    kind: str, name: str
) -> None:
    pages = Pages()
    app = an_app(pages)

    async def start() -> None:
        async with assert_no_leaks(app=app, timeout=SHORT):
            tasks.append(asyncio.create_task(serve(app, kind), name="served"))
            await pages.served.wait()

    tasks: list[asyncio.Task[None]] = []
    with pytest.raises(AssertionError) as caught:
        await start()
    message = str(caught.value)
    assert f"The connection '{name}' is open. Its task 'served' " in message
    assert "of serve() is not done" not in message, "it is told of once"
    await end(tasks[0])


async def test_a_connection_from_before_the_block_is_no_leak_of_it() -> None:
    pages = Pages()
    app = an_app(pages)
    task = asyncio.create_task(serve(app, "http"))
    await pages.served.wait()
    async with assert_no_leaks(app=app):
        pass
    await end(task)


async def test_a_connection_that_its_client_has_left_is_no_leak() -> None:
    app = an_app()
    async with assert_no_leaks(app=app), ASGIConductor(app) as conductor:
        async with conductor.simulate_get_stream("/events") as result:
            assert await result.stream.read() == b"first"


class Serving:
    """An event loop in a thread of its own, as that of a server."""

    def __enter__(self) -> Serving:
        self.loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self.loop.run_forever)
        self._thread.start()
        return self

    def call(self, function: Callable[..., Any], *args: Any) -> Any:
        """Call something in the thread, and give what it returns."""

        async def run() -> Any:
            return function(*args)

        return asyncio.run_coroutine_threadsafe(run(), self.loop).result(
            DEFAULT_TIMEOUT
        )

    def serve(self, app: App, pages: Pages) -> asyncio.Task[None]:
        task: asyncio.Task[None] = self.call(
            lambda: self.loop.create_task(serve(app, "http"))
        )
        assert pages.entered.wait(DEFAULT_TIMEOUT)
        return task

    def halt(self) -> None:
        """Let the loop stop, with all that is in it."""
        self.loop.call_soon_threadsafe(self.loop.stop)
        self._thread.join()

    def __exit__(self, *args: object) -> None:
        if self.loop.is_running():
            self.halt()
        left = asyncio.all_tasks(self.loop)
        for task in left:
            task.cancel()
        if left:
            self.loop.run_until_complete(asyncio.wait(left))
        self.loop.run_until_complete(self.loop.shutdown_asyncgens())
        self.loop.close()


@pytest.fixture
def serving() -> Iterator[Serving]:
    with Serving() as serving:
        yield serving


async def test_a_connection_in_another_thread_has_time_to_end(serving: Serving) -> None:
    pages = Pages()
    app = an_app(pages)
    async with assert_no_leaks(app=app):
        task = serving.serve(app, pages)
        serving.call(serving.loop.call_later, SHORT, task.cancel)
    assert len(app.connections) == 0


def test_a_connection_in_another_thread_has_time_in_a_plain_function_too(
    serving: Serving,
) -> None:
    pages = Pages()
    app = an_app(pages)
    with assert_no_leaks(app=app):
        task = serving.serve(app, pages)
        serving.call(serving.loop.call_later, SHORT, task.cancel)
    assert len(app.connections) == 0


async def test_a_connection_that_is_left_in_another_thread_is_a_leak(
    serving: Serving,
) -> None:
    pages = Pages()
    app = an_app(pages)
    with pytest.raises(AssertionError, match="'GET /events' is open"):
        async with assert_no_leaks(app=app, timeout=SHORT):
            task = serving.serve(app, pages)
    serving.call(task.cancel)  # ... which nobody waits for any more


def test_a_connection_that_is_left_is_a_leak_in_a_plain_function_too(
    serving: Serving,
) -> None:
    pages = Pages()
    app = an_app(pages)
    with pytest.raises(AssertionError, match="'GET /events' is open"):
        with assert_no_leaks(app=app, timeout=SHORT):
            serving.serve(app, pages)


def test_a_connection_on_a_loop_that_stands_still_is_not_waited_for(
    serving: Serving,
) -> None:
    pages = Pages()
    app = an_app(pages)

    def leave() -> None:
        # With the timeout that it has, this test would take as long.
        with assert_no_leaks(app=app, timeout=600):
            serving.serve(app, pages)
            serving.halt()

    with pytest.raises(AssertionError, match="'GET /events' is open"):
        leave()


class Unnamed:
    """A connection of a kind that tells nothing of its request."""

    def __init__(self, task: Any) -> None:
        self.task = task

    def sweep(self) -> None: ...

    async def end(self) -> None: ...

    def cancel(self) -> None: ...


async def test_a_connection_that_serves_no_request_is_named_by_its_kind() -> None:
    app = App()
    task = asyncio.create_task(wait_for_ever())
    await asyncio.sleep(0)
    with pytest.raises(AssertionError, match="The connection 'Unnamed' is open"):
        with assert_no_leaks(app=app):
            app.connections.add(Unnamed(task))
    app.connections.reset()
    await end(task)


async def test_a_connection_of_a_task_from_before_has_time_to_end() -> None:
    app = App()
    release = asyncio.Event()

    async def serve_later() -> None:
        await release.wait()
        app.connections.reset()

    task = asyncio.create_task(serve_later())
    async with assert_no_leaks(app=app):
        app.connections.add(Unnamed(task))
        asyncio.get_running_loop().call_later(SHORT, release.set)


async def test_a_connection_of_the_task_that_runs_the_block_is_not_waited_for() -> None:
    app = App()
    async with asyncio.timeout(DEFAULT_TIMEOUT):
        with pytest.raises(AssertionError, match="The connection 'Unnamed' is open"):
            async with assert_no_leaks(app=app, timeout=600):
                app.connections.add(Unnamed(asyncio.current_task()))
    app.connections.reset()


async def test_a_task_whose_loop_is_closed_meanwhile_holds_up_nobody() -> None:
    loop = Mock(is_running=Mock(return_value=True))
    loop.call_soon_threadsafe.side_effect = RuntimeError("Event loop is closed")
    task = Mock(
        spec=[
            "get_loop",
            "get_coro",
            "get_name",
            "done",
            "cancelled",
            "add_done_callback",
        ]
    )
    task.get_loop.return_value = loop
    task.get_coro.return_value = None
    app = App()
    with pytest.raises(AssertionError, match="The connection 'Unnamed' is open"):
        async with assert_no_leaks(app=app, timeout=SHORT):
            app.connections.add(Unnamed(task))
    loop.call_soon_threadsafe.assert_called_once()
    app.connections.reset()


async def test_a_loop_that_is_done_with_waiting_is_not_told_of_the_end(
    serving: Serving,
) -> None:
    pages = Pages()
    app = an_app(pages)

    async def leaving() -> None:
        async with assert_no_leaks(app=app, timeout=SHORT):
            tasks.append(serving.serve(app, pages))

    tasks: list[asyncio.Task[None]] = []

    def run() -> None:
        with pytest.raises(AssertionError):
            asyncio.run(leaving())

    await asyncio.to_thread(run)
    problems: list[object] = []
    serving.loop.set_exception_handler(lambda loop, context: problems.append(context))
    serving.call(tasks[0].cancel)
    while len(app.connections):
        serving.call(int)
    serving.call(int)
    assert problems == []


# What components hold open.


class Subscriptions:
    """A component, or an extension, that has subscriptions."""

    def __init__(self) -> None:
        self.open: list[object] = []

    def install(self, app: App) -> None: ...

    async def process_request(self, req: Request, resp: Response) -> None: ...

    def open_resources(self) -> Iterable[object]:
        return iter(self.open)


class Other:
    async def process_request(self, req: Request, resp: Response) -> None: ...


class Subscription:
    def __init__(self, channel: str) -> None:
        self.channel = channel

    def __repr__(self) -> str:
        return f"<Subscription of {self.channel}>"


def test_what_has_open_resources_is_a_resource_holder() -> None:
    assert isinstance(Subscriptions(), ResourceHolder)
    assert not isinstance(Other(), ResourceHolder)


async def test_what_callbacks_give_back_one_after_another_has_time() -> None:
    component = Subscriptions()
    loop = asyncio.get_running_loop()

    def give_one_back() -> None:
        component.open.pop()
        if component.open:
            loop.call_soon(give_one_back)

    async with assert_no_leaks(app=App(extensions=[component])):
        component.open.extend(Subscription(f"{number}") for number in range(20))
        loop.call_soon(give_one_back)


@pytest.mark.parametrize("kind", ["middleware", "extensions"])
async def test_what_a_component_holds_open_is_a_leak(kind: str) -> None:
    component = Subscriptions()
    is_middleware = kind == "middleware"
    app = App(
        middleware=[Other(), component] if is_middleware else [],
        extensions=[] if is_middleware else [component],
    )
    component.open.append(Subscription("from before"))
    with pytest.raises(AssertionError) as caught:
        async with assert_no_leaks(app=[App(), app], timeout=0):
            component.open.append(Subscription("news"))
    assert "The resource <Subscription of news> is open." in str(caught.value)
    assert "from before" not in str(caught.value)
    with assert_no_leaks(app=app):
        component.open.clear()


def test_resources_that_are_equal_are_counted() -> None:
    component = Subscriptions()
    app = App(middleware=component, extensions=[])
    component.open = ["news"]
    with pytest.raises(AssertionError, match="1 leak:"):
        with assert_no_leaks(app=app):
            component.open = ["news", "news"]


def call_later_and_later(function: Callable[[], object], count: int = 3) -> None:
    """Call something by a callback of a callback of the event loop."""
    loop = asyncio.get_running_loop()
    if count:
        loop.call_soon(call_later_and_later, function, count - 1)
    else:
        function()


async def test_what_is_given_back_in_the_next_moment_is_no_leak() -> None:
    component = Subscriptions()
    app = App(middleware=component, extensions=[])
    async with assert_no_leaks(app=app, timeout=0):
        component.open.append("news")
        call_later_and_later(component.open.clear)


async def test_what_is_given_back_when_a_task_has_ended_is_no_leak() -> None:
    component = Subscriptions()
    app = App(middleware=component, extensions=[])
    async with assert_no_leaks(app=app):
        component.open.append("news")
        task = asyncio.create_task(asyncio.sleep(SHORT))
        task.add_done_callback(lambda _: call_later_and_later(component.open.clear))


# What may be left.


@pytest.mark.parametrize(
    "allow",
    [
        "the pump",
        "the p*",
        "pump_of_the_feed",
        ["other", "the pump"],
        lambda subject: subject.get_name() == "the pump",
    ],
)
async def test_a_task_that_may_be_left_is_not_waited_for(allow: Any) -> None:
    async with asyncio.timeout(DEFAULT_TIMEOUT):
        async with assert_no_leaks(allow=allow, timeout=600):
            task = asyncio.create_task(pump_of_the_feed(), name="the pump")
    await end(task)


@pytest.mark.parametrize("allow", ["pump", "The Pump", ["other"], lambda subject: 0])
async def test_a_task_that_is_meant_by_nothing_is_a_leak(allow: Any) -> None:
    with pytest.raises(AssertionError, match="the pump"):
        async with assert_no_leaks(allow=allow, timeout=SHORT):
            task = asyncio.create_task(pump_of_the_feed(), name="the pump")
    await end(task)


async def test_everything_can_be_allowed_by_its_name() -> None:
    pages, component = Pages(), Subscriptions()
    app = an_app(pages, middleware=component)
    generator = numbers()
    allow = ["GET /events", "Subscription", "numbers", "worker", "*pieces"]
    with running_thread("worker") as start:
        async with asyncio.timeout(DEFAULT_TIMEOUT):
            async with assert_no_leaks(
                app=app, allow=[*allow, "StreamSender.*"], timeout=600
            ):
                component.open.append(Subscription("news"))
                await anext(generator)
                start()
                # ... which has tasks of its own, such as the one that watches the client
                task = asyncio.create_task(serve(app, "http"))
                await pages.served.wait()
                allow += [t.get_name() for t in asyncio.all_tasks() if t is not task]
    await generator.aclose()  # type: ignore[attr-defined]
    await end(task)


# Wrong use.


def test_an_application_that_is_no_app_is_refused() -> None:
    async def application(scope: object, receive: object, send: object) -> None: ...

    for wrong in (application, [App(), application]):
        with pytest.raises(TypeError, match="takes an App of falconws, not function"):
            assert_no_leaks(app=wrong)  # type: ignore[arg-type]


def test_what_is_neither_a_name_nor_a_function_cannot_be_allowed() -> None:
    for wrong in (1, ["name", 1]):
        with pytest.raises(TypeError, match="takes names and functions, not int"):
            assert_no_leaks(allow=wrong)  # type: ignore[arg-type]


def test_a_timeout_is_not_negative() -> None:
    with pytest.raises(ValueError, match="a number of seconds, from 0"):
        assert_no_leaks(timeout=-0.1)
    assert isinstance(assert_no_leaks(timeout=0), LeakCheck)
