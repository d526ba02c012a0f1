"""Channels over many processes and machines, by way of Redis: ``falconws-channels[redis]``."""

try:
    import redis.asyncio  # noqa: F401 - to say what is missing
except ImportError as exc:
    raise ImportError(
        "RedisBroker needs redis: pip install falconws-channels[redis]."
    ) from exc

from .broker import RedisBroker

__all__ = ("RedisBroker",)
