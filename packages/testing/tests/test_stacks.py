"""What a task waits for is said in words, with the lines of its writer."""

from __future__ import annotations

import asyncio
import functools
import itertools
import re
import textwrap
import threading
from collections.abc import AsyncIterator, Callable, Coroutine, Generator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from falconws.core import App
from falconws.testing import ASGIConductor
from falconws.testing import stacks as stacks_module
from falconws.testing.stacks import describe, is_busy, main_task
from falconws.ws import WebSocket


async def settle() -> None:
    for _ in range(10):
        await asyncio.sleep(0)


async def described(coro: Coroutine[Any, Any, Any]) -> str:
    """Start a task, describe it when it waits, and end it."""
    task = asyncio.get_running_loop().create_task(coro)
    await settle()
    text = describe(task)
    task.cancel()
    await asyncio.wait({task})
    return text


def first_line(text: str) -> str:
    return text.partition("\n")[0]


def last_line(text: str) -> str:
    return text.rpartition("\n")[2].strip()


async def waits_for_an_event() -> None:
    await asyncio.Event().wait()


async def calls_one_that_waits() -> None:
    await waits_for_an_event()


async def test_the_last_line_is_the_one_that_waits() -> None:
    text = await described(calls_one_that_waits())
    assert first_line(text) == "It waits for Event.wait(), here:"
    assert last_line(text) == "await asyncio.Event().wait()"


async def test_the_lines_above_it_are_those_that_called_it() -> None:
    text = await described(calls_one_that_waits())
    assert re.findall(r"in (\w+)$", text, re.MULTILINE) == [
        "calls_one_that_waits",
        "waits_for_an_event",
    ]


async def test_lines_of_asyncio_are_not_shown() -> None:
    assert "locks.py" not in await described(calls_one_that_waits())


async def get_from_queue() -> None:
    await asyncio.Queue[int]().get()


async def put_into_queue() -> None:
    queue = asyncio.Queue[int](1)
    await queue.put(1)
    await queue.put(2)


async def acquire_lock() -> None:
    lock = asyncio.Lock()
    await lock.acquire()
    async with lock:
        pass


async def await_future() -> None:
    await asyncio.get_running_loop().create_future()


async def wait_for_condition() -> None:
    async with (condition := asyncio.Condition()):
        await condition.wait()


@pytest.mark.parametrize(
    ("coro", "words"),
    [
        (get_from_queue, "Queue.get()"),
        (put_into_queue, "Queue.put()"),
        (acquire_lock, "Lock.__aenter__()"),
        (wait_for_condition, "Condition.wait()"),
        (await_future, "a future that nobody has given a result"),
    ],
)
async def test_what_it_waits_for_has_a_name(
    coro: Callable[[], Coroutine[Any, Any, None]], words: str
) -> None:
    assert first_line(await described(coro())) == f"It waits for {words}, here:"


async def test_of_a_sleep_it_is_said_how_long_it_was_and_is() -> None:
    async def sleep() -> None:
        await asyncio.sleep(100)

    pattern = r"It waits for asyncio\.sleep\(100\) with (100|99\.\d+) s left, here:"
    assert re.fullmatch(pattern, first_line(await described(sleep())))


async def test_of_another_sleep_it_is_said_how_long_it_is(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    standard = (*stacks_module._STANDARD, "/app/")
    monkeypatch.setattr(stacks_module, "_STANDARD", standard)
    source = "async def sleep(delay):\n    await asyncio.Event().wait()"
    sleep = run_as("sleeping", source, "sleep")
    assert await described(sleep(3)) == "It waits for asyncio.sleep(3)."


def test_a_task_can_be_described_while_its_loop_does_not_run() -> None:
    async def sleep() -> None:
        await asyncio.sleep(100)

    async def start() -> asyncio.Task[None]:
        task = asyncio.create_task(sleep())
        await settle()
        return task

    with asyncio.Runner() as runner:
        text = describe(runner.run(start()))
    assert text.startswith("It waits for asyncio.sleep(100) with ")


async def test_of_a_thread_it_is_said_what_it_runs() -> None:
    release = threading.Event()

    async def in_thread() -> None:
        await asyncio.to_thread(release.wait, 5)

    text = await described(in_thread())
    release.set()
    assert first_line(text) == "It waits for asyncio.to_thread(Event.wait), here:"


async def test_a_thread_of_something_without_a_name_is_shown_as_it_is() -> None:
    release = threading.Event()

    async def in_thread() -> None:
        await asyncio.to_thread(functools.partial(release.wait, 5))

    text = await described(in_thread())
    release.set()
    assert "asyncio.to_thread(functools.partial(" in first_line(text)


async def test_a_wait_without_lines_of_its_own_is_told_in_one_sentence() -> None:
    assert re.fullmatch(
        r"It waits for asyncio\.sleep\(100\) with \d+(\.\d+)? s left\.",
        await described(asyncio.sleep(100)),
    )


async def test_the_tasks_of_a_group_are_shown_in_the_order_of_their_beginning() -> None:
    async def in_a_group() -> None:
        async with asyncio.TaskGroup() as group:
            group.create_task(get_from_queue(), name="first")
            group.create_task(waits_for_an_event(), name="second")

    text = await described(in_a_group())
    assert first_line(text) == "It waits for the tasks of its TaskGroup, here:"
    first = text.index("Its task 'first' waits for Queue.get(), here:")
    assert first < text.index("Its task 'second' waits for Event.wait(), here:")


async def test_the_tasks_of_a_group_are_found_while_its_block_goes_on() -> None:
    async def in_a_group() -> None:
        async with asyncio.TaskGroup() as group:
            group.create_task(get_from_queue(), name="worker")
            await waits_for_an_event()

    assert "Its task 'worker' waits for Queue.get()" in await described(in_a_group())


async def test_tasks_of_others_are_not_shown() -> None:
    async def in_a_group() -> None:
        async with asyncio.TaskGroup() as group:
            group.create_task(get_from_queue(), name="stranger")

    other = asyncio.create_task(in_a_group())
    text = await described(calls_one_that_waits())
    assert "stranger" not in text
    other.cancel()
    await asyncio.wait({other})


async def test_of_gathered_coroutines_each_is_shown() -> None:
    async def gathers() -> None:
        await asyncio.gather(get_from_queue(), waits_for_an_event(), asyncio.sleep(0))

    text = await described(gathers())
    assert first_line(text) == "It waits for asyncio.gather(), here:"
    assert text.count("Its task") == 2  # The third has ended.


async def test_of_an_awaited_task_it_is_shown_where_it_is() -> None:
    async def awaits() -> None:
        async with asyncio.timeout(100):
            await asyncio.create_task(waits_for_an_event(), name="inner")

    text = await described(awaits())
    assert first_line(text) == "It waits for its task 'inner', here:"
    assert "Its task 'inner' waits for Event.wait(), here:" in text


async def test_of_tasks_that_are_waited_for_each_is_shown() -> None:
    async def waits() -> None:
        tasks = [
            asyncio.create_task(waits_for_an_event(), name=f"w{i}") for i in (1, 2)
        ]
        try:
            await asyncio.wait([*tasks, asyncio.get_running_loop().create_future()])
        finally:
            for task in tasks:
                task.cancel()

    text = await described(waits())
    assert first_line(text) == "It waits for asyncio.wait(), here:"
    assert "'w1'" in text
    assert "'w2'" in text


async def test_tasks_that_await_each_other_are_shown_once() -> None:
    tasks: list[asyncio.Task[None]] = []

    async def one() -> None:
        await asyncio.wait([tasks[1]])

    async def two() -> None:
        await asyncio.wait([tasks[0]])

    tasks += [
        asyncio.create_task(one(), name="one"),
        asyncio.create_task(two(), name="two"),
    ]
    await settle()
    assert describe(tasks[0]).count("'two'") == 1
    assert "'one'" not in describe(tasks[0])
    for task in tasks:
        task.cancel()
    await asyncio.wait(tasks)


@pytest.mark.parametrize(("count", "shown"), [(7, 7), (8, 7), (10, 7)])
async def test_no_more_than_eight_tasks_are_shown(count: int, shown: int) -> None:
    async def in_a_group() -> None:
        async with asyncio.TaskGroup() as group:
            for _ in range(count):
                group.create_task(waits_for_an_event())

    text = await described(in_a_group())
    assert text.count("Its task") == shown
    more = f"It has {count - shown} more tasks than the following."
    assert (more in text) == (count > shown)


async def generates() -> AsyncIterator[int]:
    await waits_for_an_event()
    yield 1


async def iterates() -> None:
    async for _ in generates():
        pass


async def takes_the_next() -> None:
    await anext(generates(), 0)


@asynccontextmanager
async def manager() -> AsyncIterator[None]:
    await waits_for_an_event()
    yield


async def enters() -> None:
    async with manager():
        pass


class Awaitable:
    """Awaits by a generator."""

    def __await__(self) -> Generator[Any, Any, None]:
        return (yield from waits_for_an_event().__await__())


async def awaits_an_object() -> None:
    await Awaitable()


@pytest.mark.parametrize("coro", [iterates, takes_the_next, enters, awaits_an_object])
async def test_the_way_goes_through_generators_to_the_line_that_waits(
    coro: Callable[[], Coroutine[Any, Any, None]],
) -> None:
    text = await described(coro())
    assert first_line(text) == "It waits for Event.wait(), here:"
    assert f"in {coro.__name__}" in text
    assert last_line(text) == "await asyncio.Event().wait()"


class Opaque:
    """Does not tell what it awaits, as what is written in C may not."""

    def __init__(self, future: asyncio.Future[None]) -> None:
        self._iterator = iter([future])

    def __await__(self) -> Any:
        return map(_mark, self._iterator)


def _mark(future: asyncio.Future[None]) -> asyncio.Future[None]:
    future._asyncio_future_blocking = True
    return future


async def test_what_does_not_tell_what_it_awaits_is_told_by_the_task() -> None:
    future = asyncio.get_running_loop().create_future()

    async def awaits() -> None:
        await Opaque(future)

    text = await described(awaits())
    assert first_line(text) == (
        "It waits for a future that nobody has given a result, here:"
    )


class Responder:
    async def on_websocket(self, req: Any, ws: WebSocket) -> None:
        await ws.accept()
        await self.listen(ws)

    async def listen(self, ws: WebSocket) -> None:
        await ws.receive_text()


async def test_of_a_responder_its_own_lines_are_shown_and_what_they_called() -> None:
    app = App()
    app.add_route("/", Responder())
    async with ASGIConductor(app, timeout=0.05).simulate_ws("/") as ws:
        with pytest.raises(TimeoutError) as caught:
            await ws.receive_text()
    said, *lines = str(caught.value).splitlines()[1:]
    assert said == "It waits for receive_text(), here:"
    assert [re.sub(r'.*", line \d+, ', "", line).strip() for line in lines] == [
        "in on_websocket",
        "await self.listen(ws)",
        "in listen",
        "await ws.receive_text()",
    ]


def run_as(module: str, source: str, name: str = "coro", **values: Any) -> Any:
    """Define something as a module of that name would, in a file of its own."""
    values |= {"__name__": module, "asyncio": asyncio}
    exec(compile(textwrap.dedent(source), f"/app/{module}.py", "exec"), values)
    return values[name]


LIBRARY = """
    async def _fetch():
        await asyncio.sleep(100)

    class Client:
        async def __call__(self):
            await _fetch()

    async def coro():
        await Client()()
"""


async def test_what_a_library_waits_for_is_told_below_what_was_called() -> None:
    call = run_as("falconws.some", LIBRARY, "Client")()

    async def reader() -> None:
        await call()

    text = first_line(await described(reader()))
    assert text.startswith("It waits for asyncio.sleep(100) with ")
    assert text.endswith(" s left in Client.__call__(), here:")


async def test_lines_of_libraries_are_shown_where_there_are_no_others() -> None:
    text = await described(run_as("falconws.some", LIBRARY)())
    assert re.findall(r"in (\w+)$", text, re.MULTILINE) == [
        "coro",
        "__call__",
        "_fetch",
    ]


async def test_what_is_installed_is_a_library(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stacks_module, "_INSTALLED", ("/app/",))
    text = await described(run_as("some", LIBRARY)())
    assert "in _fetch" in text

    async def reader() -> None:
        await run_as("some", LIBRARY)()

    text = await described(reader())
    assert "in _fetch" not in text
    assert " s left in coro(), here:" in first_line(text)


KIT = """
    async def _receive():
        await asyncio.sleep(100)
"""


async def test_of_this_package_only_the_face_is_named() -> None:
    receive = run_as("falconws.testing.some", KIT, "_receive")

    async def application() -> None:
        await receive()

    text = await described(application())
    assert first_line(text) == "It waits for receive(), here:"
    assert last_line(text) == "await receive()"


async def test_of_this_package_nothing_is_told_below_a_library() -> None:
    receive = run_as("falconws.testing.some", KIT, "_receive")
    source = "async def get_media():\n    await receive()"
    get_media = run_as("falconws.some", source, "get_media", receive=receive)

    async def application() -> None:
        await get_media()

    text = await described(application())
    assert first_line(text) == "It waits for get_media(), here:"


async def test_a_future_of_a_library_is_told_by_what_was_called() -> None:
    source = "async def query():\n    await asyncio.get_running_loop().create_future()"
    query = run_as("falconws.some", source, "query")

    async def application() -> None:
        await query()

    assert first_line(await described(application())) == "It waits for query(), here:"


async def test_a_task_that_has_not_begun_is_said_to() -> None:
    task = asyncio.create_task(calls_one_that_waits())
    assert first_line(describe(task)) == "It has not begun to run, here:"
    task.cancel()
    await asyncio.wait({task})


async def test_the_running_task_is_said_to_run() -> None:
    async def describes_itself() -> str:
        task = asyncio.current_task()
        assert task is not None
        return describe(task, "The test")

    text = await asyncio.create_task(describes_itself())
    assert first_line(text) == "The test is running, here:"


async def test_a_task_that_does_not_rest_is_said_to_run_on() -> None:
    async def spins() -> None:
        for _ in itertools.count():
            await asyncio.sleep(0)

    text = await described(spins())
    assert first_line(text) == "It does not wait, but runs on and on, here:"
    assert last_line(text) == "await asyncio.sleep(0)"


async def test_a_task_that_has_ended_is_said_to_with_its_outcome() -> None:
    async def fails() -> None:
        raise ZeroDivisionError("a bug")

    tasks = [
        asyncio.create_task(coro)
        for coro in (asyncio.sleep(0), fails(), waits_for_an_event())
    ]
    tasks[2].cancel()
    await asyncio.wait(tasks)
    assert [describe(task) for task in tasks] == [
        "It has returned.",
        "It raised ZeroDivisionError('a bug').",
        "It was cancelled.",
    ]


class Stepped(Coroutine[Any, Any, None]):
    """A coroutine that is no coroutine of Python's, as those of compilers are."""

    def __init__(self) -> None:
        self._coro = waits_for_an_event()

    def send(self, value: Any) -> Any:
        return self._coro.send(value)

    def throw(self, *args: Any) -> Any:
        return self._coro.throw(*args)

    def close(self) -> None:
        self._coro.close()

    def __await__(self) -> Generator[Any, Any, None]:
        return self._coro.__await__()


async def test_a_coroutine_of_another_kind_is_told_by_what_it_waits_for() -> None:
    text = await described(Stepped())
    assert first_line(text).startswith("It waits for ")


async def test_the_main_task_is_the_one_that_the_loop_runs_until_it_is_complete() -> (
    None
):
    others = [asyncio.create_task(asyncio.sleep(0)) for _ in range(3)]
    others[0].add_done_callback(lambda _: None)
    assert main_task(asyncio.get_running_loop()) is asyncio.current_task()
    await asyncio.wait(others)


def test_a_loop_that_runs_for_ever_has_no_main_task() -> None:
    loop = asyncio.new_event_loop()
    found: list[object] = []

    async def look() -> None:
        found.append(main_task(loop))
        loop.stop()

    task = loop.create_task(look())
    loop.run_forever()
    loop.close()
    assert task.done()
    assert found == [None]


async def test_a_task_is_busy_unless_it_waits_or_has_ended() -> None:
    waiting = asyncio.create_task(waits_for_an_event())
    assert is_busy(waiting)  # It has not begun.
    await settle()
    assert not is_busy(waiting)
    waiting.cancel()
    await asyncio.wait({waiting})
    assert not is_busy(waiting)


async def test_a_task_whose_future_has_a_result_is_about_to_go_on() -> None:
    future = asyncio.get_running_loop().create_future()

    async def awaits() -> None:
        await future

    task = asyncio.create_task(awaits())
    await settle()
    assert not is_busy(task)
    future.set_result(None)
    assert is_busy(task)
    await task
