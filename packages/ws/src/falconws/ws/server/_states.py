"""The states of a connection.

::

    CONNECTING -> OPEN -> CLOSING -> OVER        the application closes, and the client answers
               |       -> OVER                   the client closes, fails or is gone
               -> CLOSING                        the application refuses
               -> DENYING -> CLOSING -> OVER     the application responds

The application sends messages in OPEN only. What the client sends is parsed in OPEN and CLOSING.
"""

from __future__ import annotations

from typing import Final

__all__ = ("CLOSING", "CONNECTING", "DENYING", "OPEN", "OVER")

# Plain numbers, as they are compared for each message.
CONNECTING: Final = 0
DENYING: Final = 1
OPEN: Final = 2
CLOSING: Final = 3
OVER: Final = 4
