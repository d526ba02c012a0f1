"""A real Redis, as the channels' own tests start it."""

from __future__ import annotations

import pytest

from packages.channels.tests.conftest import RedisServer, own_redis, redis_server

__all__ = ("own_redis", "redis_server", "redis_url")


@pytest.fixture
def redis_url(own_redis: RedisServer) -> str:
    """Give the address of a Redis that nobody else uses."""
    return own_redis.url
