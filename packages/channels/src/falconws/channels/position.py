"""Where a message stands in its channel: the ``epoch:offset`` that ids are."""

from __future__ import annotations

import re
from typing import NamedTuple

__all__ = ("NOWHERE", "Position")

# What clients send is theirs to choose: more than this is none of ours.
_ID = re.compile(r"([0-9A-Za-z]{1,32}):(0|[1-9][0-9]{0,17})", re.ASCII)


class Position(NamedTuple):
    """A place in the history of a channel.

    Attributes:
        epoch: Which history it is in: letters and digits. A broker that has lost a channel's
            begins another, and offsets of the one say nothing of the other.
        offset: From 1, without a hole. 0 is the place before the first message.
    """

    epoch: str
    offset: int

    def __str__(self) -> str:
        return f"{self.epoch}:{self.offset}"

    @classmethod
    def parse(cls, text: object) -> Position | None:
        """Read an id; None for what is none, which clients may well send."""
        match = _ID.fullmatch(text) if isinstance(text, str) else None
        return cls(match[1], int(match[2])) if match else None


NOWHERE = Position("", 0)
"""A place in no history: everything that is remembered comes behind it."""
