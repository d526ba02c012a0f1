"""A limit on how many messages a client sends."""

from __future__ import annotations

__all__ = ("TokenBucket",)


class TokenBucket:
    """Holds a token for each message that may come; they come back at a constant rate."""

    __slots__ = ("_burst", "_rate", "_time", "_tokens")

    def __init__(self, rate: float, burst: int) -> None:
        """Begin with a full bucket.

        Args:
            rate: How many tokens come back in a second.
            burst: How many it holds.
        """
        self._rate = rate
        self._burst = burst
        self._tokens = float(burst)
        self._time: float | None = None

    def take(self, now: float) -> bool:
        """Take a token, and say whether there was one.

        Args:
            now: The time in seconds, of any clock that only goes forward.
        """
        if self._time is not None:
            earned = (now - self._time) * self._rate
            self._tokens = min(self._tokens + earned, self._burst)
        self._time = now
        if self._tokens < 1:
            return False
        self._tokens -= 1
        return True
