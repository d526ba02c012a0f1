import asyncio
import signal
import threading
from collections.abc import Callable, Iterator

import pytest

from falconws.core.lifecycle import DrainSignals

SIGNALS = [signal.SIGINT, signal.SIGTERM]


@pytest.fixture
def received() -> Iterator[list[int]]:
    """The signals that the previous handler, a harmless one, was called for."""
    numbers: list[int] = []
    before = {number: signal.getsignal(number) for number in SIGNALS}
    for number in SIGNALS:
        signal.signal(number, lambda number, frame: numbers.append(number))
    yield numbers
    for number, handler in before.items():
        signal.signal(number, handler)


class Started(asyncio.Event):
    """Counts how often the drain was asked for."""

    count = 0

    def start(self) -> None:
        self.count += 1
        self.set()


@pytest.mark.parametrize("number", SIGNALS)
async def test_a_signal_starts_the_drain_and_reaches_the_previous_handler(
    number: signal.Signals, received: list[int]
) -> None:
    previous = signal.getsignal(number)
    started = Started()
    signals = DrainSignals(started.start)
    signals.install()
    signal.raise_signal(number)
    assert received == [number]
    assert not started.is_set()  # it is for the loop, and not for the signal handler
    async with asyncio.timeout(5):
        await started.wait()
    signals.remove()
    assert signal.getsignal(number) is previous
    signal.raise_signal(number)
    assert received == [number, number]
    await asyncio.sleep(0)
    assert started.count == 1


async def test_a_signal_that_nobody_handles_is_left_to_the_system(
    received: list[int],
) -> None:
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signals = DrainSignals(Started().start)
    signals.install()
    assert signal.getsignal(signal.SIGTERM) == signal.SIG_DFL
    assert signal.getsignal(signal.SIGINT) == signal.SIG_IGN
    signals.remove()
    assert signal.getsignal(signal.SIGTERM) == signal.SIG_DFL


async def test_a_handler_that_came_after_keeps_the_signal_and_may_go_on_to_call_us(
    received: list[int],
) -> None:
    started = Started()
    signals = DrainSignals(started.start)
    signals.install()
    ours = signal.getsignal(signal.SIGTERM)
    assert callable(ours)
    chained: list[int] = []

    def theirs(number: int, frame: object) -> None:
        chained.append(number)
        ours(number, None)

    signal.signal(signal.SIGTERM, theirs)
    signals.remove()
    assert signal.getsignal(signal.SIGTERM) is theirs
    signal.raise_signal(signal.SIGTERM)
    assert chained == received == [signal.SIGTERM]
    await asyncio.sleep(0)
    assert started.count == 0


def test_a_signal_after_the_end_of_the_loop_reaches_the_previous_handler(
    received: list[int],
) -> None:
    started = Started()
    signals = DrainSignals(started.start)

    async def install() -> None:
        signals.install()

    asyncio.run(install())
    signal.raise_signal(signal.SIGTERM)
    assert received == [signal.SIGTERM]
    assert started.count == 0
    signals.remove()


def _in_a_thread(function: Callable[[], None]) -> None:
    thread = threading.Thread(target=function)
    thread.start()
    thread.join()


def test_signals_are_left_alone_in_a_thread_that_does_not_have_them(
    received: list[int],
) -> None:
    previous = signal.getsignal(signal.SIGTERM)
    signals = DrainSignals(Started().start)

    async def install() -> None:
        signals.install()
        assert signal.getsignal(signal.SIGTERM) is previous
        signals.remove()

    _in_a_thread(lambda: asyncio.run(install()))
    assert signal.getsignal(signal.SIGTERM) is previous
