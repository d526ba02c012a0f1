"""That what channels cost can be measured."""

from __future__ import annotations

import pytest

from benchmarks import channels


async def test_peers_deliver_everything_that_is_counted(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(channels, "DELIVERIES", 100)
    here = ("falconws", "gather")  # Others are no dependency of the tests.
    figures = await channels.measure(10, 1, None, here)
    assert (*figures,) == here
    assert all(each["rate"] > 0 for each in figures.values())
    assert all(0 < each["p99"] < float("inf") for each in figures.values())


async def test_what_a_message_and_a_subscription_cost_can_be_measured() -> None:
    assert await channels.cost_of_nobody(None, 10) > 0
    # A subscription has a queue, a task and a future.
    assert 500 < await channels.memory_of_a_subscription(50) < 50_000
