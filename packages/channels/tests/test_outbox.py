"""What waits for a subscriber, and what is dropped."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from falconws.channels import (
    Gap,
    Item,
    Joined,
    Kind,
    Message,
    Outbox,
    Position,
    Recovered,
    latest,
)
from falconws.channels.outbox import Queue


def message(offset: int, size: int = 1, channel: str = "news") -> Message:
    return Message(channel, Position("e", offset), Kind.BINARY, bytes(size))


def gap(offset: int, dropped: int | None, channel: str = "news") -> Gap:
    return Gap(channel, Position("e", offset), dropped)


def filled(outbox: Outbox, *messages: Message) -> Queue:
    queue = Queue(outbox)
    for each in messages:
        queue.put(each)
    return queue


def emptied(queue: Queue) -> list[Any]:
    """Take everything; messages are given as their offsets."""
    items: list[Any] = []
    while (item := queue.pop()) is not None:
        items.append(item.position.offset if isinstance(item, Message) else item)
    assert not queue
    assert (len(queue), queue.bytes) == (0, 0)
    return items


def test_256_messages_and_a_mebibyte_wait_by_default_and_the_oldest_goes() -> None:
    assert Outbox() == Outbox(256, 1024 * 1024, "drop_oldest")


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"messages": 0}, "messages is at least 1, not 0"),
        ({"bytes": 0}, "bytes is at least 1, not 0"),
        ({"policy": "drop"}, "'drop_oldest', 'drop_newest', 'disconnect', or latest"),
    ],
)
def test_an_outbox_that_makes_no_sense_is_refused(settings: Any, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        Outbox(**settings)


def test_what_fits_comes_out_in_order() -> None:
    queue = filled(Outbox(messages=3), *map(message, (1, 2, 3)))
    assert (len(queue), queue.bytes, bool(queue)) == (3, 3, True)
    assert emptied(queue) == [1, 2, 3]
    assert queue.dropped == 0


def test_the_oldest_goes_first_and_a_gap_stands_in_its_place() -> None:
    queue = filled(Outbox(messages=3), *map(message, (1, 2, 3, 4, 5)))
    assert queue.dropped == 2
    assert emptied(queue) == [gap(2, 2), 3, 4, 5]


def test_the_newest_goes_first_and_a_gap_stands_in_its_place() -> None:
    queue = filled(
        Outbox(messages=2, policy="drop_newest"), *map(message, (1, 2, 3, 4))
    )
    assert queue.pop() is not None
    queue.put(message(5))
    queue.put(message(6))
    assert queue.dropped == 3
    assert emptied(queue) == [2, gap(4, 2), 5, gap(6, 1)]


def test_bytes_count_as_well_as_messages() -> None:
    queue = filled(Outbox(bytes=10), message(1, 4), message(2, 6), message(3, 5))
    assert emptied(queue) == [gap(2, 2), 3]
    queue = filled(Outbox(bytes=10), message(1, 4), message(2, 6))
    assert emptied(queue) == [1, 2]


@pytest.mark.parametrize("policy", ["drop_oldest", "disconnect"])
def test_a_message_that_is_larger_than_all_waits_alone(policy: Any) -> None:
    outbox = Outbox(bytes=10, policy=policy)
    assert emptied(filled(outbox, message(1, 11))) == [1]
    queue = filled(outbox, message(1), message(2, 11))
    assert queue.overflowed == (policy == "disconnect")
    assert emptied(queue) == ([] if queue.overflowed else [gap(1, 1), 2])


def test_to_disconnect_forgets_what_waited() -> None:
    queue = filled(Outbox(messages=2, policy="disconnect"), message(1), message(2))
    assert not queue.overflowed
    queue.put(message(3))
    assert queue.overflowed
    assert emptied(queue) == []


def test_gaps_are_told_apart_by_channel() -> None:
    several = [message(1), message(1, channel="sport"), message(2), message(3)]
    queue = filled(Outbox(messages=1), *several)
    assert emptied(queue) == [gap(2, 2), gap(1, 1, "sport"), 3]


def test_a_notice_keeps_its_place_and_takes_no_room() -> None:
    queue = filled(Outbox(messages=2), message(1))
    recovered = Recovered("news", Position("e", 1), 0)
    queue.put_notice(recovered)
    queue.put_notice(gap(5, None))
    queue.put_notice(gap(6, 1))
    queue.put(message(7))
    assert emptied(queue) == [1, recovered, gap(6, None), 7]


def test_a_gap_that_messages_are_dropped_behind_becomes_one_with_them() -> None:
    queue = filled(Outbox(messages=2), message(1))
    queue.put_notice(Recovered("news", Position("e", 1), 0))
    queue.put_notice(gap(5, 4))
    for offset in (6, 7, 8):
        queue.put(message(offset))
    assert emptied(queue) == [gap(6, 6), 7, 8]


def by_size(message: Message) -> int:
    return message.size


def test_the_latest_of_a_key_takes_the_place_of_the_one_before_without_a_gap() -> None:
    queue = filled(
        Outbox(policy=latest(by_size)),
        message(1, 1),
        message(2, 2),
        message(3, 1),
        message(1, 1, "sport"),
    )
    assert (len(queue), queue.bytes, queue.replaced, queue.dropped) == (3, 4, 1, 0)
    assert emptied(queue) == [2, 3, 1]


def test_of_too_many_keys_the_oldest_goes() -> None:
    outbox = Outbox(messages=2, policy=latest(by_size))
    queue = filled(outbox, message(1, 1), message(2, 2), message(3, 3), message(4, 2))
    assert (queue.replaced, queue.dropped) == (1, 1)
    assert emptied(queue) == [gap(1, 1), 3, 4]


def test_what_was_taken_is_not_replaced() -> None:
    queue = filled(Outbox(policy=latest(by_size)), message(1, 1))
    assert emptied(queue) == [1]
    queue.put(message(2, 1))
    assert queue.replaced == 0
    assert emptied(queue) == [2]


POLICIES = st.sampled_from(["drop_oldest", "drop_newest"])


@given(
    POLICIES,
    st.integers(1, 4),
    st.integers(1, 12),
    st.lists(st.one_of(st.none(), st.integers(0, 6)), max_size=60),
)
def test_whatever_is_taken_when_nothing_is_missing_without_a_gap(
    policy: Any, messages: int, size: int, steps: list[int | None]
) -> None:
    """A number is the size of a message to be put, None is to take one."""
    queue = Queue(Outbox(messages, size, policy))
    taken: list[Item] = []
    offset = 0
    for step in [*steps, *[None] * (len(steps) + 5)]:
        if step is None:
            if (item := queue.pop()) is not None:
                taken.append(item)
        else:
            offset += 1
            queue.put(message(offset, step))
        assert len(queue) <= messages
        assert queue.bytes <= size or len(queue) == 1
    assert not queue
    last = dropped = 0
    for item in taken:
        assert item.position is not None
        if isinstance(item, Gap):
            assert item.dropped == item.position.offset - last
            dropped += item.dropped
        else:
            assert item.position.offset == last + 1
        last = item.position.offset
    assert last == offset
    assert dropped == queue.dropped


def change(user: str, channel: str = "news") -> Joined:
    return Joined(channel, None, user)


def test_a_gap_takes_no_more_room_the_more_there_are_of_several_channels() -> None:
    outbox = Outbox(messages=1, policy="drop_newest")
    queue = filled(outbox, message(1))
    for offset in range(2, 100):
        queue.put(message(offset))
        queue.put(message(offset, channel="sport"))
    assert emptied(queue) == [1, gap(99, 98), gap(99, 98, "sport")]


def test_a_gap_is_not_joined_with_one_before_a_message_of_its_channel() -> None:
    outbox = Outbox(messages=2, policy="drop_newest")
    queue = filled(outbox, message(1), message(2), message(3))
    assert queue.pop() is not None
    queue.put(message(1, channel="sport"))
    queue.put(message(4))
    queue.put(message(2, channel="sport"))
    assert emptied(queue) == [2, gap(4, 2), 1, gap(2, 1, "sport")]
    queue.put(message(5))
    queue.put(message(6))
    queue.put(message(7))
    assert emptied(queue) == [5, 6, gap(7, 1)]
    queue.put(message(8))
    queue.put(message(9))
    queue.put(message(10))
    assert queue.pop() is not None
    queue.put(message(11))
    queue.put(message(12))
    assert emptied(queue) == [9, gap(10, 1), 11, gap(12, 1)]


def test_changes_of_presence_keep_their_place_and_take_no_room() -> None:
    queue = filled(Outbox(messages=2), message(1))
    queue.put_change(change("ann"))
    queue.put(message(2))
    assert (len(queue), queue.dropped) == (2, 0)
    assert emptied(queue) == [1, change("ann"), 2]


def test_changes_of_presence_are_not_lost_with_the_messages_behind_them() -> None:
    queue = Queue(Outbox(messages=2))
    queue.put_change(change("ann"))
    queue.put(message(1))
    queue.put_change(change("bob"))
    for offset in (2, 3, 4):
        queue.put(message(offset))
    assert queue.pop() == gap(2, 2)
    assert queue
    assert emptied(queue) == [change("ann"), change("bob"), 3, 4]


@pytest.mark.parametrize("policy", ["drop_oldest", "drop_newest", latest(by_size)])
def test_of_too_many_changes_the_oldest_goes_and_a_gap_without_a_place_says_so(
    policy: Any,
) -> None:
    queue = Queue(Outbox(messages=2, policy=policy))
    queue.put(message(1))
    for user in ("ann", "bob"):
        queue.put_change(change(user))
    assert queue.pop() is not None
    queue.put_change(change("cid"))
    queue.put_change(change("dan", "sport"))
    queue.put_change(change("eve", "sport"))
    nowhere = Gap("news", None)
    assert emptied(queue) == [nowhere, change("dan", "sport"), change("eve", "sport")]
    for user in ("ann", "bob"):
        queue.put_change(change(user))
    assert emptied(queue) == [change("ann"), change("bob")]


def test_changes_that_were_put_before_messages_count_as_well() -> None:
    queue = Queue(Outbox(messages=2))
    for user in ("ann", "bob"):
        queue.put_change(change(user))
    for offset in (1, 2, 3):
        queue.put(message(offset))
    queue.put_change(change("cid"))
    assert queue.pop() == gap(1, None)
    assert queue.pop() == change("bob")
    queue.put_change(change("dan"))
    queue.put_change(change("eve"))
    assert emptied(queue) == [Gap("news", None), 2, 3, change("dan"), change("eve")]


def test_too_many_changes_disconnect_where_too_many_messages_do() -> None:
    queue = Queue(Outbox(messages=2, policy="disconnect"))
    for user in ("ann", "bob"):
        queue.put_change(change(user))
    assert not queue.overflowed
    queue.put_change(change("cid"))
    assert queue.overflowed
    assert emptied(queue) == []


def test_to_disconnect_forgets_changes_and_gaps_too() -> None:
    queue = filled(Outbox(messages=1, policy="disconnect"))
    queue.put_change(change("ann"))
    queue.put_notice(gap(1, 1))
    queue.put(message(2))
    queue.put(message(3))
    assert emptied(queue) == []
    queue.put_notice(gap(4, 1))
    queue.put_change(change("bob"))
    assert emptied(queue) == [gap(4, 1), change("bob")]


def test_what_a_subscriber_has_already_is_taken_out() -> None:
    queue = filled(Outbox(messages=9), *map(message, (1, 2, 3)))
    queue.put(message(1, channel="sport"))
    queue.put_change(change("ann"))
    queue.skip("news", Position("e", 2))
    assert (len(queue), queue.bytes) == (2, 2)
    assert emptied(queue) == [3, 1, change("ann")]
    queue.put(message(1))
    queue.skip("news", Position("other", 2))
    assert emptied(queue) == [1]


@given(POLICIES, st.integers(1, 6), st.integers(0, 8))
def test_a_gap_does_not_count_what_a_subscriber_has_already(
    policy: Any, room: int, known: int
) -> None:
    queue = filled(Outbox(room, policy=policy), *map(message, range(1, 9)))
    queue.skip("news", Position("e", known))
    last = known
    while (item := queue.pop()) is not None:
        assert item.position is not None
        if isinstance(item, Gap):
            assert item.dropped == item.position.offset - last
        else:
            assert item.position.offset == last + 1
        last = item.position.offset
    assert last == 8
    assert (len(queue), queue.bytes) == (0, 0)


def test_a_gap_that_cannot_be_counted_stays_so() -> None:
    queue = Queue(Outbox())
    queue.put_notice(gap(5, None))
    queue.skip("news", Position("e", 3))
    assert emptied(queue) == [gap(5, None)]
    queue.put_notice(gap(5, None))
    queue.skip("news", Position("e", 5))
    assert emptied(queue) == []
