"""Threads, as a message shows them."""

from __future__ import annotations

import threading

from falconws.testing.threads import stack_of_thread


def test_the_stack_of_a_thread_ends_with_where_it_is() -> None:
    inside, over = threading.Event(), threading.Event()

    def work_in_a_thread() -> None:
        inside.set()
        over.wait()

    thread = threading.Thread(target=work_in_a_thread)
    thread.start()
    inside.wait()
    stack = stack_of_thread(thread)
    over.set()
    thread.join()
    assert "in work_in_a_thread" in stack
    assert not stack.endswith("\n")


def test_a_thread_that_has_ended_or_was_not_started_is_nowhere() -> None:
    thread = threading.Thread(target=int)
    assert stack_of_thread(thread) == ""
    thread.start()
    thread.join()
    assert stack_of_thread(thread) == ""
