"""What is under way, on the standard error."""

from __future__ import annotations

import sys
import time
from typing import TextIO

__all__ = ("Progress",)


class Progress:
    """Says what is under way: in one line that changes on a terminal, else a line for each row."""

    def __init__(self, out: TextIO | None = None) -> None:
        """Choose where to; None for the standard error."""
        self._out = out or sys.stderr
        self._started = time.monotonic()
        self._what = ""

    def show(self, what: str, round_number: int, rounds: int, peer: str = "") -> None:
        """Say that a round begins."""
        seconds = time.monotonic() - self._started
        if self._out.isatty():
            text = f"{seconds:5.0f} s  {what}: round {round_number} of {rounds} {peer}"
            self._out.write(f"\r\033[K{text[:110]}")
        elif what != self._what:
            self._out.write(f"{seconds:5.0f} s  {what}, {rounds} rounds\n")
        self._what = what
        self._out.flush()

    def clear(self) -> None:
        """Make place for what is printed."""
        if self._out.isatty():
            self._out.write("\r\033[K")
            self._out.flush()
