from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest

from falconws import testing
from falconws.channels import Broker, MemoryBroker, Message, Position
from falconws.channels.contract import BrokerContract, Recorder
from falconws.channels.message import Kind

if TYPE_CHECKING:
    from .conftest import RedisServer


class TestMemoryBroker(BrokerContract):
    shares = False

    async def make_broker(self, **options: Any) -> Broker:
        return MemoryBroker(**options)

    async def pass_time(self, seconds: float) -> None:
        with testing.clock() as clock:
            await clock.advance(seconds)


class TestRedisBroker(BrokerContract):
    @pytest.fixture(autouse=True)
    def _connect(self, redis_server: RedisServer) -> None:
        self.url = redis_server.url

    async def make_broker(self, **options: Any) -> Broker:
        from falconws.channels.redis import RedisBroker

        return RedisBroker(self.url, timeout=20, **options)


async def test_a_contract_asks_how_its_broker_is_made() -> None:
    class TestNothing(BrokerContract):
        pass

    with pytest.raises(NotImplementedError, match="TestNothing has to say how"):
        await TestNothing().make_broker()


async def test_time_passes_by_itself_where_nobody_moves_it() -> None:
    loop = asyncio.get_running_loop()
    before = loop.time()
    await BrokerContract().pass_time(0.01)
    assert loop.time() - before >= 0.01


async def test_a_recorder_waits_until_something_has_come() -> None:
    recorder = Recorder()
    waiting = asyncio.create_task(recorder.until_offset("news", 2))
    for offset in 1, 1, 2:
        await asyncio.sleep(0)
        assert not waiting.done()
        message = Message("news", Position("e", offset), Kind.TEXT, b"")
        recorder.received(message)
    await waiting
    assert recorder.offsets("news") == [1, 2]
    assert recorder.offsets("other") == []
