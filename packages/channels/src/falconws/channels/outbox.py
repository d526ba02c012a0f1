"""`Outbox`: what waits for a subscriber, and what is dropped when it does not keep up."""

from __future__ import annotations

from collections import OrderedDict, deque
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from typing import Literal

from .message import Gap, Message, Notice, gap_between
from .position import Position
from .presence import Change

__all__ = ("Item", "Latest", "Outbox", "Queue", "latest")

Item = Message | Notice
"""What a subscriber gets."""


@dataclass(frozen=True, slots=True)
class Latest:
    """The policy that keeps one message of each key; made by `latest`."""

    key: Callable[[Message], Hashable]


def latest(key: Callable[[Message], Hashable]) -> Latest:
    """Let a message take the place of one with the same key that still waits.

    It is for state: prices, positions, who is typing. What is replaced by something newer is
    not missing, so no gap is announced for it. Beyond the limits the oldest is dropped.

    Args:
        key: Gives what a message is about: ``lambda message: message.data["symbol"]``. Keys of
            different channels are different.
    """
    return Latest(key)


Policy = Literal["drop_oldest", "drop_newest", "disconnect"] | Latest


@dataclass(frozen=True, slots=True)
class Outbox:
    """How much may wait for a subscriber, and what becomes of what is too much.

    Attributes:
        messages: How many messages may wait, from 1; and how many changes of presence.
        bytes: How many bytes of messages may wait, from 1. A message that is larger by itself
            waits alone.
        policy: What is done with more: ``'drop_oldest'`` of those that wait, ``'drop_newest'``,
            which is the one that comes, or ``'disconnect'`` the subscriber, a WebSocket with
            1013; or a `latest`. A `Gap` is put where messages were dropped.
    """

    messages: int = 256
    bytes: int = 1024 * 1024
    policy: Policy = "drop_oldest"

    def __post_init__(self) -> None:
        for name in ("messages", "bytes"):
            value = getattr(self, name)
            if value < 1:
                raise ValueError(f"Outbox's {name} is at least 1, not {value}.")
        if not isinstance(self.policy, Latest) and self.policy not in _POLICIES:
            raise ValueError(
                f"Outbox's policy is one of {', '.join(map(repr, _POLICIES))}, or latest(key), "
                f"not {self.policy!r}."
            )


_POLICIES = ("drop_oldest", "drop_newest", "disconnect")


class Queue:
    """What waits for one subscriber.

    Marks take no room in it. There is a gap at the most for each channel at the front, and
    behind it one for each run of messages that were dropped. Of changes of presence as many
    wait as of messages.

    Attributes:
        bytes: How many bytes of messages wait.
        dropped: How many messages were dropped, ever.
        replaced: How many were replaced by newer ones of their key, ever.
        overflowed: Whether the policy is to disconnect, and there was too much.
    """

    __slots__ = (
        "_changes",
        "_count",
        "_first_changes",
        "_front",
        "_items",
        "_last_gaps",
        "_number",
        "_outbox",
        "bytes",
        "dropped",
        "overflowed",
        "replaced",
    )

    def __init__(self, outbox: Outbox) -> None:
        self._outbox = outbox
        # In the order that they are taken in: by a number each, and by what they are about
        # where only the latest of that is kept.
        self._items: OrderedDict[Hashable, Item] = OrderedDict()
        self._number = 0
        self._count = 0  # of messages
        # Gaps in front of everything, by channel; behind them the changes of presence that
        # stood before a message that was dropped.
        self._front: dict[str, Gap] = {}
        self._first_changes: deque[Change] = deque()
        self._changes = 0  # how many there are, there and among the items
        # The number of the last gap of each channel that no message of it has followed.
        self._last_gaps: dict[str, int] = {}
        self.bytes = 0
        self.dropped = 0
        self.replaced = 0
        self.overflowed = False

    def __len__(self) -> int:
        return self._count

    def __bool__(self) -> bool:
        return bool(self._items or self._front or self._first_changes)

    def put(self, message: Message) -> None:
        """Add a message, or drop one, by the policy."""
        policy = self._outbox.policy
        key: Hashable
        if isinstance(policy, Latest):
            key = message.channel, policy.key(message)
            replaced = self._items.pop(key, None)
            if isinstance(replaced, Message):
                self._forget(replaced)
                self.replaced += 1
        else:
            key = self._next_number()
        if not self._fits(message):
            if policy == "disconnect":
                self.overflowed = True
                self._clear()
                return
            if policy == "drop_newest":
                self.dropped += 1
                self.put_notice(Gap(message.channel, message.position, 1))
                return
            while self._count and not self._fits(message):
                self._drop_first()
        if self._last_gaps:
            self._last_gaps.pop(message.channel, None)
        self._items[key] = message
        self._count += 1
        self.bytes += message.size

    def put_notice(self, notice: Notice) -> None:
        """Add what is told of a channel."""
        number = self._next_number()
        if isinstance(notice, Gap):
            last = self._last_gaps.get(notice.channel)
            before = self._items.get(last)
            if isinstance(before, Gap):
                assert last is not None
                self._items[last] = _joined(before, notice)
                return
            self._last_gaps[notice.channel] = number
        self._items[number] = notice

    def put_change(self, change: Change) -> None:
        """Add who has come or gone; of too many the oldest is dropped."""
        outbox = self._outbox
        if self._changes >= outbox.messages:
            if outbox.policy == "disconnect":
                self.overflowed = True
                self._clear()
                return
            self._drop_change()
        self._changes += 1
        self._items[self._next_number()] = change

    def skip(self, channel: str, place: Position) -> None:
        """Take out what a subscriber has of a channel already, up to a place."""
        is_first = True
        gap = self._front.pop(channel, None)
        if gap is not None and not _is_up_to(gap, place):
            self._front[channel] = _behind(place, gap)
            is_first = False
        for key, item in list(self._items.items()):
            if item.channel != channel or isinstance(item, Change):
                continue
            if _is_up_to(item, place):
                del self._items[key]
                if isinstance(item, Message):
                    self._forget(item)
                continue
            if is_first and isinstance(item, Gap):
                self._items[key] = _behind(place, item)
            is_first = False

    def pop(self) -> Item | None:
        """Take the next item; None if nothing waits."""
        if self._front:
            return self._front.pop(next(iter(self._front)))
        if self._first_changes:
            self._changes -= 1
            return self._first_changes.popleft()
        if not self._items:
            return None
        item = self._items.popitem(last=False)[1]
        if isinstance(item, Message):
            self._forget(item)
        elif isinstance(item, Change):
            self._changes -= 1
        return item

    def _next_number(self) -> int:
        self._number += 1
        return self._number

    def _fits(self, message: Message) -> bool:
        outbox = self._outbox
        if self._count == 0:
            return True
        return (
            self._count < outbox.messages and self.bytes + message.size <= outbox.bytes
        )

    def _forget(self, message: Message) -> None:
        self._count -= 1
        self.bytes -= message.size

    def _drop_first(self) -> None:
        """Drop the oldest message; marks that stand before it go to the front."""
        while True:
            item = self._items.popitem(last=False)[1]
            if isinstance(item, Message):
                self._forget(item)
                self.dropped += 1
                item = Gap(item.channel, item.position, 1)
                self._note(item)
                return
            # That all has been recovered is not said where something is missing again.
            if isinstance(item, Gap):
                self._note(item)
            elif isinstance(item, Change):
                self._first_changes.append(item)

    def _drop_change(self) -> None:
        """Drop the oldest change of presence; a gap without a place says so."""
        self._changes -= 1
        if self._first_changes:
            change = self._first_changes.popleft()
        else:
            changes = ((k, v) for k, v in self._items.items() if isinstance(v, Change))
            key, change = next(changes)
            del self._items[key]
        self._note(Gap(change.channel, None))

    def _note(self, gap: Gap) -> None:
        before = self._front.get(gap.channel)
        self._front[gap.channel] = gap if before is None else _joined(before, gap)

    def _clear(self) -> None:
        self._items.clear()
        self._front.clear()
        self._first_changes.clear()
        self._last_gaps.clear()
        self._count = self._changes = self.bytes = 0


def _joined(first: Gap, second: Gap) -> Gap:
    """Make one gap of two that follow each other."""
    both = None
    if first.dropped is not None and second.dropped is not None:
        both = first.dropped + second.dropped
    return Gap(second.channel, second.position or first.position, both)


def _behind(place: Position, gap: Gap) -> Gap:
    """Let a gap begin behind a place, of which it has counted what comes before as well."""
    if gap.dropped is None or gap.position is None:
        return gap
    return gap_between(gap.channel, place, gap.position)


def _is_up_to(item: Item, place: Position) -> bool:
    """Say whether a message, or a gap, goes no further than a place."""
    position = item.position
    if position is None or position.epoch != place.epoch:
        return False
    return position.offset <= place.offset
