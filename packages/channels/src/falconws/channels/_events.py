"""A subscription as the source of an event stream."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

from .message import event
from .position import Position
from .subscription import Subscription

__all__ = ("events_of",)

# Items that an event stream sends together, at the most.
_BATCH = 100


async def events_of(subscription: Subscription, told: str | None) -> AsyncIterator[Any]:
    """Give what a subscription gets, and first the place of a channel that is to be told."""
    async with subscription:
        if told is not None:
            yield _Place(subscription.begun[told])
        while (item := await subscription.next()) is not None:
            items = [item]
            # What is ready together is sent together.
            while len(items) < _BATCH and (item := subscription.pop()) is not None:
                items.append(item)
            yield items


class _Place:
    """An event that tells a client where a channel is, and is not dispatched."""

    __slots__ = ("_position",)

    def __init__(self, position: Position) -> None:
        self._position = position

    def serialize(self, handler: object = None) -> bytes:
        return event(None, None, str(self._position))
