"""A message that goes to a subscriber who waits for it, past the outbox."""

from __future__ import annotations

import asyncio

import pytest

from falconws.channels import Channels, Item, Message, Outbox


async def test_what_was_handed_over_is_not_lost_when_the_wait_is_cancelled() -> None:
    async with Channels() as channels, channels.subscribe("news") as news:
        waiting = asyncio.create_task(news.next())
        await asyncio.sleep(0)
        await channels.publish("news", "one")
        await channels.publish("news", "two")
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting
        assert [(await news.next()).data for _ in range(2)] == ["one", "two"]  # type: ignore[union-attr]
        assert news.delivered == 2


async def test_a_wait_that_is_cancelled_before_anything_came_takes_nothing() -> None:
    async with Channels() as channels, channels.subscribe("news") as news:
        waiting = asyncio.create_task(news.next())
        await asyncio.sleep(0)
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting
        await channels.publish("news", "one")
        assert isinstance(item := await news.next(), Message)
        assert item.data == "one"


async def test_a_wait_that_is_cancelled_at_the_end_takes_nothing() -> None:
    async with Channels() as channels, channels.subscribe("news") as news:
        waiting = asyncio.create_task(news.next())
        await asyncio.sleep(0)
        news.end()
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting
        assert await news.next() is None


async def test_what_comes_behind_a_message_that_was_handed_over_waits_in_order() -> (
    None
):
    outbox = Outbox(messages=2)
    got: list[Item] = []
    async with Channels() as channels:
        async with channels.subscribe("news", got.append, outbox=outbox):
            await asyncio.sleep(0)
            for number in range(3):
                await channels.publish("news", f"{number}")
            await asyncio.sleep(0)
            await asyncio.sleep(0)
    assert [item.data for item in got if isinstance(item, Message)] == ["0", "1", "2"]
