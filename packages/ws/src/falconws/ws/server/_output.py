"""The way to the client: one write for a burst of frames, a wait for clients that do not read, an end."""

from __future__ import annotations

import asyncio

__all__ = ("Output",)

# How many bytes of frames are kept for one write. More than that fills a socket's buffer, and
# whether the client reads must be learned from the transport.
_MOST_CORKED = 65536


class Output(asyncio.Protocol):
    """Writes to a transport, and closes it."""

    __slots__ = (
        "_corked",
        "_corked_size",
        "_drainers",
        "_has_written",
        "_is_flushing",
        "_is_write_paused",
        "_left_behind",
        "_loop",
        "_timer",
        "_transport",
    )

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._transport: asyncio.Transport = None  # type: ignore[assignment]

        # Frames for the next write, and whether one is on its way in this turn of the loop.
        self._corked: list[bytes] | None = None
        self._corked_size = 0
        self._has_written = False
        self._is_flushing = False

        self._is_write_paused = False
        self._drainers: list[asyncio.Future[None]] | None = None

        self._timer: asyncio.TimerHandle | None = None
        self._left_behind = 0

    # What is written.

    def _cork(self, frame: bytes) -> None:
        """Write a frame together with what else is written in this turn of the loop."""
        if self._corked is None:
            self._corked = []
            self._corked_size = 0
            self._has_written = True  # What follows must not overtake it.
            if not self._is_flushing:
                self._is_flushing = True
                self._loop.call_soon(self._end_turn)
        self._corked.append(frame)
        self._corked_size += len(frame)
        if self._corked_size > _MOST_CORKED:
            self._flush()

    def _end_turn(self) -> None:
        self._is_flushing = False
        self._flush()
        self._has_written = False

    def _flush(self) -> None:
        corked, self._corked = self._corked, None
        # asyncio logs a warning for each write to a client that it has found to be gone.
        if corked is not None and not self._transport.is_closing():
            self._transport.write(b"".join(corked))

    def _write(self, octets: bytes) -> None:
        """Write at once, behind what was corked."""
        if self._corked is not None:
            self._flush()
        self._transport.write(octets)

    # A client that does not read.

    def pause_writing(self) -> None:
        """Have who sends wait, as the transport has more than it should."""
        self._is_write_paused = True

    def resume_writing(self) -> None:
        """Let them go on."""
        self._is_write_paused = False
        drainers, self._drainers = self._drainers, None
        for drainer in drainers or ():
            if not drainer.done():
                drainer.set_result(None)

    async def _drained(self) -> None:
        """Wait until the client reads, or is gone."""
        while self._is_write_paused:
            drainer = self._loop.create_future()
            if self._drainers is None:
                self._drainers = []
            self._drainers.append(drainer)
            await drainer

    # The end.

    def _end_output(self, seconds: float, is_half: bool = False) -> None:
        """Close the transport when all is written; break off when nothing moves any more.

        Args:
            seconds: How long a client may take to read some of what it was sent; and for the
                last time, to close its side.
            is_half: Whether to close this side only, so that a client that still sends is not
                reset before it has read why it is closed (RFC 6455, 7.1.1). TLS knows no such
                thing.
        """
        self._flush()
        # Before it closes: a closed transport for TLS does not know any more what it has left.
        self._break_off_later(seconds)
        if not is_half or not self._transport.can_write_eof():
            self._transport.close()
        elif not self._transport.is_closing():
            self._transport.write_eof()

    def _break_off_later(self, seconds: float) -> None:
        """Abort after a time, if the client has read nothing in it; go on waiting if it has."""
        self._stop_timer()
        self._left_behind = self._transport.get_write_buffer_size()
        self._timer = self._loop.call_later(seconds, self._break_off, seconds)

    def _break_off(self, seconds: float) -> None:
        self._timer = None
        if self._transport.get_write_buffer_size() < self._left_behind:
            self._break_off_later(seconds)
        else:
            self._transport.abort()

    def _stop_timer(self) -> None:
        timer, self._timer = self._timer, None
        if timer is not None:
            timer.cancel()
