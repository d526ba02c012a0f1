"""The asynchronous generators that were started, and are not over."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator, Iterator

import pytest

from falconws.testing.generators import StartedGenerators, place


async def numbers() -> AsyncIterator[int]:
    yield 1
    yield 2


@pytest.fixture
def started() -> Iterator[StartedGenerators]:
    generators = StartedGenerators()
    yield generators
    generators.stop()


async def test_a_generator_that_was_started_is_left_until_it_has_finished(
    started: StartedGenerators,
) -> None:
    started.watch()
    generator = numbers()
    assert started.left() == []
    assert await anext(generator) == 1
    assert started.left() == [generator]
    assert [number async for number in generator] == [2]
    assert started.left() == []


async def test_a_generator_that_is_closed_is_not_left(
    started: StartedGenerators,
) -> None:
    started.watch()
    generator = numbers()
    await anext(generator)
    await generator.aclose()  # type: ignore[attr-defined]
    assert started.left() == []


async def test_the_event_loop_goes_on_to_hear_of_generators(
    started: StartedGenerators,
) -> None:
    # It is what closes those that are left when it is shut down.
    hooks = sys.get_asyncgen_hooks()
    heard: list[object] = []
    sys.set_asyncgen_hooks(firstiter=heard.append)
    try:
        started.watch()
        generator = numbers()
        await anext(generator)
        started.stop()
        assert sys.get_asyncgen_hooks().firstiter == heard.append
    finally:
        sys.set_asyncgen_hooks(*hooks)
    assert heard == [generator]
    await generator.aclose()  # type: ignore[attr-defined]


async def test_afterwards_the_hooks_are_what_they_were(
    started: StartedGenerators,
) -> None:
    hooks = sys.get_asyncgen_hooks()
    started.watch()
    assert sys.get_asyncgen_hooks() != hooks
    assert sys.get_asyncgen_hooks().finalizer == hooks.finalizer
    started.stop()
    started.stop()
    assert sys.get_asyncgen_hooks() == hooks


async def test_a_generator_that_is_started_afterwards_is_none_of_its_business(
    started: StartedGenerators,
) -> None:
    started.watch()
    started.stop()
    generator = numbers()
    await anext(generator)
    assert started.left() == []
    await generator.aclose()  # type: ignore[attr-defined]


async def test_two_that_overlap_do_not_disturb_each_other() -> None:
    hooks = sys.get_asyncgen_hooks()
    first, second = StartedGenerators(), StartedGenerators()
    first.watch()
    second.watch()
    first.stop()
    generator = numbers()
    await anext(generator)
    assert first.left() == []
    assert second.left() == [generator]
    second.stop()
    await generator.aclose()  # type: ignore[attr-defined]
    sys.set_asyncgen_hooks(*hooks)


def test_without_an_event_loop_there_is_no_hook_to_go_on_to() -> None:
    started = StartedGenerators()
    started.watch()
    generator = numbers()
    try:
        with pytest.raises(StopIteration, match="1"):
            anext(generator).__await__().send(None)
        assert started.left() == [generator]
    finally:
        started.stop()
    asyncio.run(generator.aclose())  # type: ignore[attr-defined]
    assert started.left() == []


async def test_the_place_of_a_generator_is_the_line_that_it_is_at() -> None:
    generator = numbers()
    await anext(generator)
    assert "in numbers\n    yield 1" in place(generator)  # type: ignore[arg-type]
    await generator.aclose()  # type: ignore[attr-defined]
    assert place(generator) == "It has just come to its end."  # type: ignore[arg-type]
