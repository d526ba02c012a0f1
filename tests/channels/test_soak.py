"""Many processes and subscribers, of which none misses anything without being told."""

from __future__ import annotations

from .soak import soak

# The whole of it takes 30 seconds: python -m tests.channels.soak. This is the same for a few.
SECONDS = 6.0


def test_nothing_is_lost_in_silence_with_four_processes_and_one_of_them_killed(
    redis_url: str,
) -> None:
    account = soak(redis_url, SECONDS)
    assert account.faults == []
    assert account.refused == 0
    assert account.delivered > 10_000
    assert account.resumed > 100
