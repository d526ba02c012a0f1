"""`EventStream`: a source of events, and how it is sent."""

from __future__ import annotations

import math
from collections.abc import AsyncIterable, AsyncIterator, Mapping
from typing import Any

from falconws.core.headers import header_name, header_value
from falconws.core.response.stream import check_stream, close_source

__all__ = ("EventStream",)

# Proxies cut a connection that is silent for 30 to 60 seconds.
_PING_INTERVAL = 15.0

# Not None: that is no limit.
_UNSET: Any = object()


class EventStream:
    """A source of events with options of its own: ``resp.sse = EventStream(events(), ping=5)``.

    Attributes:
        events: The source.
        ping: As the argument.
        retry: As the argument.
        send_timeout: In seconds; None for what the App has, `math.inf` for no limit.
        headers: By their names in small letters.
    """

    __slots__ = ("events", "headers", "ping", "retry", "send_timeout")

    def __init__(
        self,
        events: AsyncIterable[Any],
        *,
        ping: float | None = _PING_INTERVAL,
        retry: int | None = None,
        send_timeout: float | None = _UNSET,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        """Describe a stream.

        Args:
            events: What ``resp.sse`` takes: an asynchronous iterable.
            ping: Seconds of silence after which a comment is sent; None for none.
            retry: Milliseconds after which a client comes back; sent first. None leaves that
                to the client, which waits a few seconds.
            send_timeout: Seconds that a client may take to read what was sent, before it is
                taken for gone; None for no limit. Left out, it is the App's
                `ResponseOptions.send_timeout`, 30 seconds.
            headers: Set last: they win over those of the responder and of the stream.

        Raises:
            TypeError: ``events`` is no asynchronous iterable, or a number is none.
            ValueError: A number that is out of range, or a header that cannot be sent.
        """
        check_stream(events, "sse")
        self.events = events
        self.ping = None if ping is None else _positive("ping", ping)
        self.retry = None if retry is None else _milliseconds(retry)
        self.send_timeout: float | None = None
        if send_timeout is None:
            self.send_timeout = math.inf
        elif send_timeout is not _UNSET:
            self.send_timeout = _positive("send_timeout", send_timeout)
        self.headers = {
            header_name(name): header_value(name, value)
            for name, value in (headers or {}).items()
        }

    def __aiter__(self) -> AsyncIterator[Any]:
        """Iterate over the source."""
        return self.events.__aiter__()

    async def aclose(self) -> None:
        """Close the source."""
        await close_source(self.events)


def _positive(name: str, seconds: float) -> float:
    if isinstance(seconds, bool) or not isinstance(seconds, int | float):
        raise TypeError(
            f"EventStream's {name} is a number of seconds, not {seconds!r}."
        )
    if not seconds > 0:  # nor is NaN
        raise ValueError(
            f"EventStream's {name} is above 0, or None for no limit, not {seconds}."
        )
    return seconds


def _milliseconds(retry: int) -> int:
    if isinstance(retry, bool) or not isinstance(retry, int):
        raise TypeError(
            f"EventStream's retry is a number of milliseconds, not {retry!r}."
        )
    if retry < 0:
        raise ValueError(f"EventStream's retry is at least 0, not {retry}.")
    return retry
