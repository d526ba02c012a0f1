import asyncio

import pytest

from falconws.core import Connections
from falconws.testing import clock


class Connection:
    """A connection whose responder returns when it is told to end, unless it is stubborn."""

    def __init__(
        self,
        connections: Connections,
        *,
        stubborn: bool = False,
        deaf: bool = False,
        failing: bool = False,
        goes_on: bool = False,
    ) -> None:
        self._connections = connections
        self._stubborn = stubborn
        self._deaf = deaf
        self._failing = failing
        self._goes_on = goes_on
        self._told = asyncio.Event()
        self.forever = asyncio.Event()
        self.sweeps = 0
        self.log: list[str] = []
        self.task = asyncio.create_task(self._serve())
        connections.add(self)

    async def _serve(self) -> None:
        try:
            await self._told.wait()
            if self._stubborn:
                await self.forever.wait()
            if self._goes_on:
                for _ in range(5):
                    await asyncio.sleep(0)  # as one that sends its last event does
        finally:
            self._connections.remove(self)
        if self._goes_on:
            await self.forever.wait()

    def sweep(self) -> None:
        self.sweeps += 1

    async def end(self) -> None:
        self.log.append("end")
        if self._failing:
            raise ConnectionResetError
        if self._deaf:
            await self.forever.wait()
        self._told.set()

    def cancel(self) -> None:
        self.log.append("cancel")
        self.task.cancel()


async def drained(
    connections: Connections, grace: float = 5.0, jitter: float = 0.0
) -> float:
    """Give the seconds that a drain took."""
    with clock() as time:
        draining = asyncio.create_task(connections.drain(grace, jitter))
        await time.advance(0)
        while not draining.done():
            await time.advance_to_next()
        await draining
        return time.elapsed


async def test_a_drain_with_nothing_open_is_over_and_lets_nothing_in() -> None:
    connections = Connections()
    assert not connections.draining
    assert await drained(connections) == 0
    assert connections.draining
    connections.reset()
    assert not connections.draining


@pytest.mark.parametrize("jitter", [0.0, 3.0])
async def test_connections_are_told_to_end_and_waited_for(jitter: float) -> None:
    connections = Connections()
    several = [Connection(connections) for _ in range(5)]
    assert len(connections) == 5
    assert await drained(connections, jitter=jitter) <= jitter
    assert len(connections) == 0
    assert all(connection.log == ["end"] for connection in several)
    assert all(connection.task.done() for connection in several)


async def test_the_ends_are_spread_over_the_jitter() -> None:
    connections = Connections()
    for _ in range(50):
        Connection(connections)
    with clock() as time:
        draining = asyncio.create_task(connections.drain(grace=5, jitter=3))
        await time.advance(1.5)
        assert 0 < len(connections) < 50
        await time.advance(1.5)
        assert len(connections) == 0
        await draining


@pytest.mark.parametrize(
    ("kind", "seconds"), [("stubborn", 3.0), ("deaf", 3.0), ("failing", 0.0)]
)
async def test_what_does_not_end_by_itself_is_cancelled(
    kind: str, seconds: float
) -> None:
    connections = Connections()
    one = Connection(
        connections,
        stubborn=kind == "stubborn",
        deaf=kind == "deaf",
        failing=kind == "failing",
    )
    other = Connection(connections)
    assert await drained(connections, grace=3) == seconds
    assert one.log == ["end", "cancel"]
    assert one.task.cancelled()
    assert other.log == ["end"]
    assert len(connections) == 0


async def test_what_ended_before_its_turn_is_left_alone() -> None:
    connections = Connections()
    connection = Connection(connections)
    with clock() as time:
        draining = asyncio.create_task(connections.drain(grace=5, jitter=3))
        await time.advance(0)
        connections.remove(connection)
        await time.advance(3)
        await draining
    assert connection.log == []
    connection.task.cancel()


async def test_a_task_that_goes_on_after_its_connection_ended_is_left_alone() -> None:
    """As that of a server which answers the next request on the same connection."""
    connections = Connections()
    connection = Connection(connections, goes_on=True)
    assert await drained(connections, grace=3) == 0
    assert connection.log == ["end"]
    connection.forever.set()
    await connection.task


async def test_several_drains_at_once_are_one() -> None:
    connections = Connections()
    ending, stubborn = Connection(connections), Connection(connections, stubborn=True)
    with clock() as time:
        drains = [asyncio.create_task(connections.drain(3, 0)) for _ in range(3)]
        await time.advance(2.9)
        assert ending.task.done()
        assert not ending.task.cancelled()
        assert not stubborn.task.done()
        await time.advance(0.1)
        await asyncio.gather(*drains)
    assert stubborn.task.cancelled()


async def test_what_asks_for_a_drain_does_not_wait_for_itself() -> None:
    connections = Connections()
    other = Connection(connections)

    class Own:
        task = asyncio.current_task()

        def sweep(self) -> None: ...

        async def end(self) -> None: ...

        def cancel(self) -> None:
            raise AssertionError("It is what asks.")

    connections.add(Own())  # type: ignore[arg-type]
    async with asyncio.timeout(5):
        await connections.drain(5, 0)
    assert other.log == ["end"]


async def _swept(connections: Connections) -> None:
    """See that a connection is swept every fifth of a second."""
    connection = Connection(connections)
    with clock() as time:
        await time.advance(0.1)
        assert connection.sweeps == 0
        await time.advance(1)
        assert connection.sweeps == 5
    connection.task.cancel()
    await asyncio.wait([connection.task], timeout=5)


def test_what_is_open_is_swept_again_and_again_on_each_loop_it_is_on() -> None:
    connections = Connections()
    asyncio.run(_swept(connections))
    assert len(connections) == 0
    asyncio.run(_swept(connections))  # whose timer is not the one of the first loop


async def test_what_opens_after_a_time_without_connections_is_swept() -> None:
    connections = Connections()
    connection = Connection(connections)
    connections.remove(connection)
    with clock() as time:
        await time.advance(1)  # in which it finds that nothing is open
        assert time.next_timer is None
    assert connection.sweeps == 0
    await _swept(connections)
    connection.task.cancel()


async def test_a_reset_forgets_what_was_open() -> None:
    connections = Connections()
    connection = Connection(connections)
    connections.reset()
    connections.reset()
    assert len(connections) == 0
    connection.task.cancel()
